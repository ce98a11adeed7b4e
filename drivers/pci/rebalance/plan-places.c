// SPDX-License-Identifier: GPL-2.0
/*
 * plan-places.c - the choices that there are for one node, and their prices
 *
 * A place costs what stands in it. Where a BAR's window holds the place already, that is a sum over
 * the row of its bus; where windows have to change, the layout is changed, looked at and changed
 * back.
 *
 * Which places are looked at? All, where they are few. Otherwise those at the edges of whatever
 * lies on the buses from the node up to the host bridge: sliding a node within a hole changes
 * nothing until it touches something.
 */
#include "plan-layout.h"

/* So many aligned places, or ranges of a window, are few. */
#define FEW	64

/* Places to remember so that they are not priced again at once. */
#define RECENT	8

/**
 * struct visit - looking for places for one node
 * @w: layout
 * @d: decision to add choices to
 * @n: the node
 * @node: its index
 * @size: bytes to look for
 * @align: their alignment
 * @levels: as in struct plan_choice
 * @unfix: as in struct plan_choice
 * @slack: bytes that stay free around it
 * @recent: the last places that were priced, a ring
 * @next: its next entry
 */
struct visit {
	struct plan_work *w;
	struct plan_decision *d;
	const struct plan_node *n;
	u16 node;
	u64 size;
	u64 align;
	u16 levels;
	u16 unfix;
	u64 slack;
	u64 recent[RECENT];
	u16 next;
};

/* How far a window reaches if what it was found with is to stay. */
static u64 reach_of(const struct plan_work *w, u16 window)
{
	const struct plan_node *n = &w->space->nodes[window];
	const struct plan_place *p = &w->at[window];

	if (!n->size || !p->size)
		return p->size;
	return plan_max(n->start + n->size, p->start + p->size) - plan_min(n->start, p->start);
}

/* Price a choice by making it, and add it if it can lead to something cheaper. */
static void try(struct visit *v, struct plan_choice *c)
{
	struct plan_work *w = v->w;
	u32 undo_count = w->undo_count;
	u64 cost = w->cost;
	bool good = layout_do(w, v->node, c);

	if (c->act != PLAN_KEEP && w->levels != c->levels)
		good = false;
	w->places += 1 + w->undo_count - undo_count;
	c->price = w->cost - cost;
	c->rank = c->price + w->displaced;
	c->taken = w->top == PLAN_NONE ? 0 : reach_of(w, w->top);
	c->waste = w->cleared + v->slack;
	layout_undo(w, undo_count);
	if (!good || w->cost + c->price >= w->best_cost)
		return;
	if (w->choice_count == w->choice_max) {
		w->cut = true;
		return;
	}
	w->choice[w->choice_count++] = *c;
	v->d->count++;
}

/* Price a place for a BAR, or a range for a window, which has to hold the one that it has. */
static void try_place(struct visit *v, u64 start)
{
	struct plan_work *w = v->w;
	const struct plan_place *p = &w->at[v->node];
	bool window = v->n->flags & PLAN_WINDOW;
	struct plan_choice c = {
		.start = start, .size = v->size, .levels = v->levels, .unfix = v->unfix,
		.act = window ? PLAN_RANGE : PLAN_MOVE,
	};
	u16 holder;

	if (window) {
		if (!p->size || plan_within(start, v->size, p->start, p->size))
			try(v, &c);
		return;
	}
	holder = layout_window(w, v->n, start, v->size, v->levels);
	if (holder == PLAN_NONE || start + v->size - 1 > v->n->last_max)
		return;
	/* Whoever was lifted does not come back: that is what staying is for. */
	if (start == v->n->start && !(v->n->flags & PLAN_REQUEST))
		return;
	try(v, &c);
}

/* Price a place if it was not just priced. */
static void try_once(struct visit *v, u64 start)
{
	u16 i;

	for (i = 0; i < RECENT; i++)
		if (v->recent[i] == start)
			return;
	v->recent[v->next] = start;
	v->next = (v->next + 1) % RECENT;
	try_place(v, start);
}

/* Begin or end at an edge, or lie across it. */
static void try_edge(struct visit *v, u64 edge)
{
	try_once(v, plan_up(edge, v->align));
	try_once(v, plan_down(edge, v->align));
	if (edge >= v->size)
		try_once(v, plan_down(edge - v->size, v->align));
}

/* Edges of all that lies on the buses from the node to the host bridge. */
static void try_edges(struct visit *v)
{
	struct plan_work *w = v->w;
	u16 bus = v->n->bus, i;

	for (;;) {
		const struct plan_bus *b = &w->bus[bus];

		for (i = 0; i < b->row_count; i++) {
			const struct plan_place *p = &w->at[w->row[b->row_at + i]];

			try_edge(v, p->start);
			try_edge(v, p->start + p->size);
		}
		for (i = b->window; i != PLAN_NONE; i = w->next[i]) {
			const struct plan_node *n = &w->space->nodes[i];

			try_edge(v, n->start);
			try_edge(v, n->start + n->size);
		}
		if (!b->depth || b->window == PLAN_NONE)
			return;
		bus = w->space->nodes[b->window].bus;
	}
}

