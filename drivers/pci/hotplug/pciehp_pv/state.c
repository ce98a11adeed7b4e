// SPDX-License-Identifier: GPL-2.0
/*
 * The life of one hotplug slot: (state, event, parameters, now) to (state,
 * actions). One function for each state; rows[] says what can happen in it.
 *
 * Three rules keep a device that arrives at a bad moment from being lost:
 *
 * - A press that comes together with a presence change belongs to the
 *   insertion (hpv_decode()). A host that plugs a device latches both at once;
 *   read as a press alone it would be a request to remove what was just added.
 * - A press that was not consumed before the presence changed is void
 *   (hpv_queue_push()): it was for the device before.
 * - A virtual host deletes the device in a slot whose power and indicator go
 *   off. Both are therefore switched off together for one reason only: to
 *   eject. An empty slot goes dark with its power left on.
 */
#include "state.h"

static void enter(struct hpv_step *s, enum hpv_state state, u64 wake_ms)
{
	s->next.state = state;
	s->next.wake_ms = wake_ms;
}

static u32 saved(u32 spec_ms, u32 spent_ms)
{
	return spent_ms < spec_ms ? spec_ms - spent_ms : 0;
}

/* Power is on or being switched on: wait for the link. */
static void power_on(struct hpv_step *s, enum hpv_event event,
		     const struct hpv_params *p, u64 now)
{
	s->actions |= HPV_POWER_ON | HPV_ATTN_OFF | HPV_ASK_OCCUPIED;
	/* A blinking indicator makes QEMU refuse a removal: only blink on request. */
	s->actions |= p->slot_delay_ms ? HPV_IND_BLINK : HPV_IND_ON;
	s->next.limit_ms = now + HPV_LINK_LIMIT_MS;
	s->next.kept_power = false;
	s->next.again = false;
	s->next.emptied = false;
	s->next.seen = event == HPV_EV_LINK_UP || event == HPV_EV_PRESENT;
	s->note = HPV_NOTE_ADDING;
	enter(s, HPV_LINK, now + HPV_LINK_POLL_MS);
}

/* An empty slot goes dark. */
static void go_dark(struct hpv_step *s, const struct hpv_params *p)
{
	s->actions |= HPV_IND_OFF;
	if (p->virtual_slot && p->power_ctrl) {
		s->actions |= HPV_POWER_ON;
		s->next.kept_power = true;
	}
	enter(s, HPV_OFF, 0);
}

/* No functions any more: switch off what is in the slot, or an empty slot. */
static void power_off(struct hpv_step *s, const struct hpv_params *p, u64 now,
		      bool eject)
{
	bool keep = !eject && p->virtual_slot;

	s->next.gone_seen = !eject;
	if (!keep && p->power_ctrl && p->power_off_delay_ms) {
		s->actions |= HPV_POWER_OFF;
		enter(s, HPV_DISCHARGE, now + p->power_off_delay_ms);
		return;
	}
	s->saved_ms += p->power_ctrl ? HPV_SPEC_POWER_OFF_MS : 0;
	if (keep) {
		go_dark(s, p);
	} else {
		s->actions |= HPV_POWER_OFF | HPV_IND_OFF;
		enter(s, HPV_OFF, 0);
	}
	if (s->next.again)
		s->actions |= HPV_ASK_OCCUPIED;
	s->next.again = false;
}

/* An add ends without functions. Only a failure is worth a look at the slot. */
static void give_up(struct hpv_step *s, const struct hpv_params *p, u64 now,
		    bool occupied, enum hpv_note note)
{
	if (note == HPV_NOTE_FAILED || note == HPV_NOTE_FAULT)
		s->actions |= HPV_ATTN_ON;
	s->note = note;
	power_off(s, p, now, occupied);
}

static void remove_safely(struct hpv_step *s)
{
	s->actions |= HPV_ASK_REMOVE;
	s->note = HPV_NOTE_REMOVING;
	s->next.emptied = false;
	s->next.again = false;
	enter(s, HPV_REMOVE, 0);
}

