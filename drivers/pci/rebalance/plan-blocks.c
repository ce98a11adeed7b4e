// SPDX-License-Identifier: GPL-2.0
/*
 * plan-blocks.c - aligned blocks of address space: which are free, which are worth clearing
 *
 * Bridges are looked through: what is behind them counts where it is, their windows are air. And
 * functions with several BARs count as divisible. Both can only lower a bound.
 */
#include "plan-layout.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#define MAX_BLOCKS	2048

/* All BARs, behind bridges or not, sorted by address; returns how many. */
static u16 sort_bars(struct plan_work *w)
{
	u16 count = 0, i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];
		u16 low = 0, high = count;

		if (n->flags & (PLAN_WINDOW | PLAN_REQUEST))
			continue;
		while (low < high) {
			u16 middle = (low + high) / 2;

			if (w->space->nodes[w->list[middle]].start < n->start)
				low = middle + 1;
			else
				high = middle;
		}
		memmove(w->list + low + 1, w->list + low, (count - low) * sizeof(*w->list));
		w->list[low] = i;
		count++;
	}
	return count;
}

/**
 * blocks_top_bus - find the bridge that a bus hangs below
 * @w: layout
 * @bus: bus
 *
 * Return: the bus behind the topmost bridge above it, PLAN_NONE for a bus of the host bridge.
 */
u16 blocks_top_bus(const struct plan_work *w, u16 bus)
{
	if (w->bus[bus].depth == PLAN_NONE || !w->bus[bus].depth)
		return PLAN_NONE;
	while (w->bus[bus].depth > 1)
		bus = w->space->nodes[w->win[w->bus[bus].win_at]].bus;
	return bus;
}

/**
 * blocks_list - find the items of the layout as given
 * @w: layout; its worths are the prices of its BARs
 *
 * Fills in the items and w->list, both sorted by address.
 */
void blocks_list(struct plan_work *w)
{
	u16 i;

	w->items.count = sort_bars(w);
	for (i = 0; i < w->items.count; i++) {
		const struct plan_node *n = &w->space->nodes[w->list[i]];

		w->items.item[i] = (struct plan_item) {
			.start = n->start,
			.size = n->size,
			.cost = w->worth[w->list[i]],
			.node = w->list[i],
			.bus = blocks_top_bus(w, n->bus),
			.pinned = n->flags & PLAN_PINNED,
		};
	}
}

/**
 * struct walk - one walk over the items from below
 * @w: layout
 * @root: window of the host bridge that is being looked at
 * @items: sorted by address
 * @next: index of the next one
 */
struct walk {
	const struct plan_work *w;
	const struct plan_node *root;
	const struct plan_items *items;
	u16 next;
};

/* Move on to the first item that ends behind @address; NULL if there is none. */
static const struct plan_item *next_item(struct walk *walk, u64 address)
{
	for (; walk->next < walk->items->count; walk->next++) {
		const struct plan_item *item = &walk->items->item[walk->next];

		if (item->start + item->size > address)
			return item;
	}
	return NULL;
}

/**
 * blocks_free - count free places
 * @w: layout
 * @items: what is not free
 * @log: size (log2)
 *
 * Return: aligned places of that size in the windows of the host bridge with no item in them.
 */
u64 blocks_free(const struct plan_work *w, const struct plan_items *items, u16 log)
{
	u64 size = 1ULL << log, places = 0;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		struct walk walk = { .w = w, .root = &w->space->nodes[i], .items = items };
		u64 from = walk.root->start, end = from + walk.root->size;

		while (walk.root->bus == PLAN_NONE && from < end) {
			const struct plan_item *n = next_item(&walk, from);
			u64 stop = n ? plan_max(plan_min(n->start, end), from) : end;
			u64 first = plan_up(from, size);

			if (first < stop)
				places += (stop - first) >> log;
			from = n && n->start < end ? n->start + n->size : end;
		}
	}
	return places;
}

