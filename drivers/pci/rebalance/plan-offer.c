// SPDX-License-Identifier: GPL-2.0
/*
 * plan-offer.c - the candidate places of one homeless node, cheapest first
 *
 * A place costs whatever stands in it. Nothing is stored between calls: offer_next() walks all
 * candidates again and returns the first one after the last, in the order of struct plan_choice.
 * That keeps a frame of the search small, and doubles the time at worst.
 *
 * Which places are candidates? Sliding a node within a hole changes nothing until it touches
 * something, so the two ends of every hole do, and the places that begin or end with something
 * movable. Windows vary in size as well; see offer_window().
 */
#include "plan-offer.h"

#define U32_LIMIT	0xffffffffULL

/* A window whose holder has no more granules than this is offered every place and size. */
#define EXHAUSTIVE_GRANULES	16

/* Does a place below 4 GiB go to somebody who could live above? */
static bool is_low(const struct scan *s, u64 last)
{
	return s->n->last_max > U32_LIMIT && last <= U32_LIMIT;
}

static void take(struct scan *s, struct plan_choice *choice)
{
	choice->rank += choice->price;
	if (s->w->depth == 1)
		s->w->bound = plan_min(s->w->bound, choice->price);
	if (choice->price > s->ceiling || (s->after && price_compare(choice, s->after) <= 0))
		return;
	if (s->best.price == ~0ULL || price_compare(choice, &s->best) < 0)
		s->best = *choice;
}

static void offer(struct scan *s, u64 start, u64 size)
{
	const struct plan_place *holder = &s->w->at[s->window];
	struct plan_choice c = {
		.start = start, .size = size, .window = s->window,
		.low = is_low(s, start + size - 1),
	};

	if (start < holder->start || size > holder->size ||
	    start - holder->start > holder->size - size ||
	    start + size - 1 > s->n->last_max || (start & (s->n->align - 1)))
		return;
	s->w->offers++;
	s->w->serial++;
	if (!price_clear(s->w, &c, s->n->bus))
		return;
	if (s->n->flags & PLAN_WINDOW) {
		if (size < s->need || !price_leave(s, &c))
			return;
		if (size < s->n->size)
			c.price += s->n->cost;
	}
	if (c.price > s->ceiling)
		return;
	c.waste = price_waste(s->w, &c, s->n->bus);
	take(s, &c);
}

/* Neighbours that share an aligned place would offer it once each. */
static void offer_once(struct scan *s, u64 start, u64 size)
{
	u16 i;

	for (i = 0; i < RECENT; i++)
		if (s->recent[i].start == start && s->recent[i].size == size)
			return;
	s->recent[s->next].start = start;
	s->recent[s->next].size = size;
	s->next = (s->next + 1) % RECENT;
	offer(s, start, size);
}

/* Begin at or behind one edge; end at or before another, there or at the start aligned. */
static void offer_between(struct scan *s, u64 low, u64 high, u64 size, u64 align)
{
	offer_once(s, plan_up(low, align), size);
	if (high >= size)
		offer_once(s, plan_down(high - size, align), size);
	if (plan_down(high, align) >= size)
		offer_once(s, plan_down(high, align) - size, size);
}

/* Let @visit see every edge in the window: its two ends and both ends of whatever lies in it. */
static void each_edge(struct scan *s, void (*visit)(struct scan *s, u64 low, u64 high))
{
	const struct plan_place *holder = &s->w->at[s->window];
	const struct plan_bus *b = &s->w->bus[s->n->bus];
	u64 end = holder->start + holder->size;
	u16 i;

	visit(s, holder->start, end);
	for (i = layout_first(s->w, s->n->bus, holder->start); i < b->row_count; i++) {
		u16 node = s->w->row[b->row_at + i];
		const struct plan_place *p = &s->w->at[node];

		if (p->start >= end)
			break;
		visit(s, p->start + p->size, p->start);
		if (price_may_lift(s->w, node))
			visit(s, p->start, p->start + p->size);
	}
}

static void bar_at_edge(struct scan *s, u64 low, u64 high)
{
	u64 size = s->n->size, align = s->n->align;

	offer_once(s, plan_up(low, align), size);
	if (high >= size)
		offer_once(s, plan_down(high - size, align), size);
	/* Whatever is smaller than this BAR and ends at @high is in this one aligned place. */
	if (high)
		offer_once(s, plan_down(high - 1, align), size);
}

