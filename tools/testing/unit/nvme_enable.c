// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: registers, enable, reset, shutdown.
 */
#include <string.h>
#include <unistd.h>

#include "nvme_tests.h"

static void registers(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t cap = host_read64(host, NVME_REG_CAP);

	(void)state;
	assert_int_equal(host->fn->class_code, 0x010802);
	assert_int_equal(cap & 0xffff, 2047);		/* MQES */
	assert_int_equal(cap >> 16 & 1, 1);		/* CQR */
	assert_int_equal(cap >> 32 & 15, 0);		/* DSTRD */
	assert_int_equal(cap >> 37 & 0xff, 1);		/* CSS: NVM */
	assert_int_equal(cap >> 48 & 15, 0);		/* MPSMIN */
	assert_int_equal(host_read32(host, NVME_REG_VS), 0x00010400);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	assert_int_equal(host_read32(host, NVME_REG_CC), 0);
	/* Table and pending bits keep off the registers. */
	assert_int_equal(host->fn->msix, 5);
	assert_true(host->fn->msix_table >= 8192);
	assert_true(host->fn->msix_pba >= host->fn->msix_table + 4096);
	host_free(host);
}

static void readonly_registers(void **state)
{
	static const unsigned int regs[] = {
		NVME_REG_CAP, NVME_REG_CAP + 4, NVME_REG_VS, NVME_REG_CSTS,
	};
	struct host *host = host_new(512, "");
	uint32_t before[4];
	unsigned int i;

	(void)state;
	host_enable(host);
	for (i = 0; i < 4; i++)
		before[i] = host_read32(host, regs[i]);
	for (i = 0; i < 4; i++)
		host_write32(host, regs[i], 0xdeadbeef);
	host_poll(host);
	for (i = 0; i < 4; i++)
		assert_int_equal(host_read32(host, regs[i]), before[i]);
	/* What is not implemented reads 0 (CMBLOC, PMRCAP and so on). */
	host_write32(host, 0x38, 0xffffffff);
	host_write32(host, 0xe00, 0xffffffff);
	usleep(150000);
	host_poll(host);
	assert_int_equal(host_read32(host, 0x38), 0);
	assert_int_equal(host_read32(host, 0xe00), 0);
	/* The mask: INTMS sets, INTMC clears, both read it (3.1.3). */
	host_write32(host, NVME_REG_INTMS, 5);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_INTMC), 5);
	host_write32(host, NVME_REG_INTMC, 1);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_INTMS), 4);
	host_free(host);
}

struct bad_enable {
	uint32_t aqa;
	uint64_t asq;
	uint64_t acq;
	uint32_t cc;
};

/* Each is refused with CSTS.CFS, and a reset helps. */
static void enable_refused(void **state)
{
	static const struct bad_enable bad[] = {
		{ 0, 0x10000, 0x11000, 0x00460001 },			/* one entry */
		{ 0x000f0000, 0x10000, 0x11000, 0x00460001 },
		{ 0x000f000f, 0x10008, 0x11000, 0x00460001 },		/* not aligned */
		{ 0x000f000f, 0x10000, 0x11800, 0x00460001 },
		{ 0x000f000f, 0x80000000, 0x11000, 0x00460001 },	/* not RAM */
		{ 0x000f000f, 0x10000, 0xfffffffffffff000, 0x00460001 },
		{ 0x000f0fff, FAKEBUS_LOW_BYTES - 4096, 0x11000, 0x00460001 },	/* runs past RAM */
		{ 0x000f000f, 0x10000, 0x11000, 0x00460781 },		/* MPS 15 */
		{ 0x000f000f, 0x11000, 0x20000, 0x00460081 },		/* MPS 1, ASQ not aligned */
		{ 0x000f000f, 0x10000, 0x11000, 0x00460071 },		/* CSS 7 */
		{ 0x000f000f, 0x10000, 0x11000, 0x00460801 },		/* AMS 1 */
		{ 0x000f000f, 0x10000, 0x11000, 0x00470001 },		/* IOSQES 7 */
		{ 0x000f000f, 0x10000, 0x11000, 0x00560001 },		/* IOCQES 5 */
	};
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		host_write32(host, NVME_REG_AQA, bad[i].aqa);
		host_write64(host, NVME_REG_ASQ, bad[i].asq);
		host_write64(host, NVME_REG_ACQ, bad[i].acq);
		host_write32(host, NVME_REG_CC, bad[i].cc);
		host_poll(host);
		if (host_read32(host, NVME_REG_CSTS) != NVME_CSTS_CFS)
			fail_msg("row %u: CSTS %x", i, host_read32(host, NVME_REG_CSTS));
		host_write32(host, NVME_REG_CC, 0);
		host_poll(host);
		assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	}
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	host_free(host);
}

