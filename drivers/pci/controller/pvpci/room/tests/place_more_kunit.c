// SPDX-License-Identifier: GPL-2.0
/*
 * Room for functions that come later: holes, windows that grow, and what is
 * said when there is none. Windows must always hold what was placed before.
 */
#include "room/tests/place_plan.h"

static void check_apart(struct kunit *test, const struct pvpci_plan *plan)
{
	u32 i, j, b, c;

	for (i = 0; i < plan->nr_functions * PVPCI_NUM_BARS; i++)
		for (j = 0; j < i; j++) {
			const struct pvpci_place_function *f, *g;

			f = &plan->function[i / PVPCI_NUM_BARS];
			g = &plan->function[j / PVPCI_NUM_BARS];
			b = i % PVPCI_NUM_BARS;
			c = j % PVPCI_NUM_BARS;
			if (f->dropped || g->dropped || !f->bar[b].bytes || !g->bar[c].bytes)
				continue;
			KUNIT_EXPECT_FALSE(test,
					   f->bar[b].offset < g->bar[c].offset + g->bar[c].bytes &&
					   g->bar[c].offset < f->bar[b].offset + f->bar[b].bytes);
		}
}

/* Place what is new. All have a place in a window, and nothing has moved. */
static void more(struct kunit *test, struct pvpci_plan *plan)
{
	struct pvpci_bridge_window before[PVPCI_NR_WINDOWS];
	const struct pvpci_bridge_window *w = plan->window;
	u32 i, b;

	memcpy(before, plan->window, sizeof(before));
	KUNIT_ASSERT_EQ(test, pvpci_place_more(plan), 0);
	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		KUNIT_EXPECT_EQ_MSG(test, w[i].bus_start - w[i].offset,
				    before[i].bus_start - before[i].offset, "same distance");
		KUNIT_EXPECT_LE(test, w[i].offset + w[i].bytes, plan->aperture_bytes);
	}
	if (w[0].bytes && w[1].bytes)
		KUNIT_EXPECT_TRUE(test, w[0].offset + w[0].bytes <= w[1].offset ||
				  w[1].offset + w[1].bytes <= w[0].offset);
	for (i = 0; i < plan->nr_functions; i++)
		for (b = 0; b < PVPCI_NUM_BARS; b++)
			if (plan->function[i].bar[b].bytes && !plan->function[i].dropped)
				check_bar(test, plan, &plan->function[i].bar[b]);
	check_apart(test, plan);
}

static void settle_all(struct pvpci_plan *plan)
{
	u32 i;

	for (i = 0; i < plan->nr_functions; i++)
		plan->function[i].settled = true;
}

static void more_holes_first(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);
	struct pvpci_bridge_window before[PVPCI_NR_WINDOWS];

	plan->spare32_bytes = SZ_1M;
	plan->spare64_bytes = SZ_1M;
	add(plan, SZ_64K, SZ_64K);
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	settle_all(plan);
	memcpy(before, plan->window, sizeof(before));
	add(plan, SZ_1M, SZ_1M);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(before, plan->window, sizeof(before)), 0,
			    "what fits a hole changes no window");
}

static void more_grow(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct pvpci_plan *plan = plan_create(test, i ? LOW : HIGH, SZ_64M);

		add(plan, SZ_64K, SZ_64K);
		KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
		settle_all(plan);
		add(plan, SZ_16M, SZ_16M);
		more(test, plan);
		KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
		add(plan, SZ_8M, SZ_8M);
		more(test, plan);
		KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	}
}

static void more_fixed_windows(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);

	add(plan, SZ_64K, SZ_64K);
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	settle_all(plan);
	plan->fixed_windows = true;
	add(plan, SZ_16M, 0);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 1U);
}

static void more_empty_bus(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);

	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	KUNIT_EXPECT_EQ(test, plan->window[0].bytes + plan->window[1].bytes, 0ULL);
	/* They fit together, largest first, but not one after the other. */
	add(plan, SZ_16M, SZ_8M);
	add(plan, 0, SZ_32M);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	add(plan, SZ_8M, 0);
	more(test, plan);
	KUNIT_EXPECT_EQ_MSG(test, plan->nr_dropped, 0U, "to the last byte");
}

/* All of the aperture for one kind, after the other kind had it. */
static void more_trim(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);

	add(plan, SZ_64K, SZ_32M);
	add(plan, 0, SZ_16M);
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	settle_all(plan);
	plan->function[0].bar[0].bytes = 0;
	plan->nr_functions = 1;
	add(plan, SZ_32M, 0);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	plan->nr_functions = 1;
	add(plan, 0, SZ_32M);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
}

