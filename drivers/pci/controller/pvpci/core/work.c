// SPDX-License-Identifier: GPL-2.0
/*
 * What is left to the workers of a bus.
 *
 * The work is done on floors above; here it is only noted and queued, from any
 * context. Who takes a bus down holds PCI core's rescan lock, for which the
 * worker may be waiting, so nobody waits for the worker but who unloads the
 * module: queued work has a reference to its bus, and finds it down.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "core/bus.h"
#include "core/work.h"

#define LATER_MS	25	/* for what was in use, or is not decided yet */

static struct workqueue_struct *changes_wq;

/**
 * pvpci_work_init - when the module is loaded, or before by its tests
 *
 * Return: 0 or -ENOMEM.
 */
int pvpci_work_init(void)
{
	if (!changes_wq)
		changes_wq = alloc_workqueue("pvpci", WQ_UNBOUND, 0);
	return changes_wq ? 0 : -ENOMEM;
}

/**
 * pvpci_work_exit - when the module is unloaded; waits for what is queued
 *
 * Context: process context, rescan lock not held; all buses are down.
 */
void pvpci_work_exit(void)
{
	destroy_workqueue(changes_wq);
}

/**
 * pvpci_work_look - let the worker see what has to be done
 * @bus: the bus
 *
 * Context: any, with a reference that lives as long as this runs.
 */
void pvpci_work_look(struct pvpci_bus *bus)
{
	if (READ_ONCE(bus->removing))
		return;
	pvpci_bus_get(bus);
	/* Never the last one to be dropped here. */
	if (!queue_work(changes_wq, &bus->work.changes))
		pvpci_bus_put(bus);
}

/**
 * pvpci_work_look_later - let the worker look once more, in a moment
 * @bus: the bus
 *
 * Context: as pvpci_work_look().
 */
void pvpci_work_look_later(struct pvpci_bus *bus)
{
	if (READ_ONCE(bus->removing))
		return;
	pvpci_bus_get(bus);
	if (!queue_delayed_work(changes_wq, &bus->work.changes_later, msecs_to_jiffies(LATER_MS)))
		pvpci_bus_put(bus);
}

/**
 * pvpci_work_look_at_table - let the worker look at the function table, changed or not
 * @bus: the bus
 *
 * Context: as pvpci_work_look().
 */
void pvpci_work_look_at_table(struct pvpci_bus *bus)
{
	WRITE_ONCE(bus->work.table_anew, true);
	WRITE_ONCE(bus->work.table_changed, true);
	pvpci_work_look(bus);
}

/**
 * pvpci_work_take_all_away - the host has stopped: its functions are gone
 * @bus: broken
 *
 * Context: as pvpci_work_look().
 */
void pvpci_work_take_all_away(struct pvpci_bus *bus)
{
	WRITE_ONCE(bus->work.host_gone, true);
	pvpci_work_look(bus);
}

/**
 * pvpci_work_check_host - something took too long: look before the timer does
 * @bus: the bus; nothing happens while it is brought up or taken down
 *
 * Context: any.
 */
void pvpci_work_check_host(struct pvpci_bus *bus)
{
	if (READ_ONCE(bus->removing) || pvpci_state(bus) != PVPCI_STATE_RUNNING)
		return;
	WRITE_ONCE(bus->work.host_suspect, true);
	pvpci_work_check_in(bus, 0);
}

/**
 * pvpci_work_check_in - look at the host some time from now
 * @bus: the bus
 * @delay: in jiffies; sooner than what was queued before
 *
 * Context: as pvpci_work_look().
 */
void pvpci_work_check_in(struct pvpci_bus *bus, unsigned long delay)
{
	pvpci_bus_get(bus);
	if (mod_delayed_work(system_wq, &bus->work.health, delay))
		pvpci_bus_put(bus);
}

/**
 * pvpci_work_pause - wait until the worker rests
 * @bus: with pvpci_bus.asleep set
 *
 * Context: process context; the rescan lock is not held.
 */
void pvpci_work_pause(struct pvpci_bus *bus)
{
	if (cancel_delayed_work_sync(&bus->work.changes_later))
		pvpci_bus_put(bus);
	if (cancel_work_sync(&bus->work.changes))
		pvpci_bus_put(bus);
}
