/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan-layout.h - the layout that a search changes and changes back; inside the planner only
 */
#ifndef PCI_REBALANCE_PLAN_LAYOUT_H
#define PCI_REBALANCE_PLAN_LAYOUT_H

#include "plan.h"

#ifdef __KERNEL__
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <kunit/visibility.h>
#else
#include <string.h>
#define EXPORT_SYMBOL_IF_KUNIT(symbol) struct plan_exported
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))
#define round_down(a, align)	((a) & ~((align) - 1))
#define round_up(a, align)	round_down((a) + (align) - 1, align)
#endif

/*
 * Entries in struct plan_work: a BAR is decided about once, a window may be opened and get its
 * range. Changes and choices are more than most plans need; one that needs more is given up.
 */
#define PLAN_DECISIONS(space)	(2u * (space)->node_count + 2)
#define PLAN_UNDOS(space)	(8u * (space)->node_count + 64)
#define PLAN_CHOICES(space)	(16u * (space)->node_count + 1024)
#define PLAN_WORDS(space)	(((space)->node_count + 63) / 64)

/* What has been decided about a node. */
enum plan_state {
	PLAN_HOME,	/* nothing: it is where it was found, and gives way to whoever comes */
	PLAN_KEPT,	/* it stays where it was found */
	PLAN_HOMELESS,	/* BAR: it has to move and has no place yet */
	PLAN_OPEN,	/* window: it changes; it has what it must hold so far, perhaps nothing */
	PLAN_PLACED,	/* BAR: it has its new place; window: a new range, which may still grow */
};

/**
 * struct plan_place - where one node is in the layout under construction
 * @start: first address; while homeless, that of its former place, ~0 if it had none
 * @size: bytes; 0 for a window without a range
 * @node: the node
 * @holder: window that it lies in, PLAN_NONE if none
 * @state: enum plan_state
 * @live: window: something in it stays, so it can only be stretched or cut around that
 */
struct plan_place {
	u64 start;
	u64 size;
	u16 node;
	u16 holder;
	u8 state;
	bool live;
};

/**
 * struct plan_bus - one bus: what lies on it, what leads to it
 * @row_at: first entry of this bus in the row array
 * @row_count: nodes that take up space, sorted by address
 * @window: one of the windows that lead here, PLAN_NONE if there are none
 * @depth: bridges between here and the host bridge
 */
struct plan_bus {
	u16 row_at;
	u16 row_count;
	u16 window;
	u16 depth;
};

/**
 * struct plan_choice - one way to decide about a node: its place in the new layout
 * @rank: choices are tried in the order of @rank, @taken, @start; @price and what it will probably
 *	cost to find places for what it displaces
 * @price: what it costs at once
 * @taken: bytes that the window nearest to the host bridge takes, of those that change, if what is
 *	in it stays
 * @start: first address
 * @size: bytes; 0 for a window at home: it may change, its contents are decided about one by one
 * @levels: how many of the windows above, in a row from the innermost, are the prefetchable ones
 * @unfix: how many of them, from the innermost, are to change although they hold the place: they
 *	leave windows that others will clear
 */
struct plan_choice {
	u64 rank;
	u64 price;
	u64 taken;
	u64 start;
	u64 size;
	u16 levels;
	u16 unfix;
};

/**
 * struct plan_decision - one decision on the way to a layout
 * @node: what is decided about
 * @tried: one of its choices was tried
 * @departures: how often something else than the cheapest choice may be taken, here or below
 * @first: its choices in the choice array
 * @count: how many of them are left
 * @undo_count: where the layout was
 */
struct plan_decision {
	u16 node;
	bool tried;
	u32 departures;
	u32 first;
	u32 count;
	u32 undo_count;
};

/**
 * struct plan_work - the caller's memory, cut into arrays
 * @space: what is planned
 * @at: places, by node
 * @best: places of the best layout so far
 * @home: by node, the window that it was found in
 * @next: by window, another one that leads to the same bus, PLAN_NONE after the last one
 * @bus: buses
 * @row: nodes that take up space, by bus and address
 * @lifted: by owner, how many of its BARs must move
 * @undo: former places
 * @decision: stack of the search
 * @choice: choices of all decisions on the stack
 * @waits: by node that changes, PLAN_WORDS() words of bits: for whom it waits
 * @undo_count: entries of @undo
 * @choice_count: entries of @choice
 * @depth: entries of @decision
 * @now: the choice that is being made; of its levels and unfix, those that are still to come
 * @cost: price of what has been decided
 * @best_cost: price of @best, ~0 while there is none
 * @room: bytes of the windows of the host bridge
 * @cheap: bytes that move for a price of 1, on average
 * @places: places priced so far
 * @first: this is the first pass, in which a hole is taken without looking further
 * @thinned: not all places were looked at
 * @cut: some decision did not try all its choices
 */
struct plan_work {
	struct plan_space *space;
	struct plan_place *at;
	struct plan_place *best;
	u16 *home;
	u16 *next;
	struct plan_bus *bus;
	u16 *row;
	u16 *lifted;
	struct plan_place *undo;
	struct plan_decision *decision;
	struct plan_choice *choice;
	u64 *waits;
	u32 undo_count;
	u32 choice_count;
	u32 depth;
	struct plan_choice now;
	u64 cost;
	u64 best_cost;
	u64 room;
	u64 cheap;
	u32 places;
	bool first;
	bool thinned;
	bool cut;
};

static inline bool plan_changes(const struct plan_place *p)
{
	return p->state != PLAN_HOME && p->state != PLAN_KEPT;
}

static inline bool plan_overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

/* Does the first range hold the second one? An empty range holds nothing. */
static inline bool plan_within(u64 outer, u64 outer_size, u64 inner, u64 inner_size)
{
	return outer_size && inner >= outer && inner_size <= outer_size &&
	       inner - outer <= outer_size - inner_size;
}

/* Only prefetchable things may live in a prefetchable window. */
static inline bool plan_fits(const struct plan_node *node, const struct plan_node *window)
{
	return (node->flags & PLAN_PREFETCH) || !(window->flags & PLAN_PREFETCH);
}

/*
 * The halves of a prefetchable window's base and limit are separate registers. While something
 * behind it runs only one of them may change, or it would decode wrongly for a moment.
 */
static inline bool plan_same_halves(const struct plan_node *n, u64 start, u64 size)
{
	return !(n->flags & PLAN_PREFETCH) ||
	       (start >> 32 == n->start >> 32 &&
		(start + size - 1) >> 32 == (n->start + n->size - 1) >> 32);
}

int layout_init(struct plan_work *w);
u16 layout_first(const struct plan_work *w, u16 bus, u64 address);
bool layout_do(struct plan_work *w, u16 node, const struct plan_choice *c);
void layout_undo(struct plan_work *w, u32 undo_count);
bool places_lack(const struct plan_work *w, struct plan_result *result);
void places_find(struct plan_work *w, struct plan_decision *d);
void order_steps(struct plan_work *w, struct plan_result *result);

#endif
