// SPDX-License-Identifier: GPL-2.0
/*
 * plan-order.c - put the changes of a layout into steps
 *
 * What changes together is a unit: all BARs of one function, since it is stopped once, or one
 * window. A unit waits for another one that stands in its place, for a window that must grow around
 * it first, and for contents that must leave a window before it changes. Units that wait for each
 * other in a circle (two that swap places; a window and what moves with it) go in one step, all of
 * them stopped.
 *
 * A unit that waits for another one waits for all that this one waits for. So whoever waits for the
 * fewest goes first, and of two that wait for each other both wait for the same ones.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/**
 * struct graph - who waits for whom, all in struct plan_work.scratch and .waits
 * @w: work
 * @to: the new layout
 * @list: nodes that change, by unit
 * @unit: where each unit begins in @list, and the end of the last one
 * @count: units
 * @fewest: by unit, for how many it waits, itself among them; PLAN_NONE when it has its step
 */
struct graph {
	struct plan_work *w;
	const struct plan_place *to;
	u16 *list;
	u16 *unit;
	u16 *fewest;
	u16 count;
};

static bool changed(const struct graph *g, u16 node)
{
	const struct plan_node *n = &g->w->space->nodes[node];

	if (n->flags & PLAN_REQUEST)
		return true;
	return g->to[node].size != n->size || (n->size && g->to[node].start != n->start);
}

/* Can a window, and all those above it, change with something in it that decodes? */
static bool keeps_decoding(const struct graph *g, u16 window)
{
	for (; g->w->home[window] != PLAN_NONE; window = g->w->home[window]) {
		const struct plan_node *n = &g->w->space->nodes[window];
		const struct plan_place *to = &g->to[window];

		if (!plan_overlap(n->start, n->size, to->start, to->size) ||
		    to->holder != g->w->home[window] ||
		    !plan_same_halves(n, to->start, to->size))
			return false;
	}
	return true;
}

/* Must node @b change before node @a may? */
static bool node_waits(const struct graph *g, u16 a, u16 b)
{
	const struct plan_node *na = &g->w->space->nodes[a], *nb = &g->w->space->nodes[b];
	const struct plan_place *to = &g->to[a];
	u64 b_size = nb->flags & PLAN_REQUEST ? 0 : nb->size;

	if (na->bus == nb->bus)
		return plan_overlap(to->start, to->size, nb->start, b_size);
	if ((nb->flags & PLAN_WINDOW) && nb->behind == na->bus)
		return to->size && to->holder == b &&
		       !(plan_within(nb->start, nb->size, to->start, to->size) &&
			 keeps_decoding(g, b));
	if ((na->flags & PLAN_WINDOW) && na->behind == nb->bus)
		return b_size && g->w->home[b] == a &&
		       !(plan_within(to->start, to->size, nb->start, b_size) &&
			 keeps_decoding(g, a));
	return false;
}

/* The nodes that change, sorted by unit. */
static void list_units(struct graph *g)
{
	const struct plan_node *nodes = g->w->space->nodes;
	u16 count = g->w->space->node_count, listed = 0, i, k;

	for (i = 0; i < count; i++) {
		u16 owner = nodes[i].owner;

		if (!changed(g, i))
			continue;
		for (k = 0; owner != PLAN_NONE && k < i; k++)
			if (nodes[k].owner == owner && changed(g, k))
				break;
		if (owner != PLAN_NONE && k < i)
			continue;	/* listed with the first BAR of its function */
		g->unit[g->count++] = listed;
		g->list[listed++] = i;
		for (k = i + 1; owner != PLAN_NONE && k < count; k++)
			if (nodes[k].owner == owner && changed(g, k))
				g->list[listed++] = k;
	}
	g->unit[g->count] = listed;
}

static bool unit_waits(const struct graph *g, u16 a, u16 b)
{
	u16 i, k;

	for (i = g->unit[a]; i < g->unit[a + 1]; i++)
		for (k = g->unit[b]; k < g->unit[b + 1]; k++)
			if (node_waits(g, g->list[i], g->list[k]))
				return true;
	return false;
}

static u64 *row_of(const struct graph *g, u16 unit)
{
	return g->w->waits + (size_t)unit * PLAN_WORDS(g->w->space);
}

static bool waits(const struct graph *g, u16 a, u16 b)
{
	return row_of(g, a)[b / 64] >> b % 64 & 1;
}

/* Note who waits for whom, directly and by way of others; then count. */
static void add_indirect(struct graph *g)
{
	u16 words = PLAN_WORDS(g->w->space), a, b, i;

	for (a = 0; a < g->count; a++) {
		memset(row_of(g, a), 0, words * sizeof(u64));
		for (b = 0; b < g->count; b++)
			if (a == b || unit_waits(g, a, b))
				row_of(g, a)[b / 64] |= 1ULL << b % 64;
		if (g->w->space->pause)
			g->w->space->pause();
	}
	for (a = 0; a < g->count; a++)
		for (b = 0; b < g->count; b++)
			for (i = 0; waits(g, b, a) && i < words; i++)
				row_of(g, b)[i] |= row_of(g, a)[i];
	for (a = 0; a < g->count; a++)
		for (b = 0, g->fewest[a] = 0; b < g->count; b++)
			g->fewest[a] += waits(g, a, b);
}

/* Give a unit its step; returns whether that stops a function. */
static bool take_unit(struct graph *g, u16 unit, u16 step)
{
	struct plan_node *nodes = g->w->space->nodes;
	bool stops = false;
	u16 i;

	g->fewest[unit] = PLAN_NONE;
	for (i = g->unit[unit]; i < g->unit[unit + 1]; i++) {
		nodes[g->list[i]].step = step;
		stops |= !(nodes[g->list[i]].flags & (PLAN_REQUEST | PLAN_WINDOW));
	}
	return stops;
}

/**
 * order_steps - find the steps from the given layout to a new one, and number them in the nodes
 * @w: work; its scratch and waits are overwritten
 * @to: the new layout
 * @down_at_once: most functions that one step stops
 *
 * Return: number of steps.
 */
u16 order_steps(struct plan_work *w, const struct plan_place *to, u16 *down_at_once)
{
	u16 nodes = w->space->node_count, steps, first, other, down;
	struct graph g = {
		.w = w, .to = to, .list = w->scratch, .unit = w->scratch + nodes,
		.fewest = w->scratch + 2 * nodes + 1,
	};

	for (other = 0; other < nodes; other++)
		w->space->nodes[other].step = PLAN_NONE;
	*down_at_once = 0;
	list_units(&g);
	add_indirect(&g);
	for (steps = 0; ; steps++) {
		for (first = 0, other = 1; other < g.count; other++)
			if (g.fewest[other] < g.fewest[first])
				first = other;
		if (!g.count || g.fewest[first] == PLAN_NONE)
			return steps;
		for (other = 0, down = 0; other < g.count; other++)
			if (waits(&g, first, other) && waits(&g, other, first))
				down += take_unit(&g, other, steps);
		*down_at_once = down > *down_at_once ? down : *down_at_once;
	}
}
