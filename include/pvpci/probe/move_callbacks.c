// SPDX-License-Identifier: GPL-2.0
/* A driver can let go of its BARs, and use them again where they are then. */
#include <linux/pci.h>

int pvpci_probe(struct pci_dev *dev);
int pvpci_probe(struct pci_dev *dev)
{
	if (!dev->driver->move_prepare || !dev->driver->move_done)
		return 0;
	return pci_move_prepare(dev) + pci_move_done(dev);
}
