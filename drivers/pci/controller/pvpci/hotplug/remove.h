/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking functions away.
 */
#ifndef _PVPCI_REMOVE_H
#define _PVPCI_REMOVE_H

struct pvpci_fn;

void pvpci_remove_politely(struct pvpci_fn *fn);
void pvpci_remove_gone(struct pvpci_fn *fn);
void pvpci_remove_forget(struct pvpci_fn *fn);

#endif /* _PVPCI_REMOVE_H */
