// SPDX-License-Identifier: GPL-2.0
/*
 * Message rings in shared memory.
 *
 * The memory is RAM that a process of the host has mapped too, so plain
 * accesses with the barriers of SMP (virt_*: also on a guest kernel with one
 * processor) are right, and device accessors are not needed.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "wire/ring.h"

static void ring_attach(struct pvpci_ring_end *end, void *area, u32 nr_slots)
{
	end->shared = area;
	end->slots = (u8 *)area + sizeof(struct pvpci_ring);
	end->nr_slots = nr_slots;
}

static u8 *ring_slot(const struct pvpci_ring_end *end)
{
	return end->slots + (size_t)(end->index & (end->nr_slots - 1)) * PVPCI_SLOT_BYTES;
}

/**
 * pvpci_ring_open_producer - take the producing end of a ring over
 * @end: filled
 * @area: the ring's area, mapped
 * @nr_slots: a power of two
 *
 * A driver that was loaded before has left its index in shared memory; the
 * host goes on counting from there. This is the only time it is read.
 *
 * Return: 0, or -EPROTO when the two indices cannot belong together.
 */
int pvpci_ring_open_producer(struct pvpci_ring_end *end, void *area, u32 nr_slots)
{
	ring_attach(end, area, nr_slots);
	end->index = le32_to_cpu(READ_ONCE(end->shared->producer));
	end->peer = le32_to_cpu(READ_ONCE(end->shared->consumer));
	return end->index - end->peer > nr_slots ? -EPROTO : 0;
}

/**
 * pvpci_ring_open_consumer - take the consuming end of a ring over
 * @end: filled
 * @area: the ring's area, mapped
 * @nr_slots: a power of two
 *
 * Return: 0, or -EPROTO when the two indices cannot belong together.
 */
int pvpci_ring_open_consumer(struct pvpci_ring_end *end, void *area, u32 nr_slots)
{
	ring_attach(end, area, nr_slots);
	end->index = le32_to_cpu(READ_ONCE(end->shared->consumer));
	end->peer = le32_to_cpu(READ_ONCE(end->shared->producer));
	return end->peer - end->index > nr_slots ? -EPROTO : 0;
}

/**
 * pvpci_ring_put - send one message
 * @end: producing end
 * @msg: the message; the rest of its slot becomes zero
 * @bytes: at most PVPCI_SLOT_BYTES
 *
 * Context: any; the caller serialises.
 * Return: 0; -EAGAIN when the ring is full; -EMSGSIZE when @bytes is too
 * long; -EPROTO when the other side's index has jumped.
 */
int pvpci_ring_put(struct pvpci_ring_end *end, const void *msg, size_t bytes)
{
	u32 consumer = le32_to_cpu(READ_ONCE(end->shared->consumer));
	u8 *slot = ring_slot(end);

	if (bytes > PVPCI_SLOT_BYTES)
		return -EMSGSIZE;
	/* It may only move on, and never past what was produced. */
	if (consumer - end->peer > end->index - end->peer)
		return -EPROTO;
	end->peer = consumer;
	if (end->index - consumer == end->nr_slots)
		return -EAGAIN;
	/* The slot was given back before it is written again. */
	virt_mb();
	memcpy(slot, msg, bytes);
	memset(slot + bytes, 0, PVPCI_SLOT_BYTES - bytes);
	/* The slot is complete before the index says so. */
	virt_wmb();
	WRITE_ONCE(end->shared->producer, cpu_to_le32(++end->index));
	return 0;
}

/**
 * pvpci_ring_get - take the next message
 * @end: consuming end
 * @slot: PVPCI_SLOT_BYTES bytes, gets a private copy
 *
 * Context: any; the caller serialises.
 * Return: 1 when there was one, 0 when not, -EPROTO when the other side's
 * index has jumped.
 */
int pvpci_ring_get(struct pvpci_ring_end *end, void *slot)
{
	u32 producer = le32_to_cpu(READ_ONCE(end->shared->producer));

	if (producer - end->index > end->nr_slots ||
	    producer - end->peer > end->nr_slots)
		return -EPROTO;
	end->peer = producer;
	if (producer == end->index)
		return 0;
	/* The index was seen before the slot is read. */
	virt_rmb();
	memcpy(slot, ring_slot(end), PVPCI_SLOT_BYTES);
	/* The slot was read before it is given back. */
	virt_mb();
	WRITE_ONCE(end->index, end->index + 1);
	WRITE_ONCE(end->shared->consumer, cpu_to_le32(end->index));
	return 1;
}

/**
 * pvpci_ring_taken - how many messages the other side says that it has taken
 * @end: producing end
 *
 * Context: any, without the caller's lock: a hint that nobody has checked.
 * Return: a number that changes when it takes one.
 */
u32 pvpci_ring_taken(const struct pvpci_ring_end *end)
{
	return le32_to_cpu(READ_ONCE(end->shared->consumer));
}

/**
 * pvpci_ring_waiting - is it worth to look for a message?
 * @end: consuming end
 *
 * Context: any, without the caller's lock: a hint that nobody has checked.
 * Return: whether pvpci_ring_get() would return something else than 0.
 */
bool pvpci_ring_waiting(const struct pvpci_ring_end *end)
{
	return le32_to_cpu(READ_ONCE(end->shared->producer)) != READ_ONCE(end->index);
}
