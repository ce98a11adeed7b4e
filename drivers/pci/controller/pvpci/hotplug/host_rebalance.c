// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping functions and moving them, because the host wants room.
 *
 * The host asks (query-stop), the guest plans and asks the owners of what would
 * move, and says what that would take. The host then has it carried out (stop)
 * or forgets it (cancel-stop). The plan and the moves are pci_rebalance's, which
 * is looked for when it is needed: neither module needs the other.
 *
 * Events only take note. The work has a reference to its bus and runs in a
 * workqueue of the module: who takes the bus down holds PCI core's rescan lock,
 * for which the work waits, so nobody waits for the work, only for those parts
 * of it that use the bus. The workqueue is frozen before the machine sleeps.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/function.h"
#include "hotplug/host_rebalance.h"
#include "hotplug/hotplug.h"
#include "room/assign.h"
#include "wire/proto.h"

#define ROOT_BUS	0	/* the only one of a domain of ours */

static struct workqueue_struct *rebalance_wq;

/**
 * struct task - an order being carried out
 * @bus: on which
 * @order: the order
 * @before: windows as they were
 * @window: windows while the plan is made, for its addresses
 */
struct task {
	struct pvpci_bus *bus;
	struct pvpci_host_rebalance_order order;
	struct pvpci_bridge_window before[PVPCI_NR_WINDOWS];
	struct pvpci_bridge_window window[PVPCI_NR_WINDOWS];
};

static bool is_running(struct pvpci_bus *bus)
{
	return pvpci_state(bus) == PVPCI_STATE_RUNNING && !READ_ONCE(bus->removing);
}

/* What is free in the aperture but in no window would be missing in the plan. */
static int begin(void *context)
{
	struct task *task = context;
	struct pvpci_bus *bus = task->bus;
	bool low = task->order.flags & PVPCI_STOP_LOW;
	int ret;

	down_read(&bus->in_use);
	if (!is_running(bus)) {
		up_read(&bus->in_use);
		return -ESHUTDOWN;
	}
	mutex_lock(&bus->topology);
	memcpy(task->before, bus->windows.window, sizeof(task->before));
	ret = pvpci_assign_spread(bus, low ? PVPCI_WINDOW_32 : PVPCI_WINDOW_64);
	memcpy(task->window, bus->windows.window, sizeof(task->window));
	mutex_unlock(&bus->topology);
	if (ret)
		up_read(&bus->in_use);
	else
		WRITE_ONCE(bus->moving, task->order.type == PVPCI_MSG_STOP);
	return ret;
}

static void end(void *context, bool moved)
{
	struct task *task = context;
	struct pvpci_bus *bus = task->bus;

	WRITE_ONCE(bus->moving, false);
	mutex_lock(&bus->topology);
	if (moved)
		pvpci_assign_adopt_moved(bus);
	else
		pvpci_assign_windows(bus, task->before);
	mutex_unlock(&bus->topology);
	up_read(&bus->in_use);
}

/* Is it one of ours? Then the message names it. */
static bool name_function(const struct task *task, const struct pci_rebalance_note *note,
			  __le32 *row, __le32 *instance)
{
	struct pvpci_fn *fn = NULL;

	if (note->bus == ROOT_BUS && note->resno < PVPCI_NUM_BARS)
		fn = pvpci_function_get(task->bus, note->devfn);
	if (!fn)
		return false;
	*row = cpu_to_le32(fn->row);
	*instance = cpu_to_le32(fn->info.instance);
	pvpci_function_put(fn);
	return true;
}

static int tell_plan(const struct task *task, const struct pci_rebalance_note *note)
{
	struct pvpci_msg_stop_plan msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_STOP_PLAN),
		.wish = cpu_to_le32(task->order.wish),
		.bar = cpu_to_le16(note->resno),
		.step = cpu_to_le16(note->step),
		.cost = cpu_to_le64(note->cost),
		.down_us = cpu_to_le64(note->down_us),
	};

	BUILD_BUG_ON(PVPCI_DOWN_UNKNOWN != PCI_REBALANCE_UNKNOWN);
	if (!name_function(task, note, &msg.row, &msg.instance))
		return 0;
	if (note->step) {
		msg.from = cpu_to_le64(pvpci_window_from_bus(task->window, note->from,
							     note->bytes));
		msg.to = cpu_to_le64(pvpci_window_from_bus(task->window, note->to, note->bytes));
	}
	strscpy(msg.words, note->words, sizeof(msg.words));
	return pvpci_proto_ask(&task->bus->wire, &msg.msg, sizeof(msg), PVPCI_STATUS_STALE);
}