static void more_missing(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);
	struct pvpci_place_function *f;

	/* 16 MiB in either half: 32 are free, 16 in one aligned piece. */
	f = add(plan, 0, SZ_16M);
	f->settled = true;
	f->bar[0].offset = 0;
	f = add(plan, 0, SZ_16M);
	f->settled = true;
	f->bar[0].offset = SZ_32M + SZ_16M;
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	f = add(plan, 0, SZ_32M);
	more(test, plan);
	KUNIT_EXPECT_TRUE(test, f->dropped);
	KUNIT_EXPECT_EQ(test, f->missing_bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, f->missing_piece, (u64)SZ_16M);
	KUNIT_EXPECT_EQ(test, f->bar[0].offset, PVPCI_BAR_UNASSIGNED);
	f = add(plan, 0, SZ_64M);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, f->missing_bytes, (u64)SZ_32M);
	KUNIT_EXPECT_EQ(test, f->missing_piece, (u64)SZ_32M + SZ_16M);
	/* Above or below the other window, whichever is more. */
	plan = plan_create(test, HIGH, SZ_64M);
	f = add(plan, SZ_16M, 0);
	f->settled = true;
	f->bar[2].offset = SZ_16M;
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	f = add(plan, 0, SZ_64M);
	more(test, plan);
	KUNIT_EXPECT_EQ(test, f->missing_piece, (u64)SZ_32M);
	KUNIT_EXPECT_EQ_MSG(test, plan->window[0].bytes + plan->window[1].bytes,
			    plan->aperture_bytes, "all room is in windows");
	/* The same is said of a bus that starts too small. */
	plan = plan_create(test, HIGH, SZ_8M);
	f = add(plan, 0, SZ_4M);
	add(plan, 0, SZ_4M);
	add(plan, 0, SZ_2M);
	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 1U);
	KUNIT_EXPECT_TRUE(test, plan->function[1].dropped);
	KUNIT_EXPECT_EQ(test, plan->function[1].missing_bytes, (u64)SZ_2M);
	KUNIT_EXPECT_EQ(test, plan->function[1].missing_piece, (u64)SZ_2M);
}

/* Who comes late loses by the same policy, and the same each time. */
static void more_losers(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_16M);
	u32 i;

	KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
	for (i = 0; i < 5; i++)
		add(plan, 0, SZ_4M);
	add(plan, 0, SZ_1M);
	plan->function[0].priority = 1;
	plan->function[2].priority = 7;
	plan->function[4].keep = true;
	more(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 2U);
	KUNIT_EXPECT_TRUE_MSG(test, plan->function[1].dropped && plan->function[3].dropped,
			      "lowest priority, largest");
}

/* Functions come and go at random; windows follow. */
static void more_random(struct kunit *test)
{
	u64 seed = 88172645463325252ULL;
	u32 round, i;

	for (round = 0; round < 20; round++) {
		struct pvpci_plan *plan = plan_create(test, round & 1 ? HIGH : LOW, SZ_16M);

		KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
		for (i = 0; i < 40; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			if (seed & 4 && plan->nr_functions) {
				u32 gone = (seed >> 24) % plan->nr_functions--;

				plan->function[gone] = plan->function[plan->nr_functions];
			}
			if (plan->nr_functions == MAX_FUNCTIONS)
				continue;
			add(plan, seed & 1 ? SZ_4K << (seed >> 8) % 11 : 0,
			    seed & 2 ? SZ_4K << (seed >> 16) % 11 : 0);
			more(test, plan);
			/* A loser goes away again. */
			if (plan->nr_dropped)
				plan->nr_functions--;
		}
	}
}

/* The windows take all that no BAR has, and the first of them what both could. */
static void more_spread(struct kunit *test)
{
	u32 first, i;

	for (first = 0; first < PVPCI_NR_WINDOWS; first++) {
		struct pvpci_plan *plan = plan_create(test, LOW, SZ_64M);
		const struct pvpci_bridge_window *w = plan->window;
		u64 bytes = 0;

		add(plan, SZ_64K, SZ_64K);
		KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
		settle_all(plan);
		/* Whoever had all before has only what its BARs use. */
		KUNIT_ASSERT_EQ(test, pvpci_place_spread(plan, !first), 0);
		KUNIT_ASSERT_EQ(test, pvpci_place_spread(plan, first), 0);
		for (i = 0; i < PVPCI_NR_WINDOWS; i++)
			bytes += w[i].bytes;
		KUNIT_EXPECT_EQ_MSG(test, bytes, (u64)SZ_64M, "all of the aperture");
		KUNIT_EXPECT_EQ_MSG(test, w[!first].bytes, (u64)SZ_64K, "what its BAR uses");
		check_bar(test, plan, &plan->function[0].bar[0]);
		check_bar(test, plan, &plan->function[0].bar[2]);
	}
}

static struct kunit_case more_cases[] = {
	KUNIT_CASE(more_holes_first),
	KUNIT_CASE(more_grow),
	KUNIT_CASE(more_fixed_windows),
	KUNIT_CASE(more_empty_bus),
	KUNIT_CASE(more_trim),
	KUNIT_CASE(more_missing),
	KUNIT_CASE(more_losers),
	KUNIT_CASE(more_random),
	KUNIT_CASE(more_spread),
	{ }
};

static struct kunit_suite more_suite = {
	.name = "pvpci-place-more",
	.test_cases = more_cases,
};

kunit_test_suite(more_suite);
