// SPDX-License-Identifier: GPL-2.0
/*
 * plan-places.c - the choices that there are for one node, and their prices
 *
 * A place costs what has to go for it, and every window that has to change: the layout is changed,
 * looked at and changed back.
 *
 * Which places are looked at? All, where they are few. Otherwise, and in the first pass, a BAR
 * takes the tightest hole in the windows as they are; where it has none, and for windows, the
 * places at the edges of whatever lies on the buses from the node up to the host bridge are looked
 * at: sliding a node within a hole changes nothing until it touches something.
 */
#include "plan-layout.h"

/* So many aligned places, or ranges of a window, are few. */
#define FEW	64

/* Places to remember so that they are not priced again at once. */
#define RECENT	64

/**
 * struct visit - looking for places for one node
 * @w: layout
 * @d: decision to add choices to
 * @n: the node
 * @node: its index
 * @size: bytes to look for
 * @few: there are few places, so look at all of them
 * @levels: as in struct plan_choice
 * @unfix: as in struct plan_choice
 * @hole: bytes of the tightest hole so far
 * @tightest: first address in it
 * @recent: places that were looked at, each where its number says
 */
struct visit {
	struct plan_work *w;
	struct plan_decision *d;
	const struct plan_node *n;
	u16 node;
	u64 size;
	bool few;
	u16 levels;
	u16 unfix;
	u64 hole;
	u64 tightest;
	u64 recent[RECENT];
};

/* Price a choice by making it, and add it if it can lead to something cheaper. */
static void try(struct visit *v, struct plan_choice *c)
{
	struct plan_work *w = v->w;
	u32 undo_count = w->undo_count;
	u64 cost = w->cost;
	bool good = layout_do(w, v->node, c) && (c->act == PLAN_KEEP || !w->levels);

	w->places += 1 + w->undo_count - undo_count;
	c->price = w->cost - cost;
	c->rank = c->price + w->displaced;
	c->taken = w->taken;
	layout_undo(w, undo_count);
	if (!good || w->cost + c->price >= w->best_cost)
		return;
	if (w->choice_count == PLAN_CHOICES(w->space)) {
		w->cut = true;
		return;
	}
	w->choice[w->choice_count++] = *c;
	v->d->count++;
}

/* Whoever was lifted does not come back: that is what staying is for. */
static bool is_former(const struct plan_node *n, u64 start)
{
	return start == n->start && !(n->flags & (PLAN_WINDOW | PLAN_REQUEST));
}

/* Price a place for a BAR, or a range for a window, which has to hold the one that it has. */
static void try_place(struct visit *v, u64 start)
{
	const struct plan_place *p = &v->w->at[v->node];
	struct plan_choice c = {
		.start = start, .size = v->size, .levels = v->levels, .unfix = v->unfix,
		.act = PLAN_PUT,
	};

	if (is_former(v->n, start) || ((v->n->flags & PLAN_WINDOW) && p->size &&
				       !plan_within(start, v->size, p->start, p->size)))
		return;
	try(v, &c);
}

/* Look at a place unless that was just done. */
static void try_once(struct visit *v, u64 start)
{
	u64 *recent = &v->recent[start / v->n->align % RECENT];

	if (*recent != start)
		try_place(v, start);
	*recent = start;
}

/* Begin or end at an edge. */
static void try_edge(struct visit *v, u64 edge)
{
	try_once(v, plan_up(edge, v->n->align));
	if (edge >= v->size)
		try_once(v, plan_down(edge - v->size, v->n->align));
}

/* Edges of all that lies on the buses from the node to the host bridge. */
static void try_edges(struct visit *v)
{
	struct plan_work *w = v->w;
	u16 bus = v->n->bus, i;

	w->thinned = true;
	memset(v->recent, 0xff, sizeof(v->recent));
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
		if (!b->depth)
			return;
		bus = w->space->nodes[b->window].bus;
	}
}

