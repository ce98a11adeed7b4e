// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl rebalance: let the guest make room by moving functions.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "base/bytes.h"
#include "online.h"
#include "simple.h"

enum {
	KEY_BITS = 0x200,
	KEY_ONLINE
};

/**
 * struct rebalance - the command line
 * @simple: what all sub-commands have; the first member
 * @room: bytes, 0 for as much as can be
 * @bits: of the BAR that the room is for
 * @dry_run: plan only
 * @online: with second paths for NVMe disks in use
 */
struct rebalance {
	struct simple simple;
	uint64_t room;
	int bits;
	bool dry_run;
	bool online;
};

static const struct argp_option more[] = {
	{ "room", 'r', "SIZE", 0,
	  "one hole of that size, a power of two (default: as large as can be)", 0 },
	{ "bits", KEY_BITS, "32|64", 0, "for a BAR of that width (default: 64)", 0 },
	{ "dry-run", 'n', NULL, 0, "only say what would move, and for how long", 0 },
	{ "online", KEY_ONLINE, NULL, 0,
	  "move NVMe controllers with \"share\" while their disks are in use", 0 },
	{ 0 }
};

static error_t parse_more(int key, char *arg, struct argp_state *state)
{
	struct rebalance *r = state->input;

	switch (key) {
	case 'r':
		if (bytes_parse(arg, &r->room))
			argp_error(state, "--room must be a size as \"64M\", not \"%s\"", arg);
		if (r->room < 4096 || r->room & (r->room - 1))
			argp_error(state, "--room must be a power of two from 4K, not \"%s\"", arg);
		break;
	case KEY_BITS:
		if (strcmp(arg, "32") && strcmp(arg, "64"))
			argp_error(state, "--bits must be 32 or 64, not \"%s\"", arg);
		r->bits = *arg == '3' ? 32 : 64;
		break;
	case 'n':
		r->dry_run = true;
		break;
	case KEY_ONLINE:
		r->online = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_time(const json_t *move, bool dry_run)
{
	const json_t *us = json_object_get(move, dry_run ? "expected_us" : "down_us");

	if (json_is_integer(us))
		printf("%s %lld us\n", dry_run ? "stops for about" : "was stopped for",
		       (long long)json_integer_value(us));
	else
		puts("stops for a time not measured yet");
}

static void print_moves(const json_t *moves, bool dry_run)
{
	char bytes[16];
	size_t i;

	for (i = 0; i < json_array_size(moves); i++) {
		const json_t *move = json_array_get(moves, i);

		printf("  step %lld: %s BAR %lld %s, %#llx -> %#llx, cost %lld, %s, ",
		       member(move, "step"), member_text(move, "slot"), member(move, "bar"),
		       print_bytes((unsigned long long)member(move, "bytes"), bytes),
		       member(move, "from"), member(move, "to"), member(move, "cost"),
		       member_text(move, "how"));
		print_time(move, dry_run);
	}
}

static void print_rebalance(json_t *answer)
{
	const json_t *r = json_object_get(answer, "rebalance");
	const json_t *moves = json_object_get(r, "moves");
	bool dry_run = json_is_true(json_object_get(r, "dry_run"));
	char bytes[16];

	printf("%s room of %s at %#llx: ", dry_run ? "plan for" : "made",
	       print_bytes((unsigned long long)member(r, "bytes"), bytes), member(r, "offset"));
	if (!json_array_size(moves))
		puts("nothing has to move");
	else
		printf("%zu BAR%s in %lld step%s, cost %lld, %s in %lld us\n",
		       json_array_size(moves), json_array_size(moves) > 1 ? "s" : "",
		       member(r, "steps"), member(r, "steps") > 1 ? "s" : "", member(r, "cost"),
		       dry_run ? "planned" : "moved", member(r, dry_run ? "plan_us" : "move_us"));
	print_moves(moves, dry_run);
	online_print(json_object_get(r, "helpers"));
}

static const char doc[] =
"Let the guest make one large hole in the aperture, by moving functions away.\n"
"The guest plans, asks the owners of what would move, and moves them or refuses\n"
"with a reason. Needs pci_rebalance.ko in the guest, which says what may move.";

int run_rebalance(const struct globals *globals, int argc, char **argv)
{
	struct rebalance r = {
		.simple = { .doc = doc, .timeout_ms = 30000, .more = more,
			    .parse_more = parse_more },
		.bits = 64,
	};
	json_t *request;

	simple_parse(&r.simple, globals, argc, argv);
	request = json_pack("{s:s, s:i, s:b, s:i}", "command", "rebalance", "bits", r.bits,
			    "dry_run", r.dry_run, "timeout_ms", (int)r.simple.timeout_ms);
	if (r.room)
		json_object_set_new(request, "room", json_integer((json_int_t)r.room));
	if (r.online && !r.dry_run)
		return online_rebalance(&r.simple, request, print_rebalance);
	if (r.online)
		json_object_set_new(request, "online", json_true());
	return simple_ask(&r.simple, request, print_rebalance);
}
