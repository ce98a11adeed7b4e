// SPDX-License-Identifier: GPL-2.0
/*
 * Files for tests of blockio, and what becomes of their operations.
 */
#include "base/error.h"
#include "io/blockio.h"
#include "model_files.h"
#include "nvme_tests.h"

void count(void *arg, ssize_t result)
{
	struct done *done = arg;

	done->calls++;
	done->result = result;
}

struct blockio *open_file(char *path, size_t bytes, bool readonly)
{
	struct error err = {};
	struct blockio *io = blockio_open(host_file(path, bytes), readonly, false, &err);

	if (!io)
		fail_msg("%s", err.text);
	return io;
}
