// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: Get Features and Set Features.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

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

		assert_int_equal(host_feature(host, false, nsid, id, set, &initial), 0);
		assert_int_equal(host_feature(host, true, nsid, id, set, NULL), 0);
		assert_int_equal(host_feature(host, false, nsid, id, set, &value), 0);
		assert_int_equal(value, row->expect);
		/* Default and saved are as before, for select 1 and 2. */
		assert_int_equal(host_feature(host, false, nsid, id | 1 << 8, set, &value), 0);
		assert_int_equal(value, initial);
		assert_int_equal(host_feature(host, false, nsid, id | 2 << 8, set, &value), 0);
		assert_int_equal(value, initial);
		assert_int_equal(host_feature(host, false, nsid, id | 3 << 8, set, &value), 0);
		assert_int_equal(value, row->capabilities);
		assert_int_equal(host_feature(host, true, nsid, id | 1U << 31, set, NULL),
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
	assert_int_equal(host_feature(host, false, 0, 0x00, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, false, 0, 0x0c, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, false, 0, 0x7f, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, true, 0, 0x0d, 0, NULL), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, false, 0, 4 << 8 | 1, 0, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_POWER, 1, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_VECTOR, 5, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, true, 1, NVME_FEAT_ERROR_RECOVERY, 1 << 16, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_ERROR_RECOVERY, 0, NULL),
			 NVME_SC_INVALID_NAMESPACE | DNR);
	assert_int_equal(host_feature(host, true, 1, NVME_FEAT_WRITE_CACHE, 0, NULL),
			 NVME_SC_NOT_NS_SPECIFIC | DNR);
	/* 5.21.1.7 */
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_QUEUES, 0xffff, NULL),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_QUEUES, 0x003f003f, &value), 0);
	assert_int_equal(value, 0x00030003);
	host_create(host, 1, HOST_DEPTH);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_QUEUES, 0, NULL),
			 NVME_SC_SEQUENCE | DNR);
	host_free(host);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* 5.21.1.14: the default is 0, and a reset of the controller begins there. */
static void timestamp_reset(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t stamp = htole64(1700000000000ULL), begin;

	(void)state;
	host_enable(host);
	memcpy(host_mem(host, host->data), &stamp, 8);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	usleep(50000);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_TIMESTAMP | 1 << 8, 0, NULL), 0);
	assert_int_equal(host_get(host, 0, 8), 0);
	begin = now_ms();
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	host_enable(host);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	/* Counted from the reset, not from power-on: never more than has passed since. */
	assert_in_range(host_get(host, 0, 6), 0, now_ms() - begin);
	assert_int_equal(host_get(host, 6, 1), 0);
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
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	memset(data, 0, 8);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_TIMESTAMP, 0, NULL), 0);
	assert_in_range(host_get(host, 0, 6), 1700000000000ULL, 1700000060000ULL);
	assert_int_equal(host_get(host, 6, 1), 2);		/* set by the host */
	memcpy(data, id, 16);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_HOST_ID, 1, NULL), 0);
	memset(data, 0, 16);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_HOST_ID, 1, NULL), 0);
	assert_memory_equal(data, id, 16);
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	host_enable(host);
	assert_int_equal(host_feature(host, false, 0, NVME_FEAT_HOST_ID, 1, NULL), 0);
	assert_int_equal(host_get(host, 0, 8), 0);
	host_free(host);
}

const struct CMUnitTest nvme_features_tests[] = {
	cmocka_unit_test(features_roundtrip),
	cmocka_unit_test(features_refused),
	cmocka_unit_test(features_data),
	cmocka_unit_test(timestamp_reset),
};

const size_t nvme_features_count = sizeof(nvme_features_tests) / sizeof(nvme_features_tests[0]);
