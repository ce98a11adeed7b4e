// SPDX-License-Identifier: GPL-2.0
/*
 * plan.c - which BARs and windows must move so that a request finds room
 *
 * Put the request into each place that it could have, the cheapest first. What stands there has to
 * go and is treated as the request was, the largest first; a window that must grow or make way is
 * opened, and what is in it either stays, and then says how far the window must reach, or goes.
 * When nobody is without a place the layout is complete. Documentation/PCI/pci_rebalance_plan.rst
 * explains it with a picture and says why this finds the cheapest layout.
 *
 * The search is a depth-first one that trusts its prices, less and less: a pass departs from the
 * cheapest choice 0, 1, 3, 7, 15... times at most, and the k-th cheapest counts as k times. A pass
 * in which nothing was left out is a proof: of what was found, or that there is nothing to be
 * found.
 */
#include "plan-layout.h"

/* A BAR is decided about once; a window may be opened and get its range. */
#define DECISIONS(space)	(2u * (space)->node_count + 2)

/* Cut @count entries of @bytes off the caller's memory; only count when @memory is NULL. */
static void *carve(void *memory, size_t *used, size_t count, size_t bytes)
{
	void *here = memory ? (char *)memory + *used : NULL;

	*used += (count * bytes + 7) & ~(size_t)7;
	return here;
}

static size_t carve_all(struct plan_work *w, const struct plan_space *space, void *memory)
{
	size_t used = 0, nodes = space->node_count;

	w->at = carve(memory, &used, nodes, sizeof(*w->at));
	w->best = carve(memory, &used, nodes, sizeof(*w->best));
	w->worth = carve(memory, &used, nodes, sizeof(*w->worth));
	w->undo = carve(memory, &used, PLAN_UNDOS(space), sizeof(*w->undo));
	w->choice = carve(memory, &used, PLAN_CHOICES(space), sizeof(*w->choice));
	w->decision = carve(memory, &used, DECISIONS(space), sizeof(*w->decision));
	w->bus = carve(memory, &used, space->bus_count, sizeof(*w->bus));
	w->lifted = carve(memory, &used, space->owner_count, sizeof(*w->lifted));
	w->home = carve(memory, &used, nodes, sizeof(*w->home));
	w->row = carve(memory, &used, nodes, sizeof(*w->row));
	w->next = carve(memory, &used, nodes, sizeof(*w->next));
	w->down = carve(memory, &used, nodes, sizeof(*w->down));
	w->waits = carve(memory, &used, nodes * PLAN_WORDS(space), sizeof(*w->waits));
	return used;
}

/**
 * plan_work_bytes - memory that plan_find() needs for its work
 * @space: what is to be planned; only the counts are read
 *
 * Return: bytes, to be aligned for a u64; about 1500 for each node.
 */
size_t plan_work_bytes(const struct plan_space *space)
{
	struct plan_work w;

	return carve_all(&w, space, NULL);
}
EXPORT_SYMBOL_IF_KUNIT(plan_work_bytes);

static bool is_power_of_two(u64 x)
{
	return x && !(x & (x - 1));
}

static bool node_is_sane(const struct plan_space *space, const struct plan_node *n)
{
	bool window = n->flags & PLAN_WINDOW, request = n->flags & PLAN_REQUEST;

	if (!is_power_of_two(n->align) || (n->min & (n->align - 1)))
		return false;
	if (window ? n->behind >= space->bus_count : n->behind != PLAN_NONE)
		return false;
	if (n->bus == PLAN_NONE ? !window || !(n->flags & PLAN_PINNED) : n->bus >= space->bus_count)
		return false;
	if (n->owner != PLAN_NONE && n->owner >= space->owner_count)
		return false;
	if (request && (window || (n->flags & PLAN_PINNED)))
		return false;
	if (!window && !(n->flags & PLAN_PINNED) &&
	    (!is_power_of_two(n->size) || n->align < n->size))
		return false;
	if (request || (window && !n->size))
		return true;
	/* Pinned things stand where they stand, of any size; the rest must obey the rules. */
	if (n->start + n->size - 1 < n->start || n->start + n->size == 0)
		return false;
	if (n->flags & PLAN_PINNED)
		return true;
	return n->cost && !(n->start & (n->align - 1)) && n->start + n->size - 1 <= n->last_max &&
	       (!window || !(n->size & (n->align - 1)));
}

/**
 * plan_check - refuse what is not a tree of PCI ranges
 * @space: what is to be planned
 *
 * Return: 0, -EINVAL for nonsense, -E2BIG for more nodes than indices.
 */
int plan_check(const struct plan_space *space)
{
	u16 i;

	if (space->node_count > PLAN_MAX_NODES || space->owner_count > PLAN_MAX_NODES ||
	    space->bus_count > PLAN_MAX_NODES)
		return -E2BIG;
	for (i = 0; i < space->node_count; i++)
		if (!node_is_sane(space, &space->nodes[i]))
			return -EINVAL;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_check);

/* What is to be decided next; the lower, the sooner. */
enum urgency {
	STAY,	/* contents of an open window: do they stay? */
	PLACE,	/* homeless BARs, the largest first: smaller ones fill the gaps */
	RANGE,	/* windows, the innermost first: those around them must reach them */
	SETTLED,
};

static enum urgency urgency_of(const struct plan_work *w, u16 node, u64 *size)
{
	const struct plan_node *n = &w->space->nodes[node];

	*size = n->size;
	if (layout_is_undecided(w, node))
		return STAY;
	if (w->at[node].state == PLAN_HOMELESS)
		return PLACE;
	*size = n->bus == PLAN_NONE ? 0 : w->bus[n->bus].depth;
	return w->at[node].state == PLAN_OPEN ? RANGE : SETTLED;
}

