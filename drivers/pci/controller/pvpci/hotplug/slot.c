// SPDX-License-Identifier: GPL-2.0
/*
 * Slots as the user sees them: one for each device of the bus, with its label
 * as its name. Power off is a polite removal, power on asks for it again.
 *
 * Who writes the power attribute waits for the bus's worker, and the worker
 * waits for who is in an attribute when it takes a slot away; so it tells them
 * first.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "core/bus.h"
#include "function/function.h"
#include "function/reset.h"
#include "hotplug/eject.h"
#include "hotplug/hotplug.h"
#include "hotplug/report.h"
#include "hotplug/slot.h"

#define WAIT_S		60	/* for the worker, which waits for drivers */

/**
 * struct pvpci_slot - one slot
 * @hp: PCI core's part
 * @bus: the bus
 * @device: 0 to 31
 * @name: as the host says it
 * @power: it has functions in use of the guest
 * @want: what was asked for last
 * @asked: counts what was asked for
 * @seen: value of @asked that the worker is at
 * @doing: what was wanted then
 * @handled: value of @asked that the worker has seen to
 * @result: of that
 * @dying: it is being taken away
 * @wait: for a change of the last three
 */
struct pvpci_slot {
	struct hotplug_slot hp;
	struct pvpci_bus *bus;
	unsigned int device;
	char name[32];
	bool power;
	bool want;
	atomic_t asked;
	int seen;
	bool doing;
	int handled;
	int result;
	bool dying;
	wait_queue_head_t wait;
};

static struct pvpci_slot *to_slot(struct hotplug_slot *hp)
{
	return container_of(hp, struct pvpci_slot, hp);
}

static bool answered(struct pvpci_slot *slot, int ticket)
{
	/* Acquire: the result was written before. */
	return READ_ONCE(slot->dying) || smp_load_acquire(&slot->handled) - ticket >= 0;
}

static int ask(struct pvpci_slot *slot, bool power)
{
	int ticket;
	long ret;

	WRITE_ONCE(slot->want, power);
	/* Orders: the worker reads what is wanted after the count. */
	ticket = atomic_inc_return(&slot->asked);
	pvpci_work_look(slot->bus);
	ret = wait_event_killable_timeout(slot->wait, answered(slot, ticket), WAIT_S * HZ);
	if (ret < 0)
		return -EINTR;
	if (READ_ONCE(slot->dying))
		return power ? -ENODEV : 0;
	return ret ? READ_ONCE(slot->result) : -ETIMEDOUT;
}

static int enable_slot(struct hotplug_slot *hp)
{
	return ask(to_slot(hp), true);
}

static int disable_slot(struct hotplug_slot *hp)
{
	return ask(to_slot(hp), false);
}

static int get_power_status(struct hotplug_slot *hp, u8 *value)
{
	*value = READ_ONCE(to_slot(hp)->power);
	return 0;
}

/* A slot without a function on the host is no slot. */
static int get_adapter_status(struct hotplug_slot *hp, u8 *value)
{
	*value = 1;
	return 0;
}

/* PCI core has saved and stopped all functions of the slot. */
static int reset_slot(struct hotplug_slot *hp, bool probe)
{
	struct pvpci_slot *slot = to_slot(hp);
	unsigned int i, first = slot->device << 3;
	int ret = 0;

	if (!(slot->bus->wire.features & PVPCI_F_RESET))
		return -ENOTTY;
	for (i = first; i < first + 8 && !probe && !ret; i++) {
		struct pvpci_fn *fn = pvpci_function_get(slot->bus, i);

		if (!fn)
			continue;
		ret = pvpci_reset(fn, PVPCI_RESET_SLOT, true);
		pvpci_function_put(fn);
	}
	return ret;
}

static const struct hotplug_slot_ops slot_ops = {
	.enable_slot		= enable_slot,
	.disable_slot		= disable_slot,
	.get_power_status	= get_power_status,
	.get_adapter_status	= get_adapter_status,
	.reset_slot		= reset_slot,
};

static int power_off(struct pvpci_slot *slot)
{
	struct pvpci_bus *bus = slot->bus;
	unsigned int i, first = slot->device << 3;
	char why[PVPCI_WHY_BYTES];
	struct pvpci_fn *fn;
	int ret = 0;

	for (i = first; i < first + 8 && !ret; i++) {
		fn = rcu_dereference_protected(bus->by_devfn[i], lockdep_is_held(&bus->topology));
		if (fn)
			ret = pvpci_eject_check(fn, false, why);
		if (fn && ret)
			dev_info(&bus->pdev->dev, "Function %s (%s) is not switched off: %s.\n",
				 fn->name, fn->info.model, why);
	}
	/* Function 0 goes when it is alone. */
	for (i = first + 8; i-- > first && !ret;) {
		u32 row, instance;

		fn = rcu_dereference_protected(bus->by_devfn[i], lockdep_is_held(&bus->topology));
		if (!fn)
			continue;
		dev_info(&bus->pdev->dev, "Function %s (%s) is switched off.\n", fn->name,
			 fn->info.model);
		row = fn->row;
		instance = fn->info.instance;
		bus->hotplug->off_devfn[row] = fn->info.devfn;
		pvpci_eject_let_go(fn);
		pvpci_report_off(bus, row, instance);
	}
	return ret;
}

