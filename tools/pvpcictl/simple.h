/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all sub-commands have in common.
 */
#ifndef PVPCICTL_SIMPLE_H
#define PVPCICTL_SIMPLE_H

#include <argp.h>
#include <stdbool.h>

#include "command.h"

/**
 * struct simple - arguments of a sub-command
 * @globals: --json and --control are understood behind the sub-command too
 * @args_doc: of its positional argument, NULL for none
 * @doc: what it does
 * @arg: its positional argument, the first
 * @args: the others
 * @nr_args: how many there are with it, 0 for one
 * @optional: may be left out
 * @timeout_ms: --timeout; 0 when the sub-command has none
 * @has_force: it has --force
 * @has_wait: it has --wait and --no-wait
 * @more: options of this sub-command alone, NULL for none; the last has no name
 * @parse_more: takes them; as a parser of argp
 * @force: --force
 * @wait_ms: --wait, its default as filled in before, 0 for --no-wait
 */
struct simple {
	struct globals globals;
	const char *args_doc;
	const char *doc;
	const char *arg;
	const char *args[3];
	unsigned int nr_args;
	bool optional;
	unsigned int timeout_ms;
	bool has_force;
	bool has_wait;
	const struct argp_option *more;
	error_t (*parse_more)(int key, char *arg, struct argp_state *state);
	bool force;
	unsigned int wait_ms;
};

/**
 * simple_parse - ends the process with STATUS_USAGE when they are wrong
 * @simple: filled
 * @globals: options in front of the sub-command
 * @argc: of @argv
 * @argv: the sub-command and what follows
 *
 * Checks that there is a control socket to talk to.
 */
void simple_parse(struct simple *simple, const struct globals *globals, int argc, char **argv);

/**
 * simple_ask - one request, and its answer on standard output
 * @simple: parsed
 * @request: the reference is taken
 * @print: prints the answer, which it may change; not called for --json
 *
 * Return: exit status.
 */
int simple_ask(const struct simple *simple, json_t *request, void (*print)(json_t *answer));

#endif /* PVPCICTL_SIMPLE_H */
