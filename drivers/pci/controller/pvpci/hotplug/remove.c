// SPDX-License-Identifier: GPL-2.0
/*
 * Taking functions away: in good order, or because the host has done so already.
 */
#include <linux/pci.h>

#include "core/bus.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "hotplug/remove.h"
#include "room/assign.h"

static void remove_from_core(struct pvpci_fn *fn)
{
	struct pci_dev *dev = pci_get_slot(fn->bus->bridge->bus, fn->info.devfn);

	if (!dev)
		return;
	/* Its driver shall not wait for a device that is gone. */
	if (pvpci_life(fn) == PVPCI_LIFE_DEAD)
		WRITE_ONCE(dev->error_state, pci_channel_io_perm_failure);
	pci_stop_and_remove_bus_device(dev);
	pci_dev_put(dev);
}

/**
 * pvpci_remove_forget - a function is no longer on the bus
 * @fn: PCI core does not know it; freed when this returns, or soon after
 *
 * Context: process context, pvpci_bus.topology held.
 */
void pvpci_remove_forget(struct pvpci_fn *fn)
{
	pvpci_function_remove(fn);
}

/**
 * pvpci_remove_politely - take a function away from its driver and from the bus
 * @fn: PCI core need not know it; freed when this returns, or soon after
 *
 * Context: process context, rescan lock and pvpci_bus.topology held.
 */
void pvpci_remove_politely(struct pvpci_fn *fn)
{
	pvpci_life_set(fn, PVPCI_LIFE_LEAVING);
	remove_from_core(fn);
	pvpci_memory_enable_off(fn, PVPCI_REASON_REMOVE);
	pvpci_assign_release(fn);
	pvpci_remove_forget(fn);
}

/**
 * pvpci_remove_gone - the same for a function that the host has taken away already
 * @fn: PCI core need not know it; freed when this returns, or soon after
 *
 * It reads all-ones from now on, and its driver is told that it is gone.
 *
 * Context: process context, rescan lock and pvpci_bus.topology held.
 */
void pvpci_remove_gone(struct pvpci_fn *fn)
{
	pvpci_life_set(fn, PVPCI_LIFE_DEAD);
	remove_from_core(fn);
	pvpci_assign_release(fn);
	pvpci_remove_forget(fn);
}
