// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe controller: enable, reset, shutdown, fatal status (3.1.5, 3.1.6, 7.3, 7.6).
 *
 * Nothing here waits, except nvme_ctrl_drain(): a reset or a shutdown with I/O
 * under way is completed by nvme_ctrl_progress() in a later poll.
 */
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "nvme.h"

/**
 * nvme_now_ms - monotonic clock, coarse
 */
uint64_t nvme_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/**
 * nvme_ctrl_fatal - Controller Fatal Status: only a reset helps (9.5)
 * @ctrl: controller
 */
void nvme_ctrl_fatal(struct nvme_ctrl *ctrl)
{
	ctrl->state = NVME_FATAL;
	nvme_regs_csts(ctrl, ctrl->csts | NVME_CSTS_CFS);
}

static const char *enable_queues(struct nvme_ctrl *ctrl)
{
	uint64_t asq, acq, page = (1ULL << ctrl->page_shift) - 1;
	uint32_t aqa, sqs, cqs;

	nvme_regs_queues(ctrl, &aqa, &asq, &acq);
	sqs = (aqa & 0xfff) + 1;
	cqs = (aqa >> 16 & 0xfff) + 1;
	/* 3.1.8: the minimum is two entries. */
	if (sqs < 2 || cqs < 2)
		return "AQA asks for a queue of one entry";
	if (asq & page || acq & page)
		return "ASQ or ACQ is not page aligned";
	if (!nvme_queue_memory(ctrl, asq, (uint64_t)sqs << NVME_SQE_SHIFT) ||
	    !nvme_queue_memory(ctrl, acq, (uint64_t)cqs << NVME_CQE_SHIFT))
		return "ASQ or ACQ is outside guest memory";
	nvme_cq_init(ctrl, 0, acq, cqs, true, 0);
	if (nvme_sq_init(ctrl, 0, 0, asq, sqs))
		return "out of memory";
	return NULL;
}

/* CC.EN went from 0 to 1 (7.6.1). */
static void enable(struct nvme_ctrl *ctrl)
{
	uint32_t cc = ctrl->cc;
	const char *why = NULL;

	ctrl->page_shift = 12 + NVME_CC_MPS(cc);
	if (NVME_CC_MPS(cc) > NVME_MPSMAX)
		why = "CC.MPS is above CAP.MPSMAX";
	else if (NVME_CC_CSS(cc))
		why = "CC.CSS selects an unknown command set";
	else if (NVME_CC_AMS(cc))
		why = "CC.AMS selects an unknown arbitration";
	/* 0 is allowed until the first I/O queue is created. */
	else if (NVME_CC_IOSQES(cc) && NVME_CC_IOSQES(cc) != NVME_SQE_SHIFT)
		why = "CC.IOSQES is not 6";
	else if (NVME_CC_IOCQES(cc) && NVME_CC_IOCQES(cc) != NVME_CQE_SHIFT)
		why = "CC.IOCQES is not 4";
	else
		why = enable_queues(ctrl);
	if (why) {
		log_some(&ctrl->complaints, LOG_LEVEL_WARNING, "%s: not enabled: %s",
			 function_name(ctrl->fn), why);
		nvme_ctrl_fatal(ctrl);
		return;
	}
	ctrl->state = NVME_READY;
	nvme_regs_csts(ctrl, NVME_CSTS_RDY);
}

/**
 * nvme_ctrl_reset - Controller Level Reset (7.3.2)
 * @ctrl: controller
 *
 * Queues and outstanding commands are gone at once; CSTS.RDY is cleared when
 * no I/O touches guest memory any more.
 */
void nvme_ctrl_reset(struct nvme_ctrl *ctrl)
{
	unsigned int qid;

	if (ctrl->state == NVME_OFF)
		return;
	ctrl->generation++;
	nvme_journal_reset(ctrl);
	nvme_events_reset(ctrl);
	nvme_protect_reset(ctrl);
	nvme_pause_end(ctrl, NULL, NVME_SC_ABORTED);
	for (qid = 0; qid <= ctrl->queues; qid++) {
		if (ctrl->sq[qid].live)
			nvme_sq_free(ctrl, &ctrl->sq[qid]);
	}
	for (qid = 0; qid <= ctrl->queues; qid++) {
		if (ctrl->cq[qid].live)
			nvme_cq_free(ctrl, &ctrl->cq[qid]);
	}
	nvme_features_reset(ctrl);
	ctrl->shutdown = NVME_SHUT_NONE;
	ctrl->state = NVME_STOPPING;
	ctrl->totals.resets++;
}

static void shutdown_start(struct nvme_ctrl *ctrl)
{
	ctrl->shutdown = NVME_SHUT_WAIT;
	nvme_pause_end(ctrl, NULL, NVME_SC_CAPACITY | NVME_SC_DNR);
	nvme_regs_csts(ctrl, (ctrl->csts & ~(3U << 2)) | NVME_CSTS_SHST_BUSY);
}

/**
 * nvme_ctrl_cc - the guest wrote CC (3.1.5)
 * @ctrl: controller
 * @cc: what it reads now
 */
