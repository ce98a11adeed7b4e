// SPDX-License-Identifier: GPL-2.0
/*
 * Taking turns with what the host is asked about one function: edges of
 * memory-enable, resets and power states change what both sides believe, so
 * one is over before the next begins.
 *
 * Who may not sleep must not wait for who does: with interrupts off it may be
 * what keeps the other from running. User space is the one that comes at any
 * time, with interrupts off, so PCI core keeps it off the config space of a
 * function while somebody who sleeps has the turn: it sleeps, too. Others who
 * cannot sleep give up after SPIN_MS, with a sentence in the log.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/processor.h>
#include <linux/ratelimit.h>
#include <linux/smp.h>

#include "core/bus.h"
#include "function/function.h"
#include "function/host_exchange.h"
#include "function/memory_enable.h"

#define SPIN_MS		10
#define NO_CPU		(-1)

/* One who sleeps at a time: the others wait for it, not for the turn. */
static bool take_queue(struct pvpci_fn *fn)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&fn->lock, flags);
	taken = !fn->exchange.queued;
	fn->exchange.queued = true;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return taken;
}

static bool take(struct pvpci_fn *fn, int cpu)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&fn->lock, flags);
	taken = !fn->exchange.taken;
	if (taken) {
		fn->exchange.taken = true;
		fn->exchange.cpu = cpu;
	}
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return taken;
}

/* Before the turn is taken: PCI core's lock may be held by one who waits for it. */
static void users_off(struct pvpci_fn *fn)
{
	struct pci_dev *dev = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&fn->lock, flags);
	if (fn->pdev)
		dev = pci_dev_get(fn->pdev);
	fn->exchange.quiet = dev;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	/* Refused while PCI core resets it: users are off already. */
	if (!dev || pci_cfg_access_trylock(dev))
		return;
	raw_spin_lock_irqsave(&fn->lock, flags);
	fn->exchange.quiet = NULL;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	pci_dev_put(dev);
}

static void leave_queue(struct pvpci_fn *fn)
{
	struct pci_dev *dev = fn->exchange.quiet;
	unsigned long flags;

	if (dev)
		pci_cfg_access_unlock(dev);
	raw_spin_lock_irqsave(&fn->lock, flags);
	fn->exchange.quiet = NULL;
	fn->exchange.queued = false;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	pci_dev_put(dev);
}

static int begin_asleep(struct pvpci_fn *fn)
{
	/* As long as who has the turn may wait for the host. */
	u64 most_ms = (u64)pvpci_timeout_ms * PVPCI_REQUEST_PATIENCE;
	ktime_t deadline = ktime_add_ms(ktime_get(), most_ms);

	while (!take_queue(fn)) {
		if (ktime_after(ktime_get(), deadline))
			return -EBUSY;
		usleep_range(50, 100);
	}
	users_off(fn);
	while (!take(fn, NO_CPU)) {
		if (ktime_after(ktime_get(), deadline)) {
			leave_queue(fn);
			return -EBUSY;
		}
		usleep_range(50, 100);
	}
	return 0;
}

/* Will the turn end though this processor does nothing else? */
static bool ends_elsewhere(struct pvpci_fn *fn, int cpu)
{
	unsigned long flags;
	bool ret;

	raw_spin_lock_irqsave(&fn->lock, flags);
	ret = !fn->exchange.taken || (fn->exchange.cpu != NO_CPU && fn->exchange.cpu != cpu);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return ret;
}

static int begin_awake(struct pvpci_fn *fn)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 2);
	ktime_t now = ktime_get(), deadline = ktime_add_ms(now, pvpci_commit_timeout_ms);
	ktime_t patience = ktime_add_ms(now, SPIN_MS);
	int cpu = raw_smp_processor_id();

	while (!take(fn, cpu)) {
		now = ktime_get();
		if (ktime_after(now, deadline) ||
		    (ktime_after(now, patience) && !ends_elsewhere(fn, cpu))) {
			if (__ratelimit(&limit))
				dev_warn(&fn->bus->pdev->dev, "A write to config space of %s is lost: the host is being asked about it.\n",
					 fn->name);
			return -EBUSY;
		}
		cpu_relax();
	}
	return 0;
}

/**
 * pvpci_host_exchange_begin - wait until nobody else asks the host about a function
 * @fn: the function
 * @may_sleep: how to wait, and how the turn is spent
 *
 * Context: any when @may_sleep is false; PCI core's lock not held otherwise.
 * Return: 0, to be ended by pvpci_host_exchange_end(); -EBUSY when it took too long.
 */
int pvpci_host_exchange_begin(struct pvpci_fn *fn, bool may_sleep)
{
	return may_sleep ? begin_asleep(fn) : begin_awake(fn);
}

/**
 * pvpci_host_exchange_end - let the next one ask
 * @fn: the function
 * @may_sleep: as for pvpci_host_exchange_begin()
 *
 * Context: the same.
 */
void pvpci_host_exchange_end(struct pvpci_fn *fn, bool may_sleep)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fn->lock, flags);
	fn->exchange.taken = false;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	if (may_sleep)
		leave_queue(fn);
}
