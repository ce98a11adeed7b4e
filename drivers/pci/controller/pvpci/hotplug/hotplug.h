/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that come and go while the bus runs.
 */
#ifndef _PVPCI_HOTPLUG_H
#define _PVPCI_HOTPLUG_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "hotplug/await_rebalance.h"
#include "hotplug/eject.h"
#include "hotplug/host_rebalance.h"

struct pvpci_slot;

/**
 * struct pvpci_hotplug - what is wanted of the functions of a bus
 * @refused: instance that the guest has let go of, by row; not taken again; under
 *	pvpci_bus.topology
 * @off_devfn: where a refused one was that the user has switched off, by row; the same
 * @eject: what the host wants back, by row
 * @slot: slots in sysfs, by device; under pvpci_bus.topology
 * @rebalance: what the host wants to be stopped and moved
 * @await: waits for the end of a search for room
 */
struct pvpci_hotplug {
	u32 refused[PVPCI_MAX_FUNCTIONS];
	u8 off_devfn[PVPCI_MAX_FUNCTIONS];
	struct pvpci_eject eject[PVPCI_MAX_FUNCTIONS];
	struct pvpci_slot *slot[PVPCI_MAX_FUNCTIONS / 8];
	struct pvpci_host_rebalance rebalance;
	struct pvpci_await_rebalance await;
};

#endif /* _PVPCI_HOTPLUG_H */
