/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host says of a function, in sysfs.
 */
#ifndef _PVPCI_SYSFS_H
#define _PVPCI_SYSFS_H

struct pci_dev;

void pvpci_sysfs_add(struct pci_dev *dev);

#endif /* _PVPCI_SYSFS_H */
