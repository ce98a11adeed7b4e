// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing a bus up and taking it down.
 *
 * A driver that is a host bridge itself is probed and removed with PCI core's
 * rescan lock held when its function is hot-plugged, and without it when the
 * module is loaded or unloaded; nothing tells which, and the lock is not recursive.
 * So nobody has to know: a probe connects the bus, which needs no lock, and the
 * worker shows it to PCI core. Who unloads the module takes all buses down, each
 * under the rescan lock, before it lets go of their functions; unbinding by hand is
 * not offered, so any other removal comes from PCI core, which holds the lock.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include "bus/blk_wake.h"
#include "bus/changes.h"
#include "bus/debugfs.h"
#include "bus/health.h"
#include "bus/lifecycle.h"
#include "bus/root.h"
#include "core/bus.h"
#include "core/memory.h"
#include "function/config_block.h"
#include "function/function.h"
#include "hotplug/await_rebalance.h"
#include "hotplug/host_rebalance.h"
#include "hotplug/hotplug.h"
#include "hotplug/remove.h"
#include "irq/msi.h"
#include "room/assign.h"
#include "room/window.h"
#include "wire/aperture_probe.h"
#include "wire/dma.h"
#include "wire/proto.h"
#include "wire/trace.h"

#define SHOWN_MS	1000	/* patience of a probe: its caller may be who is waited for */
#define LOADED_MS	30000	/* the same of who loads the module */

static LIST_HEAD(buses);		/* that are connected; under @buses_lock */
static DEFINE_MUTEX(buses_lock);
static bool unloading;			/* the same */

/**
 * struct whole - a bus with what the other floors keep of it, in one piece
 * @bus: first, so that it frees all
 * @blocks: pvpci_bus.blocks
 * @irq: pvpci_bus.irq
 * @room: pvpci_bus.room
 * @hotplug: pvpci_bus.hotplug
 * @life: pvpci_bus.life
 */
struct whole {
	struct pvpci_bus bus;
	struct pvpci_config_blocks blocks;
	struct pvpci_irq irq;
	struct pvpci_room room;
	struct pvpci_hotplug hotplug;
	struct pvpci_lifecycle life;
};

static void op_doorbell(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	pvpci_transport_doorbell(&bus->wire.transport);
}

static bool op_host_sleeps(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	/* A host that never says that it sleeps is always rung for. */
	return !(bus->wire.features & PVPCI_F_WAKE) ||
	       pvpci_transport_host_sleeps(&bus->wire.transport);
}

static bool op_host_gone(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	return pvpci_transport_host_state(&bus->wire.transport) != PVPCI_HOST_READY;
}

static u32 op_host_beat(void *ctx)
{
	struct pvpci_bus *bus = ctx;

	return pvpci_transport_host_beat(&bus->wire.transport);
}

static void op_event(void *ctx, const struct pvpci_msg *msg)
{
	switch (le16_to_cpu(msg->type)) {
	case PVPCI_MSG_INVALIDATE_BLOCKS:
		pvpci_config_blocks_event(ctx, msg);
		break;
	case PVPCI_MSG_QUERY_STOP:
	case PVPCI_MSG_STOP:
	case PVPCI_MSG_CANCEL_STOP:
		pvpci_host_rebalance_event(ctx, msg);
		break;
	default:
		pvpci_changes_event(ctx, msg);
	}
}

static void op_broken(void *ctx, const char *why)
{
	pvpci_bus_broken(ctx, "%s", why);
}

static void op_suspect(void *ctx)
{
	pvpci_work_check_host(ctx);
}

static void op_trace(void *ctx, bool to_host, const struct pvpci_msg *msg)
{
	struct pvpci_bus *bus = ctx;

	trace_pvpci_message(bus->domain, to_host, msg);
}

