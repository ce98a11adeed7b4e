// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe commands under way, for who comes after us.
 *
 * A command is in the journal before its place in the submission queue is given back,
 * and its completion before the guest can see it; it leaves when the completion queue
 * has advanced. So whoever finds the journal knows of each command whether it has to be
 * done (again: the host has heard nothing of it, and what it asks for can be done twice)
 * or posted (again: the entry that is written is the same). Processes that are killed
 * stop between two of their stores: only the compiler must not change their order.
 */
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

/**
 * nvme_journal_open - find the free places
 * @ctrl: controller, nothing under way
 */
void nvme_journal_open(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	ctrl->nr_slots = 0;
	for (i = 0; i < NVME_MAX_REQUESTS; i++)
		if (ctrl->journal[i].state == NVME_SLOT_FREE)
			ctrl->slots[ctrl->nr_slots++] = (uint16_t)i;
}

/**
 * nvme_journal_take - a command leaves its submission queue
 * @rq: with its queue and its entry; there are as many places as requests
 * @next_head: of the queue, behind it
 */
void nvme_journal_take(struct nvme_request *rq, uint32_t next_head)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	struct nvme_slot *slot = &ctrl->journal[ctrl->slots[--ctrl->nr_slots]];

	rq->slot = slot;
	slot->sqid = rq->sq->id;
	slot->order = ctrl->taken + 1;
	slot->next_head = next_head;
	slot->cqe.dw0 = 0;
	slot->sqe = rq->sqe;
	nvme_in_order();
	slot->state = NVME_SLOT_TAKEN;
	nvme_in_order();
	rq->sq->head = next_head;
	nvme_in_order();
	ctrl->taken++;
	nvme_in_order();
}

/**
 * nvme_journal_event - a command is about to report an event, which is then forgotten
 * @rq: Asynchronous Event Request with its dword 0
 */
void nvme_journal_event(struct nvme_request *rq)
{
	rq->slot->cqe.dw0 = htole32(rq->dw0);
	nvme_in_order();
}

/**
 * nvme_journal_done - a completion is about to be shown
 * @rq: completed
 * @cq: where to, not advanced yet
 * @cqe: the entry
 */
void nvme_journal_done(struct nvme_request *rq, const struct nvme_cq *cq,
		       const struct nvme_cqe *cqe)
{
	struct nvme_slot *slot = rq->slot;
	bool wraps = cq->tail + 1 == cq->size;

	slot->cqid = cq->id;
	slot->tail = cq->tail;
	slot->next_tail = wraps ? 0 : cq->tail + 1;
	slot->next_phase = cq->phase ^ wraps;
	slot->cqe = *cqe;
	nvme_in_order();
	slot->state = NVME_SLOT_DONE;
	nvme_in_order();
}

/**
 * nvme_journal_free - a command is nobody's matter any more
 * @rq: in the journal or not
 */
void nvme_journal_free(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;

	if (!rq->slot)
		return;
	nvme_in_order();
	rq->slot->state = NVME_SLOT_FREE;
	ctrl->slots[ctrl->nr_slots++] = (uint16_t)(rq->slot - ctrl->journal);
	rq->slot = NULL;
}

/**
 * nvme_journal_reset - nobody waits for any command
 * @ctrl: being reset; places of requests that the backend has are free once it is done
 */
void nvme_journal_reset(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	for (i = 0; i < NVME_MAX_REQUESTS; i++)
		ctrl->journal[i].state = NVME_SLOT_FREE;
	if (ctrl->adopting)
		nvme_journal_open(ctrl);
	ctrl->adopting = false;
	nvme_in_order();
}

/**
 * nvme_journal_settle - queues as they are once every step that was begun is done
 * @ctrl: found, its queues checked; before any command is done
 */
void nvme_journal_settle(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	for (i = 0; i < NVME_MAX_REQUESTS; i++) {
		struct nvme_slot *slot = &ctrl->journal[i];
		struct nvme_sq *sq = &ctrl->sq[slot->sqid <= ctrl->queues ? slot->sqid : 0];

		if (slot->state == NVME_SLOT_FREE)
			continue;
		if (!sq->live || slot->sqid != sq->id || slot->state > NVME_SLOT_DONE ||
		    slot->next_head >= sq->size)
			slot->state = NVME_SLOT_FREE;
		else if (slot->state == NVME_SLOT_TAKEN && slot->order == ctrl->taken + 1)
			sq->head = slot->next_head;
	}
	/* Counted last: until then they are what the loop above finds. */
	for (i = 0; i < NVME_MAX_REQUESTS; i++)
		if (ctrl->journal[i].state == NVME_SLOT_TAKEN &&
		    ctrl->journal[i].order == ctrl->taken + 1) {
			nvme_in_order();
			ctrl->taken++;
			break;
		}
}

/* Show a completion that may have been shown; false when the guest's memory is not there. */
static bool post_again(struct nvme_ctrl *ctrl, struct nvme_slot *slot)
{
	struct nvme_cq *cq = &ctrl->cq[slot->cqid <= ctrl->queues ? slot->cqid : 0];
	struct nvme_cqe *entry;

	if (cq->live && slot->tail < cq->size && slot->next_tail < cq->size) {
		entry = function_dma(ctrl->fn,
				     cq->base + ((uint64_t)slot->tail << NVME_CQE_SHIFT),
				     sizeof(*entry));
		if (!entry)
			return false;
		nvme_cq_entry(entry, &slot->cqe);
		cq->tail = slot->next_tail;
		cq->phase = slot->next_phase & 1;
	}
	nvme_in_order();
	slot->state = NVME_SLOT_FREE;
	return true;
}

static int compare_orders(const void *a, const void *b)
{
	const struct nvme_slot *const *left = a, *const *right = b;

	return (*left)->order < (*right)->order ? -1 : (*left)->order > (*right)->order;
}

/**
 * nvme_journal_again - do what was under way, in the order in which it was taken
 * @ctrl: attached; @adopting until it could be done
 */
void nvme_journal_again(struct nvme_ctrl *ctrl)
{
	struct nvme_slot *taken[NVME_MAX_REQUESTS];
	unsigned int i, count = 0;
	struct nvme_request *rq;

	/* Bus mastering may be off: all stands still until it is on. */
	if (ctrl->sq[0].live && !function_dma(ctrl->fn, ctrl->sq[0].base, sizeof(rq->sqe)))
		return;
	for (i = 0; i < NVME_MAX_REQUESTS; i++)
		if (ctrl->journal[i].state == NVME_SLOT_DONE &&
		    !post_again(ctrl, &ctrl->journal[i]))
			return;
	for (i = 0; i < NVME_MAX_REQUESTS; i++)
		if (ctrl->journal[i].state == NVME_SLOT_TAKEN)
			taken[count++] = &ctrl->journal[i];
	qsort(taken, count, sizeof(taken[0]), compare_orders);
	ctrl->adopting = false;
	nvme_journal_open(ctrl);
	for (i = 0; i < count; i++) {
		/* One before it may have deleted its queue. */
		if (taken[i]->state != NVME_SLOT_TAKEN)
			continue;
		rq = nvme_request_get(ctrl, true);
		if (!rq) {
			nvme_ctrl_fatal(ctrl);
			return;
		}
		rq->slot = taken[i];
		rq->sqe = taken[i]->sqe;
		rq->sq = &ctrl->sq[taken[i]->sqid];
		rq->again = true;
		nvme_request_begin(rq);
	}
	if (count)
		log_info("%s: %u commands that were under way are done again",
			 function_name(ctrl->fn), count);
}
