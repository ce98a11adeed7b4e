// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - carry out a plan
 *
 * Ask all owners. Then, for each step: stop its owners; clear memory-enable on all that moves; take
 * it out of the resource tree; shrink windows; grow windows; set the size of a resizable BAR that
 * is to be smaller; claim the new places; write BARs and read them back; restore memory-enable
 * exactly as it was; restart the owners. Nothing that decodes ever overlaps anything else that
 * decodes: what moves does not decode, and a window is first cut to what its old and new range
 * share. Any failure undoes everything.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/sched/mm.h>

#include "apply.h"
#include "journal.h"
#include "owner.h"
#include "snapshot.h"
#include "trace.h"
#include "verify.h"

#define PAUSES		600
#define PAUSE_MS	100

static unsigned int pause;
module_param(pause, uint, 0600);
MODULE_PARM_DESC(pause, "for tests: 1 waits between asking the owners and the first change, is 2 then, and 0 goes on");

/**
 * struct application - a plan being carried out
 * @s: snapshot with the plan
 * @journal: changes so far
 * @step: the step
 */
struct application {
	struct rebalance_snapshot *s;
	struct journal journal;
	u16 step;
};

static bool in_step(const struct application *a, u16 node)
{
	return a->s->space.nodes[node].step == a->step && a->s->items[node].dev;
}

static bool is_window(const struct application *a, u16 node)
{
	return a->s->space.nodes[node].flags & PLAN_WINDOW;
}

static bool is_request(const struct application *a, u16 node)
{
	return a->s->space.nodes[node].flags & PLAN_REQUEST;
}

/* Does a function have a BAR that moves or gets its place in this step? PLAN_NONE: in any step? */
static bool owner_moves(const struct application *a, u16 owner, u16 step)
{
	u16 i;

	for (i = 0; i < a->s->space.node_count; i++) {
		const struct plan_node *n = &a->s->space.nodes[i];

		if (n->owner == owner && n->step != PLAN_NONE &&
		    (step == PLAN_NONE || n->step == step))
			return true;
	}
	return false;
}

static int each_owner(struct application *a,
		      int (*visit)(struct application *a, struct rebalance_owner *owner))
{
	int error = 0;
	u16 i;

	for (i = 0; i < a->s->space.owner_count && !error; i++)
		if (owner_moves(a, i, a->step))
			error = visit(a, &a->s->owners[i]);
	return error;
}

/* Remember whose owner it was that failed. */
static int blame(struct application *a, struct rebalance_owner *owner, const char *fault, int error)
{
	if (error) {
		a->s->culprit = owner->dev;
		a->s->fault = fault;
		a->s->why = owner->pinned;
	}
	return error;
}

static int ask(struct application *a, struct rebalance_owner *owner)
{
	return blame(a, owner, "does not want to be moved", owner_ask(owner));
}

static int stop(struct application *a, struct rebalance_owner *owner)
{
	return blame(a, owner, "cannot be stopped", journal_stop(&a->journal, owner));
}

static int decode_off(struct application *a, struct rebalance_owner *owner)
{
	pci_read_config_word(owner->dev, PCI_COMMAND, &owner->command);
	return journal_command(&a->journal, owner->dev, PCI_COMMAND_MEMORY, 0);
}

static int decode_on(struct application *a, struct rebalance_owner *owner)
{
	return journal_command(&a->journal, owner->dev, 0, owner->command & PCI_COMMAND_MEMORY);
}

static int restart(struct application *a, struct rebalance_owner *owner)
{
	return blame(a, owner, "does not work at its new place",
		     journal_restart(&a->journal, owner));
}

static int release_bars(struct application *a)
{
	int error = 0;
	u16 i;

	for (i = 0; i < a->s->space.node_count && !error; i++) {
		const struct rebalance_item *item = &a->s->items[i];

		if (!in_step(a, i) || is_window(a, i) || is_request(a, i))
			continue;
		error = journal_release(&a->journal, item->dev, item->resno);
		if (error == -EBUSY)
			blame(a, &a->s->owners[a->s->space.nodes[i].owner],
			      "keeps a claim on its BARs", error);
	}
	return error;
}