static const struct pvpci_request_ops request_ops = {
	.doorbell	= op_doorbell,
	.host_sleeps	= op_host_sleeps,
	.host_gone	= op_host_gone,
	.host_beat	= op_host_beat,
	.event		= op_event,
	.broken		= op_broken,
	.suspect	= op_suspect,
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
	struct whole *whole = kvzalloc(sizeof(*whole), GFP_KERNEL);
	struct pvpci_bus *bus;

	BUILD_BUG_ON(offsetof(struct whole, bus));
	if (!whole)
		return NULL;
	bus = &whole->bus;
	bus->blocks = &whole->blocks;
	bus->irq = &whole->irq;
	bus->room = &whole->room;
	bus->hotplug = &whole->hotplug;
	bus->life = &whole->life;
	bus->life->bus = bus;
	bus->accesses = alloc_percpu(struct pvpci_accesses);
	if (!bus->accesses) {
		kvfree(whole);
		return NULL;
	}
	kref_init(&bus->ref);
	bus->pdev = pdev;
	bus->wire.pdev = pdev;
	init_rwsem(&bus->in_use);
	mutex_init(&bus->topology);
	raw_spin_lock_init(&bus->windows.lock);
	mutex_init(&bus->irq->vectors.mutex);
	INIT_LIST_HEAD(&bus->life->node);
	INIT_LIST_HEAD(&bus->life->waker);
	init_completion(&bus->life->shown);
	pvpci_changes_init(bus);
	pvpci_config_blocks_init(bus);
	pvpci_host_rebalance_init(bus);
	pvpci_health_init(bus);
	return bus;
}

static void forget_functions(struct pvpci_bus *bus)
{
	unsigned int row;

	mutex_lock(&bus->topology);
	if (bus->wire.transport.area[PVPCI_AREA_ASSIGNED])
		pvpci_assign_release_all(bus);
	for (row = 0; row < PVPCI_MAX_FUNCTIONS; row++)
		if (bus->by_row[row])
			pvpci_remove_forget(bus->by_row[row]);
	mutex_unlock(&bus->topology);
	/* Config accesses that found one may still look at its row. */
	synchronize_rcu();
}

/* The last words to the host. */
static void say_goodbye(struct pvpci_bus *bus)
{
	struct pvpci_wire *wire = &bus->wire;

	if (pvpci_state_set(bus, PVPCI_STATE_STOPPING) ||
	    pvpci_state(bus) == PVPCI_STATE_STOPPING)
		pvpci_proto_d0_exit(wire);
	if (pvpci_state_set(bus, PVPCI_STATE_GONE) && wire->transport.header)
		pvpci_transport_set_guest(&wire->transport, PVPCI_GUEST_GONE);
	/* Its lock is made when the header was found good. */
	if (wire->requests.ops)
		pvpci_requests_break(&wire->requests);
}

/*
 * Whoever has begun something before pvpci_bus.removing was set has come to its end, and
 * there are no interrupts: nothing is queued after this.
 */
static void stop_workers(struct pvpci_bus *bus)
{
	pvpci_health_stop(bus);
	pvpci_config_blocks_stop(bus);
}

/**
 * pvpci_bus_down - undo pvpci_bus_up(), however far it came
 * @bus: the bus; nothing happens when it is down
 *
 * Its worker may be waiting for the rescan lock, and finds it down.
 *
 * Context: process context, rescan lock held, which is not needed for one whose
 * pvpci_bus_up() failed.
 */
void pvpci_bus_down(struct pvpci_bus *bus)
{
	mutex_lock(&buses_lock);
	list_del_init(&bus->life->node);
	mutex_unlock(&buses_lock);
	if (READ_ONCE(bus->removing))
		return;
	WRITE_ONCE(bus->removing, true);
	down_write(&bus->in_use);
	pvpci_await_rebalance_stop(bus);
	pvpci_debugfs_del(bus);
	pvpci_state_set(bus, PVPCI_STATE_STOPPING);
	pvpci_root_remove(bus);
	/* Until here drivers may have had something to write. */
	pvpci_blk_wake_del(bus);
	forget_functions(bus);
	say_goodbye(bus);
	pvpci_memory_unwatch(bus);
	pvpci_msi_exit(bus);
	pvpci_vectors_exit(bus);
	pvpci_transport_disable_irq(&bus->wire);
	stop_workers(bus);
	pvpci_vectors_unreserve(bus);
	pvpci_transport_exit(&bus->wire);
	up_write(&bus->in_use);
}

static int start_messages(struct pvpci_bus *bus)
{
	struct pvpci_wire *wire = &bus->wire;
	int ret;

	/* GONE of a driver before us would bring the bus down under us. */
	pvpci_transport_set_guest(&wire->transport, PVPCI_GUEST_ABSENT);
	ret = pvpci_requests_init(&wire->requests, &request_ops, bus,
				  wire->transport.area[PVPCI_AREA_RING_TO_HOST],
				  wire->transport.area[PVPCI_AREA_RING_TO_GUEST],
				  wire->layout.ring_slots);
	if (ret) {
		dev_err(&bus->pdev->dev, "Cannot use this bus: the indices of a ring contradict each other.\n");
		return ret;
	}
	return pvpci_transport_enable_irq(wire, pvpci_vectors_reserve(bus));
}

