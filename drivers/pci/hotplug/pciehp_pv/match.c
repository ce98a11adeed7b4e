// SPDX-License-Identifier: GPL-2.0
/*
 * Which ports are virtual, and the parameters that choose among them.
 */
#define pr_fmt(fmt) "pciehp_pv: " fmt

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "pciehp_pv.h"

#define HAS_TWIN	1	/* QEMU emulates it after a real one */

/* Where one of these is, the module is loaded. */
static const struct pci_device_id known_ports[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x000c) },	/* pcie-root-port */
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0001) },	/* pci-bridge */
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x000a) },	/* pci-bridge-seat */
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x000e) },	/* pcie-pci-bridge */
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x3420), .driver_data = HAS_TWIN },	/* ioh3420 */
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x7075), .driver_data = HAS_TWIN },	/* cxl-rp */
	/* xio3130-downstream */
	{ PCI_DEVICE(PCI_VENDOR_ID_TI, 0x8233), .driver_data = HAS_TWIN },
	{ PCI_DEVICE(PCI_VENDOR_ID_HUAWEI, 0xa129), .driver_data = HAS_TWIN },	/* cxl-downstream */
	{ }
};
MODULE_DEVICE_TABLE(pci, known_ports);

static char *ports;
module_param(ports, charp, 0444);
MODULE_PARM_DESC(ports, "Take over these ports only, e.g. 0000:00:02.0,0000:00:03.0");

static char *exclude;
module_param(exclude, charp, 0444);
MODULE_PARM_DESC(exclude, "Leave these ports to the kernel's own driver");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "Take over PCI Express ports not known to be virtual too, with the specification's delays");

/**
 * hpv_is_port - is this a PCI Express port with a hotplug slot?
 * @dev: any function
 */
bool hpv_is_port(struct pci_dev *dev)
{
	return dev->is_hotplug_bridge && pci_is_pcie(dev) &&
	       (pci_pcie_type(dev) == PCI_EXP_TYPE_ROOT_PORT ||
		pci_pcie_type(dev) == PCI_EXP_TYPE_DOWNSTREAM);
}

/**
 * hpv_is_shpc - is this a bridge with a Standard Hot-Plug Controller?
 * @dev: any function
 */
bool hpv_is_shpc(struct pci_dev *dev)
{
	return pci_is_bridge(dev) && pci_find_capability(dev, PCI_CAP_ID_SHPC);
}

/*
 * A real PCI Express function has power management (r6.0 7.5.2 requires it);
 * QEMU's ports have none. That the processor runs under a hypervisor would tell
 * nothing: Xen's dom0 and its likes do too, and own real slots.
 */
static bool is_emulated(struct pci_dev *dev)
{
	const struct pci_device_id *id = pci_match_id(known_ports, dev);

	return id && (id->driver_data != HAS_TWIN ||
		      !pci_find_capability(dev, PCI_CAP_ID_PM));
}

/**
 * hpv_is_virtual - is this bridge known to be software?
 * @dev: a bridge
 *
 * Everything behind a bridge of QEMU's is, as no hypervisor passes a bridge
 * through.
 */
bool hpv_is_virtual(struct pci_dev *dev)
{
	for (; dev; dev = pci_upstream_bridge(dev))
		if (is_emulated(dev))
			return true;
	return false;
}

/* Take one address off a list; false when it is none. */
static bool next_address(const char **list, unsigned int *domain,
			 unsigned int *bus, unsigned int *devfn)
{
	unsigned int dev, fn;
	int used = 0;

	if (sscanf(*list, "%4x:%2x:%2x.%1o%n", domain, bus, &dev, &fn, &used) < 4 ||
	    !used) {
		*domain = 0;
		used = 0;
		if (sscanf(*list, "%2x:%2x.%1o%n", bus, &dev, &fn, &used) < 3 || !used)
			return false;
	}
	if (dev > 31 || fn > 7 || ((*list)[used] && (*list)[used] != ','))
		return false;
	*devfn = PCI_DEVFN(dev, fn);
	*list += used;
	if (**list == ',')
		return *++*list;	/* something must follow a comma */
	return true;
}

/* 0, or an error after a message that names the parameter. */
static int check_list(const char *name, const char *list)
{
	unsigned int domain, bus, devfn;
	struct pci_dev *dev;
	bool port;

	while (list && *list) {
		const char *item = list;
		int length = strcspn(item, ",");

		if (!next_address(&list, &domain, &bus, &devfn)) {
			pr_err("%s must be PCI addresses of hotplug ports like 0000:00:1c.0, with commas between them; '%.*s' is not\n",
			       name, length, item);
			return -EINVAL;
		}
		dev = pci_get_domain_bus_and_slot(domain, bus, devfn);
		port = dev && (hpv_is_port(dev) || hpv_is_shpc(dev));
		pci_dev_put(dev);
		if (!port) {
			pr_err("%s must be PCI addresses of hotplug ports; there is none at '%.*s'\n",
			       name, length, item);
			return -ENODEV;
		}
	}
	return 0;
}

static bool on_list(const char *list, struct pci_dev *port)
{
	unsigned int domain, bus, devfn;

	while (list && *list && next_address(&list, &domain, &bus, &devfn))
		if (domain == pci_domain_nr(port->bus) &&
		    bus == port->bus->number && devfn == port->devfn)
			return true;
	return false;
}

/**
 * hpv_match_check - refuse lists of ports that have errors
 *
 * Return: 0; -EINVAL for what is no address, -ENODEV for an address without a
 * hotplug port, after a message that names the parameter.
 */
int hpv_match_check(void)
{
	return check_list("ports", ports) ?: check_list("exclude", exclude);
}

/**
 * hpv_named - does the user name this port as one to take over?
 * @dev: a port
 */
bool hpv_named(struct pci_dev *dev)
{
	return on_list(ports, dev);
}

/**
 * hpv_allowed - may a port be ours for what it is?
 * @dev: a PCI Express hotplug port, or a bridge with a hotplug controller
 *
 * A real Standard Hot-Plug Controller may not: its bus speed has to be managed.
 */
bool hpv_allowed(struct pci_dev *dev)
{
	return (force && hpv_is_port(dev)) || hpv_is_virtual(dev);
}

/**
 * hpv_wanted - shall this port be ours?
 * @dev: a PCI Express hotplug port, or a bridge with a hotplug controller
 */
bool hpv_wanted(struct pci_dev *dev)
{
	if (on_list(exclude, dev) || (ports && *ports && !on_list(ports, dev)))
		return false;
	return hpv_allowed(dev);
}
