// SPDX-License-Identifier: GPL-2.0
/*
 * blockio: both engines, more operations than the ring holds, short files.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/blockio_engine.h"
#include "model_files.h"
#include "nvme_tests.h"

#define BLOCKS	2048

static void engine(void **state)
{
	char path[64];
	struct blockio *io = open_file(path, 4096, false);

	(void)state;
	assert_string_equal(blockio_engine_name(io), getenv("PVPCI_BLOCKIO"));
	assert_true(blockio_fd(io) >= 0);
	assert_int_equal(blockio_bytes(io), 4096);
	assert_int_equal(blockio_align(io), 1);
	assert_false(blockio_is_device(io));
	blockio_close(io);
	unlink(path);
}

/* What a ring of ours does when it is told something else: of each kind one. */
static void forbidden(void **state)
{
	static const unsigned int opcodes[] = {
		IORING_OP_NOP, IORING_OP_OPENAT, IORING_OP_UNLINKAT, IORING_OP_RENAMEAT,
		IORING_OP_CONNECT, IORING_OP_SENDMSG, IORING_OP_RECVMSG, IORING_OP_EPOLL_CTL,
		IORING_OP_SPLICE, IORING_OP_TIMEOUT, IORING_OP_CLOSE,
	};
	char path[64], data[512];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct blockio *io = open_file(path, 4096, false);
	struct io_uring *ring = io->state;	/* its first member */
	struct done done = { 0 };
	struct io_uring_cqe *cqe;
	unsigned int i;

	(void)state;
	if (strcmp(blockio_engine_name(io), "uring")) {
		blockio_close(io);
		unlink(path);
		skip();		/* there are no rings */
	}
	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_rw((int)opcodes[i], sqe, -1, path, 0, 0);
		/* An entry that is refused ends the batch. */
		assert_int_equal(io_uring_submit(ring), 1);
		assert_int_equal(io_uring_wait_cqe(ring, &cqe), 0);
		if (cqe->res != -EACCES)
			fail_msg("opcode %u: %d", opcodes[i], cqe->res);
		io_uring_cqe_seen(ring, cqe);
	}
	/* Nor may it be given buffers, files or whom to notify. */
	assert_int_equal(io_uring_register_buffers(ring, &iov, 1), -EACCES);
	assert_int_equal(io_uring_register_files(ring, &io->file, 1), -EACCES);
	assert_int_equal(io_uring_register_eventfd(ring, io->file), -EACCES);
	assert_int_equal(blockio_readv(io, &iov, 1, 0, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, sizeof(data));
	blockio_close(io);
	unlink(path);
}

/* Two thousand at once: eight times the submission queue. */
static void many(void **state)
{
	static struct done done[BLOCKS];
	static uint8_t data[BLOCKS][512];
	static struct iovec iov[BLOCKS];
	char path[64];
	struct blockio *io = open_file(path, BLOCKS * 512, false);
	unsigned int i, n;

	(void)state;
	memset(done, 0, sizeof(done));
	for (i = 0; i < BLOCKS; i++) {
		iov[i] = (struct iovec){ data[i], 512 };
		assert_int_equal(blockio_readv(io, &iov[i], 1, i * 512, count, &done[i]), 0);
	}
	blockio_drain(io);
	for (i = 0; i < BLOCKS; i++) {
		assert_int_equal(done[i].calls, 1);
		assert_int_equal(done[i].result, 512);
		for (n = 0; n < 512; n += 73)
			assert_int_equal(data[i][n], (uint8_t)(i * 7 + n));
	}
	memset(done, 0, sizeof(done));
	for (i = 0; i < BLOCKS; i++) {
		memset(data[i], (int)i, 512);
		assert_int_equal(blockio_writev(io, &iov[i], 1, (BLOCKS - 1 - i) * 512, count,
						&done[i]), 0);
	}
	blockio_drain(io);
	for (i = 0; i < BLOCKS; i++)
		assert_int_equal(done[i].result, 512);
	assert_int_equal(blockio_readv(io, &iov[0], 1, 512, count, &done[0]), 0);
	blockio_drain(io);
	assert_int_equal(data[0][0], (uint8_t)(BLOCKS - 2));
	blockio_close(io);
	unlink(path);
}

