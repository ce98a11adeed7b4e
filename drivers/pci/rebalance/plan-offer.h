/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan-offer.h - one walk over the candidate places of a node, and what they cost
 */
#ifndef PCI_REBALANCE_PLAN_OFFER_H
#define PCI_REBALANCE_PLAN_OFFER_H

#include "plan-layout.h"

/* Places to remember so that they are not priced again at once. */
#define RECENT	8

/**
 * struct scan - one walk over the candidates of a node
 * @w: layout
 * @n: what wants a place
 * @node: its index
 * @window: the window that is being looked at
 * @after: only choices behind this one count; NULL for all
 * @ceiling: only choices up to this price count
 * @best: first choice in order so far, price ~0 while there is none
 * @recent: the last places that were priced, a ring
 * @next: its next entry
 * @need: windows: least size
 * @comfort: windows: size that lets all contents keep theirs
 * @loose: windows: bytes of contents that have no place at home
 * @inner: windows: alignment of the largest contents
 * @largest: windows: largest BAR that waits for a place in it
 * @spot_start: offer_place(): first address
 * @spot_size: offer_place(): bytes
 */
struct scan {
	struct plan_work *w;
	const struct plan_node *n;
	u16 node;
	u16 window;
	const struct plan_choice *after;
	u64 ceiling;
	struct plan_choice best;
	struct {
		u64 start;
		u64 size;
	} recent[RECENT];
	u16 next;
	u64 need;
	u64 comfort;
	u64 loose;
	u64 inner;
	u64 largest;
	u64 spot_start;
	u64 spot_size;
};

int price_compare(const struct plan_choice *a, const struct plan_choice *b);
bool price_may_lift(const struct plan_work *w, u16 node);
void price_charge(struct plan_work *w, struct plan_choice *c, u16 node);
bool price_clear(struct plan_work *w, struct plan_choice *c, u16 bus);
bool price_leave(struct scan *s, struct plan_choice *c);
u64 price_waste(const struct plan_work *w, const struct plan_choice *c, u16 bus);

#endif
