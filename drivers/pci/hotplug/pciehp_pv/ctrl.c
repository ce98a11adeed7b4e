// SPDX-License-Identifier: GPL-2.0
/*
 * The consumer: takes what the producers left for a slot, lets it happen in
 * the state machine and does what that says. Each slot has a work item of its
 * own; no wait is a sleep there but for locks and for drivers that let go, every
 * delay is a timer.
 *
 * A queued work item holds a reference to its slot, because a port that is
 * removed under the rescan lock cannot wait for it.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "pciehp_pv.h"
#include "trace.h"

static struct workqueue_struct *hpv_wq;	/* the work items of all slots */

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

static void queue(struct hpv_slot *slot, unsigned long delay)
{
	kobject_get(&slot->kobj);
	if (mod_delayed_work(hpv_wq, &slot->work, delay))
		kobject_put(&slot->kobj);	/* was queued, with its own */
}

/**
 * hpv_slot_queue - give the consumer a turn for this slot
 * @slot: the slot
 *
 * Context: any.
 */
void hpv_slot_queue(struct hpv_slot *slot)
{
	if (!READ_ONCE(slot->dying))
		queue(slot, 0);
}

/**
 * hpv_slot_recheck - have the slot looked at as if something had changed
 * @slot: the slot
 *
 * Context: any but with hpv_slot.event_lock held.
 */
void hpv_slot_recheck(struct hpv_slot *slot)
{
	unsigned long flags;

	spin_lock_irqsave(&slot->event_lock, flags);
	slot->recheck = true;
	spin_unlock_irqrestore(&slot->event_lock, flags);
	hpv_slot_queue(slot);
}

/*
 * What the slot looks like, but not in the middle of a reset, when it may look
 * empty.
 */
static enum hpv_event level(struct hpv_slot *slot)
{
	enum hpv_event event;

	down_read(&slot->reset_lock);
	event = slot->ops->level(slot);
	up_read(&slot->reset_lock);
	return event;
}

/*
 * hpv_slot.run is let go while a lock is waited for that others hold who want
 * hpv_slot.run: whoever removes the port. After it was taken again the slot may
 * be one that is being given up.
 */
static void let_go(struct hpv_slot *slot)
{
	lockdep_assert_held(&slot->run);
	mutex_unlock(&slot->run);
}

static bool resume_turn(struct hpv_slot *slot)
{
	mutex_lock_nested(&slot->run, slot->depth);
	return !slot->dying;
}

static enum hpv_event add(struct hpv_slot *slot)
{
	enum hpv_event event = HPV_EVENTS;

	let_go(slot);
	pci_lock_rescan_remove();
	if (resume_turn(slot))
		event = hpv_pci_add(slot);
	pci_unlock_rescan_remove();
	return event;
}

/*
 * Drivers let go without the rescan lock, however long they take: other slots and
 * everybody's rescan go on meanwhile.
 */
static enum hpv_event take_away(struct hpv_slot *slot, bool vanished)
{
	enum hpv_event event = HPV_EVENTS;
	LIST_HEAD(released);

	let_go(slot);
	hpv_expedite_begin(&slot->expedite);
	hpv_drivers_release(slot, vanished, &released);
	pci_lock_rescan_remove();
	if (resume_turn(slot)) {
		hpv_pci_remove(slot, vanished);
		hpv_drivers_forget(&released);
		event = HPV_EV_REMOVED;
	} else {
		/* The slot is somebody else's by now, and whole. */
		let_go(slot);
		hpv_drivers_attach(&released);
		resume_turn(slot);
	}
	pci_unlock_rescan_remove();
	hpv_expedite_end(&slot->expedite);
	return event;
}

static enum hpv_event compare(struct hpv_slot *slot)
{
	enum hpv_event event;

	let_go(slot);
	event = hpv_drivers_same(slot);
	return resume_turn(slot) ? event : HPV_EVENTS;
}

/* Ask what a step wants to know; return the answer, %HPV_EVENTS for none. */
static enum hpv_event ask(struct hpv_slot *slot, u32 actions)
{
	if (actions & HPV_ASK_OCCUPIED)
		return level(slot);
	if (actions & HPV_ASK_READY)
		return hpv_pci_ready(slot);
	if (actions & HPV_ASK_ADD)
		return add(slot);
	if (actions & HPV_ASK_SAME)
		return compare(slot);
	if (actions & HPV_ASK_REMOVE)
		return take_away(slot, false);
	if (actions & HPV_ASK_REMOVE_GONE)
		return take_away(slot, true);
	return HPV_EVENTS;
}

