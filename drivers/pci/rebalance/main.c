// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - requests: from sysfs, and by itself when a hot-added function finds no room
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <pvpci/compat.h>
#include <pvpci/release.h>

#include "rebalance.h"
#include "trace.h"

#define RESULT_BYTES	256
#define PLAN_BYTES	(64 * 1024)

/* Held by whoever makes room, so that a second one from user space is told so. Outermost. */
static DEFINE_MUTEX(request_lock);
/* Protects the texts and what consent.c remembers. */
static DEFINE_MUTEX(rebalance_lock);
static char result_text[RESULT_BYTES];
static char *plan_text;
static struct seq_buf last_result, last_plan;

static const char * const level_names[] = {
	[REBALANCE_OFF] = "off", [REBALANCE_IDLE] = "idle",
	[REBALANCE_COOPERATIVE] = "cooperative", [REBALANCE_REBIND] = "rebind",
};

static_assert(ARRAY_SIZE(level_names) == REBALANCE_LEVELS);

static enum rebalance_level auto_level = REBALANCE_IDLE;

static int auto_set(const char *word, const struct kernel_param *parameter)
{
	int level = rebalance_parse_level(word);

	if (level < 0)
		return level;
	auto_level = level;
	return 0;
}

static int auto_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s\n", level_names[auto_level]);
}

static const struct kernel_param_ops auto_ops = { .set = auto_set, .get = auto_get };
/* A macro in newer kernels, and the name of a parameter is expanded before it is quoted. */
#pragma push_macro("auto")
#undef auto
module_param_cb(auto, &auto_ops, NULL, 0644);
#pragma pop_macro("auto")
MODULE_PARM_DESC(auto, "what may move by itself for a hot-added function: off, idle, cooperative, rebind (default idle)");

/**
 * rebalance_parse_level - read the name of a level
 * @word: off, idle, cooperative or rebind, perhaps with a newline
 *
 * Return: enum rebalance_level or -EINVAL.
 */
int rebalance_parse_level(const char *word)
{
	return sysfs_match_string(level_names, word);
}

/**
 * rebalance_mutex - the lock that protects requests, texts and consents
 *
 * Return: the mutex.
 */
struct mutex *rebalance_mutex(void)
{
	return &rebalance_lock;
}

/**
 * rebalance_results - the texts about the last request
 * @result: set to one line
 * @plan: set to the plan
 *
 * Context: rebalance_mutex() held as long as the texts are used.
 */
void rebalance_results(struct seq_buf *result, struct seq_buf *plan)
{
	lockdep_assert_held(&rebalance_lock);
	*result = last_result;
	*plan = last_plan;
}

static void clear_texts(void)
{
	seq_buf_clear(&last_result);
	seq_buf_clear(&last_plan);
	result_text[0] = '\0';
	plan_text[0] = '\0';
}

/**
 * rebalance_refuse - tell why a request was not even looked at
 * @error: what its writer gets
 * @why: reason
 *
 * Context: process.
 */
void rebalance_refuse(int error, const char *why)
{
	mutex_lock(&rebalance_lock);
	clear_texts();
	seq_buf_printf(&last_result, "failed %d: %s\n", error, why);
	mutex_unlock(&rebalance_lock);
}

/* Has the function a request at all, and may we touch it? */
static int check_request(const struct rebalance_snapshot *s,
			 const struct rebalance_request *request)
{
	bool any = false;
	u16 i;

	for (i = 0; i < s->space.node_count; i++)
		any |= !!(s->space.nodes[i].flags & PLAN_REQUEST);
	if (!any)
		return -ENOENT;
	if (request->dev && request->dev->dev.driver)
		return -EBUSY;
	return 0;
}

static int find_plan(struct rebalance_snapshot *s)
{
	ktime_t from = ktime_get();
	void *work;
	int error;

	work = kvmalloc(plan_work_bytes(&s->space), GFP_KERNEL);
	if (!work)
		return -ENOMEM;
	error = plan_find(&s->space, work, &s->result);
	kvfree(work);
	s->plan_us += ktime_us_delta(ktime_get(), from);
	trace_rebalance_plan(s->root, error, s->result.cost, s->result.steps,
			     s->result.moved_functions, s->result.down_at_once, s->plan_us);
	return error;
}

/**
 * rebalance_plan - look at the tree and plan
 * @s: zeroed; snapshot_free() is needed after this
 * @request: for what
 *
 * Context: rescan lock and rebalance_mutex() held.
 *
 * Return: 0 or a negative errno, as rebalance_run().
 */
int rebalance_plan(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	int error;

	if (!request->dev)
		request->bus = pci_find_bus(request->domain, request->number);
	if (request->dev ? !device_is_registered(&request->dev->dev) : !request->bus)
		return -ENODEV;
	error = snapshot_take(s, request);
	if (!error)
		error = check_request(s, request);
	if (!error)
		error = find_plan(s);
	while ((error == -ENOSPC || error == -ETIME) && snapshot_shrink(s))
		error = find_plan(s);
	if (!error)
		report_plan(s, &last_plan);
	return error;
}

/**
 * rebalance_apply - carry the plan out
 * @s: with a plan
 *
 * Context: rescan lock held since the plan was made.
 *
 * Return: 0, or a negative errno and nothing has changed.
 */
int rebalance_apply(struct rebalance_snapshot *s)
{
	ktime_t from = ktime_get();
	int error = apply_plan(s);

	s->apply_us = ktime_us_delta(ktime_get(), from);
	trace_rebalance_result(s->root, error, s->apply_us);
	return error;
}

static int run_locked(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	int error;

	if (request->room)
		return room_run(s, request);
	error = rebalance_plan(s, request);
	return error || request->dry ? error : rebalance_apply(s);
}

