// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - who owns a function, and how it is stopped and restarted
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>
#include <linux/pm_runtime.h>

#include "bind.h"
#include "owner.h"
#include "pin.h"
#include "trace.h"

/* Somebody who only looks at the device, as udev does, is gone in a moment. */
#define LOCK_TRIES	20
#define FREE_TRIES	100
#define FREE_MS		20

/**
 * owner_cost - price of stopping a function
 * @owner: judged
 *
 * Return: weight; a function in use costs more than any number of idle ones is likely to.
 */
u32 owner_cost(const struct rebalance_owner *owner)
{
	static const u32 cost[REBALANCE_LEVELS] = {
		[REBALANCE_IDLE] = 10, [REBALANCE_COOPERATIVE] = 100, [REBALANCE_REBIND] = 1000,
	};

	return owner->used ? 10000 : cost[owner->way];
}

/**
 * owner_way_name - how a function would be moved
 * @owner: judged
 *
 * Return: words for a report.
 */
const char *owner_way_name(const struct rebalance_owner *owner)
{
	static const char * const names[REBALANCE_LEVELS] = {
		[REBALANCE_IDLE] = "without a driver",
		[REBALANCE_COOPERATIVE] = "with its driver's help",
		[REBALANCE_REBIND] = "by unbinding and rebinding its driver",
	};

	return names[owner->way];
}

/* Only tried: whoever holds the lock may be waiting for the rescan lock. */
static int lock(struct rebalance_owner *owner)
{
	unsigned int tries = 0;

	if (owner->locked)
		return 0;
	while (!pci_dev_trylock(owner->dev)) {
		if (++tries == LOCK_TRIES) {
			owner->pinned = "somebody else holds the device";
			return -EBUSY;
		}
		usleep_range(1000, 2000);
	}
	owner->locked = true;
	return 0;
}

static void unlock(struct rebalance_owner *owner)
{
	if (owner->locked)
		pci_dev_unlock(owner->dev);
	owner->locked = false;
}

/* What a driver of D3 ports may put to sleep must not be read as all-ones, nor forget its BARs. */
static void wake(struct rebalance_owner *owner)
{
	if (!owner->awake)
		pm_runtime_get_sync(&owner->dev->dev);
	owner->awake = true;
}

/**
 * owner_release - let go of all that owner_ask() took
 * @owner: asked or not
 */
void owner_release(struct rebalance_owner *owner)
{
	unlock(owner);
	if (owner->held)
		module_put(owner->driver->owner);
	owner->held = false;
	if (owner->awake)
		pm_runtime_put(&owner->dev->dev);
	owner->awake = false;
}

static int ask(struct rebalance_owner *owner)
{
	int error = lock(owner);

	if (!error)
		error = pin_judge_again(owner);
	if (!error && owner->ops)
		error = owner->ops->ask(owner->dev, owner->data);
	if (error || owner->way != REBALANCE_REBIND)
		return error;
	/* The driver is the one that is bound, and cannot go while the lock is held. */
	owner->held = try_module_get(owner->driver->owner);
	return owner->held ? 0 : -EBUSY;
}

/**
 * owner_ask - ask whether a function may be stopped
 * @owner: judged
 *
 * It is judged once more. Locks it for the rest of the move, except where its driver is to be
 * unbound.
 *
 * Context: process; rescan lock held.
 *
 * Return: 0 or the veto; @owner->pinned may tell why.
 */
int owner_ask(struct rebalance_owner *owner)
{
	int error;

	wake(owner);
	error = ask(owner);
	if (owner->way == REBALANCE_REBIND)
		unlock(owner);
	trace_rebalance_owner(owner->dev, "ask", error);
	return error;
}

/* Device lock held. It is given up for the driver to be unbound, and taken again. */
static int unbind(struct rebalance_owner *owner)
{
	int error;

	unlock(owner);
	error = bind_detach(owner->dev, owner->driver);
	if (error == -ETIMEDOUT)
		owner->pinned = "its driver does not let go, and is bound again when it does";
	owner->unbound = !error;
	if (!error)
		error = lock(owner);
	if (!error && owner->dev->dev.driver) {
		owner->pinned = "another driver was bound meanwhile";
		error = -EBUSY;
	}
	if (error)
		unlock(owner);
	return error;
}

/* Who uses it now may not have used it when all were asked, and the driver may be another. */
static int stop_driver(struct rebalance_owner *owner)
{
	int error = lock(owner);

	if (!error)
		error = pin_judge_again(owner);
	if (!error)
		return unbind(owner);
	unlock(owner);
	return error;
}

/**
 * owner_stop - make a function leave its BARs alone
 * @owner: asked
 *
 * Context: process; rescan lock held.
 *
 * Return: 0 or a negative errno; owner_restart() is right after either.
 */
int owner_stop(struct rebalance_owner *owner)
{
	int error = 0;

	owner->stopped_at = ktime_get();
	owner->stopped = true;
	if (owner->way == REBALANCE_REBIND)
		error = stop_driver(owner);
	else if (owner->ops)
		error = owner->ops->stop(owner->dev, owner->data);
	trace_rebalance_owner(owner->dev, "stop", error);
	return error;
}

/**
 * owner_stop_again - stop a function that has been restarted, to undo its move
 * @owner: restarted
 *
 * A driver that has just been bound makes udev look at its devices, so that is waited for.
 *
 * Context: process; rescan lock held.
 *
 * Return: as owner_stop().
 */
int owner_stop_again(struct rebalance_owner *owner)
{
	unsigned int tries = 0;
	int error;

	/* Its driver did not come back at all. */
	if (owner->unbound && !lock(owner) && !owner->dev->dev.driver) {
		owner->stopped = true;
		return 0;
	}
	while ((error = owner_stop(owner)) == -EBUSY && owner->way == REBALANCE_REBIND &&
	       ++tries < FREE_TRIES)
		msleep(FREE_MS);
	return error;
}

static int rebind(struct rebalance_owner *owner)
{
	int error;

	unlock(owner);
	if (!owner->unbound)
		return 0;
	error = bind_attach(owner->dev, owner->driver);
	if (!error && owner->dev->dev.driver != owner->driver)
		error = -ENODEV;
	if (error == -ETIMEDOUT)
		pci_warn(owner->dev, "rebalance: its driver takes long to bind\n");
	owner->unbound = error && error != -ETIMEDOUT;
	return owner->unbound ? error : 0;
}

/**
 * owner_restart - let a function use its BARs again, wherever they are now
 * @owner: stopped
 *
 * Context: process; rescan lock held.
 *
 * Return: 0 or a negative errno.
 */
int owner_restart(struct rebalance_owner *owner)
{
	int error = 0;

	if (owner->way == REBALANCE_REBIND)
		error = rebind(owner);
	else if (owner->ops)
		error = owner->ops->restart(owner->dev, owner->data);
	owner->stopped = false;
	owner->down_us += ktime_us_delta(ktime_get(), owner->stopped_at);
	trace_rebalance_owner(owner->dev, "restart", error);
	return error;
}