static void disable_and_enable(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		host_ready(host);
		assert_int_equal(host_rw(host, NVME_IO_READ, i, 1, 0), 0);
		host_write32(host, NVME_REG_CC, 0x00460000);
		host_poll(host);
		assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
		/* 7.3.2: the admin queue registers stay, doorbells are zero. */
		assert_int_equal(host_read64(host, NVME_REG_ASQ), host->queue[0].sq);
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS), 0);
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 8), 0);
	}
	host_free(host);
}

static void shutdown_normal(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_IDENTIFY, .cdw = { htole32(1) } };
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	host_write32(host, NVME_REG_CC, 0x00464001);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY | NVME_CSTS_SHST_DONE);
	/* 7.6.2: no commands until a reset. */
	sqe.prp1 = htole64(host->data);
	host_submit(host, 0, &sqe);
	host_ring(host, 0);
	host_poll(host);
	assert_false(host_reap(host, 0, &cqe));
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	host_ready(host);
	host_free(host);
}

/* A BAR in memory has no link that goes down, which is how a driver learns of it. */
static void no_subsystem_reset(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_read64(host, NVME_REG_CAP) >> 36 & 1, 0);
	host_write32(host, NVME_REG_NSSR, 0x4e564d65);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	/* What is not there reads 0. */
	usleep(150000);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_NSSR), 0);
	/* CSTS is not the guest's to write. */
	host_write32(host, NVME_REG_CSTS, 0x10);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY);
	host_free(host);
}

/* Memory-enable off and on: registers, queues and outstanding requests stay. */
static void detach_keeps_state(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t cap;
	unsigned int i;

	(void)state;
	host_ready(host);
	for (i = 0; i < 20; i++) {
		assert_int_equal(host_rw(host, NVME_IO_READ, i, 8, 0), 0);
		/* What the guest wrote where it may not is not kept. */
		cap = host_read64(host, NVME_REG_CAP);
		host_write64(host, NVME_REG_CAP, ~cap);
		fakebus_detach(host->fn);
		assert_null(function_bar(host->fn, 0, 0, 4));
		assert_false(host->fn->ops->poll(host->fn->model));
		fakebus_attach(host->fn);
		assert_true(host_read64(host, NVME_REG_CAP) == cap);
		assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY);
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 8), host->queue[1].tail);
	}
	host_free(host);
}

static void function_reset(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	host->fn->ops->reset(host->fn->model);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	assert_int_equal(host_read32(host, NVME_REG_CC), 0);
	assert_int_equal(host_read32(host, NVME_REG_AQA), 0);
	host_ready(host);
	fakebus_detach(host->fn);
	host->fn->ops->reset(host->fn->model);
	fakebus_attach(host->fn);
	assert_int_equal(host_read32(host, NVME_REG_CC), 0);
	host_ready(host);
	host_free(host);
}

/* Bus mastering off: everything stands still; on: it goes on. */
static void bus_master(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_IDENTIFY, .cdw = { htole32(1) } };
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	sqe.prp1 = htole64(host->data);
	host->fn->master = false;
	host_submit(host, 0, &sqe);
	host_ring(host, 0);
	host_poll(host);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY);
	host->fn->master = true;
	host_poll(host);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
	host_free(host);
}

static void large_pages(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t memory = 0x400000;
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_IDENTIFY,
		.prp1 = htole64(memory + 0x20000 + 0xf000),	/* 64 KiB pages: no PRP2 */
		.cdw = { htole32(1) },
	};

	(void)state;
	host->queue[0] = (struct host_queue){
		.sq = memory, .cq = memory + 0x10000, .depth = HOST_DEPTH, .phase = 1,
	};
	host_write32(host, NVME_REG_AQA, (HOST_DEPTH - 1) << 16 | (HOST_DEPTH - 1));
	host_write64(host, NVME_REG_ASQ, memory);
	host_write64(host, NVME_REG_ACQ, memory + 0x10000);
	host_write32(host, NVME_REG_CC, 0x00460001 | 4 << 7);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY);
	assert_int_equal(host_run(host, 0, &sqe, NULL), 0);
	assert_memory_equal((uint8_t *)host_mem(host, memory + 0x2f000) + 4,
			    "UNIT                ", 20);
	host_free(host);
}

const struct CMUnitTest nvme_enable_tests[] = {
	cmocka_unit_test(registers),
	cmocka_unit_test(readonly_registers),
	cmocka_unit_test(enable_refused),
	cmocka_unit_test(disable_and_enable),
	cmocka_unit_test(shutdown_normal),
	cmocka_unit_test(no_subsystem_reset),
	cmocka_unit_test(detach_keeps_state),
	cmocka_unit_test(function_reset),
	cmocka_unit_test(bus_master),
	cmocka_unit_test(large_pages),
};

const size_t nvme_enable_count = sizeof(nvme_enable_tests) / sizeof(nvme_enable_tests[0]);
