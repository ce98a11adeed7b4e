/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where BARs and windows go: a plan, made without touching anything.
 */
#ifndef _PVPCI_PLACE_H
#define _PVPCI_PLACE_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "room/space.h"
#include "wire/aperture.h"

#define PVPCI_MAX_SPARE_BLOCKS	64	/* of one kind: bits of a u64 */

/* 32-bit windows have bus addresses in here when BAR2 is above 4 GiB. */
#define PVPCI_BUS32_START	0xc0000000ULL
#define PVPCI_BUS32_BYTES	0x3e000000ULL

/**
 * struct pvpci_place_bar - one BAR
 * @bytes: a power of two from 4096, 0 when there is none
 * @offset: aperture offset; given when the function is settled, otherwise the
 *	plan's answer, PVPCI_BAR_UNASSIGNED when it was dropped
 * @mem64: may have any bus address; otherwise one below 4 GiB
 */
struct pvpci_place_bar {
	u64 bytes;
	u64 offset;
	bool mem64;
};

/**
 * struct pvpci_place_function - one function
 * @devfn: decides between equals
 * @priority: higher keeps its place longer
 * @keep: never dropped
 * @settled: its BARs stay where they are
 * @dropped: answer: there was no room for all its BARs, it has none
 * @missing_bytes: answer: what free room lacks for it in total, when it was dropped
 * @missing_piece: answer: what the largest free piece lacks for one of its BARs
 * @bar: its BARs
 */
struct pvpci_place_function {
	u16 devfn;
	u16 priority;
	bool keep;
	bool settled;
	bool dropped;
	u64 missing_bytes;
	u64 missing_piece;
	struct pvpci_place_bar bar[PVPCI_NUM_BARS];
};

/**
 * struct pvpci_plan - a question and its answer
 * @cpu_base: physical address of the aperture
 * @aperture_bytes: what may be used of it from its start; @cpu_base is a multiple
 *	of the next power of two
 * @spare32_bytes: room to keep free in the 32-bit window
 * @spare64_bytes: room to keep free in the 64-bit window
 * @fixed_windows: pvpci_place_more() must leave the windows as they are
 * @nr_functions: entries of @function
 * @function: functions to place
 * @window: answer of pvpci_place(); given to pvpci_place_more(), which may
 *	make them grow
 * @spare_dropped: answer: there was no room to keep free
 * @nr_dropped: answer: functions without a place
 */
struct pvpci_plan {
	u64 cpu_base;
	u64 aperture_bytes;
	u64 spare32_bytes;
	u64 spare64_bytes;
	bool fixed_windows;
	unsigned int nr_functions;
	struct pvpci_place_function *function;
	struct pvpci_bridge_window window[PVPCI_NR_WINDOWS];
	bool spare_dropped;
	unsigned int nr_dropped;
};

int pvpci_place(struct pvpci_plan *plan);
int pvpci_place_more(struct pvpci_plan *plan);
int pvpci_place_spread(struct pvpci_plan *plan, unsigned int first);
u64 pvpci_place_need(const struct pvpci_place_function *function);
bool pvpci_place_is_settled(const struct pvpci_place_function *f, unsigned int b);
struct pvpci_interval pvpci_place_range32(const struct pvpci_plan *plan, u64 at);

#endif /* _PVPCI_PLACE_H */
