// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets a place in the aperture, when not everybody can.
 *
 * Functions are considered in one order: those needed to boot, then the higher
 * priority, the smaller one, the lower devfn. Each gets a place if it fits
 * beside all that have one, whichever way these are packed. Room that the host
 * wants kept free is packed along with them as BARs of nobody, so that a later
 * BAR of that size finds it aligned; it is the first to go.
 *
 * Nothing is touched but the plan, so all of this is tested on made-up buses.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>

#include "room/pack.h"
#include "room/place.h"

/**
 * struct spare - room to be kept free
 * @block: its pieces
 * @nr: so many
 */
struct spare {
	struct pvpci_place_bar block[2 * PVPCI_MAX_SPARE_BLOCKS];
	unsigned int nr;
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

/**
 * pvpci_place_is_settled - is there a BAR that stays where it is?
 * @f: a function
 * @b: number of the BAR
 *
 * Return: whether there is.
 */
bool pvpci_place_is_settled(const struct pvpci_place_function *f, unsigned int b)
{
	return f->settled && f->bar[b].bytes && f->bar[b].offset != PVPCI_BAR_UNASSIGNED;
}

/**
 * pvpci_place_need - sum of a function's BARs
 * @function: any
 *
 * Return: bytes, U64_MAX when they are more.
 */
u64 pvpci_place_need(const struct pvpci_place_function *function)
{
	u64 sum = 0;
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		if (check_add_overflow(sum, function->bar[b].bytes, &sum))
			return U64_MAX;
	return sum;
}

/* Is @a considered after @b? */
static bool comes_after(const struct pvpci_place_function *a,
			const struct pvpci_place_function *b)
{
	u64 x = pvpci_place_need(a), y = pvpci_place_need(b);

	if (a->keep != b->keep)
		return b->keep;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (x != y)
		return x > y;
	return a->devfn > b->devfn;
}

/* The one without a place to be considered after @last. */
static struct pvpci_place_function *next_dropped(struct pvpci_plan *plan,
						 const struct pvpci_place_function *last)
{
	struct pvpci_place_function *best = NULL;
	unsigned int i;

	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		if (!f->dropped || (last && !comes_after(f, last)))
			continue;
		if (!best || comes_after(best, f))
			best = f;
	}
	return best;
}

/* A glance that spares the search. */
static bool oversubscribed(const struct pvpci_plan *plan)
{
	u64 left = plan->aperture_bytes;
	unsigned int i, b;

	for (i = 0; i < plan->nr_functions; i++) {
		const struct pvpci_place_function *f = &plan->function[i];

		for (b = 0; b < PVPCI_NUM_BARS && !f->dropped; b++) {
			if (f->settled && !pvpci_place_is_settled(f, b))
				continue;
			if (f->bar[b].bytes > left)
				return true;
			left -= f->bar[b].bytes;
		}
	}
	return false;
}

/* Do all that are not dropped fit, and @spare, with one of these efforts? */
static int fits(struct pvpci_pack *pack, struct pvpci_plan *plan, struct spare *spare,
		enum pvpci_effort first, enum pvpci_effort last)
{
	int ret = -ENOSPC, effort;
	unsigned int i, b;

	pack->nr_items = 0;
	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		for (b = 0; b < PVPCI_NUM_BARS && !f->settled && !f->dropped; b++)
			if (f->bar[b].bytes)
				pvpci_pack_add(pack, &f->bar[b]);
	}
	/* The smallest of its size goes outside, next to what may come. */
	for (i = 0; spare && i < spare->nr; i++)
		pvpci_pack_add(pack, &spare->block[i]);
	for (effort = first; effort <= last && ret == -ENOSPC; effort++)
		ret = pvpci_pack(pack, effort);
	return ret;
}

/* One by one. -ENOSPC: one of those to keep finds none. */
static int admit(struct pvpci_pack *pack, struct pvpci_plan *plan, enum pvpci_effort first,
		 enum pvpci_effort last)
{
	struct pvpci_place_function *f = NULL;
	bool kept = true;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < plan->nr_functions; i++) {
		f = &plan->function[i];
		f->dropped = !f->settled && pvpci_place_need(f);
	}
	for (f = next_dropped(plan, NULL); f; f = next_dropped(plan, f)) {
		f->dropped = false;
		ret = oversubscribed(plan) ? -ENOSPC : fits(pack, plan, NULL, first, last);
		f->dropped = ret;
		kept &= !ret || !f->keep;
	}
	/* Places are those of the last try, which may have failed. */
	if (ret)
		fits(pack, plan, NULL, first, last);
	return kept ? 0 : -ENOSPC;
}

