/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots as the user sees them, in /sys/bus/pci/slots.
 */
#ifndef _PVPCI_SLOT_H
#define _PVPCI_SLOT_H

struct pvpci_bus;
struct pvpci_function_info;

void pvpci_slots_update(struct pvpci_bus *bus, const struct pvpci_function_info *info);
void pvpci_slots_answer(struct pvpci_bus *bus);
void pvpci_slots_run(struct pvpci_bus *bus);
void pvpci_slots_remove(struct pvpci_bus *bus);

#endif /* _PVPCI_SLOT_H */
