// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest hears and sees of its bus, beside what it should.
 */
#include <endian.h>
#include <string.h>

#include "death.h"
#include "ring.h"
#include "shm.h"

unsigned int view_hear(const struct pvpci_layout *layout, uint8_t *memory, union slot *heard)
{
	struct pvpci_ring *ring = (void *)(memory + layout->area[PVPCI_AREA_RING_TO_GUEST].offset);
	struct pvpci_ring_end end;
	unsigned int count = 0;

	pvpci_ring_open(&end, ring, layout->want.ring_slots, shm_load32(&ring->consumer));
	end.held = true;	/* it is heard again */
	while (count < VIEW_MESSAGES && pvpci_ring_receive(&end, &heard[count]) == 1) {
		union slot *slot = &heard[count++];

		if (le16toh(slot->msg.type) == PVPCI_MSG_COMMIT)
			slot->commit.host_ns = 0;
		if (le16toh(slot->msg.type) == PVPCI_MSG_RESET ||
		    le16toh(slot->msg.type) == PVPCI_MSG_POWER)
			slot->change.host_ns = 0;
	}
	return count;
}

static bool among(const union slot *slot, const union slot *others, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!memcmp(slot, &others[i], sizeof(*slot)))
			return true;
	return false;
}

bool view_heard_same(const struct pvpci_layout *layout, uint8_t *memory, uint8_t *expected)
{
	static union slot is[VIEW_MESSAGES], should[VIEW_MESSAGES];
	unsigned int count = view_hear(layout, memory, is);
	unsigned int wanted = view_hear(layout, expected, should);
	unsigned int i, replies = 0;

	for (i = 0; i < count; i++) {
		if (!among(&is[i], should, wanted))
			return false;
		replies += !!is[i].msg.id;
	}
	for (i = 0; i < wanted; i++) {
		if (!among(&should[i], is, count))
			return false;
		replies -= !!should[i].msg.id;
	}
	return !replies;
}

/* Of a part of what is seen: where it is not as it should be, or -1. */
static long differs(const uint8_t *memory, const uint8_t *expected, uint64_t from, uint64_t bytes)
{
	uint64_t at;

	for (at = from; at < from + bytes; at++)
		if (memory[at] != expected[at])
			return (long)at;
	return -1;
}

/* Pages of a row that is not there are nobody's. */
static long configuration_differs(const struct pvpci_layout *layout, const uint8_t *memory,
				  const uint8_t *expected)
{
	const struct pvpci_function *table = (const struct pvpci_function *)
		(memory + layout->area[PVPCI_AREA_FUNCTIONS].offset);
	unsigned int row, which;
	long at = -1;

	for (row = 0; row < layout->want.rows; row++)
		for (which = PVPCI_AREA_CONFIG; at < 0 && table[row].instance &&
		     which <= PVPCI_AREA_CONFIG_GUEST; which++)
			at = differs(memory, expected, layout->area[which].offset +
				     row * PVPCI_PAGE_BYTES, PVPCI_PAGE_BYTES);
	return at;
}

long view_differs(const struct pvpci_layout *layout, const uint8_t *memory,
		  const uint8_t *expected)
{
	const struct pvpci_place *table = &layout->area[PVPCI_AREA_FUNCTIONS];
	uint64_t rest = layout->area[PVPCI_AREA_ASSIGNED].offset;
	long at = differs(memory, expected, 0, offsetof(struct pvpci_header, host));

	if (at < 0)
		at = differs(memory, expected, offsetof(struct pvpci_header, host.state), 4);
	if (at < 0)
		at = differs(memory, expected, table->offset, table->bytes);
	if (at < 0)
		at = configuration_differs(layout, memory, expected);
	return at < 0 ? differs(memory, expected, rest, layout->bar2_bytes - rest) : at;
}
