// SPDX-License-Identifier: GPL-2.0
/*
 * Letting go of functions politely: at the host's wish, or the user's.
 *
 * What is in use stays, and what a driver wants to keep that has asked to be asked.
 * Who looks at every new disk (udev) has it open for a moment, so a refusal because
 * of use takes a second.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/eject_veto.h"
#include "function/function.h"
#include "hotplug/eject.h"
#include "hotplug/hotplug.h"
#include "hotplug/in_use.h"
#include "hotplug/remove.h"
#include "wire/proto.h"

#define PATIENCE_MS	1000

static int check_one(struct pvpci_fn *fn, char why[PVPCI_WHY_BYTES])
{
	struct pci_dev *dev = pci_get_slot(fn->bus->bridge->bus, fn->info.devfn);
	int ret = 0;

	if (dev && pvpci_in_use(dev, why))
		ret = -EBUSY;
	pci_dev_put(dev);
	return ret ?: pvpci_eject_veto_ask(fn, why);
}

/**
 * pvpci_eject_check - may a function go?
 * @fn: the function
 * @device: none of the functions of its device may be in use
 * @why: gets one sentence, without a full stop, when it may not
 *
 * Context: pvpci_bus.topology held.
 * Return: 0; -EPERM when it is not hot-pluggable; -EBUSY when it is in use; an errno of
 * its driver.
 */
int pvpci_eject_check(struct pvpci_fn *fn, bool device, char why[PVPCI_WHY_BYTES])
{
	struct pvpci_bus *bus = fn->bus;
	unsigned int row;
	int ret;

	lockdep_assert_held(&bus->topology);
	strscpy(why, "it is not hot-pluggable", PVPCI_WHY_BYTES);
	if (!(fn->info.flags & PVPCI_FN_HOTPLUG))
		return -EPERM;
	ret = check_one(fn, why);
	for (row = 0; device && !ret && row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *other = bus->by_row[row];

		if (other && other != fn && !((other->info.devfn ^ fn->info.devfn) & ~7U))
			ret = check_one(other, why);
	}
	if (ret && !why[0])
		strscpy(why, "its driver does not want it", PVPCI_WHY_BYTES);
	return ret;
}

/**
 * pvpci_eject_let_go - take a function away from its driver, for the host to take it back
 * @fn: freed when this returns, or soon after; its row is not taken again while
 *	it has the same function
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_eject_let_go(struct pvpci_fn *fn)
{
	fn->bus->hotplug->refused[fn->row] = fn->info.instance;
	pvpci_remove_politely(fn);
}

/* Return -EAGAIN to look once more later. */
static int eject(struct pvpci_bus *bus, u32 row, u32 instance, char why[PVPCI_WHY_BYTES])
{
	struct pvpci_eject *eject = &bus->hotplug->eject[row];
	struct pvpci_fn *fn = bus->by_row[row];
	int ret;

	why[0] = '\0';
	/* What the guest's user has switched off is gone already. */
	if (!fn && bus->hotplug->refused[row] == instance)
		return 0;
	if (!fn || fn->info.instance != instance)
		return -ENODEV;
	ret = pvpci_eject_check(fn, READ_ONCE(eject->flags) & PVPCI_EJECT_DEVICE, why);
	if (ret == -EBUSY && !eject->busy_since)
		eject->busy_since = jiffies ?: 1;
	if (ret == -EBUSY &&
	    time_before(jiffies, eject->busy_since + msecs_to_jiffies(PATIENCE_MS)))
		return -EAGAIN;
	if (ret) {
		dev_info(&bus->pdev->dev, "Function %s (%s) is not ejected: %s.\n",
			 fn->name, fn->info.model, why);
		return ret;
	}
	dev_info(&bus->pdev->dev, "Function %s (%s) is ejected.\n", fn->name, fn->info.model);
	pvpci_eject_let_go(fn);
	return 0;
}

/**
 * pvpci_eject_run - do what the host has asked for
 * @bus: the bus
 *
 * Context: on the bus's workqueue, rescan lock and pvpci_bus.topology held.
 */
void pvpci_eject_run(struct pvpci_bus *bus)
{
	char why[PVPCI_WHY_BYTES];
	bool again = false;
	u32 row, instance;
	int ret;

	for (row = 0; row < bus->wire.layout.nr_functions && !READ_ONCE(bus->removing); row++) {
		instance = READ_ONCE(bus->hotplug->eject[row].instance);
		if (!instance)
			continue;
		ret = eject(bus, row, instance, why);
		if (ret == -EAGAIN) {
			again = true;
			continue;
		}
		bus->hotplug->eject[row].busy_since = 0;
		/* The next wish for this row may have come. */
		cmpxchg(&bus->hotplug->eject[row].instance, instance, 0);
		if (ret && why[0])
			pvpci_proto_eject_why(&bus->wire, row, instance, why);
		pvpci_proto_eject_complete(&bus->wire, row, instance, ret);
	}
	if (again)
		pvpci_work_look_later(bus);
}

/**
 * pvpci_eject_event - the host wants a function back
 * @bus: the bus
 * @msg: its wish, checked for its length
 *
 * Context: any, with pvpci_requests.lock held.
 */
void pvpci_eject_event(struct pvpci_bus *bus, const struct pvpci_msg_function *msg)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 2);
	u32 row = le32_to_cpu(msg->row);

	if (row >= bus->wire.layout.nr_functions) {
		if (__ratelimit(&limit))
			dev_warn(&bus->pdev->dev, "Host wants to eject row %u, there are %u.\n",
				 row, bus->wire.layout.nr_functions);
		return;
	}
	WRITE_ONCE(bus->hotplug->eject[row].flags, le32_to_cpu(msg->flags));
	WRITE_ONCE(bus->hotplug->eject[row].instance, le32_to_cpu(msg->instance));
}
