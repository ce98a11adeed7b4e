// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl: looks at a bus that pvpcid serves, and changes it.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"

const char *argp_program_version = "pvpcictl " PVPCI_RELEASE;

static const struct command commands[] = {
	{ "add", "put functions on the bus", run_add },
	{ "eject", "ask the guest to let go of a function", run_eject },
	{ "list", "functions on the bus", run_list },
	{ "namespace", "disks of a controller that come, go and grow", run_namespace },
	{ "ping", "is the daemon there?", run_ping },
	{ "rebalance", "let the guest make room by moving functions", run_rebalance },
	{ "resume", "go on with I/O that waits for space on the host", run_resume },
	{ "show", "all about one function", run_show },
	{ "space", "what lies where in the aperture", run_space },
	{ "stats", "counters", run_stats },
	{ "upgrade", "let the pvpcid that is installed now go on", run_upgrade },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const struct argp_option option_table[] = {
	{ "control", 'C', "PATH", 0, "control socket of pvpcid (default: $PVPCI_CONTROL)", 0 },
	{ "json", 'j', NULL, 0, "print the daemon's answer", 0 },
	{ 0 }
};

/**
 * struct parsed - the command line up to the sub-command
 * @globals: options
 * @argc: of @argv
 * @argv: sub-command and what follows
 */
struct parsed {
	struct globals globals;
	int argc;
	char **argv;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parsed *parsed = state->input;

	switch (key) {
	case 'C':
		parsed->globals.control = arg;
		break;
	case 'j':
		parsed->globals.json = true;
		break;
	case ARGP_KEY_ARG:
		/* The sub-command parses the rest. */
		parsed->argc = state->argc - state->next + 1;
		parsed->argv = state->argv + state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is needed");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The list of commands, below the options. */
static char *help_filter(int key, const char *text, void *input)
{
	char *help;
	size_t i, used, room = 4096;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	help = malloc(room);
	if (!help)
		return NULL;
	used = (size_t)snprintf(help, room, "Commands:\n");
	for (i = 0; i < NR_COMMANDS; i++)
		used += (size_t)snprintf(help + used, room - used, "  %-26s %s\n",
					 commands[i].name, commands[i].help);
	snprintf(help + used, room - used,
		 "\npvpcictl COMMAND --help tells more. Exit status: 0 done, 1 refused, 2 usage, 3 no daemon.");
	return help;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Look at a bus that pvpcid serves, and change it.\v ",
	.help_filter = help_filter,
};

int main(int argc, char **argv)
{
	struct parsed parsed = { .globals.control = getenv("PVPCI_CONTROL") };
	size_t i;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parsed);
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, parsed.argv[0]))
			return commands[i].run(&parsed.globals, parsed.argc, parsed.argv);
	fprintf(stderr, "pvpcictl: there is no command \"%s\", see pvpcictl --help\n",
		parsed.argv[0]);
	return STATUS_USAGE;
}
