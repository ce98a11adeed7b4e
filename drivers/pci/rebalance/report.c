// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - plans, functions and space in words
 */
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>

#include "owner.h"
#include "record.h"
#include "report.h"
#include "snapshot.h"

static void put_text(struct seq_buf *text, const char *words)
{
	seq_buf_printf(text, "%s", words);
}

static void put_bytes(struct seq_buf *text, u64 bytes)
{
	if (bytes && !(bytes & (SZ_1G - 1)))
		seq_buf_printf(text, "%llu GiB", bytes >> 30);
	else if (bytes && !(bytes & (SZ_1M - 1)))
		seq_buf_printf(text, "%llu MiB", bytes >> 20);
	else if (bytes && !(bytes & (SZ_1K - 1)))
		seq_buf_printf(text, "%llu KiB", bytes >> 10);
	else
		seq_buf_printf(text, "%llu bytes", bytes);
}

static void put_range(struct seq_buf *text, u64 start, u64 bytes)
{
	if (bytes)
		seq_buf_printf(text, "%#llx-%#llx", start, start + bytes - 1);
	else
		put_text(text, "closed");
}

static void put_node(const struct rebalance_snapshot *s, u16 i, struct seq_buf *text)
{
	const struct plan_node *n = &s->space.nodes[i];
	const struct rebalance_item *item = &s->items[i];

	if (!item->dev)
		put_text(text, "a hole");
	else if (item->resno == PCI_BRIDGE_MEM_WINDOW)
		seq_buf_printf(text, "%s window", pci_name(item->dev));
	else if (item->resno == PCI_BRIDGE_PREF_MEM_WINDOW)
		seq_buf_printf(text, "%s prefetchable window", pci_name(item->dev));
	else if (item->resno == PCI_ROM_RESOURCE)
		seq_buf_printf(text, "%s ROM", pci_name(item->dev));
	else
		seq_buf_printf(text, "%s BAR %d", pci_name(item->dev), item->resno);
	put_text(text, " ");
	put_bytes(text, n->to_size ? n->to_size : n->size);
	if (!item->wanted)
		return;
	put_text(text, " instead of ");
	put_bytes(text, item->wanted);
}

/* BARs that are smaller than they were, each after @before. */
static void put_resized(const struct rebalance_snapshot *s, const char *before,
			struct seq_buf *text)
{
	u16 i;

	for (i = 0; i < s->space.node_count; i++) {
		if (!s->items[i].wanted)
			continue;
		put_text(text, before);
		put_node(s, i, text);
	}
}

static void put_downtime(const struct rebalance_owner *owner, struct seq_buf *text)
{
	u64 us;

	if (owner->way == REBALANCE_IDLE)
		seq_buf_printf(text, "; %s, nobody notices", owner_way_name(owner));
	else if (record_down_of(owner->dev, &us))
		seq_buf_printf(text, "; %s, stopped for about %llu us as last time",
			       owner_way_name(owner), us);
	else
		seq_buf_printf(text, "; %s, stopped for a time not measured yet",
			       owner_way_name(owner));
}

/**
 * report_plan - write a plan down, one line for each change
 * @s: snapshot with a plan
 * @text: where to
 */
void report_plan(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	const struct plan_result *r = &s->result;
	u16 step, i;

	seq_buf_printf(text, "cost %llu", r->cost);
	/* That no plan has a negative price is nothing to tell. */
	if (r->optimal && r->cost)
		put_text(text, " (no plan can cost less)");
	seq_buf_printf(text, ", %u steps, %u functions stopped, %u at once, ", r->steps,
		       r->moved_functions, r->down_at_once);
	put_bytes(text, r->moved_bytes);
	seq_buf_printf(text, " moved, planned in %llu us\n", s->plan_us);
	for (step = 0; step < r->steps; step++) {
		for (i = 0; i < s->space.node_count; i++) {
			const struct plan_node *n = &s->space.nodes[i];

			if (n->step != step)
				continue;
			seq_buf_printf(text, "step %u: ", step + 1);
			put_node(s, i, text);
			put_text(text, ": ");
			if (n->flags & PLAN_REQUEST)
				put_text(text, "new");
			else
				put_range(text, n->start, n->size);
			put_text(text, " -> ");
			put_range(text, n->to_start, n->to_size);
			if (n->owner != PLAN_NONE && !(n->flags & PLAN_REQUEST))
				put_downtime(&s->owners[n->owner], text);
			put_text(text, "\n");
		}
	}
}

