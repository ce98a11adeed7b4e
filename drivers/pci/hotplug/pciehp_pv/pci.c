// SPDX-License-Identifier: GPL-2.0
/*
 * Functions behind a port: find them, give them resources and drivers, remove
 * them, tell whether they are still the same. When to do so is decided
 * elsewhere.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/device.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include <pvpci/expedite.h>

#include "pciehp_pv.h"

#define RRS_ID	0xffff0001	/* r6.0 2.3.1: not ready yet */

static bool expedite = true;
module_param(expedite, bool, 0644);
MODULE_PARM_DESC(expedite,
		 "expedite RCU grace periods while a device is removed; costs every processor some interrupts");

/**
 * hpv_pci_ready - does function 0 answer config requests?
 * @slot: the slot
 *
 * Return: %HPV_EV_READY or %HPV_EV_NOT_READY.
 */
enum hpv_event hpv_pci_ready(struct hpv_slot *slot)
{
	u32 id;

	if (pci_bus_read_config_dword(slot->port->subordinate, PCI_DEVFN(0, 0),
				      PCI_VENDOR_ID, &id) ||
	    PCI_POSSIBLE_ERROR(id) || !id || id == RRS_ID ||
	    id == 0x0000ffff || id == 0xffff0000)
		return HPV_EV_NOT_READY;
	return HPV_EV_READY;
}

/**
 * hpv_pci_has_functions - does the kernel know functions behind the port?
 * @slot: the slot
 */
bool hpv_pci_has_functions(struct hpv_slot *slot)
{
	bool any;

	pci_lock_rescan_remove();
	any = !list_empty(&slot->port->subordinate->devices);
	pci_unlock_rescan_remove();
	return any;
}

/*
 * Give BARs what the port's windows have room for, or nothing. Where that is not
 * enough, or where there is a bridge, the windows must be laid out anew, which
 * takes some ten register writes that each make a hypervisor map its devices again.
 */
static bool fits(struct pci_bus *bus)
{
	struct pci_dev *dev;
	int i;

	list_for_each_entry(dev, &bus->devices, bus_list)
		if (pci_is_bridge(dev))
			return false;
	list_for_each_entry(dev, &bus->devices, bus_list)
		for (i = 0; i < PCI_BRIDGE_RESOURCES; i++)
			if (dev->resource[i].flags && !dev->resource[i].parent &&
			    pci_assign_resource(dev, i))
				goto release;
	return true;

release:
	list_for_each_entry(dev, &bus->devices, bus_list)
		for (i = 0; i < PCI_BRIDGE_RESOURCES; i++)
			if (dev->resource[i].parent)
				pci_release_resource(dev, i);
	return false;
}

static void add_functions(struct pci_bus *bus)
{
	struct pci_dev *dev;

	list_for_each_entry(dev, &bus->devices, bus_list)
		if (pci_is_bridge(dev))
			pci_hp_add_bridge(dev);
	if (!fits(bus))
		pci_assign_unassigned_bridge_resources(bus->self);
	pcie_bus_configure_settings(bus);
	pci_bus_add_devices(bus);
}

/**
 * hpv_pci_add - enumerate the slot
 * @slot: the slot; the caller holds hpv_slot.run, which is let go and taken
 *	again while this waits for the rescan lock
 *
 * Functions that somebody's rescan has found already are taken as they are.
 *
 * Return: %HPV_EV_ADDED; %HPV_EV_ADD_FAILED when nothing is found in an
 * occupied slot, %HPV_EV_GONE when it is empty; %HPV_EVENTS when the slot is
 * being given up.
 */
enum hpv_event hpv_pci_add(struct hpv_slot *slot)
{
	struct pci_bus *bus = slot->port->subordinate;
	enum hpv_event event = HPV_EV_ADDED;

	if (!hpv_slot_enter_rescan(slot))
		return HPV_EVENTS;

	hpv_hpc_update_speed(slot);
	if (!list_empty(&bus->devices))
		pci_bus_add_devices(bus);
	else if (pci_scan_slot(bus, PCI_DEVFN(0, 0)))
		add_functions(bus);
	else if (hpv_hpc_level(slot) == HPV_EV_GONE)
		event = HPV_EV_GONE;
	else
		event = HPV_EV_ADD_FAILED;

	hpv_slot_leave_rescan(slot);
	return event;
}

static int mark_disconnected(struct pci_dev *dev, void *unused)
{
	/* As pci_dev_set_disconnected(): drivers give up instead of waiting. */
	xchg(&dev->error_state, pci_channel_io_perm_failure);
	return 0;
}

