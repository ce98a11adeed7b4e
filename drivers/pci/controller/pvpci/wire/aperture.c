// SPDX-License-Identifier: GPL-2.0
/*
 * The aperture and the bridge windows in it: bus addresses and places.
 */
#include <linux/pvpci.h>
#include <linux/string.h>

#include "wire/aperture.h"

/**
 * pvpci_window_to_bus - bus address of a place in the aperture
 * @windows: of the bus
 * @offset: aperture offset
 *
 * Return: the address, 0 when no window holds the place.
 */
u64 pvpci_window_to_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS], u64 offset)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++)
		if (offset >= windows[i].offset && offset - windows[i].offset < windows[i].bytes)
			return windows[i].bus_start + (offset - windows[i].offset);
	return 0;
}

/**
 * pvpci_window_from_bus - place in the aperture of a BAR
 * @windows: of the bus
 * @address: bus address in the BAR register
 * @bytes: size of the BAR
 *
 * Return: aperture offset, or PVPCI_BAR_UNASSIGNED when the BAR does not lie
 * wholly in one window.
 */
u64 pvpci_window_from_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS],
			  u64 address, u64 bytes)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		const struct pvpci_bridge_window *w = &windows[i];

		if (address >= w->bus_start && address - w->bus_start < w->bytes &&
		    bytes <= w->bytes - (address - w->bus_start))
			return w->offset + (address - w->bus_start);
	}
	return PVPCI_BAR_UNASSIGNED;
}

/**
 * pvpci_windows_place_of - place in the aperture of a BAR
 * @windows: of the bus, which may be about to change
 * @address: bus address in the BAR register
 * @bytes: size of the BAR
 *
 * Context: any.
 * Return: as pvpci_window_from_bus().
 */
u64 pvpci_windows_place_of(struct pvpci_windows *windows, u64 address, u64 bytes)
{
	unsigned long flags;
	u64 offset;

	raw_spin_lock_irqsave(&windows->lock, flags);
	offset = pvpci_window_from_bus(windows->window, address, bytes);
	raw_spin_unlock_irqrestore(&windows->lock, flags);
	return offset;
}

/**
 * pvpci_windows_set - take over what a plan says
 * @windows: of the bus
 * @to: the plan's windows
 *
 * Context: pvpci_bus.topology held.
 */
void pvpci_windows_set(struct pvpci_windows *windows,
		       const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS])
{
	unsigned long flags;

	raw_spin_lock_irqsave(&windows->lock, flags);
	memcpy(windows->window, to, sizeof(windows->window));
	raw_spin_unlock_irqrestore(&windows->lock, flags);
}
