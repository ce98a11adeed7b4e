// SPDX-License-Identifier: GPL-2.0
/*
 * Room for functions that arrive when the windows exist.
 *
 * First the holes inside the windows, so that nothing changes. Then a window
 * grows into aperture that nobody uses. Then what no BAR uses of the windows
 * is given up, so that one can grow at the other's expense: only BARs stay
 * where they are. A window is one piece, so windows do not pass each other.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "room/place.h"
#include "room/space.h"

/**
 * enum effort - what may be done for a function
 * @EFFORT_HOLE: use a hole in a window
 * @EFFORT_GROW: make a window grow
 * @EFFORT_TRIM: give up what windows have and nobody uses, then grow
 * @EFFORT_END: no more
 */
enum effort { EFFORT_HOLE, EFFORT_GROW, EFFORT_TRIM, EFFORT_END };

/**
 * struct more - the aperture while functions are placed in it
 * @plan: the question
 * @space: what BARs have
 * @window: windows as they would be; end is 0 for an empty one
 * @saved: of @space, to go back
 * @bar: BARs to be placed
 */
struct more {
	struct pvpci_plan *plan;
	struct pvpci_space space;
	struct pvpci_interval window[PVPCI_NR_WINDOWS];
	struct pvpci_interval *saved;
	struct pvpci_place_bar **bar;
};

static bool is_placed(const struct pvpci_place_function *f, unsigned int b)
{
	return f->settled && f->bar[b].bytes && f->bar[b].offset != PVPCI_BAR_UNASSIGNED;
}

static void more_exit(struct more *more)
{
	kvfree(more->space.taken);
	kvfree(more->saved);
	kvfree(more->bar);
}

/* BARs that have a place, and the windows as they are. */
static int more_init(struct more *more, struct pvpci_plan *plan)
{
	size_t nr = (size_t)plan->nr_functions * PVPCI_NUM_BARS + 1;
	unsigned int i, b;
	int ret = 0;

	*more = (struct more){ .plan = plan, .space.max = nr };
	more->space.taken = kvcalloc(nr, sizeof(*more->space.taken), GFP_KERNEL);
	more->saved = kvcalloc(nr, sizeof(*more->saved), GFP_KERNEL);
	more->bar = kvcalloc(nr, sizeof(*more->bar), GFP_KERNEL);
	if (!more->space.taken || !more->saved || !more->bar)
		ret = -ENOMEM;
	for (i = 0; i < PVPCI_NR_WINDOWS; i++)
		if (plan->window[i].bytes)
			pvpci_interval_extend(&more->window[i], plan->window[i].offset,
					      plan->window[i].offset + plan->window[i].bytes);
	for (i = 0; i < plan->nr_functions; i++) {
		const struct pvpci_place_function *f = &plan->function[i];

		for (b = 0; b < PVPCI_NUM_BARS && !ret; b++)
			if (is_placed(f, b) &&
			    pvpci_space_take(&more->space, f->bar[b].offset, f->bar[b].bytes))
				ret = -EINVAL;
	}
	if (ret)
		more_exit(more);
	return ret;
}

/* Windows become what BARs use of them. */
static void trim(struct more *more)
{
	struct pvpci_interval used[PVPCI_NR_WINDOWS] = {};
	unsigned int i, n;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++)
		for (n = 0; n < more->space.nr; n++) {
			const struct pvpci_interval *t = &more->space.taken[n];

			if (t->start >= more->window[i].start && t->end <= more->window[i].end)
				pvpci_interval_extend(&used[i], t->start, t->end);
		}
	memcpy(more->window, used, sizeof(used));
}

/* As far as a window can grow; an empty one above or below the other. */
static struct pvpci_interval reach(const struct more *more, unsigned int i, bool above)
{
	const struct pvpci_interval *window = &more->window[i], *other = &more->window[!i];
	struct pvpci_interval reach = { 0, more->plan->aperture_bytes };

	if (i == PVPCI_WINDOW_32)
		reach = pvpci_place_range32(more->plan, more->plan->window[i].offset);
	if (window->end)
		above = window->start >= other->end;
	if (other->end && above)
		reach.start = max(reach.start, other->end);
	else if (other->end)
		reach.end = min(reach.end, other->start);
	return reach;
}

static int take(struct more *more, struct pvpci_place_bar *bar, bool low, u64 lo, u64 hi)
{
	return low ? pvpci_space_take_low(&more->space, lo, hi, bar->bytes, &bar->offset) :
		     pvpci_space_take_high(&more->space, lo, hi, bar->bytes, &bar->offset);
}

