// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: what was written is on stable storage when the host is told so, and
 * the host is never told so when it is not. With threads only: fdatasync() is
 * counted and made to fail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model_faults.h"
#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static uint16_t flush(struct host *host)
{
	return host_rw(host, NVME_IO_FLUSH, 0, 1, 0);
}

/* The kernel tells of a failed writeback once: who asks again must not hear that all is well. */
static void failed_flush(void **state)
{
	static const struct {
		int error;
		uint16_t status;
	} rows[] = {
		{ EIO, NVME_SC_WRITE_FAULT | DNR },
		{ ENOSPC, NVME_SC_CAPACITY | DNR },
		{ EDQUOT, NVME_SC_CAPACITY | DNR },
		{ ENOMEM, NVME_SC_INTERNAL | DNR },
	};
	struct host *host;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host = host_new(512, "");
		host_ready(host);
		assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
		assert_int_equal(flush(host), 0);
		model_flush_fail(rows[i].error, 1);
		assert_int_equal(flush(host), rows[i].status);
		assert_int_equal(flush(host), rows[i].status);
		/* A reset mends nothing. */
		host_write32(host, NVME_REG_CC, 0);
		host_poll(host);
		host_ready(host);
		assert_int_equal(flush(host), rows[i].status);
		/* What promises to be durable is not, either. */
		assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA), rows[i].status);
		assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 1, NVME_RW_FUA),
				 rows[i].status);
		/* The rest goes on: the guest may want to save what it has. */
		assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
		assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
		host_free(host);
	}
}

static void failed_durable_write(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	model_flush_fail(EIO, 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA),
			 NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(flush(host), NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA),
			 NVME_SC_WRITE_FAULT | DNR);
	host_free(host);
}

/* A write that the file did not take lost nothing that was written before. */
static void refused_durable_write(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	model_file_fail(ENOSPC, 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA), NVME_SC_CAPACITY | DNR);
	assert_int_equal(flush(host), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, NVME_RW_FUA), 0);
	host_free(host);
}

/* Without the page cache nothing is dropped behind our back: the device is asked again. */
static void uncached(void **state)
{
	struct host *host = host_new(4096, ", \"direct\": true");

	(void)state;
	host_ready(host);
	model_flush_fail(EIO, 1);
	assert_int_equal(flush(host), NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(flush(host), 0);
	host_free(host);
}

/* Of two flushes at a time the kernel tells one: neither may succeed. */
static void two_flushes(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(1) };
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int i;

	(void)state;
	host_ready(host);
	model_flush_fail(EIO, 1);
	for (i = 0; i < 8; i++)
		host_submit(host, 1, &sqe);
	host_ring(host, 1);
	host_poll(host);
	for (i = 0; i < 8; i++) {
		assert_true(host_reap(host, 1, &cqe));
		assert_int_equal(le16toh(cqe.status) >> 1 & NVME_SC_MASK, NVME_SC_WRITE_FAULT);
	}
	host_free(host);
}

/* Flushes that come together are one call. */
static void together(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(1) };
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int i;

	(void)state;
	host_ready(host);
	model_flushes();
	for (i = 0; i < 8; i++)
		host_submit(host, 1, &sqe);
	host_ring(host, 1);
	host_poll(host);
	for (i = 0; i < 8; i++) {
		assert_true(host_reap(host, 1, &cqe));
		assert_int_equal(le16toh(cqe.status) >> 1, 0);
	}
	/* The first went alone, those that came meanwhile share another. */
	assert_int_equal(model_flushes(), 2);
	host_free(host);
}

/* Eject, surprise removal and the end of the daemon all destroy the model. */
static void destroyed(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	model_flushes();
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	assert_int_equal(model_flushes(), 0);
	host_free(host);
	assert_int_equal(model_flushes(), 1);
}

/* Zeroes are data, too. A controller that was reset or is detached has no less to lose. */
static void destroyed_later(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	model_flushes();
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 8, 0), 0);
	host->fn->ops->reset(host->fn->model);
	fakebus_detach(host->fn);
	host_free(host);
	assert_int_equal(model_flushes(), 1);
}

/* Who has written nothing does not flush what others wrote: a check of a fresh image is quick. */
static void destroyed_clean(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	model_flushes();
	host_free(host);
	assert_int_equal(model_flushes(), 0);
	host = host_new(512, "");
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	assert_int_equal(flush(host), 0);
	assert_int_equal(model_flushes(), 1);
	host_free(host);
	assert_int_equal(model_flushes(), 0);
}

static void shut_down(struct host *host)
{
	host_write32(host, NVME_REG_CC, 0x00464001);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS) & 0xc, NVME_CSTS_SHST_DONE);
}

static void shutdown_flushes(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	model_flushes();
	shut_down(host);
	assert_int_equal(model_flushes(), 1);
	host_free(host);
}

static uint16_t protect(struct host *host, bool on)
{
	return host_admin(host, NVME_ADMIN_SET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, on, NULL);
}

/* 8.19.1: what was written before is on stable storage when the namespace is protected. */
static void protection_flushes(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	model_flushes();
	assert_int_equal(protect(host, true), 0);
	assert_int_equal(model_flushes(), 1);
	/* And what that missed is not left out of the shutdown. */
	shut_down(host);
	assert_int_equal(model_flushes(), 1);
	host_free(host);
}

static void failed_protection(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	model_flush_fail(EIO, 1);
	assert_int_equal(protect(host, true), NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	host_free(host);
}

/* 8.19: "Write Protect" outlives resets and power cycles, until the host takes it back. */
static void protection_stays(void **state)
{
	struct host *host = host_new(512, "");
	char file[64], json[256];
	uint32_t value;

	(void)state;
	host_ready(host);
	assert_int_equal(protect(host, true), 0);
	host->fn->ops->reset(host->fn->model);
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), NVME_SC_WRITE_PROTECTED | DNR);
	strcpy(file, host->file);
	snprintf(json, sizeof(json), "{\"namespaces\": [{\"file\": \"%s\"}]}", file);
	host->file[0] = '\0';
	host_free(host);
	host = host_conf(json);
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), NVME_SC_WRITE_PROTECTED | DNR);
	assert_int_equal(host_admin(host, NVME_ADMIN_GET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, 0,
				    &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(protect(host, false), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	host_free(host);
	host = host_conf(json);
	strcpy(host->file, file);
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), 0);
	host_free(host);
}

const struct CMUnitTest nvme_data_tests[] = {
	cmocka_unit_test(failed_flush),
	cmocka_unit_test(failed_durable_write),
	cmocka_unit_test(refused_durable_write),
	cmocka_unit_test(uncached),
	cmocka_unit_test(two_flushes),
	cmocka_unit_test(together),
	cmocka_unit_test(destroyed),
	cmocka_unit_test(destroyed_later),
	cmocka_unit_test(destroyed_clean),
	cmocka_unit_test(shutdown_flushes),
	cmocka_unit_test(protection_flushes),
	cmocka_unit_test(failed_protection),
	cmocka_unit_test(protection_stays),
};

const size_t nvme_data_count = sizeof(nvme_data_tests) / sizeof(nvme_data_tests[0]);
