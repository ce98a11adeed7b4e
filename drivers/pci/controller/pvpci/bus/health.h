/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is the host alive?
 */
#ifndef _PVPCI_HEALTH_H
#define _PVPCI_HEALTH_H

struct pvpci_bus;

void pvpci_health_init(struct pvpci_bus *bus);
void pvpci_health_start(struct pvpci_bus *bus);
void pvpci_health_stop(struct pvpci_bus *bus);

#endif /* _PVPCI_HEALTH_H */
