// SPDX-License-Identifier: GPL-2.0
/*
 * A sorted list of what is taken, and the search for a place beside it.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "room/space.h"

/**
 * pvpci_interval_extend - make a hull cover one more part
 * @hull: nothing, or what it covered before
 * @start: first byte of the part
 * @end: first byte behind it
 */
void pvpci_interval_extend(struct pvpci_interval *hull, u64 start, u64 end)
{
	if (!hull->end) {
		hull->start = start;
		hull->end = end;
		return;
	}
	hull->start = min(hull->start, start);
	hull->end = max(hull->end, end);
}

/**
 * pvpci_space_take - take a part
 * @space: where
 * @start: first byte
 * @bytes: length
 *
 * Return: 0, or -ENOSPC when somebody has a part of it or the list is full.
 */
int pvpci_space_take(struct pvpci_space *space, u64 start, u64 bytes)
{
	unsigned int i = space->nr;

	while (i && space->taken[i - 1].start >= start)
		i--;
	if (space->nr == space->max)
		return -ENOSPC;
	if (i && space->taken[i - 1].end > start)
		return -ENOSPC;
	if (i < space->nr && space->taken[i].start < start + bytes)
		return -ENOSPC;
	memmove(&space->taken[i + 1], &space->taken[i],
		(space->nr - i) * sizeof(*space->taken));
	space->taken[i].start = start;
	space->taken[i].end = start + bytes;
	space->nr++;
	return 0;
}

/**
 * pvpci_space_find_low - find the lowest free aligned place
 * @space: where
 * @lo: not below this
 * @hi: not beyond this
 * @bytes: length and alignment, a power of two
 * @offset: gets the place
 *
 * Return: 0 or -ENOSPC.
 */
int pvpci_space_find_low(const struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset)
{
	u64 at = ALIGN(lo, bytes);
	unsigned int i;

	for (i = 0; i < space->nr; i++) {
		const struct pvpci_interval *t = &space->taken[i];

		if (t->end <= at)
			continue;
		if (t->start >= at && t->start - at >= bytes)
			break;
		at = ALIGN(t->end, bytes);
	}
	if (at > hi || hi - at < bytes)
		return -ENOSPC;
	*offset = at;
	return 0;
}

/**
 * pvpci_space_take_low - take the lowest free aligned place
 * @space: where
 * @lo: not below this
 * @hi: not beyond this
 * @bytes: length and alignment, a power of two
 * @offset: gets the place
 *
 * Return: 0 or -ENOSPC.
 */
int pvpci_space_take_low(struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset)
{
	return pvpci_space_find_low(space, lo, hi, bytes, offset) ?:
	       pvpci_space_take(space, *offset, bytes);
}

/**
 * pvpci_space_take_high - take the highest free aligned place
 * @space: where
 * @lo: not below this
 * @hi: not beyond this
 * @bytes: length and alignment, a power of two
 * @offset: gets the place
 *
 * Return: 0 or -ENOSPC.
 */
int pvpci_space_take_high(struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset)
{
	u64 end = ALIGN_DOWN(hi, bytes);
	unsigned int i = space->nr;

	while (i--) {
		const struct pvpci_interval *t = &space->taken[i];

		if (t->start >= end)
			continue;
		if (t->end <= end && end - t->end >= bytes)
			break;
		end = ALIGN_DOWN(t->start, bytes);
	}
	if (end < lo || end - lo < bytes)
		return -ENOSPC;
	*offset = end - bytes;
	return pvpci_space_take(space, end - bytes, bytes);
}
