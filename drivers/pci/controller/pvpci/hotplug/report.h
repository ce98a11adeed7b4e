/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of each function, told to the host.
 */
#ifndef _PVPCI_OUTCOME_H
#define _PVPCI_OUTCOME_H

#include <linux/types.h>

struct pci_dev;
struct pvpci_bus;
struct pvpci_fn;

void pvpci_outcome_tell(struct pvpci_fn *fn, u32 outcome, int err, const char *driver);
void pvpci_outcome_off(struct pvpci_bus *bus, u32 row, u32 instance);
void pvpci_outcome_repeat(struct pvpci_bus *bus);
void pvpci_outcome_driver(struct pci_dev *dev, unsigned long action);

#endif /* _PVPCI_OUTCOME_H */
