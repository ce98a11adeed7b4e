/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stopping functions and moving them, because the host wants room.
 */
#ifndef _PVPCI_HOST_REBALANCE_H
#define _PVPCI_HOST_REBALANCE_H

#include <linux/pvpci.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct pvpci_bus;

/**
 * struct pvpci_host_rebalance_order - what the host has asked for
 * @type: PVPCI_MSG_QUERY_STOP or PVPCI_MSG_STOP, 0 for nothing
 * @wish: its number
 * @flags: PVPCI_STOP_*
 * @bytes: of the hole, 0 for as much as can be
 * @fingerprint: of the plan that the answer was about; 0 for a query
 */
struct pvpci_host_rebalance_order {
	u16 type;
	u32 wish;
	u32 flags;
	u64 bytes;
	u32 fingerprint;
};

/**
 * struct pvpci_host_rebalance - the host's wish for room on one bus
 * @bus: the bus
 * @lock: raw, innermost; protects both orders
 * @order: not begun yet
 * @agreed: the query that was answered with a plan, its wish is 0 for none
 * @work: does it; holds a reference to the bus
 */
struct pvpci_host_rebalance {
	struct pvpci_bus *bus;
	raw_spinlock_t lock;
	struct pvpci_host_rebalance_order order;
	struct pvpci_host_rebalance_order agreed;
	struct work_struct work;
};

bool pvpci_host_rebalance_note(struct pvpci_host_rebalance *rebalance,
			       const struct pvpci_msg *msg);
void pvpci_host_rebalance_event(struct pvpci_bus *bus, const struct pvpci_msg *msg);
void pvpci_host_rebalance_init(struct pvpci_bus *bus);
int pvpci_host_rebalances_init(void);
void pvpci_host_rebalances_exit(void);

#endif /* _PVPCI_HOST_REBALANCE_H */
