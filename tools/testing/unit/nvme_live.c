// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: namespaces that come, go and grow while their controller is in use.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "model_faults.h"
#include "nvme_tests.h"

#define DNR		NVME_SC_DNR
#define NO_NAMESPACE	(NVME_SC_INVALID_NAMESPACE | DNR)
#define BYTES		(1024 * 1024)
#define MOST		64	/* namespaces of a controller */

static char first[64], second[64];

static json_t *conf_of(const char *path, bool pause)
{
	return json_pack("{s:s, s:s}", "file", path, "on_error", pause ? "pause" : "report");
}

static int add(struct host *host, const char *path, unsigned int *nsid, struct error *err)
{
	json_t *conf = conf_of(path, true);
	int ret = host->fn->ops->ns_add(host->fn->model, conf, nsid, err);

	json_decref(conf);
	return ret;
}

static void add_as(struct host *host, const char *path, unsigned int nsid)
{
	unsigned int got = nsid;
	struct error err = { 0 };

	if (add(host, path, &got, &err))
		fail_msg("%s: %s", err.where, err.text);
	assert_int_equal(got, nsid);
}

static void begin_removal(struct host *host, unsigned int nsid)
{
	struct error err;

	assert_int_equal(host->fn->ops->ns_remove(host->fn->model, nsid, &err), 0);
}

static bool is_gone(struct host *host, unsigned int nsid)
{
	return host->fn->ops->ns_gone(host->fn->model, nsid);
}

static void wait_until_gone(struct host *host, unsigned int nsid)
{
	unsigned int i;

	for (i = 0; i < 5000 && !is_gone(host, nsid); i++)
		usleep(1000);
	assert_true(is_gone(host, nsid));
}

static void take_away(struct host *host, unsigned int nsid)
{
	begin_removal(host, nsid);
	wait_until_gone(host, nsid);
}

static uint16_t identify(struct host *host, uint8_t cns, uint32_t nsid)
{
	return host_admin(host, NVME_ADMIN_IDENTIFY, nsid, cns, 0, NULL);
}

/* The active namespaces, as digits. */
static const char *active(struct host *host, char text[16])
{
	unsigned int i, nsid;

	assert_int_equal(identify(host, 2, 0), 0);
	for (i = 0; i < 15 && (nsid = (unsigned int)host_get(host, i * 4, 4)); i++)
		text[i] = (char)('0' + nsid);
	text[i] = '\0';
	return text;
}

static uint16_t io(struct host *host, uint8_t opcode, uint32_t nsid)
{
	struct nvme_sqe sqe = {
		.opcode = opcode, .nsid = htole32(nsid), .prp1 = htole64(host->data),
	};

	return host_run(host, 1, &sqe, NULL);
}

static void write_one(struct host *host, uint32_t nsid, uint8_t value)
{
	memset(host_mem(host, host->data), value, 512);
	assert_int_equal(io(host, NVME_IO_WRITE, nsid), 0);
}

static uint8_t read_one(struct host *host, uint32_t nsid)
{
	assert_int_equal(io(host, NVME_IO_READ, nsid), 0);
	return *(uint8_t *)host_mem(host, host->data);
}

/* The guest hears of @changed and nothing else. */
static void hears(struct host *host, uint32_t changed)
{
	struct nvme_sqe aer = { .opcode = NVME_ADMIN_AER };
	uint16_t cid = host_submit(host, 0, &aer);
	struct nvme_cqe cqe;

	host_ring(host, 0);
	host_poll(host);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le16toh(cqe.cid), cid);
	assert_int_equal(le32toh(cqe.dw0), 0x040002);
	assert_int_equal(host_admin(host, NVME_ADMIN_GET_LOG, ~0U, 1023U << 16 | 4, 0, NULL), 0);
	assert_int_equal(host_get(host, 0, 8), changed);
}

static struct host *one(void)
{
	char json[256];
	struct host *host;

	host_file(first, BYTES);
	host_file(second, BYTES);
	snprintf(json, sizeof(json), "{\"namespaces\": [{\"file\": \"%s\"}]}", first);
	host = host_conf(json);
	host_ready(host);
	assert_int_equal(host_feature(host, true, 0, NVME_FEAT_ASYNC_EVENT, 0x100, NULL), 0);
	return host;
}

static void end(struct host *host)
{
	host_free(host);
	unlink(first);
	unlink(second);
}

