// SPDX-License-Identifier: GPL-2.0
/*
 * A stock driver's write to a BAR cannot wake the host, but the block layer
 * says that a request starts before the driver writes its queue's doorbell.
 * So this attaches to that tracepoint and rings the transport's doorbell when
 * the host has said that it sleeps. While the host is awake it costs one read
 * for each bus and request.
 *
 * Where the kernel has no such tracepoint the host's slow timer is all there
 * is, and everything still works.
 */
#include <linux/blk-mq.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "bus/blk_wake.h"
#include "bus/lifecycle.h"
#include "core/bus.h"
#include "function/config.h"

static LIST_HEAD(buses);		/* written under @mutex, read under RCU */
static DEFINE_MUTEX(mutex);
static struct tracepoint *tracepoint;	/* NULL while not attached; under @mutex */

#if IS_ENABLED(CONFIG_BLOCK) && IS_ENABLED(CONFIG_TRACEPOINTS)

/* The bus a request goes to; NULL when it goes elsewhere; @any without a disk. */
static struct pvpci_bus *bus_of(struct request *rq, bool *any)
{
	struct gendisk *disk = rq->q->disk;
	struct device *dev;

	*any = !disk;
	if (!disk)
		return NULL;
	for (dev = disk_to_dev(disk); dev; dev = dev->parent)
		if (dev_is_pci(dev))
			return to_pci_dev(dev)->bus->ops == &pvpci_config_ops ?
				pvpci_bus_of(to_pci_dev(dev)->bus) : NULL;
	return NULL;
}

static void on_issue(void *data, struct request *rq)
{
	struct pvpci_bus *bus, *target = NULL;
	struct pvpci_lifecycle *life;
	bool found = false, any = false;

	rcu_read_lock();
	list_for_each_entry_rcu(life, &buses, waker) {
		bus = life->bus;
		if (!pvpci_transport_host_sleeps(&bus->wire.transport))
			continue;
		/* Found out only when somebody sleeps. */
		if (!found)
			target = bus_of(rq, &any);
		found = true;
		if (!any && bus != target)
			continue;
		atomic64_inc(&bus->life->wakes);
		pvpci_transport_doorbell(&bus->wire.transport);
	}
	rcu_read_unlock();
}

static void match(struct tracepoint *tp, void *found)
{
	if (!strcmp(tp->name, "block_rq_issue"))
		*(struct tracepoint **)found = tp;
}

static void attach(void)
{
	struct tracepoint *tp = NULL;

	for_each_kernel_tracepoint(match, &tp);
	if (tp && !tracepoint_probe_register(tp, on_issue, NULL))
		tracepoint = tp;
	else
		pr_info("pvpci: No tracepoint block_rq_issue; a sleeping host is woken by its own timer.\n");
}

static void detach(void)
{
	if (!tracepoint)
		return;
	tracepoint_probe_unregister(tracepoint, on_issue, NULL);
	tracepoint_synchronize_unregister();
	tracepoint = NULL;
}

#else

static void attach(void)
{
}

static void detach(void)
{
}

#endif

/**
 * pvpci_blk_wake_add - ring for a bus from now on
 * @bus: whose host may sleep
 */
void pvpci_blk_wake_add(struct pvpci_bus *bus)
{
	if (!(bus->wire.features & PVPCI_F_WAKE))
		return;
	mutex_lock(&mutex);
	if (list_empty(&buses))
		attach();
	list_add_tail_rcu(&bus->life->waker, &buses);
	mutex_unlock(&mutex);
}

/**
 * pvpci_blk_wake_del - no more
 * @bus: may never have been added
 *
 * Context: process context; nobody rings for it when this returns.
 */
void pvpci_blk_wake_del(struct pvpci_bus *bus)
{
	mutex_lock(&mutex);
	if (!list_empty(&bus->life->waker)) {
		list_del_rcu(&bus->life->waker);
		if (list_empty(&buses))
			detach();
		synchronize_rcu();
		INIT_LIST_HEAD(&bus->life->waker);
	}
	mutex_unlock(&mutex);
}

/**
 * pvpci_blk_wake_active - is the tracepoint in use?
 *
 * Return: whether it is.
 */
bool pvpci_blk_wake_active(void)
{
	return READ_ONCE(tracepoint);
}
