// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: creation and deletion of queues, full queues, phases, doorbells.
 */
#include <string.h>
#include <unistd.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static uint16_t create(struct host *host, uint8_t opcode, uint32_t cdw10, uint32_t cdw11,
		       uint64_t prp1)
{
	struct nvme_sqe sqe = {
		.opcode = opcode,
		.prp1 = htole64(prp1),
		.cdw = { htole32(cdw10), htole32(cdw11) },
	};

	return host_run(host, 0, &sqe, NULL);
}

static void create_refused(void **state)
{
	struct host *host = host_new(512, "");
	const uint8_t cq = NVME_ADMIN_CREATE_CQ, sq = NVME_ADMIN_CREATE_SQ;
	uint64_t page = fakebus_page(host->fn, 1);

	(void)state;
	host_enable(host);
	/* 5.3 */
	assert_int_equal(create(host, cq, 15 << 16 | 0, 1, page), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 5, 1, page), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 0xffff, 1, page), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, cq, 0 << 16 | 1, 1, page), NVME_SC_QUEUE_SIZE | DNR);
	assert_int_equal(create(host, cq, 2048 << 16 | 1, 1, page), NVME_SC_QUEUE_SIZE | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 0, page), NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 1, page + 8), NVME_SC_PRP_OFFSET | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 1, 1ULL << 40),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 5 << 16 | 3, page), NVME_SC_VECTOR | DNR);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 4 << 16 | 3, page), 0);
	assert_int_equal(create(host, cq, 15 << 16 | 1, 1, page), NVME_SC_QID_INVALID | DNR);
	/* 5.4 */
	assert_int_equal(create(host, sq, 15 << 16 | 0, 1 << 16 | 1, page),
			 NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 0 << 16 | 1, page),
			 NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 9 << 16 | 1, page),
			 NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 2 << 16 | 1, page),
			 NVME_SC_CQ_INVALID | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 1 << 16 | 0, page),
			 NVME_SC_INVALID_FIELD | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 1 << 16 | 1, page + 64),
			 NVME_SC_PRP_OFFSET | DNR);
	assert_int_equal(create(host, sq, 15 << 16 | 1, 1 << 16 | 1, page), 0);
	/* 5.5, 5.6 */
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0),
			 NVME_SC_QUEUE_DELETION | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 0, 0, 0), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 2, 0, 0), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 0, 0, 0), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 2, 0, 0), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 99, 0, 0), NVME_SC_QID_INVALID | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), NVME_SC_QID_INVALID | DNR);
	host_free(host);
}

/* 3.1.5: entry sizes may be set after enable, but before an I/O queue. */
static void entry_sizes(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t page = fakebus_page(host->fn, 1);

	(void)state;
	host_enable(host);
	host_write32(host, NVME_REG_CC, NVME_CC_EN);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_CQ, 15 << 16 | 1, 1, page),
			 NVME_SC_QUEUE_SIZE | DNR);
	host_write32(host, NVME_REG_CC, 0x00460001);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_CQ, 15 << 16 | 1, 1, page), 0);
	host_free(host);
}

/* Around both queues many times, with a stale doorbell before each creation. */
static void wrap(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i, round;

	(void)state;
	host_enable(host);
	for (round = 0; round < 3; round++) {
		host_doorbell(host, 1, false, 7);
		host_create(host, 1, 5);
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 8), 0);
		for (i = 0; i < 33; i++) {
			assert_int_equal(host_rw(host, NVME_IO_READ, i, 1, 0), 0);
			assert_int_equal(host->queue[1].sq_head, host->queue[1].tail);
		}
		assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
		assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	}
	host_free(host);
}

static uint16_t submit_read(struct host *host, unsigned int qid, uint64_t lba)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_IO_READ,
		.nsid = htole32(1),
		.prp1 = htole64(host->data),
		.cdw = { htole32((uint32_t)lba) },
	};

	return host_submit(host, qid, &sqe);
}

