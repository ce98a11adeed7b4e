// SPDX-License-Identifier: GPL-2.0
/*
 * plan-order.c - put the changes of a layout into steps
 *
 * What changes together is a unit: all BARs of one function, since it is stopped once, or one
 * window. A unit waits for another one that stands in its place, for a window that must grow around
 * it first, and for contents that must leave a window before it changes. Units that wait for each
 * other in a circle (two that swap places; a window and what moves with it) go in one step, all of
 * them stopped. These are the strongly connected components of the graph of who waits for whom, and
 * Tarjan's algorithm finds them in the order in which they can go.
 */
#include "plan-layout.h"

/**
 * struct graph - units and the stacks of Tarjan's algorithm, all in struct plan_work.scratch
 * @w: work
 * @to: the new layout
 * @list: nodes that change, by unit
 * @unit: where each unit begins in @list, and the end of the last one
 * @count: units
 * @number: by unit, in which order it was met, from 1; 0 if not yet
 * @low: by unit, the lowest number that it is known to lead back to; PLAN_NONE: it has its step
 * @open: units that were met and have no step yet
 * @path: the units of the search, outermost first
 * @next: by place in @path, the unit to look at next
 */
struct graph {
	struct plan_work *w;
	const struct plan_place *to;
	u16 *list;
	u16 *unit;
	u16 count;
	u16 *number;
	u16 *low;
	u16 *open;
	u16 *path;
	u16 *next;
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

/* Give a unit its step; returns whether that stops a function. */
static bool take_unit(struct graph *g, u16 unit, u16 step)
{
	struct plan_node *nodes = g->w->space->nodes;
	bool stops = false;
	u16 i;

	g->low[unit] = PLAN_NONE;
	for (i = g->unit[unit]; i < g->unit[unit + 1]; i++) {
		nodes[g->list[i]].step = step;
		stops |= !(nodes[g->list[i]].flags & (PLAN_REQUEST | PLAN_WINDOW));
	}
	return stops;
}

/* Look for the next unit that @unit waits for and that was not met yet; @count if there is none. */
static u16 next_unmet(struct graph *g, u16 unit, u16 from)
{
	u16 other;

	for (other = from; other < g->count; other++) {
		if (other == unit || g->low[other] == PLAN_NONE || !unit_waits(g, unit, other))
			continue;
		if (!g->number[other])
			break;
		if (g->low[other] < g->low[unit])
			g->low[unit] = g->low[other];
	}
	return other;
}

/**
 * order_steps - find the steps from the given layout to a new one, and number them in the nodes
 * @w: work; its scratch is overwritten
 * @to: the new layout
 * @down_at_once: most functions that one step stops
 *
 * Return: number of steps.
 */
u16 order_steps(struct plan_work *w, const struct plan_place *to, u16 *down_at_once)
{
	u16 nodes = w->space->node_count, steps = 0, met = 0, opens = 0, depth, root, unit, down;
	struct graph g = { .w = w, .to = to, .list = w->scratch };
	u16 **array[] = { &g.unit, &g.number, &g.low, &g.open, &g.path, &g.next };

	for (unit = 0; unit < 6; unit++)
		*array[unit] = w->scratch + (unit + 1) * (nodes + 1);
	for (root = 0; root < nodes; root++) {
		w->space->nodes[root].step = PLAN_NONE;
		g.number[root] = 0;
		g.low[root] = 0;
	}
	*down_at_once = 0;
	list_units(&g);
	for (root = 0; root < g.count; root++) {
		if (g.number[root])
			continue;
		g.path[0] = root;
		for (depth = 1; depth; ) {
			unit = g.path[depth - 1];
			if (!g.number[unit]) {
				g.number[unit] = ++met;
				g.low[unit] = met;
				g.open[opens++] = unit;
				g.next[depth - 1] = 0;
			}
			g.next[depth - 1] = next_unmet(&g, unit, g.next[depth - 1]);
			if (g.next[depth - 1] < g.count) {
				g.path[depth] = g.next[depth - 1];
				depth++;
				continue;
			}
			depth--;
			if (g.low[unit] != g.number[unit])
				continue;
			for (down = 0; g.low[unit] != PLAN_NONE; )
				down += take_unit(&g, g.open[--opens], steps);
			*down_at_once = down > *down_at_once ? down : *down_at_once;
			steps++;
			if (w->space->pause)
				w->space->pause();
		}
	}
	return steps;
}
