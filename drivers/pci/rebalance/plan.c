// SPDX-License-Identifier: GPL-2.0
/*
 * plan.c - which BARs and windows must move so that a request finds room
 *
 * THE PROBLEM. Windows hold BARs and smaller windows. A request is one or more BARs without a
 * place. Find a layout with a place for them, and, in this order: move nothing that need not move,
 * pay least, stop few functions at once, keep large holes large.
 *
 * THE RULE. Nothing moves unless something needs its place. So there is no choice of "who moves":
 * take the request, look at every place that it could have, and each has a price, the price of
 * whatever stands there. Put it there; what stood there is homeless now and is treated as the
 * request was. When nobody is homeless the layout is complete.
 *
 *	homeless = { request }
 *	while somebody is homeless:
 *		take the one nearest to the host bridge, the largest of those
 *		for each place it could have, cheapest first, tightest hole first:
 *			lift whatever stands there, put it down, go on; undo
 *
 * This finds the cheapest layout: take any layout, follow the loop choosing the places which that
 * layout gives. Whatever is lifted on the way overlaps a place of that layout, so that layout moves
 * it too. The loop thus reaches a layout which moves no more, and tries it unless it has a
 * cheaper one already (branch and bound: a partial price at or above the best one is not followed).
 * It also shows why nothing moves that need not: it would have to stand in somebody's place.
 *
 * WINDOWS. A BAR that finds no place may also ask its window to grow. The window is then homeless
 * itself, with a larger need, and what is inside stays at home as long as the window's new range
 * holds it. So growing in place costs nothing but the window's own small price, and moving a window
 * lifts what is inside: windows move with their children. Windows are nearer to the host bridge
 * than what they hold and therefore get their place first; what is inside follows. Windows without
 * contents are cheap to move, may be cut, and closed when even that is not enough.
 *
 * THE ORDER OF SIZES. BARs are powers of two, aligned to their size. Put down from the largest to
 * the smallest they fill free space with no loss wherever each one goes: a place of size s consists
 * of exactly s/t places of size t, for every smaller t. So one free place is as good as any other,
 * a free place is always better than an occupied one, and a flat bus has no dead ends. Windows have
 * sizes that are not powers of two; for them more candidates are looked at (plan-offer.c).
 *
 * LARGE CASES. The search prices a bounded number of candidates. In a first pass each decision may
 * use a share of what its parent has left, so that a bad early choice is revisited before the
 * budget is spent below it, and a BAR with a free place looks at no others; a second pass does
 * neither and prunes with the price found. (On a flat bus the first pass is enough unless it had to
 * cut.) Where the plan is then more than a tenth above the lower bound, plan-spots.c searches again
 * from the places that this bound was found at.
 * Candidates are ranked by their price, plus what moving the contents of a lifted window will
 * probably cost, plus the worth of the space that whoever is lifted will use up elsewhere;
 * plan-worth.c learns that worth, and with it a lower bound of the cost, which plan-floor.c raises
 * by looking at where the room could be. The bound is reported beside the price found.
 *
 * NO PLAN. plan-proof.c counts the places of every size that pinned ranges leave. If that shows
 * that there are too few, no search is needed and the missing bytes are known. Otherwise an
 * exhausted search is the proof. A search that ran out of budget, or that offered some window only
 * a choice of its places, says -ETIME, which proves nothing; neither does it claim that its plan is
 * optimal unless the price equals the bound.
 *
 * AFTER THAT plan-order.c puts the changes into steps.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>

#include <kunit/visibility.h>
#else
#include <string.h>
#define EXPORT_SYMBOL_IF_KUNIT(symbol) struct plan_exported
#endif

static bool is_power_of_two(u64 x)
{
	return x && !(x & (x - 1));
}

static bool node_is_sane(const struct plan_space *space, const struct plan_node *n)
{
	bool window = n->flags & PLAN_WINDOW, request = n->flags & PLAN_REQUEST;

	if (!is_power_of_two(n->align) || (n->min & (n->align - 1)))
		return false;
	if (window ? n->behind >= space->bus_count : n->behind != PLAN_NONE)
		return false;
	if (n->bus == PLAN_NONE ? !window || !(n->flags & PLAN_PINNED) : n->bus >= space->bus_count)
		return false;
	if (n->owner != PLAN_NONE && n->owner >= space->owner_count)
		return false;
	if (request && (window || (n->flags & PLAN_PINNED)))
		return false;
	if (!window && !(n->flags & PLAN_PINNED) &&
	    (!is_power_of_two(n->size) || n->align < n->size))
		return false;
	if (request || (window && !n->size))
		return true;
	/* Pinned things stand where they stand, of any size; the rest must obey the rules. */
	if (n->start + n->size - 1 < n->start || n->start + n->size == 0)
		return false;
	if (n->flags & PLAN_PINNED)
		return true;
	return n->cost && !(n->start & (n->align - 1)) && n->start + n->size - 1 <= n->last_max &&
	       (!window || !(n->size & (n->align - 1)));
}

