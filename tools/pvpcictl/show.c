// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl show: all about one function.
 */
#include "command.h"
#include "simple.h"

static void print_function(json_t *answer)
{
	print_tree(json_object_get(answer, "function"), 0);
}

int run_show(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "SLOT|LABEL|SERIAL",
		.doc = "Show all about a function (\"03.0\").",
	};

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple,
			  json_pack("{s:s, s:s}", "command", "show", "slot", simple.arg),
			  print_function);
}
