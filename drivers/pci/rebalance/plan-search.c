// SPDX-License-Identifier: GPL-2.0
/*
 * plan-search.c - give every homeless node a place, cheapest first, with a bounded effort
 *
 * plan.c tells the idea.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* Layouts of equal price to compare by downtime and holes before that is good enough. */
#define TIES	64

/* The homeless node nearest to the host bridge, and of those the largest. */
static bool pick(const struct plan_work *w, u16 *node)
{
	u64 best_size = 0;
	u16 best_depth = PLAN_NONE, i;

	*node = PLAN_NONE;
	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];
		u16 depth;
		u64 size;

		if (w->at[i].state != PLAN_HOMELESS)
			continue;
		depth = w->bus[n->bus].depth;
		if (*node != PLAN_NONE && depth > best_depth)
			continue;
		size = n->flags & PLAN_WINDOW ? layout_need(w, i) : n->size;
		if (*node != PLAN_NONE && depth == best_depth && size <= best_size)
			continue;
		*node = i;
		best_depth = depth;
		best_size = size;
	}
	return *node != PLAN_NONE;
}

/* A complete layout: keep it if it is better in the order of the goals. */
static void finish(struct plan_work *w)
{
	u64 cost = price_layout(w, w->at), hole;
	u16 down;

	if (cost > w->best_cost)
		return;
	order_steps(w, w->at, &down, false);
	hole = layout_holes(w);
	w->ties++;
	if (cost == w->best_cost &&
	    (down > w->best_down || (down == w->best_down && hole <= w->best_hole)))
		return;
	if (cost < w->best_cost)
		w->ties = 0;
	w->best_cost = cost;
	w->best_down = down;
	w->best_hole = hole;
	memcpy(w->best, w->at, w->space->node_count * sizeof(*w->best));
}

/**
 * search_follow - take a choice
 * @w: layout
 * @node: homeless node
 * @c: lift what stands in this place and put the node there, or lift its window to grow it
 */
void search_follow(struct plan_work *w, u16 node, const struct plan_choice *c)
{
	const struct plan_node *n = &w->space->nodes[node];
	const struct plan_bus *b = &w->bus[n->bus];
	u16 i;

	if (c->grow) {
		layout_lift(w, c->window);
		layout_promise(w, node, c->window);
		return;
	}
	if (c->size) {
		i = layout_first(w, n->bus, c->start);
		while (i < b->row_count && w->at[w->row[b->row_at + i]].start < c->start + c->size)
			layout_lift(w, w->row[b->row_at + i]);
	}
	if (n->flags & PLAN_WINDOW) {
		b = &w->bus[n->behind];
		for (i = 0; i < b->row_count; ) {
			u16 child = w->row[b->row_at + i];
			const struct plan_place *p = &w->at[child];

			if (p->holder == node && !plan_within(c->start, c->size, p->start, p->size))
				layout_lift(w, child);
			else
				i++;
		}
	}
	layout_place(w, node, c->window, c->start, c->size);
}

static void push(struct plan_work *w, u16 node, u64 cost, u32 stop)
{
	struct plan_frame *f = &w->frame[w->depth++];

	f->node = node;
	f->cost = cost;
	f->stop = stop;
	f->mark = w->trail_count;
	f->fresh = true;
}

/* Highest price of interest. Ties are looked at for the lower goals, but not for ever. */
static u64 ceiling(const struct plan_work *w, u64 cost)
{
	u64 limit = w->best_cost;

	if (limit == ~0ULL)
		return ~0ULL - 1 - cost;
	if (w->ties >= TIES)
		limit--;
	return limit - cost;
}

static bool advance(struct plan_work *w, struct plan_frame *f)
{
	struct plan_choice next;

	if (f->cost > w->best_cost || (w->ties >= TIES && f->cost >= w->best_cost))
		return false;
	if (!f->fresh && w->offers >= f->stop) {
		w->cut = true;
		return false;
	}
	if (!offer_next(w, f->node, f->fresh ? NULL : &f->tried, ceiling(w, f->cost), &next))
		return false;
	f->tried = next;
	f->fresh = false;
	return true;
}

/**
 * search_layouts - find places for all that is homeless
 * @w: layout; as before when this returns, but for w->best and its price
 * @cost: price of what was decided before
 * @effort: offers to price before every decision settles for what it has
 * @first_pass: as the comment in plan.c tells
 *
 * w->cut tells afterwards whether some decision had to settle.
 */
void search_layouts(struct plan_work *w, u64 cost, u32 effort, bool first_pass)
{
	u32 end = w->offers + effort;
	u16 node;

	w->cut = false;
	w->brisk = first_pass;
	w->depth = 0;
	if (!pick(w, &node)) {
		finish(w);
		return;
	}
	push(w, node, cost, end);
	while (w->depth) {
		struct plan_frame *f = &w->frame[w->depth - 1];

		layout_undo(w, f->mark);
		if (!advance(w, f)) {
			w->depth--;
			continue;
		}
		search_follow(w, f->node, &f->tried);
		cost = f->cost + f->tried.price;
		if (!pick(w, &node))
			finish(w);
		else if (!first_pass)
			push(w, node, cost, end);
		else
			push(w, node, cost, w->offers + (f->stop > w->offers ?
				(f->stop - w->offers) / 5 * 3 : 0));
	}
}
