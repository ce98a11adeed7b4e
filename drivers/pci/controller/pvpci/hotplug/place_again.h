/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that found no room, tried once more.
 */
#ifndef _PVPCI_PLACE_AGAIN_H
#define _PVPCI_PLACE_AGAIN_H

#include <linux/types.h>

struct pvpci_bus;

bool pvpci_place_again(struct pvpci_bus *bus);

#endif /* _PVPCI_PLACE_AGAIN_H */
