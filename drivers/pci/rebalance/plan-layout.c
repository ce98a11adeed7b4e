// SPDX-License-Identifier: GPL-2.0
/*
 * plan-layout.c - the layout under construction: lift, place, undo, measure
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>

#include <kunit/visibility.h>
#else
#include <string.h>
#define EXPORT_SYMBOL_IF_KUNIT(symbol) struct plan_exported
#endif

/* What a place was before it changed. */
struct plan_trail {
	u64 start;
	u64 size;
	u16 node;
	u16 holder;
	u8 state;
};

/*
 * On the way to a layout a node is lifted once, promised to a window once and placed once; each
 * decision places a node or lifts a window to grow it. So this many entries suffice.
 */
#define TRAIL_ENTRIES(space)	(3u * (space)->node_count + 2)
#define FRAMES(space)		(2u * (space)->node_count + 2)

/* Cut @count entries of @bytes off the caller's memory; only count when @memory is NULL. */
static void *carve(void *memory, size_t *used, size_t count, size_t bytes)
{
	void *here = memory ? (char *)memory + *used : NULL;

	*used += (count * bytes + 7) & ~(size_t)7;
	return here;
}

static size_t carve_all(struct plan_work *w, const struct plan_space *space, void *memory)
{
	size_t used = 0, nodes = space->node_count, buses = space->bus_count;

	w->at = carve(memory, &used, nodes, sizeof(*w->at));
	w->best = carve(memory, &used, nodes, sizeof(*w->best));
	w->trail = carve(memory, &used, TRAIL_ENTRIES(space), sizeof(*w->trail));
	w->frame = carve(memory, &used, FRAMES(space), sizeof(*w->frame));
	w->bus = carve(memory, &used, buses, sizeof(*w->bus));
	w->seen = carve(memory, &used, space->owner_count, sizeof(*w->seen));
	w->down = carve(memory, &used, space->owner_count, sizeof(*w->down));
	w->row = carve(memory, &used, nodes, sizeof(*w->row));
	w->win = carve(memory, &used, nodes, sizeof(*w->win));
	w->worth = carve(memory, &used, nodes, sizeof(*w->worth));
	w->load = carve(memory, &used, nodes, sizeof(*w->load));
	w->levels = carve(memory, &used, PLAN_LEVELS + 1, sizeof(*w->levels));
	w->items.item = carve(memory, &used, nodes, sizeof(*w->items.item));
	w->after = carve(memory, &used, nodes + 1, sizeof(*w->after));
	w->spots = carve(memory, &used, PLAN_SPOTS, sizeof(*w->spots));
	w->list = carve(memory, &used, nodes, sizeof(*w->list));
	w->mark = carve(memory, &used, 4 * nodes + 1, sizeof(*w->mark));
	w->reach = carve(memory, &used, nodes, sizeof(*w->reach));
	return used;
}

/**
 * plan_work_bytes - memory that plan_find() needs for its work
 * @space: what is to be planned; only the counts are read
 *
 * Return: bytes, to be aligned for a u64; about 500 for each node.
 */
size_t plan_work_bytes(const struct plan_space *space)
{
	struct plan_work w;

	return carve_all(&w, space, NULL);
}
EXPORT_SYMBOL_IF_KUNIT(plan_work_bytes);

static void row_insert(struct plan_work *w, u16 bus, u16 node)
{
	struct plan_bus *b = &w->bus[bus];
	u16 *row = w->row + b->row_at;
	u16 i = layout_first(w, bus, w->at[node].start);

	memmove(row + i + 1, row + i, (b->row_count - i) * sizeof(*row));
	row[i] = node;
	b->row_count++;
}

static void row_remove(struct plan_work *w, u16 bus, u16 node)
{
	struct plan_bus *b = &w->bus[bus];
	u16 *row = w->row + b->row_at;
	u16 i = layout_first(w, bus, w->at[node].start);

	while (row[i] != node)
		i++;
	b->row_count--;
	memmove(row + i, row + i + 1, (b->row_count - i) * sizeof(*row));
}

