/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BARs packed into the aperture, and windows around them.
 */
#ifndef _PVPCI_PACK_H
#define _PVPCI_PACK_H

#include <linux/types.h>

#include "room/space.h"
#include "wire/aperture.h"

struct pvpci_place_bar;
struct pvpci_plan;

/**
 * enum pvpci_effort - what may be done for BARs that come
 * @PVPCI_EFFORT_HOLE: use holes in the windows
 * @PVPCI_EFFORT_GROW: make windows grow
 * @PVPCI_EFFORT_TRIM: give up what windows have and nobody uses, then grow
 * @PVPCI_EFFORT_ABOVE: make the windows, the 64-bit one above the other
 * @PVPCI_EFFORT_BELOW: the other way round
 * @PVPCI_EFFORT_END: the same with the 32-bit one in the last gigabyte
 */
enum pvpci_effort {
	PVPCI_EFFORT_HOLE,
	PVPCI_EFFORT_GROW,
	PVPCI_EFFORT_TRIM,
	PVPCI_EFFORT_ABOVE,
	PVPCI_EFFORT_BELOW,
	PVPCI_EFFORT_END,
};

/**
 * struct pvpci_pack_item - a BAR to be packed
 * @bar: gets its place
 * @order: decides between equals
 */
struct pvpci_pack_item {
	struct pvpci_place_bar *bar;
	unsigned int order;
};

/**
 * struct pvpci_pack - the aperture while BARs are packed into it
 * @plan: the question
 * @space: what BARs have
 * @window: windows as they would be; end is 0 for an empty one
 * @at32: aperture offset in the gigabyte of a 32-bit window that is empty
 * @above: an empty 64-bit window goes above the other one
 * @settled: of @space, what BARs had at first
 * @nr_settled: entries of it
 * @item: what is to be packed
 * @nr_items: entries of it
 */
struct pvpci_pack {
	const struct pvpci_plan *plan;
	struct pvpci_space space;
	struct pvpci_interval window[PVPCI_NR_WINDOWS];
	u64 at32;
	bool above;
	struct pvpci_interval *settled;
	unsigned int nr_settled;
	struct pvpci_pack_item *item;
	unsigned int nr_items;
};

int pvpci_pack_init(struct pvpci_pack *pack, const struct pvpci_plan *plan);
void pvpci_pack_exit(struct pvpci_pack *pack);
void pvpci_pack_add(struct pvpci_pack *pack, struct pvpci_place_bar *bar);
int pvpci_pack(struct pvpci_pack *pack, enum pvpci_effort effort);
void pvpci_pack_trim(struct pvpci_pack *pack);
struct pvpci_interval pvpci_pack_reach(const struct pvpci_pack *pack, unsigned int i, bool above);

#endif /* _PVPCI_PACK_H */