static int tell_restart(const struct task *task, const struct pci_rebalance_note *note)
{
	struct pvpci_msg_restart msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_RESTART),
		.wish = cpu_to_le32(task->order.wish),
		.down_us = cpu_to_le64(note->down_us),
	};

	if (!name_function(task, note, &msg.row, &msg.instance))
		return 0;
	return pvpci_proto_ask(&task->bus->wire, &msg.msg, sizeof(msg), PVPCI_STATUS_STALE);
}

/* What there is to say of single functions. A host that does not listen hears no more. */
static int tell_notes(const struct task *task, const struct pci_rebalance_room *room)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < room->count && !ret && is_running(task->bus); i++) {
		const struct pci_rebalance_note *note = &room->notes[i];

		/* BARs of one function come together, and it was stopped once. */
		if (!room->apply || !note->step)
			ret = tell_plan(task, note);
		else if (!i || note[-1].devfn != note->devfn)
			ret = tell_restart(task, note);
	}
	return ret;
}

static void tell_end(const struct task *task, const struct pci_rebalance_room *room, int error)
{
	struct pvpci_msg_stop_complete msg = {
		.msg.type = cpu_to_le16(room->apply ? PVPCI_MSG_STOP_COMPLETE :
					PVPCI_MSG_QUERY_STOP_COMPLETE),
		.wish = cpu_to_le32(task->order.wish),
		.result = cpu_to_le32(-error),
		.bytes = cpu_to_le64(room->bytes),
		.offset = cpu_to_le64(PVPCI_BAR_UNASSIGNED),
		.cost = cpu_to_le64(room->cost),
		.time_us = cpu_to_le64(room->time_us),
		.steps = cpu_to_le32(room->steps),
	};

	if (!error)
		msg.offset = cpu_to_le64(pvpci_window_from_bus(task->window, room->start,
							       room->bytes));
	strscpy(msg.why, room->why, sizeof(msg.why));
	pvpci_proto_ask(&task->bus->wire, &msg.msg, sizeof(msg), PVPCI_STATUS_STALE);
}

static int make_room(struct pci_rebalance_room *room)
{
	int (*make)(struct pci_rebalance_room *room);
	int error;

	if (room->apply && !room->expect) {
		strscpy(room->why, "nothing was agreed on", sizeof(room->why));
		return -ESTALE;
	}
	make = symbol_get(pci_rebalance_make_room);
	if (!make) {
		strscpy(room->why, "the guest has no pci_rebalance, or has not loaded it",
			sizeof(room->why));
		return -EOPNOTSUPP;
	}
	error = make(room);
	symbol_put(pci_rebalance_make_room);
	return error;
}

static void carry_out(struct pvpci_bus *bus, const struct pvpci_host_rebalance_order *order)
{
	struct task task = { .bus = bus, .order = *order };
	struct pci_rebalance_room room = {
		.domain = bus->domain,
		.number = ROOT_BUS,
		.low = order->flags & PVPCI_STOP_LOW,
		.online = order->flags & PVPCI_STOP_ONLINE,
		.apply = order->type == PVPCI_MSG_STOP,
		.expect = order->fingerprint,
		.begin = begin, .end = end, .context = &task,
		.bytes = order->bytes,
	};
	int error = make_room(&room);

	if (error == -ESHUTDOWN)
		strscpy(room.why, "the bus is being removed or sleeps", sizeof(room.why));
	if (!error && !room.apply) {
		raw_spin_lock_irq(&bus->hotplug->rebalance.lock);
		bus->hotplug->rebalance.agreed = *order;
		bus->hotplug->rebalance.agreed.bytes = room.bytes;
		bus->hotplug->rebalance.agreed.fingerprint = room.fingerprint;
		raw_spin_unlock_irq(&bus->hotplug->rebalance.lock);
	}
	down_read(&bus->in_use);
	if (is_running(bus) && !tell_notes(&task, &room) && is_running(bus))
		tell_end(&task, &room, error);
	up_read(&bus->in_use);
	kvfree(room.notes);
}

