// SPDX-License-Identifier: GPL-2.0
/*
 * bind.c - unbind and bind drivers without waiting for ever
 *
 * Both wait for the device's lock, and drivers wait for their users and their hardware. Whoever
 * holds that lock may be waiting for the rescan lock, which is held here. So a worker does it, and
 * is waited for as long as bind_limit_s says. An unbinding that takes longer is given up: when it
 * has ended at last the worker binds the driver again.
 */
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "bind.h"

static unsigned int bind_limit_s = 30;
module_param(bind_limit_s, uint, 0644);
MODULE_PARM_DESC(bind_limit_s, "how long a driver may take to unbind or to bind (default 30)");

static struct workqueue_struct *bind_queue;

/**
 * struct binding - a driver that is unbound or bound
 * @work: does it
 * @refs: of the worker and of whoever waits for it
 * @dev: function; a reference is held
 * @driver: its driver; a reference to its module is held
 * @attach: bind, not unbind
 * @done: it has ended
 * @lock: protects @ended and @given_up
 * @ended: the driver is unbound, or bound
 * @given_up: nobody waits any more
 * @error: how it ended
 */
struct binding {
	struct work_struct work;
	struct kref refs;
	struct pci_dev *dev;
	struct device_driver *driver;
	bool attach;
	struct completion done;
	spinlock_t lock;
	bool ended;
	bool given_up;
	int error;
};

static void binding_free(struct kref *refs)
{
	struct binding *b = container_of(refs, struct binding, refs);

	module_put(b->driver->owner);
	pci_dev_put(b->dev);
	kfree(b);
}

static int attach(struct binding *b)
{
	int error = device_driver_attach(b->driver, &b->dev->dev);

	if (error == -EBUSY && b->dev->dev.driver == b->driver)
		return 0;
	return error;
}

static void work(struct work_struct *work)
{
	struct binding *b = container_of(work, struct binding, work);
	bool given_up;

	if (b->attach)
		b->error = attach(b);
	else
		device_release_driver(&b->dev->dev);
	spin_lock(&b->lock);
	b->ended = true;
	given_up = b->given_up;
	spin_unlock(&b->lock);
	complete(&b->done);
	if (given_up && !b->attach && !b->dev->dev.driver) {
		pci_info(b->dev, "rebalance: its driver has let go at last and is bound again\n");
		attach(b);
	}
	kref_put(&b->refs, binding_free);
}

static int run(struct pci_dev *dev, struct device_driver *driver, bool attach)
{
	struct binding *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int error = 0;

	if (!b)
		return -ENOMEM;
	INIT_WORK(&b->work, work);
	kref_init(&b->refs);
	kref_get(&b->refs);
	init_completion(&b->done);
	spin_lock_init(&b->lock);
	b->dev = pci_dev_get(dev);
	/* The caller has one, so this never fails. */
	__module_get(driver->owner);
	b->driver = driver;
	b->attach = attach;
	queue_work(bind_queue, &b->work);
	wait_for_completion_timeout(&b->done, bind_limit_s * HZ);
	spin_lock(&b->lock);
	b->given_up = !b->ended;
	error = b->ended ? b->error : -ETIMEDOUT;
	spin_unlock(&b->lock);
	kref_put(&b->refs, binding_free);
	return error;
}

/**
 * bind_detach - unbind the driver of a function
 * @dev: function
 * @driver: its driver, whose module is held
 *
 * Context: process; the rescan lock may be held, the device's lock must not.
 *
 * Return: 0; -ETIMEDOUT if that takes too long: the driver is bound again when it has ended;
 * -ENOMEM.
 */
int bind_detach(struct pci_dev *dev, struct device_driver *driver)
{
	return run(dev, driver, false);
}

/**
 * bind_attach - bind a driver to a function
 * @dev: function
 * @driver: whose module is held
 *
 * Context: as bind_detach().
 *
 * Return: 0; what the driver says; -ETIMEDOUT if that takes too long: it goes on; -ENOMEM.
 */
int bind_attach(struct pci_dev *dev, struct device_driver *driver)
{
	return run(dev, driver, true);
}

/**
 * bind_is_ours - is it from here that a driver is unbound or bound?
 *
 * Context: a notifier of the bus.
 *
 * Return: true if so.
 */
bool bind_is_ours(void)
{
	const struct work_struct *now = current_work();

	return now && now->func == work;
}

/**
 * bind_limit - for how long a driver may be unbound in a move
 *
 * Return: seconds: it is bound, and bound once more when the move is undone.
 */
u64 bind_limit(void)
{
	return READ_ONCE(bind_limit_s) * 2ULL;
}

/**
 * bind_init - once, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int bind_init(void)
{
	bind_queue = alloc_workqueue("pci_rebalance_bind", WQ_UNBOUND, 0);
	return bind_queue ? 0 : -ENOMEM;
}

/**
 * bind_exit - when it is unloaded; waits for what was given up
 */
void bind_exit(void)
{
	destroy_workqueue(bind_queue);
}
