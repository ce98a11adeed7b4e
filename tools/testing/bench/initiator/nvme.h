/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An NVMe driver of the shortest kind: one controller, one I/O queue pair, whose
 * commands move data to and from memory of its own.
 */
#ifndef INITIATOR_NVME_H
#define INITIATOR_NVME_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "models/nvme/spec.h"

#define NVME_DEPTH_MAX	1023	/* commands in flight: a queue of 1024 entries */
#define NVME_BYTES_MAX	(1024 * 1024)

/**
 * struct ram - the guest's memory, a file that the daemon has mapped too
 * @base: where it is here
 * @bytes: length
 * @used: given to somebody; the guest-physical address of the next that is not
 */
struct ram {
	uint8_t *base;
	uint64_t bytes;
	uint64_t used;
};

/** ram_open - map the file that pvpcid has as --memory; ends the program if it cannot */
void ram_open(struct ram *ram, const char *path);

/**
 * struct queue - a pair
 * @id: 0 is the admin queue
 * @sq: submission queue
 * @cq: completion queue
 * @sq_address: guest-physical
 * @cq_address: guest-physical
 * @depth: entries of each
 * @tail: next entry of @sq
 * @head: next entry of @cq
 * @phase: that a new entry has
 */
struct queue {
	unsigned int id;
	struct nvme_sqe *sq;
	volatile struct nvme_cqe *cq;
	uint64_t sq_address;
	uint64_t cq_address;
	unsigned int depth;
	unsigned int tail;
	unsigned int head;
	uint16_t phase;
};

/**
 * struct nvme - one controller
 * @bus: of it
 * @bar: BAR 0
 * @admin: admin queue
 * @io: I/O queue
 * @bytes: of a transfer
 * @durable: writes have FUA set
 * @blocks: blocks of namespace 1
 * @block: bytes of one
 * @data: guest-physical, @bytes for each command of @io
 * @lists: guest-physical, a PRP list page for each
 */
struct nvme {
	struct native_bus *bus;
	uint8_t *bar;
	struct queue admin;
	struct queue io;
	uint32_t bytes;
	bool durable;
	uint64_t blocks;
	uint32_t block;
	uint64_t data;
	uint64_t lists;
};

/**
 * nvme_open - enable the controller, make an I/O queue pair
 * @nvme: @bus, @bar, @bytes (at most NVME_BYTES_MAX) and @durable are set, the rest zero
 * @ram: memory for queues and data
 * @depth: commands in flight, at most NVME_DEPTH_MAX
 * @interrupts: the completion queue uses MSI-X vector 1
 *
 * Ends the program with a sentence when the controller does not come up.
 */
void nvme_open(struct nvme *nvme, struct ram *ram, unsigned int depth, bool interrupts);

/**
 * nvme_submit - read or write at a place; rings no doorbell
 * @nvme: open
 * @write: or read
 * @lba: first block
 * @cid: command identifier, and number of its data buffer: below the depth
 */
void nvme_submit(struct nvme *nvme, bool write, uint64_t lba, uint16_t cid);

/** nvme_ring - tell the controller of what was submitted */
void nvme_ring(struct nvme *nvme);

/**
 * nvme_reap - take one completion
 * @nvme: open
 * @cid: of the command
 *
 * Return: whether there was one. Ends the program when the command has failed.
 */
bool nvme_reap(struct nvme *nvme, uint16_t *cid);

/** nvme_reaped - tell the controller that completions were taken */
void nvme_reaped(struct nvme *nvme);

#endif /* INITIATOR_NVME_H */
