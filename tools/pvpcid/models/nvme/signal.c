// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe interrupts (7.5): when the guest is told of completions.
 *
 * Who was told and has not moved the head of the queue since will look at it
 * anyway, and so finds what came meanwhile. So the next interrupt waits until
 * the head moves, and often there is nothing left to tell then. It does not
 * wait for a guest that leaves the head alone.
 */
#include "base/clock.h"
#include "nvme.h"

#define TICK_NS		100000ULL	/* the unit of a coalescing time (5.21.1.8) */
#define TOLD_TICKS	100	/* a guest that was told may be told again after that */

/* How long completions may wait for others of their queue, in ticks (5.21.1.8, 5.21.1.9). */
static unsigned int coalescing(const struct nvme_ctrl *ctrl, const struct nvme_cq *cq)
{
	const struct nvme_features *features = &ctrl->features;
	uint32_t threshold = features->coalescing & 0xff;
	uint32_t waiting = (cq->tail + cq->size - cq->head) % cq->size;

	if (!cq->id || waiting > threshold ||
	    features->vector[cq->vector / 8] & 1U << (cq->vector % 8))
		return 0;
	return features->coalescing >> 8 & 0xff;
}

/* Does an interrupt of this queue wait? */
static bool is_withheld(const struct nvme_ctrl *ctrl, struct nvme_cq *cq)
{
	unsigned int most = cq->told ? TOLD_TICKS : coalescing(ctrl, cq);
	uint16_t now;

	if (!most)
		return false;
	now = (uint16_t)(clock_ns() / TICK_NS);
	if (!cq->withheld) {
		cq->withheld = true;
		cq->withheld_at = now;
	}
	return (uint16_t)(now - cq->withheld_at) < most;
}

static bool signal_one(struct nvme_ctrl *ctrl, struct nvme_cq *cq, bool at_once)
{
	if (cq->interrupts && !at_once) {
		nvme_cq_take_head(ctrl, cq);
		if (cq->head != cq->tail && is_withheld(ctrl, cq))
			return false;
	}
	cq->signal = false;
	cq->withheld = false;
	ctrl->signals--;
	/* All that there is may have been taken without being told. */
	if (!cq->interrupts || cq->head == cq->tail)
		return true;
	ctrl->totals.interrupts++;
	cq->told = function_interrupt(ctrl->fn, cq->vector);
	return true;
}

/**
 * nvme_queues_signal - an interrupt for each queue whose guest is to be told
 * @ctrl: attached
 * @at_once: none is withheld
 *
 * Return: whether there was any; @ctrl->signals says how many are left.
 */
bool nvme_queues_signal(struct nvme_ctrl *ctrl, bool at_once)
{
	bool found = false;
	unsigned int i;

	for (i = 0; ctrl->signals && i < ctrl->top; i++)
		if (ctrl->cq[i].signal)
			found |= signal_one(ctrl, &ctrl->cq[i], at_once);
	return found;
}
