// SPDX-License-Identifier: GPL-2.0
/*
 * Moved by pci_rebalance without being unbound, with DMA and interrupts in use:
 * whoever uses the registers waits while they are elsewhere.
 */
#include <linux/module.h>
#include <linux/pci-rebalance.h>
#include <linux/string.h>

#include "testdev.h"

static int move_ask(struct pci_dev *pdev, void *data)
{
	struct testdev *dev = data;

	return dev->veto ? -EPERM : 0;
}

/* The lock is held until the restart: what is under way ends first, the rest waits. */
static int move_stop(struct pci_dev *pdev, void *data)
{
	struct testdev *dev = data;

	mutex_lock(&dev->lock);
	testdev_exit_vectors(dev);
	testdev_unmap(dev);
	return 0;
}

static int move_restart(struct pci_dev *pdev, void *data)
{
	struct testdev *dev = data;
	int ret = testdev_map(dev);

	if (!ret)
		ret = testdev_init_vectors(dev);
	dev->moves += !ret;
	mutex_unlock(&dev->lock);
	return ret;
}

static const struct pci_rebalance_ops move_ops = {
	.ask = move_ask, .stop = move_stop, .restart = move_restart,
};

/* Neither module needs the other: the symbol is looked for, and held while registered. */
static int move_register(struct testdev *dev)
{
	int (*enlist)(struct pci_dev *pdev, const struct pci_rebalance_ops *ops, void *data);
	int ret;

	if (dev->movable)
		return 0;
	enlist = symbol_get(pci_rebalance_register);
	if (!enlist)
		return -ENODEV;
	ret = enlist(dev->pdev, &move_ops, dev);
	if (ret)
		symbol_put(pci_rebalance_register);
	dev->movable = !ret;
	return ret;
}

/**
 * testdev_exit_move - do not be moved any more
 * @dev: the function
 *
 * Context: process, device lock held.
 */
void testdev_exit_move(struct testdev *dev)
{
	void (*leave)(struct pci_dev *pdev);

	if (!dev->movable)
		return;
	leave = symbol_get(pci_rebalance_unregister);
	if (leave) {
		leave(dev->pdev);
		symbol_put(pci_rebalance_unregister);
	}
	symbol_put(pci_rebalance_register);
	dev->movable = false;
}

static ssize_t move_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = pci_get_drvdata(to_pci_dev(device));

	return sysfs_emit(buf, "%s %u\n", !dev->movable ? "off" : dev->veto ? "veto" : "allow",
			  dev->moves);
}

static ssize_t move_store(struct device *device, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	struct testdev *dev = pci_get_drvdata(to_pci_dev(device));
	int ret = -EINVAL;

	/* The device lock is taken with the file held by a removal; so it is only tried. */
	if (!device_trylock(device))
		return -EBUSY;
	if (sysfs_streq(buf, "off")) {
		testdev_exit_move(dev);
		ret = 0;
	} else if (sysfs_streq(buf, "allow") || sysfs_streq(buf, "veto")) {
		dev->veto = sysfs_streq(buf, "veto");
		ret = move_register(dev);
	}
	device_unlock(device);
	return ret ?: count;
}
static DEVICE_ATTR_RW(move);

static struct attribute *move_attrs[] = { &dev_attr_move.attr, NULL };

const struct attribute_group testdev_move_group = { .attrs = move_attrs };
