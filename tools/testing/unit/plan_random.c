// SPDX-License-Identifier: GPL-2.0
/*
 * plan_random.c - random trees for the planner, from a seed
 */
#include "plan_oracle.h"

/* A free aligned place for a BAR in [start, end), or 0. */
static u64 random_place(struct tree *t, u64 *s, u16 bus, u64 start, u64 end, u64 size)
{
	u32 tries;
	u16 i;

	for (tries = 0; tries < 12; tries++) {
		u64 slots = (end - start) / size, at;

		if (!slots)
			return 0;
		at = (start + size * rnd(s, slots) + size - 1) & ~(size - 1);
		if (at + size > end)
			continue;
		for (i = 0; i < t->space.node_count; i++) {
			const struct plan_node *n = &t->nodes[i];

			if (n->bus == bus && n->size && !(n->flags & PLAN_REQUEST) &&
			    at < n->start + n->size && n->start < at + size)
				break;
		}
		if (i == t->space.node_count)
			return at;
	}
	return 0;
}

/* Up to @count BARs of 1 MiB << 0 to @largest - 1, where there is room. */
void random_bars(struct tree *t, u64 *s, u16 bus, u64 start, u64 end, u32 count, u32 largest,
		 u32 flags)
{
	while (count--) {
		u64 size = MIB << rnd(s, largest), at = random_place(t, s, bus, start, end, size);
		u16 bar;

		if (!at)
			continue;
		bar = tree_bar(t, bus, at, size, 1 + rnd(s, 20),
			       flags | (rnd(s, 5) ? 0 : PLAN_PINNED));
		/* Some functions have two BARs. */
		if (!(t->nodes[bar].flags & PLAN_PINNED) && t->space.owner_count > 1 &&
		    !rnd(s, 4))
			t->nodes[bar].owner = rnd(s, t->space.owner_count - 1);
	}
}

/* Ports, some empty, some with BARs, perhaps a switch below one of them, beside plain BARs. */
void random_nested(struct tree *t, u64 *s, u32 granules)
{
	u32 ports = 1 + rnd(s, 3), i;
	u64 root = 0x80000000 + MIB * rnd(s, 4), at = root, end = root + granules * MIB;
	u16 bus, inner, window;

	tree_init(t);
	bus = tree_bus(t);
	tree_root(t, bus, root, granules * MIB, 0);
	for (i = 0; i < ports; i++) {
		u64 size = MIB * rnd(s, 4);

		at += MIB * rnd(s, 2);
		if (at + size > end)
			size = at < end ? end - at : 0;
		inner = tree_bus(t);
		window = tree_window(t, bus, inner, at, size, rnd(s, 3) ? 0 : PLAN_PREFETCH);
		t->nodes[window].min = size && !rnd(s, 4) ? MIB : 0;
		if (size)
			random_bars(t, s, inner, at, at + size, rnd(s, 3), 2, PLAN_PREFETCH);
		at += size;
		if (!rnd(s, 4) && size >= 2 * MIB) {
			u16 below = tree_bus(t);
			u64 place = random_place(t, s, inner, at - size, at, MIB);

			if (place)
				tree_window(t, inner, below, place, MIB, PLAN_PREFETCH);
			else
				tree_window(t, inner, below, 0, 0, PLAN_PREFETCH);
		}
	}
	random_bars(t, s, bus, root, end, rnd(s, 3), 2, 0);
	bus = rnd(s, 4) ? 1 + rnd(s, t->space.bus_count - 1) : 0;
	tree_request(t, bus, MIB << rnd(s, 3), PLAN_PREFETCH);
}

/* A free range for a window of so many MiB inside @holder, 0 if none was found. */
static u64 random_range(struct tree *t, u64 *s, u16 holder, u64 size)
{
	const struct plan_node *h = &t->nodes[holder];
	u32 tries, granules = h->size / MIB;
	u16 i;

	for (tries = 0; size && granules && tries < 8; tries++) {
		u64 at = h->start + MIB * rnd(s, granules);

		if (at + size > h->start + h->size)
			continue;
		for (i = 0; i < t->space.node_count; i++)
			if (t->nodes[i].bus == h->behind && t->nodes[i].size &&
			    !(t->nodes[i].flags & PLAN_REQUEST) &&
			    at < t->nodes[i].start + t->nodes[i].size &&
			    t->nodes[i].start < at + size)
				break;
		if (i == t->space.node_count)
			return at;
	}
	return 0;
}

