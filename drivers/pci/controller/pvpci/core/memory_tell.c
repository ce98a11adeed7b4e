// SPDX-License-Identifier: GPL-2.0
/*
 * A host that has several files which may be this machine's memory is told what each range
 * of it is: a page that nobody uses is marked, and the host looks for the mark. One page
 * tells of all that lies in the same file beside it.
 *
 * A page of a given range cannot be asked for. So each node and zone gives one, which
 * nearly always is enough, and for what is left more are taken until one is there.
 */
#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "core/bus.h"
#include "core/memory_tell.h"
#include "wire/proto.h"

#define HUNT_ORDER	get_order(SZ_2M)
#define QUESTIONS_MAX	512	/* a host that needs more makes no progress */

/* Nothing is reclaimed for this: what is free is enough. */
#define GFP_TAKE	(GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE)

static const gfp_t zones[] = {
	GFP_TAKE, GFP_TAKE | GFP_DMA32, GFP_TAKE | __GFP_HIGHMEM | __GFP_MOVABLE,
};

/**
 * struct teller - tells of ranges, one after the other
 * @bus: whose host is told
 * @blocks: pages that were taken, by their lru; page_private() is the order
 * @budget: how many more pages may be taken
 * @questions: asked so far
 * @small: small ranges, too: they may be without a page, and lie beside what is known by now
 * @ret: what ended it; the walk's own errno is that of no range, too
 */
struct teller {
	struct pvpci_bus *bus;
	struct list_head blocks;
	long budget;
	unsigned int questions;
	bool small;
	int ret;
};

/* The first page of a block that lies in [@start, @end), or U64_MAX. */
static u64 page_in(struct page *block, u64 start, u64 end)
{
	u64 first = page_to_phys(block), at = max(first, ALIGN(start, PAGE_SIZE));

	first += PAGE_SIZE << page_private(block);
	return at + PAGE_SIZE <= min(first, end) ? at : U64_MAX;
}

static bool is_small(u64 start, u64 end)
{
	return end - start < SZ_2M;
}

static struct page *take(struct teller *teller, int node, gfp_t zone, unsigned int order)
{
	struct page *block;

	if (teller->budget < 1L << order)
		return NULL;
	block = alloc_pages_node(node, zone, order);
	if (!block)
		return NULL;
	teller->budget -= 1L << order;
	set_page_private(block, order);
	list_add(&block->lru, &teller->blocks);
	return block;
}

static void take_some(struct teller *teller)
{
	unsigned int i;
	int node;

	for_each_online_node(node)
		for (i = 0; i < ARRAY_SIZE(zones); i++)
			take(teller, node, zones[i], 0);
}

static void give_back(struct teller *teller)
{
	struct page *block, *next;

	list_for_each_entry_safe(block, next, &teller->blocks, lru) {
		unsigned int order = page_private(block);

		list_del(&block->lru);
		set_page_private(block, 0);
		__free_pages(block, order);
	}
}

static u64 hunt(struct teller *teller, u64 start, u64 end)
{
	struct page *block;
	unsigned int i;
	int node;
	u64 at;

	for_each_online_node(node) {
		for (i = 0; i < ARRAY_SIZE(zones); i++) {
			while ((block = take(teller, node, zones[i], HUNT_ORDER))) {
				at = page_in(block, start, end);
				if (at != U64_MAX)
					return at;
			}
		}
	}
	return U64_MAX;
}

/* A page of the range that is ours, or U64_MAX. */
static u64 find_page(struct teller *teller, u64 start, u64 end)
{
	struct page *block;
	u64 at;

	list_for_each_entry(block, &teller->blocks, lru) {
		at = page_in(block, start, end);
		if (at != U64_MAX)
			return at;
	}
	return is_small(start, end) ? U64_MAX : hunt(teller, start, end);
}

static int tell_marked(struct pvpci_bus *bus, struct pvpci_ram *told, u64 at)
{
	u8 *page = phys_to_virt(at);
	int ret;

	get_random_bytes(page, PVPCI_MARK_BYTES);
	ret = pvpci_proto_memory(&bus->wire, PVPCI_MEMORY_MARKED, told, at, page);
	memzero_explicit(page, PVPCI_MARK_BYTES);
	return ret;
}

