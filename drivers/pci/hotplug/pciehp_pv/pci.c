// SPDX-License-Identifier: GPL-2.0
/*
 * Functions in a slot: find them, give them bus numbers, resources and drivers,
 * remove them. When to do so is decided elsewhere.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/pci.h>

#include "pciehp_pv.h"

#define RRS_ID	0xffff0001	/* r6.0 2.3.1: not ready yet */

static unsigned int first_devfn(struct hpv_slot *slot)
{
	return PCI_DEVFN(slot->device == HPV_WHOLE_BUS ? 0 : slot->device, 0);
}

/**
 * hpv_pci_owns - is this function in the slot, or behind a bridge in it?
 * @slot: the slot
 * @dev: a function on the slot's bus or on one behind it
 */
bool hpv_pci_owns(struct hpv_slot *slot, struct pci_dev *dev)
{
	if (slot->device == HPV_WHOLE_BUS)
		return true;
	while (dev && dev->bus != slot->bus)
		dev = dev->bus->self;
	return dev && PCI_SLOT(dev->devfn) == slot->device;
}

/**
 * hpv_pci_ready - does function 0 answer config requests?
 * @slot: the slot
 *
 * Return: %HPV_EV_READY or %HPV_EV_NOT_READY.
 */
enum hpv_event hpv_pci_ready(struct hpv_slot *slot)
{
	u32 id;

	if (pci_bus_read_config_dword(slot->bus, first_devfn(slot), PCI_VENDOR_ID, &id) ||
	    PCI_POSSIBLE_ERROR(id) || !id || id == RRS_ID ||
	    id == 0x0000ffff || id == 0xffff0000)
		return HPV_EV_NOT_READY;
	return HPV_EV_READY;
}

struct search {
	struct hpv_slot *slot;
	bool found;
};

static int look_for_any(struct pci_dev *dev, void *data)
{
	struct search *search = data;

	search->found = hpv_pci_owns(search->slot, dev);
	return search->found;
}

/**
 * hpv_pci_has_functions - does the kernel know functions in the slot?
 * @slot: the slot
 *
 * Context: with or without the rescan lock.
 */
bool hpv_pci_has_functions(struct hpv_slot *slot)
{
	struct search search = { slot };

	pci_walk_bus(slot->bus, look_for_any, &search);
	return search.found;
}

/*
 * Give BARs what the port's windows have room for, or nothing. Where that is not
 * enough, or where there is a bridge, the windows must be laid out anew, which
 * takes some ten register writes that each make a hypervisor map its devices again.
 */
static bool fits(struct hpv_slot *slot)
{
	struct pci_dev *dev;
	int i;

	list_for_each_entry(dev, &slot->bus->devices, bus_list)
		if (hpv_pci_owns(slot, dev) && pci_is_bridge(dev))
			return false;
	list_for_each_entry(dev, &slot->bus->devices, bus_list)
		for (i = 0; hpv_pci_owns(slot, dev) && i < PCI_BRIDGE_RESOURCES; i++)
			if (dev->resource[i].flags && !dev->resource[i].parent &&
			    pci_assign_resource(dev, i))
				goto release;
	return true;

release:
	list_for_each_entry(dev, &slot->bus->devices, bus_list)
		for (i = 0; hpv_pci_owns(slot, dev) && i < PCI_BRIDGE_RESOURCES; i++)
			if (dev->resource[i].parent)
				pci_release_resource(dev, i);
	return false;
}

struct bridges {
	struct hpv_slot *slot;
	unsigned int all;
	unsigned int without_bus;
};

static int count_bridge(struct pci_dev *dev, void *data)
{
	struct bridges *bridges = data;

	if (pci_is_bridge(dev) && hpv_pci_owns(bridges->slot, dev)) {
		bridges->all++;
		bridges->without_bus += !dev->subordinate;
	}
	return 0;
}

/*
 * Each bridge needs a bus number of its own. Drivers of bridges do not expect one
 * without a bus behind it, so all get one or the device is not added.
 */
static bool number_buses(struct hpv_slot *slot)
{
	const struct resource *numbers = &slot->bus->busn_res;
	struct bridges bridges = { slot };
	struct pci_dev *dev;

	list_for_each_entry(dev, &slot->bus->devices, bus_list)
		if (hpv_pci_owns(slot, dev) && pci_is_bridge(dev))
			pci_hp_add_bridge(dev);
	pci_walk_bus(slot->bus, count_bridge, &bridges);
	if (!bridges.without_bus)
		return true;
	pci_err(slot->port, "slot %s: the bridge in it needs at least %u bus number%s of its own, and the port leads to buses %02x to %02x only: reserve them before the machine starts, in QEMU with bus-reserve=%u of the root port\n",
		hpv_name(slot), bridges.all, bridges.all > 1 ? "s" : "",
		(unsigned int)numbers->start, (unsigned int)numbers->end, bridges.all);
	return false;
}

/* Until power is off, what is left must neither write nor interrupt. */
static void silence(struct pci_dev *dev)
{
	u16 command;

	pci_read_config_word(dev, PCI_COMMAND, &command);
	command &= ~(PCI_COMMAND_MASTER | PCI_COMMAND_SERR);
	command |= PCI_COMMAND_INTX_DISABLE;
	pci_write_config_word(dev, PCI_COMMAND, command);
}

/**
 * hpv_pci_remove - remove all functions in the slot
 * @slot: the slot
 * @vanished: they are not there any more
 *
 * Context: with the rescan lock and hpv_slot.run held. Most have no driver any
 * more, see hpv_drivers_release().
 */
void hpv_pci_remove(struct hpv_slot *slot, bool vanished)
{
	struct pci_dev *dev, *prev;

	/* In reverse, so that virtual functions go before their physical one. */
	list_for_each_entry_safe_reverse(dev, prev, &slot->bus->devices, bus_list) {
		if (!hpv_pci_owns(slot, dev))
			continue;
		pci_dev_get(dev);
		pci_stop_and_remove_bus_device(dev);
		if (!vanished)
			silence(dev);
		pci_dev_put(dev);
	}
}

static bool add_functions(struct hpv_slot *slot)
{
	if (!number_buses(slot)) {
		hpv_pci_remove(slot, false);
		return false;
	}
	if (!fits(slot))
		pci_assign_unassigned_bridge_resources(slot->port);
	pcie_bus_configure_settings(slot->bus);
	pci_bus_add_devices(slot->bus);
	return true;
}

/**
 * hpv_pci_add - enumerate the slot
 * @slot: the slot
 *
 * Functions that somebody's rescan has found already are taken as they are.
 *
 * Context: with the rescan lock and hpv_slot.run held.
 *
 * Return: %HPV_EV_ADDED; %HPV_EV_ADD_FAILED when nothing is found in an occupied
 * slot, or what is found lacks bus numbers; %HPV_EV_GONE when it is empty.
 */
enum hpv_event hpv_pci_add(struct hpv_slot *slot)
{
	if (slot->ops->update_speed)
		slot->ops->update_speed(slot);
	if (hpv_pci_has_functions(slot)) {
		pci_bus_add_devices(slot->bus);
		return HPV_EV_ADDED;
	}
	if (pci_scan_slot(slot->bus, first_devfn(slot)))
		return add_functions(slot) ? HPV_EV_ADDED : HPV_EV_ADD_FAILED;
	return slot->ops->level(slot) == HPV_EV_GONE ? HPV_EV_GONE : HPV_EV_ADD_FAILED;
}
