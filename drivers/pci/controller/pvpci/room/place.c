// SPDX-License-Identifier: GPL-2.0
/*
 * Placement of BARs in the aperture and of windows around them.
 *
 * BARs are powers of two and the aperture is one, aligned to itself. Packed
 * from big to small there is never a hole: 32-bit BARs from the bottom of the
 * aperture upwards, 64-bit BARs from its top downwards, and each window is
 * what its BARs cover. Room that the host wants kept free is packed along with
 * them as BARs of nobody, so that a later BAR of that size finds it aligned.
 * BARs that decode already stay; the others are packed around them.
 *
 * All offsets here count from the start of the aperture, "end" is exclusive.
 * Nothing is touched but the plan, so all of this is tested on made-up buses.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "room/place.h"
#include "room/space.h"

#define MAX_SPARE_BLOCKS	64	/* bits of a u64 */

struct item {
	u64 bytes;
	u64 offset;
	struct pvpci_place_function *function;	/* NULL for room to keep free */
	unsigned int bar;
	bool mem64;
	bool fixed;
};

struct work {
	struct pvpci_plan *plan;
	struct item *item;
	unsigned int nr_items;
	struct pvpci_space space;
	struct pvpci_interval hull[PVPCI_NR_WINDOWS];
	u64 at32;	/* where the 32-bit window goes when no BAR ties it down */
};

static bool identity(const struct pvpci_plan *plan)
{
	return plan->cpu_base + plan->aperture_bytes <= SZ_4G;
}

/**
 * pvpci_place_range32 - where a 32-bit window may lie
 * @plan: its @cpu_base and @aperture_bytes
 * @at: aperture offset of a byte that is in the window
 *
 * Bus addresses are 0xc0000000 and the offset modulo 1 GiB, so that bus and
 * CPU addresses are aligned alike; the window must not leave its gigabyte.
 *
 * Return: aperture offsets, end exclusive.
 */
struct pvpci_interval pvpci_place_range32(const struct pvpci_plan *plan, u64 at)
{
	u64 lo = ALIGN_DOWN(at, SZ_1G);

	if (identity(plan))
		return (struct pvpci_interval){ 0, plan->aperture_bytes };
	return (struct pvpci_interval){ lo, min(lo + PVPCI_BUS32_BYTES, plan->aperture_bytes) };
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	/* Room to keep free goes outside, next to what may come. */
	if (!x->function != !y->function)
		return x->function ? -1 : 1;
	if (x->function && x->function->devfn != y->function->devfn)
		return x->function->devfn < y->function->devfn ? -1 : 1;
	return x->bar < y->bar ? -1 : x->bar > y->bar;
}

static void add_spare(struct work *w, u64 bytes, bool mem64)
{
	unsigned int bar = 0;

	bytes = ALIGN(min(bytes, w->plan->aperture_bytes), PVPCI_PAGE_BYTES);
	while (bytes) {
		u64 block = rounddown_pow_of_two(bytes);

		w->item[w->nr_items++] = (struct item){
			.bytes = block, .mem64 = mem64, .bar = bar };
		bar++;
		bytes -= block;
	}
}

static void collect_items(struct work *w, bool spare)
{
	struct pvpci_plan *plan = w->plan;
	unsigned int i, b;

	w->nr_items = 0;
	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		for (b = 0; b < PVPCI_NUM_BARS; b++) {
			if (!f->bar[b].bytes || f->dropped)
				continue;
			if (f->settled && f->bar[b].offset == PVPCI_BAR_UNASSIGNED)
				continue;
			w->item[w->nr_items++] = (struct item){
				.bytes = f->bar[b].bytes, .offset = f->bar[b].offset,
				.function = f, .bar = b, .mem64 = f->bar[b].mem64,
				.fixed = f->settled };
		}
	}
	if (spare) {
		add_spare(w, plan->spare32_bytes, false);
		add_spare(w, plan->spare64_bytes, true);
	}
	sort(w->item, w->nr_items, sizeof(*w->item), compare_items, NULL);
}

/* Put what stays into the map; hull of the 32-bit ones among them. */
static int take_fixed(struct work *w)
{
	unsigned int i;
	int ret = 0;

	w->space.nr = 0;
	memset(w->hull, 0, sizeof(w->hull));
	for (i = 0; i < w->nr_items && !ret; i++) {
		const struct item *it = &w->item[i];

		if (!it->fixed)
			continue;
		if (pvpci_space_take(&w->space, it->offset, it->bytes))
			ret = -EINVAL;
		if (!it->mem64)
			pvpci_interval_extend(&w->hull[PVPCI_WINDOW_32], it->offset,
					      it->offset + it->bytes);
	}
	return ret;
}

static struct pvpci_interval range32(const struct work *w)
{
	const struct pvpci_interval *hull = &w->hull[PVPCI_WINDOW_32];