static void try_everywhere(struct visit *v)
{
	const struct plan_space *space = v->w->space;
	u64 align = v->n->align, start;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (n->bus != PLAN_NONE)
			continue;
		for (start = plan_up(n->start, align); start < n->start + n->size; start += align)
			try_place(v, start);
	}
}

/* Are there few places to look at, so that all of them can be? */
static bool are_few(const struct plan_space *space, u64 align)
{
	u64 places = 0;
	u16 i;

	for (i = 0; i < space->node_count; i++)
		if (space->nodes[i].bus == PLAN_NONE)
			places += space->nodes[i].size / align;
	return places <= FEW;
}

/* With every way through prefetchable windows and others. */
static void try_each_way(struct visit *v)
{
	u16 depth = v->w->bus[v->n->bus].depth;

	for (v->levels = 0; v->levels <= depth; v->levels++) {
		for (v->unfix = 0; v->few && v->unfix <= depth; v->unfix++)
			try_everywhere(v);
		v->unfix = 0;
		if (!v->few)
			try_edges(v);
	}
}

/* Is there a tighter hole in what a window holds now? */
static void find_hole(struct visit *v, u16 holder)
{
	const struct plan_work *w = v->w;
	const struct plan_bus *b = &w->bus[v->n->bus];
	const struct plan_place *h = &w->at[holder];
	u64 from = h->start, end = plan_min(h->start + h->size - 1, v->n->last_max) + 1;
	u16 i;

	for (i = layout_first(w, v->n->bus, from); from < end; i++) {
		const struct plan_place *p =
			i < b->row_count ? &w->at[w->row[b->row_at + i]] : NULL;
		u64 to = p ? plan_min(p->start, end) : end, start = plan_up(from, v->n->align);

		if (to > start && to - start >= v->size && to - from < v->hole &&
		    !is_former(v->n, start)) {
			v->hole = to - from;
			v->tightest = start;
			v->levels = b->depth &&
				    (w->space->nodes[holder].flags & PLAN_PREFETCH);
		}
		from = p ? p->start + p->size : end;
	}
}

/* The tightest hole of all; false if there is none. */
static bool try_holes(struct visit *v)
{
	struct plan_work *w = v->w;
	u16 i;

	v->hole = ~0ULL;
	for (i = w->bus[v->n->bus].window; i != PLAN_NONE; i = w->next[i])
		if (w->at[i].size && plan_fits(v->n, &w->space->nodes[i]))
			find_hole(v, i);
	if (v->hole == ~0ULL)
		return false;
	w->thinned = true;
	try_place(v, v->tightest);
	return true;
}

static void find_for_bar(struct visit *v)
{
	if ((v->few && !v->w->first) || !try_holes(v))
		try_each_way(v);
}

/* A window keeps its size if that is possible, and gets the least that will do otherwise. */
static void find_for_window(struct visit *v)
{
	const struct plan_place *p = &v->w->at[v->node];
	u64 need = plan_max(p->size, v->n->min);
	struct plan_choice settle = { .act = PLAN_SETTLE };

	if (need == p->size)
		try(v, &settle);
	for (v->size = plan_max(need, v->n->size); v->size > p->size; v->size = need) {
		try_each_way(v);
		if (v->size == need)
			break;
	}
}

static void find_for_undecided(struct visit *v)
{
	struct plan_work *w = v->w;
	struct plan_choice stay = { .start = v->n->start, .size = v->n->size, .act = PLAN_KEEP };
	struct plan_choice open = { .act = PLAN_UNFIX };
	u16 window;

	for (window = w->home[v->node]; w->home[window] != PLAN_NONE; window = w->home[window])
		stay.levels += !!(w->space->nodes[window].flags & PLAN_PREFETCH);
	try(v, &stay);
	if (v->n->flags & PLAN_WINDOW)
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
 * Choices that lead to nothing cheaper than the best layout are left out.
 */
void places_find(struct plan_work *w, u16 node, struct plan_decision *d)
{
	const struct plan_node *n = &w->space->nodes[node];
	struct visit v = {
		.w = w, .d = d, .n = n, .node = node, .size = n->size,
		.few = are_few(w->space, n->align),
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
