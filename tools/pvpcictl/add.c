// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl add: put functions on the bus.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "host.h"
#include "online.h"
#include "simple.h"

/* JSON from the argument, from a file, or from standard input. NULL: said why. */
static json_t *load(const char *arg)
{
	json_error_t error;
	json_t *value;

	if (!strcmp(arg, "-"))
		value = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	else if (*arg == '{' || *arg == '[')
		value = json_loads(arg, JSON_REJECT_DUPLICATES, &error);
	else
		value = json_load_file(arg, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		fprintf(stderr, "pvpcictl: %s:%d: %s\n", error.source, error.line, error.text);
	return value;
}

static void make_files_absolute(json_t *functions)
{
	json_t *fn, *namespace;
	size_t i, j;

	json_array_foreach(functions, i, fn)
		json_array_foreach(json_object_get(fn, "namespaces"), j, namespace)
			client_absolute(namespace, "file");
}

/* An array of functions, one function, or a whole bus configuration. */
static json_t *make_request(json_t *value, unsigned int wait_ms)
{
	json_t *functions = json_object_get(value, "functions");

	if (functions)
		json_incref(functions);
	else
		functions = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
	json_decref(value);
	make_files_absolute(functions);
	return json_pack("{s:s, s:o, s:i}", "command", "add", "functions", functions,
			 "wait_ms", (int)wait_ms);
}

static void print_bars(const json_t *fn)
{
	const json_t *bars = json_object_get(fn, "bars");
	const char *before = " (";
	char bytes[16];
	size_t i;

	for (i = 0; i < json_array_size(bars); i++) {
		const json_t *bar = json_array_get(bars, i);

		if (!json_is_integer(json_object_get(bar, "assigned")))
			continue;
		printf("%sBAR %lld %s at %#llx", before, member(bar, "bar"),
		       print_bytes((unsigned long long)member(bar, "bytes"), bytes),
		       member(bar, "assigned"));
		before = ", ";
	}
	if (*before == ',')
		putchar(')');
}

/* Times count from when the function came onto the bus. */
static void print_phases(const json_t *fn)
{
	static const char * const keys[][2] = {
		{ "told", "relations asked" }, { "assigned", "assigned" },
		{ "attached", "enabled" }, { "bound", "bound" },
	};
	const json_t *phases = json_object_get(json_object_get(fn, "stats"), "phases_us");
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is_integer(json_object_get(phases, keys[i][0])))
			printf(", %s after %.3f ms", keys[i][1],
			       (double)member(phases, keys[i][0]) / 1000);
}

/* A PVPCI_OUTCOME_*, or PVPCI_OUTCOME_COUNT: the guest has not said. */
static uint32_t outcome_of(const json_t *fn)
{
	const char *result = member_text(json_object_get(fn, "outcome"), "result");
	uint32_t outcome = 0;

	while (outcome < PVPCI_OUTCOME_COUNT && strcmp(pvpci_outcome_name(outcome), result))
		outcome++;
	return outcome;
}

/* It can be used, waits for a driver, or for the guest. */
static bool is_good(uint32_t outcome)
{
	return outcome != PVPCI_OUTCOME_FAILED && outcome != PVPCI_OUTCOME_NO_ROOM &&
	       outcome != PVPCI_OUTCOME_OFF;
}

static void print_outcome(const json_t *fn, bool waited)
{
	const json_t *outcome = json_object_get(fn, "outcome");
	char piece[16], total[16];

	switch (outcome_of(fn)) {
	case PVPCI_OUTCOME_BOUND:
		printf("bound to %s", member_text(outcome, "driver"));
		break;
	case PVPCI_OUTCOME_NO_ROOM:
		printf("no room, %s are missing in one piece, %s in total",
		       print_bytes((unsigned long long)member(outcome, "missing_piece"), piece),
		       print_bytes((unsigned long long)member(outcome, "missing_bytes"), total));
		break;
	case PVPCI_OUTCOME_FAILED:
		printf("failed, %s %s", member_text(outcome, "driver"),
		       member_text(outcome, "error"));
		break;
	case PVPCI_OUTCOME_OFF:
		fputs("off", stdout);
		break;
	case PVPCI_OUTCOME_NO_DRIVER:
		fputs(waited ? "no driver" : "added", stdout);
		break;
	default:
		fputs("added", stdout);
	}
}

