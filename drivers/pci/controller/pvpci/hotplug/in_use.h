/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who uses what a function provides.
 */
#ifndef _PVPCI_USERS_H
#define _PVPCI_USERS_H

#include <linux/types.h>

#include "wire/layout.h"

struct pci_dev;

bool pvpci_users_find(struct pci_dev *dev, char why[PVPCI_WHY_BYTES]);

#endif /* _PVPCI_USERS_H */
