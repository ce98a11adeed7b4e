/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that found no room, tried once more.
 */
#ifndef _PVPCI_RETRY_H
#define _PVPCI_RETRY_H

#include <linux/types.h>

struct pvpci_bus;

bool pvpci_retry(struct pvpci_bus *bus);

#endif /* _PVPCI_RETRY_H */
