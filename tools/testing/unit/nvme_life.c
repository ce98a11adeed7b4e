// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: resets, detach and destruction with I/O under way; configuration
 * errors; allocations that fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_faults.h"
#include "nvme_tests.h"

#define SELF "{\"file\": \"/proc/self/exe\", \"readonly\": true}"

/* Ten commands in queue 1, taken by the controller, not finished. */
static void start_io(struct host *host)
{
	struct nvme_sqe sqe = { .nsid = htole32(1) };
	unsigned int i;

	for (i = 0; i < 10; i++) {
		sqe.opcode = i & 1 ? NVME_IO_FLUSH : NVME_IO_WRITE;
		host_prps(host, &sqe, host->data, 65536);
		sqe.cdw[2] = htole32(127 | (i & 2 ? NVME_RW_FUA : 0));
		host_submit(host, 1, &sqe);
	}
	host_ring(host, 1);
	/* One poll does not take so many bytes. */
	for (i = 0; i < 3; i++)
		host->fn->ops->poll(host->fn->model);
}

static void disable_with_io(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		host_ready(host);
		start_io(host);
		host_write32(host, NVME_REG_CC, 0);
		/* RDY stays until the last I/O is done. */
		while (host_read32(host, NVME_REG_CSTS))
			host->fn->ops->poll(host->fn->model);
		assert_false(host->fn->ops->busy(host->fn->model));
	}
	host_free(host);
}

static void shutdown_with_io(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i, seen = 0;
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	start_io(host);
	host_write32(host, NVME_REG_CC, 0x00464001);
	for (i = 0; i < 1000000; i++) {
		host->fn->ops->poll(host->fn->model);
		if ((host_read32(host, NVME_REG_CSTS) & 0xc) == NVME_CSTS_SHST_DONE)
			break;
	}
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY | NVME_CSTS_SHST_DONE);
	while (host_reap(host, 1, &cqe)) {
		assert_int_equal(le16toh(cqe.status) >> 1, 0);
		seen++;
	}
	assert_int_equal(seen, 10);
	host_free(host);
}

static void detach_with_io(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i, n, seen;
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	for (i = 0; i < 20; i++) {
		start_io(host);
		fakebus_detach(host->fn);
		assert_false(host->fn->ops->busy(host->fn->model));
		fakebus_attach(host->fn);
		host_poll(host);
		for (seen = 0, n = 0; n < 10; n++)
			seen += host_reap(host, 1, &cqe);
		assert_int_equal(seen, 10);
		host_poll(host);
	}
	host_free(host);
}

/* Bus mastering goes off under way: completions wait for it. */
static void master_off_with_io(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int n;

	(void)state;
	host_ready(host);
	start_io(host);
	host->fn->master = false;
	host_poll(host);
	host->fn->master = true;
	host_poll(host);
	for (n = 0; n < 10; n++)
		assert_true(host_reap(host, 1, &cqe));
	assert_false(host_reap(host, 1, &cqe));
	host_free(host);
}

static void reset_with_io(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		host_ready(host);
		start_io(host);
		host->fn->ops->reset(host->fn->model);
		assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	}
	host_free(host);
}

static void destroy_with_io(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct host *host = host_new(512, "");

		host_ready(host);
		start_io(host);
		host_free(host);
	}
}

/* Completions without room are forgotten by a reset, and so is every queue. */
static void reset_while_full(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH };
	struct host *host = host_new(512, "");
	unsigned int round, i;

	(void)state;
	/* More commands than there are requests. */
	for (round = 0; round < 40; round++) {
		host_enable(host);
		host_create(host, 4, HOST_DEPTH);
		/* The first half fills the queue, at once; the others find no room. */
		for (i = 0; i < 2 * (HOST_DEPTH - 1); i++) {
			sqe.nsid = htole32(i >= HOST_DEPTH - 1);
			host_submit(host, 4, &sqe);
			if (i % (HOST_DEPTH - 1) < HOST_DEPTH - 2)
				continue;
			host_ring(host, 4);
			host_poll(host);
		}
		host_write32(host, NVME_REG_CC, 0);
		host_poll(host);
		assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	}
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 8, 0), 0);
	host_free(host);
}

