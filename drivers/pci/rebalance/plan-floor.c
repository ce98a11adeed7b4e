// SPDX-License-Identifier: GPL-2.0
/*
 * plan-floor.c - what room for one request must cost, wherever it is made
 *
 * The bound of plan-worth.c knows how much must be cleared, but not that it must be in one piece: a
 * request behind a bridge needs a window around it that holds also what is behind that bridge and
 * can live in no other window. So look at every range that this window could cover.
 *
 * A spot is a place for the request and a range around it, which is as large as the window must be
 * and ends at a granule of its own or at contents that are to stay. Any plan makes its request a
 * place, keeps some contents where they are, and covers one of these ranges. What else is in the
 * range must go, contents outside of it must come, and every window that loses ground, or gains
 * some, has its price. That is what a spot costs for certain.
 *
 * What is driven out needs a place elsewhere. That is the problem of plan-worth.c again, with the
 * range as a wall: if the free places that are left do not suffice, more must be cleared, and
 * prices for each size give a bound of what that costs. Only the spots that are cheap for certain
 * are asked this question, as only they can be the cheapest.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* Spots to look at before this is left to plan-worth.c alone. */
#define MAX_SPOTS	8192

/* Prices are improved so often for all spots together. */
#define MAX_ROUNDS	60

/**
 * struct site - what does not depend on the spot
 * @w: layout
 * @request: the only one
 * @window: window next to the host bridge that it will be behind; PLAN_NONE if there is none, or
 *	if there are several to choose from
 * @bus: bus behind that window's bridge, PLAN_NONE if the request is on a bus of the host bridge
 * @host: bus of the host bridge
 * @granule: of that window, 1 if there is none
 * @need: fewest bytes that the window must have
 * @spots: how many were looked at
 */
struct site {
	struct plan_work *w;
	const struct plan_node *request;
	u16 window;
	u16 bus;
	u16 host;
	u64 granule;
	u64 need;
	u32 spots;
};

/* The only window that @n can be behind next to the host bridge; PLAN_NONE if it has a choice. */
static u16 window_above(const struct plan_work *w, const struct plan_node *n)
{
	u16 window = layout_only_window(w, n);

	while (window != PLAN_NONE && w->bus[w->space->nodes[window].bus].depth)
		window = layout_only_window(w, &w->space->nodes[window]);
	return window;
}

/* Is this one of the contents that must come along with the window? */
static bool belongs(const struct site *s, const struct plan_item *item)
{
	return s->window != PLAN_NONE && item->bus == s->bus &&
	       window_above(s->w, &s->w->space->nodes[item->node]) == s->window;
}

/* Must this go from where it is? */
static bool must_go(const struct plan_spot *spot, const struct plan_item *item, u16 bus)
{
	if (item->belongs && !plan_within(spot->start, spot->size, item->start, item->size))
		return true;
	/* What is behind the same bridge may stay in its window, beside the request. */
	if (bus != PLAN_NONE && item->bus == bus)
		return plan_overlap(spot->place, spot->bytes, item->start, item->size);
	return plan_overlap(spot->start, spot->size, item->start, item->size);
}

/* Windows on the bus of the host bridge that cannot stay as they are. */
static bool price_windows(const struct site *s, struct plan_spot *spot)
{
	u16 i;

	for (i = 0; i < s->w->space->node_count; i++) {
		const struct plan_node *n = &s->w->space->nodes[i];

		if (!(n->flags & PLAN_WINDOW) || n->bus != s->host)
			continue;
		if (i == s->window) {
			if (plan_within(n->start, n->size, spot->start, spot->size))
				continue;
		} else if (s->window == PLAN_NONE && n->behind == s->bus) {
			continue;
		} else if (!plan_overlap(n->start, n->size, spot->start, spot->size)) {
			continue;
		}
		if (n->flags & PLAN_PINNED)
			return false;
		spot->cost += n->cost;
	}
	return true;
}

