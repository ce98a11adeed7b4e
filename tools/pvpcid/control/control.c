// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: connections and lines.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "bus/bus.h"
#include "control/control.h"
#include "io/loop.h"
#include "io/socket.h"

#define READ_BYTES	4096
#define OUT_MAX_BYTES	(8U << 20)
#define IDLE_S		60U		/* a client that says nothing */
#define STALLED_S	10U		/* half a line, or answers not taken */
#define IDLE_NS		(IDLE_S * 1000000000ULL)
#define STALLED_NS	(STALLED_S * 1000000000ULL)

json_t *control_error(const char *format, ...)
{
	char text[768];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* What a client sent may be cut in the middle of a character here. */
	text_clean(text, sizeof(text), text);
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

static bool client_waits(const struct control_client *client)
{
	return client->eject.pending || client->opening || client->add_count || client->wish ||
	       client->ns.check;
}

static void client_close(struct control_client *client)
{
	struct control *control = client->control;

	control_eject_forget(client);
	control_rebalance_forget(client);
	control_add_forget(client);
	control_ns_forget(client);
	loop_remove(control->loop, client->fd);
	close(client->fd);
	free(client->in);
	free(client->out);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
	control->count--;
}

static void client_send(struct control_client *client)
{
	while (client->out_sent < client->out_bytes) {
		ssize_t sent = send(client->fd, client->out + client->out_sent,
				    client->out_bytes - client->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			loop_change(client->control->loop, client->fd, EPOLLOUT);
			return;
		}
		if (sent < 0) {
			client->closing = true;
			client->out_sent = client->out_bytes;
			break;
		}
		client->out_sent += (size_t)sent;
		client->heard_ns = clock_ns();
	}
	client->out_bytes = 0;
	client->out_sent = 0;
	if (client->closing)
		client_close(client);
	else
		loop_change(client->control->loop, client->fd, client->ended ? 0 : EPOLLIN);
}

/* Takes the reference. */
static void client_answer(struct control_client *client, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	size_t bytes = text ? strlen(text) : 0;
	char *out;

	json_decref(answer);
	out = text && client->out_bytes + bytes < OUT_MAX_BYTES ?
	      realloc(client->out, client->out_bytes + bytes + 1) : NULL;
	if (!out) {
		client->closing = true;
	} else {
		client->out = out;
		memcpy(out + client->out_bytes, text, bytes);
		out[client->out_bytes + bytes] = '\n';
		client->out_bytes += bytes + 1;
	}
	free(text);
}

static json_t *execute_line(struct control_client *client, const char *line, size_t bytes)
{
	json_error_t error;
	json_t *request, *answer;

	request = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, &error);
	if (!request)
		return control_error("not a JSON object: %s", error.text);
	if (json_is_object(request))
		answer = control_execute(client, request);
	else
		answer = control_error("a request is a JSON object");
	json_decref(request);
	return answer;
}

/* Answer complete lines, up to one that has to wait. */
static void client_lines(struct control_client *client)
{
	while (!client_waits(client) && !client->closing) {
		char *end = client->in_bytes ? memchr(client->in, '\n', client->in_bytes) : NULL;
		size_t bytes;
		json_t *answer;

		if (!end)
			break;
		bytes = (size_t)(end - client->in);
		answer = execute_line(client, client->in, bytes);
		client->in_bytes -= bytes + 1;
		memmove(client->in, end + 1, client->in_bytes);
		if (answer || !client_waits(client))
			client_answer(client, answer);
	}
	if (client->in_bytes >= CONTROL_LINE_BYTES) {
		client_answer(client, control_error("a line is longer than %u bytes",
						    CONTROL_LINE_BYTES));
		client->closing = true;
	}
	if (client->ended && !client_waits(client))
		client->closing = true;
	client_send(client);
}

static int client_room(struct control_client *client)
{
	size_t room = client->in_room ? client->in_room * 2 : READ_BYTES;
	char *in;

	if (client->in_room - client->in_bytes >= READ_BYTES)
		return 0;
	in = realloc(client->in, room);
	if (!in)
		return -1;
	client->in = in;
	client->in_room = room;
	return client_room(client);
}

static void client_ready(void *context, int fd, uint32_t events)
{
	struct control_client *client = context;
	ssize_t got;

	if (events & EPOLLOUT) {
		client_send(client);
		return;
	}
	/* While its request waits, no more is taken than one line may have. */
	if (client->in_bytes >= CONTROL_LINE_BYTES) {
		client_close(client);
		return;
	}
	got = client_room(client) ? -1 : recv(fd, client->in + client->in_bytes,
					      client->in_room - client->in_bytes, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0 || (!got && (events & (EPOLLHUP | EPOLLERR) || client->ended))) {
		client_close(client);
		return;
	}
	/* Half closed: nothing more comes, but what was asked is answered. */
	client->ended = !got;
	client->in_bytes += (size_t)got;
	client->heard_ns = clock_ns();
	client_lines(client);
}

static void listener_ready(void *context, int fd, uint32_t events)
{
	struct control *control = context;
	struct control_client *client = NULL;
	unsigned int i;
	int accepted;

	(void)events;
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (accepted < 0)
		return;
	for (i = 0; i < CONTROL_CLIENTS && !client; i++)
		if (control->clients[i].fd < 0)
			client = &control->clients[i];
	if (!client || loop_add(control->loop, accepted, EPOLLIN, client_ready, client)) {
		static const char full[] =
			"{\"ok\":false,\"error\":\"too many control connections\"}\n";

		send(accepted, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(accepted);
		return;
	}
	client->control = control;
	client->fd = accepted;
	client->heard_ns = clock_ns();
	control->count++;
}

void control_answer(struct control_client *client, json_t *answer)
{
	client_answer(client, answer);
	client_lines(client);
}

static void client_tick(struct control_client *client, uint64_t now_ns)
{
	uint64_t silent = now_ns > client->heard_ns ? now_ns - client->heard_ns : 0;

	if (client->eject.pending) {
		control_eject_tick(client, now_ns);
		return;
	}
	if (client->wish) {
		control_rebalance_tick(client, now_ns);
		return;
	}
	if (client->add_count || client->opening || client->ns.check)
		return;
	if (silent > STALLED_NS && client->out_bytes) {
		client_close(client);
	} else if (silent > IDLE_NS || (silent > STALLED_NS && client->in_bytes)) {
		client_answer(client, control_error(client->in_bytes ?
						    "half a line, and then nothing for %u seconds" :
						    "nothing was asked for %u seconds",
						    client->in_bytes ? STALLED_S : IDLE_S));
		client->closing = true;
		client_send(client);
	}
}

void control_tick(struct control *control, uint64_t now_ns)
{
	unsigned int i;

	for (i = 0; control->count && i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			client_tick(&control->clients[i], now_ns);
}

int control_open(struct control *control, const char *path, struct error *err)
{
	unsigned int i;

	control->path = path;
	control->listener = -1;
	control->count = 0;
	control->adding = 0;
	control->opening = 0;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].fd = -1;
	if (!path)
		return 0;
	control->listener = socket_listen(path, NULL, err);
	if (control->listener < 0)
		return -1;
	if (!loop_add(control->loop, control->listener, EPOLLIN, listener_ready, control))
		return 0;
	error_set(err, "cannot wait for control connections: %s", strerror(errno));
	control_close(control);
	return -1;
}

void control_close(struct control *control)
{
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			client_close(&control->clients[i]);
	if (control->listener < 0)
		return;
	loop_remove(control->loop, control->listener);
	socket_unlisten(control->listener, control->path);
	control->listener = -1;
}
