// SPDX-License-Identifier: GPL-2.0
/* A host bridge hears of pci_enable_device() before config space is written. */
#include <linux/pci.h>

int pvpci_probe(struct pci_host_bridge *bridge, struct pci_dev *dev);
int pvpci_probe(struct pci_host_bridge *bridge, struct pci_dev *dev)
{
	return bridge->enable_device(bridge, dev);
}
