// SPDX-License-Identifier: GPL-2.0
/*
 * BARs packed into the aperture, and windows around them.
 *
 * BARs are powers of two and the aperture is one, aligned to itself. Packed
 * from big to small there is never a hole: 32-bit BARs from the bottom of the
 * aperture upwards, 64-bit BARs from its top downwards, and each window is what
 * its BARs cover, or what it was when that is more. BARs that are settled stay;
 * the others are packed around them. A window is one piece, so windows do not
 * pass each other.
 *
 * All offsets here count from the start of the aperture, "end" is exclusive.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "room/pack.h"
#include "room/place.h"

/**
 * pvpci_pack_init - begin with what is settled
 * @pack: filled; pvpci_pack_exit() frees what it has, whatever came of this
 * @plan: its settled functions stay where they are
 *
 * Return: 0; -EINVAL when settled functions overlap; -ENOMEM.
 */
int pvpci_pack_init(struct pvpci_pack *pack, const struct pvpci_plan *plan)
{
	size_t nr = (size_t)plan->nr_functions * PVPCI_NUM_BARS + 2 * PVPCI_MAX_SPARE_BLOCKS;
	unsigned int i, b;

	*pack = (struct pvpci_pack){ .plan = plan, .space.max = nr };
	pack->space.taken = kvcalloc(nr, sizeof(*pack->space.taken), GFP_KERNEL);
	pack->settled = kvcalloc(nr, sizeof(*pack->settled), GFP_KERNEL);
	pack->item = kvcalloc(nr, sizeof(*pack->item), GFP_KERNEL);
	if (!pack->space.taken || !pack->settled || !pack->item)
		return -ENOMEM;
	for (i = 0; i < plan->nr_functions; i++) {
		const struct pvpci_place_function *f = &plan->function[i];

		for (b = 0; b < PVPCI_NUM_BARS; b++)
			if (pvpci_place_is_settled(f, b) &&
			    pvpci_space_take(&pack->space, f->bar[b].offset, f->bar[b].bytes))
				return -EINVAL;
	}
	pack->nr_settled = pack->space.nr;
	memcpy(pack->settled, pack->space.taken, pack->nr_settled * sizeof(*pack->settled));
	return 0;
}

/**
 * pvpci_pack_exit - free what a pack has
 * @pack: pvpci_pack_init() was called for it
 */
void pvpci_pack_exit(struct pvpci_pack *pack)
{
	kvfree(pack->space.taken);
	kvfree(pack->settled);
	kvfree(pack->item);
}

/**
 * pvpci_pack_add - a BAR is to be packed
 * @pack: the pack
 * @bar: gets its place; among equals the first that was added is packed first
 */
void pvpci_pack_add(struct pvpci_pack *pack, struct pvpci_place_bar *bar)
{
	pack->item[pack->nr_items] = (struct pvpci_pack_item){ bar, pack->nr_items };
	pack->nr_items++;
}

static int compare_items(const void *a, const void *b)
{
	const struct pvpci_pack_item *x = a, *y = b;

	if (x->bar->bytes != y->bar->bytes)
		return x->bar->bytes < y->bar->bytes ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/**
 * pvpci_pack_trim - windows become what BARs use of them
 * @pack: the pack
 */
void pvpci_pack_trim(struct pvpci_pack *pack)
{
	struct pvpci_interval used[PVPCI_NR_WINDOWS] = {};
	unsigned int i, n;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++)
		for (n = 0; n < pack->space.nr; n++) {
			const struct pvpci_interval *t = &pack->space.taken[n];

			if (t->start >= pack->window[i].start && t->end <= pack->window[i].end)
				pvpci_interval_extend(&used[i], t->start, t->end);
		}
	memcpy(pack->window, used, sizeof(used));
}

/**
 * pvpci_pack_reach - as far as a window can grow
 * @pack: the pack
 * @i: PVPCI_WINDOW_*
 * @above: an empty one goes above the other one, or below
 *
 * Return: aperture offsets; nothing when the end is not behind the start.
 */
struct pvpci_interval pvpci_pack_reach(const struct pvpci_pack *pack, unsigned int i, bool above)
{
	const struct pvpci_interval *window = &pack->window[i], *other = &pack->window[!i];
	struct pvpci_interval reach = { 0, pack->plan->aperture_bytes };

	if (i == PVPCI_WINDOW_32)
		reach = pvpci_place_range32(pack->plan, window->end ? window->start : pack->at32);
	if (window->end)
		above = window->start >= other->end;
	if (other->end && above)
		reach.start = max(reach.start, other->end);
	else if (other->end)
		reach.end = min(reach.end, other->start);
	return reach;
}

static int take(struct pvpci_pack *pack, struct pvpci_place_bar *bar, bool low, u64 lo, u64 hi)
{
	return low ? pvpci_space_take_low(&pack->space, lo, hi, bar->bytes, &bar->offset) :
		     pvpci_space_take_high(&pack->space, lo, hi, bar->bytes, &bar->offset);
}

static int take_in_empty(struct pvpci_pack *pack, struct pvpci_place_bar *bar, unsigned int i,
			 bool above)
{
	struct pvpci_interval far = pvpci_pack_reach(pack, i, above);

	return take(pack, bar, !bar->mem64, far.start, far.end);
}

