// SPDX-License-Identifier: GPL-2.0
/*
 * Placement: every plan is checked against the rules, whatever it looks like.
 */
#include "room/tests/place_plan.h"

static void decode(struct pvpci_place_function *f, u64 offset32, u64 offset64)
{
	f->settled = true;
	f->bar[0].offset = offset64;
	f->bar[2].offset = offset32;
}

static bool overlap(const struct pvpci_place_bar *a, const struct pvpci_place_bar *b)
{
	return a != b && a->bytes && b->bytes && a->offset < b->offset + b->bytes &&
	       b->offset < a->offset + a->bytes;
}

static void check_plan(struct kunit *test, const struct pvpci_plan *plan)
{
	const struct pvpci_bridge_window *w = plan->window;
	u32 i, j, b, c;

	if (w[0].bytes && w[1].bytes)
		KUNIT_EXPECT_TRUE(test, w[0].offset + w[0].bytes <= w[1].offset ||
				  w[1].offset + w[1].bytes <= w[0].offset);
	if (plan->cpu_base >= SZ_4G && w[0].bytes) {
		KUNIT_EXPECT_GE(test, w[0].bus_start, PVPCI_BUS32_START);
		KUNIT_EXPECT_LE(test, w[0].bus_start + w[0].bytes,
				PVPCI_BUS32_START + PVPCI_BUS32_BYTES);
	}
	for (i = 0; i < plan->nr_functions; i++)
		for (b = 0; b < PVPCI_NUM_BARS; b++) {
			const struct pvpci_place_bar *bar = &plan->function[i].bar[b];

			if (!bar->bytes || plan->function[i].dropped)
				continue;
			check_bar(test, plan, bar);
			for (j = 0; j < plan->nr_functions; j++) {
				const struct pvpci_place_bar *other = plan->function[j].bar;

				for (c = 0; c < PVPCI_NUM_BARS; c++)
					if (!plan->function[j].dropped)
						KUNIT_EXPECT_FALSE(test, overlap(bar, &other[c]));
			}
		}
}

static void place_exact_fit(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_16M);

	add(plan, SZ_1M, SZ_8M);
	add(plan, SZ_2M, SZ_4M);
	add(plan, SZ_512K, SZ_256K);
	add(plan, SZ_256K, 0);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->window[0].bytes + plan->window[1].bytes, (u64)SZ_16M);
}

static void place_below_4g(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, LOW, SZ_16M);

	add(plan, SZ_1M, SZ_8M);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ_MSG(test, plan->window[0].bus_start, LOW + plan->window[0].offset,
			    "bus addresses are CPU addresses");
}

static void place_huge(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, 256ULL * SZ_1G);

	add(plan, SZ_512M, 128ULL * SZ_1G);
	add(plan, SZ_256M, SZ_1G);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	/* More than 992 MiB have no 32-bit bus address. */
	add(plan, SZ_256M, 0);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 1U);
}

/* 12 of 256 GiB are not ours: a large BAR fits at the bottom only, 32-bit ones behind it. */
static void place_cut(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, 244ULL * SZ_1G);

	add(plan, SZ_512M, 128ULL * SZ_1G);
	add(plan, SZ_256M, SZ_1G);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	KUNIT_EXPECT_EQ(test, plan->function[0].bar[0].offset, 0ULL);
	/* A later one finds room too, and nothing beyond what is ours. */
	plan->function[0].settled = true;
	plan->function[1].settled = true;
	add(plan, SZ_64M, 32ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, pvpci_place_more(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
	KUNIT_EXPECT_LE(test, plan->window[0].offset + plan->window[0].bytes,
			plan->aperture_bytes);
}

/* The larger one is dropped first, which does not help the one that cannot fit. */
static void place_readmits(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, 4ULL * SZ_1G);

	add(plan, SZ_4K, 2ULL * SZ_1G);
	add(plan, SZ_1G, 0);
	add(plan, SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 1U);
	KUNIT_EXPECT_FALSE(test, plan->function[0].dropped);
	KUNIT_EXPECT_TRUE(test, plan->function[1].dropped);
	KUNIT_EXPECT_NE(test, plan->function[1].missing_piece, 0ULL);
}

static void place_spare(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);
	struct pvpci_place_function *f;

	add(plan, SZ_64K, SZ_64K);
	plan->spare32_bytes = SZ_4M;
	plan->spare64_bytes = SZ_16M + SZ_8M;
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_FALSE(test, plan->spare_dropped);
	KUNIT_EXPECT_EQ(test, plan->window[0].bytes, (u64)SZ_4M + SZ_64K);
	KUNIT_EXPECT_EQ(test, plan->window[1].bytes, (u64)SZ_16M + SZ_8M + SZ_64K);
	/* What was kept free takes functions of that size. */
	plan->function[0].settled = true;
	plan->fixed_windows = true;
	f = add(plan, SZ_4M, SZ_16M);
	KUNIT_EXPECT_EQ(test, pvpci_place_more(plan), 0);
	KUNIT_EXPECT_FALSE(test, f->dropped);
	add(plan, 0, SZ_8M);
	f = add(plan, 0, SZ_4K);
	KUNIT_EXPECT_EQ(test, pvpci_place_more(plan), 0);
	KUNIT_EXPECT_TRUE_MSG(test, f->dropped || plan->function[2].dropped, "it is full now");
	check_plan(test, plan);
}

