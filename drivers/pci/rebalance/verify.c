// SPDX-License-Identifier: GPL-2.0
/*
 * verify.c - do the registers say what the resource tree says?
 */
#include <linux/pci.h>

#include "registers.h"
#include "snapshot.h"
#include "verify.h"

static bool is_changed(const struct rebalance_snapshot *s, u16 node)
{
	return s->space.nodes[node].step != PLAN_NONE && s->items[node].dev;
}

static int compare_registers(const struct rebalance_item *item)
{
	if (registers_match(item->dev, item->resno))
		return 0;
	pci_warn(item->dev, "resource %d is not where its register says\n", item->resno);
	return -ESTALE;
}

/* What a window that stays lets through counts, too, if something behind it changes. */
static bool is_above_change(const struct rebalance_snapshot *s, u16 node)
{
	u16 i;

	if (!(s->space.nodes[node].flags & PLAN_WINDOW) || !s->items[node].dev ||
	    !s->space.nodes[node].size)
		return false;
	for (i = 0; i < s->space.node_count; i++)
		if (is_changed(s, i) && s->space.nodes[i].bus == s->space.nodes[node].behind)
			return true;
	return false;
}

/**
 * verify_before - is what the plan changes as it was, in the tree and in the registers?
 * @s: snapshot with a plan
 *
 * Return: 0 or -ESTALE.
 */
int verify_before(const struct rebalance_snapshot *s)
{
	int error = 0;
	u16 i;

	for (i = 0; i < s->space.node_count && !error; i++) {
		const struct plan_node *n = &s->space.nodes[i];
		const struct rebalance_item *item = &s->items[i];

		if (is_above_change(s, i))
			error = compare_registers(item);
		if (!is_changed(s, i) || (n->flags & PLAN_REQUEST))
			continue;
		if (item->res->start != item->was.start || item->res->end != item->was.end ||
		    item->res->parent != item->was.parent)
			return -ESTALE;
		if (!error && n->size)
			error = compare_registers(item);
	}
	return error;
}

/**
 * verify_after - does every register that the plan changed say what the tree says now?
 * @s: snapshot whose plan has been carried out
 *
 * Return: 0, or -EIO.
 */
int verify_after(const struct rebalance_snapshot *s)
{
	u16 i;

	for (i = 0; i < s->space.node_count; i++)
		if ((is_changed(s, i) || is_above_change(s, i)) && compare_registers(&s->items[i]))
			return -EIO;
	return 0;
}