static void make_window(struct pvpci_plan *plan, unsigned int i, u64 start, u64 end)
{
	struct pvpci_bridge_window *window = &plan->window[i];

	window->offset = start;
	window->bytes = end - start;
	window->bus_start = plan->cpu_base + start;
	if (i == PVPCI_WINDOW_32 && !identity(plan))
		window->bus_start = PVPCI_BUS32_START + (start & (SZ_1G - 1));
}

/* An empty one is where it was. */
static void set_windows(struct pvpci_plan *plan, const struct pvpci_pack *pack)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		u64 start = pack->window[i].end ? pack->window[i].start : plan->window[i].offset;

		make_window(plan, i, start, pack->window[i].end ?: start);
	}
}

/* The largest BAR that would find a place in a part of the aperture. */
static u64 largest_piece(const struct pvpci_pack *pack, const struct pvpci_interval *part)
{
	u64 bytes, at;

	for (bytes = BIT_ULL(63); bytes >= PVPCI_PAGE_BYTES; bytes /= 2)
		if (!pvpci_space_find_low(&pack->space, part->start, part->end, bytes, &at))
			return bytes;
	return 0;
}

static void miss(const struct pvpci_pack *pack, struct pvpci_place_function *f, u64 free_bytes)
{
	u64 need = pvpci_place_need(f);
	unsigned int b;

	f->missing_bytes = need > free_bytes ? need - free_bytes : 0;
	f->missing_piece = 0;
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		unsigned int i = f->bar[b].mem64 ? PVPCI_WINDOW_64 : PVPCI_WINDOW_32;
		struct pvpci_interval above = pvpci_pack_reach(pack, i, true);
		struct pvpci_interval below = pvpci_pack_reach(pack, i, false);
		u64 piece = max(largest_piece(pack, &above), largest_piece(pack, &below));

		if (f->bar[b].bytes > piece)
			f->missing_piece = max(f->missing_piece, f->bar[b].bytes - piece);
	}
}

/* What those lack that have no place, and who has one is settled. */
static void conclude(struct pvpci_pack *pack, struct pvpci_plan *plan)
{
	u64 free_bytes = plan->aperture_bytes;
	unsigned int i, b;

	for (i = 0; i < pack->space.nr; i++)
		free_bytes -= pack->space.taken[i].end - pack->space.taken[i].start;
	pvpci_pack_trim(pack);
	for (i = 0; i < plan->nr_functions; i++) {
		struct pvpci_place_function *f = &plan->function[i];

		f->settled |= !f->dropped;
		if (!f->dropped)
			continue;
		plan->nr_dropped++;
		for (b = 0; b < PVPCI_NUM_BARS; b++)
			f->bar[b].offset = PVPCI_BAR_UNASSIGNED;
		miss(pack, f, free_bytes);
	}
}

/* Pieces of it, from large to small. */
static void add_spare(const struct pvpci_plan *plan, struct spare *spare, u64 bytes, bool mem64)
{
	bytes = ALIGN(min(bytes, plan->aperture_bytes), PVPCI_PAGE_BYTES);
	while (bytes) {
		u64 block = rounddown_pow_of_two(bytes);

		spare->block[spare->nr++] = (struct pvpci_place_bar){
			.bytes = block, .mem64 = mem64 };
		bytes -= block;
	}
}

/* Where windows that nobody needs yet could begin: the 32-bit one needs a gigabyte. */
static void move_empty_windows(struct pvpci_plan *plan, const struct pvpci_pack *pack)
{
	u64 at;

	plan->window[PVPCI_WINDOW_64].offset = 0;
	plan->window[PVPCI_WINDOW_32].offset = 0;
	if (!pvpci_space_find_low(&pack->space, 0, plan->aperture_bytes, PVPCI_PAGE_BYTES, &at))
		plan->window[PVPCI_WINDOW_32].offset = at;
}

