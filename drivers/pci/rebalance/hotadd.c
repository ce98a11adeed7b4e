// SPDX-License-Identifier: GPL-2.0
/*
 * hotadd.c - functions that found no room are served by themselves
 *
 * Whenever something happens after which one might be, all functions are looked at: one has
 * arrived, one has gone or lost its driver and can make room, the user has allowed something. Those
 * that were there before the module are looked at when it is loaded.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include <pvpci/compat.h>

#include "bars.h"
#include "bind.h"
#include "hotadd.h"
#include "record.h"
#include "request.h"
#include "search.h"

/* Somebody held a lock, or the tree changed: nobody tells when that is over. Four seconds. */
#define RETRIES		8
#define RETRY_DELAY(n)	((HZ / 64 ?: 1) << (n))

static enum rebalance_level auto_level = REBALANCE_IDLE;
static struct workqueue_struct *hotadd_queue;
static unsigned int retries;

static void look_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(look, look_work);

static int auto_set(const char *word, const struct kernel_param *parameter)
{
	int level = level_parse(word);

	if (level < 0)
		return level;
	auto_level = level;
	hotadd_look_again();
	return 0;
}

static int auto_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s\n", level_name(auto_level));
}

static const struct kernel_param_ops auto_ops = { .set = auto_set, .get = auto_get };
/* A macro in newer kernels, and the name of a parameter is expanded before it is quoted. */
#pragma push_macro("auto")
#undef auto
module_param_cb(auto, &auto_ops, NULL, 0644);
#pragma pop_macro("auto")
MODULE_PARM_DESC(auto, "what may move by itself for a function without room: off, idle, cooperative, rebind, online (default idle)");

/* One that works without one of its BARs is not stopped unless that is allowed. */
static void advise(struct pci_dev *dev, int resno, const struct record_bar *bar)
{
	if (record_first_time(dev, -EBUSY))
		pci_info(dev, "rebalance: its driver does without BAR %d of %llu KiB, for which there was no room: allow it \"idle\", or unbind it, then request\n",
			 resno, bar->bytes >> 10);
}

/* A driver that is only trying, and will not take a function without its BARs, does not count. */
static bool has_driver(struct pci_dev *dev, bool *trying)
{
	*trying = !device_trylock(&dev->dev);
	if (!*trying)
		device_unlock(&dev->dev);
	return dev->dev.driver;
}

/*
 * Whoever found the function holds the rescan lock until its resources are settled; its driver is,
 * too, or tries later under the device lock (Linux 6.17 and on).
 */
static bool needs_room(struct pci_dev *dev, bool *again)
{
	struct record_bar bar;
	bool needs = false, trying;
	int resno;

	pci_lock_rescan_remove();
	if (dev->hdr_type == PCI_HEADER_TYPE_NORMAL && !dev->is_virtfn &&
	    device_is_registered(&dev->dev) && pci_device_is_present(dev) && !bars_learn(dev))
		needs = bars_lack_room(dev, &bar, &resno);
	if (needs && has_driver(dev, &trying)) {
		*again |= trying;
		if (trying) {
			needs = false;
		} else if (record_consent_of(dev) == REBALANCE_CONSENT_NONE ||
			 auto_level < REBALANCE_REBIND) {
			advise(dev, resno, &bar);
			needs = false;
		}
	}
	pci_unlock_rescan_remove();
	return needs;
}

/* Would there be room if controllers in use had other paths? Their host can give them some. */
static bool lacks_paths(struct pci_dev *dev)
{
	struct rebalance_request request = {
		.dev = dev, .level = REBALANCE_ONLINE, .patient = true, .online = true, .dry = true,
		.quiet = true,
	};

	return auto_level == REBALANCE_ONLINE && !request_run(&request);
}

/* Of one that went meanwhile nothing is to be remembered. */
static void note_paths(struct pci_dev *dev, bool lacks)
{
	pci_lock_rescan_remove();
	if (device_is_registered(&dev->dev))
		record_fact(dev, RECORD_LACKS_PATHS, lacks);
	pci_unlock_rescan_remove();
}

