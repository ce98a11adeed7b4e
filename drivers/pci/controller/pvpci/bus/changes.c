// SPDX-License-Identifier: GPL-2.0
/*
 * Bus relations: the host's table is a full snapshot, what is missing in it
 * was removed. One ordered worker applies snapshots and ejections; events only
 * take note, so any number of them becomes one run.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include <pvpci/expedite.h>

#include "bus/changes.h"
#include "bus/root.h"
#include "core/bus.h"
#include "core/rescan_lock.h"
#include "function/function.h"
#include "hotplug/await_rebalance.h"
#include "hotplug/eject.h"
#include "hotplug/place_again.h"
#include "hotplug/report.h"
#include "hotplug/slot.h"
#include "irq/msi.h"
#include "room/assign.h"
#include "wire/proto.h"

#define TRIES		32	/* relations that change faster than we can ask */
#define LATER_MS	25	/* for what was in use, or is not decided yet */

/**
 * pvpci_relations_check - check a private copy of the function table
 * @table: the copy
 * @rows: rows of the table
 * @count: functions present, as the host says
 * @aperture_bytes: length of the aperture
 * @info: @rows entries, filled; instance is 0 where no function is present
 * @why: gets one sentence, without a full stop, when something is wrong
 *
 * Return: 0 or -EINVAL.
 */
int pvpci_relations_check(const struct pvpci_function *table, u32 rows, u32 count,
			  u64 aperture_bytes, struct pvpci_function_info *info,
			  char why[PVPCI_WHY_BYTES])
{
	DECLARE_BITMAP(devfns, PVPCI_MAX_FUNCTIONS) = {};
	char what[PVPCI_WHY_BYTES];
	u32 row, present = 0;

	for (row = 0; row < rows; row++) {
		info[row].instance = 0;
		if (!(le32_to_cpu(table[row].flags) & PVPCI_FN_PRESENT))
			continue;
		present++;
		if (pvpci_function_check(&table[row], aperture_bytes, &info[row], what)) {
			snprintf(why, PVPCI_WHY_BYTES, "function in row %u: %.120s", row, what);
			return -EINVAL;
		}
		if (test_and_set_bit(info[row].devfn, devfns)) {
			snprintf(why, PVPCI_WHY_BYTES, "two functions are at %02x.%x",
				 PCI_SLOT(info[row].devfn), PCI_FUNC(info[row].devfn));
			return -EINVAL;
		}
	}
	if (present != count) {
		snprintf(why, PVPCI_WHY_BYTES, "host reports %u functions but its table has %u",
			 count, present);
		return -EINVAL;
	}
	return 0;
}

/* One try. -ESTALE: relations changed meanwhile. -EPROTO: @why says. */
static int snapshot_once(struct pvpci_bus *bus, struct pvpci_relations *relations,
			 struct pvpci_function *copy, char *why)
{
	u32 rows = bus->layout.nr_functions, seq, count;
	int ret;

	why[0] = '\0';
	ret = pvpci_proto_query_relations(bus, &relations->seq, &relations->count);
	if (ret)
		return ret;
	if (relations->count > rows) {
		snprintf(why, PVPCI_WHY_BYTES, "host reports %u functions in a table of %u rows",
			 relations->count, rows);
		return -EPROTO;
	}
	ret = pvpci_proto_query_resources(bus, relations->seq);
	if (ret)
		return ret;
	memcpy(copy, bus->transport.area[PVPCI_AREA_FUNCTIONS], (size_t)rows * sizeof(*copy));
	if (!pvpci_relations_check(copy, rows, relations->count,
				   bus->layout.area[PVPCI_AREA_APERTURE].bytes,
				   relations->info, why))
		return 0;
	/* Wrong, or half of one snapshot and half of the next? */
	ret = pvpci_proto_query_relations(bus, &seq, &count);
	if (ret)
		return ret;
	return seq == relations->seq ? -EPROTO : -ESTALE;
}

/**
 * pvpci_relations_snapshot - the function table as it is now, copied and checked
 * @bus: in D0
 * @relations: filled; the caller frees its @info with kvfree()
 * @max_tries: while they change; the n-th is n - 1 milliseconds after its predecessor
 * @why: gets one sentence, without a full stop, when something is wrong with it
 *
 * Context: process context.
 * Return: 0; -ESTALE when they change faster than they can be read; an errno.
 */
