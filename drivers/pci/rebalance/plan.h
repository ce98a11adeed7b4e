/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan.h - the model that the rebalance planner works on, and its verbs
 *
 * The model is a tree of address ranges: windows hold BARs and smaller windows. All addresses are
 * bus addresses of one PCI domain, all ranges are memory. The same files are compiled in user space
 * for the tests. Documentation/PCI/pci_rebalance_plan.rst explains them on a page.
 */
#ifndef PCI_REBALANCE_PLAN_H
#define PCI_REBALANCE_PLAN_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/errno.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;
#endif

/* "No such node, bus or owner". */
#define PLAN_NONE	0xffff

/* Indices are 16 bits wide and the largest is PLAN_NONE. */
#define PLAN_MAX_NODES	4096

/* Bridges in a row; PCI has at most 255 buses, and nobody has come near this. */
#define PLAN_MAX_DEPTH	24

/* Places that a search prices when the caller has no opinion: some milliseconds of work. */
#define PLAN_EFFORT	40000

/* Bits of struct plan_node.flags */
#define PLAN_PINNED	(1u << 0)	/* may not change; a window may still be looked into */
#define PLAN_PREFETCH	(1u << 1)	/* BAR: may live in a prefetchable window; window: is one */
#define PLAN_WINDOW	(1u << 2)	/* holds what is on bus .behind */
#define PLAN_REQUEST	(1u << 3)	/* BAR without a place that must get one */

/**
 * struct plan_node - one BAR or one window
 * @start: first bus address now; meaningless while @size is 0 or the node is a request
 * @size: bytes now (windows), bytes always (BARs); 0 for a closed window
 * @align: power of two. For a BAR usually @size; for a window its granule, 1 MiB for memory
 * @min: window: fewest bytes it may be left with (reservation hint), 0 if it may be closed
 * @last_max: highest address that its last byte may have: 4 GiB - 1 for 32-bit BARs
 * @flags: PLAN_*
 * @cost: price of changing this node, on top of its owner's; at least 1 unless pinned
 * @bus: bus that it is on; PLAN_NONE for the windows of the host bridge, which never change
 * @behind: window: the bus it leads to; BAR: PLAN_NONE. A bridge has at most two windows, of which
 *	one is prefetchable; a host bridge has any number
 * @owner: function whose stop is needed to move it; PLAN_NONE for windows and virtual requests
 * @to_start: result: first address in the new layout
 * @to_size: result: size in the new layout
 * @step: result: the step that changes it, PLAN_NONE if it stays
 *
 * A window that is left smaller than it was is charged @cost twice: room for hotplug is given away
 * where nothing else will do. What is pinned may lie outside of every window of its bus; it keeps
 * its place from others on that bus only, and may be repeated nearer to the host bridge.
 */
struct plan_node {
	u64 start;
	u64 size;
	u64 align;
	u64 min;
	u64 last_max;
	u32 flags;
	u32 cost;
	u16 bus;
	u16 behind;
	u16 owner;
	u16 step;
	u64 to_start;
	u64 to_size;
};

/**
 * struct plan_space - what is planned: the tree and who pays
 * @nodes: BARs and windows; a window comes anywhere
 * @owner_cost: price of stopping each function once, however many of its BARs move
 * @node_count: entries of @nodes, at most PLAN_MAX_NODES
 * @bus_count: buses are 0 to @bus_count - 1
 * @owner_count: entries of @owner_cost
 * @effort: places to price before the search settles for what it has, 0 for PLAN_EFFORT
 * @pause: called now and then and may sleep; NULL for nothing
 */
struct plan_space {
	struct plan_node *nodes;
	const u32 *owner_cost;
	u16 node_count;
	u16 bus_count;
	u16 owner_count;
	u32 effort;
	void (*pause)(void);
};

/**
 * struct plan_result - what came out
 * @cost: total price, in the caller's unit
 * @optimal: it is proven that no plan is cheaper
 * @steps: number of steps; nodes carry the step they belong to
 * @moved_nodes: BARs and windows that change
 * @moved_bytes: bytes of the BARs that move
 * @moved_functions: owners that are stopped
 * @down_at_once: most owners that are stopped in one step
 * @missing_bytes: without a plan: bytes missing in total, 0 if only contiguity is missing
 * @missing_contiguous: without a plan: bytes missing for the largest request in one piece
 * @places: places that were priced
 */
struct plan_result {
	u64 cost;
	bool optimal;
	u16 steps;
	u16 moved_nodes;
	u16 moved_functions;
	u16 down_at_once;
	u64 moved_bytes;
	u64 missing_bytes;
	u64 missing_contiguous;
	u32 places;
};

size_t plan_work_bytes(const struct plan_space *space);
int plan_find(struct plan_space *space, void *work, struct plan_result *result);

#endif
