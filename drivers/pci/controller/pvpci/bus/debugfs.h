/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /sys/kernel/debug/pvpci
 */
#ifndef _PVPCI_DEBUGFS_H
#define _PVPCI_DEBUGFS_H

struct pvpci_bus;

void pvpci_debugfs_init(void);
void pvpci_debugfs_exit(void);
void pvpci_debugfs_add(struct pvpci_bus *bus);
void pvpci_debugfs_del(struct pvpci_bus *bus);

#endif /* _PVPCI_DEBUGFS_H */
