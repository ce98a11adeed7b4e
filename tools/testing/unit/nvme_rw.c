// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: read, write, flush and their errors.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static void read_file(struct host *host, uint64_t offset, void *data, size_t bytes)
{
	int file = open(host->file, O_RDONLY);

	assert_true(file >= 0);
	assert_int_equal(pread(file, data, bytes, (off_t)offset), bytes);
	close(file);
}

static void check_rw(uint32_t block, const char *more)
{
	static const uint32_t lengths[] = { 512, 4096, 8192, 12288, 65536, 131072, 524288 };
	struct host *host = host_new(block, more);
	static uint8_t data[524288], file[524288];
	unsigned int i, n;

	host_ready(host);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t blocks = lengths[i] / block;

		if (!blocks)
			continue;
		assert_int_equal(host_rw(host, NVME_IO_READ, 8, blocks, 0), 0);
		read_file(host, 8 * block, file, lengths[i]);
		assert_memory_equal(host_mem(host, host->data), file, lengths[i]);
		for (n = 0; n < lengths[i]; n++)
			data[n] = (uint8_t)(n * 13 + i);
		memcpy(host_mem(host, host->data), data, lengths[i]);
		assert_int_equal(host_rw(host, NVME_IO_WRITE, 16, blocks, i & 1 ? NVME_RW_FUA : 0),
				 0);
		read_file(host, 16 * block, file, lengths[i]);
		assert_memory_equal(data, file, lengths[i]);
	}
	assert_int_equal(host_rw(host, NVME_IO_FLUSH, 0, 1, 0), 0);
	host_free(host);
}

static void rw_512(void **state)
{
	(void)state;
	check_rw(512, "");
}

static void rw_4096(void **state)
{
	(void)state;
	check_rw(4096, "");
}

static void rw_direct(void **state)
{
	(void)state;
	check_rw(4096, ", \"direct\": true");
}

static void range_checks(void **state)
{
	struct host *host = host_new(512, "");	/* 2048 blocks */
	struct nvme_sqe sqe = { .opcode = NVME_IO_READ, .prp1 = htole64(host->data) };

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 2047, 1, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_READ, 2048, 1, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_READ, 2047, 2, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, UINT64_MAX, 1, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, UINT64_MAX - 1, 8, 0),
			 NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 2040, 9, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_COMPARE, 2048, 1, 0), NVME_SC_LBA_RANGE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_VERIFY, 2048, 1, 0), NVME_SC_LBA_RANGE | DNR);
	/* Namespaces that are not there. */
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_NAMESPACE | DNR);
	sqe.nsid = htole32(2);
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_NAMESPACE | DNR);
	sqe.nsid = htole32(NVME_NSID_ALL);
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_NAMESPACE | DNR);
	sqe.opcode = NVME_IO_FLUSH;
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	host_free(host);
}

static void is_zero(struct host *host, uint64_t lba, uint32_t blocks, bool zero)
{
	uint8_t data[4096 * 16], none[4096 * 16] = {};

	read_file(host, lba * host->block, data, blocks * host->block);
	if (zero)
		assert_memory_equal(data, none, blocks * host->block);
	else
		assert_memory_not_equal(data, none, blocks * host->block);
}

static void write_zeroes(void **state)
{
	struct host *host = host_new(512, "");
	struct stat before, after;

	(void)state;
	host_ready(host);
	/* Without DEAC the space is not given back. */
	assert_int_equal(stat(host->file, &before), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 1024, 1024, 0), 0);
	assert_int_equal(stat(host->file, &after), 0);
	assert_true(after.st_blocks >= before.st_blocks);
	is_zero(host, 1024, 64, true);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 9, 30, 0), 0);
	is_zero(host, 8, 1, false);
	is_zero(host, 9, 30, true);
	is_zero(host, 39, 1, false);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 64, 64,
				 NVME_WZ_DEAC | NVME_RW_FUA), 0);
	is_zero(host, 63, 1, false);
	is_zero(host, 64, 64, true);
	is_zero(host, 128, 1, false);
	host_free(host);
}

static uint16_t dsm(struct host *host, const struct nvme_dsm_range *ranges, unsigned int count,
		    uint32_t cdw11)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_IO_DSM,
		.nsid = htole32(1),
		.prp1 = htole64(host->data),
		.cdw = { htole32(count - 1), htole32(cdw11) },
	};

	memcpy(host_mem(host, host->data), ranges, count * sizeof(*ranges));
	return host_run(host, 1, &sqe, NULL);
}

static void discard(void **state)
{
	struct nvme_dsm_range ranges[256] = {
		{ .lba = htole64(8), .blocks = htole32(8) },
		{ .lba = htole64(2048), .blocks = 0 },
		{ .lba = htole64(2040), .blocks = htole32(8) },
	};
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	host_ready(host);
	/* Advice that is not "deallocate" changes nothing. */
	assert_int_equal(dsm(host, ranges, 3, 3), 0);
	is_zero(host, 8, 8, false);
	assert_int_equal(dsm(host, ranges, 3, NVME_DSM_AD), 0);
	is_zero(host, 8, 8, true);
	is_zero(host, 2040, 8, true);
	is_zero(host, 16, 8, false);
	/* One range that is wrong: none is deallocated. */
	ranges[0].lba = htole64(16);
	ranges[2].blocks = htole32(9);
	assert_int_equal(dsm(host, ranges, 3, NVME_DSM_AD), NVME_SC_LBA_RANGE | DNR);
	is_zero(host, 16, 8, false);
	for (i = 0; i < 256; i++)
		ranges[i] = (struct nvme_dsm_range){ .lba = htole64(i * 8), .blocks = htole32(4) };
	assert_int_equal(dsm(host, ranges, 256, NVME_DSM_AD), 0);
	is_zero(host, 800, 4, true);
	is_zero(host, 804, 4, false);
	host_free(host);
}

