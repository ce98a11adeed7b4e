// SPDX-License-Identifier: GPL-2.0
/*
 * plan_brute.c - every layout of a small tree that can be carried out
 *
 * Every BAR at every place, in every window that could hold it; then the windows, those farthest
 * from the host bridge first, with every range around what they hold that has their former size or
 * the least that will do: if a larger range is possible, so is one of these, at no higher price. A
 * layout counts if plan_replay() can carry it out in one step, in which all that moves is stopped:
 * whatever can be done in more steps can be done in one. A branch ends where its price reaches that
 * of the best layout.
 */
#include "plan_oracle.h"

#include <string.h>

#define MAX_SMALL	24

static struct {
	struct tree t;
	u64 granule;
	u64 limit;
	bool secondary;
	struct truth best;
	u16 count;
	u16 order[MAX_SMALL];
	u16 home[MAX_SMALL];
	u16 holder[MAX_SMALL];
	u16 moved_bars[MAX_SMALL];	/* by owner */
	bool set[MAX_SMALL];
} b;

static bool differs(u16 i)
{
	const struct plan_node *n = &b.t.nodes[i];

	if (n->flags & PLAN_REQUEST)
		return true;
	return n->to_size != n->size || (n->size && n->to_start != n->start);
}

static bool hits(u64 a, u64 a_size, u64 c, u64 c_size)
{
	return a_size && c_size && a < c + c_size && c < a + a_size;
}

static bool within(u64 a, u64 a_size, u64 c, u64 c_size)
{
	return c >= a && c + c_size <= a + a_size;
}

static u16 unit_of(u16 i)
{
	return b.t.nodes[i].owner == PLAN_NONE ? 100 + i : b.t.nodes[i].owner;
}

/* On a flat bus: does one stand in the other's place? */
static bool waits(u16 i, u16 k)
{
	const struct plan_node *n = &b.t.nodes[i], *m = &b.t.nodes[k];

	return hits(n->to_start, n->to_size, m->start, m->flags & PLAN_REQUEST ? 0 : m->size);
}

/* The largest strongly connected group, counted in functions. */
static u16 down_at_once(void)
{
	u16 unit[MAX_SMALL], units = 0, at[MAX_SMALL], i, k, m, most = 0;
	bool reach[MAX_SMALL][MAX_SMALL] = { 0 }, function[MAX_SMALL] = { 0 };

	for (i = 0; i < b.count; i++) {
		if (!differs(i))
			continue;
		for (k = 0; k < units && unit[k] != unit_of(i); k++)
			;
		if (k == units)
			unit[units++] = unit_of(i);
		at[i] = k;
		function[k] |= !(b.t.nodes[i].flags & (PLAN_WINDOW | PLAN_REQUEST));
	}
	for (i = 0; i < b.count; i++)
		for (k = 0; k < b.count; k++)
			if (differs(i) && differs(k) && waits(i, k))
				reach[at[i]][at[k]] = true;
	for (m = 0; m < units; m++)
		for (i = 0; i < units; i++)
			for (k = 0; k < units; k++)
				reach[i][k] |= reach[i][m] && reach[m][k];
	for (i = 0; i < units; i++) {
		u16 size = 0;

		for (k = 0; k < units; k++)
			size += function[k] && (k == i || (reach[i][k] && reach[k][i]));
		if (size > most)
			most = size;
	}
	return most;
}

static void complete(u64 cost)
{
	struct truth now = { .found = true, .cost = cost };
	u16 i;

	for (i = 0; i < b.count; i++)
		b.t.nodes[i].step = differs(i) ? 0 : PLAN_NONE;
	if (plan_replay(&b.t.space, 1))
		return;
	if (b.secondary)
		now.down = down_at_once();
	if (!b.best.found || cost < b.best.cost ||
	    (cost == b.best.cost && now.down < b.best.down))
		b.best = now;
}

