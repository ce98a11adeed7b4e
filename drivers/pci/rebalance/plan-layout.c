// SPDX-License-Identifier: GPL-2.0
/*
 * plan-layout.c - the layout under construction: what is where, change and undo
 *
 * A BAR is lifted: it loses its place and needs another one. A window is opened: it loses its range
 * and what is in it is to be decided. A window is stretched, so that it covers a BAR that is placed
 * in it, or one that stays; whatever lies in its way is cleared, that is lifted or opened in turn.
 * Each change says what it costs.
 */
#include "plan-layout.h"

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
	const u16 *row = w->row + w->bus[bus].row_at;
	u16 low = 0, high = w->bus[bus].row_count;

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

static bool takes_space(const struct plan_place *p)
{
	return p->size && p->state != PLAN_HOMELESS;
}

/* What it costs that a node is there, its owner apart. */
static u64 price_of(const struct plan_node *n, const struct plan_place *p)
{
	if ((n->flags & PLAN_REQUEST) || !plan_changes(p))
		return 0;
	return p->state == PLAN_PLACED && p->size < n->size ? 2ULL * n->cost : n->cost;
}

static void count_price(struct plan_work *w, const struct plan_place *to)
{
	const struct plan_place *was = &w->at[to->node];
	const struct plan_node *n = &w->space->nodes[to->node];

	w->cost += price_of(n, to) - price_of(n, was);
	if (n->owner == PLAN_NONE || plan_changes(to) == plan_changes(was) ||
	    (n->flags & PLAN_REQUEST))
		return;
	if (plan_changes(to) && !w->lifted[n->owner]++)
		w->cost += w->space->owner_cost[n->owner];
	if (plan_changes(was) && !--w->lifted[n->owner])
		w->cost -= w->space->owner_cost[n->owner];
}

/* Put a node somewhere else, in the row of its bus as well. */
static void set_place(struct plan_work *w, const struct plan_place *to)
{
	u16 bus = w->space->nodes[to->node].bus, i;
	struct plan_bus *b = &w->bus[bus];
	u16 *row = w->row + b->row_at;

	count_price(w, to);
	if (takes_space(&w->at[to->node])) {
		i = layout_first(w, bus, w->at[to->node].start);
		memmove(row + i, row + i + 1, (--b->row_count - i) * sizeof(*row));
	}
	w->at[to->node] = *to;
	if (takes_space(to)) {
		i = layout_first(w, bus, to->start);
		memmove(row + i + 1, row + i, (b->row_count++ - i) * sizeof(*row));
		row[i] = to->node;
	}
}

/* The same, so that it can be undone. */
static bool change(struct plan_work *w, const struct plan_place *to)
{
	if (w->undo_count == PLAN_UNDOS(w->space)) {
		w->cut = true;
		return false;
	}
	w->undo[w->undo_count++] = w->at[to->node];
	set_place(w, to);
	return true;
}

/**
 * layout_undo - go back to an earlier layout
 * @w: layout
 * @undo_count: value of @w->undo_count at that time
 */
void layout_undo(struct plan_work *w, u32 undo_count)
{
	while (w->undo_count > undo_count)
		set_place(w, &w->undo[--w->undo_count]);
}

static bool lift_bar(struct plan_work *w, u16 node)
{
	struct plan_place to = w->at[node];

	if (to.state != PLAN_HOME)
		return false;
	to.state = PLAN_HOMELESS;
	to.holder = PLAN_NONE;
	w->now.rank += to.size / w->cheap;
	return change(w, &to);
}

/* What a window has to hold whatever happens: contents that stay, or that were put there. */
static void add_decided(const struct plan_work *w, u16 window, struct plan_place *to, u64 *end)
{
	const struct plan_bus *b = &w->bus[w->space->nodes[window].behind];
	u16 i;

	for (i = 0; i < b->row_count; i++) {
		const struct plan_place *p = &w->at[w->row[b->row_at + i]];

		if (p->holder != window)
			continue;
		if (p->state != PLAN_HOME) {
			to->live |= p->state == PLAN_KEPT || p->live;
			to->start = min(to->start, p->start);
			*end = max(*end, p->start + p->size);
		} else if (w->space->nodes[p->node].flags & PLAN_WINDOW) {
			add_decided(w, p->node, to, end);
		}
	}
}

/* A window that is to change keeps only that. */
static bool open_window(struct plan_work *w, u16 window)
{
	const struct plan_node *n = &w->space->nodes[window];
	struct plan_place to = {
		.start = ~0ULL, .node = window, .holder = PLAN_NONE, .state = PLAN_OPEN,
	};
	u64 end = 0;

	if ((n->flags & PLAN_PINNED) || plan_changes(&w->at[window]))
		return false;
	add_decided(w, window, &to, &end);
	to.start = end ? round_down(to.start, n->align) : 0;
	to.size = end ? round_up(end, n->align) - to.start : 0;
	if (end)
		to.holder = w->home[window];
	return change(w, &to);
}

