/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bind.h - unbind and bind drivers without waiting for ever
 */
#ifndef PCI_REBALANCE_BIND_H
#define PCI_REBALANCE_BIND_H

#include <linux/types.h>

struct device_driver;
struct pci_dev;

int bind_init(void);
void bind_exit(void);
int bind_detach(struct pci_dev *dev, struct device_driver *driver);
int bind_attach(struct pci_dev *dev, struct device_driver *driver);
bool bind_is_ours(void);
u64 bind_limit(void);

#endif
