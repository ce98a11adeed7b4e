/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BARs: where they may lie, and whether two of them meet.
 */
#ifndef PVPCID_BAR_H
#define PVPCID_BAR_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

/**
 * struct bar - one BAR, the host's private copy
 * @bytes: a power of two; 0 when not implemented; as the guest has chosen it
 * @most: its size before the guest chooses one
 * @least: the smallest that it may choose
 * @flags: PVPCI_BAR_*
 * @handoff: aperture offset at hand-off, for functions handed off decoding
 * @assigned: aperture offset the guest last announced, or PVPCI_BAR_UNASSIGNED
 * @attached: aperture offset where it decodes, or PVPCI_BAR_UNASSIGNED
 * @ones: bytes that were filled with ones at @ones_at
 * @ones_at: aperture offset of the fill
 */
struct bar {
	uint64_t bytes;
	uint64_t most;
	uint64_t least;
	uint32_t flags;
	uint64_t handoff;
	uint64_t assigned;
	uint64_t attached;
	uint64_t ones;
	uint64_t ones_at;
};

/**
 * struct bar_range - a range of the aperture and whose it is
 * @start: first byte
 * @last: last byte
 * @row: of the function
 */
struct bar_range {
	uint64_t start;
	uint64_t last;
	uint32_t row;
};

/** bar_fits - may a BAR of @bytes bytes lie at aperture offset @offset? */
static inline bool bar_fits(uint64_t bytes, uint64_t offset, uint64_t aperture_bytes)
{
	return bytes && offset % bytes == 0 && bytes <= aperture_bytes &&
	       offset <= aperture_bytes - bytes;
}

/** bar_meets - do two ranges share a byte? */
static inline bool bar_meets(uint64_t start, uint64_t bytes, uint64_t other, uint64_t other_bytes)
{
	return start < other + other_bytes && other < start + bytes;
}

/**
 * bar_find_overlap - do any two ranges share a byte?
 * @ranges: sorted in place by start
 * @count: ranges
 *
 * Return: index of a range that starts inside an earlier one, or -1.
 */
int bar_find_overlap(struct bar_range *ranges, unsigned int count);

#endif /* PVPCID_BAR_H */