/* A completion queue of 4 entries under a submission queue of 16: 3 fit. */
static void full(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t cq = fakebus_page(host->fn, 1), sq = fakebus_page(host->fn, 1);
	unsigned int i, seen = 0;
	struct nvme_cqe cqe;

	(void)state;
	host_enable(host);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_CQ, 3 << 16 | 1, 1 << 16 | 3, cq), 0);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_SQ, 15 << 16 | 1, 1 << 16 | 1, sq), 0);
	host->queue[1] = (struct host_queue){ .sq = sq, .cq = cq, .depth = 16, .phase = 1 };
	for (i = 0; i < 15; i++)
		submit_read(host, 1, i);
	host_ring(host, 1);
	host_poll(host);
	assert_int_equal(((struct nvme_cqe *)host_mem(host, cq))[3].status, 0);
	host->queue[1].depth = 4;
	for (i = 0; i < 20; i++) {
		while (host_reap(host, 1, &cqe)) {
			assert_int_equal(le16toh(cqe.status) >> 1, 0);
			seen++;
		}
		host_poll(host);
	}
	assert_int_equal(seen, 15);
	host_free(host);
}

/* Nobody reaps; the queues are deleted with completions that found no room. */
static void delete_while_full(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t cq = fakebus_page(host->fn, 1), sq = fakebus_page(host->fn, 1);
	unsigned int i;

	(void)state;
	host_enable(host);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_CQ, 1 << 16 | 1, 1 << 16 | 3, cq), 0);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_SQ, 15 << 16 | 1, 1 << 16 | 1, sq), 0);
	host->queue[1] = (struct host_queue){ .sq = sq, .cq = cq, .depth = 16, .phase = 1 };
	for (i = 0; i < 15; i++)
		submit_read(host, 1, i);
	host_ring(host, 1);
	host_poll(host);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	host_create(host, 1, HOST_DEPTH);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	host_free(host);
}

/* 5.6: a deletion with I/O under way completes after it. */
static void delete_with_io(void **state)
{
	struct nvme_sqe delete = { .opcode = NVME_ADMIN_DELETE_SQ, .cdw = { htole32(1) } };
	struct host *host = host_new(512, "");
	struct nvme_cqe cqe;
	unsigned int i, seen = 0;

	(void)state;
	host_ready(host);
	for (i = 0; i < 10; i++) {
		struct nvme_sqe sqe = {
			.opcode = NVME_IO_FLUSH,
			.nsid = htole32(1),
		};

		host_submit(host, 1, &sqe);
	}
	host_submit(host, 0, &delete);
	host_ring(host, 1);
	host->fn->ops->poll(host->fn->model);
	host_ring(host, 0);
	host_poll(host);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(le16toh(cqe.status) >> 1, 0);
	while (host_reap(host, 1, &cqe))
		seen++;
	assert_int_equal(seen, 10);
	host_poll(host);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	host_free(host);
}

/* What a queue still had to say is forgotten with it; the others go on. */
static void deleted_is_silent(void **state)
{
	struct nvme_sqe sqe = { .opcode = NVME_IO_FLUSH, .nsid = htole32(2) };
	struct host *host = host_new(512, "");
	const struct model_ops *ops = host->fn->ops;
	unsigned int before, i;

	(void)state;
	host_ready(host);
	host_create(host, 2, HOST_DEPTH);
	for (i = 0; i < 3; i++) {
		before = host->fn->interrupts[1];
		assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
		assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
		assert_int_equal(host_run(host, 2, &sqe, NULL), NVME_SC_INVALID_NAMESPACE | DNR);
		assert_int_equal(host->fn->interrupts[1], before);
		assert_false(ops->busy(host->fn->model));
		host_create(host, 1, HOST_DEPTH);
	}
	host_free(host);
}

static void several_queues(void **state)
{
	struct host *host = host_new(512, "");
	unsigned int i, qid;
	struct nvme_cqe cqe;

	(void)state;
	host_enable(host);
	for (qid = 1; qid <= 4; qid++)
		host_create(host, qid, HOST_DEPTH);
	for (i = 0; i < 10; i++) {
		for (qid = 1; qid <= 4; qid++)
			submit_read(host, qid, i);
	}
	for (qid = 1; qid <= 4; qid++)
		host_ring(host, qid);
	host_poll(host);
	for (qid = 1; qid <= 4; qid++) {
		for (i = 0; i < 10; i++) {
			assert_true(host_reap(host, qid, &cqe));
			assert_int_equal(le16toh(cqe.sqid), qid);
			assert_int_equal(le16toh(cqe.status) >> 1, 0);
		}
		assert_false(host_reap(host, qid, &cqe));
		assert_true(host->fn->interrupts[qid] >= 1);
	}
	/* The slow look at doorbells of no queue leaves theirs alone. */
	usleep(150000);
	host_poll(host);
	for (qid = 1; qid <= 4; qid++) {
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 8 * qid), 10);
		assert_int_equal(host_read32(host, NVME_REG_DOORBELLS + 8 * qid + 4), 10);
	}
	host_free(host);
}

