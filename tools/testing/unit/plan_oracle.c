// SPDX-License-Identifier: GPL-2.0
/*
 * plan_oracle.c - trees to plan on, and a judge of plans
 *
 * The judge looks at the promises of a plan; plan_replay.c carries it out. They share no code with
 * the planner, only the struct definitions.
 */
#include "plan_oracle.h"

#include <stdio.h>
#include <string.h>

u32 rnd(u64 *seed, u32 below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (u32)(*seed >> 32) % below;
}

void tree_init(struct tree *t)
{
	memset(&t->space, 0, sizeof(t->space));
	t->space.nodes = t->nodes;
	t->space.owner_cost = t->cost;
}

u16 tree_bus(struct tree *t)
{
	return t->space.bus_count++;
}

static u16 add(struct tree *t, u16 bus, u64 start, u64 size, u32 flags)
{
	struct plan_node *n = &t->nodes[t->space.node_count];

	memset(n, 0, sizeof(*n));
	n->start = start;
	n->size = size;
	n->align = size;
	n->min = 0;
	n->last_max = ~0ULL;
	n->flags = flags;
	n->cost = 1;
	n->bus = bus;
	n->behind = PLAN_NONE;
	n->owner = PLAN_NONE;
	n->step = PLAN_NONE;
	return t->space.node_count++;
}

u16 tree_root(struct tree *t, u16 behind, u64 start, u64 size, u32 flags)
{
	u16 i = add(t, PLAN_NONE, start, size, flags | PLAN_WINDOW | PLAN_PINNED);

	t->nodes[i].align = 4096;
	t->nodes[i].behind = behind;
	return i;
}

u16 tree_window(struct tree *t, u16 bus, u16 behind, u64 start, u64 size, u32 flags)
{
	u16 i = add(t, bus, start, size, flags | PLAN_WINDOW);

	t->nodes[i].align = MIB;
	t->nodes[i].behind = behind;
	return i;
}

/* A function with one BAR and its own owner. */
u16 tree_bar(struct tree *t, u16 bus, u64 start, u64 size, u32 cost, u32 flags)
{
	u16 i = add(t, bus, start, size, flags);

	t->nodes[i].owner = t->space.owner_count;
	t->cost[t->space.owner_count++] = cost;
	return i;
}

u16 tree_request(struct tree *t, u16 bus, u64 size, u32 flags)
{
	return add(t, bus, 0, size, flags | PLAN_REQUEST);
}

/* All tilings of 8 MiB by free space, movable and pinned BARs of 1, 2, 4 and 8 MiB. */
u32 tree_tiling(struct tree *t, u32 unit, u32 index, bool build, u64 at)
{
	u32 below;

	if (unit == 1) {
		if (build && index)
			tree_bar(t, 0, at, MIB, 0, index == 2 ? PLAN_PINNED : 0);
		return 3;
	}
	below = tree_tiling(t, unit / 2, 0, false, 0);
	if (!build)
		return below * below + 2;
	if (index < 2) {
		tree_bar(t, 0, at, unit * MIB, 0, index ? PLAN_PINNED : 0);
	} else {
		index -= 2;
		tree_tiling(t, unit / 2, index / below, true, at);
		tree_tiling(t, unit / 2, index % below, true, at + unit / 2 * MIB);
	}
	return below * below + 2;
}

/* What QEMU makes of a chain of bridges and a row of ports below the last one, two windows each. */
void tree_switch(struct tree *t, u32 bridges, u32 ports)
{
	u32 i;

	tree_init(t);
	tree_bus(t);
	tree_root(t, 0, 0xc0000000, 0x3ec00000, 0);
	tree_root(t, 0, 0x100000000, 32ULL << 30, 0);
	for (i = 0; i < bridges + ports; i++) {
		u16 bus = i < bridges ? i : bridges, port = i < bridges ? 0 : i - bridges;
		u64 size = (i < bridges ? 2 * ports : 2) * MIB;
		u16 window = tree_window(t, bus, tree_bus(t), 0xfb000000 + port * size, size, 0);

		t->nodes[window].last_max = 0xffffffff;
		tree_window(t, bus, i + 1, 0xfd000000 + port * size, size, PLAN_PREFETCH);
	}
}

