// SPDX-License-Identifier: GPL-2.0
/*
 * room.c - room that the driver of a host bridge asks for, because its host wants to
 *
 * The same plan, owners and journal as for a request of the user, in two halves: a question, which
 * stops nobody, and the move, which is only made if its plan is the one that was agreed to.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include "apply.h"
#include "hotadd.h"
#include "owner.h"
#include "record.h"
#include "report.h"
#include "request.h"
#include "snapshot.h"

/**
 * struct room_request - a request, and the room that it is for
 * @request: as others
 * @room: as the driver of the host bridge made it
 */
struct room_request {
	struct rebalance_request request;
	struct pci_rebalance_room *room;
};

static struct pci_rebalance_room *room_of(struct rebalance_request *request)
{
	return container_of(request, struct room_request, request)->room;
}

static bool is_move(const struct rebalance_snapshot *s, u16 node)
{
	const struct plan_node *n = &s->space.nodes[node];

	return n->step != PLAN_NONE && s->items[node].dev && !(n->flags & PLAN_WINDOW);
}

/* What moves from where to where, and when. */
static u32 fingerprint(const struct rebalance_snapshot *s)
{
	u32 print = s->space.node_count;
	u16 i;

	for (i = 0; i < s->space.node_count; i++) {
		const struct plan_node *n = &s->space.nodes[i];
		const u64 words[] = { n->start, n->size, n->to_start, n->to_size, n->step, i };

		if (n->step != PLAN_NONE)
			print = jhash(words, sizeof(words), print);
	}
	return print ?: 1;
}

static u64 largest_window(struct pci_bus *bus)
{
	struct resource *res;
	u64 largest = 0;
	unsigned int i;

	pci_bus_for_each_resource(bus, res, i)
		if (res && res->flags & IORESOURCE_MEM)
			largest = max_t(u64, largest, resource_size(res));
	return largest;
}

/* From the largest that a window could hold downwards: the first that there is a plan for. */
static int plan_largest(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	struct pci_bus *bus = pci_find_bus(request->domain, request->number);
	u64 window = bus ? largest_window(bus) : 0;
	int error = bus ? -ENOSPC : -ENODEV;

	if (!window)
		return error;
	request->bytes = rounddown_pow_of_two(window);
	do {
		snapshot_free(s);
		*s = (struct rebalance_snapshot) { };
		error = request_plan(s, request);
		if (error != -ENOSPC && error != -ETIME)
			return error;
		request->bytes /= 2;
	} while (request->bytes >= PAGE_SIZE);
	return error;
}

/* Answer a question, or make the room. */
static int room_run(struct rebalance_snapshot *s, struct rebalance_request *request)
{
	struct pci_rebalance_room *room = room_of(request);
	int error = room->begin ? room->begin(room->context) : 0;

	if (error)
		return error;
	error = request->bytes ? request_plan(s, request) : plan_largest(s, request);
	if (!error) {
		room->bytes = request->bytes;
		room->fingerprint = fingerprint(s);
		if (!room->apply)
			error = apply_ask(s);
		else if (room->expect && room->expect != room->fingerprint)
			error = -ESTALE;
		else
			error = request_apply(s);
	}
	if (room->end)
		room->end(room->context, !error && room->apply);
	return error;
}

static void note_move(const struct rebalance_snapshot *s, u16 i, bool done, bool first,
		      struct pci_rebalance_note *note)
{
	const struct plan_node *n = &s->space.nodes[i];
	const struct rebalance_owner *owner = &s->owners[n->owner];

	*note = (struct pci_rebalance_note) {
		.bus = owner->dev->bus->number,
		.devfn = owner->dev->devfn,
		.resno = s->items[i].resno,
		.step = n->step + 1,
		.from = n->start,
		.to = n->to_start,
		.bytes = n->size,
		.cost = n->cost + (first ? s->owner_cost[n->owner] : 0),
		.down_us = owner->way == REBALANCE_IDLE ? 0 : PCI_REBALANCE_UNKNOWN,
	};
	if (done)
		note->down_us = owner->down_us;
	else if (owner->way != REBALANCE_IDLE)
		record_down_of(owner->dev, &note->down_us);
	strscpy(note->words, owner_way_name(owner), sizeof(note->words));
}

