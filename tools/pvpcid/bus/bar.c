// SPDX-License-Identifier: GPL-2.0
/*
 * BARs: where they may lie, and whether two of them meet.
 */
#include <stdlib.h>

#include "bus/bar.h"

static int compare_ranges(const void *a, const void *b)
{
	const struct bar_range *left = a;
	const struct bar_range *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return 0;
}

int bar_find_overlap(struct bar_range *ranges, unsigned int count)
{
	uint64_t last;
	unsigned int i;

	if (count < 2)
		return -1;
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	last = ranges[0].last;
	for (i = 1; i < count; i++) {
		if (ranges[i].start <= last)
			return (int)i;
		last = ranges[i].last;
	}
	return -1;
}