static bool price_spot(const struct site *s, struct plan_spot *spot)
{
	const struct plan_items *items = &s->w->items;
	u16 i;

	spot->cost = 0;
	for (i = 0; i < items->count; i++) {
		if (!must_go(spot, &items->item[i], s->bus))
			continue;
		if (items->item[i].pinned)
			return false;
		spot->cost += items->item[i].cost;
	}
	return price_windows(s, spot);
}

/* Keep the cheapest spots, sorted. */
static void consider(struct site *s, u64 place, u64 start, u64 end)
{
	struct plan_spot *spots = s->w->spots, now = {
		.place = place, .bytes = s->request->size, .start = start, .size = end - start,
		.bound = ~0ULL,
	};
	u16 i = PLAN_SPOTS;

	s->spots++;
	if (!price_spot(s, &now) || now.cost >= spots[i - 1].cost)
		return;
	for (i--; i && spots[i - 1].cost > now.cost; i--)
		spots[i] = spots[i - 1];
	spots[i] = now;
}

/* Ranges that begin at @start: as short as can be, or up to the end of some contents. */
static void each_end(struct site *s, const struct plan_node *root, u64 place, u64 start)
{
	const struct plan_items *items = &s->w->items;
	u64 least = plan_max(start + s->need, plan_up(place + s->request->size, s->granule)), end;
	u64 limit = root->start + root->size;
	u16 i;

	if (start < root->start || least < start || least > limit)
		return;
	consider(s, place, start, least);
	for (i = 0; i < items->count && s->spots < MAX_SPOTS; i++) {
		end = plan_up(items->item[i].start + items->item[i].size, s->granule);
		if (items->item[i].belongs && end > least && end <= limit)
			consider(s, place, start, end);
	}
}

static void each_range(struct site *s, const struct plan_node *root, u64 place)
{
	const struct plan_items *items = &s->w->items;
	u64 end = place + s->request->size, first, start = plan_down(place, s->granule);
	u16 i;

	if (s->window == PLAN_NONE) {
		consider(s, place, place, end);
		return;
	}
	first = plan_up(end - plan_min(end, s->need), s->granule);
	for (; start >= first && s->spots < MAX_SPOTS; start -= s->granule) {
		each_end(s, root, place, start);
		if (!start)
			break;
	}
	for (i = 0; i < items->count && s->spots < MAX_SPOTS; i++) {
		start = plan_down(items->item[i].start, s->granule);
		if (items->item[i].belongs && start < first)
			each_end(s, root, place, start);
	}
}

static void each_place(struct site *s)
{
	u64 place, align = s->request->align;
	u16 i;

	for (i = 0; i < s->w->space->node_count; i++) {
		const struct plan_node *root = &s->w->space->nodes[i];
		u64 end = plan_min(root->start + root->size - 1, s->request->last_max) + 1;

		if (root->bus != PLAN_NONE || root->behind != s->host)
			continue;
		place = plan_up(root->start, align);
		/* Near the end of all addresses the next place may be below this one. */
		while (place >= root->start && place < end && s->request->size <= end - place &&
		       s->spots < MAX_SPOTS) {
			each_range(s, root, place);
			place += align;
		}
	}
}

/* Items as they are once the spot is taken; by level, the places that they lack. */
static void take_spot(const struct site *s, const struct plan_spot *spot, struct plan_items *after,
		      s64 *demand)
{
	struct plan_work *w = s->w;
	struct plan_item wall = {
		.start = spot->start, .size = spot->size, .pinned = true,
	};
	bool built = false;
	u16 i, k;

	memset(demand, 0, PLAN_LEVELS * sizeof(*demand));
	after->count = 0;
	for (i = 0; i < w->items.count; i++) {
		const struct plan_item *item = &w->items.item[i];
		bool goes = must_go(spot, item, s->bus);

		for (k = 0; goes && !item->belongs && k <= w->top; k++)
			demand[k] += item->size >> (w->unit + k);
		if (goes || plan_overlap(spot->start, spot->size, item->start, item->size))
			continue;
		if (!built && item->start > spot->start)
			after->item[after->count++] = wall;
		built |= item->start > spot->start;
		after->item[after->count++] = *item;
	}
	if (!built)
		after->item[after->count++] = wall;
	for (k = 0; k <= w->top; k++)
		demand[k] -= blocks_free(w, after, w->unit + k);
}

