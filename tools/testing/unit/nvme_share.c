// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: two controllers that are paths to the same namespace. With threads only: files
 * are made to fail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model_faults.h"
#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static char file[64];

static struct host *path(const char *more)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\"%s}]}", file, more);
	return host_conf(json);
}

static void two_paths(struct host **host, const char *more)
{
	host_file(file, 1024 * 1024);
	host[0] = path(more);
	host[1] = path(more);
	host_ready(host[0]);
	host_ready(host[1]);
}

static void end(struct host **host)
{
	host_free(host[1]);
	host_free(host[0]);
	unlink(file);
}

static uint16_t identify(struct host *host, uint8_t cns, uint32_t nsid)
{
	return host_admin(host, NVME_ADMIN_IDENTIFY, nsid, cns, 0, NULL);
}

static uint16_t write_one(struct host *host, uint8_t value)
{
	memset(host_mem(host, host->data), value, 512);
	return host_rw(host, NVME_IO_WRITE, 0, 1, 0);
}

/* What Linux compares: one subsystem, other controllers, the same namespace. */
static void one_subsystem(void **state)
{
	static const uint8_t cns[] = { 1, 3 };
	static const unsigned int at[] = { 768, 0 }, bytes[] = { 256, 32 };
	struct host *host[2];
	uint8_t first[256];
	unsigned int i;

	(void)state;
	two_paths(host, "");
	for (i = 0; i < 2; i++) {
		assert_int_equal(identify(host[0], cns[i], i), 0);
		memcpy(first, (uint8_t *)host_mem(host[0], host[0]->data) + at[i], bytes[i]);
		assert_int_equal(identify(host[1], cns[i], i), 0);
		assert_memory_equal((uint8_t *)host_mem(host[1], host[1]->data) + at[i], first,
				    bytes[i]);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(identify(host[i], 1, 0), 0);
		assert_memory_equal((uint8_t *)host_mem(host[i], host[i]->data) + 4,
				    "PAIR                ", 20);
		assert_int_equal(host_get(host[i], 76, 1), 2);		/* CMIC: no ANA */
		assert_int_equal(host_get(host[i], 78, 2), i);		/* CNTLID */
		assert_int_equal(identify(host[i], 0, 1), 0);
		assert_int_equal(host_get(host[i], 30, 1), 1);		/* NMIC */
		assert_int_equal(identify(host[i], 8, 1), 0);
		assert_int_equal(host_get(host[i], 1, 1), 1);
		assert_int_equal(identify(host[i], 0x12, 1), 0);
		assert_int_equal(host_get(host[i], 0, 8), 0x0000000100000002);
		assert_int_equal(host_admin(host[i], NVME_ADMIN_IDENTIFY, 0, 1 << 16 | 0x13, 0,
					    NULL), 0);
		assert_int_equal(host_get(host[i], 0, 4), 0x00010001);
	}
	end(host);
}

/* What is written through one is read through the other, whichever goes and comes back. */
static void coherent(void **state)
{
	struct host *host[2];
	unsigned int i;

	(void)state;
	two_paths(host, "");
	for (i = 0; i < 4; i++) {
		struct host *one = host[i & 1], *other = host[~i & 1];

		assert_int_equal(write_one(one, (uint8_t)(0x40 + i)), 0);
		assert_int_equal(host_rw(other, NVME_IO_READ, 0, 1, 0), 0);
		assert_int_equal(*(uint8_t *)host_mem(other, other->data), 0x40 + i);
		host_free(one);
		assert_int_equal(write_one(other, (uint8_t)(0x50 + i)), 0);
		host[i & 1] = path("");
		host_ready(host[i & 1]);
		assert_int_equal(host_rw(host[i & 1], NVME_IO_READ, 0, 1, 0), 0);
		assert_int_equal(*(uint8_t *)host_mem(host[i & 1], host[i & 1]->data), 0x50 + i);
		/* The number of who has gone. */
		assert_int_equal(identify(host[i & 1], 1, 0), 0);
		assert_int_equal(host_get(host[i & 1], 78, 2), i & 1);
	}
	end(host);
}

