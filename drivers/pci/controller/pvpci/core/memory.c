// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that functions may be told to use, all of it: wire/dma.c proves for some
 * pages that the host sees what is there; here the host is asked for both ends of each
 * range, as a module of memory may lie in a file that it does not have. A host that can
 * find files is told of each range instead: core/memory_tell.c. What is plugged
 * in later is asked for, or told of, before anybody gets a page of it, and stays offline
 * when the host does not reach it: an I/O error in the midst of work would come too late.
 */
#include <linux/align.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/pci.h>
#include <linux/pfn.h>

#include "core/bus.h"
#include "core/memory.h"
#include "core/memory_tell.h"
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

static bool is_told(const struct pvpci_bus *bus)
{
	return bus->wire.features & PVPCI_F_MEMORY;
}

static int comes_online(struct pvpci_bus *bus, u64 start, u64 end)
{
	int ret = is_told(bus) ? pvpci_memory_tell_new(bus, start, end) :
				 ask_for_ends(bus, start, end - 1);

	/* One that is broken does not do DMA any more. */
	if (!ret || !pvpci_state_answers(bus))
		return NOTIFY_DONE;
	dev_err(&bus->pdev->dev, "Memory at %#llx to %#llx stays offline (%d): the host does not reach it, functions could not use it. %s\n",
		start, end - 1, ret, is_told(bus) ?
		"Its memory backend has to have share=on and a file, or a memfd." :
		"Give the machine its memory when it starts, or let the daemon find it (\"peer\" in its configuration).");
	return notifier_from_errno(ret);
}

static int memory_changes(struct notifier_block *block, unsigned long action, void *data)
{
	struct pvpci_bus *bus = container_of(block, struct pvpci_bus, memory);
	const struct memory_notify *change = data;
	u64 start = PFN_PHYS((u64)change->start_pfn);
	u64 end = start + PFN_PHYS((u64)change->nr_pages);

	if (!pvpci_state_answers(bus))
		return NOTIFY_DONE;
	if (action == MEM_GOING_ONLINE)
		return comes_online(bus, start, end);
	if ((action == MEM_OFFLINE || action == MEM_CANCEL_ONLINE) && is_told(bus))
		pvpci_memory_tell_gone(bus, start, end);
	return NOTIFY_DONE;
}

/**
 * pvpci_memory_watch - hear of memory that comes and goes, and tell the host of what there is
 * @bus: in D0, not watched; with shared DMA or without
 *
 * A host that does not want to be told is asked by pvpci_memory_check() instead.
 *
 * Context: process context. The notifier is called with the lock of memory hotplug held,
 * and waits for the host no longer than any request.
 * Return: 0, or an errno with a sentence logged, and pvpci_memory_unwatch() is called
 * all the same.
 */
int pvpci_memory_watch(struct pvpci_bus *bus)
{
	int ret;

	if (!(bus->wire.features & PVPCI_F_DMA_SHARED))
		return 0;
	/* Of a kernel before this one. */
	ret = is_told(bus) ? pvpci_memory_tell_gone(bus, 0, U64_MAX) : 0;
	if (ret)
		return ret;
	bus->memory.notifier_call = memory_changes;
	ret = register_memory_notifier(&bus->memory);
	if (ret) {
		bus->memory.notifier_call = NULL;
		dev_err(&bus->pdev->dev, "Cannot hear of memory that is plugged in: %d.\n", ret);
		return ret;
	}
	return is_told(bus) ? pvpci_memory_tell(bus) : 0;
}

/**
 * pvpci_memory_check - ask for all memory that there is
 * @bus: watched; one whose host was told of its memory need not ask
 *
 * Context: process context.
 * Return: 0, or an errno with a sentence logged.
 */
int pvpci_memory_check(struct pvpci_bus *bus)
{
	struct walk walk = { .bus = bus };

	if (!(bus->wire.features & PVPCI_F_DMA_SHARED) || is_told(bus))
		return 0;
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    &walk, check_range);
	return walk.ret;
}

/**
 * pvpci_memory_tell_again - to another host than before the machine slept
 * @bus: in D0
 *
 * Context: process context.
 * Return: 0, also when the host does not want to be told, or an errno with a sentence
 * logged.
 */
int pvpci_memory_tell_again(struct pvpci_bus *bus)
{
	if (!(bus->wire.features & PVPCI_F_DMA_SHARED) || !is_told(bus))
		return 0;
	return pvpci_memory_tell_gone(bus, 0, U64_MAX) ?: pvpci_memory_tell(bus);
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
