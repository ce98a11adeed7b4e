// SPDX-License-Identifier: GPL-2.0
/*
 * plan-order.c - put the changes of a layout into steps
 *
 * A node waits for another one that stands in its place, for a window that must grow around it
 * first, and for contents that must leave a window before it changes. BARs of one function wait for
 * each other, since it is stopped once. Nodes that wait for each other in a circle (two that swap
 * places; a window and what moves with it) go in one step, all of them stopped.
 *
 * Whoever waits for another one waits for all that this one waits for. So of two that wait for each
 * other both wait for the same ones, and they may go as soon as nobody else is among these.
 */
#include "plan-layout.h"

/* The step of what changes and has none yet. */
#define NO_STEP_YET	(PLAN_NONE - 1)

static bool changes(const struct plan_node *n, const struct plan_place *to)
{
	if (n->flags & PLAN_REQUEST)
		return true;
	return to->size != n->size || (n->size && to->start != n->start);
}

/* Can a window, and all those above it, change with something in it that decodes? */
static bool keeps_decoding(const struct plan_work *w, u16 window)
{
	for (; w->home[window] != PLAN_NONE; window = w->home[window]) {
		const struct plan_node *n = &w->space->nodes[window];
		const struct plan_place *to = &w->best[window];

		if (!plan_overlap(n->start, n->size, to->start, to->size) ||
		    to->holder != w->home[window] ||
		    !plan_same_halves(n, to->start, to->size))
			return false;
	}
	return true;
}

/* Must node @b change before node @a may? */
static bool waits_directly(const struct plan_work *w, u16 a, u16 b)
{
	const struct plan_node *na = &w->space->nodes[a], *nb = &w->space->nodes[b];
	const struct plan_place *to = &w->best[a];
	u64 b_size = nb->flags & PLAN_REQUEST ? 0 : nb->size;

	if (a == b || (na->owner != PLAN_NONE && na->owner == nb->owner))
		return true;
	if (na->bus == nb->bus)
		return plan_overlap(to->start, to->size, nb->start, b_size);
	if ((nb->flags & PLAN_WINDOW) && nb->behind == na->bus)
		return to->size && to->holder == b &&
		       !(plan_within(nb->start, nb->size, to->start, to->size) &&
			 keeps_decoding(w, b));
	if ((na->flags & PLAN_WINDOW) && na->behind == nb->bus)
		return b_size && w->home[b] == a &&
		       !(plan_within(to->start, to->size, nb->start, b_size) &&
			 keeps_decoding(w, a));
	return false;
}

static u64 *row_of(const struct plan_work *w, u16 node)
{
	return w->waits + (size_t)node * PLAN_WORDS(w->space);
}

static bool waits(const struct plan_work *w, u16 a, u16 b)
{
	return row_of(w, a)[b / 64] >> b % 64 & 1;
}

/* Note who waits for whom, directly and by way of others. */
static void note_waits(struct plan_work *w)
{
	const struct plan_node *nodes = w->space->nodes;
	u16 count = w->space->node_count, words = PLAN_WORDS(w->space), a, b, i;

	for (a = 0; a < count; a++) {
		memset(row_of(w, a), 0, words * sizeof(u64));
		for (b = 0; nodes[a].step != PLAN_NONE && b < count; b++)
			if (nodes[b].step != PLAN_NONE && waits_directly(w, a, b))
				row_of(w, a)[b / 64] |= 1ULL << b % 64;
		if (w->space->pause)
			w->space->pause();
	}
	for (a = 0; a < count; a++)
		for (b = 0; nodes[a].step != PLAN_NONE && b < count; b++)
			for (i = 0; waits(w, b, a) && i < words; i++)
				row_of(w, b)[i] |= row_of(w, a)[i];
}

/* Does everybody that a node still waits for wait for it? */
static bool is_ready(const struct plan_work *w, u16 node)
{
	u16 i;

	for (i = 0; i < w->space->node_count; i++)
		if (w->space->nodes[i].step == NO_STEP_YET && waits(w, node, i) &&
		    !waits(w, i, node))
			return false;
	return w->space->nodes[node].step == NO_STEP_YET;
}

/**
 * order_steps - find the steps from the given layout to the best one, and number them in the nodes
 * @w: work; its waits are overwritten
 *
 * Return: number of steps.
 */
u16 order_steps(struct plan_work *w)
{
	struct plan_node *nodes = w->space->nodes;
	u16 count = w->space->node_count, steps, first, i;

	for (i = 0; i < count; i++)
		nodes[i].step = changes(&nodes[i], &w->best[i]) ? NO_STEP_YET : PLAN_NONE;
	note_waits(w);
	for (steps = 0; ; steps++) {
		for (first = 0; first < count && !is_ready(w, first); first++)
			;
		if (first == count)
			return steps;
		for (i = 0; i < count; i++)
			if (nodes[i].step == NO_STEP_YET && waits(w, first, i))
				nodes[i].step = steps;
	}
}