/* Returns whether it makes sense to try again soon. */
static bool serve(struct pci_dev *dev)
{
	struct rebalance_request request = {
		.dev = dev, .level = auto_level, .patient = true, .once = true,
	};
	int error = request_run(&request);

	note_paths(dev, (error == -ENOSPC || error == -ETIME) && lacks_paths(dev));
	return error == -EBUSY || error == -ESTALE;
}

/* There is no queue any more when the module goes. */
static void look_in(unsigned long delay)
{
	struct workqueue_struct *queue = READ_ONCE(hotadd_queue);

	if (queue)
		mod_delayed_work(queue, &look, delay);
}

static void look_work(struct work_struct *work)
{
	unsigned int announced = search_announced();
	struct pci_dev *dev = NULL;
	bool again = false;

	for_each_pci_dev(dev)
		if (auto_level != REBALANCE_OFF && needs_room(dev, &again))
			again |= serve(dev);
	if (again && retries < RETRIES)
		look_in(RETRY_DELAY(retries++));
	else if (search_end(announced))
		look_in(0);
}

/**
 * hotadd_level - what may be moved for somebody who asks
 *
 * Return: REBALANCE_REBIND, or REBALANCE_ONLINE where that may even be done without being asked.
 */
enum rebalance_level hotadd_level(void)
{
	return max(auto_level, REBALANCE_REBIND);
}

/**
 * pci_rebalance_lacks_paths - would there be room for a function if others had another path?
 * @dev: function without room, for which none is being sought any more
 *
 * With auto=online NVMe controllers move while their disks are in use by another path. The host of
 * a bus can add paths for that time.
 *
 * Context: process; @dev is registered, or on its way to be unbound.
 *
 * Return: true if so; false also if that was not looked at.
 */
bool pci_rebalance_lacks_paths(struct pci_dev *dev)
{
	return record_fact_of(dev, RECORD_LACKS_PATHS);
}
EXPORT_SYMBOL_GPL(pci_rebalance_lacks_paths);

/**
 * hotadd_look_again - something has happened after which a function might find room
 *
 * Context: any that may sleep.
 */
void hotadd_look_again(void)
{
	if (auto_level == REBALANCE_OFF || !READ_ONCE(hotadd_queue))
		return;
	retries = 0;
	search_begin();
	look_in(0);
}

static int notify(struct notifier_block *block, unsigned long event, void *data)
{
	struct pci_dev *dev = to_pci_dev(data);

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		bars_note(dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		record_forget(dev);
		return NOTIFY_OK;
	case BUS_NOTIFY_BOUND_DRIVER:
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		if (bind_is_ours())
			return NOTIFY_DONE;
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		break;
	default:
		return NOTIFY_DONE;
	}
	hotadd_look_again();
	return NOTIFY_OK;
}

static struct notifier_block block = { .notifier_call = notify };

/**
 * hotadd_init - begin, with the functions that are there
 *
 * Return: 0 or a negative errno.
 */
int hotadd_init(void)
{
	int error;

	hotadd_queue = alloc_ordered_workqueue("pci_rebalance", 0);
	if (!hotadd_queue)
		return -ENOMEM;
	error = bus_register_notifier(pvpci_bus_type_ptr(&pci_bus_type), &block);
	if (error) {
		destroy_workqueue(hotadd_queue);
		hotadd_queue = NULL;
		return error;
	}
	hotadd_look_again();
	return 0;
}

/**
 * hotadd_exit - end
 */
void hotadd_exit(void)
{
	struct workqueue_struct *queue = hotadd_queue;

	bus_unregister_notifier(pvpci_bus_type_ptr(&pci_bus_type), &block);
	/* The parameter can still be written. */
	WRITE_ONCE(hotadd_queue, NULL);
	cancel_delayed_work_sync(&look);
	destroy_workqueue(queue);
	search_exit();
}
