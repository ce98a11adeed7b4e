// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe completion queues (4.1, 4.6): entries, phase tags, full queues.
 */
#include <string.h>

#include "nvme.h"

/**
 * nvme_cq_init - create a completion queue
 * @ctrl: controller
 * @qid: not live
 * @base: guest-physical, checked
 * @size: entries
 * @interrupts: raise @vector for completions
 * @vector: checked
 */
void nvme_cq_init(struct nvme_ctrl *ctrl, unsigned int qid, uint64_t base, uint32_t size,
		  bool interrupts, uint16_t vector)
{
	struct nvme_cq *cq = &ctrl->cq[qid];

	*cq = (struct nvme_cq){
		.interrupts = interrupts,
		.phase = 1,
		.id = (uint16_t)qid,
		.vector = vector,
		.size = size,
		.bad_head = ~0U,
		.base = base,
	};
	/* Who finds a live one finds a whole one. */
	nvme_in_order();
	cq->live = true;
	nvme_doorbell_clear(ctrl, qid, true);
	nvme_queues_top(ctrl);
}

/**
 * nvme_cq_free - a completion queue is gone
 * @ctrl: controller
 * @cq: live, without users
 */
void nvme_cq_free(struct nvme_ctrl *ctrl, struct nvme_cq *cq)
{
	if (cq->signal)
		ctrl->signals--;
	cq->signal = false;
	cq->live = false;
	nvme_doorbell_clear(ctrl, cq->id, true);
	nvme_queues_top(ctrl);
}

/**
 * nvme_bad_doorbell - an "Invalid Doorbell Write Value" (5.2)
 * @ctrl: controller
 * @qid: queue
 */
void nvme_bad_doorbell(struct nvme_ctrl *ctrl, uint16_t qid)
{
	ctrl->totals.bad_doorbells++;
	nvme_log_error(ctrl, qid, 0xffff, NVME_SC_INVALID_FIELD, 0xffff, 0, 0);
	nvme_event(ctrl, NVME_EVENT_DOORBELL_VALUE);
}

static void release(struct nvme_request *rq)
{
	struct nvme_sq *sq = rq->sq;

	sq->under_way--;
	if (!rq->duplicate)
		sq->cids[rq->cid / 64] &= ~(1ULL << (rq->cid % 64));
}

/**
 * nvme_cq_drop - forget completions for which there was no room
 * @sq: of this submission queue, which is being deleted
 */
void nvme_cq_drop(const struct nvme_sq *sq)
{
	struct nvme_request **link = &sq->cq->first;
	struct nvme_request *rq;

	sq->cq->last = NULL;
	while ((rq = *link)) {
		if (rq->sq == sq) {
			*link = rq->next;
			release(rq);
			nvme_request_put(rq);
		} else {
			sq->cq->last = rq;
			link = &rq->next;
		}
	}
}

/**
 * nvme_cq_take_head - look at the head doorbell
 * @ctrl: attached
 * @cq: live
 *
 * A head outside the queue, or past the tail, is an
 * "Invalid Doorbell Write Value" (5.2) and has no effect.
 */
void nvme_cq_take_head(struct nvme_ctrl *ctrl, struct nvme_cq *cq)
{
	uint32_t head = nvme_doorbell(ctrl, cq->id, true);
	uint32_t used, freed;

	if (head == cq->head)
		return;
	if (head < cq->size) {
		used = (cq->tail + cq->size - cq->head) % cq->size;
		freed = (head + cq->size - cq->head) % cq->size;
		if (freed <= used) {
			cq->head = head;
			cq->bad_head = ~0U;
			cq->told = false;
			return;
		}
	}
	if (head != cq->bad_head) {
		cq->bad_head = head;
		nvme_bad_doorbell(ctrl, cq->id);
	}
}

static bool is_full(const struct nvme_cq *cq)
{
	return (cq->tail + 1 == cq->size ? 0 : cq->tail + 1) == cq->head;
}

/**
 * nvme_cq_entry - show the guest a completion
 * @entry: in its memory
 * @cqe: private
 */
void nvme_cq_entry(struct nvme_cqe *entry, const struct nvme_cqe *cqe)
{
	uint32_t last;

	entry->dw0 = cqe->dw0;
	entry->dw1 = 0;
	entry->sq_head = cqe->sq_head;
	entry->sqid = cqe->sqid;
	/* The phase tag is last, and the identifier with it. */
	memcpy(&last, &cqe->cid, sizeof(last));
	__atomic_store_n((uint32_t *)&entry->cid, last, __ATOMIC_RELEASE);
}

/* Write one entry; false when there is no room, or no memory right now. */
static bool write_entry(struct nvme_cq *cq, struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	struct nvme_cqe *entry, cqe;
	bool wraps;

	if (is_full(cq)) {
		nvme_cq_take_head(ctrl, cq);
		if (is_full(cq)) {
			ctrl->totals.full++;
			return false;
		}
	}
	entry = function_dma(ctrl->fn, cq->base + ((uint64_t)cq->tail << NVME_CQE_SHIFT),
			     sizeof(*entry));
	if (!entry)
		return false;
	cqe = (struct nvme_cqe){
		.dw0 = htole32(rq->dw0), .sq_head = htole16((uint16_t)rq->sq->head),
		.sqid = htole16(rq->sq->id), .cid = htole16(rq->cid),
		.status = htole16((uint16_t)(rq->status << 1 | cq->phase)),
	};
	/* The identifier is free before the guest can see the entry. */
	release(rq);
	nvme_journal_done(rq, cq, &cqe);
	nvme_cq_entry(entry, &cqe);
	wraps = cq->tail + 1 == cq->size;
	cq->tail = wraps ? 0 : cq->tail + 1;
	cq->phase ^= wraps;
	if (!cq->signal) {
		cq->signal = true;
		ctrl->signals++;
	}
	return true;
}

/**
 * nvme_cq_post - post a completion
 * @cq: where to
 * @rq: completed; freed here, or kept until there is room
 */
void nvme_cq_post(struct nvme_cq *cq, struct nvme_request *rq)
{
	if (!cq->first && write_entry(cq, rq)) {
		nvme_request_put(rq);
		return;
	}
	if (rq->sq->delete) {
		/* Implicitly completed by the deletion (5.6). */
		release(rq);
		nvme_request_put(rq);
		return;
	}
	rq->next = NULL;
	if (cq->first)
		cq->last->next = rq;
	else
		cq->first = rq;
	cq->last = rq;
}

/**
 * nvme_cq_flush - post what found no room before
 * @ctrl: controller
 * @cq: with such completions
 *
 * Return: whether there was room.
 */
bool nvme_cq_flush(struct nvme_ctrl *ctrl, struct nvme_cq *cq)
{
	struct nvme_request *rq;
	bool found = false;

	nvme_cq_take_head(ctrl, cq);
	while ((rq = cq->first) && write_entry(cq, rq)) {
		cq->first = rq->next;
		nvme_request_put(rq);
		found = true;
	}
	return found;
}

/**
 * nvme_queues_check - look at completion doorbells that nothing waits for
 * @ctrl: attached and ready
 */
void nvme_queues_check(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	for (i = 0; i < ctrl->top; i++) {
		if (ctrl->cq[i].live)
			nvme_cq_take_head(ctrl, &ctrl->cq[i]);
	}
}
