// SPDX-License-Identifier: GPL-2.0
/*
 * pciehp_pv: hotplug without the waits, for virtual ports.
 *
 * pciehp and shpchp are built into distribution kernels and cannot be tuned. This
 * module takes their ports over while the system runs, and gives them back when
 * it is removed. Functions behind a port notice neither.
 */
#define pr_fmt(fmt) "pciehp_pv: " fmt

#include <linux/device.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <pvpci/compat.h>
#include <pvpci/release.h>

#include "pciehp_pv.h"

static DEFINE_MUTEX(takeover_lock);	/* protects registered, one scan at a time */
static bool registered;

static void takeover_work_fn(struct work_struct *work);
static DECLARE_WORK(takeover_work, takeover_work_fn);

/* The hotplug service is named ...:pcieT04, T for the type of port. */
static int find_hotplug_service(struct device *dev, void *found)
{
	const char *suffix = strrchr(dev_name(dev), ':');

	if (!suffix || strlen(suffix) != 8 || strncmp(suffix, ":pcie", 5) ||
	    strcmp(suffix + 6, "04"))
		return 0;
	*(struct device **)found = get_device(dev);
	return 1;
}

/*
 * What the driver of a port binds to, with a reference: the hotplug service of a
 * PCI Express port, NULL where the kernel does not do native hotplug; the bridge
 * itself where it has a Standard Hot-Plug Controller.
 */
static struct device *find_target(struct pci_dev *port)
{
	struct device *service = NULL;

	if (!hpv_is_port(port))
		return hpv_is_shpc(port) ? get_device(&port->dev) : NULL;
	device_for_each_child(&port->dev, &service, find_hotplug_service);
	return service;
}

static struct device_driver *our_driver(struct pci_dev *port)
{
	return hpv_is_port(port) ? &hpv_driver.driver : &hpv_shpc_driver.driver;
}

static const char *their_driver(struct pci_dev *port)
{
	return hpv_is_port(port) ? "pciehp" : "shpchp";
}

/*
 * Is port.h true of this kernel? pciehp, which is bound, tells: every field
 * that is relied on must hold what it must hold there.
 */
static bool layout_ok(struct device *dev, struct pci_dev *port)
{
	const struct hpv_service *service = to_hpv_service(dev);
	const struct hpv_service_driver *driver = to_hpv_service_driver(dev->driver);

	return service->port == port && service->service == HPV_SERVICE_HP &&
	       service->irq > 0 && driver->name == driver->driver.name &&
	       driver->service == HPV_SERVICE_HP && driver->port_type == ~0 &&
	       driver->driver.bus == dev->bus;
}

/* The bus of the services is not exported; the first service tells it. */
static int register_driver(struct device *dev, struct pci_dev *port)
{
	int ret;

	if (!hpv_is_port(port))
		return 0;
	if (!layout_ok(dev, port)) {
		pci_err(port, "pciehp_pv: this kernel's port driver is not laid out as expected, the port stays with pciehp\n");
		return -ENOEXEC;
	}
	if (registered)
		return 0;
	ret = hpv_driver_register(dev);
	registered = !ret;
	return ret;
}

static int take_over(struct pci_dev *port, struct device *dev)
{
	int ret;

	if (!dev->driver || strcmp(dev->driver->name, their_driver(port)))
		return dev->driver == our_driver(port) ? 0 : -EBUSY;
	ret = register_driver(dev, port);
	if (ret)
		return ret;
	/* A port that falls asleep calls the drivers of its services, half bound ones too. */
	pm_runtime_get_sync(&port->dev);
	device_release_driver(dev);
	ret = device_driver_attach(our_driver(port), dev);
	if (ret) {
		pci_warn(port, "pciehp_pv: not taken over (%d), back to %s\n", ret,
			 their_driver(port));
		if (device_attach(dev) <= 0)
			pci_err(port, "pciehp_pv: %s does not take the port back\n",
				their_driver(port));
	}
	pm_runtime_put(&port->dev);
	return ret;
}

/* Take over every port that is wanted and not ours yet. */
static unsigned int take_over_all(void)
{
	struct pci_dev *port = NULL;
	unsigned int taken = 0;

	mutex_lock(&takeover_lock);
	for_each_pci_dev(port) {
		struct device *dev = find_target(port);

		if (dev && hpv_wanted(port) && !take_over(port, dev))
			taken++;
		put_device(dev);
	}
	mutex_unlock(&takeover_lock);
	return taken;
}

