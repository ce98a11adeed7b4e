// SPDX-License-Identifier: GPL-2.0
/*
 * plan_replay.c - carry out a plan on a copy of the resource tree, as apply.c does
 *
 * Each step takes its BARs out of the tree, cuts its windows to what their old and new ranges share
 * or closes them if nothing is left in them, from below, lets them have their new ranges, from
 * above, and puts the BARs in. After each of these changes nothing may overlap, all must lie in its
 * parent, and a prefetchable window with something in it may only change one of its registers.
 */
#include "plan_oracle.h"

#include <stdlib.h>

/* A range and the window that it is claimed in. */
struct range {
	u64 start;
	u64 size;
	u16 parent;
};

static bool inside(const struct range *a, u64 start, u64 size)
{
	return a->start >= start && a->start + a->size <= start + size;
}

static const char *overlaps(const struct plan_space *space, const struct range *now, u16 node,
			    u64 start, u64 size)
{
	u16 i;

	for (i = 0; i < space->node_count; i++)
		if (i != node && now[i].size && space->nodes[i].bus == space->nodes[node].bus &&
		    start < now[i].start + now[i].size && now[i].start < start + size)
			return "two ranges overlap";
	return NULL;
}

/* The window of the bus that holds a range, as the kernel looks for it. */
static u16 parent_of(const struct plan_space *space, const struct range *now, u16 node, u64 start,
		     u64 size)
{
	const struct plan_node *n = &space->nodes[node];
	u16 i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *m = &space->nodes[i];
		struct range want = { start, size, 0 };

		if (!(m->flags & PLAN_WINDOW) || m->behind != n->bus || !now[i].size ||
		    !inside(&want, now[i].start, now[i].size))
			continue;
		return !(m->flags & PLAN_PREFETCH) || (n->flags & PLAN_PREFETCH) ? i : PLAN_NONE;
	}
	return PLAN_NONE;
}

static const char *claim(const struct plan_space *space, struct range *now, u16 node)
{
	const struct plan_node *n = &space->nodes[node];

	now[node].parent = parent_of(space, now, node, n->to_start, n->to_size);
	if (now[node].parent == PLAN_NONE)
		return "a range lies outside of every window that could hold it";
	now[node].start = n->to_start;
	now[node].size = n->to_size;
	return overlaps(space, now, node, n->to_start, n->to_size);
}

static bool has_children(const struct plan_space *space, const struct range *now, u16 window)
{
	u16 i;

	for (i = 0; i < space->node_count; i++)
		if (now[i].size && now[i].parent == window)
			return true;
	return false;
}

/* Change a window around what stays in it. */
static const char *adjust(const struct plan_space *space, struct range *now, u16 window, u64 start,
			  u64 size)
{
	const struct plan_node *n = &space->nodes[window];
	struct range *w = &now[window], to = { start, size, w->parent };
	u16 i;

	if (w->parent != PLAN_NONE && !inside(&to, now[w->parent].start, now[w->parent].size))
		return "a window leaves its parent with something in it";
	for (i = 0; i < space->node_count; i++)
		if (now[i].size && now[i].parent == window && !inside(&now[i], start, size))
			return "a window is cut from what stays";
	if ((n->flags & PLAN_PREFETCH) &&
	    (w->start >> 32 != start >> 32 ||
	     (w->start + w->size - 1) >> 32 != (start + size - 1) >> 32))
		return "a window with something in it changes two registers";
	w->start = start;
	w->size = size;
	return overlaps(space, now, window, start, size);
}

static const char *shrink(const struct plan_space *space, struct range *now, u16 window)
{
	const struct plan_node *n = &space->nodes[window];
	u64 first = n->start > n->to_start ? n->start : n->to_start;
	u64 end = n->start + n->size, to_end = n->to_start + n->to_size;

	if (!n->size)
		return NULL;
	if (!has_children(space, now, window)) {
		now[window].size = 0;
		return NULL;
	}
	if (!n->to_size)
		return "a window is closed with something in it";
	if (to_end < end)
		end = to_end;
	if (first >= end)
		return "a window moves with something in it";
	return adjust(space, now, window, first, end - first);
}

static const char *grow(const struct plan_space *space, struct range *now, u16 window)
{
	const struct plan_node *n = &space->nodes[window];

	if (!n->to_size)
		return NULL;
	if (now[window].size)
		return adjust(space, now, window, n->to_start, n->to_size);
	return claim(space, now, window);
}

static u16 depth_of(const struct plan_space *space, u16 bus)
{
	u16 i;

	for (i = 0; i < space->node_count; i++)
		if ((space->nodes[i].flags & PLAN_WINDOW) && space->nodes[i].behind == bus)
			return space->nodes[i].bus == PLAN_NONE ?
			       0 : 1 + depth_of(space, space->nodes[i].bus);
	return 0;
}

/* The windows of one step that are so deep in the tree. */
static const char *each_window(const struct plan_space *space, struct range *now, u16 step,
			       u16 depth,
			       const char *(*visit)(const struct plan_space *space,
						    struct range *now, u16 window))
{
	const char *wrong = NULL;
	u16 i;

	for (i = 0; i < space->node_count && !wrong; i++)
		if (space->nodes[i].step == step && (space->nodes[i].flags & PLAN_WINDOW) &&
		    depth_of(space, space->nodes[i].bus) == depth)
			wrong = visit(space, now, i);
	return wrong;
}

static const char *replay_step(const struct plan_space *space, struct range *now, u16 step)
{
	const char *wrong = NULL;
	u16 count = space->node_count, deepest = 0, depth, i;

	for (i = 0; i < count; i++) {
		if (space->nodes[i].step != step)
			continue;
		if (!(space->nodes[i].flags & PLAN_WINDOW))
			now[i].size = 0;
		depth = depth_of(space, space->nodes[i].bus);
		deepest = depth > deepest ? depth : deepest;
	}
	for (depth = deepest + 1; depth-- && !wrong; )
		wrong = each_window(space, now, step, depth, shrink);
	for (depth = 0; depth <= deepest && !wrong; depth++)
		wrong = each_window(space, now, step, depth, grow);
	for (i = 0; i < count && !wrong; i++)
		if (space->nodes[i].step == step && !(space->nodes[i].flags & PLAN_WINDOW))
			wrong = claim(space, now, i);
	return wrong;
}

const char *plan_replay(const struct plan_space *space, u16 steps)
{
	struct range *now = calloc(space->node_count, sizeof(*now));
	const char *wrong = NULL;
	u16 i, step;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		now[i].start = n->start;
		now[i].size = n->flags & PLAN_REQUEST ? 0 : n->size;
		now[i].parent = PLAN_NONE;
	}
	for (i = 0; i < space->node_count; i++)
		if (now[i].size && space->nodes[i].bus != PLAN_NONE)
			now[i].parent = parent_of(space, now, i, now[i].start, now[i].size);
	for (step = 0; step < steps && !wrong; step++)
		wrong = replay_step(space, now, step);
	for (i = 0; i < space->node_count && !wrong; i++)
		if (now[i].size != space->nodes[i].to_size ||
		    (now[i].size && now[i].start != space->nodes[i].to_start))
			wrong = "the steps do not lead to the promised layout";
	free(now);
	return wrong;
}
