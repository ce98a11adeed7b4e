// SPDX-License-Identifier: GPL-2.0
/*
 * What became of a function in the guest.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "bus/bus.h"
#include "bus/function.h"
#include "bus/outcome.h"

#define DRIVER_COMES_NS	1000000000ULL	/* a module is loaded for it */

/* Some is being made in the guest: another outcome follows. */
static bool room_is_sought(const struct function_outcome *outcome)
{
	return outcome->what == PVPCI_OUTCOME_NO_ROOM &&
	       outcome->error == PVPCI_NO_ROOM_SEEKING;
}

/* Disks in use have one path only, and their controllers could move if they had another. */
static bool paths_are_missing(const struct function_outcome *outcome)
{
	return outcome->what == PVPCI_OUTCOME_NO_ROOM && outcome->error == PVPCI_NO_ROOM_PATHS;
}

static void say(struct function *fn)
{
	const struct function_outcome *outcome = &fn->outcome;

	if (room_is_sought(outcome))
		log_some(&fn->chatter, LOG_LEVEL_INFO,
			 "%s: the guest has no room for its BARs and tries to make some",
			 fn->name);
	else if (outcome->what == PVPCI_OUTCOME_NO_ROOM)
		log_some(&fn->chatter, LOG_LEVEL_WARNING,
			 "%s: the guest has no room for its BARs, %llu bytes are missing in one piece, %llu in total%s",
			 fn->name, (unsigned long long)outcome->missing_piece,
			 (unsigned long long)outcome->missing_bytes,
			 paths_are_missing(outcome) ?
			 "; with second paths to disks in use it would have some" : "");
	else
		log_debug("%s: %s %s", fn->name, pvpci_outcome_name(outcome->what),
			  outcome->driver);
}

uint32_t bus_outcome(void *context, const struct pvpci_outcome *message)
{
	struct bus *bus = context;
	struct function *fn = bus_function(bus, message->row, message->instance);

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	fn->outcome = (struct function_outcome){
		.since_ns = clock_ns(),
		.what = message->outcome,
		.error = message->error < 4096 ? (int)message->error : 4095,
		.missing_bytes = message->missing_bytes,
		.missing_piece = message->missing_piece,
	};
	text_clean(fn->outcome.driver, sizeof(fn->outcome.driver), message->driver);
	if (message->outcome == PVPCI_OUTCOME_BOUND && !fn->stats.bound_ns)
		fn->stats.bound_ns = fn->outcome.since_ns;
	say(fn);
	return PVPCI_STATUS_OK;
}

bool outcome_is_final(const struct function *fn, uint64_t now_ns)
{
	const struct function_outcome *outcome = &fn->outcome;

	if (!(fn->bus->host.in_force & PVPCI_F_OUTCOME))
		return fn->stats.attached_ns;
	if (!outcome->since_ns || room_is_sought(outcome))
		return false;
	return outcome->what != PVPCI_OUTCOME_NO_DRIVER ||
	       now_ns - outcome->since_ns >= DRIVER_COMES_NS;
}

bool outcome_is_due(const struct function *fn)
{
	return fn->bus->host.in_force & PVPCI_F_OUTCOME && !fn->outcome.since_ns;
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

json_t *outcome_report(const struct function *fn)
{
	const struct function_outcome *outcome = &fn->outcome;
	json_t *report;

	if (!outcome->since_ns)
		return json_null();
	report = json_pack("{s:s, s:o}", "result", pvpci_outcome_name(outcome->what),
			   "driver", text_or_null(outcome->driver));
	if (report && room_is_sought(outcome))
		json_object_set_new(report, "seeking", json_true());
	else if (report && paths_are_missing(outcome))
		json_object_set_new(report, "lacks_paths", json_true());
	else if (report && outcome->error)
		json_object_set_new(report, "error", json_string(strerror(outcome->error)));
	if (report && outcome->what == PVPCI_OUTCOME_NO_ROOM) {
		json_object_set_new(report, "missing_bytes",
				    json_integer((json_int_t)outcome->missing_bytes));
		json_object_set_new(report, "missing_piece",
				    json_integer((json_int_t)outcome->missing_piece));
	}
	return report;
}
