// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend, resume and hibernation of a whole bus.
 *
 * The ivshmem function is the parent of the host bridge, so all functions have
 * saved their state before it leaves D0, and restore it after it is back: in the
 * "noirq" phase, where PCI core saves and restores config space. Nobody waits for
 * an interrupt there; a waiter looks at the ring itself.
 *
 * From prepare() to complete() the worker rests. What the host reports meanwhile
 * is taken note of, and functions that are no longer there read all-ones until
 * the worker has taken them away.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "bus/health.h"
#include "bus/lifecycle.h"
#include "bus/pm.h"
#include "bus/snapshot.h"
#include "core/bus.h"
#include "core/memory.h"
#include "function/config.h"
#include "function/config_block.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "function/resize.h"
#include "irq/msi.h"
#include "room/assign.h"
#include "wire/aperture_probe.h"
#include "wire/dma.h"
#include "wire/proto.h"

#define TRIES	8	/* of a table that changes: nobody else runs meanwhile */

static struct pvpci_bus *bus_of(struct device *dev)
{
	return pci_get_drvdata(to_pci_dev(dev));
}

/* D0 exit detaches: on the accounts. */
static void note_detached(struct pvpci_fn *fn, u64 ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fn->lock, flags);
	if (fn->attached)
		pvpci_memory_enable_account(fn, PVPCI_REASON_POWER, ns, 0);
	fn->attached = false;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
}

static void power_down(struct pvpci_bus *bus)
{
	ktime_t start = ktime_get();
	unsigned int row;
	int ret;

	ret = pvpci_proto_d0_exit(&bus->wire);
	mutex_lock(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			note_detached(bus->by_row[row], ktime_to_ns(ktime_sub(ktime_get(), start)));
	mutex_unlock(&bus->topology);
	if (ret)
		pvpci_bus_break(bus, "it could not be powered down (%d)", ret);
}

/*
 * After hibernation there may be another daemon, with memory of its own. It has
 * to have made the same bus.
 */
static int check_header(struct pvpci_bus *bus, bool *same_host)
{
	const struct pvpci_layout *old = &bus->wire.layout;
	struct pvpci_header copy;
	struct pvpci_layout now;
	char why[PVPCI_WHY_BYTES];

	memcpy(&copy, bus->wire.transport.header, sizeof(copy));
	if (pvpci_transport_host_state(&bus->wire.transport) != PVPCI_HOST_READY ||
	    pvpci_layout_check(&copy, old->bar2_bytes, &now, why))
		return -ENODEV;
	*same_host = now.generation == old->generation;
	if (now.bus_id != old->bus_id || now.nr_functions != old->nr_functions ||
	    now.nr_tokens != old->nr_tokens || now.nr_vectors != old->nr_vectors ||
	    now.ring_slots != old->ring_slots || now.peer_id != old->peer_id ||
	    now.peer_vector != old->peer_vector || memcmp(now.area, old->area, sizeof(now.area)) ||
	    bus->wire.features & ~now.features)
		return -ENXIO;
	bus->wire.layout = now;
	return 0;
}

static bool same_function(const struct pvpci_function_info *was,
			  const struct pvpci_function_info *is)
{
	unsigned int b;

	if (!is->instance)
		return false;
	for (b = 0; b < PVPCI_NUM_BARS; b++)
		if (is->bar[b].bytes != was->bar[b].most || is->bar[b].mem64 != was->bar[b].mem64)
			return false;
	return is->devfn == was->devfn && is->serial == was->serial &&
	       is->nr_tokens == was->nr_tokens && !strcmp(is->model, was->model);
}

/*
 * The same host has its function where it was, or none, and its instance says
 * which: no need of a table that is still for as long as it is read.
 */
static bool is_still_there(const struct pvpci_fn *fn, const struct pvpci_snapshot *snapshot,
			   bool same_host)
{
	const struct pvpci_function *table = fn->bus->wire.transport.area[PVPCI_AREA_FUNCTIONS];
	const struct pvpci_function *row = &table[fn->row];

	if (same_host)
		return le32_to_cpu(READ_ONCE(row->flags)) & PVPCI_FN_PRESENT &&
		       le32_to_cpu(READ_ONCE(row->instance)) == fn->info.instance;
	return snapshot->info && same_function(&fn->info, &snapshot->info[fn->row]);
}

/* As after a reset, or as handed off, in the place that it has; PCI core restores the rest. */
static void start_over(struct pvpci_fn *fn, u32 instance)
{
	u64 bytes[PVPCI_NUM_BARS];
	unsigned long flags;
	unsigned int b;

	raw_spin_lock_irqsave(&fn->lock, flags);
	for (b = 0; b < PVPCI_NUM_BARS; b++)
		bytes[b] = fn->info.bar[b].bytes;
	fn->info.instance = instance;
	fn->power = PVPCI_POWER_D0;
	pvpci_config_reset(fn);
	pvpci_config_hand_off(fn);
	pvpci_resize_restore(fn, bytes);
	fn->attach_reason = PVPCI_REASON_POWER;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	pvpci_function_set_bars(fn);
}

/* One that was handed off decoding has moved or shrunk since: the host may not keep it there. */
static bool has_moved(const struct pvpci_fn *fn)
{
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		const struct pvpci_bar_info *bar = &fn->info.bar[b];

		if (bar->bytes && (fn->offset[b] != bar->offset || bar->bytes != bar->most))
			return true;
	}
	return false;
}

