// SPDX-License-Identifier: GPL-2.0
/*
 * From latched status bits to events, from what a slot looks like to its first
 * state, and the names of both. As pure as state.c.
 */
#include "state.h"

static const char * const state_names[HPV_STATES] = {
	[HPV_OFF]	= "off",
	[HPV_BLINK_ON]	= "blinking-on",
	[HPV_LINK]	= "link",
	[HPV_SETTLE]	= "settle",
	[HPV_ADD]	= "add",
	[HPV_ON]	= "on",
	[HPV_BLINK_OFF]	= "blinking-off",
	[HPV_REMOVE]	= "remove",
	[HPV_DISCHARGE]	= "power-off",
};

static const char * const event_names[HPV_EVENTS] = {
	[HPV_EV_BUTTON]		= "button",
	[HPV_EV_LINK_UP]	= "link-up",
	[HPV_EV_PRESENT]	= "present",
	[HPV_EV_GONE]		= "gone",
	[HPV_EV_FAULT]		= "fault",
	[HPV_EV_TIMER]		= "timer",
	[HPV_EV_REQ_ON]		= "request-on",
	[HPV_EV_REQ_OFF]	= "request-off",
	[HPV_EV_READY]		= "ready",
	[HPV_EV_NOT_READY]	= "not-ready",
	[HPV_EV_ADDED]		= "added",
	[HPV_EV_ADD_FAILED]	= "add-failed",
	[HPV_EV_REMOVED]	= "removed",
	[HPV_EV_SAME]		= "same",
	[HPV_EV_REPLACED]	= "replaced",
	[HPV_EV_DETACH]		= "detach",
};

/**
 * hpv_state_name - a state as sysfs and the log spell it
 * @state: the state
 */
const char *hpv_state_name(enum hpv_state state)
{
	return state < HPV_STATES ? state_names[state] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(hpv_state_name);

/**
 * hpv_event_name - an event as tracepoints and tests spell it
 * @event: the event
 */
const char *hpv_event_name(enum hpv_event event)
{
	return event < HPV_EVENTS ? event_names[event] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(hpv_event_name);

/**
 * hpv_stable - is nothing under way in this state?
 * @state: the state
 */
bool hpv_stable(enum hpv_state state)
{
	return state == HPV_OFF || state == HPV_ON;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_stable);

/**
 * hpv_level - the event that says what a slot looks like now
 * @present: a device is in the slot
 * @link_active: its link is up
 */
enum hpv_event hpv_level(bool present, bool link_active)
{
	if (link_active)
		return HPV_EV_LINK_UP;
	return present ? HPV_EV_PRESENT : HPV_EV_GONE;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_level);

/**
 * hpv_queue_push - keep a reading until it is consumed
 * @queue: the queue
 * @status: HPV_STA_* bits that were set together
 *
 * A presence change takes presses that were not consumed yet with it: they
 * were for the device that was in the slot until then, and must not remove the
 * one that is there now.
 *
 * Return: false when there is no room; look at the slot instead.
 */
bool hpv_queue_push(struct hpv_queue *queue, u16 status)
{
	unsigned int i;

	if (status & HPV_STA_PDC)
		for (i = queue->tail; i != queue->head; i++)
			queue->status[i % HPV_QUEUE] &= ~HPV_STA_ABP;
	if (queue->head - queue->tail == HPV_QUEUE)
		return false;
	queue->status[queue->head++ % HPV_QUEUE] = status;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_queue_push);

/**
 * hpv_queue_pop - take the oldest reading
 * @queue: the queue
 *
 * Return: its bits, 0 when there is none.
 */
u16 hpv_queue_pop(struct hpv_queue *queue)
{
	while (queue->tail != queue->head) {
		u16 status = queue->status[queue->tail++ % HPV_QUEUE];

		if (status)
			return status;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_queue_pop);

/**
 * hpv_decode - turn one reading of latched Slot Status bits into events
 * @latched: PCI_EXP_SLTSTA_* bits that were set together
 * @level: what the slot looks like, from hpv_level()
 * @events: room for %HPV_DECODE_MAX events, in the order to handle them
 *
 * Return: how many there are.
 */
int hpv_decode(u16 latched, enum hpv_event level, enum hpv_event *events)
{
	int n = 0;

	if (latched & HPV_STA_PFD)
		events[n++] = HPV_EV_FAULT;
	if (latched & (HPV_STA_PDC | HPV_STA_DLLSC))
		events[n++] = level;
	if ((latched & HPV_STA_ABP) && !(latched & HPV_STA_PDC))
		events[n++] = HPV_EV_BUTTON;
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_decode);

/**
 * hpv_start - the state of a slot that another driver had until now
 * @params: abilities of the slot
 * @functions: the kernel knows functions behind the port
 * @occupied: a device is in the slot
 * @powered: the slot has power
 *
 * Nothing latched from before counts: a press that came while nobody drove the
 * port must not be read as a request to remove what the kernel found at boot.
 * What is in the slot decides, and a blinking indicator is put right.
 *
 * Return: the first state, and the actions that make the slot look like it.
 */
struct hpv_step hpv_start(const struct hpv_params *params, bool functions,
			  bool occupied, bool powered)
{
	struct hpv_step s = { .next.state = functions ? HPV_ON : HPV_OFF };

	if (functions) {
		s.actions = HPV_IND_ON;
		/* They may have vanished between two drivers. */
		if (!occupied)
			s.actions |= HPV_ASK_OCCUPIED;
	} else if (occupied) {
		s.actions = HPV_ASK_OCCUPIED;
	} else if (powered && params->power_ctrl) {
		if (params->virtual_slot)
			s.next.kept_power = true;
		else
			s.actions = HPV_POWER_OFF;
		s.actions |= HPV_IND_OFF;
	} else if (!params->virtual_slot) {
		s.actions = HPV_IND_OFF;
	}
	return s;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_start);
