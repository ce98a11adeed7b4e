/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bridge windows in the resource tree.
 */
#ifndef _PVPCI_WINDOW_H
#define _PVPCI_WINDOW_H

#include <linux/ioport.h>
#include <linux/types.h>

#include "wire/aperture.h"

struct pvpci_bus;
struct pci_host_bridge;

/**
 * struct pvpci_room - what the bridge windows cover; all under pvpci_bus.topology
 * @res: the windows, children of BAR2
 * @claimed: which of @res are in the resource tree: all but empty ones
 * @reserved_bytes: of the end of the aperture, which no window may cover
 * @freed: some has become free since functions that found none were tried
 */
struct pvpci_room {
	struct resource res[PVPCI_NR_WINDOWS];
	bool claimed[PVPCI_NR_WINDOWS];
	u64 reserved_bytes;
	bool freed;
};

u64 pvpci_windows_usable(const struct pvpci_bus *bus);
int pvpci_windows_resize(struct pvpci_bus *bus,
			 const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS]);
int pvpci_windows_claim(struct pvpci_bus *bus, struct pci_host_bridge *bridge);
void pvpci_windows_add_empty(struct pvpci_bus *bus, struct pci_host_bridge *bridge);
void pvpci_windows_release(struct pvpci_bus *bus);

#endif /* _PVPCI_WINDOW_H */