/* What became of it, one line. */
static void print_added(const json_t *fn, bool waited)
{
	printf("%s %s %s: ", member_text(fn, "slot"), member_text(fn, "model"),
	       member_text(fn, "label"));
	print_outcome(fn, waited);
	print_bars(fn);
	print_phases(fn);
	putchar('\n');
}

static const char doc[] =
"Put functions on the bus: an object or an array as in \"functions\" of the configuration,\n"
"as text, in a file or on standard input. All of them or none. Says what became of\n"
"each in the guest. Where there is no room, and the guest says that it can move what\n"
"is in use (pci_rebalance.auto=online), disks get second paths for that time.";

/* What became of it by now. */
static void look_again(const struct simple *simple, json_t *functions, size_t i)
{
	const char *slot = member_text(json_array_get(functions, i), "slot");
	json_t *answer;

	if (!client_ask(simple->globals.control,
			json_pack("{s:s, s:s}", "command", "show", "slot", slot),
			(int)simple->wait_ms, &answer))
		json_array_set(functions, i, json_object_get(answer, "function"));
	json_decref(answer);
}

/*
 * The guest has no room, but would have some if disks in use had a second path, and says so. Also
 * when it has some in the end, something may be wrong: a second path that is left.
 */
static int make_places(const struct simple *simple, json_t *answer)
{
	json_t *functions = json_object_get(answer, "functions");
	json_t *helpers = json_array(), *fn;
	struct simple patient = *simple;
	int status = STATUS_OK, one;
	size_t i;

	patient.timeout_ms = simple->wait_ms;
	for (i = 0; i < json_array_size(functions); i++) {
		fn = json_array_get(functions, i);
		if (!json_is_true(json_object_get(json_object_get(fn, "outcome"), "lacks_paths")))
			continue;
		one = online_place(&patient, fn, helpers);
		status = status ? status : one;
		look_again(simple, functions, i);
	}
	if (json_array_size(helpers))
		json_object_set(answer, "helpers", helpers);
	json_decref(helpers);
	return status;
}

static int print_answer(const json_t *answer, const struct simple *simple)
{
	const json_t *functions = json_object_get(answer, "functions");
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < json_array_size(functions); i++) {
		const json_t *fn = json_array_get(functions, i);

		if (!simple->globals.json)
			print_added(fn, simple->wait_ms);
		if (!is_good(outcome_of(fn)))
			status = STATUS_REFUSED;
	}
	if (simple->globals.json)
		print_json(answer);
	else
		online_print(json_object_get(answer, "helpers"));
	if (status)
		fputs("pvpcictl: not all of them can be used by the guest\n", stderr);
	if (json_is_false(json_object_get(answer, "complete"))) {
		fprintf(stderr, "pvpcictl: the guest has not said of all what became of them within %u ms\n",
			simple->wait_ms);
		status = STATUS_REFUSED;
	}
	return status;
}

int run_add(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "JSON|FILE|-",
		.doc = doc,
		.has_wait = true,
		.wait_ms = 30000,
	};
	json_t *answer, *value;
	int status, placed;

	simple_parse(&simple, globals, argc, argv);
	value = load(simple.arg);
	if (!value)
		return STATUS_USAGE;
	status = client_ask(simple.globals.control, make_request(value, simple.wait_ms),
			    (int)simple.wait_ms + 60000, &answer);
	if (status)
		return status;
	placed = make_places(&simple, answer);
	status = print_answer(answer, &simple);
	json_decref(answer);
	return status ? status : placed;
}
