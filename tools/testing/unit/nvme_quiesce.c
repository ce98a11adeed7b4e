// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: becoming idle without waiting, with a file that does not answer.
 * With threads only: io_uring's reads are the kernel's, and nothing holds them.
 */
#include <errno.h>
#include <string.h>

#include "model_faults.h"
#include "nvme_tests.h"

static bool quiesce(struct host *host, bool last)
{
	return host->fn->ops->quiesce(host->fn->model, last);
}

/* A read that hangs, taken by the controller. */
static struct host *hung(void)
{
	struct host *host = host_new(512, "");
	struct nvme_sqe sqe = { .opcode = NVME_IO_READ, .nsid = htole32(1) };

	host_ready(host);
	model_read_hold(host->file);
	host_prps(host, &sqe, host->data, 4096);
	sqe.cdw[2] = htole32(7);
	host_submit(host, 1, &sqe);
	host_ring(host, 1);
	host->fn->ops->poll(host->fn->model);
	assert_true(host->fn->ops->busy(host->fn->model));
	return host;
}

/* A flush that the controller has been told of, and nothing more. */
static void ring_flush(struct host *host)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(1) };

	host_submit(host, 1, &sqe);
	host_ring(host, 1);
}

/* All of a page of data is @byte. */
static void assert_all(struct host *host, uint8_t byte)
{
	const uint8_t *data = host_mem(host, host->data);
	unsigned int i;

	for (i = 0; i < 4096; i++)
		assert_int_equal(data[i], byte);
}

static void until_idle(struct host *host, bool last)
{
	while (!quiesce(host, last))
		;
}

static void held_read(void **state)
{
	struct host *host = hung();
	struct nvme_cqe cqe;
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_false(quiesce(host, false));
	/* Nothing new is taken, and what is under way is not given up. */
	ring_flush(host);
	for (i = 0; i < 100; i++)
		host->fn->ops->poll(host->fn->model);
	assert_false(host_reap(host, 1, &cqe));
	model_read_hold(NULL);
	until_idle(host, false);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
	assert_false(host_reap(host, 1, &cqe));
	/* The flush is taken after the next attach. */
	fakebus_detach(host->fn);
	fakebus_attach(host->fn);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	host_free(host);
}

/* A reset begins with nothing under way, and after it commands are taken again. */
static void held_reset(void **state)
{
	struct host *host = hung();

	(void)state;
	assert_false(quiesce(host, false));
	model_read_hold(NULL);
	until_idle(host, false);
	host->fn->ops->reset(host->fn->model);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 8, 0), 0);
	host_free(host);
}

/* What was written is flushed before the end, once, and the end finds nothing to flush. */
static void last_flushes(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	model_flushes();
	until_idle(host, false);
	assert_int_equal(model_flushes(), 0);
	until_idle(host, true);
	assert_int_equal(model_flushes(), 1);
	assert_true(quiesce(host, true));
	host_free(host);
	assert_int_equal(model_flushes(), 0);
}

/* Detached it flushes, too; one that fails is tried once. */
static void last_detached(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	fakebus_detach(host->fn);
	model_flushes();
	model_flush_fail(EIO, 1);
	until_idle(host, true);
	assert_int_equal(model_flushes(), 0);
	model_flush_fail(0, 0);
	host_free(host);
	assert_int_equal(model_flushes(), 0);
}

/* A shutdown that was under way has its flush. */
static void held_shutdown(void **state)
{
	struct host *host = hung();

	(void)state;
	host_write32(host, NVME_REG_CC, 0x00464001);
	host->fn->ops->poll(host->fn->model);
	model_flushes();
	assert_false(quiesce(host, false));
	model_read_hold(NULL);
	until_idle(host, false);
	assert_int_equal(model_flushes(), 1);
	fakebus_detach(host->fn);
	fakebus_attach(host->fn);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY | NVME_CSTS_SHST_DONE);
	host_free(host);
}

/* The guest has taken its memory back: what is read later lands nowhere. */
static void late_read(void **state)
{
	struct host *host = hung();
	struct nvme_cqe cqe;

	(void)state;
	memset(host_mem(host, host->data), 0x77, 4096);
	host->fn->master = false;
	model_read_hold(NULL);
	until_idle(host, false);
	assert_all(host, 0x77);
	/* It is told when it can be: reading once more would be as well. */
	host->fn->master = true;
	fakebus_detach(host->fn);
	fakebus_attach(host->fn);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1 & NVME_SC_MASK, NVME_SC_DATA_TRANSFER);
	assert_int_equal(host_rw(host, NVME_IO_READ, 7, 8, 0), 0);
	host_free(host);
}

/* As late_read(), by a controller reset. */
static void read_before_reset(void **state)
{
	struct host *host = hung();

	(void)state;
	memset(host_mem(host, host->data), 0x77, 4096);
	host_write32(host, NVME_REG_CC, 0x00460000);
	host->fn->ops->poll(host->fn->model);
	model_read_hold(NULL);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	assert_all(host, 0x77);
	host_free(host);
}

const struct CMUnitTest nvme_quiesce_tests[] = {
	cmocka_unit_test(held_read),
	cmocka_unit_test(late_read),
	cmocka_unit_test(read_before_reset),
	cmocka_unit_test(held_reset),
	cmocka_unit_test(last_flushes),
	cmocka_unit_test(last_detached),
	cmocka_unit_test(held_shutdown),
};

const size_t nvme_quiesce_count = sizeof(nvme_quiesce_tests) / sizeof(nvme_quiesce_tests[0]);