static void remove_vanished(struct hpv_step *s)
{
	s->actions |= HPV_ASK_REMOVE_GONE;
	s->note = HPV_NOTE_SURPRISE;
	s->next.emptied = true;
	s->next.again = true;
	enter(s, HPV_REMOVE, 0);
}

static void settle(struct hpv_step *s, const struct hpv_params *p, u64 now)
{
	s->next.limit_ms = now + p->link_delay_ms + HPV_READY_LIMIT_MS;
	if (!p->link_delay_ms)
		s->actions |= HPV_ASK_READY;
	enter(s, HPV_SETTLE, now + (p->link_delay_ms ?: HPV_READY_POLL_MS));
}

static void blink(struct hpv_step *s, enum hpv_state state,
		  const struct hpv_params *p, u64 now)
{
	s->actions |= HPV_IND_BLINK | HPV_ATTN_OFF;
	s->note = HPV_NOTE_BLINKING;
	enter(s, state, now + p->slot_delay_ms);
}

static void in_off(struct hpv_step *s, enum hpv_event event,
		   const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_BUTTON:
		if (p->slot_delay_ms) {
			blink(s, HPV_BLINK_ON, p, now);
			break;
		}
		power_on(s, event, p, now);
		s->saved_ms = HPV_SPEC_SLOT_MS;
		break;
	case HPV_EV_LINK_UP:
	case HPV_EV_PRESENT:
	case HPV_EV_REQ_ON:
		power_on(s, event, p, now);
		break;
	default:
		break;
	}
}

static void in_blink_on(struct hpv_step *s, enum hpv_event event,
			const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_TIMER:
		s->saved_ms = saved(HPV_SPEC_SLOT_MS, p->slot_delay_ms);
		fallthrough;
	case HPV_EV_LINK_UP:
	case HPV_EV_PRESENT:
	case HPV_EV_REQ_ON:
		power_on(s, event, p, now);
		break;
	case HPV_EV_BUTTON:
	case HPV_EV_REQ_OFF:
		s->note = HPV_NOTE_CANCELLED;
		fallthrough;
	default:
		go_dark(s, p);
	}
}

/* What ends an add in each of its states. */
static void while_adding(struct hpv_step *s, enum hpv_event event,
			 const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_GONE:
		give_up(s, p, now, false, HPV_NOTE_ABORTED);
		break;
	case HPV_EV_FAULT:
		give_up(s, p, now, true, HPV_NOTE_FAULT);
		break;
	case HPV_EV_BUTTON:
	case HPV_EV_REQ_OFF:
		give_up(s, p, now, true, HPV_NOTE_ABORTED);
		break;
	default:
		break;
	}
}

static void in_link(struct hpv_step *s, enum hpv_event event,
		    const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_LINK_UP:
		settle(s, p, now);
		break;
	case HPV_EV_PRESENT:
		s->next.seen = true;
		if (now >= s->next.limit_ms)
			give_up(s, p, now, true, HPV_NOTE_FAILED);
		break;
	case HPV_EV_GONE:
		/* In-band presence needs power and time; a virtual slot does not. */
		if (p->virtual_slot || now >= s->next.limit_ms)
			give_up(s, p, now, false, s->next.seen ? HPV_NOTE_ABORTED :
								 HPV_NOTE_FAILED);
		break;
	case HPV_EV_TIMER:
		s->actions |= HPV_ASK_OCCUPIED;
		s->next.wake_ms = now + HPV_LINK_POLL_MS;
		break;
	default:
		while_adding(s, event, p, now);
	}
}

static void in_settle(struct hpv_step *s, enum hpv_event event,
		      const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_READY:
		s->saved_ms = saved(HPV_SPEC_LINK_MS, p->link_delay_ms);
		s->actions |= HPV_ASK_ADD;
		enter(s, HPV_ADD, 0);
		break;
	case HPV_EV_NOT_READY:
		if (now >= s->next.limit_ms)
			give_up(s, p, now, true, HPV_NOTE_FAILED);
		else
			s->next.wake_ms = now + HPV_READY_POLL_MS;
		break;
	case HPV_EV_TIMER:
		s->actions |= HPV_ASK_READY;
		s->next.wake_ms = now + HPV_READY_POLL_MS;
		break;
	case HPV_EV_LINK_UP:
		/* It went down and up again: the time counts from now. */
		settle(s, p, now);
		break;
	case HPV_EV_PRESENT:
		s->next.limit_ms = now + HPV_LINK_LIMIT_MS;
		enter(s, HPV_LINK, now + HPV_LINK_POLL_MS);
		break;
	default:
		while_adding(s, event, p, now);
	}
}

