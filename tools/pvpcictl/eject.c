// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl eject: ask the guest to let go of a function.
 */
#include <stdbool.h>
#include <stdio.h>

#include "command.h"
#include "simple.h"

static void print_ejected(json_t *answer)
{
	const char *refused = member_text(answer, "refused");
	bool forced = json_is_true(json_object_get(answer, "forced"));

	printf("%s %s after %lld ms", member_text(answer, "slot"),
	       forced ? "taken away" : "ejected", member(answer, "milliseconds"));
	if (forced && *refused)
		printf(", the guest refused: %s", refused);
	putchar('\n');
}

int run_eject(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "SLOT|LABEL|SERIAL|DEVICE",
		.doc = "Ask the guest to let go of a function (\"05.1\"), or of all functions of a DEVICE\n"
		       "(\"05\") together, and wait until it has.",
		.timeout_ms = 5000,
		.has_force = true,
	};

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple,
			  json_pack("{s:s, s:s, s:i, s:b}", "command", "eject", "slot", simple.arg,
				    "timeout_ms", (int)simple.timeout_ms, "force", simple.force),
			  print_ejected);
}
