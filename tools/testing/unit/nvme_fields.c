// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: fields of commands. Which one is wrong stands in the error log.
 */
#include <string.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

/* The newest entry of the error log. */
static struct nvme_error_entry last_error(struct host *host)
{
	struct nvme_error_entry entry;

	assert_int_equal(host_admin(host, NVME_ADMIN_GET_LOG, NVME_NSID_ALL,
				    (sizeof(entry) / 4 - 1) << 16 | NVME_LOG_ERROR, 0, NULL), 0);
	memcpy(&entry, host_mem(host, host->data), sizeof(entry));
	return entry;
}

struct field_row {
	uint8_t opcode;
	uint32_t nsid;
	uint32_t cdw10;
	uint32_t cdw11;
	uint64_t prp1;		/* 0 for a page that is right */
	uint16_t status;
	uint16_t location;
};

#define CQ	NVME_ADMIN_CREATE_CQ
#define SQ	NVME_ADMIN_CREATE_SQ
#define GET	NVME_ADMIN_GET_FEATURES
#define SET	NVME_ADMIN_SET_FEATURES
#define LOG	NVME_ADMIN_GET_LOG
#define ID	NVME_ADMIN_IDENTIFY

/* Queue pair 1 exists, and completion queue 2. */
static const struct field_row rows[] = {
	{ CQ, 0, 15 << 16 | 1, 3, 0, NVME_SC_QID_INVALID, 40 },
	{ CQ, 0, 3, 3, 0, NVME_SC_QUEUE_SIZE, 42 },
	{ CQ, 0, 15 << 16 | 3, 2, 0, NVME_SC_INVALID_FIELD, 44 },
	{ CQ, 0, 15 << 16 | 3, 5 << 16 | 3, 0, NVME_SC_VECTOR, 46 },
	{ CQ, 0, 15 << 16 | 3, 3, 0x10008, NVME_SC_PRP_OFFSET, 24 },
	{ CQ, 0, 15 << 16 | 3, 3, 1ULL << 40, NVME_SC_INVALID_FIELD, 24 },
	/* The queue ends where the address space does. */
	{ CQ, 0, 255 << 16 | 3, 3, ~4095ULL, NVME_SC_INVALID_FIELD, 24 },
	/* The last page of guest memory is not enough for 257 entries. */
	{ CQ, 0, 256 << 16 | 3, 3, FAKEBUS_LOW_BYTES - 4096, NVME_SC_INVALID_FIELD, 24 },
	{ SQ, 0, 15 << 16 | 1, 1 << 16 | 1, 0, NVME_SC_QID_INVALID, 40 },
	{ SQ, 0, 15 << 16 | 5, 1 << 16 | 1, 0, NVME_SC_QID_INVALID, 40 },
	{ SQ, 0, 15 << 16 | 3, 0 << 16 | 1, 0, NVME_SC_QID_INVALID, 46 },
	{ SQ, 0, 15 << 16 | 3, 5 << 16 | 1, 0, NVME_SC_QID_INVALID, 46 },
	{ SQ, 0, 15 << 16 | 3, 3 << 16 | 1, 0, NVME_SC_CQ_INVALID, 46 },
	{ SQ, 0, 3, 1 << 16 | 1, 0, NVME_SC_QUEUE_SIZE, 42 },
	{ SQ, 0, 2048 << 16 | 3, 1 << 16 | 1, 0, NVME_SC_QUEUE_SIZE, 42 },
	{ NVME_ADMIN_DELETE_SQ, 0, 2, 0, 0, NVME_SC_QID_INVALID, 40 },
	{ NVME_ADMIN_DELETE_SQ, 0, 5, 0, 0, NVME_SC_QID_INVALID, 40 },
	{ NVME_ADMIN_DELETE_CQ, 0, 3, 0, 0, NVME_SC_QID_INVALID, 40 },
	{ NVME_ADMIN_DELETE_CQ, 0, 5, 0, 0, NVME_SC_QID_INVALID, 40 },
	{ NVME_ADMIN_DELETE_CQ, 0, 1, 0, 0, NVME_SC_QUEUE_DELETION, 40 },
	{ NVME_ADMIN_ABORT, 0, 2, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ NVME_ADMIN_ABORT, 0, 5, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ NVME_ADMIN_ABORT, 0, 0xffff, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ GET, 0, 0x7f, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ GET, 0, 4 << 8 | NVME_FEAT_ARBITRATION, 0, 0, NVME_SC_INVALID_FIELD, 41 },
	{ GET, 2, NVME_FEAT_ERROR_RECOVERY, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ GET, ~0U, NVME_FEAT_ERROR_RECOVERY, 0, 0, NVME_SC_INVALID_FIELD, 4 },
	{ GET, 0, NVME_FEAT_VECTOR, 5, 0, NVME_SC_INVALID_FIELD, 44 },
	{ GET, 0, NVME_FEAT_VECTOR, 0xffff, 0, NVME_SC_INVALID_FIELD, 44 },
	{ GET, 0, NVME_FEAT_TEMPERATURE, 9 << 16, 0, NVME_SC_INVALID_FIELD, 46 },
	{ GET, 0, NVME_FEAT_TEMPERATURE, 2 << 20, 0, NVME_SC_INVALID_FIELD, 46 },
	{ SET, 0, 0x7f, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ SET, 0, 1U << 31 | NVME_FEAT_ARBITRATION, 0, 0, NVME_SC_NOT_SAVEABLE, 43 },
	{ SET, 2, NVME_FEAT_ERROR_RECOVERY, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ SET, 1, NVME_FEAT_ERROR_RECOVERY, 1 << 16, 0, NVME_SC_INVALID_FIELD, 46 },
	{ SET, ~0U, NVME_FEAT_WRITE_PROTECT, 1, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ SET, 1, NVME_FEAT_WRITE_PROTECT, 2, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 1, NVME_FEAT_ARBITRATION, 0, 0, NVME_SC_NOT_NS_SPECIFIC, 4 },
	{ SET, 2, NVME_FEAT_ARBITRATION, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ SET, 0, NVME_FEAT_POWER, 0x10, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 0, NVME_FEAT_VECTOR, 5, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 0, NVME_FEAT_VECTOR, 0xffff, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 0, NVME_FEAT_TEMPERATURE, 1 << 16 | 300, 0, NVME_SC_INVALID_FIELD, 46 },
	{ SET, 0, NVME_FEAT_TEMPERATURE, 2 << 20 | 300, 0, NVME_SC_INVALID_FIELD, 46 },
	{ SET, 0, NVME_FEAT_QUEUES, 0xffff, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 0, NVME_FEAT_QUEUES, 0xffff0000, 0, NVME_SC_INVALID_FIELD, 44 },
	{ SET, 0, NVME_FEAT_TIMESTAMP, 0, 1ULL << 40, NVME_SC_DATA_TRANSFER, 0xffff },
	{ SET, 0, NVME_FEAT_HOST_ID, 1, 1ULL << 40, NVME_SC_DATA_TRANSFER, 0xffff },
	{ LOG, 9, NVME_LOG_SMART, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ LOG, 0, 0x7f, 0, 0, NVME_SC_LOG_PAGE, 40 },
	/* One dword above MDTS. */
	{ LOG, 0, NVME_LOG_SMART, 2, 0, NVME_SC_INVALID_FIELD, 42 },
	{ ID, 2, 0, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
	{ ID, 1, 0x7f, 0, 0, NVME_SC_INVALID_FIELD, 40 },
	{ ID, 1, 5, 2U << 24, 0, NVME_SC_INVALID_FIELD, 47 },
	{ 0x7f, 0, 0, 0, 0, NVME_SC_INVALID_OPCODE, 0 },
};

static void admin_fields(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t page = fakebus_page(host->fn, 1);
	struct nvme_error_entry entry;
	unsigned int i;

	(void)state;
	host_ready(host);
	assert_int_equal(host_admin(host, CQ, 0, 15 << 16 | 2, 1, NULL), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field_row *row = &rows[i];
		struct nvme_sqe sqe = {
			.opcode = row->opcode,
			.nsid = htole32(row->nsid),
			.prp1 = htole64(row->prp1 ? row->prp1 : page),
			.cdw = { htole32(row->cdw10), htole32(row->cdw11) },
		};
		uint16_t status = host_run(host, 0, &sqe, NULL);

		entry = last_error(host);
		if (status != (row->status | DNR) || le16toh(entry.location) != row->location)
			fail_msg("row %u: status %x, at %u", i, status, le16toh(entry.location));
		assert_int_equal(entry.cid, sqe.cid);
		assert_int_equal(le64toh(entry.count), i + 1);
	}
	host_free(host);
}

static void io_fields(void **state)
{
	static const struct {
		uint8_t opcode;
		uint8_t flags;
		uint32_t nsid;
		uint32_t lba;
		uint32_t cdw12;
		uint16_t status;
		uint16_t location;
	} io[] = {
		{ NVME_IO_READ, 0, 2, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
		{ NVME_IO_FLUSH, 0, 0, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
		{ NVME_IO_FLUSH, 0, 2, 0, 0, NVME_SC_INVALID_NAMESPACE, 4 },
		{ NVME_IO_READ, 0, 1, 2048, 0, NVME_SC_LBA_RANGE, 40 },
		{ NVME_IO_READ, 0, 1, 0, 1024, NVME_SC_INVALID_FIELD, 48 },
		{ NVME_IO_COMPARE, 0, 1, 0, 1024, NVME_SC_INVALID_FIELD, 48 },
		{ NVME_IO_VERIFY, 0, 1, 0, 1024, NVME_SC_INVALID_FIELD, 48 },
		{ NVME_IO_READ, 1, 1, 0, 0, NVME_SC_INVALID_FIELD, 1 },
		{ 0x7f, 0, 1, 0, 0, NVME_SC_INVALID_OPCODE, 0 },
	};
	struct host *host = host_new(512, "");
	struct nvme_error_entry entry;
	unsigned int i;

	(void)state;
	host_ready(host);
	for (i = 0; i < sizeof(io) / sizeof(io[0]); i++) {
		struct nvme_sqe sqe = {
			.opcode = io[i].opcode,
			.flags = io[i].flags,
			.nsid = htole32(io[i].nsid),
			.cdw = { htole32(io[i].lba), 0, htole32(io[i].cdw12) },
		};
		uint16_t status;

		host_prps(host, &sqe, host->data, 1025 * 512);
		status = host_run(host, 1, &sqe, NULL);
		entry = last_error(host);
		if (status != (io[i].status | DNR) || le16toh(entry.location) != io[i].location)
			fail_msg("row %u: status %x, at %u", i, status, le16toh(entry.location));
		assert_int_equal(le16toh(entry.sqid), 1);
		assert_int_equal(entry.nsid, sqe.nsid);
	}
	host_free(host);
}

/* 5.21.1.7: not after any I/O queue was created, of either kind. */
static void number_of_queues(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_enable(host);
	assert_int_equal(host_admin(host, SET, 0, NVME_FEAT_QUEUES, 0x00030003, NULL), 0);
	assert_int_equal(host_admin(host, CQ, 0, 15 << 16 | 4, 1, NULL), 0);
	assert_int_equal(host_admin(host, SET, 0, NVME_FEAT_QUEUES, 0x00030003, NULL),
			 NVME_SC_SEQUENCE | DNR);
	assert_int_equal(host_admin(host, NVME_ADMIN_DELETE_CQ, 0, 4, 0, NULL), 0);
	assert_int_equal(host_admin(host, SET, 0, NVME_FEAT_QUEUES, 0x00030003, NULL), 0);
	host_free(host);
}

/* FFFFFFFFh sets error recovery of all namespaces. */
static void all_namespaces(void **state)
{
	struct host *host = host_new(512, "");
	uint32_t value;

	(void)state;
	host_enable(host);
	assert_int_equal(host_admin(host, SET, ~0U, NVME_FEAT_ERROR_RECOVERY, 9, NULL), 0);
	assert_int_equal(host_admin(host, GET, 1, NVME_FEAT_ERROR_RECOVERY, 0, &value), 0);
	assert_int_equal(value, 9);
	host_free(host);
}

const struct CMUnitTest nvme_fields_tests[] = {
	cmocka_unit_test(admin_fields),
	cmocka_unit_test(io_fields),
	cmocka_unit_test(number_of_queues),
	cmocka_unit_test(all_namespaces),
};

const size_t nvme_fields_count = sizeof(nvme_fields_tests) / sizeof(nvme_fields_tests[0]);