/* Nothing is done before a push or a poll; close waits. */
static void close_waits(void **state)
{
	struct done done[2] = {};
	static uint8_t data[65536];
	struct iovec iov = { data, sizeof(data) };
	char path[64];
	struct blockio *io = open_file(path, 65536, false);

	(void)state;
	assert_int_equal(blockio_writev_durable(io, &iov, 1, 0, count, &done[0]), 0);
	assert_int_equal(blockio_flush(io, count, &done[1]), 0);
	assert_int_equal(done[0].calls + done[1].calls, 0);
	blockio_close(io);
	assert_int_equal(done[0].calls, 1);
	assert_int_equal(done[0].result, sizeof(data));
	assert_int_equal(done[1].calls, 1);
	assert_int_equal(done[1].result, 0);
	unlink(path);
}

static void end_of_file(void **state)
{
	struct done done = {};
	static uint8_t data[8192];
	struct iovec iov[2] = { { data, 4096 }, { data + 4096, 4096 } };
	char path[64];
	struct blockio *io = open_file(path, 6144, false);

	(void)state;
	assert_int_equal(blockio_readv(io, iov, 2, 0, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, 6144);
	assert_int_equal(blockio_readv(io, iov, 2, 8192, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, 0);
	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_int_equal(blockio_bytes(io), 1 << 20);
	blockio_close(io);
	unlink(path);
}

static void zero_and_discard(void **state)
{
	struct done done = {};
	static uint8_t data[65536], none[65536];
	struct iovec iov = { data, sizeof(data) };
	struct stat st;
	char path[64];
	struct blockio *io = open_file(path, 65536, false);

	(void)state;
	assert_int_equal(blockio_zero(io, 512, 1024, false, count, &done), 0);
	assert_int_equal(blockio_zero(io, 8192, 8192, true, count, &done), 0);
	assert_int_equal(blockio_discard(io, 32768, 16384, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.calls, 3);
	assert_int_equal(blockio_readv(io, &iov, 1, 0, count, &done), 0);
	blockio_drain(io);
	assert_memory_equal(data + 512, none, 1024);
	assert_memory_equal(data + 8192, none, 8192);
	assert_memory_equal(data + 32768, none, 16384);
	assert_memory_not_equal(data + 16384, none, 16384);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_blocks * 512 <= 65536 - 8192 - 16384 + 4096);
	assert_int_equal(st.st_size, 65536);
	blockio_close(io);
	unlink(path);
}

/* A file system that cannot zero a range: zeroes are written. memfd is tmpfs. */
static void zero_without_fallocate(void **state)
{
	int file = memfd_create("pvpci-unit", 0);
	static uint8_t data[600000];
	struct done done = {};
	struct error err = {};
	char path[64];
	struct blockio *io;
	unsigned int i;

	(void)state;
	memset(data, 1, sizeof(data));
	assert_int_equal(write(file, data, sizeof(data)), sizeof(data));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	io = blockio_open(path, false, false, &err);
	assert_non_null(io);
	assert_int_equal(blockio_zero(io, 1, 599998, false, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, 599998);
	assert_int_equal(pread(file, data, sizeof(data), 0), sizeof(data));
	assert_int_equal(data[0], 1);
	assert_int_equal(data[599999], 1);
	for (i = 1; i < 599999; i++)
		assert_int_equal(data[i], 0);
	blockio_close(io);
	close(file);
}

/* A loop device over @file; its path, or NULL where there are none. */
static const char *loop_device(int file, char *path, size_t bytes, int *device)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);

	close(control);
	snprintf(path, bytes, "/dev/loop%d", number);
	*device = number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (*device < 0)
		return NULL;
	if (!ioctl(*device, LOOP_SET_FD, file))
		return path;
	close(*device);
	return NULL;
}

static void block_device(void **state)
{
	static uint8_t data[1 << 20], none[16384];
	char path[64], loop[32];
	struct done done = {};
	struct error err = {};
	struct blockio *io;
	int file, device;

	(void)state;
	file = open(host_file(path, sizeof(data)), O_RDWR | O_CLOEXEC);
	unlink(path);
	if (!loop_device(file, loop, sizeof(loop), &device)) {
		/* No loop devices here: nothing to test. */
		print_message("# no loop device\n");
		close(file);
		return;
	}
	io = blockio_open(loop, false, false, &err);
	assert_non_null(io);
	assert_true(blockio_is_device(io));
	assert_int_equal(blockio_bytes(io), sizeof(data));
	assert_int_equal(blockio_zero(io, 8192, 4096, false, count, &done), 0);
	assert_int_equal(blockio_zero(io, 16384, 8192, true, count, &done), 0);
	assert_int_equal(blockio_discard(io, 65536, 16384, count, &done), 0);
	assert_int_equal(blockio_flush(io, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.calls, 4);
	assert_int_equal(fsync(device), 0);
	assert_int_equal(pread(device, data, sizeof(data), 0), sizeof(data));
	assert_memory_equal(data + 8192, none, 4096);
	assert_memory_equal(data + 16384, none, 8192);
	assert_memory_equal(data + 65536, none, 16384);
	assert_memory_not_equal(data + 12288, none, 4096);
	assert_int_equal(ftruncate(file, 2 * sizeof(data)), 0);
	assert_int_equal(ioctl(device, LOOP_SET_CAPACITY, 0), 0);
	assert_int_equal(blockio_bytes(io), 2 * sizeof(data));
	blockio_close(io);
	ioctl(device, LOOP_CLR_FD, 0);
	close(device);
	close(file);
}

/* Unaligned memory is copied for O_DIRECT; what finds no memory for that waits. */
static void many_copies(void **state)
{
	enum { OPS = 100, BYTES = 512 * 1024 };
	static uint8_t data[BYTES + 4] __attribute__((aligned(4096)));
	struct iovec iov = { data + 4, BYTES };
	struct done done[OPS] = {};
	struct error err = {};
	char path[64];
	struct blockio *io;
	unsigned int i;

	(void)state;
	host_file(path, BYTES);
	io = blockio_open(path, false, true, &err);
	assert_non_null(io);
	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < OPS; i++)
		assert_int_equal(i & 1 ? blockio_writev(io, &iov, 1, 0, count, &done[i]) :
				 blockio_readv(io, &iov, 1, 0, count, &done[i]), 0);
	blockio_drain(io);
	for (i = 0; i < OPS; i++) {
		assert_int_equal(done[i].calls, 1);
		assert_int_equal(done[i].result, BYTES);
	}
	assert_int_equal(blockio_stats(io)->bounced, OPS);
	blockio_close(io);
	unlink(path);
}

static void errors(void **state)
{
	static uint8_t data[4096];
	struct iovec iov = { data, sizeof(data) };
	struct done done = {};
	struct error err = {};
	char path[64];
	struct blockio *io = open_file(path, 65536, true), *second;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int file;

	(void)state;
	assert_int_equal(blockio_writev(io, &iov, 1, 0, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, -EBADF);
	iov.iov_base = (void *)1;
	assert_int_equal(blockio_readv(io, &iov, 1, 0, count, &done), 0);
	blockio_drain(io);
	assert_int_equal(done.result, -EFAULT);
	/* Readers share; a writer is locked out, with a sentence. */
	second = blockio_open(path, true, false, &err);
	assert_non_null(second);
	blockio_close(second);
	assert_null(blockio_open(path, false, false, &err));
	assert_non_null(strstr(err.text, "is locked: this pvpcid has it open already"));
	blockio_close(io);
	io = blockio_open(path, false, false, &err);
	assert_non_null(io);
	assert_null(blockio_open(path, true, false, &err));
	assert_non_null(strstr(err.text, "this pvpcid has it open already"));
	blockio_close(io);
	/* Somebody else's lock: of an open file of its own, as another process has it. */
	file = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
	assert_null(blockio_open(path, false, false, &err));
	assert_non_null(strstr(err.text, "is locked: it is in use"));
	assert_null(blockio_open(path, true, false, &err));
	assert_non_null(strstr(err.text, "it is open for writing"));
	close(file);
	assert_null(blockio_open("/nonexistent/file", false, false, &err));
	assert_non_null(strstr(err.text, "No such file"));
	unlink(path);
}

const struct CMUnitTest model_blockio_tests[] = {
	cmocka_unit_test(engine),
	cmocka_unit_test(forbidden),
	cmocka_unit_test(many),
	cmocka_unit_test(close_waits),
	cmocka_unit_test(end_of_file),
	cmocka_unit_test(zero_and_discard),
	cmocka_unit_test(zero_without_fallocate),
	cmocka_unit_test(block_device),
	cmocka_unit_test(many_copies),
	cmocka_unit_test(errors),
};

const size_t model_blockio_count = sizeof(model_blockio_tests) / sizeof(model_blockio_tests[0]);