static void come_and_go(void **state)
{
	struct host *host = one();
	char text[16];

	(void)state;
	assert_string_equal(active(host, text), "1");
	assert_int_equal(io(host, NVME_IO_READ, 2), NO_NAMESPACE);
	add_as(host, second, 2);
	hears(host, 2);
	assert_string_equal(active(host, text), "12");
	assert_int_equal(identify(host, 0, 2), 0);
	assert_int_equal(host_get(host, 0, 8), BYTES / 512);
	write_one(host, 1, 0x11);
	write_one(host, 2, 0x22);
	assert_int_equal(read_one(host, 1), 0x11);

	take_away(host, 1);
	hears(host, 1);
	assert_string_equal(active(host, text), "2");
	assert_int_equal(io(host, NVME_IO_READ, 1), NO_NAMESPACE);
	assert_int_equal(io(host, NVME_IO_FLUSH, 1), NO_NAMESPACE);
	/* 5.15.2.1: inactive, not invalid. */
	assert_int_equal(identify(host, 0, 1), 0);
	assert_int_equal(host_get(host, 0, 8), 0);
	assert_int_equal(identify(host, 3, 1), NO_NAMESPACE);
	assert_int_equal(identify(host, 0, 3), NO_NAMESPACE);
	/* What concerns all goes round it. */
	assert_int_equal(io(host, NVME_IO_FLUSH, NVME_NSID_ALL), 0);
	assert_int_equal(read_one(host, 2), 0x22);
	/* Its file is free, with what was written; a new number, since it is another disk. */
	add_as(host, first, 3);
	assert_int_equal(read_one(host, 3), 0x11);
	take_away(host, 2);
	take_away(host, 3);
	assert_string_equal(active(host, text), "");
	assert_int_equal(io(host, NVME_IO_FLUSH, NVME_NSID_ALL), 0);
	add_as(host, second, 1);
	assert_int_equal(read_one(host, 1), 0x22);
	end(host);
}

/* Each refusal leaves all as it was. */
static void refused(void **state)
{
	struct host *host = one();
	const struct model_ops *ops = host->fn->ops;
	unsigned int nsid;
	char text[16];
	struct error err;

	(void)state;
	nsid = 0;
	assert_int_equal(add(host, "/nonexistent", &nsid, &err), -1);
	assert_non_null(strstr(err.text, "No such file"));
	nsid = 0;
	assert_int_equal(add(host, first, &nsid, &err), -1);
	assert_non_null(strstr(err.text, "open already"));
	nsid = 1;
	assert_int_equal(add(host, second, &nsid, &err), -1);
	assert_non_null(strstr(err.text, "there is a namespace 1 already"));
	nsid = MOST + 1;
	assert_int_equal(add(host, second, &nsid, &err), -1);
	nsid = 7;
	model_alloc_fail(3);
	if (!add(host, second, &nsid, &err))
		take_away(host, 7);
	model_alloc_fail(0);
	assert_int_equal(ops->ns_remove(host->fn->model, 2, &err), -1);
	assert_string_equal(err.text, "there is no namespace 2");
	assert_int_equal(ops->ns_remove(host->fn->model, 0, &err), -1);
	assert_int_equal(ops->ns_grow(host->fn->model, 2, BYTES, &err), -1);
	assert_string_equal(active(host, text), "1");
	assert_int_equal(identify(host, 1, 0), 0);
	add_as(host, second, MOST);
	end(host);
}

/* What is under way is finished; what waits for space has waited for nothing. */
static void busy(void **state)
{
	struct host *host = one();
	struct nvme_sqe sqe = { .opcode = NVME_IO_READ, .nsid = htole32(2) };
	struct nvme_cqe cqe;
	struct error err;
	uint16_t cid;

	(void)state;
	add_as(host, second, 2);
	sqe.prp1 = htole64(host->data);
	model_read_hold(second);
	cid = host_submit(host, 1, &sqe);
	host_ring(host, 1);
	host->fn->ops->poll(host->fn->model);
	begin_removal(host, 2);
	usleep(20000);
	assert_false(is_gone(host, 2));
	assert_int_equal(host->fn->ops->ns_remove(host->fn->model, 2, &err), -1);
	assert_string_equal(err.text, "namespace 2 is being removed already");
	/* The other one is not held up. */
	assert_int_equal(host->fn->ops->busy(host->fn->model), true);
	model_read_hold(NULL);
	wait_until_gone(host, 2);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.cid), cid);
	assert_int_equal(le16toh(cqe.status) >> 1, 0);

	add_as(host, second, 3);
	sqe.opcode = NVME_IO_WRITE;
	sqe.nsid = htole32(3);
	model_file_fail(ENOSPC, 1);
	host_submit(host, 1, &sqe);
	host_ring(host, 1);
	host_poll(host);
	assert_false(host_reap(host, 1, &cqe));
	take_away(host, 3);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1 & ~NVME_SC_MORE, NO_NAMESPACE);
	end(host);
}

