/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan-layout.h - the layout that a search changes and changes back
 *
 * Inside the planner only. A node is at home (where it was found), homeless (lifted, waiting for a
 * place) or placed (given a new place by this search, not to be touched again).
 */
#ifndef PCI_REBALANCE_PLAN_LAYOUT_H
#define PCI_REBALANCE_PLAN_LAYOUT_H

#include "plan.h"

/* States of struct plan_place, in the only order in which a search passes them. */
#define PLAN_HOME	0
#define PLAN_HOMELESS	1
#define PLAN_PLACED	2

/**
 * struct plan_place - where one node is in the layout under construction
 * @start: first address, void while homeless
 * @size: bytes; 0 for a closed window
 * @pin_start: window: first address that pinned contents cover
 * @pin_end: window: one past the last such address, 0 if nothing inside is pinned
 * @holder: window it lies in, or must lie in while homeless; PLAN_NONE if any will do
 * @state: PLAN_HOME, PLAN_HOMELESS or PLAN_PLACED
 */
struct plan_place {
	u64 start;
	u64 size;
	u64 pin_start;
	u64 pin_end;
	u16 holder;
	u8 state;
};

/**
 * struct plan_bus - one bus: what lies on it, what leads to it
 * @row_at: first entry of this bus in the row array
 * @row_count: nodes with a place, sorted by address
 * @win_at: first entry of this bus in the window array
 * @win_count: windows that lead here
 * @depth: bridges between here and the host bridge; PLAN_NONE if it hangs on nothing
 */
struct plan_bus {
	u16 row_at;
	u16 row_count;
	u16 win_at;
	u16 win_count;
	u16 depth;
};

/* Sizes from the smallest BAR to the largest request that plan-worth.c can tell apart. */
#define PLAN_LEVELS	26

/* Fixed point: prices are in sixteenths of the caller's unit. */
#define WORTH_UNIT	4

/**
 * struct plan_item - a BAR in a window of the host bridge, behind bridges or not
 * @start: first address
 * @size: bytes
 * @cost: price of moving it
 * @node: the BAR
 * @bus: bus behind the topmost bridge above it, PLAN_NONE if there is none
 * @pinned: it cannot be moved
 * @belongs: it must live in the same window as the request (plan-floor.c)
 */
struct plan_item {
	u64 start;
	u64 size;
	u64 cost;
	u16 node;
	u16 bus;
	bool pinned;
	bool belongs;
};

/**
 * struct plan_items - items, sorted by address
 * @item: array
 * @count: entries in use
 */
struct plan_items {
	struct plan_item *item;
	u16 count;
};

/* Spots that plan-floor.c looks at closely, and plan-spots.c after it. */
#define PLAN_SPOTS	32

/**
 * struct plan_spot - one way to make room for a request, as plan-floor.c sees it
 * @place: where the request goes
 * @bytes: of the request
 * @start: first address of the range that must be cleared
 * @size: its bytes
 * @cost: of clearing it
 * @bound: what a plan that uses it must cost, as far as that is known
 * @price: by level, prices that show this
 */
struct plan_spot {
	u64 place;
	u64 bytes;
	u64 start;
	u64 size;
	u64 cost;
	u64 bound;
	u64 price[PLAN_LEVELS];
};

/**
 * struct plan_block - one aligned block of address space, seen from above
 * @cost: of lifting all that is inside, in WORTH_UNITs
 * @bonus: worth of the places that this would clear
 * @best: least difference of the two over all choices inside; 0 or less
 * @largest: largest BAR inside
 * @inside: by level, places that clearing the block would clear
 * @cleared: by level, places that @best clears
 * @blocked: something inside cannot go, or the block is not all window
 * @occupied: something is inside
 */
struct plan_block {
	s64 cost;
	s64 bonus;
	s64 best;
	u64 largest;
	u32 inside[PLAN_LEVELS];
	u32 cleared[PLAN_LEVELS];
	bool blocked;
	bool occupied;
};

/**
 * struct plan_load - what is in a window, as found
 * @first: lowest address of a BAR in it, or of one behind the bridges in it
 * @end: one past the highest
 * @rank: price of moving all of that, and the worth of the place that the window would need
 */
struct plan_load {
	u64 first;
	u64 end;
	u64 rank;
};

/**
 * struct plan_choice - one candidate place, ordered by its members in this order
 * @rank: @price and what it will probably cost to place what is cleared away
 * @price: what it costs to clear it
 * @waste: bytes that stay free around it, so that tight holes come first
 * @start: first address
 * @size: bytes
 * @window: the window that it is in
 * @grow: not a place but a wish: let @window have more room first
 * @low: it would take scarce space below 4 GiB from those who can live nowhere else
 */
struct plan_choice {
	u64 rank;
	u64 price;
	u64 waste;
	u64 start;
	u64 size;
	u16 window;
	bool grow;
	bool low;
};

/**
 * struct plan_frame - one decision on the way to a layout
 * @tried: the choice that is being looked at
 * @cost: price of everything decided before
 * @stop: number of offers at which this decision must settle
 * @mark: trail to go back to
 * @node: what is being placed
 * @fresh: nothing was tried yet
 */
struct plan_frame {
	struct plan_choice tried;
	u64 cost;
	u32 stop;
	u32 mark;
	u16 node;
	bool fresh;
};

