// SPDX-License-Identifier: GPL-2.0
/*
 * What changes on a bus: functions come and go, are ejected, switched off and
 * moved. One worker does all of it, one thing after the other; events only take
 * note, so any number of them becomes one run.
 *
 * The worker asks the host for its function table before it takes PCI core's
 * rescan lock: a host that is slow, or changes its table all the time, costs
 * its own bus and nobody else's hotplug.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include <pvpci/expedite.h>

#include "bus/changes.h"
#include "bus/lifecycle.h"
#include "bus/root.h"
#include "bus/snapshot.h"
#include "core/bus.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "hotplug/await_rebalance.h"
#include "hotplug/eject.h"
#include "hotplug/hotplug.h"
#include "hotplug/place_again.h"
#include "hotplug/remove.h"
#include "hotplug/report.h"
#include "hotplug/slot.h"
#include "room/assign.h"

#define TRIES		32	/* relations that change faster than we can ask */

static bool expedite = true;
module_param(expedite, bool, 0644);
MODULE_PARM_DESC(expedite,
		 "expedite RCU grace periods while functions are added or removed; costs every processor some interrupts");

/**
 * pvpci_changes_start - find the functions of a bus and place them
 * @bus: in D0, unknown to PCI core
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_changes_start(struct pvpci_bus *bus)
{
	struct pvpci_snapshot snapshot;
	char why[PVPCI_WHY_BYTES];
	u32 row;
	int ret;

	ret = pvpci_snapshot_take(bus, &snapshot, TRIES, why);
	if (ret) {
		if (why[0])
			dev_err(&bus->pdev->dev, "Cannot use this bus: %s.\n", why);
		return ret;
	}
	mutex_lock(&bus->topology);
	for (row = 0; !ret && row < bus->wire.layout.nr_functions; row++)
		if (snapshot.info[row].instance &&
		    !pvpci_function_add(bus, row, &snapshot.info[row]))
			ret = -ENOMEM;
	if (!ret)
		ret = pvpci_assign_all(bus);
	bus->life->table_seq = snapshot.seq;
	mutex_unlock(&bus->topology);
	pvpci_snapshot_free(&snapshot);
	return ret;
}

/*
 * Functions without a place yet get theirs, and PCI core gets to know them. Those that
 * the host did not take the places of are forgotten; they come back with the next table.
 */
static void add_new(struct pvpci_bus *bus)
{
	u32 row;
	int ret = pvpci_assign_new(bus);

	if (ret)
		dev_err(&bus->pdev->dev, "New functions cannot be added (%d).\n", ret);
	for (row = 0; ret && row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || pvpci_life(fn) != PVPCI_LIFE_NEW)
			continue;
		pvpci_report_outcome(fn, PVPCI_OUTCOME_FAILED, ret, NULL);
		pvpci_remove_forget(fn);
	}
	pvpci_root_add(bus);
}

static bool is_other(const struct pvpci_fn *fn, const struct pvpci_snapshot *snapshot)
{
	return pvpci_life(fn) == PVPCI_LIFE_DEAD ||
	       fn->info.instance != snapshot->info[fn->row].instance;
}

/* What the table says becomes true here. */
static void apply(struct pvpci_bus *bus, const struct pvpci_snapshot *snapshot)
{
	u32 row, rows = bus->wire.layout.nr_functions;
	bool any = false;

	for (row = 0; row < rows; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || !is_other(fn, snapshot))
			continue;
		dev_info(&bus->pdev->dev, "Function %s (%s) was removed by the host.\n",
			 fn->name, fn->info.model);
		pvpci_remove_gone(fn);
	}
	pvpci_assign_adopt_moved(bus);
	for (row = 0; row < rows; row++) {
		const struct pvpci_function_info *info = &snapshot->info[row];

		if (!info->instance || bus->by_row[row] ||
		    bus->hotplug->refused[row] == info->instance)
			continue;
		any |= !!pvpci_function_add(bus, row, info);
	}
	any |= pvpci_place_again(bus);
	pvpci_slots_update(bus, snapshot->info);
	if (any)
		add_new(bus);
}

/* BARs that have moved, and room that somebody has left. */
static void adopt_moved(struct pvpci_bus *bus)
{
	pvpci_assign_adopt_moved(bus);
	if (pvpci_place_again(bus))
		add_new(bus);
}

