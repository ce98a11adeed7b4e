// SPDX-License-Identifier: GPL-2.0
/*
 * plan-price.c - what a candidate place costs, and what a layout does
 */
#include "plan-offer.h"

/**
 * price_compare - the order in which choices are tried
 * @a: choice
 * @b: choice
 *
 * Return: negative, 0 or positive.
 */
int price_compare(const struct plan_choice *a, const struct plan_choice *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->price != b->price)
		return a->price < b->price ? -1 : 1;
	if (a->grow != b->grow)
		return a->grow ? 1 : -1;
	if (a->low != b->low)
		return a->low ? 1 : -1;
	if (a->waste != b->waste)
		return a->waste < b->waste ? -1 : 1;
	if (a->window != b->window)
		return a->window < b->window ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return 0;
}

/**
 * price_charge - add the price of lifting one node to a choice
 * @w: layout
 * @c: choice
 * @node: what is lifted; its owner is charged once for each choice
 */
void price_charge(struct plan_work *w, struct plan_choice *c, u16 node)
{
	const struct plan_node *n = &w->space->nodes[node];

	c->price += n->cost;
	c->rank += w->worth[node];
	if (n->owner == PLAN_NONE || w->down[n->owner] || w->seen[n->owner] == w->serial)
		return;
	w->seen[n->owner] = w->serial;
	c->price += w->space->owner_cost[n->owner];
}

/**
 * price_may_lift - can a node be asked to go?
 * @w: layout
 * @node: node
 *
 * Return: false if it is pinned, placed or homeless.
 */
bool price_may_lift(const struct plan_work *w, u16 node)
{
	return w->at[node].state == PLAN_HOME && !(w->space->nodes[node].flags & PLAN_PINNED);
}

/**
 * price_clear - add the price of clearing the place of a choice
 * @w: layout
 * @c: choice
 * @bus: bus that it is on
 *
 * Return: false if something in it cannot go.
 */
bool price_clear(struct plan_work *w, struct plan_choice *c, u16 bus)
{
	const struct plan_bus *b = &w->bus[bus];
	u64 from = c->start;
	u16 i;

	for (i = layout_first(w, bus, c->start); i < b->row_count; i++) {
		u16 node = w->row[b->row_at + i];
		const struct plan_place *p = &w->at[node];

		if (p->start >= c->start + c->size)
			break;
		if (p->start > from)
			c->rank += worth_of_hole(w, from, p->start);
		from = p->start + p->size;
		if (!price_may_lift(w, node) ||
		    plan_overlap(p->pin_start, p->pin_end - p->pin_start, c->start, c->size))
			return false;
		price_charge(w, c, node);
		if (plan_overlap(w->load[node].first, w->load[node].end - w->load[node].first,
				 c->start, c->size))
			c->rank += w->load[node].rank;
	}
	if (from > c->start && from < c->start + c->size)
		c->rank += worth_of_hole(w, from, c->start + c->size);
	return true;
}

/**
 * price_waste - bytes that stay free around a choice
 * @w: layout
 * @c: choice
 * @bus: bus that it is on
 *
 * Return: bytes between the nearest neighbours that stay, beyond the choice itself.
 */
u64 price_waste(const struct plan_work *w, const struct plan_choice *c, u16 bus)
{
	const struct plan_place *holder = &w->at[c->window];
	const struct plan_bus *b = &w->bus[bus];
	u64 low = holder->start, high = holder->start + holder->size;
	u16 first = layout_first(w, bus, c->start), i = first;

	if (first)
		low = plan_max(low, w->at[w->row[b->row_at + first - 1]].start +
				    w->at[w->row[b->row_at + first - 1]].size);
	while (i < b->row_count && w->at[w->row[b->row_at + i]].start < c->start + c->size)
		i++;
	if (i < b->row_count)
		high = plan_min(high, w->at[w->row[b->row_at + i]].start);
	return high - low - c->size;
}

/**
 * price_leave - add the price of what a window would no longer hold
 * @s: walk over the candidates of a window
 * @c: new range of that window
 *
 * Return: false if something that it holds cannot go.
 */
bool price_leave(struct scan *s, struct plan_choice *c)
{
	struct plan_work *w = s->w;
	const struct plan_bus *b = &w->bus[s->n->behind];
	const struct plan_place *old = &w->at[s->node];
	u64 largest = s->largest;
	bool kept = false;
	u16 i;

	if (!plan_within(c->start, c->size, old->pin_start, old->pin_end - old->pin_start))
		return false;
	for (i = 0; i < b->row_count; i++) {
		u16 node = w->row[b->row_at + i];
		const struct plan_place *p = &w->at[node];

		if (p->holder != s->node)
			continue;
		if (plan_within(c->start, c->size, p->start, p->size))
			kept = true;
		else if (price_may_lift(w, node))
			price_charge(w, c, node);
		else
			return false;
		if (!plan_within(c->start, c->size, p->start, p->size) &&
		    !(w->space->nodes[node].flags & PLAN_WINDOW))
			largest = plan_max(largest, p->size);
	}
	/* Whatever needs a new place in here must at least find an aligned one. */
	if (c->size && plan_up(c->start, largest) + largest > c->start + c->size)
		return false;
	/*
	 * The halves of a prefetchable window's base and limit are separate registers. While
	 * something behind it runs only one of them may change, or it would decode wrongly for
	 * a moment.
	 */
	return !kept || !(s->n->flags & PLAN_PREFETCH) ||
	       (c->start >> 32 == old->start >> 32 &&
		(c->start + c->size - 1) >> 32 == (old->start + old->size - 1) >> 32);
}

/**
 * price_layout - what a complete layout costs
 * @w: layout, for the space and the scratch in it
 * @at: places to compare with the given ones
 *
 * Return: the sum of what changed, each function once.
 */
u64 price_layout(const struct plan_work *w, const struct plan_place *at)
{
	const struct plan_space *space = w->space;
	struct plan_work *scratch = (struct plan_work *)w;
	u32 serial = ++scratch->serial;
	u64 cost = 0;
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (n->flags & PLAN_REQUEST)
			continue;
		if (at[i].size == n->size && (!n->size || at[i].start == n->start))
			continue;
		cost += at[i].size < n->size ? 2 * (u64)n->cost : n->cost;
		if (n->owner == PLAN_NONE || w->seen[n->owner] == serial)
			continue;
		w->seen[n->owner] = serial;
		cost += space->owner_cost[n->owner];
	}
	return cost;
}
