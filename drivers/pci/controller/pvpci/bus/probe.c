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

#define NR_PROBERS	8	/* side by side: each may have a request under way */

/**
 * struct probe_queue - functions to be bound in any order
 * @dev: with a reference each
 * @nr: of them
 * @next: the first that nobody has taken
 */
struct probe_queue {
	struct pci_dev *dev[PVPCI_MAX_FUNCTIONS];
	unsigned int nr;
	atomic_t next;
};

/**
 * struct prober - takes from a queue until it is empty
 * @work: runs it
 * @queue: shared
 */
struct prober {
	struct work_struct work;
	struct probe_queue *queue;
};

static int asks_for_async(struct device_driver *driver, void *data)
{
	return driver->probe_type == PROBE_PREFER_ASYNCHRONOUS &&
	       pci_match_id(to_pci_driver(driver)->id_table, data);
}

static void probe_some(struct work_struct *work)
{
	struct probe_queue *queue = container_of(work, struct prober, work)->queue;
	unsigned int i;

	while ((i = atomic_inc_return(&queue->next) - 1) < queue->nr)
		pci_bus_add_device(queue->dev[i]);
}

static void probe_all(struct probe_queue *queue)
{
	unsigned int i, nr = min_t(unsigned int, queue->nr, NR_PROBERS);
	struct prober prober[NR_PROBERS];

	for (i = 0; i < nr; i++) {
		prober[i].queue = queue;
		INIT_WORK_ONSTACK(&prober[i].work, probe_some);
		queue_work(system_unbound_wq, &prober[i].work);
	}
	for (i = 0; i < nr; i++) {
		flush_work(&prober[i].work);
		destroy_work_on_stack(&prober[i].work);
	}
	for (i = 0; i < queue->nr; i++)
		pci_dev_put(queue->dev[i]);
}

static void collect(struct pvpci_bus *bus, struct probe_queue *queue)
{
	unsigned int row;

	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];
		struct pci_dev *dev;

		if (!fn || READ_ONCE(fn->told) != PVPCI_TOLD_NOTHING)
			continue;
		dev = pci_get_slot(bus->bridge->bus, fn->info.devfn);
		if (dev && bus->bridge->bus->procdir && !dev->dev.driver &&
		    bus_for_each_drv(&pci_bus_type, NULL, dev, asks_for_async))
			queue->dev[queue->nr++] = dev;
		else
			pci_dev_put(dev);
	}
}

static int is_for(struct device_driver *driver, void *data)
{
	struct pci_dev *dev = data;

	return pci_bus_type.match(&dev->dev, driver);
}

/*
 * No driver has looked at it, and none will by itself: newer kernels leave the probe to
 * a worker, and the driver core tells what becomes of it.
 */
static bool is_unwanted(struct pvpci_fn *fn)
{
	struct pci_dev *dev = pci_get_slot(fn->bus->bridge->bus, fn->info.devfn);
	bool ret = READ_ONCE(fn->told) == PVPCI_TOLD_NOTHING &&
		   !(dev && bus_for_each_drv(&pci_bus_type, NULL, dev, is_for));

	pci_dev_put(dev);
	return ret;
}

/* The first function makes the bus's directory in /proc, which is no work for two. */
static void probe_first(struct pvpci_bus *bus)
{
	struct pci_bus *pci_bus = bus->bridge->bus;
	struct pci_dev *dev;

	if (pci_bus->procdir || list_empty(&pci_bus->devices))
		return;
	dev = list_first_entry(&pci_bus->devices, struct pci_dev, bus_list);
	pci_bus_add_device(dev);
}

/**
 * pvpci_probe_new - let drivers see what PCI core has scanned
 * @bus: its new functions are claimed and settled
 *
 * Returns when all drivers that are loaded have looked at them, and the host
 * knows of those that none has taken.
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_probe_new(struct pvpci_bus *bus)
{
	struct probe_queue *queue = kvzalloc(sizeof(*queue), GFP_KERNEL);
	unsigned int row;

	lockdep_assert_held(&bus->topology);
	probe_first(bus);
	if (queue) {
		collect(bus, queue);
		probe_all(queue);
		kvfree(queue);
	}
	pci_bus_add_devices(bus->bridge->bus);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (fn && is_unwanted(fn))
			pvpci_report_outcome(fn, PVPCI_OUTCOME_NO_DRIVER, 0, NULL);
	}
}
