// SPDX-License-Identifier: GPL-2.0
/*
 * resizable_driver.c - a driver that has every fault that pci_rebalance must bear, on request
 */
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>

#include <pvpci/compat.h>

#include "resizable.h"

/* Bits of faults */
#define KEEPS_REGIONS	BIT(0)	/* when it is stopped */
#define HANGS		BIT(1)	/* in remove, until the bit is cleared */
#define REFUSES		BIT(2)	/* to be bound */
#define CANNOT_RESTART	BIT(3)	/* if it is moved with its help */
#define CANNOT_FOLLOW	BIT(4)	/* the kernel's callbacks do not serve for it */

static unsigned int slots;
module_param(slots, uint, 0444);
MODULE_PARM_DESC(slots, "bit n: the driver wants device n");
static unsigned int faults;
module_param(faults, uint, 0644);
MODULE_PARM_DESC(faults, "1 keeps its regions, 2 hangs in remove, 4 refuses, 8 cannot restart, 16 cannot follow");
static bool client;
module_param(client, bool, 0444);
MODULE_PARM_DESC(client, "it registers to be moved");

#ifdef PVPCI_MOVE_CALLBACKS
static bool follow;
module_param(follow, bool, 0444);
MODULE_PARM_DESC(follow, "it has the kernel's callbacks");
#endif

static struct pci_bus *bus;
static bool registered;
static unsigned int restarts;
module_param(restarts, uint, 0444);
MODULE_PARM_DESC(restarts, "times that it was restarted");

/*
 * As whoever changes sriov_numvfs may: the device's lock, a moment later the rescan lock. Whoever
 * has the latter and waits for the former never gets it.
 */
static int cross_set(const char *value, const struct kernel_param *parameter)
{
	struct pci_dev *dev = bus ? pci_get_slot(bus, PCI_DEVFN(1, 0)) : NULL;

	if (!dev)
		return -ENODEV;
	device_lock(&dev->dev);
	msleep(3000);
	pci_lock_rescan_remove();
	pci_unlock_rescan_remove();
	device_unlock(&dev->dev);
	pci_dev_put(dev);
	return 0;
}

static const struct kernel_param_ops cross_ops = { .set = cross_set };
module_param_cb(cross, &cross_ops, NULL, 0200);
MODULE_PARM_DESC(cross, "write to it to hold the lock of 01.0 for three seconds, then the rescan lock");

static int move_ask(struct pci_dev *dev, void *data)
{
	return 0;
}

static int move_stop(struct pci_dev *dev, void *data)
{
	if (!(faults & KEEPS_REGIONS))
		pci_release_regions(dev);
	return 0;
}

static int move_restart(struct pci_dev *dev, void *data)
{
	restarts++;
	if (faults & CANNOT_RESTART)
		return -EIO;
	return faults & KEEPS_REGIONS ? 0 : pci_request_regions(dev, KBUILD_MODNAME);
}

static const struct pci_rebalance_ops move_ops = {
	.ask = move_ask, .stop = move_stop, .restart = move_restart,
};

static int probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int (*enlist)(struct pci_dev *pdev, const struct pci_rebalance_ops *ops, void *data);
	int error;

	if (!(slots & BIT(PCI_SLOT(dev->devfn))))
		return -ENODEV;
	if (faults & REFUSES)
		return -EIO;
	error = pci_request_regions(dev, KBUILD_MODNAME);
	if (error || !client)
		return error;
	enlist = symbol_get(pci_rebalance_register);
	if (!enlist)
		return 0;
	error = enlist(dev, &move_ops, NULL);
	symbol_put(pci_rebalance_register);
	registered = !error;
	return 0;
}

static void remove(struct pci_dev *dev)
{
	void (*leave)(struct pci_dev *pdev);

	while (faults & HANGS)
		msleep(20);
	leave = registered ? symbol_get(pci_rebalance_unregister) : NULL;
	if (leave) {
		leave(dev);
		symbol_put(pci_rebalance_unregister);
	}
	registered = false;
	pci_release_regions(dev);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, RESIZABLE_DEVICE) },
	{ }
};

#ifdef PVPCI_MOVE_CALLBACKS
static int move_prepare(struct pci_dev *dev)
{
	return faults & CANNOT_FOLLOW ? -EOPNOTSUPP : move_stop(dev, NULL);
}

static int move_done(struct pci_dev *dev)
{
	return move_restart(dev, NULL);
}
#endif

static struct pci_driver driver = {
	.name = "pci_resizable", .id_table = ids, .probe = probe, .remove = remove,
};

/**
 * resizable_driver_init - drive the functions
 * @root: their bus
 *
 * Return: 0 or a negative errno.
 */
int resizable_driver_init(struct pci_bus *root)
{
	bus = root;
#ifdef PVPCI_MOVE_CALLBACKS
	driver.move_prepare = follow ? move_prepare : NULL;
	driver.move_done = follow ? move_done : NULL;
#endif
	return pci_register_driver(&driver);
}

/**
 * resizable_driver_exit - stop
 */
void resizable_driver_exit(void)
{
	pci_unregister_driver(&driver);
	bus = NULL;
}
