// SPDX-License-Identifier: GPL-2.0
/*
 * The clock that everything is measured with.
 */
#include <time.h>

#include "base/clock.h"

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}
