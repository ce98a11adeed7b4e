/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of each function, told to the host.
 */
#ifndef _PVPCI_REPORT_H
#define _PVPCI_REPORT_H

#include <linux/types.h>

struct pci_dev;
struct pvpci_bus;
struct pvpci_fn;

void pvpci_report_outcome(struct pvpci_fn *fn, u32 outcome, int err, const char *driver);
void pvpci_report_off(struct pvpci_bus *bus, u32 row, u32 instance);
void pvpci_report_again(struct pvpci_bus *bus);
void pvpci_report_driver(struct pvpci_fn *fn, struct pci_dev *dev, unsigned long action);

#endif /* _PVPCI_REPORT_H */
