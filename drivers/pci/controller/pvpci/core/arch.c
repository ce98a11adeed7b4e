// SPDX-License-Identifier: GPL-2.0
/*
 * The architecture's part of a PCI host bridge.
 */
#include <linux/cpumask.h>
#include <linux/dma-map-ops.h>
#include <linux/irqflags.h>
#include <linux/numa.h>

#include <pvpci/compat.h>

#include "core/bus.h"

/* What the bridge has got PCI core takes back when it releases the bridge. */
static int set_domain(struct pci_host_bridge *bridge, int domain)
{
#ifdef PVPCI_EMUL_DOMAIN
	if (bridge->domain_nr != PCI_DOMAIN_NR_NOT_SET)
		pci_bus_release_emul_domain_nr(bridge->domain_nr);
	bridge->domain_nr = PCI_DOMAIN_NR_NOT_SET;
	if (pci_bus_find_emul_domain_nr(domain, domain, domain) < 0)
		return -EEXIST;
#endif
	bridge->domain_nr = domain;
	return 0;
}

/**
 * pvpci_arch_bind - hang the architecture's data on a bridge
 * @bus: the bus
 * @bridge: not registered yet; one that PCI core has refused is bound once more
 * @domain: PCI domain number
 *
 * Return: 0; -EEXIST when somebody else has that domain.
 */
int pvpci_arch_bind(struct pvpci_bus *bus, struct pci_host_bridge *bridge, int domain)
{
#ifdef CONFIG_X86
	bus->arch.sysdata.domain = domain;
	bus->arch.sysdata.node = dev_to_node(&bus->pdev->dev);
	bridge->sysdata = &bus->arch.sysdata;
#else
	/* No parent: there is no ACPI companion to be found through it. */
	bus->arch.window.parent = NULL;
	bridge->sysdata = &bus->arch.window;
#endif
	return set_domain(bridge, domain);
}

/**
 * pvpci_arch_setup_device - what firmware tables say of a function elsewhere
 * @dev: scanned, not added yet
 */
void pvpci_arch_setup_device(struct pci_dev *dev)
{
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU_ALL)
	/* The "device" is a process that has the same RAM mapped cacheable. */
	dev->dev.dma_coherent = true;
#endif
}

/**
 * pvpci_arch_user_access - does a config access come from user space?
 *
 * Where PCI core takes no lock for its own accesses, those of user space are
 * the ones that come with interrupts off. Elsewhere nothing tells them apart.
 *
 * Context: from pci_ops only.
 * Return: true when it certainly does.
 */
bool pvpci_arch_user_access(void)
{
	return IS_ENABLED(CONFIG_PCI_LOCKLESS_CONFIG) && irqs_disabled();
}

/**
 * pvpci_arch_vector_budget - transport vectors that all buses may take together
 *
 * x86 has about 200 interrupt vectors for each processor; a fifth of them is
 * left to the rest of the system. Elsewhere the interrupt controller has
 * thousands.
 *
 * Return: the number.
 */
unsigned int pvpci_arch_vector_budget(void)
{
	return IS_ENABLED(CONFIG_X86) ? 160 * num_online_cpus() : PVPCI_MAX_VECTORS;
}
