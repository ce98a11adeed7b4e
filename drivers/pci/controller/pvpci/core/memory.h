/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that functions may be told to use, all of it.
 */
#ifndef _PVPCI_MEMORY_H
#define _PVPCI_MEMORY_H

struct pvpci_bus;

int pvpci_memory_watch(struct pvpci_bus *bus);
int pvpci_memory_check(struct pvpci_bus *bus);
int pvpci_memory_tell_again(struct pvpci_bus *bus);
void pvpci_memory_unwatch(struct pvpci_bus *bus);

#endif /* _PVPCI_MEMORY_H */