static void try_everywhere(struct visit *v)
{
	const struct plan_space *space = v->w->space;
	u64 places = 0, start;
	u16 i;

	for (i = 0; i < space->node_count; i++)
		if (space->nodes[i].bus == PLAN_NONE)
			places += space->nodes[i].size / v->align;
	if (places > FEW) {
		v->w->thinned = true;
		try_edges(v);
		return;
	}
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (n->bus != PLAN_NONE)
			continue;
		for (start = plan_up(n->start, v->align); start < n->start + n->size;
		     start += v->align)
			try_once(v, start);
	}
}

/* With every way through prefetchable windows and others. */
static void try_each_way(struct visit *v)
{
	bool window = v->n->flags & PLAN_WINDOW;
	u16 depth = v->w->bus[v->n->bus].depth + window, i;

	for (v->levels = 0; v->levels <= depth; v->levels++) {
		if (window ? !(v->n->flags & PLAN_PREFETCH) != !v->levels :
			     v->levels && layout_window(v->w, v->n, 0, 0, 1) == PLAN_NONE)
			continue;
		for (v->unfix = 0; v->unfix <= (v->w->brisk ? 0 : depth); v->unfix++) {
			for (i = 0; i < RECENT; i++)
				v->recent[i] = ~0ULL;
			try_everywhere(v);
		}
	}
	v->unfix = 0;
}

/* The tightest hole of each window; false if there is none. */
static bool try_holes(struct visit *v)
{
	struct plan_work *w = v->w;
	const struct plan_bus *b = &w->bus[v->n->bus];
	bool any = false;
	u16 window = (v->n->flags & PLAN_WINDOW) && (v->n->flags & PLAN_PREFETCH), holder, i;

	for (holder = b->window; holder != PLAN_NONE; holder = w->next[holder]) {
		const struct plan_place *h = &w->at[holder];
		u64 from = h->start, end = h->start + h->size, to, start, best = 0, least = ~0ULL;

		if (!h->size || !plan_fits(v->n, &w->space->nodes[holder]))
			continue;
		end = plan_min(end - 1, v->n->last_max) + 1;
		for (i = layout_first(w, v->n->bus, from); from < end; i++) {
			const struct plan_place *p =
				i < b->row_count ? &w->at[w->row[b->row_at + i]] : NULL;

			to = p ? plan_min(p->start, end) : end;
			start = plan_up(from, v->align);
			if (to > from && start < to && to - start >= v->size &&
			    to - from < least) {
				least = to - from;
				best = start;
			}
			from = p ? plan_max(from, p->start + p->size) : end;
		}
		if (least == ~0ULL)
			continue;
		any = true;
		v->slack = least - v->size;
		v->levels = (b->depth && (w->space->nodes[holder].flags & PLAN_PREFETCH)) +
			    window;
		try_place(v, best);
	}
	v->slack = 0;
	return any;
}

static void find_for_bar(struct visit *v)
{
	if (!v->w->brisk || !try_holes(v))
		try_each_way(v);
}

/* A window keeps its size if that is possible, and gets the least that will do otherwise. */
static void find_for_window(struct visit *v)
{
	struct plan_work *w = v->w;
	const struct plan_place *p = &w->at[v->node];
	u64 need = plan_max(p->size, v->n->min), want = plan_max(need, v->n->size);
	struct plan_choice as_is = { .start = p->start, .size = p->size, .act = PLAN_RANGE };
	u32 count;

	if (need == p->size)
		try(v, &as_is);
	count = v->d->count;
	for (v->size = want; v->size > p->size; v->size = need) {
		if (p->size || !w->brisk || !try_holes(v))
			try_each_way(v);
		if (v->size == need || (w->brisk && v->d->count > count))
			break;
	}
}

static void find_for_undecided(struct visit *v)
{
	struct plan_work *w = v->w;
	struct plan_choice stay = { .start = v->n->start, .size = v->n->size, .act = PLAN_KEEP };
	struct plan_choice open = { .act = PLAN_UNFIX };

	try(v, &stay);
	if (w->brisk && v->d->count && !stay.price)
		w->cut = true;
	else if (v->n->flags & PLAN_WINDOW)
		try(v, &open);
	else
		find_for_bar(v);
}

/**
 * places_find - find all choices for a node
 * @w: layout
 * @node: what is to be decided about
 * @d: its decision; choices are appended to @w->choice
 *
 * Choices that lead to nothing cheaper than the best layout are left out. With @w->brisk set, so is
 * whatever most often leads to nothing better.
 */
void places_find(struct plan_work *w, u16 node, struct plan_decision *d)
{
	const struct plan_node *n = &w->space->nodes[node];
	struct visit v = {
		.w = w, .d = d, .n = n, .node = node, .size = n->size, .align = n->align,
	};

	d->first = w->choice_count;
	d->count = 0;
	if (layout_is_undecided(w, node))
		find_for_undecided(&v);
	else if (n->flags & PLAN_WINDOW)
		find_for_window(&v);
	else
		find_for_bar(&v);
}
