// SPDX-License-Identifier: GPL-2.0
/* An MSI domain can say that its interrupts have no affinity. */
#include <linux/msi.h>

unsigned int pvpci_probe(void);
unsigned int pvpci_probe(void)
{
	return MSI_FLAG_NO_AFFINITY;
}
