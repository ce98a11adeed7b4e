// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing a bus up and taking it down.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "bus/blk_wake.h"
#include "bus/changes.h"
#include "bus/debugfs.h"
#include "bus/health.h"
#include "bus/root.h"
#include "core/bus.h"
#include "function/config_block.h"
#include "function/function.h"
#include "irq/msi.h"
#include "room/assign.h"
#include "wire/dma.h"
#include "wire/proto.h"
#include "wire/trace.h"

static void op_doorbell(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	pvpci_transport_doorbell(&bus->transport);
}

static bool op_host_sleeps(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	/* A host that never says that it sleeps is always rung for. */
	return !(bus->features & PVPCI_F_WAKE) || pvpci_transport_host_sleeps(&bus->transport);
}

static bool op_host_gone(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	return pvpci_transport_host_state(&bus->transport) != PVPCI_HOST_READY;
}

static void op_event(void *ctx, const struct pvpci_msg *msg)
{
	switch (le16_to_cpu(msg->type)) {
	case PVPCI_MSG_INVALIDATE_BLOCKS:
		pvpci_blocks_event(ctx, msg);
		break;
	case PVPCI_MSG_QUERY_STOP:
	case PVPCI_MSG_STOP:
	case PVPCI_MSG_CANCEL_STOP:
		pvpci_stop_event(ctx, msg);
		break;
	default:
		pvpci_relations_event(ctx, msg);
	}
}

static void op_broken(void *ctx, const char *why)
{
	pvpci_bus_broken(ctx, "%s", why);
}

static void op_trace(void *ctx, bool to_host, const struct pvpci_msg *msg)
{
	trace_pvpci_message(ctx, to_host, msg);
}

static const struct pvpci_request_ops request_ops = {
	.doorbell	= op_doorbell,
	.host_sleeps	= op_host_sleeps,
	.host_gone	= op_host_gone,
	.event		= op_event,
	.broken		= op_broken,
	.trace		= op_trace,
};

/**
 * pvpci_bus_alloc - a bus that nobody knows yet
 * @pdev: its ivshmem function
 *
 * Return: the bus with one reference, or NULL.
 */
struct pvpci_bus *pvpci_bus_alloc(struct pci_dev *pdev)
{
	struct pvpci_bus *bus = kvzalloc(sizeof(*bus), GFP_KERNEL);

	if (!bus)
		return NULL;
	kref_init(&bus->ref);
	bus->pdev = pdev;
	INIT_LIST_HEAD(&bus->node);
	mutex_init(&bus->topology);
	raw_spin_lock_init(&bus->windows.lock);
	mutex_init(&bus->vectors.mutex);
	pvpci_relations_init(bus);
	pvpci_blocks_init(bus);
	pvpci_stop_init(bus);
	pvpci_health_init(bus);
	return bus;
}

static void bus_free(struct kref *ref)
{
	kvfree(container_of(ref, struct pvpci_bus, ref));
}

/**
 * pvpci_bus_get - take a reference
 * @bus: the bus
 */
void pvpci_bus_get(struct pvpci_bus *bus)
{
	kref_get(&bus->ref);
}

/**
 * pvpci_bus_put - drop a reference
 * @bus: freed with the last one
 */
void pvpci_bus_put(struct pvpci_bus *bus)
{
	kref_put(&bus->ref, bus_free);
}

static void forget_functions(struct pvpci_bus *bus)
{
	unsigned int row;

	mutex_lock(&bus->topology);
	if (bus->transport.area[PVPCI_AREA_ASSIGNED])
		pvpci_assign_release_all(bus);
	for (row = 0; row < PVPCI_MAX_FUNCTIONS; row++)
		if (bus->by_row[row])
			pvpci_relations_forget(bus->by_row[row]);
	mutex_unlock(&bus->topology);
}

/**
 * pvpci_bus_down - undo pvpci_bus_up(), however far it came
 * @bus: the bus
 *
 * Context: process context; PCI core's rescan lock may be held.
 */