static void in_add(struct hpv_step *s, enum hpv_event event,
		   const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_ADDED:
		s->actions |= HPV_IND_ON | HPV_ATTN_OFF;
		s->note = HPV_NOTE_ADDED;
		enter(s, HPV_ON, 0);
		break;
	case HPV_EV_ADD_FAILED:
		give_up(s, p, now, true, HPV_NOTE_FAILED);
		break;
	default:
		while_adding(s, event, p, now);
	}
}

static void in_on(struct hpv_step *s, enum hpv_event event,
		  const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_BUTTON:
		if (p->slot_delay_ms) {
			blink(s, HPV_BLINK_OFF, p, now);
			break;
		}
		s->saved_ms = HPV_SPEC_SLOT_MS;
		fallthrough;
	case HPV_EV_REQ_OFF:
		remove_safely(s);
		break;
	case HPV_EV_LINK_UP:
		s->actions |= HPV_ASK_SAME;
		break;
	case HPV_EV_SAME:
		s->note = HPV_NOTE_FLAP;
		break;
	case HPV_EV_PRESENT:
	case HPV_EV_GONE:
	case HPV_EV_REPLACED:
		remove_vanished(s);
		break;
	case HPV_EV_FAULT:
		s->actions |= HPV_ATTN_ON;
		s->note = HPV_NOTE_FAULT;
		break;
	default:
		break;
	}
}

static void in_blink_off(struct hpv_step *s, enum hpv_event event,
			 const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_TIMER:
		s->saved_ms = saved(HPV_SPEC_SLOT_MS, p->slot_delay_ms);
		remove_safely(s);
		break;
	case HPV_EV_BUTTON:
	case HPV_EV_REQ_ON:
		s->note = HPV_NOTE_CANCELLED;
		s->actions |= HPV_IND_ON;
		enter(s, HPV_ON, 0);
		break;
	default:
		/* Everything else is as if no press had come. */
		in_on(s, event, p, now);
	}
}

static void in_remove(struct hpv_step *s, enum hpv_event event,
		      const struct hpv_params *p, u64 now)
{
	if (event == HPV_EV_REMOVED)
		power_off(s, p, now, !s->next.emptied);
}

static void in_discharge(struct hpv_step *s, enum hpv_event event,
			 const struct hpv_params *p, u64 now)
{
	switch (event) {
	case HPV_EV_TIMER:
		s->saved_ms = saved(HPV_SPEC_POWER_OFF_MS, p->power_off_delay_ms);
		s->actions |= HPV_IND_OFF;
		if (s->next.again)
			s->actions |= HPV_ASK_OCCUPIED;
		s->next.again = false;
		enter(s, HPV_OFF, 0);
		break;
	case HPV_EV_GONE:
		s->next.gone_seen = true;
		if (p->virtual_slot) {
			/* Nothing left to eject, and what comes next must not be. */
			go_dark(s, p);
			s->next.again = false;
		}
		break;
	case HPV_EV_LINK_UP:
		/* No link without power: this is another device already. */
		if (p->virtual_slot) {
			power_on(s, event, p, now);
			break;
		}
		fallthrough;
	case HPV_EV_PRESENT:
		/* Losing power changes presence and link too: wait for a new device. */
		if (s->next.gone_seen)
			s->next.again = true;
		break;
	case HPV_EV_REQ_ON:
		s->next.again = true;
		break;
	case HPV_EV_REQ_OFF:
		s->next.again = false;
		break;
	case HPV_EV_BUTTON:
		s->note = HPV_NOTE_IGNORED;
		break;
	default:
		break;
	}
}