/* What nobody waits for ends as well. */
static void by_itself(void **state)
{
	struct host *host = one();
	unsigned int i, nsid = 2;
	struct error err;

	(void)state;
	add_as(host, second, 2);
	write_one(host, 2, 0x33);
	begin_removal(host, 2);
	for (i = 0; i < 5000 && add(host, second, &nsid, &err); i++) {
		host_poll(host);
		usleep(1000);
	}
	assert_true(i < 5000);
	assert_int_equal(read_one(host, 2), 0x33);
	end(host);
}

static void grows(void **state)
{
	struct host *host = one();
	const struct model_ops *ops = host->fn->ops;
	struct error err;
	struct stat st;
	int grown;

	(void)state;
	assert_int_equal(ops->ns_grow(host->fn->model, 1, BYTES - 512, &err), -1);
	assert_non_null(strstr(err.text, "would lose"));
	assert_int_equal(ops->ns_grow(host->fn->model, 1, BYTES + 1, &err), -1);
	assert_non_null(strstr(err.text, "multiple of the block size"));
	assert_int_equal(ops->ns_grow(host->fn->model, 1, 3 * BYTES, &err), 0);
	while ((grown = ops->ns_grown(host->fn->model, 1)) == 1)
		usleep(1000);
	assert_int_equal(grown, 0);
	assert_int_equal(stat(first, &st), 0);
	assert_int_equal(st.st_size, 3 * BYTES);
	hears(host, 1);
	assert_int_equal(identify(host, 0, 1), 0);
	assert_int_equal(host_get(host, 0, 8), 3 * BYTES / 512);
	end(host);
}

/* All paths have it, or none; the file is closed when the last has lost it. */
static void shared(void **state)
{
	struct host *path[2];
	unsigned int i, nsid;
	struct error err;
	char json[256], text[16];

	(void)state;
	host_file(first, BYTES);
	host_file(second, BYTES);
	snprintf(json, sizeof(json),
		 "{\"share\": \"PAIR\", \"namespaces\": [null, {\"file\": \"%s\"}]}", first);
	for (i = 0; i < 2; i++) {
		path[i] = host_conf(json);
		host_ready(path[i]);
		assert_int_equal(host_feature(path[i], true, 0, NVME_FEAT_ASYNC_EVENT, 0x100,
					      NULL), 0);
		assert_string_equal(active(path[i], text), "2");
	}
	for (i = 0; i < 2; i++) {
		add_as(path[i], second, i + 3);
		write_one(path[0], i + 3, (uint8_t)(0x40 + i));
		assert_int_equal(read_one(path[1], i + 3), 0x40 + i);
		hears(path[0], i + 3);
		hears(path[1], i + 3);
		nsid = 1;
		assert_int_equal(add(path[0], second, &nsid, &err), -1);
		take_away(path[!i], i + 3);
		assert_string_equal(active(path[0], text), "2");
		assert_string_equal(active(path[1], text), "2");
		hears(path[0], i + 3);
		hears(path[1], i + 3);
	}
	/* A path that comes later has what the others have by then. */
	add_as(path[0], second, 5);
	assert_null(fakebus_create(&nvme_model, json, &err));
	assert_non_null(strstr(err.text, "has 5 namespaces"));
	host_free(path[1]);
	end(path[0]);
}

const struct CMUnitTest nvme_live_tests[] = {
	cmocka_unit_test(come_and_go),
	cmocka_unit_test(refused),
	cmocka_unit_test(busy),
	cmocka_unit_test(by_itself),
	cmocka_unit_test(grows),
	cmocka_unit_test(shared),
};

const size_t nvme_live_count = sizeof(nvme_live_tests) / sizeof(nvme_live_tests[0]);
