/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI core's rescan lock, for a driver whose probe and remove may be called
 * with it held.
 */
#ifndef _PVPCI_RESCAN_H
#define _PVPCI_RESCAN_H

#include <linux/types.h>

struct pvpci_rescan;

int pvpci_rescan_init(void);
void pvpci_rescan_exit(void);
struct pvpci_rescan *pvpci_rescan_lock(const bool *give_up);
void pvpci_rescan_unlock(struct pvpci_rescan *rescan);

#endif /* _PVPCI_RESCAN_H */
