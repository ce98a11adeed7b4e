// SPDX-License-Identifier: GPL-2.0
/*
 * plan-count.c - count aligned places: are there too few, and what is one of them worth?
 *
 * BARs are powers of two and aligned to their size, so a place of size s consists of exactly s/t
 * places of every smaller size t, and counting places is as good as looking at them.
 *
 * IS THERE A PLAN AT ALL? Cut the windows of the host bridge into aligned places of one size and
 * strike out those that pinned ranges touch. Every BAR of at least that size takes its share of the
 * rest, wherever it stands and whatever bridges are above it. If there are fewer places than that
 * at any size and below any address limit, there is no layout.
 *
 * WHAT IS A PLACE WORTH? A request of size s takes s/t places of each smaller size t. Where fewer
 * are free, the rest has to be cleared, the cheapest first, and the dearest of these says what a
 * place of that size is worth. Where enough are free it is worth nothing.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

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
			for (k = b->window_at; k < b->window_at + b->window_count; k++)
				if (plan_fits(n, &space->nodes[w->window[k]]))
					w->reach[i] = plan_max(w->reach[i], w->reach[w->window[k]]);
			w->reach[i] = plan_min(w->reach[i], n->last_max);
		}
	}
}

static bool is_movable_bar(const struct plan_node *n)
{
	return !(n->flags & (PLAN_WINDOW | PLAN_PINNED));
}

/* Is a node in the way: what is on @bus, or all that is pinned if that is PLAN_NONE? */
static bool is_in_the_way(const struct plan_work *w, u16 node, u16 bus)
{
	const struct plan_node *n = &w->space->nodes[node];

	if (w->home[node] == PLAN_NONE)
		return false;
	if (bus != PLAN_NONE)
		return n->bus == bus;
	return !(n->flags & PLAN_WINDOW) && !is_movable_bar(n);
}

