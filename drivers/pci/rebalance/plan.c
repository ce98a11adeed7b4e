// SPDX-License-Identifier: GPL-2.0
/*
 * plan.c - which BARs and windows must move so that a request finds room
 *
 * Put the request into each place that it could have, the cheapest first. What stands there has to
 * go and is treated as the request was, the largest first; a window that must grow or make way is
 * opened, and what is in it either stays, and then says how far the window must reach, or goes.
 * When nobody is without a place the layout is complete.
 *
 * The search goes depth first and trusts its prices, less and less: a pass departs from the
 * cheapest choice 0, 1, 3, 7, 15... times at most, and the k-th cheapest counts as k times. A pass
 * that left nothing out is a proof: of what was found, or that there is nothing to be found.
 */
#include "plan-layout.h"

/* Cut @count entries of @bytes off the caller's memory; only count when @memory is NULL. */
static void *carve(void *memory, size_t *used, size_t count, size_t bytes)
{
	size_t at = *used;

	*used += round_up(count * bytes, sizeof(u64));
	return memory ? (char *)memory + at : NULL;
}

static size_t carve_all(struct plan_work *w, const struct plan_space *space, void *memory)
{
	size_t used = 0, nodes = space->node_count;

	w->at = carve(memory, &used, nodes, sizeof(*w->at));
	w->best = carve(memory, &used, nodes, sizeof(*w->best));
	w->home = carve(memory, &used, nodes, sizeof(*w->home));
	w->next = carve(memory, &used, nodes, sizeof(*w->next));
	w->bus = carve(memory, &used, space->bus_count, sizeof(*w->bus));
	w->row = carve(memory, &used, nodes, sizeof(*w->row));
	w->lifted = carve(memory, &used, space->owner_count, sizeof(*w->lifted));
	w->undo = carve(memory, &used, PLAN_UNDOS(space), sizeof(*w->undo));
	w->decision = carve(memory, &used, PLAN_DECISIONS(space), sizeof(*w->decision));
	w->choice = carve(memory, &used, PLAN_CHOICES(space), sizeof(*w->choice));
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

static bool is_sane(const struct plan_space *space, const struct plan_node *n)
{
	bool window = n->flags & PLAN_WINDOW, request = n->flags & PLAN_REQUEST;
	bool pinned = n->flags & PLAN_PINNED;

	if (!is_power_of_2(n->align) || (n->min & (n->align - 1)) ||
	    (window ? n->behind >= space->bus_count : n->behind != PLAN_NONE) ||
	    (n->bus == PLAN_NONE ? !window || !pinned : n->bus >= space->bus_count) ||
	    (n->owner != PLAN_NONE && n->owner >= space->owner_count) ||
	    (request && (window || pinned)) ||
	    (!window && !pinned && (!is_power_of_2(n->size) || n->align < n->size)))
		return false;
	if (request || (window && !n->size))
		return true;
	/* Pinned things stand where they stand, of any size; the rest must obey the rules. */
	if (n->start + n->size - 1 < n->start || n->start + n->size == 0)
		return false;
	return pinned || (n->cost && !(n->start & (n->align - 1)) &&
			  n->start + n->size - 1 <= n->last_max &&
			  (!window || !(n->size & (n->align - 1))));
}

/* Refuse what is not a tree of PCI ranges. */
static int check(const struct plan_space *space)
{
	u16 i;

	if (space->node_count > PLAN_MAX_NODES || space->owner_count > PLAN_MAX_NODES ||
	    space->bus_count > PLAN_MAX_NODES)
		return -E2BIG;
	for (i = 0; i < space->node_count; i++)
		if (!is_sane(space, &space->nodes[i]))
			return -EINVAL;
	return 0;
}

/* How much room is there, and what does moving a byte cost? */
static void weigh(struct plan_work *w)
{
	u64 bytes = 0, cost = 1;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		w->room += n->bus == PLAN_NONE ? n->size : 0;
		if (n->flags & (PLAN_WINDOW | PLAN_PINNED))
			continue;
		bytes += n->size;
		cost += n->cost + (n->owner == PLAN_NONE ? 0 : w->space->owner_cost[n->owner]);
	}
	w->cheap = max(bytes / cost, (u64)1);
}

