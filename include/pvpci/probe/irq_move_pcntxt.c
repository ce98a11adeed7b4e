// SPDX-License-Identifier: GPL-2.0
/* An interrupt has to ask for being moved at once, not with its next occurrence. */
#include <linux/irq.h>

unsigned int pvpci_probe(void);
unsigned int pvpci_probe(void)
{
	return IRQ_MOVE_PCNTXT;
}
