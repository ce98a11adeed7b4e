/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sub-commands of pvpcictl.
 */
#ifndef PVPCICTL_COMMAND_H
#define PVPCICTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

/**
 * struct globals - options that all sub-commands share
 * @control: path of the control socket
 * @json: print the daemon's answer instead of a table
 */
struct globals {
	const char *control;
	bool json;
};

/**
 * struct command - one sub-command
 * @name: as typed
 * @help: one line
 * @run: parses its own arguments; returns the exit status
 */
struct command {
	const char *name;
	const char *help;
	int (*run)(const struct globals *globals, int argc, char **argv);
};

int run_add(const struct globals *globals, int argc, char **argv);
int run_eject(const struct globals *globals, int argc, char **argv);
int run_list(const struct globals *globals, int argc, char **argv);
int run_namespace(const struct globals *globals, int argc, char **argv);
int run_ping(const struct globals *globals, int argc, char **argv);
int run_rebalance(const struct globals *globals, int argc, char **argv);
int run_resume(const struct globals *globals, int argc, char **argv);
int run_show(const struct globals *globals, int argc, char **argv);
int run_space(const struct globals *globals, int argc, char **argv);
int run_stats(const struct globals *globals, int argc, char **argv);
int run_upgrade(const struct globals *globals, int argc, char **argv);

/* print.c */

/** print_json - an answer as it came, indented */
void print_json(const json_t *answer);
/** print_bytes - "16K", "64M": @text is 16 bytes long; returns @text */
const char *print_bytes(unsigned long long bytes, char *text);
/** print_value - any JSON value as one word; @text is 96 bytes long; returns @text */
const char *print_value(const json_t *value, char *text);
/** print_tree - an object as indented "key: value" lines */
void print_tree(const json_t *object, unsigned int depth);
/** member - of an object, as a number, 0 when it is not there */
long long member(const json_t *object, const char *key);
/** member_text - of an object, "" when it is not there */
const char *member_text(const json_t *object, const char *key);

#endif /* PVPCICTL_COMMAND_H */
