/* SPDX-License-Identifier: GPL-2.0 */
/*
 * resizable.h - the functions of pci_resizable, and a driver for them
 */
#ifndef PCI_RESIZABLE_H
#define PCI_RESIZABLE_H

#include <linux/pci.h>

#define RESIZABLE_DEVICE	0x5aba

int resizable_driver_init(struct pci_bus *bus);
void resizable_driver_exit(void);

#endif
