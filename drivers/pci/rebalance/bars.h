/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bars.h - what the BARs of a function ask for
 */
#ifndef PCI_REBALANCE_BARS_H
#define PCI_REBALANCE_BARS_H

#include <linux/types.h>

#include "record.h"

struct pci_dev;

void bars_note(struct pci_dev *dev);
int bars_learn(struct pci_dev *dev);
bool bars_may_lack_room(struct pci_dev *dev);
bool bars_lack_room(struct pci_dev *dev, struct record_bar *lacking, int *resno);

#endif