/**
 * struct plan_work - the caller's memory, cut into arrays
 * @space: what is planned
 * @at: places, by node
 * @bus: buses
 * @row: nodes with a place, by bus and address
 * @win: windows, by the bus they lead to
 * @down: by owner, how many of its BARs were lifted
 * @seen: by owner, the last offer that charged it
 * @trail: former places, to undo
 * @frame: stack of the search
 * @best: places of the best layout so far
 * @reach: proof: highest address of each node, given the windows above it
 * @list: ordering: the nodes that change, by unit; before that all BARs, by address
 * @mark: ordering: scratch
 * @best_cost: price of @best, ~0 while there is none
 * @best_hole: its holes, as layout_holes() measures them
 * @best_down: its most functions down at once
 * @load: by window, what comes along when it is cleared away
 * @worth: by node, what the space that it will need elsewhere is worth
 * @levels: scratch for plan-blocks.c
 * @items: what is in the windows of the host bridge, as given
 * @after: scratch for plan-floor.c: the items of one spot
 * @spots: scratch for plan-floor.c: the cheapest spots
 * @price: by level, extra worth of a place of that size over its two halves, in WORTH_UNITs
 * @unit: size of level 0 (log2)
 * @top: level of the largest request, 0 if nothing is scarce
 * @bound: least price of any first decision
 * @serial: number of the current offer, for @seen
 * @offers: candidate places priced so far
 * @trail_count: entries of @trail
 * @depth: entries of @frame
 * @ties: solutions of equal price seen since the last better one
 * @brisk: where a BAR has a free place, look at no others
 * @thinned: some window was offered a choice of places only
 * @cut: some decision settled before it saw all its choices
 */
struct plan_work {
	struct plan_space *space;
	struct plan_place *at;
	struct plan_bus *bus;
	u16 *row;
	u16 *win;
	u16 *down;
	u32 *seen;
	struct plan_trail *trail;
	struct plan_frame *frame;
	struct plan_place *best;
	u64 *reach;
	u16 *list;
	u16 *mark;
	u64 best_cost;
	u64 best_hole;
	u16 best_down;
	u64 *worth;
	struct plan_load *load;
	struct plan_block *levels;
	struct plan_items items;
	struct plan_item *after;
	struct plan_spot *spots;
	u64 price[PLAN_LEVELS];
	u16 unit;
	u16 top;
	u64 bound;
	u32 serial;
	u32 offers;
	u32 trail_count;
	u32 depth;
	u32 ties;
	bool brisk;
	bool thinned;
	bool cut;
};

/* Powers of two only, as everywhere in PCI. */
static inline u64 plan_down(u64 address, u64 align)
{
	return address & ~(align - 1);
}

static inline u64 plan_up(u64 address, u64 align)
{
	return plan_down(address + align - 1, align);
}

static inline u64 plan_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline u64 plan_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline bool plan_overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

/* Does the first range hold the second one? An empty range is held by anything. */
static inline bool plan_within(u64 outer, u64 outer_size, u64 inner, u64 inner_size)
{
	return !inner_size || (inner >= outer && inner + inner_size <= outer + outer_size);
}

/* Only prefetchable things may live in a prefetchable window. */
static inline bool plan_fits(const struct plan_node *node, const struct plan_node *window)
{
	return (node->flags & PLAN_PREFETCH) || !(window->flags & PLAN_PREFETCH);
}

int layout_init(struct plan_work *w, struct plan_space *space, void *memory);
void layout_lift(struct plan_work *w, u16 node);
void layout_place(struct plan_work *w, u16 node, u16 holder, u64 start, u64 size);
void layout_promise(struct plan_work *w, u16 node, u16 window);
void layout_undo(struct plan_work *w, u32 mark);
u16 layout_first(const struct plan_work *w, u16 bus, u64 address);
u16 layout_only_window(const struct plan_work *w, const struct plan_node *n);
u64 layout_need(const struct plan_work *w, u16 window);
u64 layout_holes(const struct plan_work *w);

u64 price_layout(const struct plan_work *w, const struct plan_place *at);

u16 blocks_top_bus(const struct plan_work *w, u16 bus);
void blocks_list(struct plan_work *w);
u64 blocks_free(const struct plan_work *w, const struct plan_items *items, u16 log);
bool blocks_minimise(const struct plan_work *w, const struct plan_items *items, s64 *value,
		     s64 *cleared);
u64 worth_init(struct plan_work *w);
void worth_apply(struct plan_work *w);
bool worth_adjust(struct plan_work *w, const s64 *demand, const s64 *cleared, s64 step);
u64 worth_of_hole(const struct plan_work *w, u64 start, u64 end);
u64 floor_find(struct plan_work *w);
bool offer_next(struct plan_work *w, u16 node, const struct plan_choice *after, u64 ceiling,
		struct plan_choice *out);
bool offer_place(struct plan_work *w, u16 node, u64 start, u64 size, u64 ceiling,
		 struct plan_choice *out);

void search_follow(struct plan_work *w, u16 node, const struct plan_choice *c);
void search_layouts(struct plan_work *w, u64 cost, u32 effort, bool first_pass);
void spots_search(struct plan_work *w, u32 effort);

bool plan_prove(struct plan_work *w, struct plan_result *result);
u16 order_steps(struct plan_work *w, const struct plan_place *to, u16 *down_at_once, bool write);

#endif
