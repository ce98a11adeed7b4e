/* SPDX-License-Identifier: GPL-2.0 */
/*
 * registers.h - the config registers of BARs and bridge windows
 */
#ifndef PCI_REBALANCE_REGISTERS_H
#define PCI_REBALANCE_REGISTERS_H

#include <linux/types.h>

struct pci_dev;

bool registers_size_bar(struct pci_dev *dev, int resno, u64 *bytes, unsigned long *flags);
bool registers_match(struct pci_dev *dev, int resno);
unsigned int registers_read(struct pci_dev *dev, int resno, u32 *values);
void registers_write(struct pci_dev *dev, int resno, const u32 *values);
int registers_write_bar(struct pci_dev *dev, int resno);
int registers_write_window(struct pci_dev *bridge, int resno, u64 first, u64 bytes);
u64 registers_window_hint(struct pci_dev *bridge, bool prefetch);

#endif
