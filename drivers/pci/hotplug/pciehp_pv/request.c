// SPDX-License-Identifier: GPL-2.0
/*
 * Those who wait for a slot to be on or off: writers of its power attribute.
 */
#include <linux/completion.h>
#include <linux/list.h>

#include "pciehp_pv.h"

/**
 * hpv_slot_request - ask for a slot to be on or off and wait for it
 * @slot: the slot
 * @on: which
 *
 * Context: process; interruptible.
 *
 * Return: 0; -ENODEV when there is nothing to switch on or the port goes away,
 * -EBUSY when another request was stronger, -ERESTARTSYS.
 */
int hpv_slot_request(struct hpv_slot *slot, bool on)
{
	struct hpv_request request = { .on = on, .result = -ENODEV };
	int ret;

	init_completion(&request.done);
	spin_lock_irq(&slot->event_lock);
	if (slot->dying) {
		spin_unlock_irq(&slot->event_lock);
		return -ENODEV;
	}
	list_add_tail(&request.node, &slot->requests);
	spin_unlock_irq(&slot->event_lock);
	hpv_slot_queue(slot);

	ret = wait_for_completion_interruptible(&request.done);

	spin_lock_irq(&slot->event_lock);
	if (ret)
		list_del_init(&request.node);
	else
		ret = request.result;
	spin_unlock_irq(&slot->event_lock);
	return ret;
}

/**
 * hpv_requests_take - the event of the oldest request not yet begun
 * @slot: the slot, with hpv_slot.event_lock held
 * @event: filled in when there is one
 *
 * Return: how many there are, 0 or 1.
 */
int hpv_requests_take(struct hpv_slot *slot, enum hpv_event *event)
{
	struct hpv_request *request;

	lockdep_assert_held(&slot->event_lock);
	list_for_each_entry(request, &slot->requests, node) {
		if (request->taken)
			continue;
		request->taken = true;
		*event = request->on ? HPV_EV_REQ_ON : HPV_EV_REQ_OFF;
		return 1;
	}
	return 0;
}

/**
 * hpv_requests_finish - answer those that wait for a slot
 * @slot: the slot, in a state where nothing is under way
 * @all: answer those not begun too: the slot is being given up
 */
void hpv_requests_finish(struct hpv_slot *slot, bool all)
{
	struct hpv_request *request, *next;

	spin_lock_irq(&slot->event_lock);
	list_for_each_entry_safe(request, next, &slot->requests, node) {
		bool on = slot->machine.state == HPV_ON;

		if (!all && !request->taken)
			continue;
		if (all)
			request->result = -ENODEV;
		else if (request->on == on)
			request->result = 0;
		else
			request->result = request->on ? -ENODEV : -EBUSY;
		list_del_init(&request->node);
		complete(&request->done);
	}
	spin_unlock_irq(&slot->event_lock);
}
