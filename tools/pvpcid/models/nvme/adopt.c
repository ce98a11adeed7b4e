// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: going on where a pvpcid before us was.
 *
 * What it left is as it was between two of its stores. Whatever is done here may be cut
 * off as well, and is done again then.
 */
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

static bool queues_sane(const struct nvme_ctrl *ctrl, unsigned int qid)
{
	const struct nvme_sq *sq = &ctrl->sq[qid];
	const struct nvme_cq *cq = &ctrl->cq[qid];

	if (sq->live && (sq->id != qid || sq->size < 2 || sq->size > NVME_MAX_ENTRIES * 2 ||
			 sq->head >= sq->size || sq->tail >= sq->size ||
			 sq->cqid > NVME_MAX_QUEUES || !ctrl->cq[sq->cqid].live))
		return false;
	return !cq->live || (cq->id == qid && cq->size >= 2 && cq->size <= NVME_MAX_ENTRIES * 2 &&
			     cq->head < cq->size && cq->tail < cq->size && cq->phase <= 1 &&
			     cq->vector <= NVME_MAX_QUEUES);
}

/**
 * nvme_is_sane - may what was found be a controller?
 * @ctrl: found, by another process and maybe another build
 */
bool nvme_is_sane(const struct nvme_ctrl *ctrl)
{
	unsigned int qid;

	if (ctrl->bytes != sizeof(*ctrl) || ctrl->state > NVME_FATAL ||
	    ctrl->shutdown > NVME_SHUT_DONE || ctrl->page_shift < 12 ||
	    ctrl->page_shift > 12 + NVME_MPSMAX || ctrl->queues > NVME_MAX_QUEUES)
		return false;
	for (qid = 0; qid <= NVME_MAX_QUEUES; qid++)
		if (!queues_sane(ctrl, qid))
			return false;
	return true;
}

/**
 * nvme_forget_pointers - and all that counts what is in this process
 * @ctrl: zeroed or found
 */
void nvme_forget_pointers(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	ctrl->bar = NULL;
	ctrl->idle = NULL;
	ctrl->next = NULL;
	ctrl->requests = 0;
	ctrl->backend = 0;
	ctrl->flushing = 0;
	ctrl->aers = 0;
	ctrl->signals = 0;
	ctrl->namespaces = 0;
	ctrl->quiescing = false;
	ctrl->last_flush = false;
	ctrl->resuming = false;
	ctrl->adopting = false;
	memset(&ctrl->complaints, 0, sizeof(ctrl->complaints));
	for (i = 0; i <= NVME_MAX_QUEUES; i++) {
		ctrl->sq[i].cq = NULL;
		ctrl->sq[i].delete = NULL;
		ctrl->sq[i].cids = NULL;
		ctrl->sq[i].under_way = 0;
		ctrl->cq[i].users = 0;
		ctrl->cq[i].signal = false;
		ctrl->cq[i].told = false;
		ctrl->cq[i].withheld = false;
		ctrl->cq[i].first = NULL;
		ctrl->cq[i].last = NULL;
	}
	for (i = 0; i < NVME_MAX_NAMESPACES; i++) {
		ctrl->ns[i].io = NULL;
		ctrl->ns[i].path = NULL;
		ctrl->ns[i].paused = NULL;
		ctrl->ns[i].complained = 0;
		ctrl->ns[i].resuming = false;
		ctrl->ns[i].readonly = false;
		ctrl->ns[i].protecting = false;
		ctrl->ns[i].growing = false;
	}
}

/* As if what it had begun, in answer to CC or by itself, were just beginning. */
static void settle_state(struct nvme_ctrl *ctrl)
{
	bool enabled = ctrl->cc & NVME_CC_EN;

	if (!enabled && (ctrl->state == NVME_READY || ctrl->state == NVME_FATAL))
		nvme_ctrl_reset(ctrl);
	if (ctrl->shutdown == NVME_SHUT_FLUSH ||
	    (ctrl->state == NVME_READY && NVME_CC_SHN(ctrl->cc) && !ctrl->shutdown))
		ctrl->shutdown = NVME_SHUT_WAIT;
}

static int adopt_queues(struct nvme_ctrl *ctrl)
{
	unsigned int qid;

	for (qid = 0; qid <= NVME_MAX_QUEUES; qid++) {
		/* Being enabled or reset: none is there yet, or any more. */
		if (ctrl->state == NVME_OFF || ctrl->state == NVME_STOPPING || qid > ctrl->queues) {
			ctrl->sq[qid].live = false;
			ctrl->cq[qid].live = false;
		}
		if (ctrl->sq[qid].live && nvme_sq_adopt(ctrl, qid))
			return -1;
	}
	nvme_queues_top(ctrl);
	return 0;
}

/**
 * nvme_adopt - go on
 * @model: controller that was found, and configured
 */
void nvme_adopt(void *model)
{
	struct nvme_ctrl *ctrl = model;

	ctrl->bar = function_bar(ctrl->fn, 0, 0, NVME_BAR_MSIX);
	if (adopt_queues(ctrl)) {
		nvme_ctrl_fatal(ctrl);
		return;
	}
	nvme_journal_settle(ctrl);
	ctrl->adopting = true;
	settle_state(ctrl);
}