static void place_spare_goes_first(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_2M);

	add(plan, SZ_1M, SZ_1M);
	plan->spare64_bytes = SZ_1M;
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	KUNIT_EXPECT_TRUE(test, plan->spare_dropped);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 0U);
}

static void place_losers(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_8M);
	u32 i;

	for (i = 0; i < 5; i++)
		add(plan, 0, SZ_2M);
	add(plan, 0, SZ_1M);
	plan->function[0].priority = 1;
	plan->function[1].keep = true;
	plan->function[2].priority = 5;
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	check_plan(test, plan);
	/* 11 MiB into 8: 3 and 4 have the lowest priority and are the largest. */
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 2U);
	KUNIT_EXPECT_TRUE(test, plan->function[3].dropped);
	KUNIT_EXPECT_TRUE(test, plan->function[4].dropped);
	KUNIT_EXPECT_EQ(test, plan->function[4].bar[0].offset, PVPCI_BAR_UNASSIGNED);
}

static void place_too_small(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_1M);

	add(plan, 0, SZ_2M)->keep = true;
	add(plan, 0, SZ_4K);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), -ENOSPC);
}

/* Sizes whose sum is no number. */
static void place_endless(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_1M);
	struct pvpci_place_function *f = add(plan, 0, BIT_ULL(63));

	f->bar[4].bytes = BIT_ULL(63);
	f->bar[4].mem64 = true;
	add(plan, 0, SZ_1M);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	KUNIT_EXPECT_TRUE(test, plan->function[0].dropped);
	KUNIT_EXPECT_FALSE(test, plan->function[1].dropped);
	KUNIT_EXPECT_EQ(test, plan->nr_dropped, 1U);
}

static void place_decoding(struct kunit *test)
{
	/* 32 and 64-bit BARs left by the host anywhere, mixed. */
	static const u64 places[][2] = {
		{ 0, SZ_1M }, { SZ_1M, 0 }, { SZ_32M, SZ_1M }, { SZ_64M - SZ_1M, 0 },
		{ SZ_16M, SZ_64M - SZ_1M }, { 0, SZ_64M - SZ_1M }, { SZ_64M - SZ_1M, SZ_32M },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);

		decode(add(plan, SZ_1M, SZ_1M), places[i][0], places[i][1]);
		for (k = 0; k < 4; k++)
			add(plan, SZ_512K, SZ_1M);
		KUNIT_EXPECT_EQ_MSG(test, pvpci_place(plan), 0, "case %u", i);
		check_plan(test, plan);
		KUNIT_EXPECT_EQ(test, plan->function[0].bar[2].offset, places[i][0]);
		KUNIT_EXPECT_EQ(test, plan->function[0].bar[0].offset, places[i][1]);
		KUNIT_EXPECT_EQ_MSG(test, plan->nr_dropped, 0U, "case %u", i);
	}
}

static void place_decoding_overlap(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_64M);

	decode(add(plan, SZ_1M, SZ_1M), 0, SZ_512K);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), -EINVAL);
}

static void place_nothing(struct kunit *test)
{
	struct pvpci_plan *plan = plan_create(test, HIGH, SZ_4K);

	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	KUNIT_EXPECT_EQ(test, plan->window[0].bytes, 0ULL);
	add(plan, 0, 0);
	KUNIT_EXPECT_EQ(test, pvpci_place(plan), 0);
	KUNIT_EXPECT_FALSE(test, plan->function[0].dropped);
}

/* A few hundred buses of all kinds from a fixed seed. */
static void place_random(struct kunit *test)
{
	u64 seed = 88172645463325252ULL;
	u32 round, i, n;

	for (round = 0; round < 200; round++) {
		struct pvpci_plan *plan = plan_create(test, round & 1 ? HIGH : LOW, SZ_16M);

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		n = 1 + seed % 24;
		for (i = 0; i < n; i++) {
			u64 r = seed >> (i % 32);

			add(plan, r & 1 ? SZ_4K << (r >> 1) % 9 : 0,
			    r & 2 ? SZ_4K << (r >> 5) % 10 : 0)->priority = r % 3;
		}
		plan->spare32_bytes = seed % SZ_1M;
		KUNIT_ASSERT_EQ(test, pvpci_place(plan), 0);
		check_plan(test, plan);
	}
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE(place_exact_fit),
	KUNIT_CASE(place_below_4g),
	KUNIT_CASE(place_huge),
	KUNIT_CASE(place_cut),
	KUNIT_CASE(place_readmits),
	KUNIT_CASE(place_spare),
	KUNIT_CASE(place_spare_goes_first),
	KUNIT_CASE(place_losers),
	KUNIT_CASE(place_too_small),
	KUNIT_CASE(place_endless),
	KUNIT_CASE(place_decoding),
	KUNIT_CASE(place_decoding_overlap),
	KUNIT_CASE(place_nothing),
	KUNIT_CASE(place_random),
	{ }
};

static struct kunit_suite place_suite = {
	.name = "pvpci-place",
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);