/* Bytes of aligned places of @size in [@from, @end) with nothing in the way. */
static u64 places_between(const struct plan_work *w, u64 from, u64 end, u64 size, u16 bus)
{
	u64 places = 0;

	while (from < end) {
		u64 stop = end, resume = end, first;
		u16 i;

		for (i = 0; i < w->space->node_count; i++) {
			const struct plan_node *n = &w->space->nodes[i];

			if (!is_in_the_way(w, i, bus) || n->start + n->size <= from ||
			    n->start >= stop)
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
static u64 supply(const struct plan_work *w, u64 limit, u64 size)
{
	const struct plan_node *n = w->space->nodes;
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++, n++)
		if (n->bus == PLAN_NONE && n->size && n->start <= limit)
			bytes += places_between(w, n->start, plan_min(n->start + n->size - 1,
								      limit) + 1, size,
						PLAN_NONE);
	return bytes;
}

/* Bytes missing at or below @limit for everything of at least @size. */
static u64 shortage(const struct plan_work *w, u64 limit, u64 size)
{
	u64 have = supply(w, limit, size), want = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++)
		if (is_movable_bar(&w->space->nodes[i]) && w->space->nodes[i].size >= size &&
		    w->reach[i] <= limit)
			want += w->space->nodes[i].size;
	return want - plan_min(have, want);
}

/**
 * count_proves - try to show that there is no plan
 * @w: layout as given
 * @result: its missing_bytes and missing_contiguous are set if there is none
 *
 * Return: true if it is certain that there is no plan.
 */
bool count_proves(struct plan_work *w, struct plan_result *result)
{
	const struct plan_node *nodes = w->space->nodes;
	bool proven = false;
	u64 place;
	u16 i, k;

	init_reach(w);
	for (i = 0; i < w->space->node_count; i++) {
		for (k = 0; k < i; k++)
			if (is_movable_bar(&nodes[k]) && w->reach[k] == w->reach[i] &&
			    nodes[k].size == nodes[i].size &&
			    !((nodes[k].flags ^ nodes[i].flags) & PLAN_REQUEST))
				break;
		if (!is_movable_bar(&nodes[i]) || k < i)
			continue;
		if (shortage(w, w->reach[i], nodes[i].size)) {
			proven = true;
			result->missing_bytes = plan_max(result->missing_bytes,
							 shortage(w, w->reach[i], 1));
		}
		if (!(nodes[i].flags & PLAN_REQUEST))
			continue;
		for (place = nodes[i].size; place > 1 && !supply(w, w->reach[i], place); place /= 2)
			;
		result->missing_contiguous = plan_max(result->missing_contiguous,
						      nodes[i].size - place);
		proven |= place < nodes[i].size;
	}
	return proven;
}

static u16 log2_of(u64 size)
{
	u16 log = 0;

	while (size >>= 1)
		log++;
	return log;
}

/**
 * count_replacing - what it is worth that a place is taken
 * @w: layout
 * @bus: bus that it is on
 * @start: first address
 * @size: bytes
 *
 * Return: worth of the places that must be found for what stands in it.
 */
u64 count_replacing(const struct plan_work *w, u16 bus, u64 start, u64 size)
{
	const struct plan_bus *b = &w->bus[bus];
	u64 worth = 0;
	u16 i;

	for (i = layout_first(w, bus, start); i < b->row_count; i++) {
		const struct plan_place *p = &w->at[w->row[b->row_at + i]];

		if (p->start >= start + size)
			break;
		worth += w->size_price[log2_of(p->size)];
	}
	return plan_min(worth, PLAN_NEVER);
}

/* What the dearest costs of the @wanted cheapest places of one size that can be cleared. */
static u64 price_size(struct plan_work *w, u16 bus, u64 size, u64 wanted)
{
	const struct plan_bus *b = &w->bus[bus];
	u64 at = ~0ULL, last = 0, *price = w->reach;
	u16 count = 0, i, k;

	for (i = 0; i < b->row_count; i++) {
		const struct plan_node *n = &w->space->nodes[w->row[b->row_at + i]];

		if (plan_down(n->start, size) != at) {
			at = plan_down(n->start, size);
			price[count++] = count_replacing(w, bus, at, size);
		}
		if (n->size >= size || (n->flags & PLAN_PINNED))
			price[count - 1] = PLAN_NEVER;
		price[count - 1] += n->cost + (n->owner == PLAN_NONE ? 0 :
					       w->space->owner_cost[n->owner]);
	}
	for (i = 0; i < count && i < wanted; i++) {
		u16 least = i;

		for (k = i + 1; k < count; k++)
			if (price[k] < price[least])
				least = k;
		if (price[least] >= PLAN_NEVER)
			break;
		last = price[least];
		price[least] = price[i];
	}
	return last;
}

/* Free aligned places of a size on a bus. */
static u64 free_places(const struct plan_work *w, u16 bus, u64 size)
{
	const struct plan_bus *b = &w->bus[bus];
	u64 bytes = 0;
	u16 k;

	for (k = 0; k < b->window_count; k++) {
		const struct plan_place *p = &w->at[w->window[b->window_at + k]];

		bytes += places_between(w, p->start, p->start + p->size, size, bus);
	}
	return bytes;
}

/**
 * count_prices - find out what places of each size are worth
 * @w: layout as given
 * @bus: bus of the request
 * @request: its size
 */
void count_prices(struct plan_work *w, u16 bus, u64 request)
{
	u16 level;

	memset(w->size_price, 0, sizeof(w->size_price));
	for (level = 0; level < 64; level++) {
		u64 size = 1ULL << level, *price = &w->size_price[level], have;

		have = size < request ? free_places(w, bus, size) : request;
		if (have < request)
			*price = price_size(w, bus, size, (request - have) >> level);
		if (level)
			*price = plan_max(*price, plan_min(2 * price[-1], PLAN_NEVER));
	}
}