/**
 * hpv_pci_remove - remove all functions behind the port
 * @slot: the slot; the caller holds hpv_slot.run, which is let go and taken
 *	again while this waits for the rescan lock
 * @vanished: they are not there any more
 *
 * Return: %HPV_EV_REMOVED; %HPV_EVENTS when the slot is being given up.
 */
enum hpv_event hpv_pci_remove(struct hpv_slot *slot, bool vanished)
{
	struct pci_bus *bus = slot->port->subordinate;
	struct pci_dev *dev, *prev;
	bool expedited;

	/* Before any lock: those who hold one may be waiting for the device. */
	if (vanished)
		pci_walk_bus(bus, mark_disconnected, NULL);

	if (!hpv_slot_enter_rescan(slot))
		return HPV_EVENTS;

	expedited = pvpci_expedite_begin(READ_ONCE(expedite));
	/* In reverse, so that virtual functions go before their physical one. */
	list_for_each_entry_safe_reverse(dev, prev, &bus->devices, bus_list) {
		u16 command;

		pci_dev_get(dev);
		pci_stop_and_remove_bus_device(dev);
		/* Until power is off, what is left must neither write nor interrupt. */
		if (!vanished) {
			pci_read_config_word(dev, PCI_COMMAND, &command);
			command &= ~(PCI_COMMAND_MASTER | PCI_COMMAND_SERR);
			command |= PCI_COMMAND_INTX_DISABLE;
			pci_write_config_word(dev, PCI_COMMAND, command);
		}
		pci_dev_put(dev);
	}
	pvpci_expedite_end(expedited);

	hpv_slot_leave_rescan(slot);
	return HPV_EV_REMOVED;
}

static bool reads(struct pci_dev *dev, int where, u32 expected)
{
	u32 value;

	return !pci_read_config_dword(dev, where, &value) && value == expected;
}

/* Every assigned BAR still holds its address: a new or reset function's do not. */
static bool bars_kept(struct pci_dev *dev)
{
	struct pci_bus_region region;
	int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		struct resource *res = &dev->resource[bar];
		u32 value, mask;

		if (!res->parent || !(res->flags & (IORESOURCE_IO | IORESOURCE_MEM)))
			continue;
		mask = res->flags & IORESOURCE_IO ? (u32)PCI_BASE_ADDRESS_IO_MASK :
						    (u32)PCI_BASE_ADDRESS_MEM_MASK;
		pcibios_resource_to_bus(dev->bus, &region, res);
		if (pci_read_config_dword(dev, PCI_BASE_ADDRESS_0 + 4 * bar, &value) ||
		    (value & mask) != ((u32)region.start & mask))
			return false;
	}
	return true;
}

static bool same_function(struct pci_dev *dev)
{
	if (!reads(dev, PCI_VENDOR_ID, dev->vendor | dev->device << 16) ||
	    !reads(dev, PCI_CLASS_REVISION, dev->revision | dev->class << 8))
		return false;

	switch (dev->hdr_type) {
	case PCI_HEADER_TYPE_NORMAL:
		return reads(dev, PCI_SUBSYSTEM_VENDOR_ID, dev->subsystem_vendor |
			     dev->subsystem_device << 16) && bars_kept(dev);
	case PCI_HEADER_TYPE_BRIDGE:
		if (dev->subordinate) {
			u8 secondary;

			pci_read_config_byte(dev, PCI_SECONDARY_BUS, &secondary);
			return secondary == dev->subordinate->number;
		}
		return true;
	default:
		return true;
	}
}

/**
 * hpv_pci_same - are the functions in the slot those that the kernel knows?
 * @slot: the slot; the caller holds hpv_slot.run
 *
 * Identity registers and BARs are compared under the device lock, so that a
 * reset in progress does not look like another device.
 *
 * Return: %HPV_EV_SAME, %HPV_EV_REPLACED; %HPV_EVENTS when the slot is being
 * given up.
 */
enum hpv_event hpv_pci_same(struct hpv_slot *slot)
{
	enum hpv_event event = HPV_EV_SAME;
	struct pci_dev *dev;

	if (!hpv_slot_enter_rescan(slot))
		return HPV_EVENTS;

	if (list_empty(&slot->port->subordinate->devices))
		event = HPV_EV_REPLACED;
	list_for_each_entry(dev, &slot->port->subordinate->devices, bus_list) {
		if (dev->is_virtfn)
			continue;
		device_lock(&dev->dev);
		if (!same_function(dev))
			event = HPV_EV_REPLACED;
		device_unlock(&dev->dev);
	}

	hpv_slot_leave_rescan(slot);
	return event;
}
