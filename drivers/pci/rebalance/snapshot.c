// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - turn a PCI host bridge and all behind it into the planner's tree
 *
 * Addresses become bus addresses. What lies in a window of the resource tree without being a BAR or
 * a window of a function here (virtual functions, firmware tables, other drivers' ranges) becomes a
 * pinned range.
 */
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "pin.h"
#include "record.h"
#include "registers.h"
#include "request.h"
#include "resize.h"
#include "snapshot.h"
#include "users.h"

/* Most nodes that one function can need: six BARs and a ROM, or two BARs, a ROM and two windows. */
#define NODES_EACH	7

static bool is_memory(const struct resource *res)
{
	return (res->flags & IORESOURCE_MEM) && !(res->flags & IORESOURCE_ROM_SHADOW);
}

static u64 bus_address(const struct rebalance_snapshot *s, struct resource *res)
{
	struct pci_bus_region region;

	pcibios_resource_to_bus(s->root, &region, res);
	return region.start;
}

/**
 * snapshot_to_cpu - translate an address of the plan
 * @s: snapshot
 * @node: what is to lie there
 * @bus_address: where
 *
 * Return: the address that a struct resource takes.
 */
u64 snapshot_to_cpu(const struct rebalance_snapshot *s, u16 node, u64 bus_address)
{
	struct pci_bus_region region = { .start = bus_address, .end = bus_address };
	struct resource res = { .flags = IORESOURCE_MEM };

	pcibios_bus_to_resource(s->root, &res, &region);
	return res.start;
}

static struct plan_node *add_node(struct rebalance_snapshot *s, struct resource *res, u16 bus,
				  u32 flags)
{
	struct plan_node *n = &s->space.nodes[s->space.node_count];
	struct rebalance_item *item = &s->items[s->space.node_count];

	s->space.node_count++;
	*item = (struct rebalance_item) { .res = res, .was = *res };
	*n = (struct plan_node) {
		.start = bus_address(s, res),
		.size = resource_size(res),
		.align = 1,
		.last_max = ~0ULL,
		.flags = flags | (res->flags & IORESOURCE_PREFETCH ? PLAN_PREFETCH : 0),
		.cost = 1,
		.bus = bus,
		.behind = PLAN_NONE,
		.owner = PLAN_NONE,
		.step = PLAN_NONE,
	};
	return n;
}

static void add_roots(struct rebalance_snapshot *s)
{
	struct resource *res;
	unsigned int i;

	pci_bus_for_each_resource(s->root, res, i) {
		struct plan_node *n;

		/* Below 1 MiB is legacy VGA and firmware, nothing for BARs. */
		if (!res || !is_memory(res) || !resource_size(res) || res->end < SZ_1M)
			continue;
		n = add_node(s, res, PLAN_NONE, PLAN_WINDOW | PLAN_PINNED);
		n->behind = 0;
	}
}

/*
 * Is a resource in one of the windows of its bus? Behind a bridge that decodes subtractively it may
 * be in one further up, and a virtual function's is in one of the physical function's. There it is
 * found as a range that belongs to somebody else, and stays.
 */
static bool is_in_window(const struct rebalance_snapshot *s, u16 bus, const struct resource *res)
{
	u16 i;

	for (i = 0; i < s->space.node_count; i++)
		if ((s->space.nodes[i].flags & PLAN_WINDOW) && s->space.nodes[i].behind == bus &&
		    s->items[i].res == res->parent)
			return true;
	return false;
}

/* Windows that the bridge does not have, or that lead nowhere, are left out. */
static void add_window(struct rebalance_snapshot *s, struct pci_dev *bridge, u16 bus, u16 behind,
		       int resno)
{
	struct resource *res = &bridge->resource[resno];
	bool prefetch = resno == PCI_BRIDGE_PREF_MEM_WINDOW, open = res->parent && is_memory(res);
	struct plan_node *n;

	if (prefetch && !bridge->pref_window)
		return;
	/* A bridge that decodes what nobody else does needs no window, and gets none. */
	if (open ? !is_in_window(s, bus, res) : bridge->transparent)
		return;
	n = add_node(s, res, bus, PLAN_WINDOW);
	n->align = SZ_1M;
	n->behind = behind;
	n->last_max = prefetch && bridge->pref_64_window ? ~0ULL : 0xffffffff;
	n->flags |= prefetch ? PLAN_PREFETCH : 0;
	s->items[s->space.node_count - 1].dev = bridge;
	s->items[s->space.node_count - 1].resno = resno;
	if (!open) {
		n->start = 0;
		n->size = 0;
		return;
	}
	n->min = min_t(u64, ALIGN(registers_window_hint(bridge, prefetch), SZ_1M), n->size);
	if ((n->start | n->size) & (SZ_1M - 1))
		n->flags |= PLAN_PINNED;
	if (res->flags & IORESOURCE_PCI_FIXED)
		n->flags |= PLAN_PINNED;
}

static void set_size(struct plan_node *n, u64 bytes, int resno)
{
	n->size = bytes;
	n->align = max_t(u64, bytes, resno == PCI_ROM_RESOURCE ? SZ_2K : 16);
	n->cost = 1 + min_t(u64, bytes >> 16, SZ_1M);
}

/* What a BAR without a place asks for; PCI core may have forgotten it. */
static void recall(const struct pci_dev *dev, int resno, struct resource *want)
{
	struct record_bar bars[PCI_STD_NUM_BARS];

	if (resno == PCI_ROM_RESOURCE || (want->flags && resource_size(want) > 1) ||
	    !record_bars_of(dev, bars))
		return;
	want->flags = bars[resno].flags;
	want->start = 0;
	want->end = bars[resno].bytes - 1;
}

static void pin_bar(struct rebalance_snapshot *s, struct plan_node *n, const struct resource *res)
{
	const struct rebalance_owner *owner = &s->owners[n->owner];

	if (owner->pinned || (res->flags & IORESOURCE_PCI_FIXED) || !is_power_of_2(n->size) ||
	    (n->start & (n->align - 1)))
		n->flags |= PLAN_PINNED;
	/* Somebody claimed a part of it and there is no driver that would give it back. */
	if (res->child && owner->way == REBALANCE_IDLE)
		n->flags |= PLAN_PINNED;
}

/* Returns how many BAR registers were looked at. */
static int add_bar(struct rebalance_snapshot *s, struct pci_dev *dev, u16 bus, u16 owner, int resno)
{
	struct resource *res = &dev->resource[resno], want = *res;
	bool wanted = dev == s->request && !res->parent && resno != PCI_ROM_RESOURCE;
	struct plan_node *n;
	int registers;

	if (wanted)
		recall(dev, resno, &want);
	registers = want.flags & IORESOURCE_MEM_64 ? 2 : 1;
	if (!is_memory(&want) || (!res->parent && !wanted))
		return registers;
	if (res->parent && !is_in_window(s, bus, res)) {
		if (!s->owners[owner].pinned)
			s->owners[owner].pinned = "it is not in a window of the bridge above it";
		return registers;
	}
	n = add_node(s, res, bus, wanted ? PLAN_REQUEST : 0);
	n->owner = owner;
	set_size(n, resource_size(&want), resno);
	n->flags |= want.flags & IORESOURCE_PREFETCH ? PLAN_PREFETCH : 0;
	n->last_max = want.flags & IORESOURCE_MEM_64 ? ~0ULL : 0xffffffff;
	s->items[s->space.node_count - 1].dev = dev;
	s->items[s->space.node_count - 1].resno = resno;
	s->items[s->space.node_count - 1].was = want;
	if (!wanted)
		pin_bar(s, n, res);
	return registers;
}

static u16 add_owner(struct rebalance_snapshot *s, struct pci_dev *dev,
		     const struct rebalance_request *request, const struct users *users)
{
	struct rebalance_owner *owner = &s->owners[s->space.owner_count];

	owner->dev = pci_dev_get(dev);
	owner->asks = dev == s->request;
	owner->level = request->level;
	owner->online = request->online;
	pin_judge(owner, users);
	s->owner_cost[s->space.owner_count] = owner_cost(owner);
	return s->space.owner_count++;
}

static void add_function(struct rebalance_snapshot *s, struct pci_dev *dev, u16 bus,
			 const struct rebalance_request *request, const struct users *users)
{
	int resno, bars = dev->hdr_type == PCI_HEADER_TYPE_BRIDGE ? 2 : 6;
	u16 owner = add_owner(s, dev, request, users);

	if (dev->hdr_type == PCI_HEADER_TYPE_CARDBUS)
		return;
	for (resno = 0; resno < bars; )
		resno += add_bar(s, dev, bus, owner, resno);
	add_bar(s, dev, bus, owner, PCI_ROM_RESOURCE);
	if (!dev->subordinate || dev->hdr_type != PCI_HEADER_TYPE_BRIDGE)
		return;
	s->buses[s->space.bus_count] = dev->subordinate;
	add_window(s, dev, bus, s->space.bus_count, PCI_BRIDGE_MEM_WINDOW);
	add_window(s, dev, bus, s->space.bus_count, PCI_BRIDGE_PREF_MEM_WINDOW);
	s->space.bus_count++;
}

static bool is_ours(const struct rebalance_snapshot *s, const struct resource *res)
{
	u16 i;

	for (i = 0; i < s->space.node_count; i++)
		if (s->items[i].res == res)
			return true;
	return false;
}

/* Pin whatever else lies in the windows. */
static int add_foreign(struct rebalance_snapshot *s)
{
	u16 count = s->space.node_count, i;

	for (i = 0; i < count; i++) {
		struct plan_node *window = &s->space.nodes[i];
		struct resource *child;

		if (!(window->flags & PLAN_WINDOW) || !window->size)
			continue;
		for (child = s->items[i].res->child; child; child = child->sibling) {
			struct plan_node *n;

			if (is_ours(s, child))
				continue;
			if (s->space.node_count >= s->node_max)
				return -E2BIG;
			n = add_node(s, child, window->behind, PLAN_PINNED | PLAN_PREFETCH);
			n->cost = 0;
		}
	}
	return 0;
}

static void count_bus(struct pci_bus *bus, u32 *functions, u32 *buses)
{
	struct pci_dev *dev;

	++*buses;
	list_for_each_entry(dev, &bus->devices, bus_list) {
		++*functions;
		if (dev->subordinate && dev->hdr_type == PCI_HEADER_TYPE_BRIDGE)
			count_bus(dev->subordinate, functions, buses);
	}
}

static u32 count_children(struct pci_bus *bus)
{
	struct pci_dev *dev;
	struct resource *res, *child;
	unsigned int i;
	u32 count = 0;

	pci_bus_for_each_resource(bus, res, i)
		for (child = res ? res->child : NULL; child; child = child->sibling)
			count++;
	list_for_each_entry(dev, &bus->devices, bus_list)
		if (dev->subordinate && dev->hdr_type == PCI_HEADER_TYPE_BRIDGE)
			count += count_children(dev->subordinate);
	return count;
}

/* Planning takes milliseconds, and longer for thousands of ranges. */
static void let_others_run(void)
{
	cond_resched();
}

static int allocate(struct rebalance_snapshot *s)
{
	u32 functions = 0, buses = 0;

	count_bus(s->root, &functions, &buses);
	s->node_max =
		functions * NODES_EACH + count_children(s->root) + PCI_BRIDGE_RESOURCE_NUM + 32;
	if (functions > PLAN_MAX_NODES)
		return -E2BIG;
	s->space.nodes = kvcalloc(s->node_max, sizeof(*s->space.nodes), GFP_KERNEL);
	s->items = kvcalloc(s->node_max, sizeof(*s->items), GFP_KERNEL);
	s->owners = kvcalloc(functions, sizeof(*s->owners), GFP_KERNEL);
	s->owner_cost = kvcalloc(functions, sizeof(*s->owner_cost), GFP_KERNEL);
	s->buses = kvcalloc(buses, sizeof(*s->buses), GFP_KERNEL);
	if (!s->space.nodes || !s->items || !s->owners || !s->owner_cost || !s->buses)
		return -ENOMEM;
	s->space.owner_cost = s->owner_cost;
	s->space.pause = let_others_run;
	return 0;
}

static int add_hole(struct rebalance_snapshot *s, const struct rebalance_request *request)
{
	struct resource none = { 0 };
	struct plan_node *n;
	u16 bus;

	for (bus = 0; bus < s->space.bus_count && s->buses[bus] != request->bus; bus++)
		;
	if (bus == s->space.bus_count)
		return -ENODEV;
	if (s->space.node_count >= s->node_max)
		return -E2BIG;
	n = add_node(s, &none, bus, PLAN_REQUEST | (request->prefetch ? PLAN_PREFETCH : 0));
	n->start = 0;
	n->size = request->bytes;
	n->align = request->bytes;
	n->last_max = request->low ? 0xffffffff : ~0ULL;
	s->items[s->space.node_count - 1].res = NULL;
	return 0;
}

/**
 * snapshot_take - look at everything behind one host bridge
 * @s: filled in
 * @request: what is wanted, to be among the nodes
 *
 * Context: rescan lock held, until snapshot_free().
 *
 * Return: 0 or a negative errno; snapshot_free() is needed either way.
 */
int snapshot_take(struct rebalance_snapshot *s, const struct rebalance_request *request)
{
	struct pci_bus *bus = request->dev ? request->dev->bus : request->bus;
	struct users users;
	struct pci_dev *dev;
	int error;
	u16 i;

	memset(s, 0, sizeof(*s));
	s->request = request->dev;
	while (!pci_is_root_bus(bus))
		bus = bus->parent;
	s->root = bus;
	error = allocate(s);
	if (!error)
		error = users_look(&users);
	if (error)
		return error;
	s->buses[s->space.bus_count++] = s->root;
	add_roots(s);
	for (i = 0; i < s->space.bus_count; i++)
		list_for_each_entry(dev, &s->buses[i]->devices, bus_list) {
			add_function(s, dev, i, request, &users);
			cond_resched();
		}
	users_free(&users);
	error = add_foreign(s);
	if (!error && request->bus)
		error = add_hole(s, request);
	if (!error && s->space.node_count > PLAN_MAX_NODES)
		error = -E2BIG;
	return error;
}

/**
 * snapshot_shrink - ask for less
 * @s: snapshot without a plan
 *
 * The largest BAR of the request that offers a smaller size is to have the next one. The function
 * itself is not changed.
 *
 * Return: false if there is none.
 */
bool snapshot_shrink(struct rebalance_snapshot *s)
{
	u16 largest = PLAN_NONE, i;
	u64 less = 0;

	for (i = 0; i < s->space.node_count; i++) {
		const struct rebalance_item *item = &s->items[i];
		u64 bytes = s->space.nodes[i].size, smaller;

		if (!(s->space.nodes[i].flags & PLAN_REQUEST) || !item->dev)
			continue;
		smaller = resize_smaller(item->dev, item->resno, bytes);
		if (!smaller || (largest != PLAN_NONE && bytes <= s->space.nodes[largest].size))
			continue;
		largest = i;
		less = smaller;
	}
	if (largest == PLAN_NONE)
		return false;
	if (!s->items[largest].wanted)
		s->items[largest].wanted = s->space.nodes[largest].size;
	set_size(&s->space.nodes[largest], less, s->items[largest].resno);
	return true;
}

/**
 * snapshot_free - let go of all that a snapshot holds
 * @s: snapshot
 */
void snapshot_free(struct rebalance_snapshot *s)
{
	u16 i;

	for (i = 0; i < s->space.owner_count; i++) {
		owner_release(&s->owners[i]);
		pci_dev_put(s->owners[i].dev);
	}
	kvfree(s->space.nodes);
	kvfree(s->items);
	kvfree(s->owners);
	kvfree(s->owner_cost);
	kvfree(s->buses);
}
