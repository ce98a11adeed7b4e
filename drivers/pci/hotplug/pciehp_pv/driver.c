// SPDX-License-Identifier: GPL-2.0
/*
 * What is done to the functions in a slot one by one under their device locks,
 * and so without the rescan lock, which others may want while they hold such a
 * lock: taking their drivers away, and comparing them with their registers.
 */
#include <linux/device.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "pciehp_pv.h"

/**
 * struct held - a function with a reference
 * @node: in a list
 * @dev: the function
 * @bound: it had a driver
 */
struct held {
	struct list_head node;
	struct pci_dev *dev;
	bool bound;
};

struct collection {
	struct hpv_slot *slot;
	struct list_head *list;
	bool deep;	/* what is behind bridges in the slot too */
};

static int collect(struct pci_dev *dev, void *data)
{
	struct collection *c = data;
	struct held *held;

	if (!hpv_pci_owns(c->slot, dev) || (!c->deep && dev->bus != c->slot->bus))
		return 0;
	held = kzalloc(sizeof(*held), GFP_KERNEL);
	if (!held)
		return -ENOMEM;
	held->dev = pci_dev_get(dev);
	/* In reverse, so that virtual functions go before their physical one. */
	list_add(&held->node, c->list);
	return 0;
}

static void release_driver(struct held *held)
{
	struct device *dev = &held->dev->dev;

	device_lock(dev);
	held->bound = dev->driver;
	device_unlock(dev);
	/* One that binds now, such as a module just loaded, goes when the function does. */
	device_release_driver(dev);
}

static int mark_disconnected(struct pci_dev *dev, void *slot)
{
	/* As pci_dev_set_disconnected(): drivers give up instead of waiting. */
	if (hpv_pci_owns(slot, dev))
		xchg(&dev->error_state, pci_channel_io_perm_failure);
	return 0;
}

/**
 * hpv_drivers_release - take away the drivers of all functions in the slot
 * @slot: the slot
 * @vanished: the functions are not there any more
 * @released: the functions, for hpv_drivers_attach() or hpv_drivers_forget()
 *
 * Bridges keep theirs, and so does a physical function whose virtual ones would
 * be removed by its driver: these go under the rescan lock, hpv_pci_remove().
 *
 * Context: without hpv_slot.run and the rescan lock. Takes as long as the
 * drivers need to let go, which has no limit.
 */
void hpv_drivers_release(struct hpv_slot *slot, bool vanished, struct list_head *released)
{
	struct collection c = { slot, released, true };
	struct held *held;

	/* Before any lock: those who hold one may be waiting for the device. */
	if (vanished)
		pci_walk_bus(slot->bus, mark_disconnected, slot);
	pci_walk_bus(slot->bus, collect, &c);
	list_for_each_entry(held, released, node)
		if (!pci_is_bridge(held->dev) && !pci_num_vf(held->dev))
			release_driver(held);
}

/**
 * hpv_drivers_forget - the functions are gone
 * @released: what hpv_drivers_release() filled in
 */
void hpv_drivers_forget(struct list_head *released)
{
	struct held *held, *next;

	list_for_each_entry_safe(held, next, released, node) {
		pci_dev_put(held->dev);
		kfree(held);
	}
}

/**
 * hpv_drivers_attach - the removal is called off: give the functions drivers again
 * @released: what hpv_drivers_release() filled in
 *
 * Context: with the rescan lock held: who was removing the functions has done so.
 */
void hpv_drivers_attach(struct list_head *released)
{
	struct held *held;

	/* What was removed meanwhile binds nothing. */
	list_for_each_entry_reverse(held, released, node)
		if (held->bound && device_attach(&held->dev->dev) < 0)
			pci_warn(held->dev, "pciehp_pv: no driver after a removal was called off\n");
	hpv_drivers_forget(released);
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
 * hpv_drivers_same - are the functions in the slot those that the kernel knows?
 * @slot: the slot
 *
 * Identity registers and BARs are compared under the device lock, so that a
 * reset in progress does not look like another device.
 *
 * Context: without hpv_slot.run and the rescan lock.
 *
 * Return: %HPV_EV_SAME or %HPV_EV_REPLACED.
 */
enum hpv_event hpv_drivers_same(struct hpv_slot *slot)
{
	enum hpv_event event = HPV_EV_SAME;
	LIST_HEAD(functions);
	struct collection c = { slot, &functions, false };
	struct held *held;

	pci_walk_bus(slot->bus, collect, &c);
	if (list_empty(&functions))
		event = HPV_EV_REPLACED;
	list_for_each_entry(held, &functions, node) {
		if (held->dev->is_virtfn)
			continue;
		device_lock(&held->dev->dev);
		if (!same_function(held->dev))
			event = HPV_EV_REPLACED;
		device_unlock(&held->dev->dev);
	}
	hpv_drivers_forget(&functions);
	return event;
}