static int power_up(struct pvpci_bus *bus)
{
	int ret;

	ret = pvpci_proto_version(&bus->wire);
	if (ret)
		return ret;
	ret = pvpci_vectors_init(bus);
	if (ret)
		return ret;
	ret = pvpci_proto_d0_entry(&bus->wire, bus->wire.transport.nr_vectors);
	if (ret)
		return ret;
	pvpci_state_set(bus, PVPCI_STATE_D0);
	return pvpci_memory_watch(bus) ?: pvpci_dma_probe(&bus->wire) ?:
	       pvpci_memory_check(bus) ?: pvpci_aperture_probe(&bus->wire);
}

static int connect(struct pvpci_bus *bus)
{
	int ret;

	ret = pvpci_transport_init(&bus->wire);
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
	ret = pvpci_changes_start(bus);
	if (ret)
		return ret;
	pvpci_blk_wake_add(bus);
	pvpci_health_start(bus);
	return 0;
}

/* From now on who unloads the module sees to it. */
static int enlist(struct pvpci_bus *bus)
{
	int ret = 0;

	mutex_lock(&buses_lock);
	if (unloading)
		ret = -ESHUTDOWN;
	else
		list_add_tail(&bus->life->node, &buses);
	mutex_unlock(&buses_lock);
	return ret;
}

/**
 * pvpci_bus_up - from an ivshmem function to a bus that PCI core knows, or will soon
 * @bus: freshly allocated, its function enabled
 *
 * PCI core gets to know it when the worker has the rescan lock. A program that binds
 * the driver finds its functions when this returns, unless it holds that lock itself
 * (a rescan); nobody else waits.
 *
 * Context: process context; PCI core's rescan lock may be held.
 * Return: 0 or an errno with a sentence logged; pvpci_bus_down() then.
 */
int pvpci_bus_up(struct pvpci_bus *bus)
{
	struct pvpci_lifecycle *life = bus->life;
	int ret;

	life->began = ktime_get();
	ret = connect(bus);
	if (ret)
		return ret;
	ret = enlist(bus);
	if (ret)
		return ret;
	WRITE_ONCE(bus->work.show, true);
	pvpci_work_look(bus);
	if (current->flags & PF_KTHREAD ||
	    !wait_for_completion_timeout(&life->shown, msecs_to_jiffies(SHOWN_MS)))
		return 0;
	return life->error;
}

/**
 * pvpci_buses_await - wait until PCI core knows all buses that there are
 *
 * For who loads the module: functions are there when modprobe has ended.
 *
 * Context: process context, rescan lock not held.
 */
void pvpci_buses_await(void)
{
	struct pvpci_lifecycle *life;
	struct pvpci_bus *bus;
	bool again = true;

	while (again) {
		again = false;
		mutex_lock(&buses_lock);
		list_for_each_entry(life, &buses, node) {
			if (completion_done(&life->shown))
				continue;
			bus = life->bus;
			pvpci_bus_get(bus);
			again = true;
			break;
		}
		mutex_unlock(&buses_lock);
		if (!again)
			return;
		again = wait_for_completion_killable_timeout(&life->shown,
							     msecs_to_jiffies(LOADED_MS)) > 0;
		pvpci_bus_put(bus);
	}
}

/**
 * pvpci_buses_down - take all buses down, and let nobody bring one up any more
 *
 * Context: process context, rescan lock not held.
 */
void pvpci_buses_down(void)
{
	struct pvpci_lifecycle *life;
	struct pvpci_bus *bus;

	for (;;) {
		mutex_lock(&buses_lock);
		unloading = true;
		life = list_first_entry_or_null(&buses, struct pvpci_lifecycle, node);
		bus = life ? life->bus : NULL;
		if (bus)
			pvpci_bus_get(bus);
		mutex_unlock(&buses_lock);
		if (!bus)
			return;
		pci_lock_rescan_remove();
		pvpci_bus_down(bus);
		pci_unlock_rescan_remove();
		pvpci_bus_put(bus);
	}
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
	pvpci_blk_wake_del(bus);
	say_goodbye(bus);
	if (bus->wire.transport.irq0)
		disable_irq(bus->wire.transport.irq0);
	stop_workers(bus);
}
