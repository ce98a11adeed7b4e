/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus as PCI core sees it.
 */
#ifndef _PVPCI_ROOT_H
#define _PVPCI_ROOT_H

struct pvpci_bus;

int pvpci_root_first_domain(const struct pvpci_bus *bus);
int pvpci_root_init(void);
void pvpci_root_exit(void);
void pvpci_root_create(struct pvpci_bus *bus);
void pvpci_root_remove(struct pvpci_bus *bus);
void pvpci_root_disconnect(struct pvpci_bus *bus);
void pvpci_root_surprise(struct pvpci_bus *bus);
void pvpci_root_add(struct pvpci_bus *bus);

#endif /* _PVPCI_ROOT_H */
