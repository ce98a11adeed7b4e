// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that functions may be told to use, all of it: wire/dma.c proves for some
 * pages that the host sees what is there; here the host is asked for both ends of each
 * range, as a module of memory may lie in a file that it does not have. What is plugged
 * in later is asked for before anybody gets a page of it, and stays offline when the
 * host does not reach it: an I/O error in the midst of work would come too late.
 */
#include <linux/align.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/pci.h>
#include <linux/pfn.h>

#include "core/bus.h"
#include "core/memory.h"
#include "core/state.h"
#include "wire/proto.h"

static int ask_for_ends(struct pvpci_bus *bus, u64 start, u64 last)
{
	u64 first = ALIGN(start, sizeof(u64)), end = ALIGN_DOWN(last + 1, sizeof(u64)), value;

	if (first >= end)
		return 0;
	return pvpci_proto_dma_probe(&bus->wire, first, &value) ?:
	       pvpci_proto_dma_probe(&bus->wire, end - sizeof(u64), &value);
}

/**
 * struct walk - over all ranges
 * @bus: whose host is asked
 * @ret: what it has said of the last one; the walk's own errno is that of no range, too
 */
struct walk {
	struct pvpci_bus *bus;
	int ret;
};

static int check_range(struct resource *range, void *context)
{
	struct walk *walk = context;
	struct pvpci_bus *bus = walk->bus;

	walk->ret = ask_for_ends(bus, range->start, range->end);
	if (walk->ret == -ERANGE)
		dev_err(&bus->pdev->dev, "Guest RAM at %#llx to %#llx is not shared with the host: functions could not use it. All memory has to be in what the daemon is given (\"memory\" in its configuration).\n",
			(u64)range->start, (u64)range->end);
	return walk->ret;
}

static int memory_changes(struct notifier_block *block, unsigned long action, void *data)
{
	struct pvpci_bus *bus = container_of(block, struct pvpci_bus, memory);
	const struct memory_notify *change = data;
	u64 start, last;
	int ret;

	if (action != MEM_GOING_ONLINE || !pvpci_state_answers(bus))
		return NOTIFY_DONE;
	start = PFN_PHYS((u64)change->start_pfn);
	last = start + PFN_PHYS((u64)change->nr_pages) - 1;
	ret = ask_for_ends(bus, start, last);
	/* One that is broken does not do DMA any more. */
	if (!ret || !pvpci_state_answers(bus))
		return NOTIFY_DONE;
	dev_err(&bus->pdev->dev, "Memory at %#llx to %#llx stays offline (%d): the host does not reach it, functions could not use it. Give the machine its memory when it starts.\n",
		start, last, ret);
	return notifier_from_errno(ret);
}

/**
 * pvpci_memory_watch - ask the host for all memory that there is, and that will be
 * @bus: in D0, not watched; with shared DMA or without
 *
 * Context: process context. The notifier is called with the lock of memory hotplug held,
 * and waits for the host no longer than any request.
 * Return: 0, or an errno with a sentence logged, and pvpci_memory_unwatch() is called
 * all the same.
 */
int pvpci_memory_watch(struct pvpci_bus *bus)
{
	struct walk walk = { .bus = bus };
	int ret;

	if (!(bus->wire.features & PVPCI_F_DMA_SHARED))
		return 0;
	bus->memory.notifier_call = memory_changes;
	ret = register_memory_notifier(&bus->memory);
	if (ret) {
		bus->memory.notifier_call = NULL;
		dev_err(&bus->pdev->dev, "Cannot hear of memory that is plugged in: %d.\n", ret);
		return ret;
	}
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    &walk, check_range);
	return walk.ret;
}

/**
 * pvpci_memory_unwatch - let memory come without asking
 * @bus: watched or not; nobody answers its requests any more, so that nobody waits
 *
 * Context: process context.
 */
void pvpci_memory_unwatch(struct pvpci_bus *bus)
{
	if (bus->memory.notifier_call)
		unregister_memory_notifier(&bus->memory);
	bus->memory.notifier_call = NULL;
}