/*
 * Whatever has changed meanwhile: complete() lets the worker see to it, also to
 * what another host has in a table that does not stand still.
 */
static int restore_functions(struct pvpci_bus *bus, bool same_host)
{
	struct pvpci_snapshot snapshot = {};
	char why[PVPCI_WHY_BYTES];
	unsigned int row;
	int ret = 0;

	if (!same_host)
		ret = pvpci_snapshot_take(bus, &snapshot, TRIES, why);
	if (ret && ret != -ESTALE)
		return ret;
	mutex_lock(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || pvpci_life(fn) == PVPCI_LIFE_DEAD)
			continue;
		if (!is_still_there(fn, &snapshot, same_host)) {
			pvpci_life_set(fn, PVPCI_LIFE_DEAD);
			continue;
		}
		pvpci_told_set(fn, PVPCI_TOLD_FORGOTTEN);
		start_over(fn, same_host ? fn->info.instance : snapshot.info[row].instance);
		if (fn->attached && has_moved(fn))
			pvpci_command_write(fn, PCI_COMMAND_MEMORY, 0, PVPCI_REASON_POWER, true);
	}
	ret = pvpci_assign_again(bus);
	mutex_unlock(&bus->topology);
	WRITE_ONCE(bus->work.reports_lost, true);
	pvpci_work_look_at_table(bus);
	pvpci_snapshot_free(&snapshot);
	return ret;
}

static int power_up(struct pvpci_bus *bus)
{
	struct pvpci_transport *t = &bus->wire.transport;
	bool same_host;
	int ret;

	ret = check_header(bus, &same_host);
	if (ret)
		return ret;
	/*
	 * An image of memory from the past has indices of the past, and the last
	 * word is of a kernel that has gone since: of ourselves, or of the one that
	 * has loaded the image.
	 */
	pvpci_transport_set_guest(t, PVPCI_GUEST_ABSENT);
	ret = pvpci_requests_reopen(&bus->wire.requests, t->area[PVPCI_AREA_RING_TO_HOST],
				    t->area[PVPCI_AREA_RING_TO_GUEST], bus->wire.layout.ring_slots);
	if (ret)
		return ret;
	ret = pvpci_proto_version(&bus->wire);
	if (ret)
		return ret;
	pvpci_vectors_restore(&bus->irq->vectors);
	ret = pvpci_proto_d0_entry(&bus->wire, t->nr_vectors);
	if (ret)
		return ret;
	ret = same_host ? 0 : pvpci_memory_tell_again(bus);
	if (ret)
		return ret;
	ret = pvpci_dma_probe(&bus->wire) ?: pvpci_aperture_probe(&bus->wire);
	return ret ?: restore_functions(bus, same_host);
}

static int pm_prepare(struct device *dev)
{
	struct pvpci_bus *bus = bus_of(dev);

	WRITE_ONCE(bus->asleep, true);
	pvpci_work_pause(bus);
	pvpci_config_blocks_stop(bus);
	return 0;
}

static void pm_complete(struct device *dev)
{
	struct pvpci_bus *bus = bus_of(dev);

	WRITE_ONCE(bus->asleep, false);
	/* Another host with another bus, or none: what was there will not come back. */
	if (pvpci_state(bus) == PVPCI_STATE_BROKEN)
		pvpci_work_take_all_away(bus);
	pvpci_work_look(bus);
	pvpci_config_blocks_go_on(bus);
}

static int pm_suspend(struct device *dev)
{
	pvpci_health_stop(bus_of(dev));
	return 0;
}

static int pm_resume(struct device *dev)
{
	pvpci_health_start(bus_of(dev));
	return 0;
}

static int pm_suspend_noirq(struct device *dev)
{
	struct pvpci_bus *bus = bus_of(dev);

	if (pvpci_state_set(bus, PVPCI_STATE_SUSPENDED))
		power_down(bus);
	return 0;
}

/* An error would change nothing: a bus that cannot be resumed is broken. */
static int pm_resume_noirq(struct device *dev)
{
	struct pvpci_bus *bus = bus_of(dev);
	int ret;

	if (pvpci_state(bus) != PVPCI_STATE_SUSPENDED)
		return 0;
	ret = power_up(bus);
	if (ret)
		pvpci_bus_break(bus, "it could not be resumed (%d)", ret);
	else
		pvpci_state_set(bus, PVPCI_STATE_RUNNING);
	return 0;
}

const struct dev_pm_ops pvpci_pm_ops = {
	.prepare = pm_prepare,
	.complete = pm_complete,
	.suspend = pm_suspend,
	.resume = pm_resume,
	.freeze = pm_suspend,
	.thaw = pm_resume,
	.poweroff = pm_suspend,
	.restore = pm_resume,
	.suspend_noirq = pm_suspend_noirq,
	.resume_noirq = pm_resume_noirq,
	.freeze_noirq = pm_suspend_noirq,
	.thaw_noirq = pm_resume_noirq,
	.poweroff_noirq = pm_suspend_noirq,
	.restore_noirq = pm_resume_noirq,
};