static bool is_first(const struct rebalance_snapshot *s, u16 node)
{
	u16 i;

	for (i = 0; i < node; i++)
		if (is_move(s, i) && s->space.nodes[i].owner == s->space.nodes[node].owner)
			return false;
	return true;
}

static void note_moves(const struct rebalance_snapshot *s, struct pci_rebalance_room *room,
		       bool done)
{
	u16 i;

	for (i = 0; i < s->space.node_count; i++) {
		if (!is_move(s, i))
			continue;
		note_move(s, i, done, is_first(s, i), &room->notes[room->count++]);
		/* The hole itself has a step, too, in which nothing happens. */
		room->steps = max_t(unsigned int, room->steps, s->space.nodes[i].step + 1);
	}
}

static void note_pinned(const struct rebalance_snapshot *s, struct pci_rebalance_room *room)
{
	u16 i;

	for (i = 0; i < s->space.owner_count; i++) {
		const struct rebalance_owner *owner = &s->owners[i];
		struct pci_rebalance_note *note = &room->notes[room->count];

		if (!owner->pinned || pci_is_bridge(owner->dev))
			continue;
		note->bus = owner->dev->bus->number;
		note->devfn = owner->dev->devfn;
		strscpy(note->words, owner->pinned, sizeof(note->words));
		room->count++;
	}
}

/* Tell how it went. */
static void room_tell(const struct rebalance_snapshot *s, struct rebalance_request *request,
		      int error)
{
	struct pci_rebalance_room *room = room_of(request);
	struct seq_buf why;
	u16 i;

	seq_buf_init(&why, room->why, sizeof(room->why));
	if (error)
		report_reason(s, error, &why);
	else
		report_result(s, error, !room->apply, &why);
	room->why[strcspn(room->why, "\n")] = '\0';
	room->cost = s->result.cost;
	room->steps = 0;
	room->time_us = room->apply ? s->apply_us : s->plan_us;
	room->notes = kvcalloc(s->space.node_count + s->space.owner_count + 1,
			       sizeof(*room->notes), GFP_KERNEL);
	if (!room->notes)
		return;
	if (error)
		note_pinned(s, room);
	else
		note_moves(s, room, room->apply);
	for (i = 0; i < s->space.node_count; i++)
		if (s->space.nodes[i].flags & PLAN_REQUEST)
			room->start = s->space.nodes[i].to_start;
}

static const struct request_ops room_ops = { .run = room_run, .tell = room_tell };

/**
 * pci_rebalance_make_room - make a hole, or say what that would take
 * @room: what is asked for; its results are set
 *
 * Waits for a request of somebody else.
 *
 * Context: process; takes the rescan lock.
 *
 * Return: 0, or a negative errno and nothing has changed: -ENOSPC if it was proven that there is no
 * room, -ETIME if none was found, -EBUSY for an owner that refuses, or what else it says, -ESTALE
 * if the plan is not the one that was agreed to, -EINVAL for a size that is no power of two, or for
 * a plan to be carried out that counts on paths to come.
 */
int pci_rebalance_make_room(struct pci_rebalance_room *room)
{
	struct room_request r = {
		.request = {
			.domain = room->domain, .number = room->number, .bytes = room->bytes,
			.prefetch = true, .low = room->low, .level = hotadd_level(),
			.online = room->online, .dry = !room->apply, .patient = true,
			.ops = &room_ops,
		},
		.room = room,
	};

	room->notes = NULL;
	room->count = 0;
	memset(room->why, 0, sizeof(room->why));
	if (room->bytes && !is_power_of_2(room->bytes)) {
		strscpy(room->why, "the size of a hole is a power of two", sizeof(room->why));
		return -EINVAL;
	}
	if (room->online && room->apply) {
		strscpy(room->why, "a plan for more paths is made again when they are there",
			sizeof(room->why));
		return -EINVAL;
	}
	return request_run(&r.request);
}
EXPORT_SYMBOL_GPL(pci_rebalance_make_room);