/* The most urgent node, of those the largest; false if all is settled. */
static bool pick(const struct plan_work *w, u16 *node)
{
	enum urgency most = SETTLED, urgency;
	u64 largest = 0, size;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		urgency = urgency_of(w, i, &size);
		if (urgency > most || urgency == SETTLED || (urgency == most && size <= largest))
			continue;
		most = urgency;
		largest = size;
		*node = i;
	}
	return most != SETTLED;
}

/* A complete layout: keep it if it is cheaper. */
static void finish(struct plan_work *w)
{
	u16 i;

	/* What was opened and has its former range again is better found by leaving it alone. */
	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if (w->at[i].state == PLAN_PLACED && (n->flags & PLAN_WINDOW) && n->size &&
		    w->at[i].start == n->start && w->at[i].size == n->size)
			return;
	}
	if (w->cost >= w->best_cost)
		return;
	w->best_cost = w->cost;
	memcpy(w->best, w->at, w->space->node_count * sizeof(*w->best));
}

static void push(struct plan_work *w, u16 node, u32 departures)
{
	struct plan_decision *d = &w->decision[w->depth++];

	d->node = node;
	d->departures = departures;
	d->undo_count = w->undo_count;
	d->tried = false;
	places_find(w, node, d);
	if (w->space->pause)
		w->space->pause();
}

static bool precedes(const struct plan_choice *a, const struct plan_choice *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->taken != b->taken)
		return a->taken < b->taken;
	return a->start < b->start;
}

/* Take the best of the choices that are left, if any can lead to a cheaper layout. */
static bool next_choice(struct plan_work *w, struct plan_decision *d, u32 effort,
			struct plan_choice *out)
{
	struct plan_choice *c = w->choice + d->first;
	u32 best = ~0U, i;

	for (i = 0; i < d->count; i++)
		if (w->cost + c[i].price < w->best_cost &&
		    (best == ~0U || precedes(&c[i], &c[best])))
			best = i;
	if (best == ~0U)
		return false;
	if (d->tried && (!d->departures || w->places >= effort)) {
		w->cut = true;
		return false;
	}
	d->departures -= d->tried;
	d->tried = true;
	*out = c[best];
	c[best] = c[--d->count];
	return true;
}

/* Decide about one node after the other until all is settled, go back, decide otherwise. */
static void search(struct plan_work *w, u32 departures, u32 effort)
{
	struct plan_choice choice;
	u16 node;

	w->cut = false;
	w->thinned = false;
	w->depth = 0;
	w->choice_count = 0;
	if (!pick(w, &node)) {
		finish(w);
		return;
	}
	push(w, node, departures);
	while (w->depth) {
		struct plan_decision *d = &w->decision[w->depth - 1];

		layout_undo(w, d->undo_count);
		if (!next_choice(w, d, effort, &choice)) {
			w->choice_count = d->first;
			w->depth--;
		} else if (layout_do(w, d->node, &choice)) {
			if (pick(w, &node))
				push(w, node, d->departures);
			else
				finish(w);
		}
	}
}

/* Trust the prices less and less; true if a pass went through all there is. */
static bool search_all(struct plan_work *w)
{
	u32 effort = w->space->effort ? w->space->effort : PLAN_EFFORT, departures;
	u64 cost;

	for (departures = 0; w->places < effort; departures += 1 + departures) {
		cost = w->best_cost;
		w->first = !departures;
		search(w, departures, effort);
		/* Given what was just found, another pass may need no place that was left out. */
		if (!w->cut && (!w->thinned || (w->best_cost == cost && !w->first)))
			return !w->thinned;
	}
	return false;
}

static void report(struct plan_work *w, struct plan_result *result)
{
	struct plan_space *space = w->space;
	u16 i;

	result->steps = order_steps(w);
	result->cost = w->best_cost;
	memset(w->down, 0, result->steps * sizeof(*w->down));
	for (i = 0; i < space->node_count; i++) {
		struct plan_node *n = &space->nodes[i];

		n->to_start = w->best[i].start;
		n->to_size = w->best[i].size;
		if (n->step == PLAN_NONE || (n->flags & PLAN_REQUEST))
			continue;
		result->moved_nodes++;
		if (n->flags & PLAN_WINDOW)
			continue;
		result->moved_bytes += n->size;
		if (n->owner == PLAN_NONE || w->lifted[n->owner]++)
			continue;
		result->moved_functions++;
		if (++w->down[n->step] > result->down_at_once)
			result->down_at_once = w->down[n->step];
	}
}

/**
 * plan_find - find the cheapest layout that gives every request a place
 * @space: the tree; results are written into its nodes
 * @work: plan_work_bytes() bytes, aligned for a u64; contents do not matter
 * @result: filled in, also when there is no plan
 *
 * Pure: no allocation, no locks, no recursion deeper than the bridges, same input same output.
 *
 * Return: 0; -EINVAL for a tree that is none; -E2BIG; -ENOSPC if it was proven that there is no
 * plan; -ETIME if none was found within the effort.
 */
int plan_find(struct plan_space *space, void *work, struct plan_result *result)
{
	struct plan_work w;
	bool complete;
	int error;

	memset(result, 0, sizeof(*result));
	memset(&w, 0, sizeof(w));
	carve_all(&w, space, work);
	error = plan_check(space);
	if (!error)
		error = layout_init(&w, space);
	if (error)
		return error;
	if (count_proves(&w, result))
		return -ENOSPC;
	w.best_cost = ~0ULL;
	count_worth(&w);
	complete = search_all(&w);
	result->places = w.places;
	if (w.best_cost == ~0ULL)
		return complete ? -ENOSPC : -ETIME;
	result->optimal = complete || !w.best_cost;
	report(&w, result);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_find);
