// SPDX-License-Identifier: GPL-2.0
/*
 * blockio: a file whose server does not answer, whatever it is asked: nobody waits for it
 * but who wants it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "io/blockio.h"
#include "model_faults.h"
#include "model_files.h"
#include "nvme_tests.h"

/* A file whose server is gone, with more reads than it has threads: another is written. */
static void hung_files(void **state)
{
	char path[2][64], data[512] = "";
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct done hung = { 0 }, done = { 0 };
	struct blockio *io[2];
	unsigned int i, n;

	(void)state;
	if (strcmp(getenv("PVPCI_BLOCKIO"), "threads"))
		skip();		/* io_uring's reads are the kernel's: nothing holds them */
	for (i = 0; i < 2; i++)
		io[i] = open_file(path[i], 4096, false);
	model_read_hold(path[0]);
	for (n = 0; n < 64; n++)
		assert_int_equal(blockio_readv(io[0], &iov, 1, 0, count, &hung), 0);
	blockio_push(io[0]);
	for (n = 0; n < 1000; n++) {
		assert_int_equal(blockio_writev(io[1], &iov, 1, 0, count, &done), 0);
		blockio_drain(io[1]);
	}
	assert_int_equal(done.calls, 1000);
	assert_int_equal(hung.calls, 0);
	model_read_hold(NULL);
	blockio_drain(io[0]);
	assert_int_equal(hung.calls, 64);
	for (i = 0; i < 2; i++) {
		blockio_close(io[i]);
		unlink(path[i]);
	}
}

/* A server that does not answer a close: nobody waits, and another is written meanwhile. */
static void hung_close(void **state)
{
	char path[2][64], data[512] = "";
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct done done = { 0 };
	struct blockio *io[2];
	struct error err;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++)
		io[i] = open_file(path[i], 4096, false);
	assert_int_equal(blockio_writev(io[0], &iov, 1, 0, count, &done), 0);
	assert_false(blockio_closed(io[0]));
	blockio_drain(io[0]);
	model_flushes();
	model_read_hold(path[0]);
	for (i = 0; i < 100; i++) {
		assert_false(blockio_closed(io[0]));
		assert_int_equal(blockio_writev(io[1], &iov, 1, 0, count, &done), 0);
		blockio_drain(io[1]);
	}
	assert_int_equal(done.calls, 101);
	model_read_hold(NULL);
	while (!blockio_closed(io[0]))
		usleep(1000);
	/* What was written was flushed before. */
	assert_int_equal(model_flushes(), 1);
	blockio_close(io[0]);
	io[0] = blockio_open(path[0], false, false, &err);
	assert_non_null(io[0]);
	for (i = 0; i < 2; i++) {
		blockio_close(io[i]);
		unlink(path[i]);
	}
}

/* The same of protecting it: it is done when it is written down, and only one at a time. */
static void hung_protect(void **state)
{
	struct done done = { 0 };
	char path[64], data[512];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct blockio *io = open_file(path, 4096, false);
	struct done reads = { 0 };
	struct error err;

	(void)state;
	model_read_hold(path);
	assert_int_equal(blockio_protect(io, true, count, &done), 0);
	assert_int_equal(blockio_protect(io, true, count, &done), -EBUSY);
	assert_false(blockio_poll(io));
	assert_int_equal(done.calls, 0);
	model_read_hold(NULL);
	assert_int_equal(blockio_readv(io, &iov, 1, 0, count, &reads), 0);
	blockio_drain(io);
	assert_int_equal(reads.calls, 1);
	assert_int_equal(done.calls, 1);
	assert_int_equal(done.result, 0);
	blockio_close(io);
	io = blockio_open(path, false, false, &err);
	assert_non_null(io);
	assert_true(blockio_protected(io));
	assert_int_equal(blockio_protect(io, false, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.calls, 2);
	blockio_close(io);
	unlink(path);
}

/* A server that does not answer an open: others are opened, and the wait has an end. */
static void hung_open(void **state)
{
	struct blockio *io, *other;
	char path[2][64];
	struct error err;

	(void)state;
	other = open_file(path[0], 4096, false);
	host_file(path[1], 4096);
	model_open_hold(path[1]);
	assert_false(blockio_ready(path[1], false, false, false));
	blockio_close(other);
	other = blockio_open(path[0], false, false, &err);
	assert_non_null(other);
	assert_false(blockio_ready(path[1], false, false, false));
	while (!blockio_ready(path[1], false, false, false))
		usleep(1000);
	assert_null(blockio_open(path[1], false, false, &err));
	assert_non_null(strstr(err.text, "does not answer for 1 s"));
	/* One that is not wanted any more, and then the server is back: nobody holds the file. */
	assert_false(blockio_ready(path[1], false, false, false));
	blockio_forget(path[1], false, false);
	model_open_hold(NULL);
	while (!(io = blockio_open(path[1], false, false, &err)))
		assert_non_null(strstr(err.text, "it is in use"));
	blockio_close(io);
	/* Begun, ready, opened. */
	while (!blockio_ready(path[1], false, false, false))
		usleep(1000);
	io = blockio_open(path[1], false, false, &err);
	assert_non_null(io);
	assert_int_equal(blockio_bytes(io), 4096);
	blockio_close(io);
	blockio_close(other);
	unlink(path[0]);
	unlink(path[1]);
}

const struct CMUnitTest model_hung_tests[] = {
	cmocka_unit_test(hung_files),
	cmocka_unit_test(hung_close),
	cmocka_unit_test(hung_protect),
	cmocka_unit_test(hung_open),
};

const size_t model_hung_count = sizeof(model_hung_tests) / sizeof(model_hung_tests[0]);
