// SPDX-License-Identifier: GPL-2.0
/*
 * Room that the host wants: asking the guest for a plan, and for its moves.
 *
 * The guest decides what moves. The host sees its functions detached and
 * attached elsewhere as ever, and checks each place as ever.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bus/bus.h"

#define NOTES_MAX	(PVPCI_MAX_FUNCTIONS * PVPCI_NUM_BARS)

int rebalance_start(struct bus *bus, uint64_t bytes, uint32_t flags, bool dry)
{
	struct rebalance *r = &bus->rebalance;
	struct rebalance_note *note = r->note;

	if (r->phase != REBALANCE_IDLE && r->phase != REBALANCE_CANCEL)
		return -EBUSY;
	if (!note)
		note = calloc(NOTES_MAX, sizeof(*note));
	if (!note)
		return -ENOMEM;
	*r = (struct rebalance){
		.phase = REBALANCE_ASK, .wish = r->wish + 1 ?: 1, .flags = flags, .bytes = bytes,
		.dry = dry, .note = note, .offset = PVPCI_BAR_UNASSIGNED,
	};
	return 0;
}

void rebalance_cancel(struct bus *bus)
{
	struct rebalance *r = &bus->rebalance;

	if (r->phase == REBALANCE_ASK)
		r->phase = REBALANCE_IDLE;
	else if (r->phase == REBALANCE_ASKED || r->phase == REBALANCE_STOP)
		r->phase = REBALANCE_CANCEL;
}

void rebalance_resume(struct bus *bus, const struct rebalance *saved)
{
	bus->rebalance = *saved;
	bus->rebalance.note = NULL;
	bus->rebalance.count = 0;
	/* Whoever asked for it is gone; what is being moved is moved. */
	rebalance_cancel(bus);
}

static void finish(struct bus *bus, enum rebalance_phase next, int result)
{
	bus->rebalance.phase = next;
	if (bus->watch.rebalance_done)
		bus->watch.rebalance_done(bus->watch.context, bus->rebalance.wish, result);
}

void rebalance_send(struct bus *bus)
{
	struct rebalance *r = &bus->rebalance;

	switch (r->phase) {
	case REBALANCE_ASK:
		if (!pvpci_host_send_query_stop(&bus->host, r->wish, r->flags, r->bytes))
			r->phase = REBALANCE_ASKED;
		break;
	case REBALANCE_STOP:
		if (!pvpci_host_send_stop(&bus->host, r->wish, false))
			r->phase = REBALANCE_STOPPED;
		break;
	case REBALANCE_CANCEL:
		if (!pvpci_host_send_stop(&bus->host, r->wish, true))
			r->phase = REBALANCE_IDLE;
		break;
	default:
		break;
	}
}

void rebalance_reset(struct bus *bus)
{
	enum rebalance_phase phase = bus->rebalance.phase;

	if (phase == REBALANCE_CANCEL)
		bus->rebalance.phase = REBALANCE_IDLE;
	else if (phase != REBALANCE_IDLE)
		finish(bus, REBALANCE_IDLE, -ECANCELED);
}

void rebalance_close(struct bus *bus)
{
	free(bus->rebalance.note);
	bus->rebalance.note = NULL;
}

static bool is_place(const struct bus *bus, uint64_t bytes, uint64_t offset)
{
	return offset == PVPCI_BAR_UNASSIGNED ||
	       bar_fits(bytes, offset, bus->layout.area[PVPCI_AREA_APERTURE].bytes);
}

uint32_t bus_stop_plan(void *context, const struct pvpci_stop_plan *message)
{
	struct bus *bus = context;
	struct rebalance *r = &bus->rebalance;
	const struct function *fn = bus_function(bus, message->row, message->instance);
	struct rebalance_note *note;
	uint64_t bytes;

	if (message->wish != r->wish ||
	    (r->phase != REBALANCE_ASKED && r->phase != REBALANCE_STOPPED))
		return PVPCI_STATUS_STALE;
	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	bytes = fn->bar[message->bar].bytes;
	if (r->count == NOTES_MAX ||
	    (message->step && (!bytes || !is_place(bus, bytes, message->from) ||
			       !is_place(bus, bytes, message->to))))
		return PVPCI_STATUS_RANGE;
	/* Whoever asked has gone with the daemon before, and nobody waits for words. */
	if (!r->note)
		return PVPCI_STATUS_OK;
	note = &r->note[r->count++];
	*note = (struct rebalance_note){
		.devfn = (uint8_t)fn->devfn, .bar = message->bar, .step = message->step,
		.instance = fn->instance, .from = message->from, .to = message->to,
		.bytes = bytes, .cost = message->cost, .expected_us = message->down_us,
		.down_us = PVPCI_DOWN_UNKNOWN,
	};
	text_clean(note->words, sizeof(note->words), message->words);
	return PVPCI_STATUS_OK;
}

