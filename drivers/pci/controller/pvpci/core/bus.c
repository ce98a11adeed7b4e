// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a bus in memory.
 */
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/percpu.h>

#include "core/bus.h"

static void bus_free(struct kref *ref)
{
	struct pvpci_bus *bus = container_of(ref, struct pvpci_bus, ref);

	free_percpu(bus->accesses);
	/* The structs of the other floors are part of it: bus/lifecycle.c. */
	kvfree(bus);
}

/**
 * pvpci_bus_get - take a reference
 * @bus: the bus
 *
 * Context: any.
 */
void pvpci_bus_get(struct pvpci_bus *bus)
{
	kref_get(&bus->ref);
}

/**
 * pvpci_bus_put - drop a reference
 * @bus: freed with the last one
 *
 * Context: process context.
 */
void pvpci_bus_put(struct pvpci_bus *bus)
{
	kref_put(&bus->ref, bus_free);
}

/**
 * pvpci_bus_of - our bus behind PCI core's
 * @pci_bus: with pvpci_config_ops
 *
 * Context: any.
 * Return: the bus; lives as long as the host bridge.
 */
struct pvpci_bus *pvpci_bus_of(struct pci_bus *pci_bus)
{
	struct pvpci_bus **priv = pci_host_bridge_priv(pci_find_host_bridge(pci_bus));

	return *priv;
}
