// SPDX-License-Identifier: GPL-2.0
/*
 * plan-places.c - what places there are: how many, and which for one node
 *
 * Are there enough? Cut the windows of the host bridge into aligned places of one size and strike
 * out those that pinned BARs touch. Every BAR of at least that size takes its share of the rest,
 * whatever bridges are above it. If there are too few for that at any size that a request needs,
 * below its address limit, there is no layout.
 *
 * Which are looked at? All, where they are few. Otherwise, and in the first pass, a BAR takes the
 * tightest hole in the windows as they are; where it has none, and for windows, places at the edges
 * of whatever lies on the buses from the node up to the host bridge are looked at: sliding a node
 * within a hole changes nothing until it touches something. What a place costs is found by changing
 * the layout and changing it back.
 */
#include "plan-layout.h"

#define FEW	64	/* So many aligned places, or ranges of a window, are few. */
#define RECENT	64	/* So many are remembered, not to be priced again at once. */

/* Places between @from and @to, in bytes. */
static u64 between(u64 from, u64 to, u64 size)
{
	u64 first = round_up(from, size);

	return first >= from && first < to ? round_down(to - first, size) : 0;
}

/* Places in a window from @from up to @end that nothing pinned in it touches, at any depth. */
static u64 count_window(const struct plan_work *w, u16 window, u64 *from, u64 end, u64 size)
{
	const struct plan_bus *b = &w->bus[w->space->nodes[window].behind];
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < b->row_count; i++) {
		u16 node = w->row[b->row_at + i];
		const struct plan_node *n = &w->space->nodes[node];

		if (w->home[node] != window)
			continue;
		if (n->flags & PLAN_WINDOW) {
			bytes += count_window(w, node, from, end, size);
		} else if (n->flags & PLAN_PINNED) {
			bytes += between(*from, min(n->start, end), size);
			*from = n->start + n->size;
		}
	}
	return bytes;
}

/* The same in all windows of the host bridge, up to @limit. */
static u64 count_places(const struct plan_work *w, u64 limit, u64 size)
{
	u64 bytes = 0, from, end;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if (n->bus != PLAN_NONE || !n->size || n->start > limit)
			continue;
		from = n->start;
		end = min(n->start + n->size - 1, limit) + 1;
		bytes += count_window(w, i, &from, end, size);
		bytes += between(from, end, size);
	}
	return bytes;
}

/* Highest address that a node can have, given the windows above it. */
static u64 reach_of(const struct plan_work *w, const struct plan_node *n)
{
	u64 reach = 0;
	u16 i;

	if (n->bus == PLAN_NONE)
		return n->start + n->size - 1;
	for (i = w->bus[n->bus].window; i != PLAN_NONE; i = w->next[i])
		if (plan_fits(n, &w->space->nodes[i]))
			reach = max(reach, reach_of(w, &w->space->nodes[i]));
	return min(reach, n->last_max);
}

/* Bytes that everything of at least @size takes which has to lie at or below @limit. */
static u64 demand(const struct plan_work *w, u64 limit, u64 size)
{
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if (!(n->flags & (PLAN_WINDOW | PLAN_PINNED)) && n->size >= size &&
		    reach_of(w, n) <= limit)
			bytes += n->size;
	}
	return bytes;
}

/**
 * places_lack - try to show that there is no plan
 * @w: layout as given
 * @result: its missing_bytes and missing_contiguous are set if there is none
 *
 * Return: true if it is certain that there is no plan.
 */
bool places_lack(const struct plan_work *w, struct plan_result *result)
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
			supply = count_places(w, limit, size);
			want = demand(w, limit, size);
			if (supply && !largest)
				largest = size;
			proven |= want > supply;
			missing = want - min(want, supply);
		}
		result->missing_bytes = max(result->missing_bytes, missing);
		result->missing_contiguous = max(result->missing_contiguous, n->size - largest);
	}
	return proven;
}

/**
 * struct visit - looking for places for one node
 * @w: layout
 * @d: decision to add choices to
 * @n: what is decided about
 * @few: there are few places, so look at all of them
 * @c: the choice to look at next
 * @recent: places that were looked at, each where its number says
 */
struct visit {
	struct plan_work *w;
	struct plan_decision *d;
	const struct plan_node *n;
	bool few;
	struct plan_choice c;
	u64 recent[RECENT];
};