/* Both ends of each hole that is large enough; nothing is lifted, so nothing is priced. */
static void bar_in_holes(struct scan *s)
{
	const struct plan_place *holder = &s->w->at[s->window];
	const struct plan_bus *b = &s->w->bus[s->n->bus];
	u64 from = holder->start, end = holder->start + holder->size, stop, size = s->n->size;
	u16 i = layout_first(s->w, s->n->bus, from);

	end = plan_min(end - 1, s->n->last_max) + 1;
	for (; from < end; from = plan_max(from, stop)) {
		const struct plan_place *p =
			i < b->row_count ? &s->w->at[s->w->row[b->row_at + i++]] : NULL;
		struct plan_choice c = { .size = size, .window = s->window };
		u64 hole;

		stop = p && p->start < end ? p->start : end;
		hole = stop - plan_min(stop, from);
		c.waste = hole - size;
		c.start = plan_up(from, s->n->align);
		c.low = is_low(s, from);
		if (hole >= size && c.start <= stop - size) {
			take(s, &c);
			c.rank = 0;
			c.start = plan_down(stop - size, s->n->align);
			take(s, &c);
		}
		stop = p && p->start < end ? p->start + p->size : end;
	}
}

static void window_at_edge(struct scan *s, u64 low, u64 high)
{
	const struct plan_node *n = s->n;
	u64 sizes[4] = { s->need, s->comfort, n->size, plan_up(s->need, s->inner) };
	u16 i;

	for (i = 0; i < 4; i++) {
		if (!sizes[i] || sizes[i] < s->need || (i && sizes[i] == sizes[0]))
			continue;
		offer_between(s, low, high, sizes[i], n->align);
		if (s->inner != n->align)
			offer_between(s, low, high, sizes[i], s->inner);
	}
	/* What a neighbour that takes one end of it leaves over. */
	if (n->size && high > n->start && high <= n->start + n->size)
		offer_once(s, n->start, plan_down(high, n->align) - n->start);
	if (n->size && low >= n->start && low < n->start + n->size) {
		low = plan_up(low, n->align);
		if (low < n->start + n->size)
			offer_once(s, low, n->start + n->size - low);
	}
}

/* Lowest place at or above @from for @bytes between what is at home on a bus. */
static u64 lowest_gap(const struct plan_work *w, u16 bus, u64 from, u64 bytes, u64 align)
{
	const struct plan_bus *b = &w->bus[bus];
	u16 i = layout_first(w, bus, from);

	from = plan_up(from, align);
	for (; i < b->row_count; i++) {
		const struct plan_place *p = &w->at[w->row[b->row_at + i]];

		if (p->start >= from + bytes)
			break;
		from = plan_max(from, plan_up(p->start + p->size, align));
	}
	return from;
}

/* Grow upwards or downwards so that nothing inside has to move. */
static void window_in_place(struct scan *s)
{
	const struct plan_node *n = s->n;
	const struct plan_bus *b = &s->w->bus[n->behind];
	u64 first = n->start + n->size, high = first, last = 0, end, low;
	u16 i;

	if (!n->size)
		return;
	for (i = 0; i < b->row_count; i++) {
		const struct plan_place *p = &s->w->at[s->w->row[b->row_at + i]];

		if (p->holder != s->node)
			continue;
		first = plan_min(first, p->start);
		last = plan_max(last, p->start + p->size);
	}
	end = lowest_gap(s->w, n->behind, n->start, s->loose, s->inner) + s->loose;
	end = plan_up(plan_max(plan_max(end, last), n->start + s->need), n->align);
	offer(s, n->start, end - n->start);

	if (first < s->loose || high < s->need)
		return;
	low = plan_min(plan_down(first - s->loose, s->inner), high - s->need);
	low = plan_down(plan_min(low, n->start), n->align);
	offer(s, low, high - low);
	low = plan_down(n->start - plan_min(n->start, s->loose), n->align);
	low = plan_min(low, plan_down(high - s->need, n->align));
	offer(s, low, high - low);
}

static void window_everywhere(struct scan *s, const struct plan_place *holder)
{
	u64 granule = s->n->align, end = holder->start + holder->size, start, size;

	for (start = plan_up(holder->start, granule); start < end; start += granule)
		for (size = plan_max(s->need, granule); start + size <= end; size += granule)
			offer(s, start, size);
}

/* Bytes that a window needs if all that is in it, or promised to it, keeps its size. */
static u64 comfort_of(const struct plan_work *w, u16 window)
{
	const struct plan_node *n = &w->space->nodes[window];
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *c = &w->space->nodes[i];

		if (c->bus != n->behind || w->at[i].holder != window)
			continue;
		if (!(c->flags & PLAN_WINDOW))
			bytes += c->size;
		else if (w->at[i].state == PLAN_HOMELESS)
			bytes += plan_max(comfort_of(w, i), layout_need(w, i));
		else
			bytes += w->at[i].size;
	}
	return plan_up(bytes, n->align);
}

static void measure_window(struct scan *s)
{
	const struct plan_work *w = s->w;
	u16 i;

	s->need = layout_need(w, s->node);
	s->comfort = comfort_of(w, s->node);
	s->inner = s->n->align;
	s->largest = 1;
	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *c = &w->space->nodes[i];

		if (c->bus != s->n->behind || !plan_fits(c, s->n))
			continue;
		if (w->at[i].state == PLAN_HOMELESS && w->at[i].holder == s->node)
			s->loose += c->flags & PLAN_WINDOW ? layout_need(w, i) : c->size;
		if (w->at[i].state == PLAN_HOMELESS && w->at[i].holder == s->node &&
		    !(c->flags & PLAN_WINDOW))
			s->largest = plan_max(s->largest, c->size);
		if (w->at[i].holder == s->node || w->at[i].state == PLAN_HOMELESS)
			s->inner = plan_max(s->inner, c->align);
	}
}

