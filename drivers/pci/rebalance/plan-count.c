// SPDX-License-Identifier: GPL-2.0
/*
 * plan-count.c - count what is free: is it too little, how is it cut up, what is it worth?
 *
 * BARs are powers of two and aligned to their size, so a place of size s consists of exactly s/t
 * places of every smaller size t, and counting places is as good as looking at them.
 *
 * IS THERE A PLAN AT ALL? Cut the windows of the host bridge into aligned places of one size and
 * strike out those that pinned ranges touch. Every BAR of at least that size takes its share of the
 * rest, wherever it stands and whatever bridges are above it. If there are fewer places than that
 * at a size that a request needs, below its address limit, there is no layout.
 *
 * WHAT IS A PLACE WORTH? A request of size s takes s/t places of each smaller size t. Of these only
 * so many are missing as are not free, and so great a part of what has to go displaces others.
 */
#include "plan-layout.h"

/* Highest address that a node can have, given the windows above it. */
static u64 reach_of(const struct plan_work *w, const struct plan_node *n)
{
	u64 reach = 0;
	u16 i;

	if (n->bus == PLAN_NONE)
		return n->start + n->size - 1;
	for (i = w->bus[n->bus].window; i != PLAN_NONE; i = w->next[i])
		if (plan_fits(n, &w->space->nodes[i]))
			reach = plan_max(reach, reach_of(w, &w->space->nodes[i]));
	return plan_min(reach, n->last_max);
}

static bool is_movable_bar(const struct plan_node *n)
{
	return !(n->flags & (PLAN_WINDOW | PLAN_PINNED));
}

/*
 * The end of the free range at @from, and where the next one begins. In the way is what is on @bus,
 * or with @home (as in struct plan_work) what is pinned on any bus, if it is in a window.
 */
static u64 free_end(const struct plan_space *space, const u16 *home, u16 bus, u64 from, u64 end,
		    u64 *next)
{
	u16 i;

	*next = end;
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (home ? is_movable_bar(n) || (n->flags & PLAN_WINDOW) || home[i] == PLAN_NONE :
			   n->bus != bus || (n->flags & PLAN_REQUEST))
			continue;
		if (!n->size || n->start + n->size <= from || n->start >= end)
			continue;
		end = plan_max(n->start, from);
		*next = n->start + n->size;
	}
	return end;
}

/* Bytes of aligned places of @size in the host bridge's windows, up to @limit; @home as above. */
static u64 places(const struct plan_space *space, const u16 *home, u64 limit, u64 size)
{
	u64 bytes = 0, from, first, end, stop;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (n->bus != PLAN_NONE || !n->size || n->start > limit)
			continue;
		end = plan_min(n->start + n->size - 1, limit) + 1;
		for (from = n->start; from < end; ) {
			first = plan_up(from, size);
			stop = free_end(space, home, n->behind, from, end, &from);
			if (first >= n->start && first < stop)
				bytes += plan_down(stop - first, size);
		}
	}
	return bytes;
}

/* Bytes that everything of at least @size takes which has to lie at or below @limit. */
static u64 demand(const struct plan_work *w, u64 limit, u64 size)
{
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if (is_movable_bar(n) && n->size >= size && reach_of(w, n) <= limit)
			bytes += n->size;
	}
	return bytes;
}

/**
 * count_proves - try to show that there is no plan
 * @w: layout as given
 * @result: its missing_bytes and missing_contiguous are set if there is none
 *
 * Return: true if it is certain that there is no plan.
 */
bool count_proves(const struct plan_work *w, struct plan_result *result)
{
	bool proven = false;
	u64 size, supply, want, largest, missing;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];
		u64 limit = reach_of(w, n);

		if (!(n->flags & PLAN_REQUEST))
			continue;
		for (size = n->size, largest = 0, missing = 0; size; size /= 2) {
			supply = places(w->space, w->home, limit, size);
			want = demand(w, limit, size);
			if (supply && !largest)
				largest = size;
			proven |= want > supply;
			missing = want - plan_min(want, supply);
		}
		result->missing_bytes = plan_max(result->missing_bytes, missing);
		result->missing_contiguous = plan_max(result->missing_contiguous,
						      n->size - largest);
	}
	return proven;
}

/**
 * count_worth - guess what it costs to find another place for each BAR
 * @w: layout as given; its worth is set
 *
 * What is dearest to move is not known, so a byte is taken to cost what the average one costs.
 */
void count_worth(struct plan_work *w)
{
	const struct plan_node *nodes = w->space->nodes;
	u64 bytes = 0, cost = 1, request = 0, free;
	u16 i, k;

	for (i = 0; i < w->space->node_count; i++) {
		if (!is_movable_bar(&nodes[i]))
			continue;
		bytes += nodes[i].size;
		cost += nodes[i].cost;
		if (nodes[i].owner != PLAN_NONE)
			cost += w->space->owner_cost[nodes[i].owner];
		if (nodes[i].flags & PLAN_REQUEST)
			request = plan_max(request, nodes[i].size);
	}
	for (i = 0; i < w->space->node_count; i++) {
		if (!is_movable_bar(&nodes[i]))
			continue;
		for (k = 0; k < i; k++)
			if (is_movable_bar(&nodes[k]) && nodes[k].size == nodes[i].size)
				break;
		w->worth[i] = w->worth[k];
		if (k < i)
			continue;
		free = plan_min(places(w->space, NULL, ~0ULL, nodes[i].size), request);
		w->worth[i] = (request - free) / plan_max(request / nodes[i].size, 1) /
			      plan_max(bytes / cost, 1);
	}
}

/**
 * plan_largest_hole - how the free space of the host bridge is cut up
 * @space: checked tree
 * @total: how much is free in all its windows
 *
 * Return: bytes of the largest free range.
 */
u64 plan_largest_hole(const struct plan_space *space, u64 *total)
{
	u64 largest = 0, from, stop, next;
	u16 i;

	*total = 0;
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *root = &space->nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		for (from = root->start; from < root->start + root->size; from = next) {
			stop = free_end(space, NULL, root->behind, from, root->start + root->size,
					&next);
			largest = plan_max(largest, stop - from);
			*total += stop - from;
		}
	}
	return largest;
}
EXPORT_SYMBOL_IF_KUNIT(plan_largest_hole);
