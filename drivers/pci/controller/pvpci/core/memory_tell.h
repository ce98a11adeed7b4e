/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling the host where the guest's memory is.
 */
#ifndef _PVPCI_MEMORY_TELL_H
#define _PVPCI_MEMORY_TELL_H

#include <linux/types.h>

struct pvpci_bus;

int pvpci_memory_tell(struct pvpci_bus *bus);
int pvpci_memory_tell_new(struct pvpci_bus *bus, u64 start, u64 end);
int pvpci_memory_tell_gone(struct pvpci_bus *bus, u64 start, u64 end);

#endif /* _PVPCI_MEMORY_TELL_H */
