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

/**
 * pvpci_await_rebalance_begin - may a function without room find some soon?
 * @fn: the function, which the host is about to be told of
 * @outcome: PVPCI_OUTCOME_* that is true of it if it finds some
 *
 * Context: process context.
 * Return: whether there will be another outcome.
 */
bool pvpci_await_rebalance_begin(struct pvpci_fn *fn, u32 outcome)
{
	if (!is_sought())
		return false;
	WRITE_ONCE(fn->outcome, outcome);
	/* Its lock orders: pvpci_await_rebalance_run() reads what it is. */
	pvpci_told_set(fn, PVPCI_TOLD_SEARCHING);
	pvpci_work_look(fn->bus);
	return true;
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
	bool again = false, sought = is_sought();
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || READ_ONCE(fn->told) != PVPCI_TOLD_SEARCHING)
			continue;
		again |= sought;
		if (sought)
			continue;
		pvpci_told_set(fn, PVPCI_TOLD_OUTCOME);
		if (!pvpci_function_has_driver(fn))
			pvpci_report_outcome(fn, READ_ONCE(fn->outcome), 0, NULL);
	}
	if (again)
		pvpci_work_look_later(bus);
}