static void place(u16 level, u64 cost);

/* What a window must hold so far. */
static void hull_of(u16 window, u64 *start, u64 *end)
{
	u64 align = b.t.nodes[window].align;
	u16 i;

	*start = ~0ULL;
	*end = 0;
	for (i = 0; i < b.count; i++) {
		const struct plan_node *n = &b.t.nodes[i];

		if (!b.set[i] || !n->to_size || b.holder[i] != window)
			continue;
		if ((n->to_start & ~(align - 1)) < *start)
			*start = n->to_start & ~(align - 1);
		if (((n->to_start + n->to_size + align - 1) & ~(align - 1)) > *end)
			*end = (n->to_start + n->to_size + align - 1) & ~(align - 1);
	}
}

/* Would a window that holds a node have to lie on what has its place? */
static bool is_blocked(u16 window)
{
	u64 start, end;
	u16 i;

	if (b.t.nodes[window].bus == PLAN_NONE)
		return false;
	hull_of(window, &start, &end);
	for (i = 0; i < b.count; i++)
		if (b.set[i] && b.t.nodes[i].bus == b.t.nodes[window].bus &&
		    hits(start, end - start, b.t.nodes[i].to_start, b.t.nodes[i].to_size))
			return true;
	return start + (end - start) - 1 > b.t.nodes[window].last_max;
}

static void try_place(u16 level, u64 cost, u64 start, u64 size, u16 holder)
{
	u16 node = b.order[level], i, owner = b.t.nodes[node].owner;
	struct plan_node *n = &b.t.nodes[node];
	u64 more = 0;

	if (size && start + size - 1 > n->last_max)
		return;
	for (i = 0; i < level; i++) {
		const struct plan_node *m = &b.t.nodes[b.order[i]];

		if (m->bus == n->bus && hits(start, size, m->to_start, m->to_size))
			return;
	}
	n->to_start = start;
	n->to_size = size;
	b.holder[node] = holder;
	if (differs(node) && !(n->flags & PLAN_REQUEST)) {
		more = size < n->size ? 2ULL * n->cost : n->cost;
		if (owner != PLAN_NONE && !b.moved_bars[owner]++)
			more += b.t.space.owner_cost[owner];
	}
	b.set[node] = true;
	if ((!size || holder == PLAN_NONE || !is_blocked(holder)) &&
	    (!b.best.found ? cost + more < b.limit : cost + more < b.best.cost ||
	     (b.secondary && cost + more == b.best.cost)))
		place(level + 1, cost + more);
	b.set[node] = false;
	n->to_start = start;
	n->to_size = size;
	if (differs(node) && !(n->flags & PLAN_REQUEST) && owner != PLAN_NONE)
		b.moved_bars[owner]--;
}

/* In each window that could hold it. */
static void try_holders(u16 level, u64 cost, u64 start, u64 size)
{
	const struct plan_node *n = &b.t.nodes[b.order[level]];
	u16 i;

	for (i = 0; i < b.count; i++) {
		const struct plan_node *m = &b.t.nodes[i];

		if (!(m->flags & PLAN_WINDOW) || m->behind != n->bus ||
		    ((m->flags & PLAN_PREFETCH) && !(n->flags & PLAN_PREFETCH)))
			continue;
		if ((m->bus == PLAN_NONE || (m->flags & PLAN_PINNED)) &&
		    !within(m->start, m->size, start, size))
			continue;
		try_place(level, cost, start, size, i);
	}
}

