// SPDX-License-Identifier: GPL-2.0
/*
 * A connection to pvpcid.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define ANSWER_MAX_BYTES	(16U << 20)

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int client_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

static int send_all(int fd, const char *text, size_t bytes)
{
	while (bytes) {
		ssize_t sent = send(fd, text, bytes, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		text += sent;
		bytes -= (size_t)sent;
	}
	return 0;
}

static int send_line(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int ret;

	if (!text)
		return -1;
	ret = send_all(fd, text, strlen(text));
	free(text);
	return ret ? ret : send_all(fd, "\n", 1);
}

/* A line without its end, to be freed; NULL with errno. */
static char *receive_line(int fd, int timeout_ms)
{
	long long end = now_ms() + timeout_ms;
	size_t room = 0, bytes = 0;
	char *line = NULL;

	for (;;) {
		struct pollfd pollfd = { .fd = fd, .events = POLLIN };
		long long left = end - now_ms();
		char *more;
		ssize_t got;

		if (bytes == room) {
			room = room ? room * 2 : 4096;
			more = room <= ANSWER_MAX_BYTES ? realloc(line, room) : NULL;
			if (!more)
				break;
			line = more;
		}
		if (left <= 0 || !poll(&pollfd, 1, (int)left)) {
			errno = ETIMEDOUT;
			break;
		}
		got = recv(fd, line + bytes, room - bytes, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0) {
			if (!got)
				errno = ECONNRESET;
			break;
		}
		bytes += (size_t)got;
		if (line[bytes - 1] == '\n') {
			line[bytes - 1] = '\0';
			return line;
		}
	}
	free(line);
	return NULL;
}

static int no_daemon(const char *path, const char *what)
{
	fprintf(stderr, "pvpcictl: %s: %s: %s\n", path, what, strerror(errno));
	return STATUS_NO_DAEMON;
}

static int take_answer(const char *path, const char *line, json_t **answer)
{
	json_t *object = json_loads(line, 0, NULL);

	if (!json_is_object(object)) {
		errno = EBADMSG;
		json_decref(object);
		return no_daemon(path, "does not speak as pvpcid does");
	}
	*answer = object;
	return json_is_true(json_object_get(object, "ok")) ? STATUS_OK : STATUS_REFUSED;
}

int client_exchange(const char *path, json_t *request, int timeout_ms, json_t **answer)
{
	int fd = client_connect(path);
	char *line = NULL;
	int status;

	*answer = NULL;
	if (fd < 0) {
		json_decref(request);
		return no_daemon(path, "no pvpcid");
	}
	if (!send_line(fd, request))
		line = receive_line(fd, timeout_ms);
	json_decref(request);
	if (line)
		status = take_answer(path, line, answer);
	else
		status = no_daemon(path, "no answer");
	free(line);
	close(fd);
	return status;
}

void client_error(const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	fprintf(stderr, "pvpcictl: %s\n", error ? error : "refused without a reason");
}

int client_ask(const char *path, json_t *request, int timeout_ms, json_t **answer)
{
	int status = client_exchange(path, request, timeout_ms, answer);

	if (status != STATUS_REFUSED)
		return status;
	client_error(*answer);
	json_decref(*answer);
	*answer = NULL;
	return status;
}

void client_absolute(json_t *object, const char *key)
{
	const char *path = json_string_value(json_object_get(object, key));
	char *here;

	if (!path || !*path || *path == '/')
		return;
	here = getcwd(NULL, 0);
	if (here)
		json_object_set_new(object, key, json_sprintf("%s/%s", here, path));
	free(here);
}
