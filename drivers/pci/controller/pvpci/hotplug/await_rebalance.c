// SPDX-License-Identifier: GPL-2.0
/*
 * Functions without room, while pci_rebalance looks for some. It does so by
 * itself after they have been added, so what becomes of them is not known yet,
 * and the host is told so; it hears the end when pci_rebalance is done.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci-rebalance.h>

#include "bus/changes.h"
#include "bus/probe.h"
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
 * pvpci_seek_begin - may a function without room find some soon?
 * @fn: the function, which the host is about to be told of
 * @outcome: PVPCI_OUTCOME_* that is true of it if it finds some
 *
 * Context: process context.
 * Return: whether there will be another outcome.
 */
bool pvpci_seek_begin(struct pvpci_fn *fn, u32 outcome)
{
	if (!is_sought())
		return false;
	WRITE_ONCE(fn->found, outcome);
	/* Release: pvpci_seek_run() reads what it is. */
	smp_store_release(&fn->sought, true);
	pvpci_relations_look(fn->bus);
	return true;
}

/**
 * pvpci_seek_run - tell the host of functions that nobody seeks room for any more
 * @bus: known to PCI core, its BARs have been followed
 *
 * Drivers that have come have been told of already.
 *
 * Context: on the bus's workqueue, rescan lock and pvpci_bus.topology held.
 */
void pvpci_seek_run(struct pvpci_bus *bus)
{
	bool again = false, sought = is_sought();
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		/* Acquire: @found was written before. */
		if (!fn || !smp_load_acquire(&fn->sought))
			continue;
		again |= sought;
		if (sought)
			continue;
		WRITE_ONCE(fn->sought, false);
		if (!pvpci_bind_has_driver(fn))
			pvpci_outcome_tell(fn, READ_ONCE(fn->found), 0, NULL);
	}
	if (again)
		pvpci_relations_look_later(bus);
}
