/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which parts of the aperture are taken.
 */
#ifndef _PVPCI_SPACE_H
#define _PVPCI_SPACE_H

#include <linux/types.h>

/**
 * struct pvpci_interval - a part of the aperture
 * @start: first byte
 * @end: first byte behind it; 0 for nothing at all
 */
struct pvpci_interval {
	u64 start;
	u64 end;
};

/**
 * struct pvpci_space - what is taken
 * @taken: sorted, disjoint; room for @max
 * @nr: entries in use
 * @max: entries
 */
struct pvpci_space {
	struct pvpci_interval *taken;
	unsigned int nr;
	unsigned int max;
};

void pvpci_interval_extend(struct pvpci_interval *hull, u64 start, u64 end);
int pvpci_space_take(struct pvpci_space *space, u64 start, u64 bytes);
int pvpci_space_find_low(const struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset);
int pvpci_space_take_low(struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset);
int pvpci_space_take_high(struct pvpci_space *space, u64 lo, u64 hi, u64 bytes, u64 *offset);

#endif /* _PVPCI_SPACE_H */
