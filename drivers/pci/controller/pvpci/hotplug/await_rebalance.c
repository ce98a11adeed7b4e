// SPDX-License-Identifier: GPL-2.0
/*
 * Functions without room, while pci_rebalance looks for some. It does so by
 * itself after they have been added, so what becomes of them is not known yet,
 * and the host is told so; it hears the end when pci_rebalance is done.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci-rebalance.h>

#include "core/bus.h"
#include "function/function.h"
#include "hotplug/await_rebalance.h"
#include "hotplug/hotplug.h"
#include "hotplug/report.h"

static bool is_sought(void)
{
	bool (*is_seeking)(void);
	bool ret;

	is_seeking = symbol_get(pci_rebalance_is_seeking);
	if (!is_seeking)
		return false;
	ret = is_seeking();
	symbol_put(pci_rebalance_is_seeking);
	return ret;
}

/* Only second paths to disks in use are missing, which the host can bring. */
static bool lacks_paths(const struct pvpci_fn *fn)
{
	struct pci_dev *dev = READ_ONCE(fn->pdev);
	bool (*lacks)(struct pci_dev *dev);
	bool ret;

	lacks = symbol_get(pci_rebalance_lacks_paths);
	if (!lacks)
		return false;
	ret = dev && lacks(dev);
	symbol_put(pci_rebalance_lacks_paths);
	return ret;
}

/**
 * pvpci_await_rebalance_begin - why is there no room for a function, and may it find some soon?
 * @fn: the function, which the host is about to be told of
 * @outcome: PVPCI_OUTCOME_* that is true of it if it finds some
 *
 * Context: process context.
 * Return: PVPCI_NO_ROOM_SEEKING: there will be another outcome; PVPCI_NO_ROOM_PATHS; or 0.
 */
u32 pvpci_await_rebalance_begin(struct pvpci_fn *fn, u32 outcome)
{
	if (!is_sought())
		return lacks_paths(fn) ? PVPCI_NO_ROOM_PATHS : 0;
	WRITE_ONCE(fn->outcome, outcome);
	/* Its lock orders: pvpci_await_rebalance_run() reads what it is. */
	pvpci_told_set(fn, PVPCI_TOLD_SEARCHING);
	pvpci_work_look(fn->bus);
	return PVPCI_NO_ROOM_SEEKING;
}

/* pci_rebalance holds the rescan lock and one of its own, so the rest is for the worker. */
static void search_over(struct pci_rebalance_search *search, bool found)
{
	struct pvpci_await_rebalance *await =
		container_of(search, struct pvpci_await_rebalance, search);

	WRITE_ONCE(await->over, true);
	pvpci_work_look(await->bus);
}

/* Is room being sought? Then the worker runs once more when it is not. */
static bool is_waiting(struct pvpci_bus *bus)
{
	struct pvpci_await_rebalance *await = &bus->hotplug->await;
	bool (*wait)(struct pci_rebalance_search *search);

	if (await->waits && !READ_ONCE(await->over))
		return true;
	if (await->waits)
		symbol_put(pci_rebalance_await);
	await->waits = false;
	wait = symbol_get(pci_rebalance_await);
	if (!wait)
		return false;
	await->bus = bus;
	await->over = false;
	await->search.over = search_over;
	await->waits = wait(&await->search);
	if (!await->waits)
		symbol_put(pci_rebalance_await);
	return await->waits;
}

static bool is_searching(const struct pvpci_fn *fn)
{
	return fn && READ_ONCE(fn->told) == PVPCI_TOLD_SEARCHING;
}

/**
 * pvpci_await_rebalance_run - tell the host of functions that nobody seeks room for any more
 * @bus: known to PCI core, its BARs have been followed
 *
 * Drivers that have come have been told of already.
 *
 * Context: on the bus's workqueue, rescan lock and pvpci_bus.topology held.
 */
void pvpci_await_rebalance_run(struct pvpci_bus *bus)
{
	bool any = bus->hotplug->await.waits;
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions && !any; row++)
		any = is_searching(bus->by_row[row]);
	if (!any || is_waiting(bus))
		return;
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!is_searching(fn))
			continue;
		pvpci_told_set(fn, PVPCI_TOLD_OUTCOME);
		if (!pvpci_function_has_driver(fn))
			pvpci_report_outcome(fn, READ_ONCE(fn->outcome), 0, NULL);
	}
}

/**
 * pvpci_await_rebalance_stop - wait no more
 * @bus: that is taken down; its worker does nothing any more
 *
 * Context: process context; rescan lock and pvpci_bus.in_use (written) held.
 */
void pvpci_await_rebalance_stop(struct pvpci_bus *bus)
{
	struct pvpci_await_rebalance *await = &bus->hotplug->await;
	bool (*forget)(struct pci_rebalance_search *search);

	if (!await->waits)
		return;
	/* It is there: it is held. */
	forget = symbol_get(pci_rebalance_forget);
	if (forget) {
		forget(&await->search);
		symbol_put(pci_rebalance_forget);
	}
	symbol_put(pci_rebalance_await);
	await->waits = false;
}
