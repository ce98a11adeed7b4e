// SPDX-License-Identifier: GPL-2.0
/*
 * A control socket over a bus whose guest is simulated.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "desk.h"
#include "base/error.h"
#include "unit.h"

struct sim sim;
struct loop loop;
struct control control;
struct pace pace;
char path[64];

static void eject_done(void *context, uint64_t eject_id, int result)
{
	(void)context;
	control_eject_done(&control, eject_id, result);
}

int desk_open(const char *functions)
{
	struct error err;

	if (sim_open(&sim, functions, "") || loop_open(&loop))
		return -1;
	snprintf(path, sizeof(path), "/tmp/pvpci-desk-%d", (int)getpid());
	sim.bus.watch.eject_done = eject_done;
	control.loop = &loop;
	control.bus = &sim.bus;
	control.pace = &pace;
	return control_open(&control, path, &err);
}

int desk_close(void **state)
{
	(void)state;
	control_close(&control);
	loop_close(&loop);
	sim_close(&sim);
	return 0;
}

int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void turn(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		loop_wait(&loop, 0);
}

void send_line(int fd, const char *line)
{
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
	turn();
}

json_t *ask(int fd, const char *line)
{
	static char text[1 << 16];
	ssize_t got;

	send_line(fd, line);
	got = recv(fd, text, sizeof(text) - 1, 0);
	if (got <= 0)
		return NULL;
	assert_int_equal(text[got - 1], '\n');
	text[got - 1] = '\0';
	return json_loads(text, 0, NULL);
}

void expect_answer(int fd, const char *line, const char *error)
{
	json_t *answer = ask(fd, line);

	assert_non_null(answer);
	if (error) {
		assert_true(json_is_false(json_object_get(answer, "ok")));
		if (!strstr(json_string_value(json_object_get(answer, "error")), error))
			fail_msg("%s -> %s", line,
				 json_string_value(json_object_get(answer, "error")));
	} else if (!json_is_true(json_object_get(answer, "ok"))) {
		fail_msg("%s -> %s", line, json_string_value(json_object_get(answer, "error")));
	}
	json_decref(answer);
}

void expect_text(int fd, const char *wanted)
{
	char text[8192] = { 0 };
	ssize_t got;

	turn();
	got = recv(fd, text, sizeof(text) - 1, 0);
	if (!wanted)
		assert_int_equal(got, -1);
	else if (got <= 0 || !strstr(text, wanted))
		fail_msg("no %s in %s", wanted, text);
}