/* 32-bit BARs go upwards, 64-bit ones downwards; so do their windows if they can. */
static int pack_bar(struct pvpci_pack *pack, struct pvpci_place_bar *bar, bool grow)
{
	unsigned int i = bar->mem64 ? PVPCI_WINDOW_64 : PVPCI_WINDOW_32;
	struct pvpci_interval *window = &pack->window[i], far;
	bool above = bar->mem64 && pack->above;
	int ret = -ENOSPC;

	if (window->end)
		ret = take(pack, bar, !bar->mem64, window->start, window->end);
	if (ret && grow && window->end) {
		far = pvpci_pack_reach(pack, i, above);
		if (bar->mem64)
			ret = take(pack, bar, false, far.start, window->end) &&
			      take(pack, bar, true, window->start, far.end);
		else
			ret = take(pack, bar, true, window->start, far.end) &&
			      take(pack, bar, false, far.start, window->end);
	} else if (ret && grow) {
		ret = take_in_empty(pack, bar, i, above) && take_in_empty(pack, bar, i, !above);
	}
	if (ret)
		return -ENOSPC;
	pvpci_interval_extend(window, bar->offset, bar->offset + bar->bytes);
	return 0;
}

static int pack_kind(struct pvpci_pack *pack, bool mem64, bool grow)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < pack->nr_items && !ret; n++)
		if (pack->item[n].bar->mem64 == mem64)
			ret = pack_bar(pack, pack->item[n].bar, grow);
	return ret;
}

/* New windows cover settled 32-bit BARs. */
static void cover_settled32(struct pvpci_pack *pack)
{
	const struct pvpci_plan *plan = pack->plan;
	unsigned int i, b;

	for (i = 0; i < plan->nr_functions; i++)
		for (b = 0; b < PVPCI_NUM_BARS; b++) {
			const struct pvpci_place_bar *bar = &plan->function[i].bar[b];

			if (pvpci_place_is_settled(&plan->function[i], b) && !bar->mem64)
				pvpci_interval_extend(&pack->window[PVPCI_WINDOW_32], bar->offset,
						      bar->offset + bar->bytes);
		}
}

/*
 * And settled 64-bit ones. These may also lie in the 32-bit window; they do
 * where the 64-bit window is on the other side.
 */
static int cover_settled64(struct pvpci_pack *pack)
{
	struct pvpci_interval *w32 = &pack->window[PVPCI_WINDOW_32];
	struct pvpci_interval *w64 = &pack->window[PVPCI_WINDOW_64];
	const struct pvpci_plan *plan = pack->plan;
	struct pvpci_interval range;
	unsigned int i, b;

	range = pvpci_place_range32(plan, w32->end ? w32->start : pack->at32);
	for (i = 0; i < plan->nr_functions; i++)
		for (b = 0; b < PVPCI_NUM_BARS; b++) {
			const struct pvpci_place_bar *bar = &plan->function[i].bar[b];
			u64 end = bar->offset + bar->bytes;

			if (!pvpci_place_is_settled(&plan->function[i], b) || !bar->mem64)
				continue;
			if (!w32->end || (pack->above ? bar->offset >= w32->end :
							end <= w32->start))
				pvpci_interval_extend(w64, bar->offset, end);
			else
				pvpci_interval_extend(w32, bar->offset, end);
		}
	if (w32->end && (w32->start < range.start || w32->end > range.end))
		return -ENOSPC;
	if (w32->end && w64->end && w32->start < w64->end && w64->start < w32->end)
		return -ENOSPC;
	return 0;
}

/* Windows that are as they were, or that there are none yet. */
static void start_over(struct pvpci_pack *pack, enum pvpci_effort effort)
{
	const struct pvpci_bridge_window *was = pack->plan->window;
	unsigned int i;

	pack->space.nr = pack->nr_settled;
	memcpy(pack->space.taken, pack->settled, pack->nr_settled * sizeof(*pack->settled));
	memset(pack->window, 0, sizeof(pack->window));
	pack->above = effort <= PVPCI_EFFORT_ABOVE;
	pack->at32 = was[PVPCI_WINDOW_32].offset;
	if (effort >= PVPCI_EFFORT_ABOVE) {
		pack->at32 = effort == PVPCI_EFFORT_END ? pack->plan->aperture_bytes - 1 : 0;
		cover_settled32(pack);
		return;
	}
	for (i = 0; i < PVPCI_NR_WINDOWS; i++)
		if (was[i].bytes)
			pvpci_interval_extend(&pack->window[i], was[i].offset,
					      was[i].offset + was[i].bytes);
	if (effort == PVPCI_EFFORT_TRIM)
		pvpci_pack_trim(pack);
}

/**
 * pvpci_pack - find a place for all that was added
 * @pack: begins anew with what is settled
 * @effort: what may be done for them
 *
 * Return: 0; -ENOSPC, offsets are no places then.
 */
int pvpci_pack(struct pvpci_pack *pack, enum pvpci_effort effort)
{
	bool grow = effort != PVPCI_EFFORT_HOLE;
	int ret;

	start_over(pack, effort);
	sort(pack->item, pack->nr_items, sizeof(*pack->item), compare_items, NULL);
	ret = pack_kind(pack, false, grow);
	if (!ret && effort >= PVPCI_EFFORT_ABOVE)
		ret = cover_settled64(pack);
	return ret ?: pack_kind(pack, true, grow);
}