/* The flush of a shutdown has been done when memory-enable is off. */
static void shutdown_and_detach(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	start_io(host);
	host_write32(host, NVME_REG_CC, 0x00464001);
	host->fn->ops->poll(host->fn->model);
	fakebus_detach(host->fn);
	fakebus_attach(host->fn);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), NVME_CSTS_RDY | NVME_CSTS_SHST_DONE);
	host_free(host);
}

/* A deletion that waits, and then a reset: both commands are gone. */
static void reset_while_deleting(void **state)
{
	struct nvme_sqe delete = { .opcode = NVME_ADMIN_DELETE_SQ, .cdw = { htole32(1) } };
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	start_io(host);
	host_submit(host, 0, &delete);
	host_ring(host, 0);
	host->fn->ops->poll(host->fn->model);
	host_write32(host, NVME_REG_CC, 0);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS), 0);
	host_ready(host);
	host_free(host);
}

/* More commands than requests: the rest waits in its queue. */
static void many_commands(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int i, qid, seen = 0;

	(void)state;
	host_enable(host);
	for (qid = 1; qid <= 4; qid++) {
		host_create(host, qid, 512);
		for (i = 0; i < 511; i++) {
			struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(1) };

			host_submit(host, qid, &sqe);
		}
		host_ring(host, qid);
	}
	for (i = 0; i < 20; i++) {
		host_poll(host);
		for (qid = 1; qid <= 4; qid++)
			while (host_reap(host, qid, &cqe))
				seen++;
	}
	assert_int_equal(seen, 4 * 511);
	host_free(host);
}

struct bad_conf {
	const char *json;	/* %s is a file of 1 MiB */
	const char *where;
	const char *text;
};

static void configuration(void **state)
{
	static const struct bad_conf bad[] = {
		{ "{}", "", "namespaces" },
		{ "{\"namespaces\": []}", "namespaces", "1 to 64" },
		{ "{\"namespaces\": {}}", "namespaces", "array" },
		{ "{\"namespaces\": [1]}", "namespaces/0", "object" },
		{ "{\"namespaces\": [{}]}", "namespaces/0", "\"file\"" },
		{ "{\"namespaces\": [{\"file\": 1}]}", "namespaces/0", "\"file\"" },
		{ "{\"namespaces\": [{\"file\": \"/nonexistent\"}]}", "namespaces/0/file",
		  "No such file" },
		{ "{\"namespaces\": [{\"file\": \"/dev/null\"}]}", "namespaces/0/file",
		  "neither a file nor" },
		{ "{\"namespaces\": [{\"file\": \"/tmp\", \"readonly\": true}]}",
		  "namespaces/0/file", "neither a file nor" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"block\": 1024}]}",
		  "namespaces/0/block", "512 or 4096" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"block\": \"512\"}]}",
		  "namespaces/0/block", "512 or 4096" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"readonly\": 1}]}",
		  "namespaces/0/readonly", "true or false" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"sise\": 1}]}",
		  "namespaces/0/sise", "unknown key \"sise\" in a namespace" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"discard\": \"maybe\"}]}",
		  "namespaces/0/discard", "\"unmap\" or \"ignore\"" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"on_error\": true}]}",
		  "namespaces/0/on_error", "\"report\" or \"pause\"" },
		{ "{\"namespaces\": [{\"file\": \"%s\", \"uuid\": \"12\"}]}",
		  "namespaces/0/uuid", "32 hexadecimal" },
		{ "{\"queues\": 0, \"namespaces\": [{\"file\": \"%s\"}]}", "queues", "1 to 64" },
		{ "{\"queues\": 65, \"namespaces\": [{\"file\": \"%s\"}]}", "queues", "1 to 64" },
		{ "{\"queues\": \"4\", \"namespaces\": [{\"file\": \"%s\"}]}", "queues", "number" },
		{ "{\"bar_bytes\": \"8K\", \"namespaces\": [{\"file\": \"%s\"}]}", "bar_bytes",
		  "power of two" },
		{ "{\"bar_bytes\": 20000, \"namespaces\": [{\"file\": \"%s\"}]}", "bar_bytes",
		  "power of two" },
		{ "{\"serial\": \"123456789012345678901\", \"namespaces\": [{\"file\": \"%s\"}]}",
		  "serial", "20 characters" },
		/* The same file twice: the second is locked out. */
		{ "{\"namespaces\": [{\"file\": \"%s\"}, {\"file\": \"%s\"}]}",
		  "namespaces/1/file", "this pvpcid has it open already" },
	};
	char file[64], json[512];
	struct error err;
	unsigned int i;

	(void)state;
	host_file(file, 1 << 20);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(json, sizeof(json), bad[i].json, file, file);
		if (fakebus_create(&nvme_model, json, &err))
			fail_msg("row %u was taken: %s", i, json);
		if (strcmp(err.where, bad[i].where) || !strstr(err.text, bad[i].text))
			fail_msg("row %u: \"%s\" at \"%s\"", i, err.text, err.where);
	}
	unlink(file);
}