/* 5.3: without IEN the guest polls. */
static void polled(void **state)
{
	struct host *host = host_new(512, "");

	(void)state;
	host_ready(host);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	host->queue[1].tail = 0;
	host->queue[1].head = 0;
	assert_int_equal(create(host, NVME_ADMIN_CREATE_CQ, 15 << 16 | 1, 1 << 16 | 1,
				host->queue[1].cq), 0);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_SQ, 15 << 16 | 1, 1 << 16 | 1,
				host->queue[1].sq), 0);
	assert_int_equal(host_rw(host, NVME_IO_READ, 0, 1, 0), 0);
	assert_int_equal(host->fn->interrupts[1], 0);
	host_free(host);
}

/* Two submission queues on one completion queue. */
static void shared_cq(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t sq = fakebus_page(host->fn, 1);
	struct nvme_cqe cqe;

	(void)state;
	host_ready(host);
	assert_int_equal(create(host, NVME_ADMIN_CREATE_SQ, 15 << 16 | 2, 1 << 16 | 1, sq), 0);
	host->queue[2] = (struct host_queue){ .sq = sq, .depth = 16 };
	submit_read(host, 2, 0);
	host_ring(host, 2);
	host_poll(host);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(le16toh(cqe.sqid), 2);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 1, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0),
			 NVME_SC_QUEUE_DELETION | DNR);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_SQ, 2, 0, 0), 0);
	assert_int_equal(create(host, NVME_ADMIN_DELETE_CQ, 1, 0, 0), 0);
	host_free(host);
}

/* 4.2: an identifier that is in use. */
static void duplicate_cid(void **state)
{
	struct nvme_sqe aer = { .opcode = NVME_ADMIN_AER };
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_IDENTIFY, .cdw = { htole32(1) } };
	struct host *host = host_new(512, "");
	uint16_t cid;

	(void)state;
	host_ready(host);
	cid = host_submit(host, 0, &aer);
	host_ring(host, 0);
	host_poll(host);
	sqe.prp1 = htole64(host->data);
	host->next_cid = cid;
	assert_int_equal(host_run(host, 0, &sqe, NULL), NVME_SC_CID_CONFLICT | DNR);
	/* The other command still owns it. */
	host->next_cid = cid;
	assert_int_equal(host_run(host, 0, &sqe, NULL), NVME_SC_CID_CONFLICT | DNR);
	assert_int_equal(host_run(host, 0, &sqe, NULL), 0);
	host_free(host);
}

static void bad_command(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_sqe sqe = { .nsid = htole32(1), .prp1 = htole64(host->data) };

	(void)state;
	host_ready(host);
	sqe.opcode = 0xff;
	assert_int_equal(host_run(host, 0, &sqe, NULL), NVME_SC_INVALID_OPCODE | DNR);
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_OPCODE | DNR);
	sqe.opcode = NVME_IO_READ;
	sqe.flags = 1;
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_FIELD | DNR);
	sqe.flags = 0x40;
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_FIELD | DNR);
	sqe.flags = 0;
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	host_free(host);
}

const struct CMUnitTest nvme_queues_tests[] = {
	cmocka_unit_test(create_refused),
	cmocka_unit_test(entry_sizes),
	cmocka_unit_test(wrap),
	cmocka_unit_test(full),
	cmocka_unit_test(delete_while_full),
	cmocka_unit_test(delete_with_io),
	cmocka_unit_test(deleted_is_silent),
	cmocka_unit_test(several_queues),
	cmocka_unit_test(polled),
	cmocka_unit_test(shared_cq),
	cmocka_unit_test(duplicate_cid),
	cmocka_unit_test(bad_command),
};

const size_t nvme_queues_count = sizeof(nvme_queues_tests) / sizeof(nvme_queues_tests[0]);
