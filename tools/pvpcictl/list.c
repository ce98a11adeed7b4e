// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl list: the functions on the bus.
 */
#include <stdio.h>

#include "command.h"
#include "simple.h"

static void print_row(const json_t *fn)
{
	const json_t *bars = json_object_get(fn, "bars");
	const char *driver = member_text(json_object_get(fn, "outcome"), "driver");
	const char *trouble = member_text(fn, "trouble");
	json_t *node = json_object_get(fn, "numa_node");
	char serial[96], text[96], bytes[16];
	size_t i;

	printf("%-6s %-9s %-9s %-13s %-4s %-4s %-20s %-16s", member_text(fn, "slot"),
	       member_text(fn, "model"), member_text(fn, "state"), *driver ? driver : "-",
	       json_is_integer(node) ? print_value(node, text) : "-",
	       json_is_true(json_object_get(fn, "hotplug")) ? "yes" : "no",
	       print_value(json_object_get(fn, "serial"), serial), member_text(fn, "label"));
	for (i = 0; i < json_array_size(bars); i++) {
		const json_t *bar = json_array_get(bars, i);

		printf(" %lld:%s", member(bar, "bar"),
		       print_bytes((unsigned long long)member(bar, "bytes"), bytes));
	}
	putchar('\n');
	if (*trouble)
		printf("       %s\n", trouble);
}

static void print_bus(const json_t *bus)
{
	char aperture[16];

	printf("bus %lld, %s, %lld functions (%lld attached), aperture %s\n",
	       member(bus, "id"), member_text(bus, "state"), member(bus, "functions"),
	       member(bus, "attached"),
	       print_bytes((unsigned long long)member(bus, "aperture_bytes"), aperture));
}

static void print_list(json_t *answer)
{
	const json_t *functions = json_object_get(answer, "functions");
	size_t i;

	print_bus(json_object_get(answer, "bus"));
	if (json_array_size(functions))
		printf("%-6s %-9s %-9s %-13s %-4s %-4s %-20s %-16s %s\n", "SLOT", "MODEL", "STATE",
		       "DRIVER", "NODE", "PLUG", "SERIAL", "LABEL", "BARS");
	for (i = 0; i < json_array_size(functions); i++)
		print_row(json_array_get(functions, i));
}

int run_list(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = { .doc = "List the functions on the bus." };

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple, json_pack("{s:s}", "command", "list"), print_list);
}
