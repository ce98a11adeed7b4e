// SPDX-License-Identifier: GPL-2.0
/*
 * Letting drivers see functions.
 *
 * PCI core binds the functions of a bus one after the other, also those of a
 * driver that asks to be probed asynchronously. Of many functions that arrive
 * together such ones are bound side by side here; all others as ever.
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "bus/probe.h"
#include "core/bus.h"
#include "function/function.h"
#include "hotplug/report.h"

#define NR_HANDS	8	/* side by side: each may have a request under way */

/**
 * struct heap - functions to be bound in any order
 * @dev: with a reference each
 * @nr: of them
 * @next: the first that nobody has taken
 */
struct heap {
	struct pci_dev *dev[PVPCI_MAX_FUNCTIONS];
	unsigned int nr;
	atomic_t next;
};

/**
 * struct hand - takes from a heap until it is empty
 * @work: runs it
 * @heap: shared
 */
struct hand {
	struct work_struct work;
	struct heap *heap;
};

static int asks_for_async(struct device_driver *driver, void *data)
{
	return driver->probe_type == PROBE_PREFER_ASYNCHRONOUS &&
	       pci_match_id(to_pci_driver(driver)->id_table, data);
}

static void bind_some(struct work_struct *work)
{
	struct heap *heap = container_of(work, struct hand, work)->heap;
	unsigned int i;

	while ((i = atomic_inc_return(&heap->next) - 1) < heap->nr)
		pci_bus_add_device(heap->dev[i]);
}

static void bind_heap(struct heap *heap)
{
	unsigned int i, nr = min_t(unsigned int, heap->nr, NR_HANDS);
	struct hand hand[NR_HANDS];

	for (i = 0; i < nr; i++) {
		hand[i].heap = heap;
		INIT_WORK_ONSTACK(&hand[i].work, bind_some);
		queue_work(system_unbound_wq, &hand[i].work);
	}
	for (i = 0; i < nr; i++) {
		flush_work(&hand[i].work);
		destroy_work_on_stack(&hand[i].work);
	}
	for (i = 0; i < heap->nr; i++)
		pci_dev_put(heap->dev[i]);
}

static void collect(struct pvpci_bus *bus, struct heap *heap)
{
	unsigned int row;

	for (row = 0; row < bus->layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];
		struct pci_dev *dev;

		if (!fn || fn->told)
			continue;
		dev = pci_get_slot(bus->bridge->bus, fn->info.devfn);
		if (dev && bus->bridge->bus->procdir && !dev->dev.driver &&
		    bus_for_each_drv(&pci_bus_type, NULL, dev, asks_for_async))
			heap->dev[heap->nr++] = dev;
		else
			pci_dev_put(dev);
	}
}

/* The first function makes the bus's directory in /proc, which is no work for two. */
static void bind_first(struct pvpci_bus *bus)
{
	struct pci_bus *pci_bus = bus->bridge->bus;
	struct pci_dev *dev;

	if (pci_bus->procdir || list_empty(&pci_bus->devices))
		return;
	dev = list_first_entry(&pci_bus->devices, struct pci_dev, bus_list);
	pci_bus_add_device(dev);
}

/**
 * pvpci_bind_has_driver - has a function a driver, or is one looking at it?
 * @fn: known to PCI core
 *
 * Context: process context, rescan lock held.
 * Return: whether it has.
 */
bool pvpci_bind_has_driver(struct pvpci_fn *fn)
{
	struct pci_dev *dev = pci_get_slot(fn->bus->bridge->bus, fn->info.devfn);
	bool ret = dev && READ_ONCE(dev->dev.driver);

	pci_dev_put(dev);
	return ret;
}

/**
 * pvpci_bind_new - let drivers see what PCI core has scanned
 * @bus: its new functions are claimed and settled
 *
 * Returns when all drivers that are loaded have looked at them, and the host
 * knows of those that none has taken.
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_bind_new(struct pvpci_bus *bus)
{
	struct heap *heap = kvzalloc(sizeof(*heap), GFP_KERNEL);
	unsigned int row;

	lockdep_assert_held(&bus->topology);
	bind_first(bus);
	if (heap) {
		collect(bus, heap);
		bind_heap(heap);
		kvfree(heap);
	}
	pci_bus_add_devices(bus->bridge->bus);
	for (row = 0; row < bus->layout.nr_functions; row++)
		if (bus->by_row[row] && !READ_ONCE(bus->by_row[row]->told))
			pvpci_outcome_tell(bus->by_row[row], PVPCI_OUTCOME_NO_DRIVER, 0, NULL);
}
