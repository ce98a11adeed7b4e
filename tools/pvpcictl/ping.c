// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl ping: is the daemon there?
 */
#include <stdio.h>

#include "command.h"
#include "simple.h"

static void print_ping(json_t *answer)
{
	printf("%s %s, bus %lld, %s\n", member_text(answer, "daemon"),
	       member_text(answer, "version"), member(answer, "bus"),
	       member_text(answer, "state"));
}

int run_ping(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = { .doc = "Ask the daemon whether it is there." };

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple, json_pack("{s:s}", "command", "ping"), print_ping);
}
