// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that found no room are tried once more when somebody has left some,
 * by the policy that they lost by, together with those that have just arrived.
 *
 * PCI core has looked at their empty BARs already, so those that win are taken
 * away from it and begin anew.
 */
#include <linux/kernel.h>
#include <linux/pci.h>

#include "bus/changes.h"
#include "bus/probe.h"
#include "bus/root.h"
#include "core/bus.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "hotplug/place_again.h"
#include "hotplug/report.h"
#include "room/assign.h"

/* Back to what it was when it came. */
static int begin_anew(struct pvpci_fn *fn)
{
	struct pvpci_function_info info = fn->info;
	struct pvpci_bus *bus = fn->bus;
	u32 row = fn->row;

	dev_info(&bus->pdev->dev, "There is room for %s (%s) now.\n", fn->name, info.model);
	WRITE_ONCE(fn->removing, true);
	pvpci_root_drop(fn);
	pvpci_commit_detach(fn, PVPCI_REASON_REMOVE);
	pvpci_assign_release(fn);
	pvpci_relations_forget(fn);
	return pvpci_relations_create(bus, row, &info);
}

/**
 * pvpci_retry - let functions that found no room begin anew when there is some
 * @bus: known to PCI core, its BARs have been followed; new functions have no place yet
 *
 * Context: rescan lock and pvpci_bus.topology held.
 * Return: whether there are any, to be assigned and shown to PCI core.
 */
bool pvpci_retry(struct pvpci_bus *bus)
{
	bool any = false;
	unsigned int row;

	lockdep_assert_held(&bus->topology);
	if (!bus->room)
		return false;
	bus->room = false;
	for (row = 0; row < bus->layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn)
			continue;
		/* A driver that can do without BARs is left alone. */
		fn->again = fn->dropped && fn->assigned && !fn->dead && !pvpci_bind_has_driver(fn);
		any |= fn->again;
	}
	if (!any || pvpci_assign_try(bus))
		return false;
	any = false;
	for (row = 0; row < bus->layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || !fn->again)
			continue;
		fn->again = false;
		if (fn->dropped)
			pvpci_outcome_tell(fn, PVPCI_OUTCOME_NO_ROOM, 0, NULL);
		else
			any |= !begin_anew(fn);
	}
	return any;
}
