// SPDX-License-Identifier: GPL-2.0
/*
 * Which ports are virtual, and the lists of ports that a user gives.
 */
#define pr_fmt(fmt) "pciehp_pv: " fmt

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "pciehp_pv.h"

#define QEMU_ROOT_PORT		0x000c	/* pcie-root-port */
#define QEMU_HOST_BRIDGE	0x0008	/* gpex, on machines like "virt" */

/* Emulated by QEMU, but made of silicon elsewhere. */
static const struct pci_device_id twins[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x3420) },	/* ioh3420 */
	{ PCI_DEVICE(PCI_VENDOR_ID_TI, 0x8233) },	/* xio3130-downstream */
	{ }
};

static bool is_qemu_root_port(struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_REDHAT && dev->device == QEMU_ROOT_PORT;
}

/* Nothing but QEMU has this at the root. */
static bool host_is_qemu(struct pci_dev *dev)
{
	struct pci_dev *bridge;
	struct pci_bus *root = dev->bus;
	bool yes;

	while (root->parent)
		root = root->parent;
	bridge = pci_get_slot(root, PCI_DEVFN(0, 0));
	yes = bridge && bridge->vendor == PCI_VENDOR_ID_REDHAT &&
	      bridge->device == QEMU_HOST_BRIDGE;
	pci_dev_put(bridge);
	return yes;
}

static bool cpu_says_hypervisor(void)
{
#ifdef CONFIG_X86
	return boot_cpu_has(X86_FEATURE_HYPERVISOR);
#else
	return false;
#endif
}

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
 * hpv_port_is_virtual - is this port known to be software?
 * @port: a root port or downstream port
 *
 * QEMU's own root port is, and so is everything behind it, as no hypervisor
 * passes a bridge through. The ports of which there are real ones too are
 * virtual when the processor or the host bridge says that the machine is.
 */
bool hpv_port_is_virtual(struct pci_dev *port)
{
	struct pci_dev *up;

	for (up = port; up; up = pci_upstream_bridge(up))
		if (is_qemu_root_port(up))
			return true;
	return pci_match_id(twins, port) &&
	       (cpu_says_hypervisor() || host_is_qemu(port));
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

/**
 * hpv_match_check - refuse a list of ports that has errors
 * @name: of the parameter
 * @list: PCI addresses with commas between them; may be NULL
 *
 * Return: 0; -EINVAL for what is no address, -ENODEV for an address without a
 * hotplug port, after a message that names the parameter.
 */
int hpv_match_check(const char *name, const char *list)
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
		port = dev && hpv_is_port(dev);
		pci_dev_put(dev);
		if (!port) {
			pr_err("%s must be PCI addresses of hotplug ports; there is none at '%.*s'\n",
			       name, length, item);
			return -ENODEV;
		}
	}
	return 0;
}

/**
 * hpv_match_list - is a port on a list?
 * @list: a list that passed hpv_match_check(); may be NULL
 * @port: the port
 */
bool hpv_match_list(const char *list, struct pci_dev *port)
{
	unsigned int domain, bus, devfn;

	while (list && *list && next_address(&list, &domain, &bus, &devfn))
		if (domain == pci_domain_nr(port->bus) &&
		    bus == port->bus->number && devfn == port->devfn)
			return true;
	return false;
}
