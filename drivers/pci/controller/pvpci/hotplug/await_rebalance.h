/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions without room, while pci_rebalance looks for some.
 */
#ifndef _PVPCI_SEEK_H
#define _PVPCI_SEEK_H

#include <linux/types.h>

struct pvpci_bus;
struct pvpci_fn;

bool pvpci_seek_begin(struct pvpci_fn *fn, u32 outcome);
void pvpci_seek_run(struct pvpci_bus *bus);

#endif /* _PVPCI_SEEK_H */
