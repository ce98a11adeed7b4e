/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a message ring: one producer, one consumer, fixed slots.
 */
#ifndef _PVPCI_RING_H
#define _PVPCI_RING_H

#include <linux/pvpci.h>
#include <linux/types.h>

/**
 * struct pvpci_ring_end - the guest's end of one ring
 * @shared: indices in shared memory
 * @slots: first slot in shared memory
 * @nr_slots: a power of two
 * @index: own free-running index, never read back from shared memory
 * @peer: last index accepted from the other side
 */
struct pvpci_ring_end {
	struct pvpci_ring *shared;
	u8 *slots;
	u32 nr_slots;
	u32 index;
	u32 peer;
};

int pvpci_ring_open_producer(struct pvpci_ring_end *end, void *area, u32 nr_slots);
int pvpci_ring_open_consumer(struct pvpci_ring_end *end, void *area, u32 nr_slots);
int pvpci_ring_put(struct pvpci_ring_end *end, const void *msg, size_t bytes);
int pvpci_ring_get(struct pvpci_ring_end *end, void *slot);
u32 pvpci_ring_taken(const struct pvpci_ring_end *end);
bool pvpci_ring_waiting(const struct pvpci_ring_end *end);

#endif /* _PVPCI_RING_H */
