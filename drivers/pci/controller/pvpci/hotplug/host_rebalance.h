/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stopping functions and moving them, because the host wants room.
 */
#ifndef _PVPCI_STOP_H
#define _PVPCI_STOP_H

#include <linux/mutex.h>
#include <linux/pvpci.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct pvpci_bus;

/**
 * struct pvpci_stop_order - what the host has asked for
 * @type: PVPCI_MSG_QUERY_STOP or PVPCI_MSG_STOP, 0 for nothing
 * @wish: its number
 * @flags: PVPCI_STOP_*
 * @bytes: of the hole, 0 for as much as can be
 * @fingerprint: of the plan that the answer was about; 0 for a query
 */
struct pvpci_stop_order {
	u16 type;
	u32 wish;
	u32 flags;
	u64 bytes;
	u32 fingerprint;
};

/**
 * struct pvpci_stop - the host's wish for room on one bus
 * @lock: raw, innermost; protects both orders
 * @order: not begun yet
 * @agreed: the query that was answered with a plan, its wish is 0 for none
 * @work: does it; holds a reference to the bus
 * @busy: held by @work while it uses the bus, taken inside of PCI core's rescan lock
 * @moving: BARs are being moved at the host's wish
 */
struct pvpci_stop {
	raw_spinlock_t lock;
	struct pvpci_stop_order order;
	struct pvpci_stop_order agreed;
	struct work_struct work;
	struct mutex busy;
	bool moving;
};

bool pvpci_stop_note(struct pvpci_stop *stop, const struct pvpci_msg *msg);
void pvpci_stop_event(struct pvpci_bus *bus, const struct pvpci_msg *msg);
void pvpci_stop_init(struct pvpci_bus *bus);
void pvpci_stop_end(struct pvpci_bus *bus);
int pvpci_stops_init(void);
void pvpci_stops_exit(void);

#endif /* _PVPCI_STOP_H */
