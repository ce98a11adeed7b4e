// SPDX-License-Identifier: GPL-2.0
/*
 * plan-spots.c - search again from the spots that plan-floor.c found cheap
 *
 * The search of plan-search.c ranks a place by guesses. plan-floor.c knows for a few spots what
 * they must cost at least, and the cheapest layout most often uses one of these. So take one after
 * the other, the cheapest first, as if the first decisions had been made that way, and go on from
 * there.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* Each spot gets such a part of the effort. */
#define SPOT_SHARE	16

/* Let all windows above the request grow; returns the topmost, PLAN_NONE if there is a choice. */
static u16 lift_windows(struct plan_work *w, u16 request, u64 *cost)
{
	const struct plan_node *nodes = w->space->nodes;
	u16 node = request, window;

	while (w->bus[nodes[node].bus].depth) {
		window = layout_only_window(w, &nodes[node]);
		if (window == PLAN_NONE || (nodes[window].flags & PLAN_PINNED))
			return PLAN_NONE;
		*cost += nodes[window].cost;
		layout_lift(w, window);
		layout_promise(w, node, window);
		node = window;
	}
	return node;
}

/* Look for layouts that use a spot. */
static void search_spot(struct plan_work *w, u16 request, const struct plan_spot *spot, u32 effort)
{
	struct plan_choice choice;
	u64 cost = 0, start = spot->start, size = spot->size;
	u16 node = lift_windows(w, request, &cost);

	if (node == request) {
		start = spot->place;
		size = spot->bytes;
	}
	if (node != PLAN_NONE && cost < w->best_cost &&
	    offer_place(w, node, start, size, w->best_cost - cost, &choice)) {
		search_follow(w, node, &choice);
		search_layouts(w, cost + choice.price, effort, true);
	}
	layout_undo(w, 0);
}

/**
 * spots_search - search from the spots that plan-floor.c found cheap
 * @w: layout as given; spots as floor_find() left them
 * @effort: offers to price
 */
void spots_search(struct plan_work *w, u32 effort)
{
	u32 end = w->offers + effort;
	u64 bound = w->bound;
	u16 request = 0, i, k;

	while (request + 1 < w->space->node_count &&
	       !(w->space->nodes[request].flags & PLAN_REQUEST))
		request++;
	for (k = 0; k < PLAN_SPOTS && w->offers < end; k++) {
		struct plan_spot *best = &w->spots[0];

		for (i = 1; i < PLAN_SPOTS; i++)
			if (w->spots[i].bound < best->bound)
				best = &w->spots[i];
		if (best->bound >= w->best_cost)
			break;
		memcpy(w->price, best->price, sizeof(w->price));
		worth_apply(w);
		search_spot(w, request, best, effort / SPOT_SHARE);
		best->bound = ~0ULL;
	}
	w->bound = bound;
	w->cut = true;
}
