// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: identify, log pages, events, abort.
 */
#include <string.h>
#include <unistd.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static uint16_t identify(struct host *host, uint8_t cns, uint32_t nsid, uint32_t cdw11)
{
	memset(host_mem(host, host->data), 0xff, 4096);
	return host_admin(host, NVME_ADMIN_IDENTIFY, nsid, cns, cdw11, NULL);
}

static void identify_all(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_enable(host);
	assert_int_equal(identify(host, 1, 0, 0), 0);
	assert_memory_equal((uint8_t *)host_mem(host, host->data) + 4, "UNIT                ", 20);
	assert_int_equal(host_get(host, 80, 4), 0x10400);
	assert_int_equal(host_get(host, 76, 1), 0);		/* CMIC: alone */
	assert_int_equal(host_get(host, 77, 1), 7);		/* MDTS */
	assert_int_equal(host_get(host, 111, 1), 1);		/* CNTRLTYPE */
	assert_int_equal(host_get(host, 512, 1), 0x66);
	assert_int_equal(host_get(host, 513, 1), 0x44);
	assert_int_equal(host_get(host, 516, 4), 1);		/* NN */
	assert_int_equal(host_get(host, 525, 1), 7);		/* VWC */
	assert_memory_equal((uint8_t *)host_mem(host, host->data) + 768,
			    "nqn.2014-08.org.nvmexpress:uuid:", 32);
	assert_int_equal(identify(host, 0, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 2048);
	assert_int_equal(host_get(host, 30, 1), 0);		/* NMIC: no other path */
	assert_int_equal(host_get(host, 130, 1), 9);
	assert_int_equal(identify(host, 2, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(identify(host, 2, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 4), 0);
	assert_int_equal(identify(host, 3, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 2), 0x1002);	/* NGUID, 16 bytes */
	assert_int_equal(host_get(host, 20, 2), 0x0104);	/* CSI */
	assert_int_equal(identify(host, 5, 1, 0), 0);
	assert_int_equal(identify(host, 6, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 0);
	assert_int_equal(identify(host, 7, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(identify(host, 8, 1, 0), 0);
	assert_int_equal(host_get(host, 1, 1), 0);		/* NMIC */
	assert_int_equal(host_get(host, 14, 1), 1);		/* ready */
	assert_int_equal(identify(host, 0x1c, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(identify(host, 0x10, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(identify(host, 0x11, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 2048);
	assert_int_equal(identify(host, 0x12, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 4), 1);		/* one controller, 0 */
	assert_int_equal(identify(host, 0x13, 0, 0), 0);
	assert_int_equal(host_get(host, 0, 4), 1);
	host_free(host);
}

static void identify_refused(void **state)
{
	static const uint8_t none[] = { 0x14, 0x15, 0x16, 0x17, 0x04, 0x40, 0xff };
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	host_enable(host);
	for (i = 0; i < sizeof(none); i++)
		assert_int_equal(identify(host, none[i], 1, 0), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(identify(host, 0, 0, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 0, 2, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 0, ~0U, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 2, ~0U, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 2, ~1U, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 3, 7, 0), NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(identify(host, 5, 1, 2U << 24), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(identify(host, 6, 0, 1U << 24), NVME_SC_INVALID_FIELD | DNR);
	host_free(host);
}

static uint16_t log_page(struct host *host, uint8_t page, uint32_t nsid, uint32_t bytes,
			 uint64_t offset, bool retain)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_GET_LOG,
		.nsid = htole32(nsid),
		.prp1 = htole64(host->data),
		.prp2 = htole64(host->data + 4096),
		.cdw = { htole32((bytes / 4 - 1) << 16 | (uint32_t)retain << 15 | page), 0,
			 htole32((uint32_t)offset), htole32((uint32_t)(offset >> 32)) },
	};

	memset(host_mem(host, host->data), 0xff, 8192);
	return host_run(host, 0, &sqe, NULL);
}

static void logs(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t before;

	(void)state;
	host_ready(host);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 512, 0, false), 0);
	assert_int_equal(host_get(host, 0, 1), 0);
	assert_int_equal(host_get(host, 1, 2), 313);
	assert_int_equal(host_get(host, 3, 1), 100);
	before = host_get(host, 64, 8);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1000, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_READ, 4096, 8, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(log_page(host, NVME_LOG_SMART, 1, 512, 0, false), 0);
	assert_int_equal(host_get(host, 32, 8), 1);
	assert_int_equal(host_get(host, 48, 8), 1);
	assert_int_equal(host_get(host, 64, 8), before + 1);
	assert_int_equal(host_get(host, 80, 8), 1);
	assert_int_equal(host_get(host, 176, 8), 1);
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 128, 0, false), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(host_get(host, 8, 2), 1);			/* SQID */
	assert_int_equal(host_get(host, 12, 2) >> 1, NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_get(host, 14, 2), 40);			/* dword 10 */
	assert_int_equal(host_get(host, 16, 8), 4096);
	assert_int_equal(host_get(host, 24, 4), 1);
	assert_int_equal(host_get(host, 64, 8), 0);
	assert_int_equal(log_page(host, NVME_LOG_FIRMWARE, ~0U, 512, 0, false), 0);
	assert_int_equal(host_get(host, 0, 1), 1);
	assert_int_equal(log_page(host, NVME_LOG_EFFECTS, ~0U, 4096, 0, false), 0);
	assert_int_equal(host_get(host, 4 * NVME_ADMIN_IDENTIFY, 4), 1);
	assert_int_equal(host_get(host, 4 * 0x10, 4), 0);
	assert_int_equal(host_get(host, 1024 + 4 * NVME_IO_WRITE, 4), 3);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(host_get(host, 0, 4), 0);
	/* Offsets (5.14): dwords, within the page; the rest is not written. */
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 64, 8, false), 0);
	assert_int_equal(host_get(host, 0, 2), 1);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 4096, 508, false), 0);
	assert_int_equal(host_get(host, 0, 4), 0);
	assert_int_equal(host_get(host, 4, 4), 0xffffffff);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 4, 2, false),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 4, 516, false),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 4, 1ULL << 40, false),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(log_page(host, 0x00, ~0U, 512, 0, false), NVME_SC_LOG_PAGE | DNR);
	assert_int_equal(log_page(host, 0x07, ~0U, 512, 0, false), NVME_SC_LOG_PAGE | DNR);
	assert_int_equal(log_page(host, 0xc0, ~0U, 512, 0, false), NVME_SC_LOG_PAGE | DNR);
	assert_int_equal(log_page(host, NVME_LOG_SMART, 9, 512, 0, false),
			 NVME_SC_INVALID_NAMESPACE | DNR);
	/* The others are the controller's or the subsystem's. */
	assert_int_equal(log_page(host, NVME_LOG_FIRMWARE, 1, 512, 0, false),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(log_page(host, NVME_LOG_FIRMWARE, 0, 512, 0, false), 0);
	host_free(host);
}

static uint16_t post_aer(struct host *host)
{
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_AER };
	uint16_t cid = host_submit(host, 0, &sqe);

	host_ring(host, 0);
	host_poll(host);
	return cid;
}

static void aer_limit_and_abort(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_AER };
	struct host *host = host_new(512, "");
	uint16_t cid[4];
	struct nvme_cqe cqe;
	uint32_t value;
	unsigned int i;

	(void)state;
	host_enable(host);
	for (i = 0; i < 4; i++)
		cid[i] = post_aer(host);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(host_run(host, 0, &sqe, NULL), NVME_SC_AER_LIMIT | DNR);
	/* The aborted command completes, then the Abort. */
	sqe.opcode = NVME_ADMIN_ABORT;
	sqe.cdw[0] = htole32((uint32_t)cid[1] << 16);
	host_submit(host, 0, &sqe);
	host_ring(host, 0);
	host_poll(host);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le16toh(cqe.cid), cid[1]);
	assert_int_equal(le16toh(cqe.status) >> 1, NVME_SC_ABORTED);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le32toh(cqe.dw0), 0);
	host_poll(host);
	/* Not there any more, or never was. */
	assert_int_equal(host_run(host, 0, &sqe, &value), 0);
	assert_int_equal(value, 1);
	sqe.cdw[0] = htole32(99);
	assert_int_equal(host_run(host, 0, &sqe, NULL), NVME_SC_INVALID_FIELD | DNR);
	host_free(host);
}