/* What the host reaches of [@start, @end), in @told. */
static int tell_part(struct teller *teller, u64 start, u64 end, struct pvpci_ram *told)
{
	struct pvpci_bus *bus = teller->bus;
	u64 at = find_page(teller, start, end);
	int ret;

	*told = (struct pvpci_ram){ start, end };
	if (++teller->questions > QUESTIONS_MAX) {
		dev_err(&bus->pdev->dev, "Host has been asked %u times where guest RAM is and still does not reach all of it.\n",
			QUESTIONS_MAX);
		return -EPROTO;
	}
	if (at != U64_MAX)
		ret = tell_marked(bus, told, at);
	else
		ret = pvpci_proto_memory(&bus->wire, PVPCI_MEMORY_ALIKE, told, 0, NULL);
	if (ret == -ERANGE)
		dev_err(&bus->pdev->dev, "Guest RAM at %#llx to %#llx is not shared with the host: functions could not use it. Each memory backend of QEMU has to have share=on and a file, or a memfd.\n",
			start, end - 1);
	return ret;
}

/* Memory that is offline is told of when it comes online. */
static u64 skip_offline(u64 start)
{
	u64 section = (u64)PAGES_PER_SECTION << PAGE_SHIFT;

	return pfn_to_online_page(PHYS_PFN(start)) ? start : ALIGN(start + 1, section);
}

static int tell_range(struct resource *range, void *context)
{
	u64 start = range->start, end = range->end + 1, limit, from;
	struct teller *teller = context;
	struct pvpci_ram told;

	if (is_small(start, end) != teller->small)
		return 0;
	for (limit = end; start < end; limit = start < limit ? limit : end) {
		from = skip_offline(start);
		if (from != start) {
			start = from;
			continue;
		}
		teller->ret = tell_part(teller, start, limit, &told);
		if (teller->ret)
			return teller->ret;
		/* What lies before it comes first, then this once more. */
		if (told.start > start)
			limit = told.start;
		else
			start = told.end;
	}
	return 0;
}

/**
 * pvpci_memory_tell - tell of all memory that is online
 * @bus: in D0, with PVPCI_F_MEMORY in force
 *
 * Context: process context, also while the machine resumes; takes up to half of what is
 * available for a moment, without reclaim.
 * Return: 0, or an errno with a sentence logged.
 */
int pvpci_memory_tell(struct pvpci_bus *bus)
{
	struct teller teller = {
		.bus = bus, .blocks = LIST_HEAD_INIT(teller.blocks),
		.budget = si_mem_available() / 2,
	};

	take_some(&teller);
	do {
		walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0,
				    U64_MAX, &teller, tell_range);
		teller.small = !teller.small;
	} while (!teller.ret && teller.small);
	give_back(&teller);
	return teller.ret;
}

/**
 * pvpci_memory_tell_new - tell of memory that is about to be online
 * @bus: in D0, with PVPCI_F_MEMORY in force
 * @start: guest-physical; nobody uses it yet
 * @end: behind it
 *
 * Context: as pvpci_memory_tell().
 * Return: 0; -ERANGE when the host does not reach all of it; another errno.
 */
int pvpci_memory_tell_new(struct pvpci_bus *bus, u64 start, u64 end)
{
	unsigned int questions = 0;
	struct pvpci_ram told;
	int ret = 0;

	while (!ret && start < end) {
		if (++questions > QUESTIONS_MAX)
			return -EPROTO;
		told = (struct pvpci_ram){ start, end };
		ret = tell_marked(bus, &told, start);
		start = told.end;
	}
	return ret;
}

/**
 * pvpci_memory_tell_gone - what was told of a range does not hold any more
 * @bus: in D0, with PVPCI_F_MEMORY in force
 * @start: guest-physical
 * @end: behind it
 *
 * Context: process context.
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_memory_tell_gone(struct pvpci_bus *bus, u64 start, u64 end)
{
	struct pvpci_ram told = { start, end };
	int ret = pvpci_proto_memory(&bus->wire, PVPCI_MEMORY_GONE, &told, 0, NULL);

	if (ret == -ERANGE)
		dev_err(&bus->pdev->dev, "Host does not take it that guest RAM at %#llx to %#llx is gone.\n",
			start, end - 1);
	return ret;
}
