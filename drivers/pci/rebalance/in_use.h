/* SPDX-License-Identifier: GPL-2.0 */
/*
 * in_use.h - is what a driver makes of a function in use?
 */
#ifndef PCI_REBALANCE_IN_USE_H
#define PCI_REBALANCE_IN_USE_H

#include <linux/types.h>

struct pci_dev;
struct users;

bool in_use(struct pci_dev *dev, const struct users *users, bool online);
bool in_use_leads_to_paths(struct pci_dev *dev);

#endif
