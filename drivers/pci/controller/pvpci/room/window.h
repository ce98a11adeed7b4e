/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bridge windows of a bus.
 */
#ifndef _PVPCI_WINDOW_H
#define _PVPCI_WINDOW_H

#include <linux/ioport.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct pvpci_bus;
struct pci_host_bridge;

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
 * struct pvpci_windows - the bridge windows and their place in /proc/iomem
 * @window: what the plan says; read with pvpci_bus.topology or @lock held,
 *	written with both
 * @lock: raw, for edges of memory-enable, which read @window in any context
 * @res: children of BAR2
 * @reserved_bytes: of the end of the aperture, which no window may cover
 * @claimed: which of @res are in the resource tree: all but empty ones
 */
struct pvpci_windows {
	struct pvpci_bridge_window window[PVPCI_NR_WINDOWS];
	raw_spinlock_t lock;
	struct resource res[PVPCI_NR_WINDOWS];
	u64 reserved_bytes;
	bool claimed[PVPCI_NR_WINDOWS];
};

u64 pvpci_window_to_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS], u64 offset);
u64 pvpci_window_from_bus(const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS],
			  u64 address, u64 bytes);
u64 pvpci_windows_usable(const struct pvpci_bus *bus);
u64 pvpci_windows_place_of(struct pvpci_windows *windows, u64 address, u64 bytes);
void pvpci_windows_set(struct pvpci_windows *windows,
		       const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS]);
int pvpci_windows_resize(struct pvpci_bus *bus,
			 const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS]);
int pvpci_windows_claim(struct pvpci_bus *bus, struct pci_host_bridge *bridge);
void pvpci_windows_release(struct pvpci_bus *bus);

#endif /* _PVPCI_WINDOW_H */
