// SPDX-License-Identifier: GPL-2.0
/*
 * Taking PCI core's rescan lock without deadlock.
 *
 * A PCI driver that is a host bridge itself is probed and removed with the
 * rescan lock held when its function is hot-plugged or removed through sysfs,
 * and without it when the module is loaded or unloaded. Nothing tells which,
 * and the lock is not recursive. So a work item takes the lock on behalf of
 * the caller, who waits for it, but not for ever: when the lock does not come
 * in a second it is our own caller who has it, and we are under it already.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core/rescan_lock.h"

#define PATIENCE_MS	1000

static struct workqueue_struct *rescan_wq;

/**
 * struct pvpci_rescan - the rescan lock, held by a work item for somebody
 * @work: takes it
 * @ref: one for each side
 * @locked: it has been taken
 * @done: it shall be given back
 */
struct pvpci_rescan {
	struct work_struct work;
	struct kref ref;
	struct completion locked;
	struct completion done;
};

static void rescan_free(struct kref *ref)
{
	kfree(container_of(ref, struct pvpci_rescan, ref));
}

static void hold(struct work_struct *work)
{
	struct pvpci_rescan *rescan = container_of(work, struct pvpci_rescan, work);

	pci_lock_rescan_remove();
	complete(&rescan->locked);
	wait_for_completion(&rescan->done);
	pci_unlock_rescan_remove();
	kref_put(&rescan->ref, rescan_free);
}

/*
 * While the module is being loaded or unloaded its probes and removes come
 * from there, and not from PCI core with the lock held.
 */
static bool certainly_free(void)
{
#ifdef MODULE
	return READ_ONCE(THIS_MODULE->state) != MODULE_STATE_LIVE;
#else
	return false;
#endif
}

/**
 * pvpci_rescan_lock - hold PCI core's rescan lock, whoever has it
 * @give_up: for a worker, which never has the lock itself: when this becomes
 *	true, waiting ends; NULL for a probe or a remove, which may have it
 *
 * Context: process context. To be ended by pvpci_rescan_unlock().
 * Return: what to unlock; -ECANCELED when given up, -ENOMEM.
 */
struct pvpci_rescan *pvpci_rescan_lock(const bool *give_up)
{
	struct pvpci_rescan *rescan = kzalloc(sizeof(*rescan), GFP_KERNEL);
	unsigned int waited_ms = 0;

	if (!rescan)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&rescan->work, hold);
	kref_init(&rescan->ref);
	kref_get(&rescan->ref);
	init_completion(&rescan->locked);
	init_completion(&rescan->done);
	queue_work(rescan_wq, &rescan->work);
	while (!wait_for_completion_timeout(&rescan->locked, msecs_to_jiffies(20))) {
		waited_ms += 20;
		if (give_up && READ_ONCE(*give_up)) {
			pvpci_rescan_unlock(rescan);
			return ERR_PTR(-ECANCELED);
		}
		if (!give_up && waited_ms >= PATIENCE_MS && !certainly_free())
			break;
	}
	return rescan;
}

/**
 * pvpci_rescan_unlock - give the rescan lock back
 * @rescan: from pvpci_rescan_lock()
 */
void pvpci_rescan_unlock(struct pvpci_rescan *rescan)
{
	complete(&rescan->done);
	kref_put(&rescan->ref, rescan_free);
}

/**
 * pvpci_rescan_init - once, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int pvpci_rescan_init(void)
{
	rescan_wq = alloc_workqueue("pvpci-rescan", WQ_UNBOUND, 0);
	return rescan_wq ? 0 : -ENOMEM;
}

/**
 * pvpci_rescan_exit - when the module is unloaded; waits for the last holder
 */
void pvpci_rescan_exit(void)
{
	destroy_workqueue(rescan_wq);
}
