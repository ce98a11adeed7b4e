/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waking a sleeping host ahead of block I/O.
 */
#ifndef _PVPCI_BLK_WAKE_H
#define _PVPCI_BLK_WAKE_H

struct pvpci_bus;

void pvpci_blk_wake_add(struct pvpci_bus *bus);
void pvpci_blk_wake_del(struct pvpci_bus *bus);
bool pvpci_blk_wake_active(void);

#endif /* _PVPCI_BLK_WAKE_H */