/* Take whatever lies in a range out of it, behind bridges as well; all but @except. */
static bool clear(struct plan_work *w, u16 bus, u64 start, u64 size, u16 except)
{
	const struct plan_bus *b = &w->bus[bus];
	const u16 *row = w->row + b->row_at;

	for (;;) {
		u16 i = layout_first(w, bus, start), node;
		const struct plan_node *n;
		u64 low;

		if (i < b->row_count && row[i] == except)
			i++;
		if (i == b->row_count || w->at[row[i]].start >= start + size)
			return true;
		node = row[i];
		n = &w->space->nodes[node];
		if (w->at[node].state != PLAN_HOME)
			return false;
		if (!(n->flags & PLAN_WINDOW)) {
			if (!lift_bar(w, node))
				return false;
			continue;
		}
		low = max(start, n->start);
		if (!open_window(w, node) ||
		    !clear(w, n->behind, low, min(start + size, n->start + n->size) - low, except))
			return false;
	}
}

/* The window that something is to lie in; PLAN_NONE if there is none. */
static u16 holder_of(const struct plan_work *w, const struct plan_node *n, u64 start, u64 size)
{
	const struct plan_bus *b = &w->bus[n->bus];
	u16 window;

	for (window = b->window; window != PLAN_NONE; window = w->next[window]) {
		const struct plan_node *m = &w->space->nodes[window];

		if (!plan_fits(n, m))
			continue;
		if (b->depth ? !(m->flags & PLAN_PREFETCH) == !w->now.levels :
			       plan_within(m->start, m->size, start, size))
			return window;
	}
	return PLAN_NONE;
}

static bool cover(struct plan_work *w, u16 window, u64 start, u64 size);

/*
 * Give a homeless BAR a place, or an open window a range around the one that it has. Windows that
 * must hold it come first, those nearest to the host bridge before others; then all else goes.
 */
static bool put(struct plan_work *w, u16 node, u64 start, u64 size, enum plan_state state)
{
	const struct plan_node *n = &w->space->nodes[node];
	struct plan_place to = w->at[node];

	if (start + size - 1 > n->last_max)
		return false;
	if (to.live && !plan_same_halves(n, start, size)) {
		/* A larger range might do, if it ended in another half before. */
		w->thinned |= n->start >> 32 != (n->start + n->size - 1) >> 32;
		return false;
	}
	to.start = start;
	to.size = size;
	to.state = state;
	if (to.holder == PLAN_NONE)
		to.holder = holder_of(w, n, start, size);
	if (n->flags & PLAN_WINDOW)
		w->now.taken = !n->size ? size : max(n->start + n->size, start + size) -
						 min(n->start, start);
	return to.holder != PLAN_NONE && cover(w, to.holder, start, size) &&
	       clear(w, n->bus, start, size, node) && change(w, &to);
}

/* Make a window hold a range, and all windows above it. */
static bool cover(struct plan_work *w, u16 window, u64 start, u64 size)
{
	const struct plan_node *n = &w->space->nodes[window];
	const struct plan_place *p = &w->at[window];
	u64 end = start + size;

	if (n->bus == PLAN_NONE)
		return !w->now.unfix && plan_within(n->start, n->size, start, size);
	if ((n->flags & PLAN_PREFETCH) && !w->now.levels--)
		return false;
	if (plan_within(p->start, p->size, start, size)) {
		if (!w->now.unfix || plan_changes(p))
			return !w->now.unfix;
		w->now.unfix--;
	}
	if (!plan_changes(p) && !open_window(w, window))
		return false;
	start = round_down(p->size ? min(start, p->start) : start, n->align);
	end = round_up(p->size ? max(end, p->start + p->size) : end, n->align);
	return put(w, window, start, end - start, p->state);
}

/* Something stays: so do its windows, which can now only be cut or stretched. */
static bool keep(struct plan_work *w, u16 node)
{
	struct plan_place to = w->at[node];
	u16 window;

	for (window = to.holder; w->home[window] != PLAN_NONE; window = w->home[window])
		w->now.levels += !!(w->space->nodes[window].flags & PLAN_PREFETCH);
	if (!cover(w, to.holder, to.start, to.size))
		return false;
	to.state = PLAN_KEPT;
	if (!change(w, &to))
		return false;
	for (window = to.holder; window != PLAN_NONE; window = w->home[window]) {
		to = w->at[window];
		if (!plan_changes(&to) || to.live)
			return true;
		to.live = true;
		if (to.holder != w->home[window] || !change(w, &to) ||
		    !plan_same_halves(&w->space->nodes[window], to.start, to.size))
			return false;
	}
	return true;
}

