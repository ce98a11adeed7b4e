/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions without room, while pci_rebalance looks for some.
 */
#ifndef _PVPCI_AWAIT_REBALANCE_H
#define _PVPCI_AWAIT_REBALANCE_H

#include <linux/pci-rebalance.h>
#include <linux/types.h>

struct pvpci_bus;
struct pvpci_fn;

/**
 * struct pvpci_await_rebalance - wait for the end of a search for room
 * @search: is told of it
 * @bus: whose functions lack room
 * @waits: @search was handed to pci_rebalance, which cannot be unloaded meanwhile
 * @over: it was told
 *
 * Protected by pvpci_bus.topology, but for @over.
 */
struct pvpci_await_rebalance {
	struct pci_rebalance_search search;
	struct pvpci_bus *bus;
	bool waits;
	bool over;
};

u32 pvpci_await_rebalance_begin(struct pvpci_fn *fn, u32 outcome);
void pvpci_await_rebalance_run(struct pvpci_bus *bus);
void pvpci_await_rebalance_stop(struct pvpci_bus *bus);

#endif /* _PVPCI_AWAIT_REBALANCE_H */
