/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Config blocks: what a function's driver and its model tell each other
 * beside the BARs.
 */
#ifndef _PVPCI_CONFIG_BLOCK_H
#define _PVPCI_CONFIG_BLOCK_H

#include <linux/mutex.h>
#include <linux/pvpci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct pvpci_bus;

/**
 * struct pvpci_config_blocks - invalidations of a bus that no driver has heard of yet
 * @bus: the bus
 * @lock: protects what is below; inside pvpci_requests.lock
 * @work: tells the drivers
 * @invalid: blocks, a bit for each, by row
 * @instance: of the function that is meant, by row
 */
struct pvpci_config_blocks {
	struct pvpci_bus *bus;
	raw_spinlock_t lock;
	struct work_struct work;
	u64 invalid[PVPCI_MAX_FUNCTIONS];
	u32 instance[PVPCI_MAX_FUNCTIONS];
};

/**
 * struct pvpci_config_block_listener - who hears of a function's invalidations
 * @lock: held while @invalidate runs, and to change it
 * @invalidate: NULL for nobody
 * @context: its argument
 */
struct pvpci_config_block_listener {
	struct mutex lock;
	pvpci_block_invalidate invalidate;
	void *context;
};

void pvpci_config_blocks_init(struct pvpci_bus *bus);
void pvpci_config_blocks_stop(struct pvpci_bus *bus);
void pvpci_config_blocks_go_on(struct pvpci_bus *bus);
void pvpci_config_blocks_event(struct pvpci_bus *bus, const struct pvpci_msg *msg);

#endif /* _PVPCI_CONFIG_BLOCK_H */