/**
 * layout_do - decide about a node
 * @w: layout; afterwards its now says what that takes, and as a rank what it displaces
 * @node: what is decided about
 * @c: the decision
 *
 * Return: false if that cannot be, with the layout to be undone by the caller.
 */
bool layout_do(struct plan_work *w, u16 node, const struct plan_choice *c)
{
	struct plan_place to = w->at[node];
	bool same = c->start == to.start && c->size == to.size;

	w->now = (struct plan_choice) { 0 };
	if (to.state == PLAN_HOME && same)
		return keep(w, node);
	if (to.state == PLAN_HOME && !c->size)
		return open_window(w, node);
	if (to.state == PLAN_OPEN && same) {
		to.state = PLAN_PLACED;
		return change(w, &to);
	}
	w->now.levels = c->levels;
	w->now.unfix = c->unfix;
	return (to.state != PLAN_HOME || lift_bar(w, node)) &&
	       put(w, node, c->start, c->size, PLAN_PLACED) && !w->now.levels;
}

/* Add a window to those that lead to its bus; false unless all are of one bridge or the host's. */
static bool link_window(struct plan_work *w, u16 window)
{
	const struct plan_node *n = &w->space->nodes[window];
	struct plan_bus *b = &w->bus[n->behind];
	u16 i;

	for (i = b->window; i != PLAN_NONE; i = w->next[i]) {
		const struct plan_node *m = &w->space->nodes[i];

		if (n->bus != m->bus ||
		    (n->bus == PLAN_NONE ? plan_overlap(n->start, n->size, m->start, m->size) :
					   !((n->flags ^ m->flags) & PLAN_PREFETCH)))
			return false;
	}
	w->next[window] = b->window;
	b->window = window;
	return true;
}

/* How many bridges are above a bus; PLAN_MAX_DEPTH if it hangs on nothing, or too low. */
static u16 depth_of(const struct plan_work *w, u16 bus)
{
	u16 depth;

	for (depth = 0; depth < PLAN_MAX_DEPTH && w->bus[bus].window != PLAN_NONE; depth++) {
		bus = w->space->nodes[w->bus[bus].window].bus;
		if (bus == PLAN_NONE)
			return depth;
	}
	return PLAN_MAX_DEPTH;
}

/* Put a node where it was found; false if that cannot be. */
static bool init_place(struct plan_work *w, u16 node)
{
	const struct plan_node *n = &w->space->nodes[node];
	const struct plan_bus *b;
	struct plan_place home = {
		.start = n->flags & PLAN_REQUEST ? ~0ULL : n->start, .size = n->size,
		.node = node, .holder = PLAN_NONE,
		.state = n->flags & PLAN_REQUEST ? PLAN_HOMELESS :
			 n->flags & PLAN_PINNED ? PLAN_KEPT : PLAN_HOME,
	};
	u16 i;

	w->home[node] = PLAN_NONE;
	w->at[node] = home;
	if (n->bus == PLAN_NONE)
		return true;
	b = &w->bus[n->bus];
	if (b->depth == PLAN_MAX_DEPTH || !takes_space(&home))
		return b->depth < PLAN_MAX_DEPTH;
	for (i = b->window; i != PLAN_NONE; i = w->next[i]) {
		const struct plan_node *m = &w->space->nodes[i];

		if (plan_fits(n, m) && plan_within(m->start, m->size, n->start, n->size))
			home.holder = i;
	}
	w->home[node] = home.holder;
	i = layout_first(w, n->bus, n->start);
	if (i < b->row_count && w->at[w->row[b->row_at + i]].start < n->start + n->size)
		return false;
	w->at[node].size = 0;
	set_place(w, &home);
	return home.holder != PLAN_NONE || (n->flags & PLAN_PINNED);
}

/**
 * layout_init - start from the given layout
 * @w: with the memory that it needs
 *
 * Return: 0, or -EINVAL if it is no tree or something lies on others, or outside of every window
 * that could hold it.
 */
int layout_init(struct plan_work *w)
{
	const struct plan_space *space = w->space;
	u16 rows = 0, i, k;

	memset(w->lifted, 0, space->owner_count * sizeof(*w->lifted));
	for (i = 0; i < space->bus_count; i++) {
		w->bus[i] = (struct plan_bus) { .row_at = rows, .window = PLAN_NONE };
		for (k = 0; k < space->node_count; k++)
			rows += space->nodes[k].bus == i;
	}
	for (i = 0; i < space->node_count; i++)
		if ((space->nodes[i].flags & PLAN_WINDOW) && !link_window(w, i))
			return -EINVAL;
	for (i = 0; i < space->bus_count; i++)
		w->bus[i].depth = depth_of(w, i);
	for (i = 0; i < space->node_count; i++)
		if (!init_place(w, i))
			return -EINVAL;
	return 0;
}