/* Cut a window to what its old and new range share; close and release it if nothing stays in it. */
static int shrink_window(struct application *a, u16 node)
{
	const struct plan_node *n = &a->s->space.nodes[node];
	const struct rebalance_item *item = &a->s->items[node];
	u64 first = max(n->start, n->to_start);
	u64 end = min(n->start + n->size, n->to_start + n->to_size);
	int error;

	if (!n->size)
		return 0;
	if (!item->res->child) {
		error = journal_write_window(&a->journal, item->dev, item->resno, 0, 0);
		return error ? error : journal_release(&a->journal, item->dev, item->resno);
	}
	if (first >= end)
		return -ESTALE;
	error = journal_write_window(&a->journal, item->dev, item->resno, first, end - first);
	return error ? error : journal_adjust(&a->journal, item->dev, item->resno,
					      snapshot_to_cpu(a->s, node, first), end - first);
}

static unsigned long window_flags(const struct pci_dev *bridge, int resno)
{
	unsigned long flags = IORESOURCE_MEM;

	if (resno != PCI_BRIDGE_PREF_MEM_WINDOW)
		return flags;
	flags |= IORESOURCE_PREFETCH;
	if (bridge->pref_64_window)
		flags |= IORESOURCE_MEM_64 | PCI_PREF_RANGE_TYPE_64;
	return flags;
}

static int grow_window(struct application *a, u16 node)
{
	const struct plan_node *n = &a->s->space.nodes[node];
	const struct rebalance_item *item = &a->s->items[node];
	/*
	 * A closed window has no flags. A kernel that lets pci_enable_resources() look at windows
	 * takes one with flags and no parent for an error.
	 */
	struct resource to = { 0 };
	int error;

	if (n->to_size) {
		to.start = snapshot_to_cpu(a->s, node, n->to_start);
		to.end = to.start + n->to_size - 1;
		to.flags = window_flags(item->dev, item->resno);
	}
	if (item->res->parent)
		error = journal_adjust(&a->journal, item->dev, item->resno, to.start, n->to_size);
	else
		error = journal_claim(&a->journal, item->dev, item->resno, &to);
	if (!error && n->to_size)
		error = journal_write_window(&a->journal, item->dev, item->resno, n->to_start,
					     n->to_size);
	if (!error && n->to_size)
		error = journal_command(&a->journal, item->dev, 0, PCI_COMMAND_MEMORY);
	trace_rebalance_move(item->dev, item->resno, n->start, n->to_start, n->to_size);
	return error;
}

/* Buses are numbered from the host bridge downwards: shrink from below, grow from above. */
static int each_window(struct application *a, bool downwards,
		       int (*visit)(struct application *a, u16 node))
{
	u16 count = a->s->space.bus_count, bus, i;
	int error = 0;

	for (bus = 0; bus < count && !error; bus++)
		for (i = 0; i < a->s->space.node_count && !error; i++)
			if (in_step(a, i) && is_window(a, i) &&
			    a->s->space.nodes[i].bus == (downwards ? bus : count - 1 - bus))
				error = visit(a, i);
	return error;
}

static int claim_bars(struct application *a)
{
	int error = 0;
	u16 i;

	for (i = 0; i < a->s->space.node_count && !error; i++) {
		const struct plan_node *n = &a->s->space.nodes[i];
		const struct rebalance_item *item = &a->s->items[i];
		struct resource to = { .flags = item->was.flags };

		if (!in_step(a, i) || is_window(a, i))
			continue;
		to.start = snapshot_to_cpu(a->s, i, n->to_start);
		to.end = to.start + n->size - 1;
		error = item->wanted ? journal_resize(&a->journal, item->dev, item->resno,
						      n->size) : 0;
		if (!error)
			error = journal_claim(&a->journal, item->dev, item->resno, &to);
		if (!error)
			error = journal_write_bar(&a->journal, item->dev, item->resno);
		trace_rebalance_move(item->dev, item->resno, is_request(a, i) ? 0 : n->start,
				     n->to_start, n->size);
	}
	return error;
}