int pvpci_relations_snapshot(struct pvpci_bus *bus, struct pvpci_relations *relations,
			     unsigned int max_tries, char why[PVPCI_WHY_BYTES])
{
	u32 rows = bus->layout.nr_functions;
	struct pvpci_function *copy;
	unsigned int tries;
	int ret = -ENOMEM;

	relations->info = kvcalloc(rows, sizeof(*relations->info), GFP_KERNEL);
	copy = kvcalloc(rows, sizeof(*copy), GFP_KERNEL);
	if (relations->info && copy) {
		for (tries = 0; tries < max_tries; tries++) {
			ret = snapshot_once(bus, relations, copy, why);
			if (ret != -ESTALE)
				break;
			msleep(tries);
		}
		if (ret == -ESTALE)
			snprintf(why, PVPCI_WHY_BYTES, "relations change without end");
	}
	kvfree(copy);
	if (ret) {
		kvfree(relations->info);
		relations->info = NULL;
	}
	return ret;
}

/**
 * pvpci_relations_create - a function has come onto the bus
 * @bus: the bus
 * @row: its row, which is free
 * @info: what the host says of it
 *
 * Context: process context, pvpci_bus.topology held.
 * Return: 0 or -ENOMEM.
 */
int pvpci_relations_create(struct pvpci_bus *bus, u32 row,
			   const struct pvpci_function_info *info)
{
	struct pvpci_fn *fn = pvpci_function_create(bus, row, info);

	if (!fn)
		return -ENOMEM;
	pvpci_function_publish(fn);
	return 0;
}

/**
 * pvpci_relations_start - find the functions of a bus and place them
 * @bus: in D0, unknown to PCI core
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_relations_start(struct pvpci_bus *bus)
{
	struct pvpci_relations relations;
	char why[PVPCI_WHY_BYTES];
	u32 row;
	int ret;

	ret = pvpci_relations_snapshot(bus, &relations, TRIES, why);
	if (ret) {
		if (why[0])
			dev_err(&bus->pdev->dev, "Cannot use this bus: %s.\n", why);
		return ret;
	}
	mutex_lock(&bus->topology);
	for (row = 0; !ret && row < bus->layout.nr_functions; row++)
		if (relations.info[row].instance)
			ret = pvpci_relations_create(bus, row, &relations.info[row]);
	if (!ret)
		ret = pvpci_assign_all(bus);
	bus->relations_seq = relations.seq;
	mutex_unlock(&bus->topology);
	kvfree(relations.info);
	return ret;
}

/**
 * pvpci_relations_forget - a function is no longer on the bus
 * @fn: PCI core has let go of it; freed when this returns, or soon after
 *
 * Context: process context, pvpci_bus.topology held.
 */
void pvpci_relations_forget(struct pvpci_fn *fn)
{
	pvpci_msi_release(fn);
	pvpci_function_unpublish(fn);
}

/* The host took it away without asking. */
static void remove_missing(struct pvpci_fn *fn)
{
	dev_info(&fn->bus->pdev->dev, "Function %s (%s) was removed by the host.\n",
		 fn->name, fn->info.model);
	WRITE_ONCE(fn->dead, true);
	pvpci_root_drop(fn);
	pvpci_assign_release(fn);
	pvpci_relations_forget(fn);
}

/* Functions without a place yet get theirs; on an error, @ret or another, they are forgotten. */
static int place_new(struct pvpci_bus *bus, int ret)
{
	u32 row;

	ret = ret ?: pvpci_assign_new(bus);
	if (ret)
		dev_err(&bus->pdev->dev, "New functions cannot be added (%d).\n", ret);
	for (row = 0; ret && row < bus->layout.nr_functions; row++)
		if (bus->by_row[row] && !bus->by_row[row]->assigned)
			pvpci_relations_forget(bus->by_row[row]);
	return ret;
}

static void apply(struct pvpci_bus *bus, const struct pvpci_relations *relations)
{
	u32 row, rows = bus->layout.nr_functions;
	bool any = false;
	int ret = 0;

	for (row = 0; row < rows; row++)
		if (bus->by_row[row] &&
		    (bus->by_row[row]->dead ||
		     bus->by_row[row]->info.instance != relations->info[row].instance))
			remove_missing(bus->by_row[row]);
	pvpci_assign_follow(bus);
	for (row = 0; !ret && row < rows; row++) {
		const struct pvpci_function_info *info = &relations->info[row];

		if (!info->instance || bus->by_row[row] || bus->refused[row] == info->instance)
			continue;
		ret = pvpci_relations_create(bus, row, info);
		any = true;
	}
	any |= !ret && pvpci_retry(bus);
	if (any)
		ret = place_new(bus, ret);
	pvpci_slots_update(bus, relations->info);
	if (any && !ret)
		pvpci_root_add(bus);
}