void nvme_ctrl_cc(struct nvme_ctrl *ctrl, uint32_t cc)
{
	uint32_t old = ctrl->cc;

	ctrl->cc = cc;
	if (old & ~cc & NVME_CC_EN)
		nvme_ctrl_reset(ctrl);
	if (NVME_CC_SHN(cc) && NVME_CC_SHN(cc) != NVME_CC_SHN(old)) {
		shutdown_start(ctrl);
	} else if (!NVME_CC_SHN(cc) && NVME_CC_SHN(old) && ctrl->state == NVME_OFF) {
		ctrl->shutdown = NVME_SHUT_NONE;
		nvme_regs_csts(ctrl, ctrl->csts & ~(3U << 2));
	}
	nvme_ctrl_progress(ctrl);
}

static void shutdown_flushed(void *arg, ssize_t result)
{
	struct nvme_ctrl *ctrl = arg;

	ctrl->backend--;
	ctrl->flushing--;
	nvme_ns_losses(ctrl);
	if (result < 0)
		log_some(&ctrl->complaints, LOG_LEVEL_ERROR, "%s: flush at shutdown: %s",
			 function_name(ctrl->fn), strerror((int)-result));
}

static void shutdown_flush(struct nvme_ctrl *ctrl)
{
	struct nvme_ns *ns = NULL;

	ctrl->shutdown = NVME_SHUT_FLUSH;
	while ((ns = nvme_ns_next(ctrl, ns))) {
		/* One that was protected meanwhile may have been written before. */
		if (ns->fixed_readonly)
			continue;
		if (blockio_flush(ns->io, shutdown_flushed, ctrl))
			continue;
		ctrl->flushing++;
		ctrl->backend++;
	}
}

/**
 * nvme_ctrl_progress - what waits for I/O to finish
 * @ctrl: controller
 *
 * Return: whether anything changed.
 */
bool nvme_ctrl_progress(struct nvme_ctrl *ctrl)
{
	bool found = false;

	if (ctrl->state == NVME_STOPPING && !ctrl->backend) {
		/* A reset clears all but the admin queue registers (7.3.2). */
		nvme_doorbells_clear(ctrl);
		ctrl->state = NVME_OFF;
		nvme_regs_csts(ctrl, ctrl->shutdown ? ctrl->csts & 3U << 2 : 0);
		found = true;
	}
	if (ctrl->shutdown == NVME_SHUT_WAIT && !ctrl->backend) {
		shutdown_flush(ctrl);
		found = true;
	}
	if (ctrl->shutdown == NVME_SHUT_FLUSH && !ctrl->flushing) {
		ctrl->shutdown = NVME_SHUT_DONE;
		nvme_regs_csts(ctrl, (ctrl->csts & ~(3U << 2)) | NVME_CSTS_SHST_DONE);
		found = true;
	}
	if (ctrl->state == NVME_OFF && ctrl->cc & NVME_CC_EN) {
		enable(ctrl);
		found = true;
	}
	return found;
}

/**
 * nvme_ctrl_reap - take completions of all namespaces
 * @ctrl: controller
 *
 * Return: whether there were any.
 */
bool nvme_ctrl_reap(struct nvme_ctrl *ctrl)
{
	struct nvme_ns *ns = NULL;
	bool found = false;

	while (ctrl->backend && (ns = nvme_ns_next(ctrl, ns)))
		found |= blockio_poll(ns->io);
	return found;
}

/* Who closes a file flushes it, and waits: so it is done before. */
static void last_flushed(void *arg, ssize_t result)
{
	struct nvme_ctrl *ctrl = arg;

	/* An error is said when the file is closed, if it was not before. */
	(void)result;
	ctrl->backend--;
}

static void last_flush(struct nvme_ctrl *ctrl)
{
	struct nvme_ns *ns = NULL;

	ctrl->last_flush = true;
	while ((ns = nvme_ns_next(ctrl, ns)))
		if (blockio_dirty(ns->io) && !blockio_flush(ns->io, last_flushed, ctrl))
			ctrl->backend++;
}

/**
 * nvme_ctrl_quiesce - take no commands, finish those that were taken
 * @ctrl: controller
 * @last: the function goes: flush what was written, too
 *
 * Return: whether no I/O is under way: until then it is called again.
 */
bool nvme_ctrl_quiesce(struct nvme_ctrl *ctrl, bool last)
{
	ctrl->quiescing = true;
	/* Each of the two flushes may follow what came before it, once. */
	do {
		nvme_ctrl_reap(ctrl);
		if (ctrl->backend)
			return false;
		/* A shutdown that was asked for. */
		if (ctrl->bar)
			nvme_ctrl_progress(ctrl);
		if (last && !ctrl->backend && !ctrl->last_flush)
			last_flush(ctrl);
	} while (ctrl->backend);
	return true;
}

/**
 * nvme_ctrl_drain - wait until no I/O is under way
 * @ctrl: controller
 *
 * Context: detach, function-level reset and destroy, which must not return
 * with DMA under way. Only the end of the daemon finds something here: before
 * all else the bus calls nvme_ctrl_quiesce() until it is done.
 */
void nvme_ctrl_drain(struct nvme_ctrl *ctrl)
{
	struct nvme_ns *ns = NULL;

	while (ctrl->backend)
		while ((ns = nvme_ns_next(ctrl, ns)))
			blockio_drain(ns->io);
}