	return pvpci_place_range32(w->plan, hull->end ? hull->start : w->at32);
}

/* Close to the 32-bit BARs there are, so that the window stays small. */
static int place32(struct work *w)
{
	struct pvpci_interval range = range32(w), *hull = &w->hull[PVPCI_WINDOW_32];
	unsigned int i;

	for (i = 0; i < w->nr_items; i++) {
		struct item *it = &w->item[i];
		u64 from = hull->end ? hull->start : range.start;

		if (it->fixed || it->mem64)
			continue;
		if (pvpci_space_take_low(&w->space, from, range.end, it->bytes, &it->offset) &&
		    pvpci_space_take_high(&w->space, range.start, from, it->bytes, &it->offset))
			return -ENOSPC;
		pvpci_interval_extend(hull, it->offset, it->offset + it->bytes);
	}
	return 0;
}

static int place64(struct work *w, u64 lo, u64 hi)
{
	unsigned int i;

	for (i = 0; i < w->nr_items; i++) {
		struct item *it = &w->item[i];

		if (it->fixed || !it->mem64)
			continue;
		if (pvpci_space_take_high(&w->space, lo, hi, it->bytes, &it->offset))
			return -ENOSPC;
		pvpci_interval_extend(&w->hull[PVPCI_WINDOW_64], it->offset,
				      it->offset + it->bytes);
	}
	return 0;
}

/*
 * A 64-bit BAR that stays may also lie in the 32-bit window; it does where
 * the 64-bit window is on the other side.
 */
static int cover_fixed64(struct work *w, bool above)
{
	struct pvpci_interval *h32 = &w->hull[PVPCI_WINDOW_32], *h64 = &w->hull[PVPCI_WINDOW_64];
	struct pvpci_interval range = range32(w);
	unsigned int i;

	for (i = 0; i < w->nr_items; i++) {
		const struct item *it = &w->item[i];
		u64 end = it->offset + it->bytes;

		if (!it->fixed || !it->mem64)
			continue;
		if (!h32->end || (above ? it->offset >= h32->end : end <= h32->start))
			pvpci_interval_extend(h64, it->offset, end);
		else
			pvpci_interval_extend(h32, it->offset, end);
	}
	if (h32->end && (h32->start < range.start || h32->end > range.end))
		return -ENOSPC;
	if (h32->end && h64->end && h32->start < h64->end && h64->start < h32->end)
		return -ENOSPC;
	return 0;
}

static int attempt_side(struct work *w, bool above)
{
	const struct pvpci_interval *h32 = &w->hull[PVPCI_WINDOW_32];
	int ret;

	ret = take_fixed(w);
	if (!ret)
		ret = place32(w);
	if (ret)
		return ret;
	if (above)
		ret = place64(w, h32->end, w->plan->aperture_bytes);
	else
		ret = place64(w, 0, h32->start);
	return ret ?: cover_fixed64(w, above);
}

static int attempt(struct work *w, bool spare)
{
	int ret;

	collect_items(w, spare);
	w->at32 = 0;
	ret = attempt_side(w, true);
	if (ret == -ENOSPC)
		ret = attempt_side(w, false);
	if (ret != -ENOSPC)
		return ret;
	/* Where the end cannot be used, the bottom may be the only place for a large BAR. */
	w->at32 = w->plan->aperture_bytes - 1;
	return attempt_side(w, false);
}

/**
 * pvpci_place_need - sum of a function's BARs
 * @function: any
 *
 * Return: bytes.
 */
u64 pvpci_place_need(const struct pvpci_place_function *function)
{
	u64 sum = 0;
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		sum += function->bar[b].bytes;
	return sum;
}

/**
 * pvpci_place_loses - who loses its place first?
 * @a: a function
 * @b: another
 *
 * Return: whether @a does: the lower priority, the larger one, the higher devfn.
 */
bool pvpci_place_loses(const struct pvpci_place_function *a, const struct pvpci_place_function *b)
{
	u64 x = pvpci_place_need(a), y = pvpci_place_need(b);

	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (x != y)
		return x > y;
	return a->devfn > b->devfn;
}

static bool drop_one(struct pvpci_plan *plan)
{
	struct pvpci_place_function *loser = NULL;
	unsigned int i, b;

	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		if (f->keep || f->settled || f->dropped || !pvpci_place_need(f))
			continue;
		if (!loser || pvpci_place_loses(f, loser))
			loser = f;
	}
	if (!loser)
		return false;
	loser->dropped = true;
	for (b = 0; b < PVPCI_NUM_BARS; b++)
		loser->bar[b].offset = PVPCI_BAR_UNASSIGNED;
	plan->nr_dropped++;
	return true;
}

