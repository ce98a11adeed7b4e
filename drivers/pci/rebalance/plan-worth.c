// SPDX-License-Identifier: GPL-2.0
/*
 * plan-worth.c - what space is worth, by size, and what any plan must cost
 *
 * A request of size R takes R/t places of each smaller size t. If f(t) of them are free, another
 * d(t) = R/t - f(t) must be cleared. A place counts as cleared when all that was inside is lifted
 * and was smaller than t; a BAR of size t or more needs as many places as it leaves.
 *
 * Give each size a price l(t) >= 0 for failing to clear a place (Lagrange). What remains to be
 * minimised, sum of cost - sum of l(t) * places cleared, falls apart into aligned blocks, and a
 * block is solved from its two halves: either each on its own, or all of it lifted. For any prices
 * the minimum plus the sum of l(t) d(t) is a cost that no plan can be below. Prices are improved in
 * a few rounds: up where too few places were cleared, down where too many were.
 *
 * The bound is reported with the plan. The prices steer the search: using up a place of size t also
 * uses up l(t) and what its two halves are worth, so a candidate is ranked by its price plus the
 * worth of what will have to be found elsewhere.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* Prices begin to move by this many times the dearest function, and by a tenth less each round. */
#define FIRST_STEP	8
#define ROUNDS		60

static u16 log2_of(u64 size)
{
	u16 log = 0;

	while (size >>= 1)
		log++;
	return log;
}

/* Level of the largest aligned block that starts at @start and ends at or before @end. */
static u16 level_at(const struct plan_work *w, u64 start, u64 end)
{
	u16 level = 0;

	while (level < w->top && !(start & ((2ULL << (w->unit + level)) - 1)) &&
	       start + (2ULL << (w->unit + level)) <= end)
		level++;
	return level;
}

/* Worth of a whole place: its own price, and that of all places inside it. */
static u64 worth_of_level(const struct plan_work *w, u16 level)
{
	u64 worth = 0;
	u16 i;

	for (i = 0; i <= level; i++)
		worth = 2 * worth + w->price[i];
	return worth >> WORTH_UNIT;
}

/**
 * worth_of_hole - what it costs to use up a hole
 * @w: layout
 * @start: first free address
 * @end: one past the last
 *
 * Return: worth in the caller's unit, 0 where nothing is scarce.
 */
u64 worth_of_hole(const struct plan_work *w, u64 start, u64 end)
{
	u64 worth = 0, unit = 1ULL << w->unit;
	u16 level;

	if (!w->top)
		return 0;
	for (start = plan_up(start, unit); start + unit <= end; start += unit << level) {
		level = level_at(w, start, end);
		worth += worth_of_level(w, level);
	}
	return worth;
}

/* A BAR's share in the price of its function. */
static void init_shares(struct plan_work *w)
{
	const struct plan_space *space = w->space;
	u16 i;

	memset(w->seen, 0, space->owner_count * sizeof(*w->seen));
	for (i = 0; i < space->node_count; i++)
		if (space->nodes[i].owner != PLAN_NONE && !(space->nodes[i].flags & PLAN_REQUEST))
			w->seen[space->nodes[i].owner]++;
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		w->worth[i] = n->cost;
		if (n->owner != PLAN_NONE && w->seen[n->owner])
			w->worth[i] += space->owner_cost[n->owner] / w->seen[n->owner];
	}
	memset(w->seen, 0, space->owner_count * sizeof(*w->seen));
}

/* Choose levels and demands; false if nothing is scarce or the sizes are too far apart. */
static bool init_levels(struct plan_work *w, s64 *demand)
{
	u64 wanted = 0, smallest = ~0ULL, largest = 0;
	bool scarce = false;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if ((n->flags & PLAN_WINDOW) || (n->flags & PLAN_PINNED))
			continue;
		smallest = plan_min(smallest, n->size);
		if (!(n->flags & PLAN_REQUEST))
			continue;
		wanted += n->size;
		largest = plan_max(largest, n->size);
	}
	if (!wanted || largest <= smallest || log2_of(largest) - log2_of(smallest) >= PLAN_LEVELS)
		return false;
	w->unit = log2_of(smallest);
	w->top = log2_of(largest) - w->unit;
	for (i = 0; i <= w->top; i++) {
		demand[i] = (s64)(wanted >> (w->unit + i)) -
			    (s64)blocks_free(w, &w->items, w->unit + i);
		scarce |= demand[i] > 0;
	}
	return scarce;
}