static void largest(void **state)
{
	struct host *host = host_new(512, "}], \"queues\": 64, \"bar_bytes\": \"128K\", \"x\": [{");

	(void)state;
	assert_int_equal(host->fn->bar_bytes[0], 128 * 1024);
	assert_int_equal(host->fn->msix, 65);
	assert_true(host->fn->msix_pba >= host->fn->msix_table + 65 * 16);
	host_ready(host);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	host_free(host);
}

/* Fail each allocation of a run in turn: an error where it is due, and no leak. */
static void failing_allocations(void **state)
{
	char file[64], json[512];
	unsigned int nth;

	(void)state;
	host_file(file, 1 << 20);
	snprintf(json, sizeof(json), "{\"namespaces\": [{\"file\": \"%s\"}, " SELF "]}", file);
	for (nth = 1; nth < 1000; nth++) {
		struct function *fn;
		struct error err;
		bool failed;

		model_alloc_fail(nth);
		fn = fakebus_create(&nvme_model, json, &err);
		failed = model_alloc_failed();
		model_alloc_fail(0);
		if (fn)
			fakebus_destroy(fn);
		else
			assert_true(failed && err.text[0]);
		if (!failed)
			break;
	}
	assert_in_range(nth, 5, 999);
	unlink(file);
}

/* The same while commands run: every command completes, with or without an error. */
static void failing_commands(void **state)
{
	static const uint8_t opcodes[] = {
		NVME_IO_READ, NVME_IO_WRITE, NVME_IO_FLUSH, NVME_IO_COMPARE, NVME_IO_VERIFY,
		NVME_IO_WRITE_ZEROES, NVME_IO_DSM,
	};
	unsigned int i, n, nth;

	(void)state;
	for (i = 0; i < sizeof(opcodes); i++) {
		for (nth = 1; nth < 20; nth++) {
			struct host *host = host_new(512, "");
			struct nvme_sqe sqe = { .opcode = opcodes[i], .nsid = htole32(1) };
			struct nvme_cqe cqe;
			bool failed;

			host_ready(host);
			/* What is compared is equal. */
			if (opcodes[i] == NVME_IO_COMPARE)
				assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
			sqe.prp1 = htole64(host->data);
			if (opcodes[i] == NVME_IO_DSM)
				sqe.cdw[1] = htole32(NVME_DSM_AD);
			/* Twice: there are not as many requests yet. */
			host_submit(host, 1, &sqe);
			host_submit(host, 1, &sqe);
			host_ring(host, 1);
			model_alloc_fail(nth);
			host->fn->ops->poll(host->fn->model);
			failed = model_alloc_failed();
			model_alloc_fail(0);
			host_poll(host);
			for (n = 0; n < 2; n++) {
				assert_true(host_reap(host, 1, &cqe));
				if (!failed)
					assert_int_equal(le16toh(cqe.status) >> 1, 0);
			}
			host_free(host);
			if (!failed)
				break;
		}
	}
}

const struct CMUnitTest nvme_life_tests[] = {
	cmocka_unit_test(disable_with_io),
	cmocka_unit_test(shutdown_with_io),
	cmocka_unit_test(detach_with_io),
	cmocka_unit_test(master_off_with_io),
	cmocka_unit_test(reset_with_io),
	cmocka_unit_test(destroy_with_io),
	cmocka_unit_test(reset_while_full),
	cmocka_unit_test(shutdown_and_detach),
	cmocka_unit_test(reset_while_deleting),
	cmocka_unit_test(many_commands),
	cmocka_unit_test(configuration),
	cmocka_unit_test(largest),
	cmocka_unit_test(failing_allocations),
	cmocka_unit_test(failing_commands),
};

const size_t nvme_life_count = sizeof(nvme_life_tests) / sizeof(nvme_life_tests[0]);
