/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small NVMe driver for the unit tests: what a guest does, step by step.
 */
#ifndef NVME_HOST_H
#define NVME_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fakebus.h"
#include "models/nvme/spec.h"

#define HOST_DEPTH	16	/* entries of the admin queues and, usually, the I/O queues */
#define HOST_QUEUES	8

/**
 * struct host_queue - one pair, as the guest sees it
 * @sq: guest-physical
 * @cq: guest-physical
 * @depth: entries of each
 * @tail: of the submission queue
 * @head: of the completion queue
 * @phase: expected
 * @sq_head: as the last completion said
 */
struct host_queue {
	uint64_t sq;
	uint64_t cq;
	uint32_t depth;
	uint32_t tail;
	uint32_t head;
	uint16_t phase;
	uint16_t sq_head;
};

/**
 * struct host - guest and controller
 * @fn: the function
 * @queue: pairs, 0 is the admin queue
 * @next_cid: command identifier of the next command
 * @file: path of namespace 1
 * @block: block size of namespace 1
 * @data: guest-physical, 1 MiB for data
 */
struct host {
	struct function *fn;
	struct host_queue queue[HOST_QUEUES];
	uint16_t next_cid;
	char file[64];
	uint32_t block;
	uint64_t data;
};

/** host_file - make a file of @bytes bytes, byte n being n * 7 of its block; returns @path */
const char *host_file(char *path, size_t bytes);
/** host_new - a controller, attached, not enabled; one namespace of 1 MiB with blocks of @block */
struct host *host_new(uint32_t block, const char *more);
/** host_conf - a controller with this configuration, attached, not enabled */
struct host *host_conf(const char *json);
/** host_free - destroy, remove the file */
void host_free(struct host *host);

uint32_t host_read32(struct host *host, unsigned int reg);
uint64_t host_read64(struct host *host, unsigned int reg);
void host_write32(struct host *host, unsigned int reg, uint32_t value);
void host_write64(struct host *host, unsigned int reg, uint64_t value);
void *host_mem(struct host *host, uint64_t address);
void host_poll(struct host *host);
void host_doorbell(struct host *host, unsigned int qid, bool cq, uint32_t value);

/** host_enable - admin queues, CC.EN, CSTS.RDY */
void host_enable(struct host *host);
/** host_ready - host_enable() and I/O queue pair 1 */
void host_ready(struct host *host);
/** host_create - I/O queue pair @qid of @depth entries */
void host_create(struct host *host, unsigned int qid, uint32_t depth);

/** host_submit - put a command into a queue, do not ring; returns its identifier */
uint16_t host_submit(struct host *host, unsigned int qid, struct nvme_sqe *sqe);
/** host_ring - ring the submission doorbell */
void host_ring(struct host *host, unsigned int qid);
/** host_reap - take one completion; false when there is none */
bool host_reap(struct host *host, unsigned int qid, struct nvme_cqe *cqe);
/** host_run - submit, ring, poll, reap: status without phase and "more" */
uint16_t host_run(struct host *host, unsigned int qid, struct nvme_sqe *sqe, uint32_t *dw0);
/** host_admin - host_run() on queue 0 with data at host->data */
uint16_t host_admin(struct host *host, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
		    uint32_t cdw11, uint32_t *dw0);
/** host_feature - Get or Set Features, data at host->data */
uint16_t host_feature(struct host *host, bool set, uint32_t nsid, uint32_t cdw10, uint32_t cdw11,
		      uint32_t *dw0);
/** host_get - a little-endian field of the data at host->data */
uint64_t host_get(struct host *host, unsigned int at, unsigned int bytes);
/** host_rw - read or write @blocks at @lba, data at host->data, PRPs for it */
uint16_t host_rw(struct host *host, uint8_t opcode, uint64_t lba, uint32_t blocks,
		 uint32_t cdw12);
/** host_prps - PRP entries for @bytes contiguous bytes at @address */
void host_prps(struct host *host, struct nvme_sqe *sqe, uint64_t address, uint32_t bytes);

#endif /* NVME_HOST_H */
