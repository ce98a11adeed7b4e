/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting drivers see functions.
 */
#ifndef _PVPCI_BIND_H
#define _PVPCI_BIND_H

#include <linux/types.h>

struct pvpci_bus;
struct pvpci_fn;

bool pvpci_bind_has_driver(struct pvpci_fn *fn);
void pvpci_bind_new(struct pvpci_bus *bus);

#endif /* _PVPCI_BIND_H */
