// SPDX-License-Identifier: GPL-2.0
/*
 * One end of a message ring.
 */
#include <errno.h>

#include "ring.h"
#include "shm.h"

void pvpci_ring_open(struct pvpci_ring_end *end, void *shared, uint32_t nr_slots, uint32_t index)
{
	end->shared = shared;
	end->slots = (uint8_t *)shared + sizeof(struct pvpci_ring);
	end->nr_slots = nr_slots;
	end->index = index;
	end->broken = false;
	end->held = false;
}

static uint8_t *ring_slot(const struct pvpci_ring_end *end)
{
	return end->slots + (size_t)(end->index & (end->nr_slots - 1)) * PVPCI_SLOT_BYTES;
}

/* The two indices are never further apart than the ring is long. */
static int ring_distance(struct pvpci_ring_end *end, uint32_t distance)
{
	if (distance > end->nr_slots)
		end->broken = true;
	return end->broken ? -EPROTO : (int)distance;
}

int pvpci_ring_waiting(struct pvpci_ring_end *end)
{
	return ring_distance(end, shm_load32(&end->shared->producer) - end->index);
}

int pvpci_ring_receive(struct pvpci_ring_end *end, void *slot)
{
	int waiting = pvpci_ring_waiting(end);

	if (waiting <= 0)
		return waiting;
	shm_copy_out(slot, ring_slot(end), PVPCI_SLOT_BYTES);
	end->index++;
	if (!end->held)
		pvpci_ring_taken(end);
	return 1;
}

void pvpci_ring_taken(struct pvpci_ring_end *end)
{
	/* Release: the slot was read before the producer may reuse it. */
	shm_store32(&end->shared->consumer, end->index);
}

int pvpci_ring_room(struct pvpci_ring_end *end)
{
	int used = ring_distance(end, end->index - shm_load32(&end->shared->consumer));

	return used < 0 ? used : (int)end->nr_slots - used;
}

int pvpci_ring_send(struct pvpci_ring_end *end, const void *msg, uint32_t bytes)
{
	int room = pvpci_ring_room(end);
	uint8_t *slot;

	if (room < 0)
		return room;
	if (bytes > PVPCI_SLOT_BYTES)
		return -EINVAL;
	if (!room)
		return -EAGAIN;
	slot = ring_slot(end);
	memcpy(slot, msg, bytes);
	memset(slot + bytes, 0, PVPCI_SLOT_BYTES - bytes);
	end->index++;
	if (!end->held)
		pvpci_ring_sent(end);
	return 0;
}

void pvpci_ring_sent(struct pvpci_ring_end *end)
{
	/* Release: the slot is complete before the consumer sees the index. */
	shm_store32(&end->shared->producer, end->index);
}