/* A flush covers what was written through the other; what one has lost is lost for both. */
static void one_cache(void **state)
{
	struct host *host[2];

	(void)state;
	two_paths(host, "");
	assert_int_equal(write_one(host[0], 1), 0);
	model_flushes();
	assert_int_equal(host_rw(host[1], NVME_IO_FLUSH, 0, 1, 0), 0);
	assert_int_equal(model_flushes(), 1);
	assert_int_equal(write_one(host[0], 2), 0);
	model_flush_fail(EIO, 1);
	assert_int_equal(host_rw(host[1], NVME_IO_FLUSH, 0, 1, 0), NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(host_rw(host[0], NVME_IO_FLUSH, 0, 1, 0), NVME_SC_WRITE_FAULT | DNR);
	end(host);
}

static void one_protection(void **state)
{
	struct nvme_sqe aer = { .opcode = NVME_ADMIN_AER };
	struct host *host[2];
	struct nvme_cqe cqe;
	unsigned int on;
	uint16_t cid;

	(void)state;
	two_paths(host, "");
	assert_int_equal(host_feature(host[1], true, 0, NVME_FEAT_ASYNC_EVENT, 0x100, NULL), 0);
	for (on = 1; on <= 1; on--) {
		cid = host_submit(host[1], 0, &aer);
		host_ring(host[1], 0);
		host_poll(host[1]);
		assert_int_equal(host_feature(host[0], true, 1, NVME_FEAT_WRITE_PROTECT, on, NULL),
				 0);
		host_poll(host[1]);
		assert_true(host_reap(host[1], 0, &cqe));
		assert_int_equal(le16toh(cqe.cid), cid);
		assert_int_equal(le32toh(cqe.dw0), 0x040002);
		assert_int_equal(host_admin(host[1], NVME_ADMIN_GET_LOG, ~0U, 1023U << 16 | 4, 0,
					    NULL), 0);
		assert_int_equal(host_get(host[1], 0, 8), 1);
		assert_int_equal(identify(host[1], 0, 1), 0);
		assert_int_equal(host_get(host[1], 99, 1), on);
		assert_int_equal(write_one(host[1], 3), on ? NVME_SC_WRITE_PROTECTED | DNR : 0);
	}
	/* A protection that fails is none, on any path. */
	model_flush_fail(EIO, 1);
	assert_int_equal(host_feature(host[0], true, 1, NVME_FEAT_WRITE_PROTECT, 1, NULL),
			 NVME_SC_WRITE_FAULT | DNR);
	assert_int_equal(write_one(host[1], 3), 0);
	end(host);
}

/* Whoever waits for space goes on, through whichever path it is said. */
static void one_pause(void **state)
{
	struct host *host[2];
	struct nvme_cqe cqe;
	unsigned int i;

	(void)state;
	two_paths(host, ", \"on_error\": \"pause\"");
	model_file_fail(ENOSPC, 2);
	for (i = 0; i < 2; i++) {
		struct nvme_sqe sqe = {
			.opcode = NVME_IO_WRITE, .nsid = htole32(1),
			.prp1 = htole64(host[i]->data),
		};

		host_submit(host[i], 1, &sqe);
		host_ring(host[i], 1);
		host_poll(host[i]);
		assert_false(host_reap(host[i], 1, &cqe));
	}
	assert_int_equal(nvme_model.resume(host[0]->fn->model), 1);
	for (i = 0; i < 2; i++) {
		host_poll(host[i]);
		assert_true(host_reap(host[i], 1, &cqe));
		assert_int_equal(le16toh(cqe.status) >> 1, 0);
	}
	end(host);
}

static void refused(void **state)
{
	static const struct {
		const char *conf;
		const char *where;
		const char *text;
	} rows[] = {
		{ "\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s.other\"}]",
		  "namespaces/0/file", "\"file\" is not that of" },
		{ "\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\", \"block\": 4096}]",
		  "namespaces/0/block", "\"block\" is not that of" },
		{ "\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\", \"readonly\": true}]",
		  "namespaces/0/readonly", "\"readonly\" is not that of" },
		{ "\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\", \"on_error\": \"pause\"}]",
		  "namespaces/0/on_error", "\"on_error\" is not that of" },
		{ "\"share\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\"}, {\"file\": \"%s\"}]",
		  "namespaces", "has 1 namespaces" },
		{ "\"share\": \"OTHER\", \"namespaces\": [{\"file\": \"%s\"}]",
		  "namespaces/0/file", "this pvpcid has it open already" },
		{ "\"share\": 7, \"namespaces\": [{\"file\": \"%s\"}]",
		  "share", "must be printable" },
		{ "\"share\": \"\", \"namespaces\": [{\"file\": \"%s\"}]",
		  "share", "must be printable" },
		{ "\"share\": \"123456789012345678901\", \"namespaces\": [{\"file\": \"%s\"}]",
		  "share", "more than 20" },
		{ "\"serial\": \"PAIR\", \"namespaces\": [{\"file\": \"%s\"}]",
		  "serial", "has the name \"PAIR\" and shares it" },
	};
	struct host *host[2];
	char json[512], format[512];
	struct error err;
	unsigned int i;

	(void)state;
	two_paths(host, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(format, sizeof(format), "{%s}", rows[i].conf);
		snprintf(json, sizeof(json), format, file, file);
		assert_null(fakebus_create(&nvme_model, json, &err));
		assert_string_equal(err.where, rows[i].where);
		assert_non_null(strstr(err.text, rows[i].text));
	}
	assert_int_equal(write_one(host[1], 1), 0);
	end(host);
}

const struct CMUnitTest nvme_share_tests[] = {
	cmocka_unit_test(one_subsystem),
	cmocka_unit_test(coherent),
	cmocka_unit_test(one_cache),
	cmocka_unit_test(one_protection),
	cmocka_unit_test(one_pause),
	cmocka_unit_test(refused),
};

const size_t nvme_share_count = sizeof(nvme_share_tests) / sizeof(nvme_share_tests[0]);