static void expect_event(struct host *host, uint16_t cid, uint32_t dw0)
{
	struct nvme_cqe cqe;

	host_poll(host);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le16toh(cqe.cid), cid);
	assert_int_equal(le32toh(cqe.dw0), dw0);
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
}

static void bad_doorbells(void **state)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_GET_LOG,
		.cdw = { htole32(15 << 16 | NVME_LOG_ERROR) },
	};
	struct host *host = host_new(512, "");
	uint16_t cid[3];
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	cid[0] = post_aer(host);
	cid[1] = post_aer(host);
	cid[2] = post_aer(host);
	host_doorbell(host, 1, false, HOST_DEPTH);
	expect_event(host, cid[0], 0x010100);
	/* A head past the tail is as wrong as one outside the queue. */
	host_doorbell(host, 1, true, 3);
	usleep(150000);
	host_poll(host);
	host_doorbell(host, 1, true, host->queue[1].head);
	/* Reported once, and held back until the log is read. */
	host_doorbell(host, 1, false, 0xffff0001);
	host_poll(host);
	assert_false(host_reap(host, 0, &cqe));
	/* Retained: still held back. */
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 64, 0, true), 0);
	assert_false(host_reap(host, 0, &cqe));
	sqe.prp1 = htole64(host->data);
	host_submit(host, 0, &sqe);
	host_ring(host, 0);
	expect_event(host, cid[1], 0x010100);
	assert_true(host_reap(host, 0, &cqe));
	host_doorbell(host, 1, false, host->queue[1].tail);
	host_poll(host);
	/* The queue still works. */
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	host_free(host);
}