/* 32-bit BARs go upwards, 64-bit ones downwards; so do their windows if they can. */
static int place_bar(struct more *more, struct pvpci_place_bar *bar, enum effort effort)
{
	unsigned int i = bar->mem64 ? PVPCI_WINDOW_64 : PVPCI_WINDOW_32;
	struct pvpci_interval *window = &more->window[i], far;
	bool low = !bar->mem64;
	int ret = -ENOSPC;

	if (window->end)
		ret = take(more, bar, low, window->start, window->end);
	if (ret && effort != EFFORT_HOLE) {
		far = reach(more, i, !low);
		if (!window->end)
			ret = take(more, bar, low, far.start, far.end);
		else if (low)
			ret = take(more, bar, true, window->start, far.end) &&
			      take(more, bar, false, far.start, window->end);
		else
			ret = take(more, bar, false, far.start, window->end) &&
			      take(more, bar, true, window->start, far.end);
	}
	if (ret && effort != EFFORT_HOLE && !window->end) {
		far = reach(more, i, low);
		ret = take(more, bar, low, far.start, far.end);
	}
	if (ret)
		return -ENOSPC;
	pvpci_interval_extend(window, bar->offset, bar->offset + bar->bytes);
	return 0;
}

static int compare_bars(const void *a, const void *b)
{
	const struct pvpci_place_bar *x = *(struct pvpci_place_bar * const *)a;
	const struct pvpci_place_bar *y = *(struct pvpci_place_bar * const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* BARs of one function, or of all that have no place yet, from large to small. */
static unsigned int collect(struct pvpci_plan *plan, const struct pvpci_place_function *one,
			    struct pvpci_place_bar **bar)
{
	unsigned int i, b, nr = 0;

	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		if (f->settled || f->dropped || (one && f != one))
			continue;
		for (b = 0; b < PVPCI_NUM_BARS; b++)
			if (f->bar[b].bytes)
				bar[nr++] = &f->bar[b];
	}
	sort(bar, nr, sizeof(*bar), compare_bars, NULL);
	return nr;
}

/* All of them, or none and nothing has changed. @one: NULL for all functions. */
static int place_with(struct more *more, const struct pvpci_place_function *one,
		      enum effort effort)
{
	unsigned int i, nr, before = more->space.nr;
	struct more saved = *more;
	int ret = 0;

	memcpy(more->saved, more->space.taken, before * sizeof(*more->saved));
	nr = collect(more->plan, one, more->bar);
	if (effort == EFFORT_TRIM)
		trim(more);
	for (i = 0; i < nr && !ret; i++)
		ret = place_bar(more, more->bar[i], effort);
	if (!ret)
		return 0;
	*more = saved;
	memcpy(more->space.taken, more->saved, before * sizeof(*more->saved));
	for (i = 0; i < nr; i++)
		more->bar[i]->offset = PVPCI_BAR_UNASSIGNED;
	return ret;
}

static bool place_somehow(struct more *more, const struct pvpci_place_function *one)
{
	enum effort effort, end = more->plan->fixed_windows ? EFFORT_GROW : EFFORT_END;

	for (effort = EFFORT_HOLE; effort < end; effort++)
		if (!place_with(more, one, effort))
			return true;
	return false;
}

static struct pvpci_place_function *next_to_place(struct pvpci_plan *plan)
{
	struct pvpci_place_function *best = NULL;
	unsigned int i;

	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		if (f->settled || f->dropped)
			continue;
		if (!best || f->keep > best->keep ||
		    (f->keep == best->keep && pvpci_place_loses(best, f)))
			best = f;
	}
	return best;
}

/* The largest BAR that would find a place in a part of the aperture. */
static u64 largest_piece(const struct more *more, const struct pvpci_interval *part)
{
	u64 bytes, at;

	for (bytes = BIT_ULL(63); bytes >= PVPCI_PAGE_BYTES; bytes /= 2)
		if (!pvpci_space_find_low(&more->space, part->start, part->end, bytes, &at))
			return bytes;
	return 0;
}

static void miss(const struct more *more, struct pvpci_place_function *f, u64 free_bytes)
{
	u64 need = pvpci_place_need(f);
	unsigned int b;

	f->missing_bytes = need > free_bytes ? need - free_bytes : 0;
	f->missing_piece = 0;
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		unsigned int i = f->bar[b].mem64 ? PVPCI_WINDOW_64 : PVPCI_WINDOW_32;
		struct pvpci_interval above = reach(more, i, true), below = reach(more, i, false);
		u64 piece = max(largest_piece(more, &above), largest_piece(more, &below));

		if (f->bar[b].bytes > piece)
			f->missing_piece = max(f->missing_piece, f->bar[b].bytes - piece);
	}
}

