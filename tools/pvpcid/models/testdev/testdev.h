/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The test function: what its files share. Registers: pvpci_testdev.h.
 */
#ifndef PVPCID_TESTDEV_H
#define PVPCID_TESTDEV_H

#include <endian.h>
#include <linux/pvpci.h>
#include <linux/pvpci_testdev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/function_services.h"
#include "models/model.h"

#define TESTDEV_BARS	6

/**
 * struct testdev_dma - one transfer, a private copy of its registers
 * @active: under way
 * @command: PVPCI_TESTDEV_DMA_*
 * @seed: of a fill
 * @vector: to raise when done
 * @seq: dma_seq that started it
 * @source: as in the registers
 * @destination: as in the registers
 * @bytes: in all
 * @done: moved so far
 * @crc32: of these
 */
struct testdev_dma {
	bool active;
	uint32_t command;
	uint32_t seed;
	uint32_t vector;
	uint32_t seq;
	uint64_t source;
	uint64_t destination;
	uint64_t bytes;
	uint64_t done;
	uint32_t crc32;
};

/**
 * struct testdev_stats - counters
 * @attaches: memory-enable set
 * @detaches: memory-enable cleared
 * @resets: function-level resets
 * @fires: interrupts fired
 * @transfers: finished
 * @bytes: moved
 * @errors: transfers and fires refused
 */
struct testdev_stats {
	uint64_t attaches;
	uint64_t detaches;
	uint64_t resets;
	uint64_t fires;
	uint64_t transfers;
	uint64_t bytes;
	uint64_t errors;
};

/**
 * struct testdev_memory - what is large of a test function, all zeros at first
 * @kept: bytes kept while detached, for each BAR
 * @buffer: the device's memory
 *
 * A mapping of its own: it takes no memory before it is used, and leaves none
 * behind. malloc() would keep that of all functions that were ever on the bus
 * at a time, below one small block of the last of them.
 */
struct testdev_memory {
	uint8_t kept[TESTDEV_BARS][PVPCI_TESTDEV_KEPT_BYTES];
	uint8_t buffer[PVPCI_TESTDEV_BUFFER_BYTES];
};

/**
 * struct testdev - one test function
 * @fn: the bus's side
 * @regs: first page of the first BAR while attached, otherwise NULL
 * @first: lowest-numbered BAR
 * @bar_bytes: size of each, 0 for none; the smallest where the guest may choose
 * @msix: vectors
 * @msi: vectors
 * @msix_bar: BAR with table and pending bits
 * @msix_table: offset in it
 * @msix_pba: offset in it
 * @attach_us: cost
 * @detach_us: cost
 * @attaches: since power-on or reset
 * @fire_seq: last one seen
 * @fire_total: interrupts fired
 * @fire_status: of the last
 * @dma: transfer under way, or the last one
 * @dma_ack: last one done
 * @dma_status: its status
 * @dma_crc32: its checksum
 * @dma_done: its bytes
 * @memory: see there
 * @block: config blocks
 * @block_bytes: bytes written to each
 * @stats: counters
 */
struct testdev {
	struct function *fn;
	struct pvpci_testdev_regs *regs;
	unsigned int first;
	uint64_t bar_bytes[TESTDEV_BARS];
	unsigned int msix;
	unsigned int msi;
	unsigned int msix_bar;
	uint32_t msix_table;
	uint32_t msix_pba;
	uint32_t attach_us;
	uint32_t detach_us;
	uint32_t attaches;
	uint32_t fire_seq;
	uint32_t fire_total;
	uint32_t fire_status;
	struct testdev_dma dma;
	uint32_t dma_ack;
	uint32_t dma_status;
	uint32_t dma_crc32;
	uint64_t dma_done;
	struct testdev_memory *memory;
	uint8_t block[PVPCI_NUM_BLOCKS][PVPCI_BLOCK_BYTES];
	unsigned int block_bytes[PVPCI_NUM_BLOCKS];
	struct testdev_stats stats;
};

extern const char *const testdev_keys[];

/**
 * testdev_configure - read the configuration, declare BARs and vectors
 * @dev: zeroed but for @fn
 * @conf: the function's object
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int testdev_configure(struct testdev *dev, json_t *conf, struct error *err);

/**
 * testdev_vectors - interrupt vectors that can be fired
 * @dev: configured
 */
unsigned int testdev_vectors(const struct testdev *dev);

/**
 * testdev_dma_start - copy and check a transfer
 * @dev: attached, nothing under way
 * @seq: dma_seq
 */
void testdev_dma_start(struct testdev *dev, uint32_t seq);

/**
 * testdev_dma_run - move some bytes
 * @dev: attached, a transfer under way
 */
void testdev_dma_run(struct testdev *dev);

/**
 * testdev_dma_end - the transfer is over
 * @dev: a transfer under way
 * @status: PVPCI_TESTDEV_*
 */
void testdev_dma_end(struct testdev *dev, uint32_t status);

/**
 * testdev_publish - put what the host writes into the registers
 * @dev: attached
 *
 * The acknowledges are written last.
 */
void testdev_publish(struct testdev *dev);

/**
 * testdev_raise - raise an interrupt
 * @dev: attached
 * @vector: less than testdev_vectors()
 */
void testdev_raise(struct testdev *dev, uint32_t vector);

/** testdev_read_block - see struct model_ops */
int testdev_read_block(void *model, unsigned int block, uint8_t *data, unsigned int bytes);

/** testdev_write_block - see struct model_ops */
int testdev_write_block(void *model, unsigned int block, const uint8_t *data,
			unsigned int bytes);

#endif /* PVPCID_TESTDEV_H */