void pvpci_bus_down(struct pvpci_bus *bus)
{
	bool powered;

	WRITE_ONCE(bus->removing, true);
	pvpci_health_stop(bus);
	pvpci_relations_stop(bus);
	pvpci_blocks_stop(bus);
	pvpci_stop_end(bus);
	pvpci_debugfs_del(bus);
	pvpci_state_set(bus, PVPCI_STATE_STOPPING);
	pvpci_root_remove(bus);
	pvpci_wake_del(bus);
	forget_functions(bus);
	powered = pvpci_state(bus) == PVPCI_STATE_STOPPING;
	if (powered)
		pvpci_proto_d0_exit(bus);
	if (pvpci_state_set(bus, PVPCI_STATE_GONE) && bus->transport.header)
		pvpci_transport_set_guest(&bus->transport, PVPCI_GUEST_GONE);
	/* Its lock is made when the header was found good. */
	if (bus->requests.ops)
		pvpci_requests_break(&bus->requests);
	pvpci_msi_exit(bus);
	pvpci_vectors_exit(bus);
	pvpci_transport_disable_irq(bus);
	if (bus->wq)
		destroy_workqueue(bus->wq);
	pvpci_transport_exit(bus);
}

static int start_messages(struct pvpci_bus *bus)
{
	struct pvpci_transport *t = &bus->transport;
	int ret;

	/* GONE of a driver before us would bring the bus down under us. */
	pvpci_transport_set_guest(t, PVPCI_GUEST_ABSENT);
	ret = pvpci_requests_init(&bus->requests, &request_ops, bus,
				  t->area[PVPCI_AREA_RING_TO_HOST],
				  t->area[PVPCI_AREA_RING_TO_GUEST], bus->layout.ring_slots);
	if (ret) {
		dev_err(&bus->pdev->dev, "Cannot use this bus: the indices of a ring contradict each other.\n");
		return ret;
	}
	return pvpci_transport_enable_irq(bus);
}

static int power_up(struct pvpci_bus *bus)
{
	int ret;

	ret = pvpci_proto_version(bus);
	if (ret)
		return ret;
	ret = pvpci_vectors_init(bus);
	if (ret)
		return ret;
	ret = pvpci_proto_d0_entry(bus, bus->transport.nr_vectors);
	if (ret)
		return ret;
	pvpci_state_set(bus, PVPCI_STATE_D0);
	return pvpci_dma_probe(bus);
}

/**
 * pvpci_bus_up - from an ivshmem function to bound drivers
 * @bus: freshly allocated, its function enabled
 *
 * Context: process context; PCI core's rescan lock may be held.
 * Return: 0 or an errno with a sentence logged; pvpci_bus_down() then.
 */
int pvpci_bus_up(struct pvpci_bus *bus)
{
	ktime_t start = ktime_get();
	unsigned int row, nr = 0;
	int ret;

	bus->wq = alloc_ordered_workqueue("pvpci-%s", 0, pci_name(bus->pdev));
	if (!bus->wq)
		return -ENOMEM;
	ret = pvpci_transport_init(bus);
	if (ret)
		return ret;
	bus->domain = pvpci_root_first_domain(bus);
	ret = start_messages(bus);
	if (ret)
		return ret;
	ret = power_up(bus);
	if (ret)
		return ret;
	ret = pvpci_msi_init(bus);
	if (ret)
		return ret;
	ret = pvpci_relations_start(bus);
	if (ret)
		return ret;
	pvpci_wake_add(bus);
	ret = pvpci_root_create(bus);
	if (ret)
		return ret;
	pvpci_debugfs_add(bus);
	pvpci_health_start(bus);
	for (row = 0; row < bus->layout.nr_functions; row++)
		nr += !!READ_ONCE(bus->by_row[row]);
	dev_info(&bus->pdev->dev, "Bus %#llx is PCI domain %04x with %u functions, up in %lld us.\n",
		 bus->layout.bus_id, bus->domain, nr, ktime_us_delta(ktime_get(), start));
	/* Whatever the host has reported meanwhile. */
	queue_work(bus->wq, &bus->relations_work);
	return 0;
}

/**
 * pvpci_bus_shutdown - the machine goes down or another kernel is started
 * @bus: up
 *
 * Drivers have shut their functions down already. Everything is detached, so
 * that no DMA is under way and the next kernel finds the bus as new.
 */
void pvpci_bus_shutdown(struct pvpci_bus *bus)
{
	WRITE_ONCE(bus->removing, true);
	pvpci_health_stop(bus);
	pvpci_relations_stop(bus);
	pvpci_blocks_stop(bus);
	pvpci_stop_end(bus);
	pvpci_wake_del(bus);
	if (pvpci_state_set(bus, PVPCI_STATE_STOPPING))
		pvpci_proto_d0_exit(bus);
	if (pvpci_state_set(bus, PVPCI_STATE_GONE))
		pvpci_transport_set_guest(&bus->transport, PVPCI_GUEST_GONE);
	pvpci_requests_break(&bus->requests);
	if (bus->transport.irq0)
		disable_irq(bus->transport.irq0);
}
