/* SPDX-License-Identifier: GPL-2.0 */
/*
 * resize.h - BARs that can be smaller
 */
#ifndef PCI_REBALANCE_RESIZE_H
#define PCI_REBALANCE_RESIZE_H

#include <linux/types.h>

struct pci_dev;

u64 resize_smaller(struct pci_dev *dev, int resno, u64 bytes);
u32 resize_read(struct pci_dev *dev, int resno);
int resize_write(struct pci_dev *dev, int resno, u32 control);
u32 resize_control(u32 control, u64 bytes);

#endif