/* Take what is in the slot once more, at the next look at the table. */
static void power_on(struct pvpci_slot *slot)
{
	struct pvpci_bus *bus = slot->bus;
	u32 row;

	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->hotplug->refused[row] && bus->hotplug->off_devfn[row] >> 3 == slot->device)
			bus->hotplug->refused[row] = 0;
	pvpci_work_look_at_table(bus);
}

/**
 * pvpci_slots_run - do what users have asked for
 * @bus: the bus; before a pending look at its table
 *
 * Context: on the bus's workqueue, rescan lock and pvpci_bus.topology held.
 */
void pvpci_slots_run(struct pvpci_bus *bus)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bus->hotplug->slot); i++) {
		struct pvpci_slot *slot = bus->hotplug->slot[i];

		if (!slot)
			continue;
		slot->seen = atomic_read_acquire(&slot->asked);
		if (slot->seen == slot->handled)
			continue;
		slot->result = 0;
		slot->doing = READ_ONCE(slot->want);
		if (!slot->doing)
			slot->result = power_off(slot);
		else if (!slot->power)
			power_on(slot);
	}
}

static void show(struct pvpci_bus *bus)
{
	unsigned int i, devfn;

	for (i = 0; i < ARRAY_SIZE(bus->hotplug->slot); i++) {
		struct pvpci_slot *slot = bus->hotplug->slot[i];
		bool power = false;

		if (!slot)
			continue;
		for (devfn = i << 3; devfn < (i + 1) << 3; devfn++)
			power |= !!rcu_access_pointer(bus->by_devfn[devfn]);
		WRITE_ONCE(slot->power, power);
	}
}

/**
 * pvpci_slots_answer - show what has become of the slots, and tell who asked for it
 * @bus: the bus; drivers have seen its new functions
 *
 * Who has asked for power hears nothing while the table is still to be looked at.
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_slots_answer(struct pvpci_bus *bus)
{
	unsigned int i;

	show(bus);
	for (i = 0; i < ARRAY_SIZE(bus->hotplug->slot); i++) {
		struct pvpci_slot *slot = bus->hotplug->slot[i];

		if (!slot || slot->seen == slot->handled)
			continue;
		if (slot->doing && !slot->power) {
			if (READ_ONCE(bus->work.table_changed))
				continue;
			slot->result = -ENODEV;
		}
		/* Release: after the result. */
		smp_store_release(&slot->handled, slot->seen);
		wake_up_all(&slot->wait);
	}
}

static void name_of(const struct pvpci_function_info *info, char name[32])
{
	if (info->label[0])
		strscpy(name, info->label, 32);
	else
		snprintf(name, 32, "%u", info->slot);
}

static void slot_add(struct pvpci_bus *bus, unsigned int device,
		     const struct pvpci_function_info *info)
{
	struct pvpci_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);
	int ret;

	if (!slot)
		return;
	slot->hp.ops = &slot_ops;
	slot->bus = bus;
	slot->device = device;
	init_waitqueue_head(&slot->wait);
	name_of(info, slot->name);
	ret = pci_hp_register(&slot->hp, bus->bridge->bus, device, slot->name);
	if (ret) {
		dev_warn(&bus->pdev->dev, "Slot %s has no place in sysfs (%d).\n", slot->name, ret);
		kfree(slot);
		return;
	}
	bus->hotplug->slot[device] = slot;
}

static void slot_remove(struct pvpci_bus *bus, unsigned int device)
{
	struct pvpci_slot *slot = bus->hotplug->slot[device];

	if (!slot)
		return;
	bus->hotplug->slot[device] = NULL;
	WRITE_ONCE(slot->dying, true);
	wake_up_all(&slot->wait);
	pci_hp_deregister(&slot->hp);
	kfree(slot);
}

/**
 * pvpci_slots_update - make and take away slots
 * @bus: known to PCI core
 * @info: a row for each function that the host has, or NULL for those here
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_slots_update(struct pvpci_bus *bus, const struct pvpci_function_info *info)
{
	const struct pvpci_function_info *first[ARRAY_SIZE(bus->hotplug->slot)] = {};
	DECLARE_BITMAP(kept, ARRAY_SIZE(bus->hotplug->slot)) = {};
	unsigned int i;
	char name[32];
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		const struct pvpci_function_info *one = NULL;

		if (info && info[row].instance)
			one = &info[row];
		else if (!info && bus->by_row[row])
			one = &bus->by_row[row]->info;
		if (!one)
			continue;
		i = one->devfn >> 3;
		if (!first[i] || first[i]->devfn > one->devfn)
			first[i] = one;
		name_of(one, name);
		if (bus->hotplug->slot[i] && !strcmp(bus->hotplug->slot[i]->name, name))
			set_bit(i, kept);
	}
	for (i = 0; i < ARRAY_SIZE(bus->hotplug->slot); i++) {
		if (test_bit(i, kept))
			continue;
		slot_remove(bus, i);
		if (first[i])
			slot_add(bus, i, first[i]);
	}
	show(bus);
}

/**
 * pvpci_slots_remove - take all slots away
 * @bus: the bus
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_slots_remove(struct pvpci_bus *bus)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bus->hotplug->slot); i++)
		slot_remove(bus, i);
}
