// SPDX-License-Identifier: GPL-2.0
/*
 * Controllers move while their disks are in use: for pvpcictl rebalance --online, and for pvpcictl
 * add, where a function found no room and the guest says that this would help.
 *
 * Each one that is in the way gets a helper: a function with the same "share", a second path
 * to its disks. Once the guest's multipath uses that, the controller is not in use any more,
 * and moves as any other. Then the helpers are ejected. The guest is the judge of all of it:
 * it plans nothing, unbinds nothing and ejects nothing that is the last path of an open disk.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "command.h"
#include "host.h"
#include "online.h"
#include "simple.h"

#define NAP_MS		50
#define EJECT_MS	5000
#define ANSWER_SLACK_MS	3000

/**
 * struct online - what is under way
 * @simple: control socket and timeout
 * @wish: the request, as its user has made it
 * @waiting: slot of the function that the room is for, NULL for a hole of its own
 * @helpers: functions that were added: "slot", and "of", whose disks they lead to
 * @end_ms: of the time there is
 */
struct online {
	const struct simple *simple;
	json_t *wish;
	const char *waiting;
	json_t *helpers;
	long long end_ms;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Wait a little; false if there is no time left. */
static bool nap(const struct online *online)
{
	struct timespec ts = { .tv_nsec = NAP_MS * 1000000L };

	nanosleep(&ts, NULL);
	return now_ms() < online->end_ms;
}

/* A refusal is said, and the end of it all. */
static int ask(const struct online *online, json_t *request, unsigned int timeout_ms,
	       json_t **answer)
{
	return client_ask(online->simple->globals.control, request,
			  (int)timeout_ms + ANSWER_SLACK_MS, answer);
}

/* A refusal may be none a moment later. */
static int try(const struct online *online, json_t *request, unsigned int timeout_ms,
	       json_t **answer)
{
	return client_exchange(online->simple->globals.control, request,
			       (int)timeout_ms + ANSWER_SLACK_MS, answer);
}

static json_t *room(const struct online *online, bool dry_run, bool with_paths)
{
	json_t *request = json_copy(online->wish);

	json_object_set_new(request, "dry_run", json_boolean(dry_run));
	if (with_paths)
		json_object_set_new(request, "online", json_true());
	return request;
}

/* The member of an array of objects that is about a slot. */
static json_t *about(json_t *array, const char *key, const char *slot)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		if (!strcmp(member_text(item, key), slot))
			return item;
	return NULL;
}

/* A device number that nobody has, as a slot; the last one first. */
static int find_slot(const struct online *online, char slot[8])
{
	json_t *answer, *fn;
	unsigned int device, used = 0;
	int status;
	size_t i;

	status = ask(online, json_pack("{s:s}", "command", "list"), 0, &answer);
	if (!status) {
		json_array_foreach(json_object_get(answer, "functions"), i, fn)
			if (sscanf(member_text(fn, "slot"), "%2x", &device) == 1 && device < 32)
				used |= 1U << device;
		for (device = 31; device && used & 1U << device; device--)
			;
		snprintf(slot, 8, "%02x.0", device);
		if (used & 1U << device) {
			fputs("pvpcictl: no slot is free for a second path\n", stderr);
			status = STATUS_REFUSED;
		}
	}
	json_decref(answer);
	return status;
}

/* What the helper of a function looks like; NULL: said why. */
static json_t *helper_of(const struct online *online, const char *of, const char *slot)
{
	static const char * const keys[] = { "model", "share", "queues", "namespaces" };
	json_t *answer, *conf, *helper = NULL;
	size_t i;

	if (ask(online, json_pack("{s:s, s:s}", "command", "show", "slot", of), 0, &answer))
		return NULL;
	conf = json_object_get(json_object_get(answer, "function"), "configuration");
	if (json_object_get(conf, "share")) {
		helper = json_pack("{s:s, s:o}", "slot", slot, "label",
				   json_sprintf("helps %s", of));
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (json_object_get(conf, keys[i]))
				json_object_set(helper, keys[i], json_object_get(conf, keys[i]));
	} else {
		fprintf(stderr, "pvpcictl: %s is in use, and has no \"share\": its disks cannot have a second path\n",
			of);
	}
	json_decref(answer);
	return helper;
}

