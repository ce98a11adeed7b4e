/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting drivers see functions.
 */
#ifndef _PVPCI_PROBE_H
#define _PVPCI_PROBE_H

struct pvpci_bus;

void pvpci_probe_new(struct pvpci_bus *bus);

#endif /* _PVPCI_PROBE_H */