/* Improve the prices until the spot is known to cost @enough. */
static u64 bound_spot(const struct site *s, struct plan_spot *spot, u64 enough, u32 *rounds)
{
	struct plan_work *w = s->w;
	s64 demand[PLAN_LEVELS], cleared[PLAN_LEVELS], value, best, step = 0;
	struct plan_items after = { .item = w->after };
	u16 i;

	best = (s64)spot->cost << WORTH_UNIT;
	take_spot(s, spot, &after, demand);
	for (i = 0; i <= w->top; i++)
		step = (s64)plan_max(step, w->price[i]);
	for (step = (step + 1) / 2; *rounds < MAX_ROUNDS && step; step -= (step + 3) / 4) {
		(*rounds)++;
		memset(cleared, 0, sizeof(cleared));
		value = (s64)spot->cost << WORTH_UNIT;
		if (!blocks_minimise(w, &after, &value, cleared))
			break;
		for (i = 0; i <= w->top; i++)
			value += (s64)w->price[i] * demand[i];
		if (value > best) {
			best = value;
			memcpy(spot->price, w->price, sizeof(w->price));
		}
		if ((u64)best >> WORTH_UNIT >= enough || !worth_adjust(w, demand, cleared, step))
			break;
	}
	return (u64)(best + (1 << WORTH_UNIT) - 1) >> WORTH_UNIT;
}

/* What is the site? False if there is more than one request. */
static bool survey(struct site *s)
{
	const struct plan_space *space = s->w->space;
	u64 need;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		if (!(space->nodes[i].flags & PLAN_REQUEST))
			continue;
		if (s->request)
			return false;
		s->request = &space->nodes[i];
	}
	if (!s->request || s->w->bus[s->request->bus].depth == PLAN_NONE)
		return false;
	s->bus = blocks_top_bus(s->w, s->request->bus);
	s->host = s->request->bus;
	if (s->bus != PLAN_NONE) {
		s->host = space->nodes[s->w->win[s->w->bus[s->bus].win_at]].bus;
		s->window = window_above(s->w, s->request);
	}
	s->granule = s->window == PLAN_NONE ? 1 : space->nodes[s->window].align;
	need = s->request->size;
	for (i = 0; i < s->w->items.count; i++) {
		struct plan_item *item = &s->w->items.item[i];

		item->belongs = belongs(s, item);
		need += item->belongs ? item->size : 0;
	}
	s->need = plan_up(need, s->granule);
	return true;
}

/**
 * floor_find - what any plan must cost, if there is one request
 * @w: layout with items, levels and prices; the prices are as before when this returns
 *
 * Return: lower bound in the caller's unit, 0 if nothing can be said; ~0 if there is no plan.
 */
u64 floor_find(struct plan_work *w)
{
	struct site s = { .w = w, .window = PLAN_NONE, .bus = PLAN_NONE };
	u64 keep[PLAN_LEVELS], least;
	u32 rounds = 0;
	u16 i;

	for (i = 0; i < PLAN_SPOTS; i++)
		w->spots[i] = (struct plan_spot) { .cost = ~0ULL, .bound = ~0ULL };
	if (!survey(&s))
		return 0;
	each_place(&s);
	if (s.spots >= MAX_SPOTS)
		return 0;
	for (i = 0; i < PLAN_SPOTS; i++) {
		w->spots[i].bound = w->spots[i].cost;
		memcpy(w->spots[i].price, w->price, sizeof(w->price));
	}
	least = w->spots[PLAN_SPOTS - 1].cost;
	if (!w->top)
		return w->spots[0].cost;
	memcpy(keep, w->price, sizeof(keep));
	for (i = 0; i < PLAN_SPOTS && w->spots[i].cost < least; i++) {
		memcpy(w->price, keep, sizeof(keep));
		w->spots[i].bound = bound_spot(&s, &w->spots[i], least, &rounds);
		least = plan_min(least, w->spots[i].bound);
	}
	memcpy(w->price, keep, sizeof(keep));
	return least;
}