/* Put a second path beside @of. Its memory in the aperture is the least there can be. */
static int add_helper(struct online *online, const char *of)
{
	json_t *answer, *helper, *added;
	const char *result;
	char slot[8];
	int status = find_slot(online, slot);

	if (status)
		return status;
	helper = helper_of(online, of, slot);
	if (!helper)
		return STATUS_REFUSED;
	status = ask(online, json_pack("{s:s, s:o, s:i}", "command", "add", "function", helper,
				       "wait_ms", (int)online->simple->timeout_ms),
		     online->simple->timeout_ms, &answer);
	if (!status) {
		json_array_append_new(online->helpers, json_pack("{s:s, s:s}", "slot", slot,
								 "of", of));
		added = json_array_get(json_object_get(answer, "functions"), 0);
		result = member_text(json_object_get(added, "outcome"), "result");
		if (strcmp(result, "bound")) {
			fprintf(stderr, "pvpcictl: %s, a second path to the disks of %s: %s\n",
				slot, of, *result ? result : "no answer of the guest");
			status = STATUS_REFUSED;
		}
	}
	json_decref(answer);
	return status;
}

/* Helpers for all that a plan would move if its disks had other paths, and that stays now. */
static int add_helpers(struct online *online, json_t *refusal)
{
	json_t *stays = json_object_get(refusal, "stays");
	json_t *answer, *moves, *move;
	int status = try(online, room(online, true, true), online->simple->timeout_ms, &answer);
	bool at_work = online->waiting && json_array_size(online->helpers);
	size_t i;

	/* The guest may be giving the room away, and binding a driver, right now. */
	if (status == STATUS_REFUSED && !at_work)
		client_error(answer);
	if (status == STATUS_REFUSED && at_work)
		status = STATUS_OK;
	moves = json_object_get(json_object_get(answer, "rebalance"), "moves");
	json_array_foreach(moves, i, move) {
		const char *slot = member_text(move, "slot");

		if (!status && about(stays, "slot", slot) &&
		    !about(online->helpers, "of", slot))
			status = add_helper(online, slot);
	}
	json_decref(answer);
	return status;
}

/* Has the guest found room by itself, now that there are other paths? */
static bool is_served(const struct online *online)
{
	json_t *answer = NULL;
	const char *result;
	bool served = false;

	if (online->waiting && !try(online, json_pack("{s:s, s:s}", "command", "show", "slot",
						      online->waiting), 0, &answer)) {
		result = member_text(json_object_get(json_object_get(answer, "function"),
						     "outcome"), "result");
		served = strcmp(result, pvpci_outcome_name(PVPCI_OUTCOME_NO_ROOM));
	}
	json_decref(answer);
	return served;
}

/* Until there is a plan with what is there; what the guest does not use yet stays. */
static int find_plan(struct online *online)
{
	json_t *answer;
	int status;

	for (;;) {
		status = try(online, room(online, true, false), online->simple->timeout_ms,
			     &answer);
		if (status == STATUS_REFUSED && is_served(online))
			status = STATUS_OK;
		if (status != STATUS_REFUSED)
			break;
		status = add_helpers(online, answer);
		if (status)
			break;
		if (stopped || !nap(online)) {
			client_error(answer);
			status = STATUS_REFUSED;
			break;
		}
		json_decref(answer);
	}
	json_decref(answer);
	return status;
}

static int make_room(struct online *online, json_t **answer)
{
	int status = find_plan(online);

	return status ? status : ask(online, room(online, false, false),
				     online->simple->timeout_ms, answer);
}