/**
 * layout_first - the first node of a bus that ends behind an address
 * @w: layout
 * @bus: bus to look at
 * @address: first address of interest
 *
 * Return: index into the row of @bus, its row_count if there is none.
 */
u16 layout_first(const struct plan_work *w, u16 bus, u64 address)
{
	const struct plan_bus *b = &w->bus[bus];
	const u16 *row = w->row + b->row_at;
	u16 low = 0, high = b->row_count;

	while (low < high) {
		u16 middle = (low + high) / 2;
		const struct plan_place *p = &w->at[row[middle]];

		if (p->start + p->size > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct plan_place *remember(struct plan_work *w, u16 node)
{
	struct plan_place *p = &w->at[node];
	struct plan_trail *t = &w->trail[w->trail_count++];

	t->node = node;
	t->start = p->start;
	t->size = p->size;
	t->holder = p->holder;
	t->state = p->state;
	return p;
}

/**
 * layout_lift - take a node that is at home out of its place
 * @w: layout
 * @node: what must go; what is inside a window stays for now
 */
void layout_lift(struct plan_work *w, u16 node)
{
	const struct plan_node *n = &w->space->nodes[node];
	struct plan_place *p = remember(w, node);

	if (p->size)
		row_remove(w, n->bus, node);
	if (n->owner != PLAN_NONE)
		w->down[n->owner]++;
	p->state = PLAN_HOMELESS;
	p->holder = PLAN_NONE;
}

/**
 * layout_place - give a homeless node its new place
 * @w: layout
 * @node: what is placed; the place must be free by now
 * @holder: window that it lies in
 * @start: first address
 * @size: bytes, 0 to close a window
 */
void layout_place(struct plan_work *w, u16 node, u16 holder, u64 start, u64 size)
{
	struct plan_place *p = remember(w, node);

	p->start = start;
	p->size = size;
	p->holder = holder;
	p->state = PLAN_PLACED;
	if (size)
		row_insert(w, w->space->nodes[node].bus, node);
}

/**
 * layout_promise - tie a homeless node to one window
 * @w: layout
 * @node: what is waiting for a place
 * @window: the window that will be made large enough for it
 */
void layout_promise(struct plan_work *w, u16 node, u16 window)
{
	remember(w, node)->holder = window;
}

/**
 * layout_undo - go back to an earlier layout
 * @w: layout
 * @mark: value of trail_count at that time
 */
void layout_undo(struct plan_work *w, u32 mark)
{
	while (w->trail_count > mark) {
		const struct plan_trail *t = &w->trail[--w->trail_count];
		const struct plan_node *n = &w->space->nodes[t->node];
		struct plan_place *p = &w->at[t->node];
		bool was_lifted = p->state == PLAN_HOMELESS;

		if (!was_lifted && p->size)
			row_remove(w, n->bus, t->node);
		p->start = t->start;
		p->size = t->size;
		p->holder = t->holder;
		p->state = t->state;
		if (!was_lifted)
			continue;
		if (p->size && p->state == PLAN_HOME)
			row_insert(w, n->bus, t->node);
		if (n->owner != PLAN_NONE && p->state == PLAN_HOME)
			w->down[n->owner]--;
	}
}

/**
 * layout_only_window - find out whether a node has a choice
 * @w: layout
 * @n: node
 *
 * Return: the only window that it can live in, or PLAN_NONE.
 */
u16 layout_only_window(const struct plan_work *w, const struct plan_node *n)
{
	const struct plan_bus *b = &w->bus[n->bus];
	u16 only = PLAN_NONE, i;

	for (i = 0; i < b->win_count; i++) {
		u16 window = w->win[b->win_at + i];

		if (!plan_fits(n, &w->space->nodes[window]))
			continue;
		if (only != PLAN_NONE)
			return PLAN_NONE;
		only = window;
	}
	return only;
}

/**
 * layout_need - fewest bytes that a window can do with
 * @w: layout
 * @window: the window
 *
 * Contents that could as well live in another window of the bridge do not count, unless they are
 * at home here or were promised to this window.
 *
 * Return: bytes, a multiple of the window's granule; 0 if it may be closed.
 */
u64 layout_need(const struct plan_work *w, u16 window)
{
	const struct plan_node *n = &w->space->nodes[window];
	u64 need = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *c = &w->space->nodes[i];
		u16 holder = w->at[i].holder;

		if (c->bus != n->behind)
			continue;
		if (w->at[i].state == PLAN_HOMELESS && holder == PLAN_NONE)
			holder = layout_only_window(w, c);
		if (holder == window)
			need += c->flags & PLAN_WINDOW ? layout_need(w, i) : c->size;
	}
	return plan_up(plan_max(need, n->min), n->align);
}

/* Largest free range of one window of the host bridge. */
static u64 largest_hole(const struct plan_work *w, const struct plan_node *root)
{
	const struct plan_bus *b = &w->bus[root->behind];
	u64 from = root->start, end = from + root->size, largest = 0;
	u16 i;

	for (i = layout_first(w, root->behind, from); i < b->row_count; i++) {
		const struct plan_place *p = &w->at[w->row[b->row_at + i]];

		if (p->start >= end)
			break;
		if (p->start > from)
			largest = plan_max(largest, p->start - from);
		from = p->start + p->size;
	}
	return end > from ? plan_max(largest, end - from) : largest;
}

/**
 * layout_holes - how large the large holes are
 * @w: layout, complete: nothing is homeless
 *
 * The largest hole of each window counts in proportion to the window, so that a small window below
 * 4 GiB weighs as much as a vast one above.
 *
 * Return: the more the better.
 */
u64 layout_holes(const struct plan_work *w)
{
	u64 holes = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *root = &w->space->nodes[i];

		if (root->bus != PLAN_NONE || !root->size)
			continue;
		/* Windows have less than 48 bits in practice; larger ones lose precision here. */
		if (root->size >> 40)
			holes += (largest_hole(w, root) >> 20 << 20) / ((root->size >> 20) + 1);
		else
			holes += (largest_hole(w, root) << 20) / root->size;
	}
	return holes;
}

static void init_depths(struct plan_work *w)
{
	const struct plan_space *space = w->space;
	bool again = true;
	u16 i;

	for (i = 0; i < space->bus_count; i++)
		w->bus[i].depth = PLAN_NONE;
	while (again) {
		again = false;
		for (i = 0; i < space->node_count; i++) {
			const struct plan_node *n = &space->nodes[i];
			u16 above = n->bus == PLAN_NONE ? 0 : w->bus[n->bus].depth;

			if (!(n->flags & PLAN_WINDOW) || above == PLAN_NONE ||
			    w->bus[n->behind].depth != PLAN_NONE)
				continue;
			w->bus[n->behind].depth = n->bus == PLAN_NONE ? 0 : above + 1;
			again = true;
		}
	}
}

static void init_buses(struct plan_work *w)
{
	const struct plan_space *space = w->space;
	u16 rows = 0, wins = 0, i, k;

	init_depths(w);
	for (i = 0; i < space->bus_count; i++) {
		w->bus[i].row_at = rows;
		w->bus[i].row_count = 0;
		w->bus[i].win_at = wins;
		for (k = 0; k < space->node_count; k++) {
			rows += space->nodes[k].bus == i;
			if ((space->nodes[k].flags & PLAN_WINDOW) && space->nodes[k].behind == i)
				w->win[wins++] = k;
		}
		w->bus[i].win_count = wins - w->bus[i].win_at;
	}
}

static u16 find_holder(const struct plan_work *w, const struct plan_node *n)
{
	const struct plan_bus *b = &w->bus[n->bus];
	u16 i;

	for (i = 0; i < b->win_count; i++) {
		u16 window = w->win[b->win_at + i];
		const struct plan_node *holder = &w->space->nodes[window];

		if (n->size && plan_fits(n, holder) &&
		    plan_within(holder->start, holder->size, n->start, n->size))
			return window;
	}
	return PLAN_NONE;
}

/* Spread a pinned range to every window above it. */
static void init_pin(struct plan_work *w, u16 node)
{
	u64 start = w->at[node].start, end = start + w->at[node].size;
	u16 window;

	for (window = w->at[node].holder; window != PLAN_NONE; window = w->at[window].holder) {
		struct plan_place *p = &w->at[window];
		u64 align = w->space->nodes[window].align;

		start = plan_down(start, align);
		end = plan_up(end, align);
		p->pin_start = p->pin_end ? plan_min(p->pin_start, start) : start;
		p->pin_end = plan_max(p->pin_end, end);
	}
}

/* A tree: every bus hangs below one other, at a depth that recursion can bear. */
static bool is_tree(const struct plan_work *w)
{
	const struct plan_node *nodes = w->space->nodes;
	u16 i, k;

	for (i = 0; i < w->space->node_count; i++) {
		if (nodes[i].bus != PLAN_NONE && w->bus[nodes[i].bus].depth >= PLAN_MAX_DEPTH)
			return false;
		for (k = 0; k < i; k++) {
			if (!(nodes[i].flags & nodes[k].flags & PLAN_WINDOW))
				continue;
			if (nodes[i].behind == nodes[k].behind && nodes[i].bus != nodes[k].bus)
				return false;
			if (nodes[i].bus == PLAN_NONE && nodes[k].bus == PLAN_NONE &&
			    plan_overlap(nodes[i].start, nodes[i].size, nodes[k].start,
					 nodes[k].size))
				return false;
		}
	}
	return true;
}

/* Nothing lies on anything else. */
static bool is_apart(const struct plan_work *w)
{
	u16 i, k;

	for (i = 0; i < w->space->bus_count; i++) {
		const u16 *row = w->row + w->bus[i].row_at;

		for (k = 1; k < w->bus[i].row_count; k++)
			if (w->at[row[k - 1]].start + w->at[row[k - 1]].size > w->at[row[k]].start)
				return false;
	}
	return true;
}

/**
 * layout_init - start from the given layout
 * @w: filled in
 * @space: checked by plan_check()
 * @memory: plan_work_bytes() bytes
 *
 * Return: 0, or -EINVAL if something lies outside every window that could hold it, or on others.
 */
int layout_init(struct plan_work *w, struct plan_space *space, void *memory)
{
	u16 i;

	memset(w, 0, sizeof(*w));
	carve_all(w, space, memory);
	w->space = space;
	memset(w->down, 0, space->owner_count * sizeof(*w->down));
	memset(w->seen, 0, space->owner_count * sizeof(*w->seen));
	init_buses(w);
	if (!is_tree(w))
		return -EINVAL;
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];
		struct plan_place *p = &w->at[i];

		memset(p, 0, sizeof(*p));
		p->holder = PLAN_NONE;
		p->state = n->flags & PLAN_REQUEST ? PLAN_HOMELESS : PLAN_HOME;
		p->start = n->start;
		p->size = n->flags & PLAN_REQUEST ? 0 : n->size;
		if (n->bus == PLAN_NONE || !p->size)
			continue;
		p->holder = find_holder(w, n);
		if (p->holder == PLAN_NONE)
			return -EINVAL;
		row_insert(w, n->bus, i);
	}
	for (i = 0; i < space->node_count; i++)
		if ((space->nodes[i].flags & PLAN_PINNED) && w->at[i].size &&
		    space->nodes[i].bus != PLAN_NONE)
			init_pin(w, i);
	return is_apart(w) ? 0 : -EINVAL;
}