/**
 * plan_check - refuse what is not a tree of PCI ranges
 * @space: what is to be planned
 *
 * Return: 0, -EINVAL for nonsense, -E2BIG for more nodes than indices.
 */
int plan_check(const struct plan_space *space)
{
	u16 i;

	if (space->node_count > PLAN_MAX_NODES || space->owner_count > PLAN_MAX_NODES ||
	    space->bus_count > PLAN_MAX_NODES)
		return -E2BIG;
	for (i = 0; i < space->node_count; i++)
		if (!node_is_sane(space, &space->nodes[i]))
			return -EINVAL;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_check);

static void report(struct plan_work *w, struct plan_result *result)
{
	struct plan_space *space = w->space;
	u32 serial = ++w->serial;
	u16 i;

	result->steps = order_steps(w, w->best, &result->down_at_once, true);
	result->cost = w->best_cost;
	for (i = 0; i < space->node_count; i++) {
		struct plan_node *n = &space->nodes[i];

		n->to_start = w->best[i].start;
		n->to_size = w->best[i].size;
		if (n->step == PLAN_NONE || (n->flags & PLAN_REQUEST))
			continue;
		result->moved_nodes++;
		if (n->flags & PLAN_WINDOW)
			continue;
		result->moved_bytes += n->size;
		if (n->owner != PLAN_NONE && w->seen[n->owner] != serial) {
			w->seen[n->owner] = serial;
			result->moved_functions++;
		}
	}
}

/* Is it a flat bus in one piece, where a free place is as good as any other? */
static bool is_uniform(const struct plan_space *space)
{
	u16 windows = 0, i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		windows += !!(n->flags & PLAN_WINDOW);
		if (n->align != n->size && !(n->flags & PLAN_WINDOW))
			return false;
	}
	return windows == 1;
}

/* Both passes. */
static void search_twice(struct plan_work *w, u32 effort)
{
	u32 from = w->offers;

	search_layouts(w, 0, effort, true);
	if (w->cut || !is_uniform(w->space))
		search_layouts(w, 0, plan_min(effort / 4,
					      effort - plan_min(effort, w->offers - from)), false);
}

/* Lower bound of the cost, given that of plan-worth.c and plan-floor.c. */
static u64 bound(const struct plan_work *w, u64 floor)
{
	if (!w->cut && !w->thinned)
		return w->best_cost;
	return plan_min(plan_max(w->thinned ? 0 : w->bound, floor), w->best_cost);
}

/* Is there a plan, and within a tenth of the bound? Or is it known that there is none? */
static bool is_near(const struct plan_work *w, u64 floor)
{
	u64 least = bound(w, floor);

	return least == w->best_cost || w->best_cost - least <= least / 10;
}