/* Who would have to move for the request to fit is not known; who cannot, is. */
static void put_pinned(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	u16 pinned = 0, i;

	for (i = 0; i < s->space.owner_count; i++)
		pinned += s->owners[i].pinned && !pci_is_bridge(s->owners[i].dev);
	if (pinned)
		seq_buf_printf(text, "; %u functions are pinned, see functions", pinned);
}

/* What lifts a rule that pins a function. */
static void put_next_step(const struct rebalance_owner *owner, struct seq_buf *text)
{
	if (!owner->pinned)
		return;
	if (owner->unless == REBALANCE_CONSENT_MOVE && owner->driver)
		put_text(text, " (allow it \"idle\", or unbind it)");
	else if (owner->unless == REBALANCE_CONSENT_MOVE)
		put_text(text, " (allow it \"idle\")");
	else if (owner->unless == REBALANCE_CONSENT_IN_USE)
		put_text(text, " (stop using it, or allow it \"in-use\")");
}

static void put_culprit(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	u16 i;

	seq_buf_printf(text, "%s %s", pci_name(s->culprit), s->fault);
	if (s->why)
		seq_buf_printf(text, ": %s", s->why);
	for (i = 0; i < s->space.owner_count && s->why; i++)
		if (s->owners[i].dev == s->culprit)
			put_next_step(&s->owners[i], text);
	put_text(text, ", ");
}

/* Also what could not be undone. */
static void put_undone(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	seq_buf_printf(text, "undone after %u changes", s->changes);
	if (!s->left)
		return;
	seq_buf_printf(text, ", but for %s: it ", pci_name(s->left));
	if (s->left_stuck)
		put_text(text, "is in use where it is now, and stays there");
	else if (s->left->dev.driver)
		seq_buf_printf(text, "is still stopped (%d)", s->left_error);
	else
		seq_buf_printf(text, "has lost its driver (%d)", s->left_error);
}

/**
 * report_reason - say why a request failed
 * @s: snapshot, as far as it got
 * @error: a negative errno
 * @text: where to
 */
void report_reason(const struct rebalance_snapshot *s, int error, struct seq_buf *text)
{
	const struct plan_result *r = &s->result;

	if (s->refused) {
		put_text(text, s->refused);
	} else if (s->culprit) {
		put_culprit(s, text);
	} else if (error == -ENOSPC && r->missing_bytes) {
		put_bytes(text, r->missing_bytes);
		put_text(text, " are missing in total");
	} else if (error == -ENOSPC && r->missing_contiguous) {
		put_bytes(text, r->missing_contiguous);
		put_text(text, " are missing in one piece, between what cannot move");
	} else if (error == -ENOSPC) {
		put_text(text, "no layout has room for it");
	} else if (error == -ETIME) {
		seq_buf_printf(text, "the search gave up after %u places, there may be a plan",
			       r->places);
	} else if (error == -ESTALE) {
		put_text(text, "the tree is not as it was, or not as the registers say");
	} else if (error == -ENODEV) {
		put_text(text, "no such function or bus");
	} else if (error == -EINVAL) {
		put_text(text, "the addresses in the tree contradict each other");
	} else if (error == -ENOENT) {
		put_text(text, "nothing to do, all memory BARs have a place");
	}
	if (s->changes)
		put_undone(s, text);
	else if (s->culprit || error == -ENOMEM || error == -E2BIG)
		put_text(text, "nothing was changed");
	if (error == -ENOSPC || error == -ETIME) {
		put_resized(s, ", even with ", text);
		put_pinned(s, text);
	}
}

/**
 * report_result - say in one line how a request ended
 * @s: snapshot, as far as it got
 * @error: 0 or a negative errno
 * @dry: nothing was to be moved
 * @text: where to
 */
