// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: when the guest is told of completions.
 */
#include <string.h>
#include <time.h>

#include "nvme_tests.h"

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static unsigned int told(const struct host *host) { return host->fn->interrupts[1]; }

static void poll_once(struct host *host)
{
	host->fn->ops->poll(host->fn->model);
}

/* Commands that are completed as soon as they are seen. */
static void complete(struct host *host, unsigned int count)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(2) };

	while (count--)
		host_submit(host, 1, &sqe);
	host_ring(host, 1);
	poll_once(host);
}

static void take(struct host *host, unsigned int count)
{
	struct nvme_cqe cqe;

	while (count--)
		assert_true(host_reap(host, 1, &cqe));
}

/* Poll until it was told once more; in how many us? */
static uint64_t until_told(struct host *host)
{
	unsigned int before = told(host);
	uint64_t begin = now_us();

	while (told(host) == before) {
		poll_once(host);
		assert_true(now_us() - begin < 5000000);
	}
	assert_int_equal(told(host), before + 1);
	return now_us() - begin;
}

/*
 * One that was told finds what comes while it looks. What it did not find it is told of
 * as soon as it has said what it found. The interrupts are not late, whatever the clock of
 * the machine that runs this: tried until the 10 ms were not over.
 */
static void once_until_taken(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int before, tries;
	uint64_t begin;

	(void)state;
	host_ready(host);
	before = told(host);
	for (tries = 0; tries < 50; tries++) {
		begin = now_us();
		complete(host, 1);
		assert_int_equal(told(host), before + 1);
		complete(host, 2);
		if (now_us() - begin < 8000)
			assert_int_equal(told(host), before + 1);
		/* It takes two of three: the third is worth another one. */
		take(host, 2);
		poll_once(host);
		if (now_us() - begin < 8000)
			assert_int_equal(told(host), before + 2);
		complete(host, 1);
		take(host, 2);
		poll_once(host);
		if (now_us() - begin < 8000)
			break;
		before = told(host);
	}
	assert_true(tries < 50);
	/* All were taken: there is nothing to tell, now or later. */
	assert_int_equal(told(host), before + 2);
	assert_false(host->fn->ops->busy(host->fn->model));
	complete(host, 1);
	assert_int_equal(told(host), before + 3);
	take(host, 1);
	host_free(host);
}

/* A guest may take completions and keep that for itself, as long as there is room. */
static void head_left_alone(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	complete(host, 1);
	complete(host, 1);
	/* Nobody sleeps over it. */
	assert_true(host->fn->ops->busy(host->fn->model));
	assert_true(until_told(host) > 5000);
	assert_false(host->fn->ops->busy(host->fn->model));
	complete(host, 1);
	until_told(host);
	take(host, 3);
	host_free(host);
}

/* Interrupts that cannot be sent tell nobody: the next one is not withheld for them. */
static void nobody_was_told(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int before;

	(void)state;
	host_ready(host);
	before = told(host);
	host->fn->off = true;
	complete(host, 1);
	assert_int_equal(told(host), before);
	host->fn->off = false;
	complete(host, 1);
	assert_int_equal(told(host), before + 1);
	take(host, 2);
	host_free(host);
}

/* What waits when the function is taken away is said before. */
static void at_once_before_detach(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int before;

	(void)state;
	host_ready(host);
	complete(host, 1);
	before = told(host);
	complete(host, 1);
	host->fn->ops->detach(host->fn->model);
	assert_in_range(told(host), before + 1, before + 1);
	host->fn->ops->attach(host->fn->model);
	take(host, 2);
	host_free(host);
}

static void set(struct host *host, uint32_t feature, uint32_t value)
{
	assert_int_equal(host_feature(host, true, 0, feature, value, NULL), 0);
}

/* 5.21.1.8: four at a time, or 20 ms; 5.21.1.9 takes it back for a vector. */
static void coalesced(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int before;

	(void)state;
	host_ready(host);
	set(host, NVME_FEAT_COALESCING, 200 << 8 | 3);
	before = told(host);
	complete(host, 5);
	assert_int_equal(told(host), before + 1);
	take(host, 5);
	complete(host, 1);
	assert_in_range(until_told(host), 10000, 5000000);
	take(host, 1);
	/* The admin queue is not concerned. */
	before = host->fn->interrupts[0];
	set(host, NVME_FEAT_VECTOR, 1 << 16 | 1);
	assert_true(host->fn->interrupts[0] > before);
	before = told(host);
	complete(host, 1);
	assert_int_equal(told(host), before + 1);
	take(host, 1);
	host_free(host);
}

const struct CMUnitTest nvme_interrupts_tests[] = {
	cmocka_unit_test(once_until_taken),
	cmocka_unit_test(head_left_alone),
	cmocka_unit_test(nobody_was_told),
	cmocka_unit_test(at_once_before_detach),
	cmocka_unit_test(coalesced),
};

const size_t nvme_interrupts_count =
	sizeof(nvme_interrupts_tests) / sizeof(nvme_interrupts_tests[0]);
