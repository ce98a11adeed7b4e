// SPDX-License-Identifier: GPL-2.0
/*
 * plan_brute.c - every layout of a small tree
 *
 * Windows before what they hold, each at every place and size that its rules allow, every BAR at
 * every aligned place; the cheapest complete layout wins, then fewest functions down at once, then
 * the largest hole. A branch ends only where its price is above the best one.
 */
#include "plan_oracle.h"

#include <string.h>

#define MAX_SMALL	24

static struct {
	struct tree *t;
	u64 granule;
	bool secondary;
	struct truth best;
	u16 order[MAX_SMALL];
	u64 start[MAX_SMALL];
	u64 size[MAX_SMALL];
	u32 moved_bars[MAX_SMALL];	/* by owner */
	u16 holder[MAX_SMALL];
} b;

static bool differs(u16 i)
{
	const struct plan_node *n = &b.t->nodes[i];

	if (n->flags & PLAN_REQUEST)
		return false;
	return b.size[i] != n->size || (n->size && b.start[i] != n->start);
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
	return b.t->nodes[i].owner == PLAN_NONE ? 100 + i : b.t->nodes[i].owner;
}

static bool waits(u16 i, u16 k)
{
	const struct plan_node *n = &b.t->nodes[i], *m = &b.t->nodes[k];
	u64 old = m->flags & PLAN_REQUEST ? 0 : m->size;

	if (n->bus == m->bus)
		return hits(b.start[i], b.size[i], m->start, old);
	if ((m->flags & PLAN_WINDOW) && m->behind == n->bus && b.holder[i] == k)
		return !within(m->start, m->size, b.start[i], b.size[i]);
	if ((n->flags & PLAN_WINDOW) && n->behind == m->bus && old &&
	    within(n->start, n->size, m->start, old))
		return !within(b.start[i], b.size[i], m->start, old);
	return false;
}

