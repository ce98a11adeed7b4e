/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVMe queues: submission, completion, and the interrupts that tell of it.
 */
#ifndef NVME_QUEUE_H
#define NVME_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct nvme_cqe;
struct nvme_ctrl;
struct nvme_request;

/**
 * struct nvme_cq - completion queue
 * @live: created
 * @interrupts: raise @vector
 * @signal: completions were written since the last interrupt
 * @told: the guest got an interrupt, and has not moved the head since
 * @withheld: there is something to tell, and @withheld_at is since when
 * @phase: tag of the next entry
 * @id: queue identifier
 * @vector: MSI-X vector
 * @withheld_at: in units of 100 us
 * @size: entries
 * @head: as the guest last said
 * @tail: next entry to write
 * @bad_head: last invalid value of the doorbell, to report it once; ~0 for none
 * @users: submission queues that complete here
 * @base: guest-physical
 * @first: completed requests for which there is no room yet
 * @last: last of them
 */
struct nvme_cq {
	bool live;
	bool interrupts;
	bool signal;
	bool told : 1;
	bool withheld : 1;
	uint16_t phase;
	uint16_t id;
	uint16_t vector;
	uint16_t withheld_at;
	uint32_t size;
	uint32_t head;
	uint32_t tail;
	uint32_t bad_head;
	unsigned int users;
	uint64_t base;
	struct nvme_request *first;
	struct nvme_request *last;
};

/**
 * struct nvme_sq - submission queue
 * @live: created
 * @id: queue identifier
 * @size: entries
 * @head: next entry to take
 * @tail: as the guest last said
 * @bad_tail: last invalid value of the doorbell, to report it once; ~0 for none
 * @base: guest-physical
 * @cqid: queue where it completes
 * @cq: the same
 * @under_way: commands taken and not completed
 * @delete: the command that deletes this queue, while commands are under way
 * @cids: bit for each command identifier in use
 */
struct nvme_sq {
	bool live;
	uint16_t id;
	uint32_t size;
	uint32_t head;
	uint32_t tail;
	uint32_t bad_tail;
	uint64_t base;
	uint16_t cqid;
	struct nvme_cq *cq;
	unsigned int under_way;
	struct nvme_request *delete;
	uint64_t *cids;
};

/* queue.c */
int nvme_sq_init(struct nvme_ctrl *ctrl, unsigned int qid, unsigned int cqid,
		 uint64_t base, uint32_t size);
int nvme_sq_adopt(struct nvme_ctrl *ctrl, unsigned int qid);
void nvme_sq_free(struct nvme_ctrl *ctrl, struct nvme_sq *sq);
bool nvme_queue_memory(struct nvme_ctrl *ctrl, uint64_t base, uint64_t bytes);
void nvme_queues_top(struct nvme_ctrl *ctrl);
bool nvme_queues_poll(struct nvme_ctrl *ctrl);

/* cq.c */
void nvme_cq_init(struct nvme_ctrl *ctrl, unsigned int qid, uint64_t base, uint32_t size,
		  bool interrupts, uint16_t vector);
void nvme_cq_free(struct nvme_ctrl *ctrl, struct nvme_cq *cq);
void nvme_cq_drop(const struct nvme_sq *sq);
void nvme_cq_entry(struct nvme_cqe *entry, const struct nvme_cqe *cqe);
void nvme_cq_post(struct nvme_cq *cq, struct nvme_request *rq);
bool nvme_cq_flush(struct nvme_ctrl *ctrl, struct nvme_cq *cq);
void nvme_bad_doorbell(struct nvme_ctrl *ctrl, uint16_t qid);
void nvme_queues_check(struct nvme_ctrl *ctrl);
void nvme_cq_take_head(struct nvme_ctrl *ctrl, struct nvme_cq *cq);

/* signal.c */
bool nvme_queues_signal(struct nvme_ctrl *ctrl, bool at_once);

#endif /* NVME_QUEUE_H */
