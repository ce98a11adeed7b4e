// SPDX-License-Identifier: GPL-2.0
/*
 * Newer kernels tell of hotplug with the tracepoint pci:pci_hp_event, which
 * rasdaemon and others listen to. It is not exported, as its users are built in,
 * but all of the kernel's tracepoints can be found by name.
 */
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include <pvpci/compat.h>

#include "pciehp_pv.h"

#ifdef PVPCI_PCI_HP_EVENT
static struct tracepoint *pci_hp_event;

static void find_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "pci_hp_event"))
		pci_hp_event = tracepoint;
}

/* As the function that TRACE_EVENT() makes of the kernel's own declaration. */
static void emit(struct hpv_slot *slot, int event)
{
	int (*iterator)(void *unused, const char *port, const char *name, const int event);

	if (!pci_hp_event || !static_key_enabled(&pci_hp_event->key))
		return;
	iterator = pci_hp_event->iterator;
	preempt_disable_notrace();
	iterator(NULL, pci_name(slot->port), hpv_name(slot), event);
	preempt_enable_notrace();
}

/**
 * hpv_announce_init - find the kernel's tracepoint
 */
void hpv_announce_init(void)
{
	for_each_kernel_tracepoint(find_tracepoint, NULL);
}

/**
 * hpv_announce - tell those who listen to pci:pci_hp_event, as pciehp does
 * @slot: the slot
 * @note: what a step was
 * @event: what happened
 */
void hpv_announce(struct hpv_slot *slot, enum hpv_note note, enum hpv_event event)
{
	if (note == HPV_NOTE_ADDING && event == HPV_EV_LINK_UP)
		emit(slot, PCI_HOTPLUG_LINK_UP);
	if (note == HPV_NOTE_ADDING && (event == HPV_EV_LINK_UP || event == HPV_EV_PRESENT))
		emit(slot, PCI_HOTPLUG_CARD_PRESENT);
	if (note == HPV_NOTE_SURPRISE)
		emit(slot, PCI_HOTPLUG_LINK_DOWN);
	if (note == HPV_NOTE_SURPRISE && event == HPV_EV_GONE)
		emit(slot, PCI_HOTPLUG_CARD_NOT_PRESENT);
}
#else
void hpv_announce_init(void)
{
}

void hpv_announce(struct hpv_slot *slot, enum hpv_note note, enum hpv_event event)
{
}
#endif