static int apply_step(struct application *a)
{
	int error = each_owner(a, stop);

	if (!error)
		error = each_owner(a, decode_off);
	if (!error)
		error = release_bars(a);
	if (!error)
		error = each_window(a, false, shrink_window);
	if (!error)
		error = each_window(a, true, grow_window);
	if (!error)
		error = claim_bars(a);
	if (!error)
		error = each_owner(a, decode_on);
	if (!error)
		error = each_owner(a, restart);
	return error;
}

/* Changes that the journal must hold: each is counted once for each node or owner at most. */
static unsigned int most_changes(const struct rebalance_snapshot *s)
{
	return 8u * s->space.node_count + 4u * s->space.owner_count;
}

/* A port that sleeps would lose what is written to it, and hide what is behind it. */
static void wake_bridges(const struct rebalance_snapshot *s, bool wake)
{
	u16 i;

	for (i = 1; i < s->space.bus_count; i++) {
		struct device *bridge = &s->buses[i]->self->dev;

		if (wake)
			pm_runtime_get_sync(bridge);
		else
			pm_runtime_put(bridge);
	}
}

static void release_owners(struct rebalance_snapshot *s)
{
	u16 i;

	for (i = 0; i < s->space.owner_count; i++)
		owner_release(&s->owners[i]);
}

/**
 * apply_ask - would everybody let the plan of a snapshot be carried out?
 * @s: snapshot with a plan
 *
 * Context: rescan lock held since the snapshot was taken.
 *
 * Return: 0, or what the first of the owners to refuse says.
 */
int apply_ask(struct rebalance_snapshot *s)
{
	struct application a = { .s = s, .step = PLAN_NONE };
	int error;

	wake_bridges(s, true);
	error = verify_before(s);
	if (!error)
		error = each_owner(&a, ask);
	release_owners(s);
	wake_bridges(s, false);
	return error;
}

static int apply_steps(struct application *a)
{
	int error = verify_before(a->s);
	unsigned int pauses;

	if (!error)
		error = each_owner(a, ask);
	/* For a minute at most. */
	for (pauses = 0; READ_ONCE(pause) && pauses < PAUSES; pauses++) {
		cmpxchg(&pause, 1, 2);
		msleep(PAUSE_MS);
	}
	for (a->step = 0; a->step < a->s->result.steps && !error; a->step++)
		error = apply_step(a);
	return error ? error : verify_after(a->s);
}

static void undo(struct application *a, int error)
{
	struct rebalance_snapshot *s = a->s;

	dev_info(&s->root->dev, "rebalance: %d after %u changes, undoing all\n", error, s->changes);
	journal_undo(&a->journal);
	s->left = a->journal.left;
	s->left_error = a->journal.left_error;
	s->left_stuck = a->journal.stuck;
}

/**
 * apply_plan - carry out the plan of a snapshot, wholly or not at all
 * @s: snapshot with a plan
 *
 * Context: rescan lock held since the snapshot was taken.
 *
 * Return: 0, or a negative errno with the former layout restored, but for what @s->left tells.
 */
int apply_plan(struct rebalance_snapshot *s)
{
	struct application a = { .s = s, .step = PLAN_NONE };
	int error = journal_init(&a.journal, most_changes(s));
	unsigned int noio;
	u16 i;

	if (error)
		return error;
	wake_bridges(s, true);
	/* Nobody may wait for memory that is only had by writing to a disk that is stopped. */
	noio = memalloc_noio_save();
	error = apply_steps(&a);
	s->changes = a.journal.count;
	if (error && a.journal.count)
		undo(&a, error);
	memalloc_noio_restore(noio);
	release_owners(s);
	wake_bridges(s, false);
	for (i = 0; i < s->space.owner_count; i++)
		if (s->owners[i].down_us)
			record_down(s->owners[i].dev, s->owners[i].down_us);
	journal_free(&a.journal);
	return error;
}
