// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: identify, features, log pages, events, abort.
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

static uint64_t get(struct host *host, unsigned int at, unsigned int bytes)
{
	const uint8_t *data = host_mem(host, host->data);
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | data[at + bytes];
	return value;
}

static void identify_all(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_enable(host);
	assert_int_equal(identify(host, 1, 0, 0), 0);
	assert_memory_equal((uint8_t *)host_mem(host, host->data) + 4, "UNIT                ", 20);
	assert_int_equal(get(host, 80, 4), 0x10400);
	assert_int_equal(get(host, 77, 1), 7);		/* MDTS */
	assert_int_equal(get(host, 111, 1), 1);		/* CNTRLTYPE */
	assert_int_equal(get(host, 512, 1), 0x66);
	assert_int_equal(get(host, 513, 1), 0x44);
	assert_int_equal(get(host, 516, 4), 1);		/* NN */
	assert_int_equal(get(host, 525, 1), 7);		/* VWC */
	assert_memory_equal((uint8_t *)host_mem(host, host->data) + 768,
			    "nqn.2014-08.org.nvmexpress:uuid:", 32);
	assert_int_equal(identify(host, 0, 1, 0), 0);
	assert_int_equal(get(host, 0, 8), 2048);
	assert_int_equal(get(host, 130, 1), 9);
	assert_int_equal(identify(host, 2, 0, 0), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(identify(host, 2, 1, 0), 0);
	assert_int_equal(get(host, 0, 4), 0);
	assert_int_equal(identify(host, 3, 1, 0), 0);
	assert_int_equal(get(host, 0, 2), 0x1002);	/* NGUID, 16 bytes */
	assert_int_equal(get(host, 20, 2), 0x0104);	/* CSI */
	assert_int_equal(identify(host, 5, 1, 0), 0);
	assert_int_equal(identify(host, 6, 0, 0), 0);
	assert_int_equal(get(host, 0, 8), 0);
	assert_int_equal(identify(host, 7, 0, 0), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(identify(host, 8, 1, 0), 0);
	assert_int_equal(get(host, 14, 1), 1);		/* ready */
	assert_int_equal(identify(host, 0x1c, 0, 0), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(identify(host, 0x10, 0, 0), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(identify(host, 0x11, 1, 0), 0);
	assert_int_equal(get(host, 0, 8), 2048);
	assert_int_equal(identify(host, 0x12, 1, 0), 0);
	assert_int_equal(get(host, 0, 4), 1);		/* one controller, 0 */
	assert_int_equal(identify(host, 0x13, 0, 0), 0);
	assert_int_equal(get(host, 0, 4), 1);
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

static uint16_t feature(struct host *host, bool set, uint32_t nsid, uint32_t cdw10,
			uint32_t cdw11, uint32_t *dw0)
{
	return host_admin(host, set ? NVME_ADMIN_SET_FEATURES : NVME_ADMIN_GET_FEATURES, nsid,
			  cdw10, cdw11, dw0);
}

struct feature_row {
	uint8_t id;
	uint32_t nsid;
	uint32_t set;
	uint32_t expect;
	uint32_t capabilities;
};

static void features_roundtrip(void **state)
{
	static const struct feature_row rows[] = {
		{ NVME_FEAT_ARBITRATION, 0, 0x01020302, 0x01020302, 4 },
		{ NVME_FEAT_POWER, 0, 0, 0, 4 },
		{ NVME_FEAT_TEMPERATURE, 0, 350, 350, 4 },
		{ NVME_FEAT_ERROR_RECOVERY, 1, 7, 7, 6 },
		{ NVME_FEAT_WRITE_CACHE, 0, 0, 0, 4 },
		{ NVME_FEAT_COALESCING, 0, 0x0102, 0x0102, 4 },
		{ NVME_FEAT_VECTOR, 0, 1 << 16 | 2, 1 << 16 | 2, 4 },
		{ NVME_FEAT_ATOMICITY, 0, 1, 1, 4 },
		{ NVME_FEAT_ASYNC_EVENT, 0, 0x1ff, 0x1ff, 4 },
	};
	struct host *host = host_new(512, "");
	uint32_t value, initial;
	unsigned int i;

	(void)state;
	host_enable(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct feature_row *row = &rows[i];
		uint32_t nsid = row->nsid, id = row->id, set = row->set;

		assert_int_equal(feature(host, false, nsid, id, set, &initial), 0);
		assert_int_equal(feature(host, true, nsid, id, set, NULL), 0);
		assert_int_equal(feature(host, false, nsid, id, set, &value), 0);
		assert_int_equal(value, row->expect);
		/* Default and saved are as before, for select 1 and 2. */
		assert_int_equal(feature(host, false, nsid, id | 1 << 8, set, &value), 0);
		assert_int_equal(value, initial);
		assert_int_equal(feature(host, false, nsid, id | 2 << 8, set, &value), 0);
		assert_int_equal(value, initial);
		assert_int_equal(feature(host, false, nsid, id | 3 << 8, set, &value), 0);
		assert_int_equal(value, row->capabilities);
		assert_int_equal(feature(host, true, nsid, id | 1U << 31, set, NULL),
				 NVME_SC_NOT_SAVEABLE | DNR);
	}
	host_free(host);
}

static void features_refused(void **state)
{
	struct host *host = host_new(512, "");
	uint32_t value;

	(void)state;
	host_enable(host);
	assert_int_equal(feature(host, false, 0, 0x00, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, false, 0, 0x0c, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, false, 0, 0x7f, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, true, 0, 0x0d, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, false, 0, 4 << 8 | 1, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_POWER, 1, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_VECTOR, 5, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, true, 1, NVME_FEAT_ERROR_RECOVERY, 1 << 16, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, false, 0, NVME_FEAT_ERROR_RECOVERY, 0, NULL),
			 NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(feature(host, true, 1, NVME_FEAT_WRITE_CACHE, 0, NULL),
			 NVME_SC_NOT_NS_SPECIFIC | DNR);
	/* 5.21.1.7 */
	assert_int_equal(feature(host, true, 0, NVME_FEAT_QUEUES, 0xffff, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_QUEUES, 0x003f003f, &value), 0);
	assert_int_equal(value, 0x00030003);
	host_create(host, 1, HOST_DEPTH);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_QUEUES, 0, NULL),
			 NVME_SC_SEQUENCE | DNR);
	host_free(host);
}

static void features_data(void **state)
{
	struct host *host = host_new(512, "");
	uint8_t id[16] = "0123456789abcdef", *data = host_mem(host, host->data);
	uint64_t stamp = htole64(1700000000000ULL);

	(void)state;
	host_enable(host);
	memcpy(data, &stamp, 8);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	memset(data, 0, 8);
	assert_int_equal(feature(host, false, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	assert_in_range(get(host, 0, 6), 1700000000000ULL, 1700000060000ULL);
	assert_int_equal(get(host, 6, 1), 2);		/* set by the host */
	memcpy(data, id, 16);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_HOST_ID, 1, NULL), 0);
	memset(data, 0, 16);
	assert_int_equal(feature(host, false, 0, NVME_FEAT_HOST_ID, 1, NULL), 0);
	assert_memory_equal(data, id, 16);
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
	assert_int_equal(get(host, 0, 1), 0);
	assert_int_equal(get(host, 1, 2), 313);
	assert_int_equal(get(host, 3, 1), 100);
	before = get(host, 64, 8);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1000, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_READ, 4096, 8, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(log_page(host, NVME_LOG_SMART, 1, 512, 0, false), 0);
	assert_int_equal(get(host, 32, 8), 1);
	assert_int_equal(get(host, 48, 8), 1);
	assert_int_equal(get(host, 64, 8), before + 1);
	assert_int_equal(get(host, 80, 8), 1);
	assert_int_equal(get(host, 176, 8), 1);
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 128, 0, false), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(get(host, 8, 2), 1);			/* SQID */
	assert_int_equal(get(host, 12, 2) >> 1, NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(get(host, 14, 2), 40);			/* dword 10 */
	assert_int_equal(get(host, 16, 8), 4096);
	assert_int_equal(get(host, 24, 4), 1);
	assert_int_equal(get(host, 64, 8), 0);
	assert_int_equal(log_page(host, NVME_LOG_FIRMWARE, ~0U, 512, 0, false), 0);
	assert_int_equal(get(host, 0, 1), 1);
	assert_int_equal(log_page(host, NVME_LOG_EFFECTS, ~0U, 4096, 0, false), 0);
	assert_int_equal(get(host, 4 * NVME_ADMIN_IDENTIFY, 4), 1);
	assert_int_equal(get(host, 4 * 0x10, 4), 0);
	assert_int_equal(get(host, 1024 + 4 * NVME_IO_WRITE, 4), 3);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(get(host, 0, 4), 0);
	/* Offsets (5.14): dwords, within the page; the rest is not written. */
	assert_int_equal(log_page(host, NVME_LOG_ERROR, ~0U, 64, 8, false), 0);
	assert_int_equal(get(host, 0, 2), 1);
	assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 4096, 508, false), 0);
	assert_int_equal(get(host, 0, 4), 0);
	assert_int_equal(get(host, 4, 4), 0xffffffff);
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
	assert_int_equal(get(host, 8, 4), 0xffffffff);		/* no command */
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
	assert_int_equal(feature(host, true, 0, NVME_FEAT_TEMPERATURE, 300, NULL), 0);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(feature(host, true, 0, NVME_FEAT_TEMPERATURE, 350, NULL), 0);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0x1ff, NULL), 0);
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
		assert_int_equal(feature(host, true, 0, NVME_FEAT_TEMPERATURE, 313 + (i != 0),
					 NULL), 0);
		assert_int_equal(feature(host, true, 0, NVME_FEAT_TEMPERATURE,
					 1U << 20 | (311 + i), NULL), 0);
		assert_int_equal(log_page(host, NVME_LOG_SMART, ~0U, 512, 0, false), 0);
		assert_int_equal(get(host, 0, 1), i == 1 ? 0 : 2);
	}
	host_free(host);
}