/* For those that were dropped: what is missing in the aperture as it is now. */
static void miss_all(struct more *more)
{
	struct pvpci_plan *plan = more->plan;
	u64 free_bytes = plan->aperture_bytes;
	unsigned int i;

	for (i = 0; i < more->space.nr; i++)
		free_bytes -= more->space.taken[i].end - more->space.taken[i].start;
	trim(more);
	for (i = 0; i < plan->nr_functions; i++)
		if (plan->function[i].dropped)
			miss(more, &plan->function[i], free_bytes);
}

/**
 * pvpci_place_missing - say how much room the dropped functions lack
 * @plan: placed; functions that have places need not be marked as settled
 *
 * Return: 0; -EINVAL when functions overlap; -ENOMEM.
 */
int pvpci_place_missing(struct pvpci_plan *plan)
{
	struct more more;
	unsigned int i;
	int ret;

	for (i = 0; i < plan->nr_functions; i++)
		plan->function[i].settled |= !plan->function[i].dropped;
	ret = more_init(&more, plan);
	if (ret)
		return ret;
	miss_all(&more);
	more_exit(&more);
	return 0;
}

/* One by one: who comes first in the reverse of the order of dropping finds room first. */
static void place_in_turn(struct more *more)
{
	struct pvpci_place_function *f;

	while ((f = next_to_place(more->plan))) {
		if (place_somehow(more, f)) {
			f->settled = true;
		} else {
			f->dropped = true;
			more->plan->nr_dropped++;
		}
	}
}

/*
 * The windows take all that is left, so that whoever moves BARs (pci_rebalance) has all of the
 * aperture to work with. A window that needs it back gets it.
 */
static void spread(struct more *more, unsigned int first)
{
	unsigned int n;

	for (n = 0; n < PVPCI_NR_WINDOWS; n++) {
		unsigned int i = (first + n) % PVPCI_NR_WINDOWS;
		struct pvpci_interval above = reach(more, i, true), below = reach(more, i, false);

		if (above.start >= above.end ||
		    (below.start < below.end && below.end - below.start > above.end - above.start))
			above = below;
		if (above.start < above.end)
			pvpci_interval_extend(&more->window[i], above.start, above.end);
	}
}

static void set_windows(const struct more *more)
{
	struct pvpci_plan *plan = more->plan;
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		u64 start = more->window[i].end ? more->window[i].start : plan->window[i].offset;

		pvpci_place_window(plan, i, start, more->window[i].end ?: start);
	}
}

/**
 * pvpci_place_spread - let the windows take all of the aperture
 * @plan: with its windows; only they change
 * @first: PVPCI_WINDOW_*, the one that takes what both could
 *
 * Return: 0; -EINVAL when functions overlap; -ENOMEM.
 */
int pvpci_place_spread(struct pvpci_plan *plan, unsigned int first)
{
	struct more more;
	int ret = more_init(&more, plan);

	if (ret)
		return ret;
	trim(&more);
	spread(&more, first);
	set_windows(&more);
	more_exit(&more);
	return 0;
}

/**
 * pvpci_place_more - find room for more functions, in larger windows if need be
 * @plan: with its windows; settled functions stay
 *
 * When there is no room for all that are new, they are tried one by one, in
 * the reverse of the order in which they would be dropped. One that finds no
 * room for all its BARs is dropped, and the windows take the whole aperture;
 * whoever finds it is settled afterwards.
 *
 * Return: 0; -EINVAL when settled functions overlap; -ENOMEM.
 */
int pvpci_place_more(struct pvpci_plan *plan)
{
	struct more more;
	unsigned int i;
	int ret;

	plan->nr_dropped = 0;
	ret = more_init(&more, plan);
	if (ret)
		return ret;
	if (place_somehow(&more, NULL))
		for (i = 0; i < plan->nr_functions; i++)
			plan->function[i].settled |= !plan->function[i].dropped;
	else
		place_in_turn(&more);
	if (plan->nr_dropped && !plan->fixed_windows)
		spread(&more, PVPCI_WINDOW_64);
	set_windows(&more);
	if (plan->nr_dropped)
		miss_all(&more);
	more_exit(&more);
	return 0;
}