uint32_t bus_restart(void *context, const struct pvpci_restart *message)
{
	struct bus *bus = context;
	struct rebalance *r = &bus->rebalance;
	struct function *fn = bus_function(bus, message->row, message->instance);
	unsigned int i;

	if (message->wish != r->wish || r->phase != REBALANCE_STOPPED)
		return PVPCI_STATUS_STALE;
	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	for (i = 0; i < r->count; i++)
		if (r->note[i].instance == message->instance)
			r->note[i].down_us = message->down_us;
	log_some(&fn->chatter, LOG_LEVEL_INFO,
		 "%s: was moved, it stopped for %llu us", fn->name,
		 (unsigned long long)message->down_us);
	return PVPCI_STATUS_OK;
}

/* The hole lies in the aperture, or nowhere. */
static bool is_sane(const struct bus *bus, const struct pvpci_stop_complete *message)
{
	if (message->offset == PVPCI_BAR_UNASSIGNED)
		return true;
	return message->bytes && !(message->bytes & (message->bytes - 1)) &&
	       bar_fits(message->bytes, message->offset,
			bus->layout.area[PVPCI_AREA_APERTURE].bytes);
}

uint32_t bus_stop_complete(void *context, const struct pvpci_stop_complete *message)
{
	struct bus *bus = context;
	struct rebalance *r = &bus->rebalance;
	int result = message->result < 4096 ? (int)message->result : 4095;

	if (message->wish != r->wish ||
	    r->phase != (message->stopped ? REBALANCE_STOPPED : REBALANCE_ASKED))
		return PVPCI_STATUS_STALE;
	if (!is_sane(bus, message))
		return PVPCI_STATUS_RANGE;
	text_clean(r->why, sizeof(r->why), message->why);
	*(message->stopped ? &r->move_us : &r->plan_us) = message->time_us;
	if (!result) {
		r->bytes = message->bytes;
		r->offset = message->offset;
		r->cost = message->cost;
		r->steps = message->steps;
	}
	if (message->stopped || result)
		log_some(&bus->chatter, LOG_LEVEL_INFO,
			 "bus %llu: room of %llu bytes: %s", (unsigned long long)bus->conf->id,
			 (unsigned long long)r->bytes, r->why);
	if (!result && !message->stopped && !r->dry)
		r->phase = REBALANCE_STOP;
	else
		finish(bus, result || message->stopped ? REBALANCE_IDLE : REBALANCE_CANCEL, result);
	return PVPCI_STATUS_OK;
}

static json_t *number_or_null(uint64_t value)
{
	return value == ~0ULL ? json_null() : json_integer((json_int_t)value);
}

static json_t *report_move(const struct rebalance_note *note, const char *slot)
{
	return json_pack("{s:s, s:i, s:I, s:i, s:o, s:o, s:I, s:o, s:o, s:s}",
			 "slot", slot, "bar", (int)note->bar, "bytes", (json_int_t)note->bytes,
			 "step", (int)note->step, "from", number_or_null(note->from),
			 "to", number_or_null(note->to), "cost", (json_int_t)note->cost,
			 "expected_us", number_or_null(note->expected_us),
			 "down_us", number_or_null(note->down_us), "how", note->words);
}

json_t *rebalance_report(const struct bus *bus)
{
	const struct rebalance *r = &bus->rebalance;
	json_t *moves = json_array();
	char slot[8];
	unsigned int i;

	for (i = 0; i < r->count; i++) {
		const struct function *fn = bus_find(bus, r->note[i].devfn);

		if (r->note[i].step && fn)
			json_array_append_new(moves, report_move(&r->note[i],
								 function_slot(fn, slot)));
	}
	return json_pack("{s:b, s:I, s:o, s:I, s:i, s:I, s:o, s:o}", "dry_run", r->dry,
			 "bytes", (json_int_t)r->bytes, "offset", number_or_null(r->offset),
			 "cost", (json_int_t)r->cost, "steps", (int)r->steps,
			 "plan_us", (json_int_t)r->plan_us,
			 "move_us", r->dry ? json_null() : json_integer((json_int_t)r->move_us),
			 "moves", moves);
}