/*
 * What to decide about next: whether contents of an open window stay; then homeless BARs, the
 * largest first, since smaller ones fill the gaps; then windows, the innermost first, since those
 * around them must reach them. 0 for what is settled.
 */
static u64 urgency(const struct plan_work *w, u16 node)
{
	const struct plan_node *n = &w->space->nodes[node];
	const struct plan_place *p = &w->at[node];

	if (p->state == PLAN_HOME)
		return p->holder != PLAN_NONE && plan_changes(&w->at[p->holder]) ? ~0ULL : 0;
	if (p->state == PLAN_HOMELESS)
		return PLAN_MAX_DEPTH + n->size;
	return p->state == PLAN_OPEN ? w->bus[n->bus].depth + 1 : 0;
}

/* A complete layout: keep it if it is cheaper. */
static void finish(struct plan_work *w)
{
	u16 i;

	if (w->cost >= w->best_cost)
		return;
	/* What was opened and has its former range again is better found by leaving it alone. */
	for (i = 0; i < w->space->node_count; i++) {
		const struct plan_node *n = &w->space->nodes[i];

		if ((n->flags & PLAN_WINDOW) && n->size && w->at[i].state == PLAN_PLACED &&
		    w->at[i].start == n->start && w->at[i].size == n->size)
			return;
	}
	w->best_cost = w->cost;
	memcpy(w->best, w->at, w->space->node_count * sizeof(*w->best));
}

/* Make a decision of what is most urgent, if there is anything. */
static void descend(struct plan_work *w, u32 departures)
{
	struct plan_decision *d = &w->decision[w->depth];
	u64 most = 0, now;
	u16 i;

	for (i = 0; i < w->space->node_count; i++) {
		now = urgency(w, i);
		if (now > most)
			d->node = i;
		most = max(most, now);
	}
	if (!most) {
		finish(w);
		return;
	}
	w->depth++;
	d->departures = departures;
	d->undo_count = w->undo_count;
	d->tried = false;
	places_find(w, d);
	if (w->space->pause)
		w->space->pause();
}

static bool precedes(const struct plan_choice *a, const struct plan_choice *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->taken != b->taken ? a->taken < b->taken : a->start < b->start;
}

/* Take the best of the choices that are left, if any can lead to a cheaper layout. */
static bool next_choice(struct plan_work *w, struct plan_decision *d, u32 effort,
			struct plan_choice *out)
{
	struct plan_choice *c = w->choice + d->first, *best = NULL;
	u32 i;

	for (i = 0; i < d->count; i++)
		if (w->cost + c[i].price < w->best_cost && (!best || precedes(&c[i], best)))
			best = &c[i];
	if (!best)
		return false;
	if (d->tried && (!d->departures || w->places >= effort)) {
		w->cut = true;
		return false;
	}
	d->departures -= d->tried;
	d->tried = true;
	*out = *best;
	*best = c[--d->count];
	return true;
}

/* Decide about one node after the other until all is settled, go back, decide otherwise. */
static void search(struct plan_work *w, u32 departures, u32 effort)
{
	struct plan_choice choice;

	w->cut = false;
	w->thinned = false;
	w->choice_count = 0;
	descend(w, departures);
	while (w->depth) {
		struct plan_decision *d = &w->decision[w->depth - 1];

		layout_undo(w, d->undo_count);
		if (!next_choice(w, d, effort, &choice)) {
			w->choice_count = d->first;
			w->depth--;
		} else if (layout_do(w, d->node, &choice)) {
			descend(w, d->departures);
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
	struct plan_work w = { .space = space, .best_cost = ~0ULL };
	int error = check(space);
	bool complete;

	memset(result, 0, sizeof(*result));
	carve_all(&w, space, work);
	if (!error)
		error = layout_init(&w);
	if (error)
		return error;
	if (places_lack(&w, result))
		return -ENOSPC;
	weigh(&w);
	complete = search_all(&w);
	result->places = w.places;
	if (w.best_cost == ~0ULL)
		return complete ? -ENOSPC : -ETIME;
	result->cost = w.best_cost;
	result->optimal = complete || !w.best_cost;
	order_steps(&w, result);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(plan_find);
