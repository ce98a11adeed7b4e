// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl namespace: namespaces of an NVMe controller that come, go and grow while it is
 * in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "client.h"
#include "command.h"
#include "simple.h"

#define NSID_MAX	0xfffffffeUL

/**
 * struct request - what is asked for
 * @simple: what all sub-commands have
 * @nsid: --nsid, 0 when it was not given
 */
struct request {
	struct simple simple;
	unsigned long nsid;
};

static unsigned long parse_nsid(const char *text)
{
	char *end;
	unsigned long nsid = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !nsid || nsid > NSID_MAX) {
		fprintf(stderr, "pvpcictl: a namespace has a number from 1, not \"%s\"\n", text);
		exit(STATUS_USAGE);
	}
	return nsid;
}

static error_t parse_more(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	request->nsid = parse_nsid(arg);
	return 0;
}

static void print_nsid(json_t *answer) { printf("namespace %lld\n", member(answer, "nsid")); }

static void print_gone(json_t *answer)
{
	printf("namespace %lld is gone\n", member(answer, "nsid"));
}

/* An object, or just the path of an image. NULL: said why. */
static json_t *load(const char *text)
{
	json_error_t error;
	json_t *conf;

	if (*text != '{')
		return json_pack("{s:s}", "file", text);
	conf = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!conf)
		fprintf(stderr, "pvpcictl: %s:%d: %s\n", error.source, error.line, error.text);
	return conf;
}

static int run_ns_add(const struct globals *globals, int argc, char **argv)
{
	static const struct argp_option more[] = {
		{ "nsid", 'n', "NUMBER", 0, "its number (default: the next)", 0 },
		{ 0 }
	};
	struct request request = { .simple = {
		.args_doc = "SLOT IMAGE|JSON",
		.doc = "Give the controller at SLOT (\"03.0\") one more namespace: the path of an image, or an object as in \"namespaces\" of the configuration.",
		.nr_args = 2, .more = more, .parse_more = parse_more,
	} };
	json_t *conf, *ask;

	simple_parse(&request.simple, globals, argc, argv);
	conf = load(request.simple.args[0]);
	if (!conf)
		return STATUS_USAGE;
	client_absolute(conf, "file");
	ask = json_pack("{s:s, s:s, s:o}", "command", "namespace_add", "slot",
			request.simple.arg, "namespace", conf);
	if (request.nsid)
		json_object_set_new(ask, "nsid", json_integer((json_int_t)request.nsid));
	return simple_ask(&request.simple, ask, print_nsid);
}

static int run_ns_remove(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "SLOT NSID",
		.doc = "Take namespace NSID from the controller at SLOT (\"03.0\"), and wait until its file is closed. The guest is not asked: unmount it there first.",
		.nr_args = 2, .timeout_ms = 10000,
	};
	json_int_t nsid;

	simple_parse(&simple, globals, argc, argv);
	nsid = (json_int_t)parse_nsid(simple.args[0]);
	return simple_ask(&simple,
			  json_pack("{s:s, s:s, s:I, s:i}", "command", "namespace_remove", "slot",
				    simple.arg, "nsid", nsid, "timeout_ms",
				    (int)simple.timeout_ms), print_gone);
}

static int run_ns_resize(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.args_doc = "SLOT NSID SIZE",
		.doc = "Make the file of namespace NSID of the controller at SLOT (\"03.0\") SIZE (\"64G\") long: never smaller, since what is cut off would be lost.",
		.nr_args = 3,
	};
	unsigned long nsid;
	uint64_t bytes;

	simple_parse(&simple, globals, argc, argv);
	nsid = parse_nsid(simple.args[0]);
	if (bytes_parse(simple.args[1], &bytes)) {
		fprintf(stderr, "pvpcictl: SIZE must be a size as \"64G\", not \"%s\"\n",
			simple.args[1]);
		return STATUS_USAGE;
	}
	return simple_ask(&simple,
			  json_pack("{s:s, s:s, s:I, s:I}", "command", "namespace_resize", "slot",
				    simple.arg, "nsid", (json_int_t)nsid, "bytes",
				    (json_int_t)bytes), print_nsid);
}

static const struct command commands[] = {
	{ "add", "namespace add", run_ns_add },
	{ "remove", "namespace remove", run_ns_remove },
	{ "resize", "namespace resize", run_ns_resize },
};

int run_namespace(const struct globals *globals, int argc, char **argv)
{
	bool help = argc > 1 && !strcmp(argv[1], "--help");
	unsigned int i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]))
			continue;
		argv[1] = (char *)commands[i].help;
		return commands[i].run(globals, argc - 1, argv + 1);
	}
	fprintf(help ? stdout : stderr,
		"Usage: pvpcictl namespace add|remove|resize SLOT ...; each has a --help of its own\n");
	return help ? STATUS_OK : STATUS_USAGE;
}