/* As make_room(), for a function: the guest may be quicker, and gives it what there is. */
static int make_place(struct online *online)
{
	json_t *answer;
	int status;

	do {
		status = find_plan(online);
		if (status || is_served(online))
			return status;
		status = try(online, room(online, false, false), online->simple->timeout_ms,
			     &answer);
		json_decref(answer);
		if (status == STATUS_NO_DAEMON)
			return status;
	} while (!stopped && nap(online));
	if (is_served(online))
		return STATUS_OK;
	fprintf(stderr, "pvpcictl: %s has no room yet\n", online->waiting);
	return STATUS_REFUSED;
}

/* It is the last path until the controller that was moved is at work again. */
static int take_away(struct online *online, const char *slot)
{
	json_t *answer = NULL;
	int status;

	do {
		json_decref(answer);
		status = try(online, json_pack("{s:s, s:s, s:i}", "command", "eject",
					       "slot", slot, "timeout_ms", EJECT_MS),
			     EJECT_MS, &answer);
	} while (status == STATUS_REFUSED && nap(online));
	if (status == STATUS_REFUSED)
		client_error(answer);
	if (status)
		fprintf(stderr, "pvpcictl: %s, a second path, is left for you to eject\n", slot);
	json_decref(answer);
	return status;
}

static int remove_helpers(struct online *online)
{
	int status = STATUS_OK, one;
	json_t *helper;
	size_t i;

	online->end_ms = now_ms() + online->simple->timeout_ms;
	json_array_foreach(online->helpers, i, helper) {
		one = take_away(online, member_text(helper, "slot"));
		status = status ? status : one;
	}
	return status;
}

static int end(struct online *online, int status, json_t *answer, void (*print)(json_t *answer))
{
	int removed = remove_helpers(online);

	if (!status && print) {
		json_object_set(json_object_get(answer, "rebalance"), "helpers", online->helpers);
		if (online->simple->globals.json)
			print_json(answer);
		else
			print(answer);
	}
	json_decref(answer);
	json_decref(online->helpers);
	json_decref(online->wish);
	return status ? status : removed;
}

static void begin(struct online *online, const struct simple *simple, json_t *wish)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	*online = (struct online){
		.simple = simple, .wish = wish, .helpers = json_array(),
		.end_ms = now_ms() + simple->timeout_ms,
	};
}

int online_rebalance(const struct simple *simple, json_t *request, void (*print)(json_t *answer))
{
	json_t *answer = NULL;
	struct online online;
	int status;

	begin(&online, simple, request);
	status = make_room(&online, &answer);
	return end(&online, status, answer, print);
}

/* One hole for all BARs of a function, as narrow as the narrowest. */
static json_t *hole_for(const json_t *function, unsigned int timeout_ms)
{
	const json_t *bars = json_object_get(function, "bars");
	json_int_t total = 0, room = 4096;
	long long bits = 64;
	size_t i;

	for (i = 0; i < json_array_size(bars); i++) {
		total += member(json_array_get(bars, i), "bytes");
		if (member(json_array_get(bars, i), "bits") == 32)
			bits = 32;
	}
	while (room < total)
		room *= 2;
	return json_pack("{s:s, s:I, s:I, s:i}", "command", "rebalance", "room", room,
			 "bits", (json_int_t)bits, "timeout_ms", (int)timeout_ms);
}

int online_place(const struct simple *simple, const json_t *function, json_t *helpers)
{
	struct online online;
	int status;

	begin(&online, simple, hole_for(function, simple->timeout_ms));
	online.waiting = member_text(function, "slot");
	status = make_place(&online);
	json_array_extend(helpers, online.helpers);
	return end(&online, status, NULL, NULL);
}

void online_print(const json_t *helpers)
{
	size_t i;

	for (i = 0; i < json_array_size(helpers); i++) {
		const json_t *helper = json_array_get(helpers, i);

		printf("  meanwhile: %s as a second path to the disks of %s\n",
		       member_text(helper, "slot"), member_text(helper, "of"));
	}
}
