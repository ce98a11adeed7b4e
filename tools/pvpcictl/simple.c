// SPDX-License-Identifier: GPL-2.0
/*
 * What all sub-commands have in common.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "simple.h"

#define TIMEOUT_MAX_S	600.0
#define ANSWER_MS	5000
#define ANSWER_SLACK_MS	3000	/* the daemon counts --timeout, we only wait longer */

enum {
	KEY_FORCE = 0x100,
	KEY_NO_WAIT
};

static const struct argp_option common_options[] = {
	{ "control", 'C', "PATH", 0, "control socket of pvpcid (default: $PVPCI_CONTROL)", 0 },
	{ "json", 'j', NULL, 0, "print the daemon's answer", 0 },
};

static const struct argp_option force_option = {
	"force", KEY_FORCE, NULL, 0, "after the timeout take it away all the same", 0
};

static const struct argp_option wait_option = {
	"wait", 'w', "SECONDS", 0, "wait that long for the guest's drivers (default: 30)", 0
};

static const struct argp_option no_wait_option = {
	"no-wait", KEY_NO_WAIT, NULL, 0, "do not wait for the guest", 0
};

static unsigned int parse_timeout(struct argp_state *state, const char *text)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0.001 && seconds <= TIMEOUT_MAX_S))
		argp_error(state, "a time must be 0.001 to %g seconds, not \"%s\"", TIMEOUT_MAX_S,
			   text);
	return (unsigned int)(seconds * 1000 + 0.5);
}

static void take_argument(struct simple *simple, char *arg, struct argp_state *state)
{
	unsigned int at = state->arg_num;

	if (!simple->args_doc || at >= (simple->nr_args ? simple->nr_args : 1))
		argp_error(state, "unexpected argument \"%s\"", arg);
	else if (at)
		simple->args[at - 1] = arg;
	else
		simple->arg = arg;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct simple *simple = state->input;

	switch (key) {
	case 'C':
		simple->globals.control = arg;
		break;
	case 'j':
		simple->globals.json = true;
		break;
	case 't':
		simple->timeout_ms = parse_timeout(state, arg);
		break;
	case 'w':
		simple->wait_ms = parse_timeout(state, arg);
		break;
	case KEY_NO_WAIT:
		simple->wait_ms = 0;
		break;
	case KEY_FORCE:
		simple->force = true;
		break;
	case ARGP_KEY_ARG:
		take_argument(simple, arg, state);
		break;
	case ARGP_KEY_END:
		if (simple->args_doc && !simple->optional &&
		    state->arg_num < (simple->nr_args ? simple->nr_args : 1))
			argp_error(state, simple->nr_args ? "%s are needed" : "%s is missing",
				   simple->args_doc);
		if (!simple->globals.control || !*simple->globals.control)
			argp_error(state, "no control socket: --control or $PVPCI_CONTROL");
		break;
	default:
		return simple->parse_more ? simple->parse_more(key, arg, state) :
					    ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void simple_parse(struct simple *simple, const struct globals *globals, int argc, char **argv)
{
	struct argp_option options[8] = { common_options[0], common_options[1] };
	struct argp argp = {
		.options = options, .parser = parse_option, .args_doc = simple->args_doc,
		.doc = simple->doc,
	};
	const struct argp_option *more = simple->more;
	unsigned int count = 2;
	static char name[64], timeout[48];

	snprintf(timeout, sizeof(timeout), "give up after that long (default: %u)",
		 simple->timeout_ms / 1000);
	if (simple->timeout_ms)
		options[count++] = (struct argp_option){ "timeout", 't', "SECONDS", 0, timeout, 0 };
	if (simple->has_force)
		options[count++] = force_option;
	if (simple->has_wait) {
		options[count++] = wait_option;
		options[count++] = no_wait_option;
	}
	while (more && more->name)
		options[count++] = *more++;
	simple->globals = *globals;
	snprintf(name, sizeof(name), "pvpcictl %s", argv[0]);
	argv[0] = name;
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, simple);
}

int simple_ask(const struct simple *simple, json_t *request, void (*print)(json_t *answer))
{
	int timeout_ms = simple->timeout_ms ? (int)simple->timeout_ms + ANSWER_SLACK_MS :
					      ANSWER_MS;
	json_t *answer;
	int status;

	status = client_ask(simple->globals.control, request, timeout_ms, &answer);
	if (status)
		return status;
	if (simple->globals.json)
		print_json(answer);
	else
		print(answer);
	json_decref(answer);
	return STATUS_OK;
}