/* Functions that the user has removed from PCI core, and a rescan has found. */
static void settle_found(struct pvpci_bus *bus)
{
	u32 row;

	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (fn && pvpci_life(fn) == PVPCI_LIFE_HIDDEN && READ_ONCE(fn->pdev))
			pvpci_memory_enable_settle(fn);
		if (fn && READ_ONCE(fn->exchange.out_of_sync) &&
		    xchg(&fn->exchange.out_of_sync, false))
			pvpci_memory_enable_resync(fn, PVPCI_REASON_ENABLE);
	}
}

static bool may_run(struct pvpci_bus *bus)
{
	return pvpci_state(bus) == PVPCI_STATE_RUNNING && !READ_ONCE(bus->removing) &&
	       !READ_ONCE(bus->asleep);
}

/* The snapshot stays empty when there is nothing to be looked at. */
static void ask_for_table(struct pvpci_bus *bus, struct pvpci_snapshot *snapshot)
{
	char why[PVPCI_WHY_BYTES];
	int ret;

	down_read(&bus->in_use);
	if (may_run(bus) && xchg(&bus->work.table_changed, false)) {
		ret = pvpci_snapshot_take(bus, snapshot, TRIES, why);
		if (ret && ret != -ESTALE && why[0]) {
			pvpci_bus_break(bus, "%s", why);
		} else if (ret) {
			/* A host that is busy or pauses is not broken: once more, in a moment. */
			WRITE_ONCE(bus->work.table_changed, true);
			pvpci_work_look_later(bus);
		}
	}
	up_read(&bus->in_use);
}

static void look_at_table(struct pvpci_bus *bus, const struct pvpci_snapshot *snapshot)
{
	if (snapshot->seq != bus->life->table_seq || xchg(&bus->work.table_anew, false))
		apply(bus, snapshot);
	bus->life->table_seq = snapshot->seq;
}

static void run(struct pvpci_bus *bus, const struct pvpci_snapshot *snapshot)
{
	bool expedited = pvpci_expedite_begin(READ_ONCE(expedite));

	mutex_lock(&bus->topology);
	pvpci_eject_run(bus);
	if (may_run(bus))
		pvpci_slots_run(bus);
	if (may_run(bus) && snapshot->info)
		look_at_table(bus, snapshot);
	if (may_run(bus)) {
		settle_found(bus);
		adopt_moved(bus);
	}
	pvpci_await_rebalance_run(bus);
	if (READ_ONCE(bus->work.reports_lost))
		pvpci_report_again(bus);
	pvpci_slots_answer(bus);
	mutex_unlock(&bus->topology);
	pvpci_expedite_end(expedited);
}

static void take_all_away(struct pvpci_bus *bus)
{
	bool expedited = pvpci_expedite_begin(READ_ONCE(expedite));

	pvpci_root_surprise(bus);
	pvpci_expedite_end(expedited);
}

static void work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_bus, work.changes);
	struct pvpci_snapshot snapshot = {};

	ask_for_table(bus, &snapshot);
	pci_lock_rescan_remove();
	if (!READ_ONCE(bus->removing) && xchg(&bus->work.show, false))
		pvpci_root_create(bus);
	if (!READ_ONCE(bus->removing) && pvpci_state(bus) == PVPCI_STATE_BROKEN)
		pvpci_root_disconnect(bus);
	if (!READ_ONCE(bus->removing) && xchg(&bus->work.host_gone, false))
		take_all_away(bus);
	if (may_run(bus))
		run(bus, &snapshot);
	pci_unlock_rescan_remove();
	pvpci_snapshot_free(&snapshot);
	pvpci_bus_put(bus);
}

static void work_later(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(to_delayed_work(work), struct pvpci_bus,
					     work.changes_later);

	pvpci_work_look(bus);
	pvpci_bus_put(bus);
}

/**
 * pvpci_changes_event - the host says that something has changed
 * @bus: the bus
 * @msg: PVPCI_MSG_RELATIONS or PVPCI_MSG_EJECT, checked for its length
 *
 * Context: any, with pvpci_requests.lock held.
 */
void pvpci_changes_event(struct pvpci_bus *bus, const struct pvpci_msg *msg)
{
	if (le16_to_cpu(msg->type) == PVPCI_MSG_EJECT)
		pvpci_eject_event(bus, container_of(msg, const struct pvpci_msg_function, msg));
	else
		WRITE_ONCE(bus->work.table_changed, true);
	pvpci_work_look(bus);
}

/**
 * pvpci_changes_init - prepare
 * @bus: the bus
 */
void pvpci_changes_init(struct pvpci_bus *bus)
{
	INIT_WORK(&bus->work.changes, work);
	INIT_DELAYED_WORK(&bus->work.changes_later, work_later);
}