/* The windows of a bus that may be asked for more room are those that have not been placed yet. */
static void offer_growth(struct scan *s)
{
	struct plan_choice c = {
		.window = s->window, .grow = true,
		.low = is_low(s, s->w->space->nodes[s->window].last_max),
	};
	u64 room = s->n->flags & PLAN_WINDOW ? s->need : s->n->size;
	u16 up = s->window;

	if (s->w->at[s->node].holder != PLAN_NONE || s->w->space->nodes[up].bus == PLAN_NONE ||
	    !price_may_lift(s->w, up) || room - 1 > s->w->space->nodes[up].last_max)
		return;
	s->w->serial++;
	price_charge(s->w, &c, up);
	take(s, &c);
}

static void offer_closed(struct scan *s)
{
	struct plan_choice c = { .window = PLAN_NONE, .price = s->n->cost };

	s->w->serial++;
	if (price_leave(s, &c))
		take(s, &c);
}

static void offer_window(struct scan *s)
{
	const struct plan_place *holder = &s->w->at[s->window];

	if (holder->size <= EXHAUSTIVE_GRANULES * s->n->align) {
		window_everywhere(s, holder);
		return;
	}
	s->w->thinned = true;
	window_in_place(s);
	each_edge(s, window_at_edge);
}

/* Walk over the windows that the node may live in. */
static void each_window(struct scan *s, void (*visit)(struct scan *s))
{
	const struct plan_bus *b = &s->w->bus[s->n->bus];
	u16 promised = s->w->at[s->node].holder, i;

	for (i = 0; i < b->win_count; i++) {
		s->window = s->w->win[b->win_at + i];
		if (plan_fits(s->n, &s->w->space->nodes[s->window]) &&
		    (promised == PLAN_NONE || promised == s->window))
			visit(s);
	}
}

static bool is_open(const struct scan *s)
{
	return s->w->at[s->window].state != PLAN_HOMELESS && s->w->at[s->window].size;
}

static void visit_holes(struct scan *s)
{
	if (is_open(s))
		bar_in_holes(s);
}

static void visit_all(struct scan *s)
{
	offer_growth(s);
	if (!is_open(s))
		return;
	if (s->n->flags & PLAN_WINDOW)
		offer_window(s);
	else
		each_edge(s, bar_at_edge);
}

/**
 * offer_next - the next best candidate place for a homeless node
 * @w: layout
 * @node: what wants a place
 * @after: the last choice that was tried, NULL for the first
 * @ceiling: highest price of interest
 * @out: the choice
 *
 * Free places of a BAR come first and are found by looking at holes only. With @w->brisk set,
 * occupied ones are not looked at if there was a free one.
 *
 * Return: false if no candidate is left.
 */
bool offer_next(struct plan_work *w, u16 node, const struct plan_choice *after, u64 ceiling,
		struct plan_choice *out)
{
	const struct plan_node *n = &w->space->nodes[node];
	struct scan s = {
		.w = w, .n = n, .node = node, .after = after, .ceiling = ceiling,
		.best.price = ~0ULL,
	};

	if (n->flags & PLAN_WINDOW) {
		measure_window(&s);
		each_window(&s, visit_all);
		if (!s.need)
			offer_closed(&s);
	} else {
		w->offers += 1 + w->bus[n->bus].row_count / 16;
		if (!after || (!after->rank && !after->grow))
			each_window(&s, visit_holes);
		if (s.best.price == ~0ULL && !(w->brisk && after && !after->rank))
			each_window(&s, visit_all);
	}
	*out = s.best;
	return s.best.price != ~0ULL;
}

static void visit_spot(struct scan *s)
{
	if (is_open(s))
		offer(s, s->spot_start, s->spot_size);
}

/**
 * offer_place - look at one place only
 * @w: layout
 * @node: what wants a place
 * @start: first address
 * @size: bytes
 * @ceiling: highest price of interest
 * @out: the choice
 *
 * Return: false if the node cannot be there, or not at that price.
 */
bool offer_place(struct plan_work *w, u16 node, u64 start, u64 size, u64 ceiling,
		 struct plan_choice *out)
{
	struct scan s = {
		.w = w, .n = &w->space->nodes[node], .node = node, .ceiling = ceiling,
		.spot_start = start, .spot_size = size, .best.price = ~0ULL,
	};

	if (s.n->flags & PLAN_WINDOW)
		measure_window(&s);
	each_window(&s, visit_spot);
	*out = s.best;
	return s.best.price != ~0ULL;
}
