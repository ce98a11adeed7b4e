/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a message ring.
 *
 * The same code serves either side: a producer sends, a consumer receives.
 */
#ifndef PVPCI_RING_H
#define PVPCI_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

/**
 * struct pvpci_ring_end - private state of one end
 * @shared: indices in shared memory
 * @slots: first slot in shared memory
 * @nr_slots: a power of two
 * @index: own free-running index; never read back from shared memory
 * @broken: the other side broke the rules; nothing works any more
 * @held: the other side hears of @index with pvpci_ring_taken() or pvpci_ring_sent()
 *	only; set by the owner after pvpci_ring_open()
 */
struct pvpci_ring_end {
	struct pvpci_ring *shared;
	uint8_t *slots;
	uint32_t nr_slots;
	uint32_t index;
	bool broken;
	bool held;
};

/**
 * pvpci_ring_open - start at the beginning of a ring
 * @end: filled
 * @shared: start of the ring's area, PVPCI_PAGE_BYTES + nr_slots slots long
 * @nr_slots: a power of two
 * @index: where the own side stands, 0 on a fresh ring
 */
void pvpci_ring_open(struct pvpci_ring_end *end, void *shared, uint32_t nr_slots, uint32_t index);

/**
 * pvpci_ring_receive - take the next message
 * @end: consumer
 * @slot: PVPCI_SLOT_BYTES bytes, filled with a private copy
 *
 * Return: 1 when there was one, 0 when not, -EPROTO when the ring is broken.
 */
int pvpci_ring_receive(struct pvpci_ring_end *end, void *slot);

/**
 * pvpci_ring_waiting - is there a message?
 * @end: consumer
 *
 * Return: number of messages, or -EPROTO.
 */
int pvpci_ring_waiting(struct pvpci_ring_end *end);

/**
 * pvpci_ring_room - how many messages can be sent now
 * @end: producer
 *
 * Return: free slots, or -EPROTO.
 */
int pvpci_ring_room(struct pvpci_ring_end *end);

/**
 * pvpci_ring_send - put one message
 * @end: producer
 * @msg: the message; the rest of the slot becomes zero
 * @bytes: at most PVPCI_SLOT_BYTES
 *
 * Return: 0, -EAGAIN when full, -EINVAL when too long, -EPROTO when broken.
 */
int pvpci_ring_send(struct pvpci_ring_end *end, const void *msg, uint32_t bytes);

/** pvpci_ring_taken - a consumer that is held: the other side may use what was received */
void pvpci_ring_taken(struct pvpci_ring_end *end);

/** pvpci_ring_sent - a producer that is held: the other side may see what was sent */
void pvpci_ring_sent(struct pvpci_ring_end *end);

#endif /* PVPCI_RING_H */
