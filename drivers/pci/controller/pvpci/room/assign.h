/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving functions their places in the aperture.
 */
#ifndef _PVPCI_ASSIGN_H
#define _PVPCI_ASSIGN_H

struct pvpci_bridge_window;
struct pvpci_bus;
struct pvpci_fn;

int pvpci_assign_all(struct pvpci_bus *bus);
int pvpci_assign_adopt_moved(struct pvpci_bus *bus);
int pvpci_assign_new(struct pvpci_bus *bus);
int pvpci_assign_try(struct pvpci_bus *bus, unsigned long *rows);
int pvpci_assign_spread(struct pvpci_bus *bus, unsigned int first);
int pvpci_assign_windows(struct pvpci_bus *bus, const struct pvpci_bridge_window *to);
int pvpci_assign_again(struct pvpci_bus *bus);
void pvpci_assign_release(struct pvpci_fn *fn);
void pvpci_assign_release_all(struct pvpci_bus *bus);

#endif /* _PVPCI_ASSIGN_H */
