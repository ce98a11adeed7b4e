// SPDX-License-Identifier: GPL-2.0
/* There is a tracepoint for hotplug, and its events are numbered for user space. */
#include <linux/pci.h>
#include <linux/tracepoint-defs.h>
#include <trace/events/pci.h>

int pvpci_probe(struct tracepoint *tracepoint);
int pvpci_probe(struct tracepoint *tracepoint)
{
	return tracepoint->iterator ? PCI_HOTPLUG_CARD_NOT_PRESENT : PCI_HOTPLUG_LINK_UP;
}