static void work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_host_rebalance, work)->bus;
	struct pvpci_host_rebalance_order order;

	raw_spin_lock_irq(&bus->hotplug->rebalance.lock);
	order = bus->hotplug->rebalance.order;
	bus->hotplug->rebalance.order.type = 0;
	raw_spin_unlock_irq(&bus->hotplug->rebalance.lock);
	if (order.type && is_running(bus))
		carry_out(bus, &order);
	pvpci_bus_put(bus);
}

/**
 * pvpci_host_rebalance_note - take note of what the host wants
 * @rebalance: of the bus
 * @msg: PVPCI_MSG_QUERY_STOP, PVPCI_MSG_STOP or PVPCI_MSG_CANCEL_STOP, checked for its length
 *
 * Context: any.
 * Return: whether there is something to do.
 */
bool pvpci_host_rebalance_note(struct pvpci_host_rebalance *rebalance,
			       const struct pvpci_msg *msg)
{
	const struct pvpci_msg_query_stop *query =
		container_of(msg, const struct pvpci_msg_query_stop, msg);
	u16 type = le16_to_cpu(msg->type);
	struct pvpci_host_rebalance_order order = {
		.type = type, .wish = le32_to_cpu(query->wish),
	};
	unsigned long flags;

	raw_spin_lock_irqsave(&rebalance->lock, flags);
	if (type == PVPCI_MSG_QUERY_STOP) {
		order.flags = le32_to_cpu(query->flags);
		order.bytes = le64_to_cpu(query->bytes);
	} else if (type == PVPCI_MSG_STOP && rebalance->agreed.wish == order.wish) {
		order = rebalance->agreed;
		order.type = type;
	}
	/* Whatever it was, what was agreed on before is over. */
	rebalance->agreed = (struct pvpci_host_rebalance_order){};
	if (type != PVPCI_MSG_CANCEL_STOP)
		rebalance->order = order;
	else if (rebalance->order.wish == order.wish)
		rebalance->order.type = 0;
	raw_spin_unlock_irqrestore(&rebalance->lock, flags);
	return type != PVPCI_MSG_CANCEL_STOP;
}

/**
 * pvpci_host_rebalance_event - the host wants room, or no longer
 * @bus: the bus
 * @msg: PVPCI_MSG_QUERY_STOP, PVPCI_MSG_STOP or PVPCI_MSG_CANCEL_STOP, checked for its length
 *
 * Context: any, with pvpci_requests.lock held.
 */
void pvpci_host_rebalance_event(struct pvpci_bus *bus, const struct pvpci_msg *msg)
{
	if (!(bus->wire.features & PVPCI_F_STOP) ||
	    !pvpci_host_rebalance_note(&bus->hotplug->rebalance, msg) ||
	    READ_ONCE(bus->removing))
		return;
	/* Never the last one to be dropped here. */
	pvpci_bus_get(bus);
	if (!queue_work(rebalance_wq, &bus->hotplug->rebalance.work))
		pvpci_bus_put(bus);
}

/**
 * pvpci_host_rebalance_init - prepare
 * @bus: the bus
 */
void pvpci_host_rebalance_init(struct pvpci_bus *bus)
{
	raw_spin_lock_init(&bus->hotplug->rebalance.lock);
	bus->hotplug->rebalance.bus = bus;
	INIT_WORK(&bus->hotplug->rebalance.work, work);
}

/**
 * pvpci_host_rebalances_init - once, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int pvpci_host_rebalances_init(void)
{
	rebalance_wq = alloc_workqueue("pvpci-rebalance", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return rebalance_wq ? 0 : -ENOMEM;
}

/**
 * pvpci_host_rebalances_exit - when the module is unloaded; waits for what is under way
 */
void pvpci_host_rebalances_exit(void)
{
	destroy_workqueue(rebalance_wq);
}
