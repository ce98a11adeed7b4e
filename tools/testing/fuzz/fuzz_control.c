// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: the input is what a client sends, in pieces.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "base/error.h"
#include "fuzz.h"
#include "io/loop.h"
#include "bus/pace.h"
#include "sim.h"

#define FUNCTIONS \
	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 4," \
	"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"

static struct sim sim;
static struct loop loop;
static struct control control;
static struct pace pace;
static char path[64];

static void eject_done(void *context, uint64_t eject_id, int result)
{
	(void)context;
	control_eject_done(&control, eject_id, result);
}

static void setup(void)
{
	struct error err;

	if (sim_open(&sim, FUNCTIONS, "\"vectors\": 8, \"aperture\": \"1M\",") || loop_open(&loop))
		__builtin_trap();
	sim.bus.watch.eject_done = eject_done;
	control.loop = &loop;
	control.bus = &sim.bus;
	control.pace = &pace;
	snprintf(path, sizeof(path), "/tmp/pvpci-fuzz-%d", (int)getpid());
	if (control_open(&control, path, &err) || sim_up(&sim))
		__builtin_trap();
	log_setup(LOG_LEVEL_ERROR - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct input in = { data, bytes };
	uint8_t piece[256];
	int fd;

	if (!control.bus)
		setup();
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		__builtin_trap();
	loop_wait(&loop, 0);
	while (in.left) {
		size_t want = input_byte(&in);
		size_t got = in.left < want ? in.left : want;

		input_bytes(&in, piece, want);
		if (got && send(fd, piece, got, MSG_NOSIGNAL) < 0)
			break;
		loop_wait(&loop, 0);
		bus_poll(&sim.bus);
		if (recv(fd, piece, sizeof(piece), MSG_DONTWAIT) == 0)
			break;
	}
	close(fd);
	/* The daemon notices, and is as it was. */
	while (control.count)
		loop_wait(&loop, 1000000);
	return 0;
}