/* BARs that have moved, and room that somebody has left. */
static void follow(struct pvpci_bus *bus)
{
	pvpci_assign_follow(bus);
	if (pvpci_retry(bus) && !place_new(bus, 0))
		pvpci_root_add(bus);
}

static void update(struct pvpci_bus *bus)
{
	struct pvpci_relations relations;
	char why[PVPCI_WHY_BYTES];
	int ret;

	ret = pvpci_relations_snapshot(bus, &relations, TRIES, why);
	if (ret == -ESTALE) {
		/* A host that is busy is not broken: others first, then once more. */
		WRITE_ONCE(bus->relations_pending, 1);
		queue_work(bus->wq, &bus->relations_work);
		return;
	}
	if (ret) {
		if (why[0])
			pvpci_bus_break(bus, "%s", why);
		return;
	}
	if (relations.seq != bus->relations_seq)
		apply(bus, &relations);
	bus->relations_seq = relations.seq;
	kvfree(relations.info);
}

static void work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_bus, relations_work);
	struct pvpci_rescan *rescan;
	bool expedited;

	if (pvpci_state(bus) != PVPCI_STATE_RUNNING || READ_ONCE(bus->asleep))
		return;
	rescan = pvpci_rescan_lock(&bus->removing);
	if (IS_ERR(rescan))
		return;
	expedited = pvpci_expedite_begin(READ_ONCE(pvpci_expedite));
	mutex_lock(&bus->topology);
	pvpci_eject_run(bus);
	if (!READ_ONCE(bus->removing))
		pvpci_slots_run(bus);
	if (xchg(&bus->relations_pending, 0) && !READ_ONCE(bus->removing) &&
	    pvpci_state(bus) == PVPCI_STATE_RUNNING)
		update(bus);
	if (!READ_ONCE(bus->removing) && pvpci_state(bus) == PVPCI_STATE_RUNNING)
		follow(bus);
	pvpci_seek_run(bus);
	if (READ_ONCE(bus->forgotten))
		pvpci_outcome_repeat(bus);
	pvpci_slots_answer(bus);
	mutex_unlock(&bus->topology);
	pvpci_expedite_end(expedited);
	pvpci_rescan_unlock(rescan);
}

/**
 * pvpci_relations_event - the host says that something has changed
 * @bus: the bus
 * @msg: PVPCI_MSG_RELATIONS or PVPCI_MSG_EJECT, checked for its length
 *
 * Context: any, with pvpci_requests.lock held.
 */
void pvpci_relations_event(struct pvpci_bus *bus, const struct pvpci_msg *msg)
{
	if (le16_to_cpu(msg->type) == PVPCI_MSG_EJECT)
		pvpci_eject_event(bus, container_of(msg, const struct pvpci_msg_function, msg));
	else
		WRITE_ONCE(bus->relations_pending, 1);
	if (!READ_ONCE(bus->removing))
		queue_work(bus->wq, &bus->relations_work);
}

/**
 * pvpci_relations_look - let the worker see whether BARs have moved
 * @bus: the bus
 *
 * Context: any.
 */
void pvpci_relations_look(struct pvpci_bus *bus)
{
	if (!READ_ONCE(bus->removing))
		queue_work(bus->wq, &bus->relations_work);
}

/**
 * pvpci_relations_look_later - let the worker look once more, in a moment
 * @bus: the bus
 *
 * Context: on the bus's workqueue.
 */
void pvpci_relations_look_later(struct pvpci_bus *bus)
{
	if (!READ_ONCE(bus->removing))
		queue_delayed_work(bus->wq, &bus->look_again, msecs_to_jiffies(LATER_MS));
}

static void look_again(struct work_struct *work)
{
	pvpci_relations_look(container_of(to_delayed_work(work), struct pvpci_bus, look_again));
}

/**
 * pvpci_relations_init - prepare
 * @bus: the bus
 */
void pvpci_relations_init(struct pvpci_bus *bus)
{
	INIT_WORK(&bus->relations_work, work);
	INIT_DELAYED_WORK(&bus->look_again, look_again);
}

/**
 * pvpci_relations_stop - no more changes
 * @bus: with pvpci_bus.removing set
 *
 * Context: process context; PCI core's rescan lock may be held.
 */
void pvpci_relations_stop(struct pvpci_bus *bus)
{
	cancel_delayed_work_sync(&bus->look_again);
	cancel_work_sync(&bus->relations_work);
	/* Queued by itself, before it saw that it should not. */
	cancel_delayed_work_sync(&bus->look_again);
}
