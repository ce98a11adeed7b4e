// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: what each command does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/values.h"
#include "base/version.h"
#include "bus/bus.h"
#include "bus/saved.h"
#include "control/control.h"
#include "io/keep.h"

/* The file that we are, or whatever has its name by now. */
static const char *program(char *text, size_t bytes)
{
	static const char gone[] = " (deleted)";
	ssize_t used = readlink("/proc/self/exe", text, bytes - 1);
	size_t length = used < 0 ? 0 : (size_t)used;

	text[length] = '\0';
	if (length > sizeof(gone) - 1 && !strcmp(text + length - (sizeof(gone) - 1), gone))
		text[length - (sizeof(gone) - 1)] = '\0';
	return text;
}

static json_t *do_ping(struct control_client *client, json_t *request)
{
	struct bus *bus = client->control->bus;
	char version[SAVED_VERSION_BYTES];
	char path[4096];

	(void)request;
	return json_pack("{s:b, s:s, s:s, s:I, s:s, s:s, s:i, s:i, s:s}", "ok", 1,
			 "daemon", "pvpcid", "version", PVPCI_RELEASE,
			 "bus", (json_int_t)bus->conf->id, "program", program(path, sizeof(path)),
			 "state_version", saved_version(version), "pid", (int)getpid(),
			 "protocol", PVPCI_VERSION_1_0, "state", bus_state_name(bus));
}

/* We end as if we were killed, and the keeper starts what there is to start. */
static json_t *do_upgrade(struct control_client *client, json_t *request)
{
	const char *next = json_string_value(json_object_get(request, "state_version"));
	char version[SAVED_VERSION_BYTES];

	if (!next)
		return control_error("\"upgrade\" needs \"state_version\", what pvpcid --state-version prints");
	if (!keep_there())
		return control_error("nobody keeps the guest's bus meanwhile, neither systemd nor pvpcid-keep");
	if (strcmp(next, saved_version(version)))
		return control_error("the new pvpcid cannot go on: it reads state %.64s, and this is %s",
				     next, version);
	client->control->upgrade = true;
	return json_pack("{s:b}", "ok", 1);
}

static json_t *do_list(struct control_client *client, json_t *request)
{
	struct bus *bus = client->control->bus;

	(void)request;
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "bus", report_bus(bus),
			 "functions", report_list(bus));
}

static json_t *do_show(struct control_client *client, json_t *request)
{
	struct bus *bus = client->control->bus;
	json_t *answer = NULL;
	struct function *fn = control_find(bus, request, &answer);

	if (!fn)
		return answer;
	return json_pack("{s:b, s:o}", "ok", 1, "function", report_function(bus, fn->devfn));
}

static json_t *do_resume(struct control_client *client, json_t *request)
{
	struct bus *bus = client->control->bus;
	json_t *answer = NULL;
	struct function *fn = control_find(bus, request, &answer);
	unsigned int count;

	if (!fn)
		return answer;
	count = fn->ops->resume ? fn->ops->resume(fn->model) : 0;
	if (!count)
		return control_error("nothing of %s is paused", fn->name);
	return json_pack("{s:b, s:i}", "ok", 1, "resumed", (int)count);
}

static json_t *do_stats(struct control_client *client, json_t *request)
{
	(void)request;
	return json_pack("{s:b, s:o}", "ok", 1, "stats",
			 report_stats(client->control->bus, client->control->pace));
}

static json_t *do_space(struct control_client *client, json_t *request)
{
	json_t *space = space_report(client->control->bus);

	(void)request;
	return space ? json_pack("{s:b, s:o}", "ok", 1, "space", space) :
		       control_error("out of memory");
}

/**
 * struct command - one row of the command table
 * @name: as in "command"
 * @keys: that it takes besides
 * @execute: returns the answer, or NULL when it comes later
 */
struct command {
	const char *name;
	const char *keys[7];
	json_t *(*execute)(struct control_client *client, json_t *request);
};

static const struct command commands[] = {
	{ "ping", { "command", NULL }, do_ping },
	{ "upgrade", { "command", "state_version", NULL }, do_upgrade },
	{ "list", { "command", NULL }, do_list },
	{ "show", { "command", "slot", NULL }, do_show },
	{ "resume", { "command", "slot", NULL }, do_resume },
	{ "namespace_add", { "command", "slot", "namespace", "nsid", NULL }, control_ns_add },
	{ "namespace_remove", { "command", "slot", "nsid", "timeout_ms", NULL },
	  control_ns_remove },
	{ "namespace_resize", { "command", "slot", "nsid", "bytes", NULL }, control_ns_resize },
	{ "stats", { "command", NULL }, do_stats },
	{ "space", { "command", NULL }, do_space },
	{ "add", { "command", "function", "functions", "wait_ms", NULL },
	  control_add_start },
	{ "eject", { "command", "slot", "timeout_ms", "force", NULL }, control_eject_start },
	{ "rebalance", { "command", "room", "bits", "dry_run", "online", "timeout_ms", NULL },
	  control_rebalance_start },
};

json_t *control_execute(struct control_client *client, json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "command"));
	struct error err;
	unsigned int i;

	if (!name)
		return control_error("\"command\" must be text");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		if (value_keys(request, commands[i].keys, NULL, name, &err))
			return control_error("%s", err.text);
		return commands[i].execute(client, request);
	}
	return control_error("there is no command \"%.64s\"", name);
}
