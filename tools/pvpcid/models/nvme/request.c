// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe commands under way: taken from a queue, done, completed.
 *
 * A reset does not wait for the backend: it raises the controller's
 * generation, and a request of an older one is dropped when the backend is
 * done with it.
 */
#include <stdlib.h>

#include "nvme.h"

/**
 * nvme_request_get - a request for a new command
 * @ctrl: controller
 * @admin: for the admin queue, which has some of its own
 *
 * Return: NULL when too many are under way: the command stays in its queue.
 */
struct nvme_request *nvme_request_get(struct nvme_ctrl *ctrl, bool admin)
{
	struct nvme_request *rq = ctrl->idle;

	if (ctrl->requests >= NVME_MAX_REQUESTS - (admin ? 0 : NVME_ADMIN_REQUESTS))
		return NULL;
	if (rq)
		ctrl->idle = rq->next;
	else
		rq = malloc(sizeof(*rq));
	if (!rq)
		return NULL;
	ctrl->requests++;
	rq->next = NULL;
	rq->ctrl = ctrl;
	rq->ns = NULL;
	rq->slot = NULL;
	rq->again = false;
	rq->generation = ctrl->generation;
	rq->status = 0;
	rq->duplicate = false;
	rq->dw0 = 0;
	rq->lba = 0;
	rq->blocks = 0;
	rq->location = 0xffff;
	rq->step = 0;
	rq->finish = NULL;
	rq->buffer = NULL;
	rq->iov_count = 0;
	return rq;
}

/**
 * nvme_request_put - a request is not needed any more
 * @rq: in no list
 */
void nvme_request_put(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;

	nvme_journal_free(rq);
	free(rq->buffer);
	rq->buffer = NULL;
	ctrl->requests--;
	rq->next = ctrl->idle;
	ctrl->idle = rq;
}

/**
 * nvme_requests_free - give idle requests back
 * @ctrl: controller that goes away
 */
void nvme_requests_free(struct nvme_ctrl *ctrl)
{
	struct nvme_request *rq;

	while ((rq = ctrl->idle)) {
		ctrl->idle = rq->next;
		free(rq);
	}
}

/**
 * nvme_request_begin - a command is under way, and done or begun
 * @rq: with its queue and its entry
 */
void nvme_request_begin(struct nvme_request *rq)
{
	struct nvme_sq *sq = rq->sq;
	uint64_t bit;

	sq->under_way++;
	rq->cid = le16toh(rq->sqe.cid);
	bit = 1ULL << (rq->cid % 64);
	rq->duplicate = sq->cids[rq->cid / 64] & bit;
	sq->cids[rq->cid / 64] |= bit;
	nvme_request_start(rq);
}

/**
 * nvme_request_start - do a command
 * @rq: just taken from its queue
 */
void nvme_request_start(struct nvme_request *rq)
{
	uint16_t status;

	if (rq->duplicate)
		status = NVME_SC_CID_CONFLICT | NVME_SC_DNR;
	else if (rq->sqe.flags & 0xc3)
		/* Identify FUSES and SGLS are 0: no fused commands, PRPs only (4.2). */
		status = nvme_invalid_field(rq, 1);
	else if (rq->sq->id)
		status = nvme_io(rq);
	else
		status = nvme_admin(rq);
	if (status != NVME_LATER)
		nvme_complete(rq, status);
}

/**
 * nvme_complete - a command is done
 * @rq: of any generation; gone afterwards
 * @status: NVME_SC_*, with NVME_SC_DNR
 */
void nvme_complete(struct nvme_request *rq, uint16_t status)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	struct nvme_sq *sq = rq->sq;
	struct nvme_request *delete;

	if (rq->generation != ctrl->generation) {
		nvme_request_put(rq);
		return;
	}
	if (status & NVME_SC_MASK) {
		nvme_ns_losses(ctrl);
		ctrl->totals.errors++;
		/* Asked for by the host: not an error of the controller (5.1, 5.2). */
		if ((status & NVME_SC_MASK) != NVME_SC_ABORTED) {
			nvme_log_error(ctrl, sq->id, rq->cid, status, rq->location, rq->lba,
				       le32toh(rq->sqe.nsid));
			status |= NVME_SC_MORE;
		}
	}
	if (sq->id)
		ctrl->totals.io++;
	else
		ctrl->totals.admin++;
	rq->status = status;
	nvme_cq_post(sq->cq, rq);
	if (sq->delete && !sq->under_way) {
		delete = sq->delete;
		sq->delete = NULL;
		nvme_sq_free(ctrl, sq);
		nvme_complete(delete, NVME_SC_SUCCESS);
	}
}

/**
 * nvme_backend_done - an operation of blockio is done
 * @arg: struct nvme_request
 * @result: bytes, or negative errno
 */
void nvme_backend_done(void *arg, ssize_t result)
{
	struct nvme_request *rq = arg;
	uint16_t status = NVME_SC_INTERNAL;

	rq->ctrl->backend--;
	if (rq->generation == rq->ctrl->generation)
		status = rq->finish(rq, result);
	if (status != NVME_LATER)
		nvme_complete(rq, status);
}
