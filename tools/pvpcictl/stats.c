// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl stats: counters of the bus and of its functions.
 */
#include <stdbool.h>
#include <stdio.h>

#include "command.h"
#include "simple.h"

static void print_functions(json_t *functions)
{
	const char *slot;
	json_t *fn;

	if (!json_object_size(functions))
		return;
	printf("%-6s %8s %8s %8s %12s %12s %12s\n", "SLOT", "EDGES", "ATTACH", "DETACH",
	       "ATTACH us", "DETACH us", "INTERRUPTS");
	json_object_foreach(functions, slot, fn)
		printf("%-6s %8lld %8lld %8lld %12lld %12lld %12lld\n", slot, member(fn, "edges"),
		       member(fn, "attaches"), member(fn, "detaches"),
		       member(fn, "attach_ns") / 1000, member(fn, "detach_ns") / 1000,
		       member(fn, "interrupts"));
}

/* Why memory-enable changed, and what that took. */
static void print_edges(json_t *functions)
{
	const char *slot, *reason;
	bool any = false;
	json_t *fn, *count;

	json_object_foreach(functions, slot, fn) {
		json_object_foreach(json_object_get(fn, "edges_by_reason"), reason, count) {
			if (!json_integer_value(count))
				continue;
			if (!any)
				printf("%-6s %-8s %8s %12s\n", "SLOT", "REASON", "EDGES", "TIME us");
			any = true;
			printf("%-6s %-8s %8lld %12lld\n", slot, reason,
			       json_integer_value(count),
			       member(json_object_get(fn, "edge_ns_by_reason"), reason) / 1000);
		}
	}
}

static void print_stats(json_t *answer)
{
	json_t *stats = json_object_get(answer, "stats");
	json_t *functions = json_incref(json_object_get(stats, "functions"));

	json_object_del(stats, "functions");
	print_tree(stats, 0);
	print_functions(functions);
	print_edges(functions);
	json_decref(functions);
}

int run_stats(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.doc = "Show the counters of the bus and its functions; --json: all of them.",
	};

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple, json_pack("{s:s}", "command", "stats"), print_stats);
}
