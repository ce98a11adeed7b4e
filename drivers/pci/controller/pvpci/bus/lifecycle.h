/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bringing a bus up and taking it down.
 */
#ifndef _PVPCI_LIFECYCLE_H
#define _PVPCI_LIFECYCLE_H

#include <linux/completion.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/types.h>

struct dentry;
struct pci_dev;
struct pvpci_bus;

/**
 * struct pvpci_lifecycle - what only those on the uppermost floor know of a bus
 * @bus: the bus
 * @node: in the list of all buses
 * @waker: in the list of buses that are woken for block I/O, RCU: bus/blk_wake.c
 * @wakes: doorbells rung ahead of block I/O
 * @shown: PCI core knows the bus, or has refused it
 * @error: of that
 * @began: when the bus began to come up
 * @table_seq: relations sequence number last handled; by the worker, or while it rests
 * @beat: heartbeat last seen
 * @beat_at: jiffies when it changed
 * @silent_since: jiffies when the host was first found silent, 0 while it is not
 * @busn: bus number range of the bridge
 * @debugfs: directory
 */
struct pvpci_lifecycle {
	struct pvpci_bus *bus;
	struct list_head node;
	struct list_head waker;
	atomic64_t wakes;
	struct completion shown;
	int error;
	ktime_t began;
	u32 table_seq;
	u32 beat;
	unsigned long beat_at;
	unsigned long silent_since;
	struct resource busn;
	struct dentry *debugfs;
};

struct pvpci_bus *pvpci_bus_alloc(struct pci_dev *pdev);
int pvpci_bus_up(struct pvpci_bus *bus);
void pvpci_bus_down(struct pvpci_bus *bus);
void pvpci_bus_shutdown(struct pvpci_bus *bus);
void pvpci_buses_await(void);
void pvpci_buses_down(void);

#endif /* _PVPCI_LIFECYCLE_H */