static void place_window(u16 level, u64 cost)
{
	u16 node = b.order[level];
	const struct plan_node *n = &b.t.nodes[node];
	u64 start, end, need, want, size;

	hull_of(node, &start, &end);
	if (n->size && (!end || within(n->start, n->size, start, end - start)))
		try_place(level, cost, n->start, n->size, b.home[node]);
	need = end ? end - start : 0;
	need = need > n->min ? need : n->min;
	want = need > n->size ? need : n->size;
	if (!need)
		try_place(level, cost, n->start, 0, PLAN_NONE);
	for (size = want; size; size = size == need ? 0 : need) {
		u64 first = 0, last = 0, at;
		u16 i;

		for (i = 0; i < b.count; i++) {
			const struct plan_node *root = &b.t.nodes[i];

			if (root->bus != PLAN_NONE)
				continue;
			first = (root->start + n->align - 1) & ~(n->align - 1);
			last = root->start + root->size;
			for (at = first; at + size <= last; at += n->align)
				if ((!end || within(at, size, start, end - start)) &&
				    (at != n->start || size != n->size))
					try_holders(level, cost, at, size);
		}
	}
}

static void place(u16 level, u64 cost)
{
	u16 node = b.order[level], i;
	const struct plan_node *n = &b.t.nodes[node];
	u64 start;

	if (level == b.count) {
		complete(cost);
		return;
	}
	if (n->flags & PLAN_PINNED) {
		u64 end;

		hull_of(node, &start, &end);
		if (!end || within(n->start, n->size, start, end - start))
			try_place(level, cost, n->start, n->size, b.home[node]);
		return;
	}
	if (n->flags & PLAN_WINDOW) {
		place_window(level, cost);
		return;
	}
	if (!(n->flags & PLAN_REQUEST))
		try_place(level, cost, n->start, n->size, b.home[node]);
	for (i = 0; i < b.count; i++) {
		const struct plan_node *root = &b.t.nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		start = (root->start + n->align - 1) & ~(n->align - 1);
		for (; start + n->size <= root->start + root->size; start += n->align)
			if ((n->flags & PLAN_REQUEST) || start != n->start)
				try_holders(level, cost, start, n->size);
	}
}

static u16 depth_of(u16 bus)
{
	u16 i;

	for (i = 0; i < b.count; i++)
		if ((b.t.nodes[i].flags & PLAN_WINDOW) && b.t.nodes[i].behind == bus)
			return b.t.nodes[i].bus == PLAN_NONE ? 0 : 1 + depth_of(b.t.nodes[i].bus);
	return 99;
}

/* Pinned BARs, then the others, then windows, those of the host bridge last. */
static u16 rank_of(u16 node)
{
	const struct plan_node *n = &b.t.nodes[node];

	if (n->flags & PLAN_WINDOW)
		return n->bus == PLAN_NONE ? 100 : 50 - depth_of(n->bus);
	return !(n->flags & PLAN_PINNED);
}

struct truth plan_brute(const struct tree *t, u64 granule, bool secondary, u64 limit)
{
	u16 rank, count = 0, i, k;

	memset(&b.best, 0, sizeof(b) - offsetof(typeof(b), best));
	memcpy(b.t.nodes, t->nodes, t->space.node_count * sizeof(*t->nodes));
	b.t.space = t->space;
	b.t.space.nodes = b.t.nodes;
	b.granule = granule;
	b.limit = limit;
	b.secondary = secondary;
	b.count = t->space.node_count;
	for (rank = 0; rank <= 100; rank++)
		for (i = 0; i < b.count; i++)
			if (rank_of(i) == rank)
				b.order[count++] = i;
	for (i = 0; i < b.count; i++) {
		const struct plan_node *n = &b.t.nodes[i];

		b.home[i] = PLAN_NONE;
		for (k = 0; k < b.count; k++) {
			const struct plan_node *m = &b.t.nodes[k];

			if ((m->flags & PLAN_WINDOW) && m->behind == n->bus && n->size &&
			    !(n->flags & PLAN_REQUEST) &&
			    within(m->start, m->size, n->start, n->size) &&
			    ((n->flags & PLAN_PREFETCH) || !(m->flags & PLAN_PREFETCH)))
				b.home[i] = k;
		}
	}
	place(0, 0);
	return b.best;
}