/* How a slot is left for the next driver: whole, or empty; never to be ejected. */
static void detach(struct hpv_step *s, const struct hpv_params *p)
{
	switch (s->next.state) {
	case HPV_OFF:
		/*
		 * pciehp takes a slot with power for one that is in use. The
		 * indicator stays on so that a device that arrives right now
		 * is not ejected.
		 */
		if (s->next.kept_power)
			s->actions |= HPV_POWER_OFF | HPV_IND_ON;
		s->next.kept_power = false;
		break;
	case HPV_BLINK_ON:
		s->actions |= p->virtual_slot ? HPV_IND_ON : HPV_IND_OFF;
		enter(s, HPV_OFF, 0);
		break;
	case HPV_LINK:
	case HPV_SETTLE:
	case HPV_ADD:
		s->actions |= HPV_POWER_OFF | HPV_IND_ON;
		enter(s, HPV_OFF, 0);
		break;
	case HPV_BLINK_OFF:
	case HPV_REMOVE:
		/* A removal has not begun: only its turn was awaited. */
		s->actions |= HPV_IND_ON;
		enter(s, HPV_ON, 0);
		break;
	case HPV_DISCHARGE:
		s->actions |= HPV_IND_OFF;
		enter(s, HPV_OFF, 0);
		break;
	default:
		break;
	}
}

/* Events that come from outside whatever the state is; the others are answers. */
#define OUTSIDE (BIT(HPV_EV_BUTTON) | BIT(HPV_EV_LINK_UP) | BIT(HPV_EV_PRESENT) | \
		 BIT(HPV_EV_GONE) | BIT(HPV_EV_FAULT) | BIT(HPV_EV_TIMER) | \
		 BIT(HPV_EV_REQ_ON) | BIT(HPV_EV_REQ_OFF) | BIT(HPV_EV_DETACH))

/* What can happen in a state, and what it leads to. */
static const struct row {
	void (*step)(struct hpv_step *s, enum hpv_event event,
		     const struct hpv_params *p, u64 now);
	u32 events;
} rows[HPV_STATES] = {
	[HPV_OFF] = { in_off, OUTSIDE },
	[HPV_BLINK_ON] = { in_blink_on, OUTSIDE },
	[HPV_LINK] = { in_link, OUTSIDE },
	[HPV_SETTLE] = { in_settle, OUTSIDE | BIT(HPV_EV_READY) | BIT(HPV_EV_NOT_READY) },
	[HPV_ADD] = { in_add, BIT(HPV_EV_ADDED) | BIT(HPV_EV_ADD_FAILED) |
			      BIT(HPV_EV_GONE) | BIT(HPV_EV_DETACH) },
	[HPV_ON] = { in_on, OUTSIDE | BIT(HPV_EV_SAME) | BIT(HPV_EV_REPLACED) },
	[HPV_BLINK_OFF] = { in_blink_off, OUTSIDE | BIT(HPV_EV_SAME) | BIT(HPV_EV_REPLACED) },
	[HPV_REMOVE] = { in_remove, BIT(HPV_EV_REMOVED) | BIT(HPV_EV_DETACH) },
	[HPV_DISCHARGE] = { in_discharge, OUTSIDE },
};

/**
 * hpv_step - let one event happen to a slot
 * @m: the slot before
 * @event: what happened
 * @params: delays and abilities of the slot
 * @now_ms: time, on any clock that only goes forward
 *
 * Defined for every pair of state and event; see enum hpv_note for pairs that
 * cannot happen. A TIMER before its time changes nothing.
 *
 * Return: the slot afterwards and what is to be done.
 */
struct hpv_step hpv_step(struct hpv_machine m, enum hpv_event event,
			 const struct hpv_params *params, u64 now_ms)
{
	struct hpv_step s = { .next = m };

	if (event == HPV_EV_TIMER && (!m.wake_ms || now_ms < m.wake_ms))
		return s;

	if (m.state >= HPV_STATES || !(rows[m.state].events & BIT(event)))
		s.note = HPV_NOTE_UNEXPECTED;
	else if (event == HPV_EV_DETACH)
		detach(&s, params);
	else
		rows[m.state].step(&s, event, params, now_ms);
	return s;
}
EXPORT_SYMBOL_IF_KUNIT(hpv_step);
