/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sysfs.h - /sys/kernel/pci_rebalance
 */
#ifndef PCI_REBALANCE_SYSFS_H
#define PCI_REBALANCE_SYSFS_H

int sysfs_init(void);
void sysfs_exit(void);

#endif
