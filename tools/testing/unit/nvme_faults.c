// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: what the host is told when the file behind a namespace fails. With
 * threads only: io_uring's operations cannot be made to fail from here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "model_faults.h"
#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

struct fault_row {
	uint8_t opcode;
	int error;
	uint16_t status;
};

static void status_codes(void **state)
{
	static const struct fault_row rows[] = {
		{ NVME_IO_READ, EIO, NVME_SC_READ_ERROR },
		{ NVME_IO_READ, EFAULT, NVME_SC_DATA_TRANSFER | DNR },
		{ NVME_IO_READ, ENOMEM, NVME_SC_INTERNAL },
		{ NVME_IO_COMPARE, EIO, NVME_SC_READ_ERROR },
		{ NVME_IO_VERIFY, EIO, NVME_SC_READ_ERROR },
		{ NVME_IO_WRITE, EIO, NVME_SC_WRITE_FAULT },
		{ NVME_IO_WRITE, ENOSPC, NVME_SC_CAPACITY | DNR },
		{ NVME_IO_WRITE, EDQUOT, NVME_SC_CAPACITY | DNR },
		{ NVME_IO_WRITE, EROFS, NVME_SC_WRITE_PROTECTED | DNR },
		{ NVME_IO_WRITE, EPERM, NVME_SC_WRITE_PROTECTED | DNR },
		{ NVME_IO_WRITE_ZEROES, EIO, NVME_SC_WRITE_FAULT },
		{ NVME_IO_WRITE_ZEROES, ENOSPC, NVME_SC_CAPACITY | DNR },
	};
	struct host *host;
	unsigned int i;

	(void)state;
	host = host_new(512, "");
	host_ready(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t status;

		model_file_fail(rows[i].error, 1);
		status = host_rw(host, rows[i].opcode, 0, 1, 0);
		model_file_fail(0, 0);
		if (status != rows[i].status)
			fail_msg("row %u: status %x", i, status);
	}
	/* The controller is as good as before. */
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	assert_int_equal(host_rw(host, NVME_IO_COMPARE, 0, 1, 0), 0);
	host_free(host);
}

/* 5.14.1.2: data that is lost is a critical warning and an event. */
static void reliability(void **state)
{
	struct nvme_sqe aer = { .opcode = NVME_ADMIN_AER };
	struct host *host;
	struct nvme_cqe cqe;

	(void)state;
	host = host_new(512, "");
	host_ready(host);
	assert_int_equal(host_admin(host, NVME_ADMIN_SET_FEATURES, 0, NVME_FEAT_ASYNC_EVENT, 0xff,
				    NULL), 0);
	host_submit(host, 0, &aer);
	host_ring(host, 0);
	host_poll(host);
	model_flush_fail(EIO, 1);
	assert_int_equal(host_rw(host, NVME_IO_FLUSH, 0, 1, 0), NVME_SC_WRITE_FAULT | DNR);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le32toh(cqe.dw0), 0x020001);
	host_poll(host);
	assert_int_equal(host_admin(host, NVME_ADMIN_GET_LOG, NVME_NSID_ALL,
				    127 << 16 | NVME_LOG_SMART, 0, NULL), 0);
	assert_int_equal(*(uint8_t *)host_mem(host, host->data), 4);
	assert_int_equal(((uint8_t *)host_mem(host, host->data))[160], 1);
	host_free(host);
}

/* EAGAIN and EINTR are tried again, and not for ever. */
static void retries(void **state)
{
	struct host *host;

	(void)state;
	host = host_new(512, "");
	host_ready(host);
	model_file_fail(EINTR, 20);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	model_file_fail(EAGAIN, 1000);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 0, 1, 0), NVME_SC_INTERNAL);
	model_file_fail(0, 0);
	host_free(host);
}

/* Transfers that come out short are continued. */
static void short_transfers(void **state)
{
	static uint8_t data[65536], file[65536];
	struct host *host;
	unsigned int i;
	int fd;

	(void)state;
	host = host_new(512, "");
	host_ready(host);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	memcpy(host_mem(host, host->data), data, sizeof(data));
	model_file_short(1000);
	assert_int_equal(host_rw(host, NVME_IO_WRITE, 8, 128, 0), 0);
	memset(host_mem(host, host->data), 0, sizeof(data));
	assert_int_equal(host_rw(host, NVME_IO_READ, 8, 128, 0), 0);
	model_file_short(0);
	assert_memory_equal(host_mem(host, host->data), data, sizeof(data));
	fd = open(host->file, O_RDONLY);
	assert_int_equal(pread(fd, file, sizeof(file), 4096), sizeof(file));
	close(fd);
	assert_memory_equal(file, data, sizeof(data));
	host_free(host);
}

/* Without fallocate(): zeroes are written, advice is not taken. */
static void no_fallocate(void **state)
{
	static const uint8_t none[512 * 1024];
	static uint8_t file[512 * 1024];
	struct nvme_dsm_range range = { .lba = htole64(1100), .blocks = htole32(8) };
	struct nvme_sqe sqe = {
		.opcode = NVME_IO_DSM,
		.nsid = htole32(1),
		.cdw = { 0, htole32(NVME_DSM_AD) },
	};
	struct host *host;
	int fd;

	(void)state;
	host = host_new(512, "");
	host_ready(host);
	model_fallocate_fail(EOPNOTSUPP);
	assert_int_equal(host_rw(host, NVME_IO_WRITE_ZEROES, 1, 1024, NVME_WZ_DEAC), 0);
	memcpy(host_mem(host, host->data), &range, sizeof(range));
	sqe.prp1 = htole64(host->data);
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	model_fallocate_fail(0);
	fd = open(host->file, O_RDONLY);
	assert_int_equal(pread(fd, file, sizeof(file), 512), sizeof(file));
	assert_memory_equal(file, none, sizeof(file));
	assert_int_equal(pread(fd, file, 512, 1100 * 512), 512);
	close(fd);
	assert_memory_not_equal(file, none, 512);
	host_free(host);
}

const struct CMUnitTest nvme_faults_tests[] = {
	cmocka_unit_test(status_codes),
	cmocka_unit_test(reliability),
	cmocka_unit_test(retries),
	cmocka_unit_test(short_transfers),
	cmocka_unit_test(no_fallocate),
};

const size_t nvme_faults_count = sizeof(nvme_faults_tests) / sizeof(nvme_faults_tests[0]);