/* One window of a bridge in one of the windows that lead to its bus, or closed. */
static void random_window(struct tree *t, u64 *s, u16 bus, u16 behind, u32 flags, u64 last_max)
{
	u16 holders[4], count = 0, i, window;
	u64 size = MIB * rnd(s, 5), at = 0;

	for (i = 0; i < t->space.node_count && count < 4; i++) {
		const struct plan_node *n = &t->nodes[i];

		if ((n->flags & PLAN_WINDOW) && n->behind == bus && n->size &&
		    (!(n->flags & PLAN_PREFETCH) || (flags & PLAN_PREFETCH)) &&
		    n->start + n->size - 1 <= last_max)
			holders[count++] = i;
	}
	if (count)
		at = random_range(t, s, holders[rnd(s, count)], size);
	window = tree_window(t, bus, behind, at, at ? size : 0, flags);
	t->nodes[window].last_max = last_max;
	t->nodes[window].cost = 1 + rnd(s, 2) * rnd(s, 4);
	if (at && !rnd(s, 6))
		t->nodes[window].min = MIB * (1 + rnd(s, size / MIB));
	if (at && !rnd(s, 12))
		t->nodes[window].flags |= PLAN_PINNED;
}

/*
 * One to three bridges with two windows each, behind each other or side by side, below a host
 * bridge with room below 4 GiB and most often some above; BARs of all kinds in the windows, some of
 * them pinned, some of functions with two; one or two requests. @spare more MiB are below all that.
 */
void random_bridges(struct tree *t, u64 *s, u32 spare)
{
	u32 bridges = 1 + rnd(s, 3), i, window;
	u64 low = 0xfe000000 + MIB * rnd(s, 4);
	u16 bus;

	tree_init(t);
	tree_bus(t);
	tree_root(t, 0, low - MIB * spare, MIB * (3 + rnd(s, 6) + spare), 0);
	if (rnd(s, 4))
		tree_root(t, 0, 0x100000000 + MIB * rnd(s, 4), MIB * (1 + rnd(s, 6)),
			  rnd(s, 2) ? PLAN_PREFETCH : 0);
	for (i = 0; i < bridges; i++) {
		bus = rnd(s, t->space.bus_count);
		random_window(t, s, bus, t->space.bus_count, 0, 0xffffffff);
		if (rnd(s, 8))
			random_window(t, s, bus, t->space.bus_count, PLAN_PREFETCH,
				      rnd(s, 4) ? ~0ULL : 0xffffffff);
		tree_bus(t);
	}
	window = t->space.node_count;
	for (i = 0; i < window; i++) {
		const struct plan_node *n = &t->nodes[i];
		u32 flags = (n->flags & PLAN_PREFETCH) || rnd(s, 2) ? PLAN_PREFETCH : 0;

		if (n->size && t->space.node_count < window + 5)
			random_bars(t, s, n->behind, n->start, n->start + n->size, rnd(s, 3), 3,
				    flags);
	}
	for (i = window; i < t->space.node_count; i++)
		if (t->nodes[i].start < 0x100000000 && !rnd(s, 3))
			t->nodes[i].last_max = 0xffffffff;
	for (i = 1 + !rnd(s, 5); i--; ) {
		bus = rnd(s, t->space.bus_count);
		window = tree_request(t, bus, MIB << rnd(s, 3), rnd(s, 3) ? PLAN_PREFETCH : 0);
		if (!rnd(s, 3))
			t->nodes[window].last_max = 0xffffffff;
	}
}

/* A flat bus of many BARs, as full and as fragmented as asked. */
void random_large(struct tree *t, u64 *s, u32 bars, u32 full_percent, bool bridges)
{
	u64 total = 0;
	u32 i, sizes = 6;
	u16 bus;

	tree_init(t);
	bus = tree_bus(t);
	for (i = 0; i < bars; i++)
		total += (64ULL << 10) << rnd(s, sizes);
	total = (total * 100 / full_percent + MIB - 1) & ~(MIB - 1);
	tree_root(t, bus, 0x4000000000, total, 0);
	for (i = 0; i < bars; i++) {
		u64 size = (64ULL << 10) << rnd(s, sizes);
		u64 place = random_place(t, s, bus, t->nodes[0].start, t->nodes[0].start + total,
					 size);
		u16 below;

		if (!place)
			continue;
		if (bridges && size >= MIB && !rnd(s, 3)) {
			below = tree_bus(t);
			tree_window(t, bus, below, place, size, PLAN_PREFETCH);
			if (rnd(s, 2))
				tree_bar(t, below, place, size / 2, 10 + rnd(s, 90),
					 PLAN_PREFETCH);
			continue;
		}
		tree_bar(t, bus, place, size, 10 + rnd(s, 90), rnd(s, 10) ? 0 : PLAN_PINNED);
	}
	bus = bridges && t->space.bus_count > 1 ? rnd(s, t->space.bus_count) : 0;
	tree_request(t, bus, 4 * MIB << rnd(s, 3), PLAN_PREFETCH);
}
