/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who uses what a function provides.
 */
#ifndef _PVPCI_IN_USE_H
#define _PVPCI_IN_USE_H

#include <linux/types.h>

#include "wire/layout.h"

struct pci_dev;

bool pvpci_in_use(struct pci_dev *dev, char why[PVPCI_WHY_BYTES]);

#endif /* _PVPCI_IN_USE_H */
