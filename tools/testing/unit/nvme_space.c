// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: space of the host: what "discard" gives back, and what "on_error"
 * does when there is none. With threads only: files are made to fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model_faults.h"
#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static blkcnt_t blocks(struct host *host)
{
	struct stat st;
	int file = open(host->file, O_RDONLY);

	/* What is written and not yet on disk has no place. */
	assert_int_equal(fsync(file), 0);
	assert_int_equal(fstat(file, &st), 0);
	close(file);
	return st.st_blocks;
}

static uint16_t discard_all(struct host *host)
{
	struct nvme_dsm_range range = { .blocks = htole32(2048) };
	struct nvme_sqe sqe = {
		.opcode = NVME_IO_DSM,
		.nsid = htole32(1),
		.prp1 = htole64(host->data),
		.cdw = { 0, htole32(NVME_DSM_AD) },
	};

	memcpy(host_mem(host, host->data), &range, sizeof(range));
	return host_run(host, 1, &sqe, NULL);
}

static void gives_back(void **state)
{
	struct host *host = host_new(512, ", \"discard\": \"unmap\"");
	blkcnt_t before = blocks(host);

	(void)state;
	host_ready(host);
	assert_int_equal(discard_all(host), 0);
	assert_true(blocks(host) < before);
	host_free(host);
}

/* A preallocated image stays preallocated. */
static void keeps_space(void **state)
{
	struct host *host = host_new(512, ", \"discard\": \"ignore\"");
	blkcnt_t before = blocks(host);
	static uint8_t none[4096];

	(void)state;
	host_ready(host);
	assert_int_equal(discard_all(host), 0);
	assert_int_equal(blocks(host), before);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 2048, NVME_WZ_DEAC), 0);
	assert_int_equal(blocks(host), before);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 8, 0), 0);
	assert_memory_equal(host_mem(host, host->data), none, sizeof(none));
	/* It does not promise what it does not do: DLFEAT. */
	assert_int_equal(host_admin(host, NVME_ADMIN_IDENTIFY, 1, 0, 0, NULL), 0);
	assert_int_equal(host_get(host, 33, 1), 0);
	host_free(host);
}

static struct nvme_sqe io(uint8_t opcode, struct host *host)
{
	struct nvme_sqe sqe = {
		.opcode = opcode, .nsid = htole32(1), .prp1 = htole64(host->data),
	};

	return sqe;
}

static const char *trouble(struct host *host, char text[256])
{
	return host->fn->ops->trouble(host->fn->model, text, 256) ? text : "";
}

static unsigned int resume(struct host *host)
{
	return host->fn->ops->resume(host->fn->model);
}

/* The write waits, reads go on; when there is space again it is done, and nothing failed. */
static void pause_and_resume(void **state)
{
	struct host *host = host_new(512, ", \"on_error\": \"pause\"");
	struct nvme_sqe write, read;
	struct nvme_cqe cqe;
	char text[256];

	(void)state;
	host_ready(host);
	assert_string_equal(trouble(host, text), "");
	assert_int_equal(resume(host), 0);
	memset(host_mem(host, host->data), 0x77, 512);
	write = io(NVME_IO_WRITE, host);
	model_file_fail(ENOSPC, 1);
	host_submit(host, 1, &write);
	host_ring(host, 1);
	host_poll(host);
	assert_false(host_reap(host, 1, &cqe));
	assert_string_equal(trouble(host, text), "namespace 1 is paused: No space left on device");
	read = io(NVME_IO_READ, host);
	read.prp1 = htole64(host->data + 4096);
	assert_int_equal(host_run(host, 1, &read, NULL), 0);
	assert_int_equal(host_rw(host, NVME_IO_FLUSH, 0, 1, 0), 0);
	assert_int_equal(resume(host), 1);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.cid), le16toh(write.cid));
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
	assert_string_equal(trouble(host, text), "");
	assert_int_equal(host_run(host, 1, &read, NULL), 0);
	assert_int_equal(*(uint8_t *)host_mem(host, host->data + 4096), 0x77);
	host_free(host);
}

/* Still no space: it waits on. Memory may have moved meanwhile. */
static void pause_again(void **state)
{
	struct host *host = host_new(512, ", \"on_error\": \"pause\"");
	struct nvme_sqe write;
	struct nvme_cqe cqe;
	char text[256];

	(void)state;
	host_ready(host);
	write = io(NVME_IO_WRITE, host);
	model_file_fail(ENOSPC, 2);
	host_submit(host, 1, &write);
	host_ring(host, 1);
	host_poll(host);
	assert_int_equal(resume(host), 1);
	host_poll(host);
	assert_false(host_reap(host, 1, &cqe));
	assert_string_not_equal(trouble(host, text), "");
	fakebus_detach(host->fn);
	assert_int_equal(resume(host), 1);
	fakebus_attach(host->fn);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
	host_free(host);
}

/* Who does not want to wait is not held: deletion of the queue, reset, shutdown. */
static void pause_ends(void **state)
{
	struct nvme_sqe delete = { .opcode = NVME_ADMIN_DELETE_SQ, .cdw = { htole32(1) } };
	struct host *host = host_new(512, ", \"on_error\": \"pause\"");
	struct nvme_sqe write;
	struct nvme_cqe cqe;
	char text[256];

	(void)state;
	host_ready(host);
	write = io(NVME_IO_WRITE, host);
	model_file_fail(ENOSPC, 1);
	host_submit(host, 1, &write);
	host_ring(host, 1);
	host_poll(host);
	assert_int_equal(host_run(host, 0, &delete, NULL), 0);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1 & NVME_SC_MASK, NVME_SC_ABORTED_SQ_DELETED);
	assert_string_equal(trouble(host, text), "");

	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	host_ready(host);
	model_file_fail(ENOSPC, 1);
	host_submit(host, 1, &write);
	host_ring(host, 1);
	host_poll(host);
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	assert_string_equal(trouble(host, text), "");
	assert_int_equal(resume(host), 0);

	host_ready(host);
	model_file_fail(ENOSPC, 1);
	host_submit(host, 1, &write);
	host_ring(host, 1);
	host_poll(host);
	host_write32(host, NVME_REG_CC, 0x00464001);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS) & 0xc, NVME_CSTS_SHST_DONE);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1 & NVME_SC_MASK, NVME_SC_CAPACITY);
	host_free(host);
}

/* Only what more space mends is waited for. */
static void not_paused(void **state)
{
	struct host *host = host_new(512, ", \"on_error\": \"pause\"");
	char text[256];

	(void)state;
	host_ready(host);
	model_file_fail(EIO, 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), NVME_SC_WRITE_FAULT);
	assert_string_equal(trouble(host, text), "");
	model_flush_fail(ENOSPC, 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA), NVME_SC_CAPACITY | DNR);
	assert_string_equal(trouble(host, text),
			    "namespace 1 has lost data: No space left on device");
	assert_int_equal(resume(host), 0);
	host_free(host);
	host = host_new(512, ", \"on_error\": \"report\"");
	host_ready(host);
	model_file_fail(ENOSPC, 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), NVME_SC_CAPACITY | DNR);
	host_free(host);
}

const struct CMUnitTest nvme_space_tests[] = {
	cmocka_unit_test(gives_back),
	cmocka_unit_test(keeps_space),
	cmocka_unit_test(pause_and_resume),
	cmocka_unit_test(pause_again),
	cmocka_unit_test(pause_ends),
	cmocka_unit_test(not_paused),
};

const size_t nvme_space_count = sizeof(nvme_space_tests) / sizeof(nvme_space_tests[0]);
