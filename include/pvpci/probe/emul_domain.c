// SPDX-License-Identifier: GPL-2.0
/* PCI core gives out domains that firmware does not know, and takes them back with the bridge. */
#include <linux/pci.h>

int pvpci_probe(struct pci_host_bridge *bridge);
int pvpci_probe(struct pci_host_bridge *bridge)
{
	pci_bus_release_emul_domain_nr(bridge->domain_nr);
	return pci_bus_find_emul_domain_nr(0, 0, 1);
}
