// SPDX-License-Identifier: GPL-2.0
/*
 * pciehp_pv: PCI Express hotplug without the waits, for virtual ports.
 *
 * pciehp is built into distribution kernels and cannot be tuned. This module
 * takes its ports over while the system runs, and gives them back when it is
 * removed. Functions behind a port notice neither.
 */
#define pr_fmt(fmt) "pciehp_pv: " fmt

#include <linux/device.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <pvpci/compat.h>
#include <pvpci/release.h>

#include "pciehp_pv.h"

static char *ports;
module_param(ports, charp, 0444);
MODULE_PARM_DESC(ports, "Take over these ports only, e.g. 0000:00:02.0,0000:00:03.0");

static char *exclude;
module_param(exclude, charp, 0444);
MODULE_PARM_DESC(exclude, "Leave these ports to pciehp");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "Take over ports not known to be virtual too, with the specification's delays");

static DEFINE_MUTEX(takeover_lock);	/* protects registered, one scan at a time */
static bool registered;

static void takeover_work_fn(struct work_struct *work);
static DECLARE_WORK(takeover_work, takeover_work_fn);

/**
 * hpv_wanted - shall this port be ours?
 * @port: a PCI Express hotplug port
 */
bool hpv_wanted(struct pci_dev *port)
{
	if (hpv_match_list(exclude, port))
		return false;
	if (ports && *ports && !hpv_match_list(ports, port))
		return false;
	return force || hpv_port_is_virtual(port);
}

/* The hotplug service is named ...:pcieT04, T for the type of port. */
static int is_hotplug_service(struct device *dev, void *unused)
{
	const char *suffix = strrchr(dev_name(dev), ':');

	return suffix && strlen(suffix) == 8 && !strncmp(suffix, ":pcie", 5) &&
	       !strcmp(suffix + 6, "04");
}

/* With a reference, or NULL where the kernel does not do native hotplug. */
static struct device *find_service(struct pci_dev *port)
{
	return device_find_child(&port->dev, NULL, is_hotplug_service);
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

static int register_driver(struct device *dev)
{
	int ret;

	if (registered)
		return 0;
	hpv_driver.driver.bus = dev->bus;
	ret = driver_register(&hpv_driver.driver);
	registered = !ret;
	return ret;
}

static int take_over(struct pci_dev *port, struct device *dev)
{
	int ret;

	if (!dev->driver || strcmp(dev->driver->name, "pciehp"))
		return dev->driver == &hpv_driver.driver ? 0 : -EBUSY;
	if (!layout_ok(dev, port)) {
		pci_err(port, "pciehp_pv: this kernel's port driver is not laid out as expected, the port stays with pciehp\n");
		return -ENOEXEC;
	}
	ret = register_driver(dev);
	if (ret)
		return ret;
	device_release_driver(dev);
	ret = device_driver_attach(&hpv_driver.driver, dev);
	if (ret) {
		pci_warn(port, "pciehp_pv: not taken over (%d), back to pciehp\n", ret);
		if (device_attach(dev) <= 0)
			pci_err(port, "pciehp_pv: pciehp does not take the port back\n");
	}
	return ret;
}

/* Take over every port that is wanted and not ours yet. */
static unsigned int take_over_all(void)
{
	struct pci_dev *port = NULL;
	unsigned int taken = 0;

	mutex_lock(&takeover_lock);
	for_each_pci_dev(port) {
		struct device *dev;

		if (!hpv_is_port(port) || !hpv_wanted(port))
			continue;
		dev = find_service(port);
		if (!dev)
			continue;
		if (!take_over(port, dev))
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

/* A port got its driver, and with it a hotplug service that pciehp has bound. */
static int bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == BUS_NOTIFY_BOUND_DRIVER && hpv_is_port(to_pci_dev(data)))
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

	ret = hpv_match_check("ports", ports) ?: hpv_match_check("exclude", exclude);
	if (ret)
		return ret;
	for_each_pci_dev(port) {
		if (!hpv_match_list(ports, port))
			continue;
		dev = find_service(port);
		put_device(dev);
		if (!dev) {
			pr_err("ports names %s, whose hotplug is not native: ACPI or nobody has it\n",
			       pci_name(port));
			ret = -EBUSY;
		} else if (!force && !hpv_port_is_virtual(port)) {
			pr_err("ports names %s, which is not known to be virtual; force=1 takes it over with the specification's delays\n",
			       pci_name(port));
			ret = -EPERM;
		}
		if (ret) {
			pci_dev_put(port);
			return ret;
		}
	}
	return 0;
}

static int __init hpv_init(void)
{
	unsigned int taken;
	int ret;

	ret = check_named_ports();
	if (ret)
		return ret;
	ret = hpv_ctrl_init();
	if (ret)
		return ret;
	ret = bus_register_notifier(pvpci_bus_type_ptr(&pci_bus_type), &bus_notifier);
	if (ret)
		goto exit_ctrl;
	taken = take_over_all();
	if (!taken)
		pr_info("no port to take over yet\n");
	return 0;

exit_ctrl:
	hpv_ctrl_exit();
	return ret;
}

static void __exit hpv_exit(void)
{
	struct hpv_slot *slot, *next;

	bus_unregister_notifier(pvpci_bus_type_ptr(&pci_bus_type), &bus_notifier);
	cancel_work_sync(&takeover_work);
	hpv_ctrl_flush();
	if (registered) {
		struct list_head *left = hpv_driver_leave();

		list_for_each_entry_safe(slot, next, left, node) {
			struct device *dev = &slot->service->device;

			if (device_attach(dev) <= 0)
				pci_warn(slot->port, "pciehp_pv: pciehp does not take the port back\n");
			list_del(&slot->node);
			put_device(dev);
			kobject_put(&slot->kobj);
		}
	}
	hpv_ctrl_exit();
}

module_init(hpv_init);
module_exit(hpv_exit);
MODULE_DESCRIPTION("PCI Express hotplug with a settable slot delay, for virtual ports");
MODULE_AUTHOR("pvpci maintainers");
MODULE_VERSION(PVPCI_RELEASE);
MODULE_LICENSE("GPL");
