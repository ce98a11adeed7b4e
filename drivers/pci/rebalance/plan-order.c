// SPDX-License-Identifier: GPL-2.0
/*
 * plan-order.c - put the changes of a layout into steps
 *
 * What changes together is a unit: all BARs of one function, since it is stopped once, or one
 * window. A unit waits for another one that stands in its place, for a window that must grow around
 * it first, and for contents that must leave a window before it shrinks. Units that wait for nobody
 * go one after the other. Where units wait for each other in a circle (two that swap places; a
 * window and what moves with it) the smallest such group goes in one step, all of it stopped.
 */
#include "plan-layout.h"

static bool changed(const struct plan_work *w, const struct plan_place *to, u16 node)
{
	const struct plan_node *n = &w->space->nodes[node];

	if (n->flags & PLAN_REQUEST)
		return true;
	return to[node].size != n->size || (n->size && to[node].start != n->start);
}

/* Must node @b change before node @a may? */
static bool node_waits(const struct plan_work *w, const struct plan_place *to, u16 a, u16 b)
{
	const struct plan_node *na = &w->space->nodes[a], *nb = &w->space->nodes[b];
	u64 b_size = nb->flags & PLAN_REQUEST ? 0 : nb->size;

	if (na->bus == nb->bus)
		return plan_overlap(to[a].start, to[a].size, nb->start, b_size);
	if ((nb->flags & PLAN_WINDOW) && nb->behind == na->bus && to[a].holder == b)
		return !plan_within(nb->start, nb->size, to[a].start, to[a].size);
	if ((na->flags & PLAN_WINDOW) && na->behind == nb->bus && b_size)
		return plan_within(na->start, na->size, nb->start, b_size) &&
		       !plan_within(to[a].start, to[a].size, nb->start, b_size);
	return false;
}

/*
 * The nodes that change, sorted by unit: unit u is list[first[u]] to list[first[u + 1] - 1].
 * struct plan_work.list holds the list, .mark holds first[] and the rest of the scratch.
 */
static u16 list_units(struct plan_work *w, const struct plan_place *to)
{
	u16 *first = w->mark, count = w->space->node_count, units = 0, listed = 0, i, k;

	for (i = 0; i < count; i++) {
		u16 owner = w->space->nodes[i].owner;

		if (!changed(w, to, i))
			continue;
		for (k = 0; owner != PLAN_NONE && k < i; k++)
			if (w->space->nodes[k].owner == owner && changed(w, to, k))
				break;
		if (owner != PLAN_NONE && k < i)
			continue;	/* listed with the first BAR of its function */
		first[units++] = listed;
		w->list[listed++] = i;
		for (k = i + 1; owner != PLAN_NONE && k < count; k++)
			if (w->space->nodes[k].owner == owner && changed(w, to, k))
				w->list[listed++] = k;
	}
	first[units] = listed;
	return units;
}

static bool unit_waits(const struct plan_work *w, const struct plan_place *to, u16 a, u16 b)
{
	const u16 *first = w->mark;
	u16 i, k;

	for (i = first[a]; i < first[a + 1]; i++)
		for (k = first[b]; a != b && k < first[b + 1]; k++)
			if (node_waits(w, to, w->list[i], w->list[k]))
				return true;
	return false;
}

/* Collect in @group all that @unit waits for, directly or not; gives up at @limit units. */
static u16 collect(const struct plan_work *w, const struct plan_place *to, const u16 *left,
		   u16 left_count, u16 unit, u16 *group, u16 limit)
{
	u16 count = 1, i, k, g;

	group[0] = unit;
	for (i = 0; i < count && count < limit; i++) {
		for (k = 0; k < left_count && count < limit; k++) {
			for (g = 0; g < count && group[g] != left[k]; g++)
				;
			if (g == count && unit_waits(w, to, group[i], left[k]))
				group[count++] = left[k];
		}
	}
	return count;
}

static u16 functions_down(const struct plan_work *w, const u16 *group, u16 count)
{
	u16 down = 0, g, i;

	for (g = 0; g < count; g++) {
		for (i = w->mark[group[g]]; i < w->mark[group[g] + 1]; i++) {
			u32 flags = w->space->nodes[w->list[i]].flags;

			if (flags & (PLAN_REQUEST | PLAN_WINDOW))
				continue;
			down++;
			break;
		}
	}
	return down;
}

/* Find the smallest group that waits for nobody else. */
static u16 next_group(const struct plan_work *w, const struct plan_place *to, const u16 *left,
		      u16 left_count, u16 *group, u16 *spare)
{
	u16 best = left_count + 1, count, i, k;

	for (i = 0; i < left_count; i++) {
		for (k = 0; k < left_count; k++)
			if (unit_waits(w, to, left[i], left[k]))
				break;
		if (k == left_count) {
			group[0] = left[i];
			return 1;
		}
	}
	for (i = 0; i < left_count; i++) {
		count = collect(w, to, left, left_count, left[i], spare, best);
		if (count >= best)
			continue;
		for (k = 0; k < count; k++)
			group[k] = spare[k];
		best = count;
	}
	return best;
}

/* Number the nodes of a group; without @write only the group is taken out of @left. */
static u16 take_group(struct plan_work *w, u16 *left, u16 left_count, const u16 *group, u16 count,
		      u16 step, bool write)
{
	u16 g, i, k = 0;

	for (g = 0; write && g < count; g++)
		for (i = w->mark[group[g]]; i < w->mark[group[g] + 1]; i++)
			w->space->nodes[w->list[i]].step = step;
	for (i = 0; i < left_count; i++) {
		for (g = 0; g < count && group[g] != left[i]; g++)
			;
		if (g == count)
			left[k++] = left[i];
	}
	return k;
}

/**
 * order_steps - find the steps from the given layout to a new one
 * @w: work; its units and marks are overwritten
 * @to: the new layout
 * @down_at_once: most functions that one step stops
 * @write: number the nodes' step members
 *
 * Return: number of steps.
 */
u16 order_steps(struct plan_work *w, const struct plan_place *to, u16 *down_at_once, bool write)
{
	u16 units = list_units(w, to), left_count = units, steps = 0, count, down, i;
	u16 *left = w->mark + units + 1, *group = left + units, *spare = group + units;

	*down_at_once = 0;
	for (i = 0; write && i < w->space->node_count; i++)
		w->space->nodes[i].step = PLAN_NONE;
	for (i = 0; i < units; i++)
		left[i] = i;
	for (; left_count; steps++) {
		count = next_group(w, to, left, left_count, group, spare);
		down = functions_down(w, group, count);
		if (down > *down_at_once)
			*down_at_once = down;
		left_count = take_group(w, left, left_count, group, count, steps, write);
	}
	return steps;
}
