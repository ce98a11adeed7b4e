/* SPDX-License-Identifier: GPL-2.0 */
/*
 * client.h - drivers that registered to be moved
 */
#ifndef PCI_REBALANCE_CLIENT_H
#define PCI_REBALANCE_CLIENT_H

#include <linux/types.h>

struct pci_dev;
struct pci_rebalance_ops;

bool client_find(const struct pci_dev *dev, const struct pci_rebalance_ops **ops, void **data);

#endif