void tree_print(const struct tree *t)
{
	u16 i;

	for (i = 0; i < t->space.node_count; i++) {
		const struct plan_node *n = &t->nodes[i];

		fprintf(stderr, "%3u bus %2d->%2d %c%c%c%c %#12llx+%-9llx -> %#12llx+%-9llx step %d cost %u/%d\n",
			i, (short)n->bus, (short)n->behind, n->flags & PLAN_WINDOW ? 'W' : '-',
			n->flags & PLAN_PINNED ? 'P' : '-', n->flags & PLAN_PREFETCH ? 'f' : '-',
			n->flags & PLAN_REQUEST ? 'R' : '-', (unsigned long long)n->start,
			(unsigned long long)n->size, (unsigned long long)n->to_start,
			(unsigned long long)n->to_size, (short)n->step, n->cost,
			n->owner == PLAN_NONE ? -1 : (int)t->cost[n->owner]);
	}
}

static const char *judge_node(const struct plan_node *n)
{
	bool same = n->to_size == n->size && (!n->size || n->to_start == n->start);

	if (n->flags & PLAN_PINNED)
		return same && n->step == PLAN_NONE ? NULL : "something pinned moved";
	if (n->flags & PLAN_REQUEST)
		same = false;
	if (same ? n->step != PLAN_NONE : n->step == PLAN_NONE)
		return same ? "a step for something that stays" : "something moves without a step";
	if (!(n->flags & PLAN_WINDOW) && n->to_size != n->size)
		return "a BAR changed its size";
	if ((n->flags & PLAN_WINDOW) && !same && n->to_size < n->min)
		return "a window is smaller than it may be";
	if (n->to_size &&
	    ((n->to_start | ((n->flags & PLAN_WINDOW) ? n->to_size : 0)) & (n->align - 1)))
		return "something is not aligned";
	if (n->to_size && n->to_start + n->to_size - 1 > n->last_max)
		return "something is above its address limit";
	return NULL;
}

static const char *judge_promise(const struct plan_space *space, const struct plan_result *r)
{
	u64 cost = 0, bytes = 0;
	u16 nodes = 0, functions = 0, i, k;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if ((n->flags & PLAN_REQUEST) || n->step == PLAN_NONE)
			continue;
		if (n->step >= r->steps)
			return "a step beyond the last one";
		nodes++;
		cost += n->to_size < n->size ? 2ULL * n->cost : n->cost;
		bytes += n->flags & PLAN_WINDOW ? 0 : n->size;
		for (k = 0; k < i; k++)
			if (n->owner != PLAN_NONE && space->nodes[k].owner == n->owner &&
			    !(space->nodes[k].flags & PLAN_REQUEST) &&
			    space->nodes[k].step != PLAN_NONE)
				break;
		if (n->owner == PLAN_NONE)
			continue;
		if (k < i && space->nodes[k].step != n->step)
			return "a function is stopped twice";
		if (k == i) {
			functions++;
			cost += space->owner_cost[n->owner];
		}
	}
	if (cost != r->cost)
		return "the cost is not the promised one";
	if (bytes != r->moved_bytes || nodes != r->moved_nodes || functions != r->moved_functions)
		return "the counts are not the promised ones";
	return NULL;
}

const char *plan_judge(const struct plan_space *space, const struct plan_result *result)
{
	const char *wrong = NULL;
	u16 i;

	for (i = 0; i < space->node_count && !wrong; i++)
		wrong = judge_node(&space->nodes[i]);
	if (!wrong)
		wrong = plan_replay(space, result->steps);
	return wrong ? wrong : judge_promise(space, result);
}
