/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions without room, while pci_rebalance looks for some.
 */
#ifndef _PVPCI_AWAIT_REBALANCE_H
#define _PVPCI_AWAIT_REBALANCE_H

#include <linux/types.h>

struct pvpci_bus;
struct pvpci_fn;

bool pvpci_await_rebalance_begin(struct pvpci_fn *fn, u32 outcome);
void pvpci_await_rebalance_run(struct pvpci_bus *bus);

#endif /* _PVPCI_AWAIT_REBALANCE_H */
