/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The aperture and the bridge windows in it: bus addresses and places.
 */
#ifndef _PVPCI_APERTURE_H
#define _PVPCI_APERTURE_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* Index into pvpci_windows.window and pvpci_msg_resources.window. */
#define PVPCI_WINDOW_32		0
#define PVPCI_WINDOW_64		1
#define PVPCI_NR_WINDOWS	2

/**
 * struct pvpci_bridge_window - one bridge window
 * @offset: aperture offset of its first byte, or where it may begin
 * @bytes: length, 0 while it is empty
 * @bus_start: PCI bus address of @offset; the distance of both never changes
 */
struct pvpci_bridge_window {
	u64 offset;
	u64 bytes;
	u64 bus_start;
};

/**
 * struct pvpci_windows - the bridge windows of a bus
 * @window: what the plan says; read with pvpci_bus.topology or @lock held,
 *	written with both
 * @lock: raw, for edges of memory-enable, which read @window in any context
 */
struct pvpci_windows {
	struct pvpci_bridge_window window[PVPCI_NR_WINDOWS];
	raw_spinlock_t lock;
};

u64 pvpci_window_to_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS], u64 offset);
u64 pvpci_window_from_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS],
			  u64 address, u64 bytes);
u64 pvpci_windows_place_of(struct pvpci_windows *windows, u64 address, u64 bytes);
void pvpci_windows_set(struct pvpci_windows *windows,
		       const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS]);

#endif /* _PVPCI_APERTURE_H */
