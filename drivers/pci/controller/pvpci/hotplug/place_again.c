// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that found no room are tried once more when somebody has left some,
 * by the policy that they lost by, together with those that have just arrived.
 *
 * PCI core has looked at their empty BARs already, so those that win are taken
 * away from it and begin anew.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/function.h"
#include "hotplug/place_again.h"
#include "hotplug/remove.h"
#include "hotplug/report.h"
#include "room/assign.h"
#include "room/window.h"

/* Back to what it was when it came. */
static int begin_anew(struct pvpci_fn *fn)
{
	struct pvpci_function_info info = fn->info;
	struct pvpci_bus *bus = fn->bus;
	u32 row = fn->row;

	dev_info(&bus->pdev->dev, "There is room for %s (%s) now.\n", fn->name, info.model);
	pvpci_remove_politely(fn);
	return pvpci_function_add(bus, row, &info) ? 0 : -ENOMEM;
}

/* A driver that can do without BARs is left alone. */
static bool waits_for_room(struct pvpci_fn *fn)
{
	return fn && fn->dropped && pvpci_life(fn) == PVPCI_LIFE_LIVE &&
	       !pvpci_function_has_driver(fn);
}

/**
 * pvpci_place_again - let functions that found no room begin anew when there is some
 * @bus: known to PCI core, its BARs have been followed; new functions have no place yet
 *
 * Context: rescan lock and pvpci_bus.topology held.
 * Return: whether there are any, to be assigned and shown to PCI core.
 */
bool pvpci_place_again(struct pvpci_bus *bus)
{
	DECLARE_BITMAP(waiting, PVPCI_MAX_FUNCTIONS) = {};
	DECLARE_BITMAP(lucky, PVPCI_MAX_FUNCTIONS);
	bool any = false;
	unsigned int row;

	lockdep_assert_held(&bus->topology);
	if (!bus->room->freed)
		return false;
	bus->room->freed = false;
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		__assign_bit(row, waiting, waits_for_room(bus->by_row[row]));
	bitmap_copy(lucky, waiting, PVPCI_MAX_FUNCTIONS);
	if (bitmap_empty(waiting, PVPCI_MAX_FUNCTIONS) || pvpci_assign_try(bus, lucky))
		return false;
	for_each_set_bit(row, waiting, PVPCI_MAX_FUNCTIONS) {
		if (test_bit(row, lucky))
			any |= !begin_anew(bus->by_row[row]);
		else
			pvpci_report_outcome(bus->by_row[row], PVPCI_OUTCOME_NO_ROOM, 0, NULL);
	}
	return any;
}
