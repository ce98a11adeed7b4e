/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVPCI_TESTDEV_DRIVER_H
#define PVPCI_TESTDEV_DRIVER_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pvpci_testdev.h>

struct net_device;

#define TESTDEV_TIMEOUT_MS	5000

/**
 * struct testdev_vector - one interrupt vector
 * @dev: the function it belongs to
 * @count: interrupts taken
 * @last_cpu: processor that took the last one
 */
struct testdev_vector {
	struct testdev *dev;
	atomic_t count;
	unsigned int last_cpu;
};

/**
 * struct testdev - one function of the testdev model
 * @pdev: the function
 * @regs: its registers, NULL when it did not come back from a move
 * @bar: the BAR that they are in
 * @lock: one user of the registers at a time, none while it is moved
 * @done: completed by interrupt vector 0
 * @nr_vectors: vectors allocated
 * @vector: one for each of them
 * @block: config block that the attribute shows
 * @listening: invalidations of config blocks are heard
 * @invalidations: times that some were
 * @invalid_blocks: which, since the function was bound
 * @movable: pci_rebalance may move it
 * @veto: but not now
 * @has_say: it is asked before it is ejected
 * @asked: how often
 * @why: it refuses for that reason; empty when it does not
 * @netdev: makes it busy, or NULL
 * @moves: times that it was moved, or stopped for a move that was undone
 */
struct testdev {
	struct pci_dev *pdev;
	struct pvpci_testdev_regs __iomem *regs;
	int bar;
	struct mutex lock;
	struct completion done;
	unsigned int nr_vectors;
	struct testdev_vector *vector;
	unsigned int block;
	bool listening;
	unsigned int invalidations;
	u64 invalid_blocks;
	bool movable;
	bool veto;
	bool has_say;
	unsigned int asked;
	char why[64];
	struct net_device *netdev;
	unsigned int moves;
};

extern const struct attribute_group testdev_block_group;
extern const struct attribute_group testdev_move_group;
extern const struct attribute_group testdev_eject_group;

void testdev_init_blocks(struct testdev *dev);
void testdev_exit_blocks(struct testdev *dev);
void testdev_init_eject(struct testdev *dev);
void testdev_exit_eject(struct testdev *dev);
void testdev_exit_move(struct testdev *dev);
int testdev_map(struct testdev *dev);
void testdev_unmap(struct testdev *dev);
int testdev_init_vectors(struct testdev *dev);
void testdev_exit_vectors(struct testdev *dev);
int testdev_dma_roundtrip(struct testdev *dev, size_t bytes);

#endif