/* Price a choice by making it, and add it if it can lead to something cheaper. */
static void try(struct visit *v, u64 start, u64 size)
{
	struct plan_work *w = v->w;
	struct plan_choice *c = &v->c;
	u32 undo_count = w->undo_count;
	u64 cost = w->cost;
	bool good;

	c->start = start;
	c->size = size;
	good = layout_do(w, v->d->node, c);
	w->places += 1 + w->undo_count - undo_count;
	c->price = w->cost - cost;
	c->rank = c->price + w->now.rank;
	c->taken = w->now.taken;
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

/*
 * A place for a BAR, which does not come back to where it was: that is what staying is for. Or a
 * range for a window, which has to hold the one that it has.
 */
static void try_place(struct visit *v, u64 start, u64 size)
{
	const struct plan_place *p = &v->w->at[v->d->node];
	u64 *recent = &v->recent[start / v->n->align % RECENT];
	bool known = *recent == start;

	*recent = start;
	if (!known && (p->state != PLAN_OPEN ? start != p->start : !p->size ||
		       plan_within(start, size, p->start, p->size)))
		try(v, start, size);
}

/* Begin or end at an edge. */
static void try_edge(struct visit *v, u64 edge, u64 size)
{
	try_place(v, round_up(edge, v->n->align), size);
	if (edge >= size)
		try_place(v, round_down(edge - size, v->n->align), size);
}

/* Edges of all that lies on the buses from the node to the host bridge. */
static void try_edges(struct visit *v, u64 size)
{
	const struct plan_work *w = v->w;
	u16 bus, i;

	for (bus = v->n->bus; bus != PLAN_NONE; bus = w->space->nodes[w->bus[bus].window].bus) {
		const struct plan_bus *b = &w->bus[bus];

		for (i = 0; i < b->row_count; i++) {
			const struct plan_place *p = &w->at[w->row[b->row_at + i]];

			try_edge(v, p->start, size);
			try_edge(v, p->start + p->size, size);
		}
		for (i = b->window; i != PLAN_NONE; i = w->next[i]) {
			const struct plan_node *n = &w->space->nodes[i];

			try_edge(v, n->start, size);
			try_edge(v, n->start + n->size, size);
		}
	}
}

static void try_everywhere(struct visit *v, u64 size)
{
	u64 align = v->n->align, start;
	u16 i;

	for (i = 0; i < v->w->space->node_count; i++) {
		const struct plan_node *n = &v->w->space->nodes[i];

		if (n->bus != PLAN_NONE)
			continue;
		for (start = round_up(n->start, align); start < n->start + n->size; start += align)
			try_place(v, start, size);
	}
}

/* With every way through prefetchable windows and others. */
static void try_each_way(struct visit *v, u64 size)
{
	u16 depth = v->w->bus[v->n->bus].depth;

	v->w->thinned |= !v->few;
	for (v->c.levels = 0; v->c.levels <= depth; v->c.levels++)
		for (v->c.unfix = 0; v->c.unfix <= (v->few ? depth : 0); v->c.unfix++) {
			memset(v->recent, 0xff, sizeof(v->recent));
			if (v->few)
				try_everywhere(v, size);
			else
				try_edges(v, size);
		}
}

/* The tightest hole in what the windows hold now; false if there is none. */
static bool try_hole(struct visit *v)
{
	struct plan_work *w = v->w;
	const struct plan_bus *b = &w->bus[v->n->bus];
	u64 tightest = ~0ULL, start = 0, size = v->n->size;
	u16 window, i;

	for (window = b->window; window != PLAN_NONE; window = w->next[window]) {
		const struct plan_place *h = &w->at[window];
		u64 from = h->start, end = min(h->start + h->size - 1, v->n->last_max) + 1;

		if (!h->size || !plan_fits(v->n, &w->space->nodes[window]))
			continue;
		for (i = layout_first(w, v->n->bus, from); from < end; i++) {
			const struct plan_place *p =
				i < b->row_count ? &w->at[w->row[b->row_at + i]] : NULL;
			u64 to = p ? min(p->start, end) : end;
			u64 first = round_up(from, v->n->align);

			if (to > first && to - first >= size && to - from < tightest &&
			    first != w->at[v->d->node].start) {
				tightest = to - from;
				start = first;
				v->c.levels = b->depth &&
					      (w->space->nodes[window].flags & PLAN_PREFETCH);
			}
			from = p ? p->start + p->size : end;
		}
	}
	if (tightest == ~0ULL)
		return false;
	w->thinned = true;
	try(v, start, size);
	return true;
}

/**
 * places_find - find all choices for a node
 * @w: layout
 * @d: decision about the node; its choices are appended to @w->choice
 *
 * Choices that lead to nothing cheaper than the best layout are left out.
 */
void places_find(struct plan_work *w, struct plan_decision *d)
{
	const struct plan_node *n = &w->space->nodes[d->node];
	const struct plan_place *p = &w->at[d->node];
	struct visit v = { .w = w, .d = d, .n = n, .few = w->room / n->align <= FEW };
	u64 need = max(p->size, n->min), size;

	d->first = w->choice_count;
	d->count = 0;
	/* What is at home in a window that changes stays or goes. */
	if (p->state == PLAN_HOME)
		try(&v, n->start, n->size);
	if (p->state == PLAN_HOME && (n->flags & PLAN_WINDOW))
		try(&v, 0, 0);
	if (!(n->flags & PLAN_WINDOW) && ((v.few && !w->first) || !try_hole(&v)))
		try_each_way(&v, n->size);
	if (p->state != PLAN_OPEN)
		return;
	/* A window keeps its size if possible, and gets the least that will do otherwise. */
	if (need == p->size)
		try(&v, p->start, p->size);
	for (size = max(need, n->size); size > p->size; size = size > need ? need : 0)
		try_each_way(&v, size);
}