/**
 * plan_find - find the cheapest layout that gives every request a place
 * @space: the tree; results are written into its nodes
 * @work: plan_work_bytes() bytes, aligned for a u64; contents do not matter
 * @result: filled in, also when there is no plan
 *
 * Pure: no allocation, no locks, no recursion deeper than the bridges, same input same output.
 *
 * Return: 0; -EINVAL for a tree that is none; -E2BIG; -ENOSPC if it was proven that there is no
 * plan; -ETIME if none was found within the effort.
 */
int plan_find(struct plan_space *space, void *work, struct plan_result *result)
{
	u32 effort = space->effort ? space->effort : PLAN_EFFORT;
	struct plan_work w;
	bool complete;
	u64 floor;
	int error;

	memset(result, 0, sizeof(*result));
	error = plan_check(space);
	if (!error)
		error = layout_init(&w, space, work);
	if (error)
		return error;
	if (!plan_prove(&w, result))
		return -ENOSPC;
	w.best_cost = ~0ULL;
	w.bound = ~0ULL;
	floor = worth_init(&w);
	floor = plan_max(floor, floor_find(&w));
	search_twice(&w, effort);
	if (!is_near(&w, floor))
		spots_search(&w, effort);
	result->offers = w.offers;
	complete = !w.cut && !w.thinned;
	result->bound = bound(&w, floor);
	result->optimal = result->bound == w.best_cost;
	if (w.best_cost == ~0ULL) {
		result->bound = 0;
		return complete || floor == ~0ULL ? -ENOSPC : -ETIME;
	}
	report(&w, result);
	result->largest_hole = plan_largest_hole(space, true);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_find);

/**
 * plan_largest_hole - largest free range of any window of the host bridge
 * @space: checked tree
 * @after: look at the results of plan_find() and not at the layout as it is
 *
 * Return: bytes.
 */
u64 plan_largest_hole(const struct plan_space *space, bool after)
{
	u64 largest = 0;
	u16 i, k;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *root = &space->nodes[i];
		u64 from = root->start, end = from + root->size, next, to;

		if (root->bus != PLAN_NONE)
			continue;
		/* From hole to hole: find what starts next above @from. */
		for (; from < end; from = to) {
			next = end;
			to = end;
			for (k = 0; k < space->node_count; k++) {
				const struct plan_node *n = &space->nodes[k];
				u64 at = after ? n->to_start : n->start;
				u64 bytes = after ? n->to_size : n->size;

				if (n->bus != root->behind || !bytes || at < from || at >= next ||
				    (!after && (n->flags & PLAN_REQUEST)))
					continue;
				next = at;
				to = at + bytes;
			}
			largest = plan_max(largest, next - from);
		}
	}
	return largest;
}
EXPORT_SYMBOL_IF_KUNIT(plan_largest_hole);

/**
 * plan_fragmentation_permille - how much of the free space is not in the largest hole
 * @space: checked tree
 * @after: look at the results of plan_find()
 *
 * Return: 0 if all free space is in one piece or none is free, towards 1000 for crumbs.
 */
u32 plan_fragmentation_permille(const struct plan_space *space, bool after)
{
	u64 total = 0, used = 0, largest = plan_largest_hole(space, after);
	u16 i, k;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *root = &space->nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		total += root->size;
		for (k = 0; k < space->node_count; k++) {
			const struct plan_node *n = &space->nodes[k];
			u64 at = after ? n->to_start : n->start;
			u64 bytes = after ? n->to_size : n->size;

			if (n->bus == root->behind && bytes && at >= root->start &&
			    at - root->start < root->size && (after || !(n->flags & PLAN_REQUEST)))
				used += bytes;
		}
	}
	/* Kilobytes keep the product inside 64 bits, and 32-bit kernels free of long division. */
	total = (total - used) >> 10;
	largest >>= 10;
	while (total >> 21) {
		total >>= 1;
		largest >>= 1;
	}
	return total ? 1000 - (u32)largest * 1000u / (u32)total : 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_fragmentation_permille);