static bool oversubscribed(const struct pvpci_plan *plan)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_functions; i++) {
		u64 need = pvpci_place_need(&plan->function[i]);

		if (plan->function[i].dropped)
			continue;
		if (need > plan->aperture_bytes - sum)
			return true;
		sum += need;
	}
	return false;
}

/**
 * pvpci_place_window - make a window of the part of the aperture it covers
 * @plan: its window is the answer
 * @i: PVPCI_WINDOW_*
 * @start: aperture offset of its first byte, or of the first it could have
 * @end: first byte behind it; @start for an empty window
 */
void pvpci_place_window(struct pvpci_plan *plan, unsigned int i, u64 start, u64 end)
{
	struct pvpci_bridge_window *window = &plan->window[i];

	window->offset = start;
	window->bytes = end - start;
	window->bus_start = plan->cpu_base + start;
	if (i == PVPCI_WINDOW_32 && !identity(plan))
		window->bus_start = PVPCI_BUS32_START + (start & (SZ_1G - 1));
}

/* Where a window that nobody needs yet could begin: the 32-bit one needs a gigabyte. */
static u64 empty_window(const struct work *w, unsigned int i)
{
	u64 at;

	if (i == PVPCI_WINDOW_32 &&
	    !pvpci_space_find_low(&w->space, 0, w->plan->aperture_bytes, PVPCI_PAGE_BYTES, &at))
		return at;
	return 0;
}

static void answer(struct work *w)
{
	struct pvpci_plan *plan = w->plan;
	unsigned int i;

	for (i = 0; i < w->nr_items; i++)
		if (w->item[i].function)
			w->item[i].function->bar[w->item[i].bar].offset = w->item[i].offset;
	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		u64 start = w->hull[i].end ? w->hull[i].start : empty_window(w, i);

		pvpci_place_window(plan, i, start, w->hull[i].end ?: start);
	}
}

static int work_init(struct work *w, struct pvpci_plan *plan)
{
	size_t nr = (size_t)plan->nr_functions * PVPCI_NUM_BARS + 2 * MAX_SPARE_BLOCKS;

	*w = (struct work){ .plan = plan };
	w->item = kvcalloc(nr, sizeof(*w->item), GFP_KERNEL);
	w->space.taken = kvcalloc(nr, sizeof(*w->space.taken), GFP_KERNEL);
	w->space.max = nr;
	if (w->item && w->space.taken)
		return 0;
	kvfree(w->item);
	kvfree(w->space.taken);
	return -ENOMEM;
}

static void work_exit(struct work *w)
{
	kvfree(w->item);
	kvfree(w->space.taken);
}

/* Of those that were dropped, the one to try after @last: in the reverse of that order. */
static struct pvpci_place_function *next_dropped(struct pvpci_plan *plan,
						 const struct pvpci_place_function *last)
{
	struct pvpci_place_function *best = NULL;
	unsigned int i;

	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		if (!f->dropped || (last && !pvpci_place_loses(f, last)))
			continue;
		if (!best || pvpci_place_loses(best, f))
			best = f;
	}
	return best;
}

/* One that could not have a place anyhow may have been dropped after others that can. */
static int readmit(struct work *w)
{
	struct pvpci_plan *plan = w->plan;
	struct pvpci_place_function *f = NULL;
	int ret = 0;

	while ((f = next_dropped(plan, f))) {
		f->dropped = false;
		ret = oversubscribed(plan) ? -ENOSPC : attempt(w, false);
		f->dropped = ret;
		plan->nr_dropped -= !ret;
	}
	return ret ? attempt(w, false) : 0;
}

/**
 * pvpci_place - plan a whole bus
 * @plan: filled but for the answers
 *
 * When not everything fits, the room to keep free goes first. Then functions
 * lose their place one by one: those to keep and those that decode never,
 * otherwise lowest priority first, largest first, highest devfn first. Whoever
 * fits beside those that are left has its place back, in the reverse order.
 *
 * Return: 0; -ENOSPC when even those to keep do not fit, nothing is placed
 * then; -EINVAL when settled functions overlap; -ENOMEM.
 */
int pvpci_place(struct pvpci_plan *plan)
{
	struct work w;
	int ret;

	plan->nr_dropped = 0;
	plan->spare_dropped = false;
	ret = work_init(&w, plan);
	if (ret)
		return ret;
	ret = attempt(&w, true);
	if (ret == -ENOSPC && (plan->spare32_bytes || plan->spare64_bytes)) {
		plan->spare_dropped = true;
		ret = attempt(&w, false);
	}
	while (ret == -ENOSPC) {
		if (!drop_one(plan))
			break;
		if (oversubscribed(plan))
			continue;
		ret = attempt(&w, false);
	}
	if (!ret && plan->nr_dropped > 1)
		ret = readmit(&w);
	if (!ret)
		answer(&w);
	work_exit(&w);
	if (!ret && plan->nr_dropped)
		ret = pvpci_place_missing(plan);
	return ret;
}
