// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl resume: go on with what was paused for want of space on the host.
 */
#include <stdio.h>

#include "command.h"
#include "simple.h"

static void print_resumed(json_t *answer)
{
	printf("%lld namespaces go on\n", member(answer, "resumed"));
}

int run_resume(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "SLOT|LABEL|SERIAL",
		.doc = "Go on with what a function (\"03.0\") had to pause.",
	};

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple,
			  json_pack("{s:s, s:s}", "command", "resume", "slot", simple.arg),
			  print_resumed);
}
