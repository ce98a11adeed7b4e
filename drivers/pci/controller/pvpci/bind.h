/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting drivers see functions.
 */
#ifndef _PVPCI_BIND_H
#define _PVPCI_BIND_H

struct pvpci_bus;

void pvpci_bind_new(struct pvpci_bus *bus);

#endif /* _PVPCI_BIND_H */