/* The largest strongly connected group, counted in functions. */
static u16 down_at_once(void)
{
	u16 count = b.t->space.node_count, unit[MAX_SMALL], units = 0, at[MAX_SMALL], i, k, m,
	    most = 0;
	bool reach[MAX_SMALL][MAX_SMALL] = { 0 }, function[MAX_SMALL] = { 0 };

	for (i = 0; i < count; i++) {
		if (!differs(i) && !(b.t->nodes[i].flags & PLAN_REQUEST))
			continue;
		for (k = 0; k < units && unit[k] != unit_of(i); k++)
			;
		if (k == units)
			unit[units++] = unit_of(i);
		at[i] = k;
		function[k] |= !(b.t->nodes[i].flags & (PLAN_WINDOW | PLAN_REQUEST));
	}
	for (i = 0; i < count; i++)
		for (k = 0; k < count; k++)
			if ((differs(i) || (b.t->nodes[i].flags & PLAN_REQUEST)) &&
			    (differs(k) || (b.t->nodes[k].flags & PLAN_REQUEST)) && waits(i, k))
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

static u64 largest_hole(void)
{
	u64 largest = 0, run, at;
	u16 i, k;

	for (i = 0; i < b.t->space.node_count; i++) {
		const struct plan_node *root = &b.t->nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		for (at = root->start, run = 0; at < root->start + root->size; at += b.granule) {
			for (k = 0; k < b.t->space.node_count; k++)
				if (b.t->nodes[k].bus == root->behind &&
				    hits(at, b.granule, b.start[k], b.size[k]))
					break;
			run = k == b.t->space.node_count ? run + b.granule : 0;
			if (run > largest)
				largest = run;
		}
	}
	return largest;
}

static void complete(u64 cost)
{
	struct truth now = { .found = true, .cost = cost };

	if (b.secondary) {
		now.down = down_at_once();
		now.hole = largest_hole();
	}
	if (!b.best.found || cost < b.best.cost ||
	    (cost == b.best.cost && (now.down < b.best.down ||
				     (now.down == b.best.down && now.hole > b.best.hole))))
		b.best = now;
}

static void place(u16 level, u64 cost);

/* A prefetchable window with running children may change one half of one register at a time. */
static bool live_change_is_safe(void)
{
	u16 i, k;

	for (i = 0; i < b.t->space.node_count; i++) {
		const struct plan_node *n = &b.t->nodes[i];

		if (!(n->flags & PLAN_WINDOW) || !(n->flags & PLAN_PREFETCH) || !differs(i) ||
		    !n->size || !b.size[i])
			continue;
		if (n->start >> 32 == b.start[i] >> 32 &&
		    (n->start + n->size - 1) >> 32 == (b.start[i] + b.size[i] - 1) >> 32)
			continue;
		for (k = 0; k < b.t->space.node_count; k++)
			if (b.t->nodes[k].bus == n->behind && !differs(k) && b.size[k] &&
			    b.holder[k] == i)
				return false;
	}
	return true;
}

static void try_place(u16 level, u64 cost, u64 start, u64 size)
{
	struct plan_space *s = &b.t->space;
	u16 node = b.order[level], i, owner = b.t->nodes[node].owner;
	const struct plan_node *n = &b.t->nodes[node];
	bool held = !size;
	u64 more = 0;

	if (size && start + size - 1 > n->last_max)
		return;
	for (i = 0; i < level; i++) {
		u16 other = b.order[i];
		const struct plan_node *m = &b.t->nodes[other];

		if (m->bus == n->bus && hits(start, size, b.start[other], b.size[other]))
			return;
		if (m->behind == n->bus && (m->flags & PLAN_WINDOW) && size &&
		    within(b.start[other], b.size[other], start, size) &&
		    ((n->flags & PLAN_PREFETCH) || !(m->flags & PLAN_PREFETCH))) {
			held = true;
			b.holder[node] = other;
		}
	}
	if (!held)
		return;
	b.start[node] = start;
	b.size[node] = size;
	if (differs(node)) {
		more = size < n->size ? 2ULL * n->cost : n->cost;
		if (owner != PLAN_NONE && !b.moved_bars[owner]++)
			more += s->owner_cost[owner];
	}
	if (!b.best.found || cost + more < b.best.cost ||
	    (b.secondary && cost + more == b.best.cost))
		place(level + 1, cost + more);
	b.start[node] = start;
	b.size[node] = size;
	if (differs(node) && owner != PLAN_NONE)
		b.moved_bars[owner]--;
}

static void place(u16 level, u64 cost)
{
	const struct plan_node *n, *root;
	u64 start, size;
	u16 i;

	if (level == b.t->space.node_count) {
		if (live_change_is_safe())
			complete(cost);
		return;
	}
	n = &b.t->nodes[b.order[level]];
	if (n->flags & PLAN_PINNED || n->bus == PLAN_NONE) {
		b.start[b.order[level]] = n->start;
		b.size[b.order[level]] = n->size;
		if (n->bus == PLAN_NONE)
			place(level + 1, cost);
		else
			try_place(level, cost, n->start, n->size);
		return;
	}
	if (!(n->flags & PLAN_REQUEST))
		try_place(level, cost, n->start, n->size);
	if ((n->flags & PLAN_WINDOW) && !n->min && n->size)
		try_place(level, cost, n->start, 0);
	for (i = 0; i < b.t->space.node_count; i++) {
		root = &b.t->nodes[i];
		if (root->bus != PLAN_NONE)
			continue;
		start = (root->start + n->align - 1) & ~(n->align - 1);
		for (; start < root->start + root->size; start += n->align) {
			size = n->flags & PLAN_WINDOW ? (n->min ? n->min : n->align) : n->size;
			for (; start + size <= root->start + root->size; size += n->align) {
				if ((n->flags & PLAN_REQUEST) || start != n->start ||
				    size != n->size)
					try_place(level, cost, start, size);
				if (!(n->flags & PLAN_WINDOW))
					break;
			}
		}
	}
}

static u16 depth_of(const struct tree *t, u16 bus)
{
	u16 i;

	for (i = 0; i < t->space.node_count; i++)
		if ((t->nodes[i].flags & PLAN_WINDOW) && t->nodes[i].behind == bus)
			return t->nodes[i].bus == PLAN_NONE ? 0 : 1 + depth_of(t, t->nodes[i].bus);
	return 99;
}

struct truth plan_brute(struct tree *t, u64 granule, bool secondary)
{
	u16 count = 0, depth, i;

	memset(&b, 0, sizeof(b));
	b.t = t;
	b.granule = granule;
	b.secondary = secondary;
	for (i = 0; i < t->space.node_count; i++)
		if (t->nodes[i].bus == PLAN_NONE)
			b.order[count++] = i;
	for (depth = 0; depth < 8; depth++) {
		/* Windows first, pinned ones first of all: they cut branches. */
		for (i = 0; i < t->space.node_count; i++)
			if (t->nodes[i].bus != PLAN_NONE && depth_of(t, t->nodes[i].bus) == depth &&
			    (t->nodes[i].flags & PLAN_PINNED))
				b.order[count++] = i;
		for (i = 0; i < t->space.node_count; i++)
			if (t->nodes[i].bus != PLAN_NONE && depth_of(t, t->nodes[i].bus) == depth &&
			    !(t->nodes[i].flags & PLAN_PINNED) && (t->nodes[i].flags & PLAN_WINDOW))
				b.order[count++] = i;
		for (i = 0; i < t->space.node_count; i++)
			if (t->nodes[i].bus != PLAN_NONE && depth_of(t, t->nodes[i].bus) == depth &&
			    !(t->nodes[i].flags & (PLAN_PINNED | PLAN_WINDOW)))
				b.order[count++] = i;
	}
	place(0, 0);
	return b.best;
}