static int place_all(struct pvpci_pack *pack, struct pvpci_plan *plan, struct spare *spare)
{
	const enum pvpci_effort first = PVPCI_EFFORT_ABOVE, last = PVPCI_EFFORT_END;
	int ret;

	add_spare(plan, spare, plan->spare32_bytes, false);
	add_spare(plan, spare, plan->spare64_bytes, true);
	ret = fits(pack, plan, spare, first, last);
	if (ret && spare->nr) {
		plan->spare_dropped = true;
		ret = fits(pack, plan, NULL, first, last);
	}
	if (ret)
		ret = admit(pack, plan, first, last);
	if (ret)
		return ret;
	move_empty_windows(plan, pack);
	set_windows(plan, pack);
	conclude(pack, plan);
	return 0;
}

/**
 * pvpci_place - plan a whole bus
 * @plan: filled but for the answers
 *
 * Return: 0; -ENOSPC when even those to keep do not fit, nothing is placed
 * then; -EINVAL when settled functions overlap; -ENOMEM.
 */
int pvpci_place(struct pvpci_plan *plan)
{
	struct spare *spare = kvzalloc(sizeof(*spare), GFP_KERNEL);
	struct pvpci_pack pack;
	unsigned int i;
	int ret;

	plan->nr_dropped = 0;
	plan->spare_dropped = false;
	for (i = 0; i < plan->nr_functions; i++)
		plan->function[i].dropped = false;
	ret = pvpci_pack_init(&pack, plan);
	if (!ret)
		ret = spare ? place_all(&pack, plan, spare) : -ENOMEM;
	pvpci_pack_exit(&pack);
	kvfree(spare);
	return ret;
}

/*
 * The windows take all that is left, so that whoever moves BARs (pci_rebalance) has all of the
 * aperture to work with. A window that needs it back gets it.
 */
static void spread(struct pvpci_pack *pack, unsigned int first)
{
	unsigned int n;

	for (n = 0; n < PVPCI_NR_WINDOWS; n++) {
		unsigned int i = (first + n) % PVPCI_NR_WINDOWS;
		struct pvpci_interval above = pvpci_pack_reach(pack, i, true);
		struct pvpci_interval below = pvpci_pack_reach(pack, i, false);

		if (above.start >= above.end ||
		    (below.start < below.end && below.end - below.start > above.end - above.start))
			above = below;
		if (above.start < above.end)
			pvpci_interval_extend(&pack->window[i], above.start, above.end);
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
	struct pvpci_pack pack;
	int ret = pvpci_pack_init(&pack, plan);

	if (!ret) {
		pvpci_pack(&pack, PVPCI_EFFORT_TRIM);
		spread(&pack, first);
		set_windows(plan, &pack);
	}
	pvpci_pack_exit(&pack);
	return ret;
}

/**
 * pvpci_place_more - find room for more functions, in larger windows if need be
 * @plan: with its windows; settled functions stay, none is dropped
 *
 * First the holes inside the windows, so that nothing changes. Then a window
 * grows into aperture that nobody uses. Then what no BAR uses of the windows is
 * given up, so that one can grow at the other's expense: only BARs stay where they
 * are. When somebody finds no room all the same the windows take the whole aperture.
 *
 * Return: 0; -EINVAL when settled functions overlap; -ENOMEM.
 */
int pvpci_place_more(struct pvpci_plan *plan)
{
	enum pvpci_effort last = plan->fixed_windows ? PVPCI_EFFORT_HOLE : PVPCI_EFFORT_TRIM;
	struct pvpci_pack pack;
	int ret;

	plan->nr_dropped = 0;
	ret = pvpci_pack_init(&pack, plan);
	if (ret)
		goto exit;
	if (fits(&pack, plan, NULL, PVPCI_EFFORT_HOLE, last)) {
		admit(&pack, plan, PVPCI_EFFORT_HOLE, last);
		if (!plan->fixed_windows)
			spread(&pack, PVPCI_WINDOW_64);
	}
	set_windows(plan, &pack);
	conclude(&pack, plan);
exit:
	pvpci_pack_exit(&pack);
	return ret;
}