void report_result(const struct rebalance_snapshot *s, int error, bool dry, struct seq_buf *text)
{
	const struct plan_result *r = &s->result;

	if (!error) {
		seq_buf_printf(text, "%s: %u functions and %u ranges %s in %u steps, ",
			       dry ? "planned" : "done", r->moved_functions, r->moved_nodes,
			       dry ? "to move" : "moved", r->steps);
		seq_buf_printf(text, "%u changes, %llu us", s->changes, s->apply_us);
		put_resized(s, ", ", text);
		put_text(text, "\n");
		return;
	}
	seq_buf_printf(text, "failed %d: ", error);
	report_reason(s, error, text);
	put_text(text, "\n");
}

/**
 * report_functions - one line for each function that is not a bridge
 * @s: snapshot
 * @text: where to
 */
void report_functions(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	u16 i;

	for (i = 0; i < s->space.owner_count; i++) {
		const struct rebalance_owner *owner = &s->owners[i];
		u64 us;

		if (pci_is_bridge(owner->dev))
			continue;
		seq_buf_printf(text, "%s ", pci_name(owner->dev));
		if (owner->pinned)
			seq_buf_printf(text, "pinned: %s", owner->pinned);
		else
			seq_buf_printf(text, "movable: %s", owner_way_name(owner));
		put_next_step(owner, text);
		if (record_down_of(owner->dev, &us))
			seq_buf_printf(text, "; last move stopped it for %llu us", us);
		put_text(text, "\n");
	}
}

/* The first range on a bus that ends behind @from; PLAN_NONE if there is none. */
static u16 range_behind(const struct plan_space *space, u16 bus, u64 from)
{
	u16 first = PLAN_NONE, i;

	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (n->bus == bus && n->size && !(n->flags & PLAN_REQUEST) &&
		    n->start + n->size > from &&
		    (first == PLAN_NONE || n->start < space->nodes[first].start))
			first = i;
	}
	return first;
}

/* Bytes of the largest free range of a host bridge; how much is free in all its windows. */
static u64 largest_hole(const struct plan_space *space, u64 *total)
{
	u64 largest = 0, from, end, to;
	u16 i, k;

	*total = 0;
	for (i = 0; i < space->node_count; i++) {
		const struct plan_node *root = &space->nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		end = root->start + root->size;
		for (from = root->start; from < end; from = to) {
			k = range_behind(space, root->behind, from);
			to = k == PLAN_NONE ? end : clamp(space->nodes[k].start, from, end);
			largest = max(largest, to - from);
			*total += to - from;
			if (k != PLAN_NONE)
				to = space->nodes[k].start + space->nodes[k].size;
		}
	}
	return largest;
}

/**
 * report_space - figures and the top level of one host bridge
 * @s: snapshot
 * @text: where to
 */
void report_space(const struct rebalance_snapshot *s, struct seq_buf *text)
{
	u64 total, largest = largest_hole(&s->space, &total);
	u16 i, k;

	seq_buf_printf(text, "%04x:%02x largest hole ", pci_domain_nr(s->root), s->root->number);
	put_bytes(text, largest);
	/* How much of the free space is not in the largest hole. */
	seq_buf_printf(text, ", fragmentation %llu permille\n",
		       total ? 1000 - mul_u64_u64_div_u64(largest, 1000, total) : 0);
	for (i = 0; i < s->space.node_count; i++) {
		const struct plan_node *root = &s->space.nodes[i];

		if (root->bus != PLAN_NONE)
			continue;
		put_text(text, "window ");
		put_range(text, root->start, root->size);
		put_text(text, "\n");
		for (k = 0; k < s->space.node_count; k++) {
			const struct plan_node *n = &s->space.nodes[k];

			if (n->bus != root->behind || !n->size || n->start < root->start ||
			    n->start - root->start >= root->size)
				continue;
			put_text(text, "\t");
			put_range(text, n->start, n->size);
			put_text(text, n->flags & PLAN_PINNED ? " pinned " : " movable ");
			if (s->items[k].dev)
				put_text(text, pci_name(s->items[k].dev));
			if (n->min) {
				put_text(text, ", never less than ");
				put_bytes(text, n->min);
			}
			put_text(text, "\n");
		}
	}
}
