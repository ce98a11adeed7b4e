/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What changes on a bus, one thing after the other.
 */
#ifndef _PVPCI_CHANGES_H
#define _PVPCI_CHANGES_H

#include <linux/pvpci.h>

struct pvpci_bus;

int pvpci_changes_start(struct pvpci_bus *bus);
void pvpci_changes_event(struct pvpci_bus *bus, const struct pvpci_msg *msg);
void pvpci_changes_init(struct pvpci_bus *bus);

#endif /* _PVPCI_CHANGES_H */
