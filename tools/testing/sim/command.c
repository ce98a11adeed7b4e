// SPDX-License-Identifier: GPL-2.0
/*
 * Control socket: one JSON object a line, as the daemon's.
 *
 *	{"command": "fault", "name": NAME}	begin afresh with that fault
 *	{"command": "fire"}			a driver of the guest is bound
 *	{"command": "state"}			what happened since the fault began
 *	{"command": "list"}			all faults
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/socket.h"
#include "liar.h"

static int listener = -1;
static const char *listener_path;

static int list_one(const struct fault *fault, void *context)
{
	bool again = fault->act == ACT_LATE && fault->outcome == REFUSED;
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s?, s:b, s:b, s:b}", "name", fault->name,
				  "outcome", outcome_name(fault->outcome), "step",
				  step_name(fault->step), "expect", fault->expect,
				  "slow", fault->step == STEP_PING,
				  "own_bus", fault_needs_bus(fault), "again", again);

	return entry ? json_array_append_new(context, entry) : -1;
}

static json_t *do_list(void)
{
	json_t *list = json_array();

	fault_each(list_one, list);
	return json_pack("{s:b, s:o}", "ok", 1, "faults", list);
}

static json_t *do_state(struct liar *liar)
{
	const char *complaint = liar->complaint ? : liar->bus.host.why_dead;
	json_t *requests = json_object();
	unsigned int i;

	for (i = STEP_NONE; i < STEPS; i++)
		if (liar->requests[i])
			json_object_set_new(requests, step_name((enum step)i),
					    json_integer((json_int_t)liar->requests[i]));
	return json_pack("{s:b, s:s, s:I, s:i, s:o, s:I, s:I, s:I, s:s?}", "ok", 1,
			 "fault", liar->fault->name, "struck", (json_int_t)liar->struck,
			 "guest", (int)liar_guest_state(liar), "requests", requests,
			 "replies", (json_int_t)liar->replies,
			 "events", (json_int_t)liar->events,
			 "left", (json_int_t)liar->flood, "complaint", complaint);
}

static json_t *do_fault(struct liar *liar, const char *name)
{
	const struct fault *fault = name ? fault_find(name) : NULL;

	if (!fault)
		return json_pack("{s:b, s:s}", "ok", 0, "error", "no such fault");
	liar_start(liar, fault);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *command(struct liar *liar, const char *line)
{
	json_t *request = json_loads(line, 0, NULL);
	const char *name = json_string_value(json_object_get(request, "command"));
	json_t *answer;

	liar->active_ns = clock_ns();
	if (!name) {
		answer = json_pack("{s:b, s:s}", "ok", 0, "error", "not a command");
	} else if (!strcmp(name, "fault")) {
		answer = do_fault(liar, json_string_value(json_object_get(request, "name")));
	} else if (!strcmp(name, "fire")) {
		wire_fire(liar);
		answer = json_pack("{s:b}", "ok", 1);
	} else if (!strcmp(name, "state")) {
		answer = do_state(liar);
	} else if (!strcmp(name, "list")) {
		answer = do_list();
	} else {
		answer = json_pack("{s:b, s:s}", "ok", 0, "error", "no such command");
	}
	json_decref(request);
	return answer;
}

/* A client sends a line at a time and waits for its answer. */
static void client_ready(void *context, int fd, uint32_t events)
{
	struct liar *liar = context;
	char line[512];
	json_t *answer;
	char *text;
	ssize_t got;

	(void)events;
	got = recv(fd, line, sizeof(line) - 1, 0);
	if (got <= 0) {
		loop_remove(&liar->loop, fd);
		close(fd);
		return;
	}
	line[got] = '\0';
	answer = command(liar, line);
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	if (!text)
		return;
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		log_warning("a client of the control socket went away");
	free(text);
}

static void listener_ready(void *context, int fd, uint32_t events)
{
	struct liar *liar = context;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (client >= 0 && loop_add(&liar->loop, client, EPOLLIN, client_ready, liar))
		close(client);
}

int command_open(struct liar *liar, const char *path)
{
	struct error err;

	listener = socket_listen(path, NULL, &err);
	if (listener < 0) {
		fprintf(stderr, "pvpci-liar: %s\n", err.text);
		return -1;
	}
	listener_path = path;
	return loop_add(&liar->loop, listener, EPOLLIN, listener_ready, liar);
}

void command_close(struct liar *liar)
{
	if (listener < 0)
		return;
	loop_remove(&liar->loop, listener);
	close(listener);
	unlink(listener_path);
	listener = -1;
}
