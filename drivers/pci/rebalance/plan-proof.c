// SPDX-License-Identifier: GPL-2.0
/*
 * plan-proof.c - show that no plan can exist, and what is missing
 *
 * Cut the windows of the host bridge into aligned places of one size and strike out those that
 * pinned ranges touch. Every BAR of at least that size takes its share of the rest, wherever it
 * stands and whatever bridges are above it. If there are fewer places than shares, at any size and
 * below any address limit, there is no layout. On a flat bus the converse holds as well.
 */
#include "plan-layout.h"

/* Highest address that each node can have, given the windows above it. */
static void init_reach(struct plan_work *w)
{
	const struct plan_space *space = w->space;
	u16 depth, i, k, more = 1;

	for (i = 0; i < space->node_count; i++)
		if (space->nodes[i].bus == PLAN_NONE)
			w->reach[i] = space->nodes[i].start + space->nodes[i].size - 1;
	for (depth = 0; more; depth++) {
		for (i = 0, more = 0; i < space->node_count; i++) {
			const struct plan_node *n = &space->nodes[i];
			const struct plan_bus *b;

			if (n->bus == PLAN_NONE || w->bus[n->bus].depth != depth)
				continue;
			b = &w->bus[n->bus];
			more = 1;
			w->reach[i] = 0;
			for (k = b->win_at; k < b->win_at + b->win_count; k++)
				if (plan_fits(n, &space->nodes[w->win[k]]))
					w->reach[i] = plan_max(w->reach[i], w->reach[w->win[k]]);
			w->reach[i] = plan_min(w->reach[i], n->last_max);
		}
	}
}

static bool is_leaf(const struct plan_node *n)
{
	return !(n->flags & PLAN_WINDOW);
}

/* Aligned places of @size in [@from, @end) that no pinned BAR touches. */
static u64 places_between(const struct plan_space *space, u64 from, u64 end, u64 size)
{
	u64 places = 0;

	while (from < end) {
		u64 stop = end, resume = end, first;
		u16 i;

		for (i = 0; i < space->node_count; i++) {
			const struct plan_node *n = &space->nodes[i];

			if (!is_leaf(n) || !(n->flags & PLAN_PINNED) ||
			    n->start + n->size <= from || n->start >= stop)
				continue;
			stop = plan_max(n->start, from);
			resume = n->start + n->size;
		}
		first = plan_up(from, size);
		if (first >= from && first < stop)
			places += plan_down(stop - first, size);
		from = resume;
	}
	return places;
}

/* Bytes of aligned places of @size whose last byte is at most @limit. */
static u64 supply(const struct plan_space *space, u64 limit, u64 size)
{
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *root = &space->nodes[i];
		u64 end = root->start + root->size;

		if (root->bus != PLAN_NONE || root->start > limit)
			continue;
		if (end - 1 > limit)
			end = limit + 1;
		bytes += places_between(space, root->start, end, size);
	}
	return bytes;
}

static u64 demand(const struct plan_work *w, u64 limit, u64 size)
{
	const struct plan_space *space = w->space;
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (is_leaf(n) && !(n->flags & PLAN_PINNED) && n->size >= size &&
		    w->reach[i] <= limit)
			bytes += n->size;
	}
	return bytes;
}

/* Bytes missing below @limit for everything of at least @size. */
static u64 shortage(const struct plan_work *w, u64 limit, u64 size)
{
	u64 have = supply(w->space, limit, size), want = demand(w, limit, size);

	return want > have ? want - have : 0;
}

/* Largest aligned place below @limit that nothing pinned touches, searched downwards from @size. */
static u64 largest_place(const struct plan_space *space, u64 limit, u64 size)
{
	while (size > 1 && !supply(space, limit, size))
		size >>= 1;
	return size;
}

/* Judge everything that must stay below @limit, at each size that occurs. */
static bool class_is_possible(const struct plan_work *w, u64 limit, u64 *missing)
{
	const struct plan_node *nodes = w->space->nodes;
	u64 sizes = 0, size;
	bool possible = true;
	u16 i;

	for (i = 0; i < w->space->node_count; i++)
		if (is_leaf(&nodes[i]) && !(nodes[i].flags & PLAN_PINNED))
			sizes |= nodes[i].size;
	for (size = sizes & -sizes; size; size = sizes & -sizes) {
		if (shortage(w, limit, size))
			possible = false;
		sizes &= sizes - 1;
	}
	/* Whatever is missing byte for byte is missing in total; the rest, only in large pieces. */
	*missing = shortage(w, limit, 1);
	return possible;
}

/**
 * plan_prove - try to show that there is no plan
 * @w: layout as given
 * @result: its missing_bytes and missing_contiguous are set if there is none
 *
 * Return: false if it is certain that there is no plan; true if there may be one.
 */
bool plan_prove(struct plan_work *w, struct plan_result *result)
{
	const struct plan_space *space = w->space;
	bool possible = true;
	u64 missing, place;
	u16 i, k;

	init_reach(w);
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (!is_leaf(n) || (n->flags & PLAN_PINNED))
			continue;
		for (k = 0; k < i; k++)
			if (is_leaf(&space->nodes[k]) && w->reach[k] == w->reach[i] &&
			    !(space->nodes[k].flags & PLAN_PINNED))
				break;
		if (k == i && !class_is_possible(w, w->reach[i], &missing)) {
			possible = false;
			result->missing_bytes = plan_max(result->missing_bytes, missing);
		}
		if (!(n->flags & PLAN_REQUEST))
			continue;
		place = largest_place(space, w->reach[i], n->size);
		if (place < n->size) {
			possible = false;
			result->missing_contiguous = plan_max(result->missing_contiguous,
							      n->size - place);
		}
	}
	return possible;
}