/**
 * rebalance_run - make room
 * @request: for what, by what means
 *
 * Context: process; takes the rescan lock.
 *
 * Return: 0, or a negative errno and nothing has changed: -ENOSPC if it was proven that there is no
 * room, -ETIME if none was found, -EBUSY for another request or an owner that refuses, -ENOENT if
 * nothing needs a place.
 */
int rebalance_run(struct rebalance_request *request)
{
	struct rebalance_snapshot s = { };
	int error;

	if (request->patient)
		mutex_lock(&request_lock);
	else if (!mutex_trylock(&request_lock))
		return -EBUSY;
	mutex_lock(&rebalance_lock);
	clear_texts();
	pci_lock_rescan_remove();
	error = run_locked(&s, request);
	report_result(&s, error, request->dry, &last_result);
	if (request->room)
		room_tell(&s, request->room, error);
	if (!request->dry && s.root)
		dev_info(&s.root->dev, "rebalance for %s: %s",
			 request->dev ? pci_name(request->dev) : "a hole", result_text);
	snapshot_free(&s);
	/* The function may have been refused by its driver while it had no address. */
	if (!error && !request->dry && request->dev && device_attach(&request->dev->dev) < 0)
		pci_info(request->dev, "rebalance: its driver still refuses it\n");
	pci_unlock_rescan_remove();
	mutex_unlock(&rebalance_lock);
	mutex_unlock(&request_lock);
	return error;
}

/**
 * struct hot_add - a function that has just been found
 * @work: to look at it when whoever found it is done
 * @dev: the function
 */
struct hot_add {
	struct work_struct work;
	struct pci_dev *dev;
};

static struct workqueue_struct *hot_add_queue;
/* Functions that were found and are yet to be looked at, or are being given room. */
static atomic_t hot_adds = ATOMIC_INIT(0);

/**
 * pci_rebalance_is_seeking - is room being made for functions that were hot-added?
 *
 * Once it is not, drivers have looked at those that were found before.
 *
 * Context: any.
 *
 * Return: whether some may still get theirs.
 */
bool pci_rebalance_is_seeking(void)
{
	/* Pairs with atomic_dec_return(): what was done for them is seen then. */
	return atomic_read_acquire(&hot_adds) > 0;
}
EXPORT_SYMBOL_GPL(pci_rebalance_is_seeking);

static bool lacks_room(struct pci_dev *dev)
{
	unsigned long flags;
	u64 bytes;
	int i;

	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL || dev->is_virtfn || dev->dev.driver ||
	    !pci_device_is_present(dev))
		return false;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct resource *res = &dev->resource[i];

		if (res->parent) {
			i += !!(res->flags & IORESOURCE_MEM_64);
			continue;
		}
		if (res->flags ? res->flags & IORESOURCE_MEM && resource_size(res) :
				 registers_size_bar(dev, i, &bytes, &flags))
			return true;
		i += !!(res->flags & IORESOURCE_MEM_64);
	}
	return false;
}

/* Whoever found the function holds the rescan lock until its resources and driver are settled. */
static void hot_add_work(struct work_struct *work)
{
	struct hot_add *h = container_of(work, struct hot_add, work);
	struct rebalance_request request = {
		.dev = h->dev, .level = auto_level, .patient = true,
	};
	bool needed;

	pci_lock_rescan_remove();
	needed = device_is_registered(&h->dev->dev) && lacks_room(h->dev);
	pci_unlock_rescan_remove();
	if (needed && request.level != REBALANCE_OFF)
		rebalance_run(&request);
	pci_dev_put(h->dev);
	kfree(h);
	/* Not plain atomic_dec(), which orders nothing. */
	atomic_dec_return(&hot_adds);
}

static int hot_add_notify(struct notifier_block *block, unsigned long event, void *data)
{
	struct hot_add *h;

	if (event != BUS_NOTIFY_ADD_DEVICE || auto_level == REBALANCE_OFF)
		return NOTIFY_DONE;
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return NOTIFY_DONE;
	INIT_WORK(&h->work, hot_add_work);
	h->dev = pci_dev_get(to_pci_dev(data));
	atomic_inc(&hot_adds);
	queue_work(hot_add_queue, &h->work);
	return NOTIFY_OK;
}

static struct notifier_block hot_add_block = { .notifier_call = hot_add_notify };

static int __init rebalance_init(void)
{
	int error = -ENOMEM;

	plan_text = kvmalloc(PLAN_BYTES, GFP_KERNEL);
	if (!plan_text)
		return error;
	seq_buf_init(&last_result, result_text, sizeof(result_text));
	seq_buf_init(&last_plan, plan_text, PLAN_BYTES);
	clear_texts();
	hot_add_queue = alloc_ordered_workqueue("pci_rebalance", 0);
	if (!hot_add_queue)
		goto free_text;
	error = sysfs_init();
	if (error)
		goto destroy_queue;
	error = bus_register_notifier(pvpci_bus_type_ptr(&pci_bus_type), &hot_add_block);
	if (error)
		goto remove_sysfs;
	return 0;

remove_sysfs:
	sysfs_exit();
destroy_queue:
	destroy_workqueue(hot_add_queue);
free_text:
	kvfree(plan_text);
	return error;
}

static void __exit rebalance_exit(void)
{
	bus_unregister_notifier(pvpci_bus_type_ptr(&pci_bus_type), &hot_add_block);
	sysfs_exit();
	destroy_workqueue(hot_add_queue);
	consent_exit();
	kvfree(plan_text);
}

module_init(rebalance_init);
module_exit(rebalance_exit);

MODULE_DESCRIPTION("Moves PCI BARs and bridge windows so that new functions find room");
MODULE_VERSION(PVPCI_RELEASE);
MODULE_LICENSE("GPL");
