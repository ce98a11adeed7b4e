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

int desk_open(const char *functions)
{
	struct error err;

	if (sim_open(&sim, functions, "") || loop_open(&loop))
		return -1;
	snprintf(path, sizeof(path), "/tmp/pvpci-desk-%d", (int)getpid());
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