static void grown_file(void **state)
{
	struct host *host = host_new(512, "");
	uint16_t cid;

	(void)state;
	host_enable(host);
	assert_int_equal(feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0x100, NULL), 0);
	cid = post_aer(host);
	assert_int_equal(truncate(host->file, 2 * 1024 * 1024), 0);
	usleep(1200000);
	expect_event(host, cid, 0x040002);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(get(host, 0, 8), 1);
	assert_int_equal(log_page(host, NVME_LOG_CHANGED_NS, ~0U, 4096, 0, false), 0);
	assert_int_equal(get(host, 0, 4), 0);
	assert_int_equal(identify(host, 0, 1, 0), 0);
	assert_int_equal(get(host, 0, 8), 4096);
	host_free(host);
}

const struct CMUnitTest nvme_admin_tests[] = {
	cmocka_unit_test(identify_all),
	cmocka_unit_test(identify_refused),
	cmocka_unit_test(features_roundtrip),
	cmocka_unit_test(features_refused),
	cmocka_unit_test(features_data),
	cmocka_unit_test(logs),
	cmocka_unit_test(aer_limit_and_abort),
	cmocka_unit_test(bad_doorbells),
	cmocka_unit_test(doorbell_of_no_queue),
	cmocka_unit_test(temperature),
	cmocka_unit_test(grown_file),
};

const size_t nvme_admin_count = sizeof(nvme_admin_tests) / sizeof(nvme_admin_tests[0]);