/* Let an event happen, and those that answer it. */
static void happen(struct hpv_slot *slot, enum hpv_event event)
{
	lockdep_assert_held(&slot->run);
	while (event != HPV_EVENTS && !slot->dying) {
		enum hpv_state from = slot->machine.state;
		struct hpv_params params;
		struct hpv_step step;

		hpv_params(slot, &params);
		step = hpv_step(slot->machine, event, &params, now_ms());
		/*
		 * Who reads that a slot is on may ask the host for its removal,
		 * which is refused while the indicator blinks; and what is told
		 * is counted by then.
		 */
		if (step.actions & HPV_CONTROLS)
			slot->ops->control(slot, step.actions);
		hpv_tell(slot, &step, from, event);
		slot->machine = step.next;
		event = ask(slot, step.actions);
	}
}

struct hpv_todo {
	enum hpv_event events[HPV_DECODE_MAX];
	int n;
};

/* The next thing that a producer left. */
static bool next_todo(struct hpv_slot *slot, struct hpv_todo *todo)
{
	bool recheck = false;
	u16 status;

	todo->n = 0;
	spin_lock_irq(&slot->event_lock);
	status = hpv_queue_pop(&slot->queue);
	if (status) {
		/* decoded below, without the lock */
	} else if (slot->recheck) {
		recheck = true;
		slot->recheck = false;
	} else {
		todo->n = hpv_requests_take(slot, todo->events);
	}
	spin_unlock_irq(&slot->event_lock);

	if (status) {
		todo->n = hpv_decode(status, level(slot), todo->events);
		return true;
	}
	if (recheck)
		todo->events[todo->n++] = level(slot);
	else if (!todo->n && slot->machine.wake_ms &&
		 now_ms() >= slot->machine.wake_ms)
		todo->events[todo->n++] = HPV_EV_TIMER;
	return todo->n;
}

static void drain(struct hpv_slot *slot)
{
	struct hpv_todo todo;
	bool rerun;
	int i;

	spin_lock_irq(&slot->event_lock);
	rerun = slot->rerun;
	slot->rerun = false;
	spin_unlock_irq(&slot->event_lock);

	slot->ops->collect(slot);
	if (rerun)
		enable_irq(slot->irq);

	while (!slot->dying && next_todo(slot, &todo))
		for (i = 0; i < todo.n; i++)
			happen(slot, todo.events[i]);
	if (slot->dying)
		return;
	if (hpv_stable(slot->machine.state))
		hpv_requests_finish(slot, false);
	if (slot->machine.wake_ms) {
		s64 left = slot->machine.wake_ms - now_ms();

		/* A jiffy more than asked rather than one less. */
		queue(slot, left > 0 ? msecs_to_jiffies(left) + 1 : 1);
	}
}

static void consume(struct work_struct *work)
{
	struct hpv_slot *slot = container_of(work, struct hpv_slot, work.work);

	mutex_lock_nested(&slot->run, slot->depth);
	/* Before hpv_slot_start() there is no state that an event could change. */
	if (!slot->dying && slot->started) {
		pm_runtime_get_sync(&slot->port->dev);
		drain(slot);
		pm_runtime_put(&slot->port->dev);
	}
	mutex_unlock(&slot->run);
	kobject_put(&slot->kobj);
}

/**
 * hpv_slot_init - make an empty slot
 * @slot: zeroed memory that @ktype frees
 * @ktype: of the slot's directory in sysfs
 */
void hpv_slot_init(struct hpv_slot *slot, const struct kobj_type *ktype)
{
	int delay;

	kobject_init(&slot->kobj, (struct kobj_type *)ktype);
	INIT_LIST_HEAD(&slot->requests);
	init_rwsem(&slot->reset_lock);
	mutex_init(&slot->control_lock);
	mutex_init(&slot->run);
	hpv_expedite_init(&slot->expedite);
	spin_lock_init(&slot->event_lock);
	INIT_DELAYED_WORK(&slot->work, consume);
	for (delay = 0; delay < HPV_DELAYS; delay++)
		slot->override_ms[delay] = -1;
}