/* Look at a block that is free, taken by one item, or as small as can be; false if it is mixed. */
static bool look(struct walk *walk, u64 start, u16 level, struct plan_block *out)
{
	const struct plan_node *root = walk->root;
	const struct plan_item *n;
	u64 size = 1ULL << (walk->w->unit + level);

	memset(out, 0, sizeof(*out));
	if (!plan_overlap(start, size, root->start, root->size)) {
		out->blocked = true;
		return true;
	}
	if (!plan_within(root->start, root->size, start, size)) {
		out->blocked = true;
		return !level;
	}
	n = next_item(walk, start);
	if (!n || n->start >= start + size)
		return true;
	if (level && !plan_within(n->start, n->size, start, size))
		return false;
	out->occupied = true;
	out->blocked = n->pinned;
	out->largest = n->size;
	out->cost = (s64)n->cost << WORTH_UNIT;
	return true;
}

static void merge(const struct plan_work *w, const struct plan_block *a, const struct plan_block *b,
		  u16 level, struct plan_block *out)
{
	u16 i;

	out->occupied = a->occupied || b->occupied;
	out->blocked = a->blocked || b->blocked;
	out->largest = plan_max(a->largest, b->largest);
	out->cost = a->cost + b->cost;
	out->bonus = a->bonus + b->bonus;
	out->best = a->best + b->best;
	for (i = 0; i <= w->top; i++) {
		out->inside[i] = a->inside[i] + b->inside[i];
		out->cleared[i] = a->cleared[i] + b->cleared[i];
	}
	if (!out->occupied || out->blocked || out->largest >= 1ULL << (w->unit + level))
		return;
	out->inside[level]++;
	out->bonus += w->price[level];
}

/* Is it worth while to lift all of the block? */
static void judge(struct plan_block *block)
{
	if (block->blocked || block->cost - block->bonus >= block->best)
		return;
	block->best = block->cost - block->bonus;
	memcpy(block->cleared, block->inside, sizeof(block->cleared));
}

/* Solve one block of the top level: left halves wait on a stack, one for each level. */
static void solve(struct walk *walk, u64 base, struct plan_block *out)
{
	const struct plan_work *w = walk->w;
	struct plan_block *left = w->levels, *now = &left[PLAN_LEVELS];
	u64 start = base, size;
	u16 level = w->top;

	for (;;) {
		if (!look(walk, start, level, now)) {
			level--;
			continue;
		}
		judge(now);
		for (;; level++) {
			size = 1ULL << (w->unit + level);
			if (level == w->top) {
				*out = *now;
				return;
			}
			if (!((start - base) & size))
				break;
			start -= size;
			merge(w, &left[level], now, level + 1, now);
			judge(now);
		}
		left[level] = *now;
		start += size;
	}
}

/**
 * blocks_minimise - clear the blocks whose worth is above their cost
 * @w: layout, with prices
 * @items: what is in the windows of the host bridge
 * @value: the least sum of cost and minus worth is added to this, in WORTH_UNITs
 * @cleared: by level, the places that this clears are added to this
 *
 * Return: false if there are too many blocks to look at.
 */
bool blocks_minimise(const struct plan_work *w, const struct plan_items *items, s64 *value,
		     s64 *cleared)
{
	u64 size = 1ULL << (w->unit + w->top), next;
	struct plan_block out;
	u32 blocks = 0;
	u16 root, k;

	for (root = 0; root < w->space->node_count; root++) {
		struct walk walk = { .w = w, .root = &w->space->nodes[root], .items = items };
		const struct plan_item *n;

		next = walk.root->start;
		while (walk.root->bus == PLAN_NONE && (n = next_item(&walk, next)) != NULL) {
			next = plan_down(plan_max(next, n->start), size);
			if (next >= walk.root->start + walk.root->size)
				break;
			if (++blocks > MAX_BLOCKS)
				return false;
			solve(&walk, next, &out);
			next += size;
			*value += out.best;
			for (k = 0; k <= w->top; k++)
				cleared[k] += out.cleared[k];
		}
	}
	return true;
}