static void compare_and_verify(void **state)
{
	struct host *host = host_new(4096, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 3, 8, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_COMPARE, 3, 8, 0), 0);
	((uint8_t *)host_mem(host, host->data))[8 * 4096 - 1] ^= 1;
	assert_int_equal(host_rw(host, NVME_IO_COMPARE, 3, 8, 0), NVME_SC_COMPARE | DNR);
	assert_int_equal(host_rw(host, NVME_IO_VERIFY, 3, 8, 0), 0);
	host_free(host);
}

static json_int_t stat_of(struct host *host, const char *name)
{
	json_t *stats = host->fn->ops->stats(host->fn->model);
	json_t *ns = json_array_get(json_object_get(stats, "namespaces"), 0);
	json_int_t value = json_integer_value(json_object_get(ns, name));

	assert_non_null(json_object_get(ns, name));
	json_decref(stats);
	return value;
}

/* 5.21.1.6: what was written before is safe when the cache is off. */
static void write_cache(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	assert_int_equal(stat_of(host, "flushes"), 0);
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 0, NVME_FEAT_WRITE_CACHE, 0,
				    NULL), 0);
	assert_int_equal(stat_of(host, "flushes"), 1);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	/* Zeroes are not written through: they are flushed. */
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 8, 0), 0);
	assert_int_equal(stat_of(host, "flushes"), 2);
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 0, NVME_FEAT_WRITE_CACHE, 1,
				    NULL), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 8, 0), 0);
	assert_int_equal(stat_of(host, "flushes"), 2);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 8, NVME_RW_FUA), 0);
	assert_int_equal(host_rw(host, NVME_IO_FLUSH, 0, 1, 0), 0);
	assert_int_equal(stat_of(host, "flushes"), 4);
	assert_int_equal(stat_of(host, "writes"), 5);
	host_free(host);
}

static void readonly_namespace(void **state)
{
	struct host *host = host_new(512, ", \"readonly\": true");
	uint32_t value;

	(void)state;
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 8, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), NVME_SC_WRITE_PROTECTED | DNR);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 0, 8, 0),
			 NVME_SC_WRITE_PROTECTED | DNR);
	assert_int_equal(host_rw(host, NVME_IO_DSM, 0, 1, 0), NVME_SC_WRITE_PROTECTED | DNR);
	assert_int_equal(host_rw(host, NVME_IO_FLUSH, 0, 1, 0), 0);
	assert_int_equal(stat_of(host, "flushes"), 0);
	/* The configuration has the last word. */
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, 0,
				    NULL), NVME_SC_NOT_CHANGEABLE | DNR);
	assert_int_equal(host_admin(host, NVME_ADMIN_GET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, 0,
				    &value), 0);
	assert_int_equal(value, 1);
	host_free(host);
}

static void write_protect(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, 1,
				    NULL), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), NVME_SC_WRITE_PROTECTED | DNR);
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 1, NVME_FEAT_WRITE_PROTECT, 0,
				    NULL), 0);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 8, 0), 0);
	host_free(host);
}

/* A file that shrinks under us: an error for what is gone, then a smaller namespace. */
static void shrunk_file(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(truncate(host->file, 512 * 1024), 0);
	assert_int_equal(host_rw(host, NVME_IO_READ, 1020, 8, 0), NVME_SC_READ_ERROR);
	assert_int_equal(host_rw(host, NVME_IO_VERIFY, 1020, 8, 0), NVME_SC_READ_ERROR);
	assert_int_equal(host_rw(host, NVME_IO_COMPARE, 1020, 8, 0), NVME_SC_READ_ERROR);
	assert_int_equal(host_rw(host, NVME_IO_READ, 1016, 8, 0), 0);
	usleep(1200000);
	host_poll(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 1020, 8, 0), NVME_SC_LBA_RANGE | DNR);
	host_free(host);
}

/* The backend refuses to write: RLIMIT_FSIZE stands in for a full disk. */
static void no_space(void **state)
{
	struct host *host = host_new(512, "");
	struct rlimit old, none;

	(void)state;
	host_ready(host);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	none = old;
	none.rlim_cur = 4096;
	setrlimit(RLIMIT_FSIZE, &none);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 100, 8, 0), NVME_SC_CAPACITY | DNR);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 100, 8, 0), 0);
	host_free(host);
}

const struct CMUnitTest nvme_rw_tests[] = {
	cmocka_unit_test(rw_512),
	cmocka_unit_test(rw_4096),
	cmocka_unit_test(rw_direct),
	cmocka_unit_test(range_checks),
	cmocka_unit_test(write_zeroes),
	cmocka_unit_test(discard),
	cmocka_unit_test(compare_and_verify),
	cmocka_unit_test(write_cache),
	cmocka_unit_test(readonly_namespace),
	cmocka_unit_test(write_protect),
	cmocka_unit_test(shrunk_file),
	cmocka_unit_test(no_space),
};

const size_t nvme_rw_count = sizeof(nvme_rw_tests) / sizeof(nvme_rw_tests[0]);
