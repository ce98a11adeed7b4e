/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plans for the tests of placing: made, filled, and looked at.
 */
#ifndef _PVPCI_TESTS_PLACE_PLAN_H
#define _PVPCI_TESTS_PLACE_PLAN_H

#include <kunit/test.h>
#include <linux/sizes.h>

#include "room/place.h"

#define HIGH	0x100000000000ULL	/* aperture above 4 GiB */
#define LOW	0xc0000000ULL		/* and below */
#define MAX_FUNCTIONS	64

static inline struct pvpci_plan *plan_create(struct kunit *test, u64 base, u64 bytes)
{
	struct pvpci_plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	plan->cpu_base = base;
	plan->aperture_bytes = bytes;
	plan->function = kunit_kzalloc(test, MAX_FUNCTIONS * sizeof(*plan->function), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, plan->function);
	return plan;
}

static inline struct pvpci_place_function *add(struct pvpci_plan *plan, u64 bytes32,
					       u64 bytes64)
{
	struct pvpci_place_function *f = &plan->function[plan->nr_functions];

	*f = (struct pvpci_place_function){ .devfn = plan->nr_functions++ };
	f->bar[0].bytes = bytes64;
	f->bar[0].mem64 = true;
	f->bar[2].bytes = bytes32;
	return f;
}

static inline void check_bar(struct kunit *test, const struct pvpci_plan *plan,
			     const struct pvpci_place_bar *bar)
{
	u64 address = pvpci_window_to_bus(plan->window, bar->offset);

	KUNIT_EXPECT_EQ(test, bar->offset & (bar->bytes - 1), 0ULL);
	KUNIT_EXPECT_LE(test, bar->offset + bar->bytes, plan->aperture_bytes);
	KUNIT_EXPECT_EQ_MSG(test, pvpci_window_from_bus(plan->window, address, bar->bytes),
			    bar->offset, "wholly in one window");
	KUNIT_EXPECT_EQ_MSG(test, address & (bar->bytes - 1), 0ULL, "bus address aligned");
	if (!bar->mem64)
		KUNIT_EXPECT_LE(test, address + bar->bytes, SZ_4G);
}

#endif /* _PVPCI_TESTS_PLACE_PLAN_H */