static void doorbell_of_no_queue(void **state)
{
	struct host *host = host_new(512, "");
	uint16_t cid;

	(void)state;
	host_ready(host);
	cid = post_aer(host);
	host_doorbell(host, 3, false, 1);
	usleep(150000);
	expect_event(host, cid, 0x010000);
	assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 24), 0);
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 64, 0, false), 0);
	assert_int_equal(host_get(host, 8, 4), 0xffffffff);		/* no command */
	cid = post_aer(host);
	host_write32(host, NVME_REG_DOORBELLS + 4092, 1);
	usleep(150000);
	expect_event(host, cid, 0x010000);
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 64, 0, false), 0);
	cid = post_aer(host);
	host_doorbell(host, 3, true, 1);
	usleep(150000);
	expect_event(host, cid, 0x010000);
	assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 28), 0);
	host_free(host);
}

/* 5.2: not only the same event waits until the log is read, but all of its type. */
static void masked_types(void **state)
{
	struct nvme_sqe warm = {
		.opcode = NVME_ADMIN_SET_FEATURES,
		.cdw = { htole32(NVME_FEAT_TEMPERATURE), htole32(300) },
	};
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	uint16_t cid[3];

	(void)state;
	host_ready(host);
	cid[0] = post_aer(host);
	cid[1] = post_aer(host);
	cid[2] = post_aer(host);
	host_doorbell(host, 1, false, HOST_DEPTH);
	expect_event(host, cid[0], 0x010100);
	/* Another error: doorbell of a queue that is not there. */
	host_doorbell(host, 3, false, 1);
	usleep(150000);
	host_poll(host);
	assert_false(host_reap(host, 0, &cqe));
	/* A health event is of another type. */
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0xff, NULL), 0);
	host_submit(host, 0, &warm);
	host_ring(host, 0);
	expect_event(host, cid[1], 0x020101);
	assert_true(host_reap(host, 0, &cqe));
	host_doorbell(host, 1, false, host->queue[1].tail);
	host_poll(host);
	host_free(host);
}

static void temperature(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int i;
	uint16_t cid;

	(void)state;
	host_enable(host);
	cid = post_aer(host);
	/* Not enabled: a warning, but no event. */
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TEMPERATURE, 300, NULL), 0);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TEMPERATURE, 350, NULL), 0);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0x1ff, NULL), 0);
	/* The event completes before the command that caused it. */
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_SET_FEATURES,
		.cdw = { htole32(NVME_FEAT_TEMPERATURE), htole32(300) },
	};
	host_submit(host, 0, &sqe);
	host_ring(host, 0);
	expect_event(host, cid, 0x020101);
	assert_true(host_reap(host, 0, &cqe));
	host_poll(host);
	/* 5.14.1.2: at or above the one, at or below the other. */
	for (i = 0; i < 4; i++) {
		assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TEMPERATURE,
					      313 + (i != 0), NULL), 0);
		assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TEMPERATURE,
					      1U << 20 | (311 + i), NULL), 0);
		assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 512, 0, false), 0);
		assert_int_equal(host_get(host, 0, 1), i == 1 ? 0 : 2);
	}
	/* A reset puts the thresholds back, and the warning goes with them. */
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	host_enable(host);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 512, 0, false), 0);
	assert_int_equal(host_get(host, 0, 1), 0);
	host_free(host);
}

static void grown_file(void **state)
{
	struct host *host = host_new(512, "");
	uint16_t cid;

	(void)state;
	host_enable(host);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0x100, NULL), 0);
	cid = post_aer(host);
	assert_int_equal(truncate(host->file, 2 * 1024 * 1024), 0);
	usleep(1200000);
	expect_event(host, cid, 0x040002);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(host_get(host, 0, 8), 1);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(host_get(host, 0, 4), 0);
	assert_int_equal(identify(host, 0, 1, 0), 0);
	assert_int_equal(host_get(host, 0, 8), 4096);
	host_free(host);
}

const struct CMUnitTest nvme_admin_tests[] = {
	cmocka_unit_test(identify_all),
	cmocka_unit_test(identify_refused),
	cmocka_unit_test(logs),
	cmocka_unit_test(aer_limit_and_abort),
	cmocka_unit_test(bad_doorbells),
	cmocka_unit_test(doorbell_of_no_queue),
	cmocka_unit_test(masked_types),
	cmocka_unit_test(temperature),
	cmocka_unit_test(grown_file),
};

const size_t nvme_admin_count = sizeof(nvme_admin_tests) / sizeof(nvme_admin_tests[0]);
