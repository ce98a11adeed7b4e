/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MSI and MSI-X of the functions.
 */
#ifndef _PVPCI_MSI_H
#define _PVPCI_MSI_H

struct pvpci_bus;
struct pvpci_fn;

int pvpci_msi_init(struct pvpci_bus *bus);
void pvpci_msi_exit(struct pvpci_bus *bus);
void pvpci_msi_release(struct pvpci_fn *fn);

#endif /* _PVPCI_MSI_H */
