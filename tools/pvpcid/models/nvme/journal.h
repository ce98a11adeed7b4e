/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVMe commands under way, for who comes after us.
 */
#ifndef NVME_JOURNAL_H
#define NVME_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "spec.h"

struct nvme_cq;
struct nvme_ctrl;
struct nvme_request;

/**
 * enum nvme_slot_state - how far a command has come
 * @NVME_SLOT_FREE: there is none, or what becomes of it is nobody's matter
 * @NVME_SLOT_TAKEN: its place in the queue is given back, or about to be: it has to be done
 * @NVME_SLOT_DONE: its completion is posted, or about to be: at most one at a time
 */
enum nvme_slot_state {
	NVME_SLOT_FREE,
	NVME_SLOT_TAKEN,
	NVME_SLOT_DONE
};

/**
 * struct nvme_slot - one command, for who comes after us
 * @state: enum nvme_slot_state
 * @sqid: queue where it was taken
 * @cqid: queue where it completes
 * @order: commands are numbered as they are taken, from 1
 * @next_head: of the submission queue, behind it
 * @tail: of the completion queue, where its entry goes
 * @next_tail: behind that
 * @next_phase: for that
 * @cqe: its completion; of one that is taken, @cqe.dw0 is an event that it reports, or 0
 * @sqe: the command
 */
struct nvme_slot {
	uint32_t state;
	uint16_t sqid;
	uint16_t cqid;
	uint64_t order;
	uint32_t next_head;
	uint32_t tail;
	uint32_t next_tail;
	uint32_t next_phase;
	struct nvme_cqe cqe;
	struct nvme_sqe sqe;
};

/**
 * nvme_in_order - stores before it are there when those after it are
 *
 * For who finds the memory of a process that was killed: processors keep that order,
 * compilers do not.
 */
static inline void nvme_in_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* journal.c */
void nvme_journal_open(struct nvme_ctrl *ctrl);
void nvme_journal_take(struct nvme_request *rq, uint32_t next_head);
void nvme_journal_event(struct nvme_request *rq);
void nvme_journal_done(struct nvme_request *rq, const struct nvme_cq *cq,
		       const struct nvme_cqe *cqe);
void nvme_journal_free(struct nvme_request *rq);
void nvme_journal_reset(struct nvme_ctrl *ctrl);
void nvme_journal_settle(struct nvme_ctrl *ctrl);
void nvme_journal_again(struct nvme_ctrl *ctrl);

/* adopt.c */
bool nvme_is_sane(const struct nvme_ctrl *ctrl);
void nvme_forget_pointers(struct nvme_ctrl *ctrl);
void nvme_adopt(void *model);

#endif /* NVME_JOURNAL_H */
