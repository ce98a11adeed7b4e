// SPDX-License-Identifier: GPL-2.0
/*
 * plan-order.c - put the changes of a layout into steps
 *
 * A node waits for another one that stands in its place, for a window that must grow around it
 * first, and for contents that must leave a window before it changes; BARs of one function wait for
 * each other. Nodes that wait for each other in a circle (two that swap places; a window and what
 * moves with it) go in one step, all of them stopped.
 *
 * Whoever waits for another one waits for all that this one waits for. So of two that wait for each
 * other both wait for the same ones, and they may go as soon as nobody else is among these.
 */
#include "plan-layout.h"

/* The step of what changes and has none yet. */
#define NO_STEP_YET	(PLAN_NONE - 1)

/* Can a window, and all those above it, change with something in it that decodes? */
static bool keeps_decoding(const struct plan_work *w, u16 window)
{
	for (; w->home[window] != PLAN_NONE; window = w->home[window]) {
		const struct plan_node *n = &w->space->nodes[window];

		if (!plan_overlap(n->start, n->size, n->to_start, n->to_size) ||
		    w->best[window].holder != w->home[window] ||
		    !plan_same_halves(n, n->to_start, n->to_size))
			return false;
	}
	return true;
}

/* Must node @b change before node @a may? */
static bool waits_directly(const struct plan_work *w, u16 a, u16 b)
{
	const struct plan_node *na = &w->space->nodes[a], *nb = &w->space->nodes[b];
	u64 b_size = nb->flags & PLAN_REQUEST ? 0 : nb->size;

	if (a == b || (na->owner != PLAN_NONE && na->owner == nb->owner))
		return true;
	if (na->bus == nb->bus)
		return plan_overlap(na->to_start, na->to_size, nb->start, b_size);
	if ((nb->flags & PLAN_WINDOW) && nb->behind == na->bus)
		return na->to_size && w->best[a].holder == b &&
		       !(plan_within(nb->start, nb->size, na->to_start, na->to_size) &&
			 keeps_decoding(w, b));
	if ((na->flags & PLAN_WINDOW) && na->behind == nb->bus)
		return b_size && w->home[b] == a &&
		       !(plan_within(na->to_start, na->to_size, nb->start, b_size) &&
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

/* A node of which everybody that it still waits for waits for it, too; false if there is none. */
static bool find_ready(const struct plan_work *w, u16 *ready)
{
	const struct plan_node *nodes = w->space->nodes;
	u16 count = w->space->node_count, node, i;

	for (node = 0; node < count; node++) {
		for (i = 0; nodes[node].step == NO_STEP_YET && i < count; i++)
			if (nodes[i].step == NO_STEP_YET && waits(w, node, i) &&
			    !waits(w, i, node))
				break;
		*ready = node;
		if (i == count)
			return true;
	}
	return false;
}

/* Whoever such a node waits for goes with it. */
static void make_step(struct plan_work *w, u16 ready, struct plan_result *result)
{
	u16 down = 0, i;

	for (i = 0; i < w->space->node_count; i++) {
		struct plan_node *n = &w->space->nodes[i];

		if (n->step != NO_STEP_YET || !waits(w, ready, i))
			continue;
		n->step = result->steps;
		if (n->flags & PLAN_REQUEST)
			continue;
		result->moved_nodes++;
		result->moved_bytes += n->flags & PLAN_WINDOW ? 0 : n->size;
		down += n->owner != PLAN_NONE && !w->lifted[n->owner]++;
	}
	result->steps++;
	result->moved_functions += down;
	result->down_at_once = max(result->down_at_once, down);
}

/**
 * order_steps - find the steps from the given layout to the best one, and count what they change
 * @w: work, as at the start of the search; its waits and lifted are overwritten
 * @result: gets the counts; the nodes get the numbers of the steps
 */
void order_steps(struct plan_work *w, struct plan_result *result)
{
	u16 count = w->space->node_count, i;

	for (i = 0; i < count; i++) {
		struct plan_node *n = &w->space->nodes[i];

		n->to_start = w->best[i].start;
		n->to_size = w->best[i].size;
		n->step = (n->flags & PLAN_REQUEST) || n->to_size != n->size ||
			  (n->size && n->to_start != n->start) ? NO_STEP_YET : PLAN_NONE;
	}
	note_waits(w);
	while (find_ready(w, &i))
		make_step(w, i, result);
}
