// SPDX-License-Identifier: GPL-2.0
/*
 * request.c - one request, from looking at the tree to the answer
 *
 * Lock order: request_lock, the PCI rescan lock, device locks (only tried: their holders may be
 * waiting for the rescan lock), then those of answer.c, client.c and record.c, which are held only
 * to read and write what they protect.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "answer.h"
#include "apply.h"
#include "bars.h"
#include "record.h"
#include "report.h"
#include "request.h"
#include "snapshot.h"
#include "trace.h"

/* Held by whoever makes room, so that a second one from user space is told so. Outermost. */
static DEFINE_MUTEX(request_lock);

static int refuse(struct rebalance_snapshot *s, int error, const char *why)
{
	s->refused = why;
	return error;
}

/* Nobody but firmware knows why. */
static bool must_keep(struct pci_bus *bus)
{
	while (!pci_is_root_bus(bus))
		bus = bus->parent;
	return pci_has_flag(PCI_PROBE_ONLY) || to_pci_host_bridge(bus->bridge)->preserve_config;
}

static int find_bus(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	if (!request->dev)
		request->bus = pci_find_bus(request->domain, request->number);
	if (request->dev ? !device_is_registered(&request->dev->dev) : !request->bus)
		return -ENODEV;
	if (must_keep(request->dev ? request->dev->bus : request->bus))
		return refuse(s, -EPERM, "firmware wants this host bridge's addresses to stay");
	return 0;
}

/* Without touching it if anybody might notice. */
static int learn_bars(struct rebalance_snapshot *s, struct pci_dev *dev)
{
	int error = bars_learn(dev);

	if (error == -EPERM)
		return refuse(s, error,
			      "it decodes, so its BARs cannot be sized: clear memory-enable first (setpci COMMAND=0:2)");
	if (error != -EBUSY)
		return error;
	if (!dev->dev.driver)
		return refuse(s, error, "somebody else holds the device: try again");
	if (bars_may_lack_room(dev))
		return refuse(s, error,
			      "it has a driver, which does without one of its BARs: unbind it first, then ask again");
	return 0;
}

static int check_request(struct rebalance_snapshot *s, const struct rebalance_request *request)
{
	bool any = false;
	u16 i;

	for (i = 0; i < s->space.node_count; i++)
		any |= !!(s->space.nodes[i].flags & PLAN_REQUEST);
	if (!any)
		return -ENOENT;
	for (i = 0; i < s->space.owner_count; i++) {
		const struct rebalance_owner *owner = &s->owners[i];

		if (!owner->asks || !owner->pinned)
			continue;
		s->culprit = owner->dev;
		s->fault = "cannot be given room";
		s->why = owner->pinned;
		return -EBUSY;
	}
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
	cond_resched();
	return error;
}

/**
 * request_plan - look at the tree and plan
 * @s: zeroed; snapshot_free() is needed after this
 * @request: for what
 *
 * Context: process; rescan lock held.
 *
 * Return: 0 or a negative errno, as request_run().
 */
int request_plan(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	int error = find_bus(s, request);

	if (!error && request->dev)
		error = learn_bars(s, request->dev);
	if (!error)
		error = snapshot_take(s, request);
	if (!error)
		error = check_request(s, request);
	if (!error)
		error = find_plan(s);
	while ((error == -ENOSPC || error == -ETIME) && snapshot_shrink(s))
		error = find_plan(s);
	s->planned = !error;
	return error;
}

/**
 * request_apply - carry the plan out
 * @s: with a plan
 *
 * Context: process; rescan lock held since the plan was made.
 *
 * Return: 0, or a negative errno with the former layout restored, but for what @s->left tells.
 */
int request_apply(struct rebalance_snapshot *s)
{
	ktime_t from = ktime_get();
	int error = apply_plan(s);

	s->apply_us = ktime_us_delta(ktime_get(), from);
	trace_rebalance_result(s->root, error, s->apply_us);
	return error;
}

/* It failed only for a driver that cannot follow its BARs after all, which is known from now on. */
static bool is_known_better(const struct rebalance_snapshot *s, int error)
{
	return error == -EOPNOTSUPP && !s->left && s->culprit &&
	       record_fact_of(s->culprit, RECORD_STAYS);
}

static int plan_and_apply(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	unsigned int tries = 0;
	int error;

	/* Each time one more of them is known. */
	for (;;) {
		error = request_plan(s, request);
		if (!error && !request->dry)
			error = request_apply(s);
		if (!is_known_better(s, error) || ++tries > s->space.owner_count)
			return error;
		snapshot_free(s);
		*s = (struct rebalance_snapshot) { };
	}
}

static void tell(const struct rebalance_snapshot *s, struct rebalance_request *request, int error,
		 struct answer *answer)
{
	report_result(s, error, request->dry, &answer->result);
	if (s->planned)
		report_plan(s, &answer->plan);
	if (request->ops)
		request->ops->tell(s, request, error);
	/* Of a function that went meanwhile not even its domain is left to be remembered by. */
	if (request->once && (error == -ENODEV || !record_first_time(request->dev, error)))
		return;
	if (!request->dry && s->root)
		dev_info(&s->root->dev, "rebalance for %s: %s",
			 request->dev ? pci_name(request->dev) : "a hole", answer->result_text);
}

/**
 * request_run - make room
 * @request: for what, by what means
 *
 * Context: process; takes the rescan lock.
 *
 * Return: 0, or a negative errno and nothing has changed: -ENOSPC if it was proven that there is no
 * room, -ETIME if none was found, -EBUSY for another request or an owner that refuses, -ENOENT if
 * nothing needs a place, -EPERM for a host bridge that must stay as it is or a function that
 * decodes. What could not be undone is in the answer.
 */
int request_run(struct rebalance_request *request)
{
	struct rebalance_snapshot s = { };
	struct answer *answer;
	int error;

	if (request->patient)
		mutex_lock(&request_lock);
	else if (!mutex_trylock(&request_lock))
		return -EBUSY;
	answer = answer_new();
	if (!answer) {
		mutex_unlock(&request_lock);
		return -ENOMEM;
	}
	pci_lock_rescan_remove();
	error = (request->ops ? request->ops->run : plan_and_apply)(&s, request);
	tell(&s, request, error, answer);
	snapshot_free(&s);
	pci_unlock_rescan_remove();
	if (request->quiet)
		answer_drop(answer);
	else
		answer_publish(answer);
	mutex_unlock(&request_lock);
	/* The function may have been refused by its driver while it had no address. */
	if (!error && !request->dry && request->dev && device_attach(&request->dev->dev) < 0)
		pci_info(request->dev, "rebalance: its driver still refuses it\n");
	return error;
}
