// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe submission queues (4.1): doorbells, commands in fair turns.
 *
 * Queue memory is reached through function_dma() for each entry, never through
 * a kept pointer: when the guest turns bus mastering off, the queues stand
 * still; when it turns it on again, they go on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

/* In one poll, all queues together: others have their turn, and the host gets results early. */
#define POLL_COMMANDS	128
#define POLL_BYTES	(256 * 1024)
#define CID_WORDS	(65536 / 64)

/**
 * nvme_queue_memory - is a queue wholly in guest memory?
 * @ctrl: controller
 * @base: guest-physical
 * @bytes: its length
 */
bool nvme_queue_memory(struct nvme_ctrl *ctrl, uint64_t base, uint64_t bytes)
{
	if (base + bytes < base)
		return false;
	while (bytes) {
		uint64_t part = 4096 - (base & 4095);

		if (part > bytes)
			part = bytes;
		if (!function_dma(ctrl->fn, base, part))
			return false;
		base += part;
		bytes -= part;
	}
	return true;
}

/**
 * nvme_queues_top - find the highest queue that exists
 * @ctrl: controller
 */
void nvme_queues_top(struct nvme_ctrl *ctrl)
{
	ctrl->top = ctrl->queues + 1;
	while (ctrl->top && !ctrl->sq[ctrl->top - 1].live && !ctrl->cq[ctrl->top - 1].live)
		ctrl->top--;
}

/**
 * nvme_sq_init - create a submission queue
 * @ctrl: controller
 * @qid: not live
 * @cqid: live
 * @base: guest-physical, checked
 * @size: entries
 *
 * The doorbell is zero before the guest can know of the queue (5.4).
 * Return: 0, or -ENOMEM.
 */
int nvme_sq_init(struct nvme_ctrl *ctrl, unsigned int qid, unsigned int cqid,
		 uint64_t base, uint32_t size)
{
	struct nvme_sq *sq = &ctrl->sq[qid];
	uint64_t *cids = calloc(CID_WORDS, sizeof(*cids));

	if (!cids)
		return -ENOMEM;
	*sq = (struct nvme_sq){
		.id = (uint16_t)qid,
		.size = size,
		.bad_tail = ~0U,
		.base = base,
		.cqid = (uint16_t)cqid,
		.cq = &ctrl->cq[cqid],
		.cids = cids,
	};
	/* Who finds a live one finds a whole one. */
	nvme_in_order();
	sq->live = true;
	sq->cq->users++;
	nvme_doorbell_clear(ctrl, qid, false);
	nvme_queues_top(ctrl);
	return 0;
}

/**
 * nvme_sq_adopt - go on with a submission queue that was found
 * @ctrl: controller
 * @qid: live
 *
 * Return: 0, or -ENOMEM.
 */
int nvme_sq_adopt(struct nvme_ctrl *ctrl, unsigned int qid)
{
	struct nvme_sq *sq = &ctrl->sq[qid];

	sq->cids = calloc(CID_WORDS, sizeof(*sq->cids));
	if (!sq->cids)
		return -ENOMEM;
	sq->cq = &ctrl->cq[sq->cqid];
	sq->cq->users++;
	return 0;
}

/**
 * nvme_sq_free - a submission queue is gone
 * @ctrl: controller
 * @sq: live; requests that still name it have an old generation, or there are none
 */
void nvme_sq_free(struct nvme_ctrl *ctrl, struct nvme_sq *sq)
{
	/* One that was found and never adopted has none. */
	if (sq->cq) {
		nvme_cq_drop(sq);
		sq->cq->users--;
	}
	if (sq->delete)
		nvme_request_put(sq->delete);
	sq->delete = NULL;
	free(sq->cids);
	sq->cids = NULL;
	sq->live = false;
	nvme_doorbell_clear(ctrl, sq->id, false);
	nvme_queues_top(ctrl);
}

static void take_tail(struct nvme_ctrl *ctrl, struct nvme_sq *sq)
{
	uint32_t tail = nvme_doorbell(ctrl, sq->id, false);

	if (tail == sq->tail)
		return;
	if (tail < sq->size) {
		sq->tail = tail;
		sq->bad_tail = ~0U;
	} else if (tail != sq->bad_tail) {
		sq->bad_tail = tail;
		nvme_bad_doorbell(ctrl, sq->id);
	}
}

/* Take one command; false when there is none, or it has to wait. */
static bool fetch(struct nvme_ctrl *ctrl, struct nvme_sq *sq)
{
	struct nvme_request *rq;
	const void *entry;
	uint32_t next;

	/* No room for completions: no new commands. */
	if (sq->head == sq->tail || sq->cq->first || sq->delete)
		return false;
	entry = function_dma(ctrl->fn, sq->base + ((uint64_t)sq->head << NVME_SQE_SHIFT),
			     sizeof(rq->sqe));
	if (!entry)
		return false;
	rq = nvme_request_get(ctrl, !sq->id);
	if (!rq)
		return false;
	memcpy(&rq->sqe, entry, sizeof(rq->sqe));
	rq->sq = sq;
	next = sq->head + 1 == sq->size ? 0 : sq->head + 1;
	nvme_journal_take(rq, next);
	nvme_request_begin(rq);
	return true;
}

/* Commands that a queue may have in one turn: the arbitration burst (5.21.1.1). */
static unsigned int burst(const struct nvme_ctrl *ctrl)
{
	unsigned int bits = ctrl->features.arbitration & 7;

	return bits == 7 ? POLL_COMMANDS : 1U << bits;
}

/**
 * nvme_queues_poll - serve all queues, in turn
 * @ctrl: attached and ready
 *
 * Return: whether there was anything to do.
 */
bool nvme_queues_poll(struct nvme_ctrl *ctrl)
{
	unsigned int left = POLL_COMMANDS;
	unsigned int i, n, most = burst(ctrl);
	bool found = false;
	bool more;

	for (i = 0; i < ctrl->top; i++) {
		if (ctrl->cq[i].first)
			found |= nvme_cq_flush(ctrl, &ctrl->cq[i]);
		if (ctrl->sq[i].live)
			take_tail(ctrl, &ctrl->sq[i]);
	}
	/* No command is taken while a shutdown is under way (7.6.2). */
	if (ctrl->shutdown)
		return found;
	ctrl->poll_bytes = 0;
	do {
		more = false;
		for (i = 0; i < ctrl->top && left; i++) {
			struct nvme_sq *sq = &ctrl->sq[(ctrl->turn + i) % ctrl->top];

			for (n = 0; n < most && left && sq->live && fetch(ctrl, sq); n++) {
				left--;
				more = true;
				if (ctrl->poll_bytes >= POLL_BYTES)
					left = 0;
			}
		}
		ctrl->turn++;
	} while (more && left && ctrl->state == NVME_READY);
	return found || left < POLL_COMMANDS;
}