/**
 * hpv_slot_start - begin where the driver before us stopped
 * @slot: the slot, with its port's interrupt requested and enabled
 */
void hpv_slot_start(struct hpv_slot *slot)
{
	bool functions = hpv_pci_has_functions(slot);
	struct hpv_params params;
	struct hpv_step step;
	bool occupied;
	u8 powered = 0;

	mutex_lock_nested(&slot->run, slot->depth);
	hpv_params(slot, &params);
	occupied = level(slot) != HPV_EV_GONE;
	slot->ops->read_power(slot, &powered);
	step = hpv_start(&params, functions, occupied, powered);
	slot->machine = step.next;
	slot->started = true;
	slot->ops->control(slot, step.actions);
	mutex_unlock(&slot->run);
	if (step.actions & HPV_ASK_OCCUPIED)
		hpv_slot_recheck(slot);
	else
		hpv_slot_queue(slot);
}

/*
 * About to end an ejection: if another device is there by now, that must be
 * known first, or it would be ejected. Only registers are written.
 */
static void see_leftovers(struct hpv_slot *slot, const struct hpv_params *params)
{
	enum hpv_event events[HPV_DECODE_MAX];
	struct hpv_step step;
	u16 status;
	int i, n;

	slot->ops->collect(slot);
	while (slot->machine.state == HPV_DISCHARGE) {
		spin_lock_irq(&slot->event_lock);
		status = hpv_queue_pop(&slot->queue);
		spin_unlock_irq(&slot->event_lock);
		if (!status)
			break;
		n = hpv_decode(status, level(slot), events);
		for (i = 0; i < n; i++) {
			step = hpv_step(slot->machine, events[i], params, now_ms());
			slot->machine = step.next;
			slot->ops->control(slot, step.actions);
		}
	}
}

/**
 * hpv_slot_stop - stop consuming for this slot and leave it for the next driver
 * @slot: the slot
 *
 * Does not wait for the rescan lock, and so may be called with it held.
 * Afterwards the consumer touches neither the port nor the functions.
 */
void hpv_slot_stop(struct hpv_slot *slot)
{
	struct hpv_params params;
	struct hpv_step step;

	hpv_params(slot, &params);
	spin_lock_irq(&slot->event_lock);
	WRITE_ONCE(slot->dying, true);
	spin_unlock_irq(&slot->event_lock);

	mutex_lock_nested(&slot->run, slot->depth);
	hpv_requests_finish(slot, true);
	/* At most power_off_delay_ms, and only on a slot where it is not 0. */
	if (slot->machine.state == HPV_DISCHARGE && now_ms() < slot->machine.wake_ms &&
	    level(slot) != HPV_EV_GONE)
		msleep(slot->machine.wake_ms - now_ms());
	see_leftovers(slot, &params);
	step = hpv_step(slot->machine, HPV_EV_DETACH, &params, now_ms());
	trace_pciehp_pv_step(slot, slot->machine.state, HPV_EV_DETACH, &step);
	slot->machine = step.next;
	if (slot->port->error_state != pci_channel_io_perm_failure)
		slot->ops->control(slot, step.actions);
	mutex_unlock(&slot->run);

	/* Set before dying if at all, see slot_irq(). */
	if (slot->rerun)
		enable_irq(slot->irq);
	if (cancel_delayed_work(&slot->work))
		kobject_put(&slot->kobj);
}

/**
 * hpv_ctrl_flush - wait until no slot has anything to do at once
 *
 * Context: process, without the rescan lock.
 */
void hpv_ctrl_flush(void)
{
	flush_workqueue(hpv_wq);
}

/**
 * hpv_ctrl_init - make the consumer
 *
 * It stands still while the system sleeps.
 *
 * Return: 0 or -ENOMEM.
 */
int hpv_ctrl_init(void)
{
	hpv_wq = alloc_workqueue("pciehp_pv", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return hpv_wq ? 0 : -ENOMEM;
}

/**
 * hpv_ctrl_exit - wait for the last turn and end the consumer
 */
void hpv_ctrl_exit(void)
{
	destroy_workqueue(hpv_wq);
}