/**
 * worth_adjust - move the prices along the difference of what was demanded and what was cleared
 * @w: layout, with prices
 * @demand: by level, places that are missing
 * @cleared: by level, places that were cleared
 * @step: how far, in WORTH_UNITs
 *
 * Return: false if there is no difference.
 */
bool worth_adjust(struct plan_work *w, const s64 *demand, const s64 *cleared, s64 step)
{
	s64 most = 0, next;
	u16 i;

	for (i = 0; i <= w->top; i++) {
		s64 off = demand[i] - cleared[i];

		if (off < 0 && !w->price[i])
			off = 0;
		most = (s64)plan_max(most, off < 0 ? -off : off);
	}
	while (most >> 20) {
		most >>= 1;
		step >>= 1;
	}
	for (i = 0; most && i <= w->top; i++) {
		s64 off = demand[i] - cleared[i], part = step;
		bool down = off < 0;

		off = down ? -off : off;
		part = (s64)plan_min(off, most) * step / most;
		next = (s64)w->price[i] + (down ? -part : part);
		w->price[i] = next > 0 ? next : 0;
	}
	return most;
}

/* Worth of a place for @bytes. */
static u64 worth_of_size(const struct plan_work *w, u64 bytes)
{
	u16 log = log2_of(bytes);

	log += bytes > 1ULL << log;
	if (!w->top || !bytes || log < w->unit)
		return 0;
	return worth_of_level(w, log - w->unit > w->top ? w->top : log - w->unit);
}

/* What comes along when a window is cleared away: the BARs in it, and it will need a place. */
static void init_loads(struct plan_work *w)
{
	u16 i, window;

	memset(w->load, 0, w->space->node_count * sizeof(*w->load));
	for (i = 0; i < w->items.count; i++) {
		const struct plan_node *n = &w->space->nodes[w->list[i]];

		window = w->at[w->list[i]].holder;
		for (; window != PLAN_NONE; window = w->at[window].holder) {
			struct plan_load *load = &w->load[window];

			if (!load->end)
				load->first = n->start;
			load->end = plan_max(load->end, n->start + n->size);
			load->rank += w->worth[w->list[i]];
		}
	}
	for (i = 0; i < w->space->node_count; i++)
		if (w->load[i].end)
			w->load[i].rank += worth_of_size(w, layout_need(w, i));
}

/**
 * worth_apply - let the prices steer the search
 * @w: layout, with prices
 */
void worth_apply(struct plan_work *w)
{
	u16 i;

	for (i = 0; i < w->space->node_count; i++)
		w->worth[i] = w->space->nodes[i].flags & PLAN_WINDOW ?
			0 : worth_of_size(w, w->space->nodes[i].size);
}

/**
 * worth_init - learn what space is worth and what any plan must cost
 * @w: layout as given
 *
 * Return: lower bound of the cost, in the caller's unit.
 */
u64 worth_init(struct plan_work *w)
{
	s64 demand[PLAN_LEVELS], cleared[PLAN_LEVELS], value, best = 0, step = 0;
	u64 keep[PLAN_LEVELS] = { 0 };
	u16 round, i;

	init_shares(w);
	blocks_list(w);
	for (i = 0; i < w->space->node_count; i++)
		if (!(w->space->nodes[i].flags & (PLAN_WINDOW | PLAN_PINNED)))
			step = (s64)plan_max(step, FIRST_STEP * w->worth[i] << WORTH_UNIT);
	if (!init_levels(w, demand))
		w->top = 0;
	for (round = 0; w->top && round < ROUNDS; round++, step -= step / 10) {
		memset(cleared, 0, sizeof(cleared));
		value = 0;
		if (!blocks_minimise(w, &w->items, &value, cleared)) {
			w->top = 0;
			break;
		}
		for (i = 0; i <= w->top; i++)
			value += (s64)w->price[i] * demand[i];
		if (value > best) {
			best = value;
			memcpy(keep, w->price, sizeof(keep));
		}
		if (!worth_adjust(w, demand, cleared, step))
			break;
	}
	memcpy(w->price, keep, sizeof(keep));
	init_loads(w);
	worth_apply(w);
	return w->top ? (u64)(best + (1 << WORTH_UNIT) - 1) >> WORTH_UNIT : 0;
}