static void takeover_work_fn(struct work_struct *work)
{
	take_over_all();
}

/* A port got its driver, or a bridge shpchp. */
static int bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *port = to_pci_dev(data);

	if (event == BUS_NOTIFY_BOUND_DRIVER && (hpv_is_port(port) || hpv_is_shpc(port)))
		schedule_work(&takeover_work);
	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = {
	.notifier_call = bus_event,
};

/* A port that was named must be one that can be had. */
static int check_named_ports(void)
{
	struct pci_dev *port = NULL;
	struct device *dev;
	int ret;

	ret = hpv_match_check();
	if (ret)
		return ret;
	for_each_pci_dev(port) {
		if (!hpv_named(port))
			continue;
		dev = find_target(port);
		if (!dev || !dev->driver) {
			pr_err("ports names %s, whose hotplug is not native: ACPI or nobody has it\n",
			       pci_name(port));
			ret = -EBUSY;
		} else if (!hpv_allowed(port)) {
			pr_err("ports names %s, which is not known to be virtual; force=1 takes a PCI Express port over with the specification's delays\n",
			       pci_name(port));
			ret = -EPERM;
		}
		put_device(dev);
		if (ret) {
			pci_dev_put(port);
			return ret;
		}
	}
	return 0;
}

/* A port that was ours until now. */
struct given_back {
	struct list_head node;
	struct pci_dev *port;
	struct device *dev;
};

static void note_ours(struct list_head *ours)
{
	struct pci_dev *port = NULL;

	for_each_pci_dev(port) {
		struct device *dev = find_target(port);
		struct given_back *entry;

		entry = dev && dev->driver == our_driver(port) ?
			kmalloc(sizeof(*entry), GFP_KERNEL) : NULL;
		if (!entry) {
			put_device(dev);
			continue;
		}
		entry->port = pci_dev_get(port);
		/* See take_over(). */
		pm_runtime_get_sync(&port->dev);
		entry->dev = dev;
		list_add_tail(&entry->node, ours);
	}
}

static void give_back(struct list_head *ours)
{
	struct given_back *entry, *next;

	list_for_each_entry_safe(entry, next, ours, node) {
		if (device_attach(entry->dev) <= 0)
			pci_warn(entry->port, "pciehp_pv: %s does not take the port back\n",
				 their_driver(entry->port));
		pm_runtime_put(&entry->port->dev);
		put_device(entry->dev);
		pci_dev_put(entry->port);
		kfree(entry);
	}
}

static int __init hpv_init(void)
{
	int ret;

	ret = check_named_ports();
	if (ret)
		return ret;
	hpv_announce_init();
	ret = hpv_ctrl_init();
	if (ret)
		return ret;
	ret = pci_register_driver(&hpv_shpc_driver);
	if (ret)
		goto exit_ctrl;
	ret = bus_register_notifier(pvpci_bus_type_ptr(&pci_bus_type), &bus_notifier);
	if (ret)
		goto unregister_shpc;
	if (!take_over_all())
		pr_info("no port to take over yet\n");
	return 0;

unregister_shpc:
	pci_unregister_driver(&hpv_shpc_driver);
exit_ctrl:
	hpv_ctrl_exit();
	return ret;
}

static void __exit hpv_exit(void)
{
	LIST_HEAD(ours);

	bus_unregister_notifier(pvpci_bus_type_ptr(&pci_bus_type), &bus_notifier);
	cancel_work_sync(&takeover_work);
	hpv_ctrl_flush();
	note_ours(&ours);
	if (registered)
		driver_unregister(&hpv_driver.driver);
	pci_unregister_driver(&hpv_shpc_driver);
	give_back(&ours);
	hpv_ctrl_exit();
}

module_init(hpv_init);
module_exit(hpv_exit);
MODULE_DESCRIPTION("PCI hotplug with settable delays, for virtual ports");
MODULE_AUTHOR("pvpci maintainers");
MODULE_VERSION(PVPCI_RELEASE);
MODULE_LICENSE("GPL");
