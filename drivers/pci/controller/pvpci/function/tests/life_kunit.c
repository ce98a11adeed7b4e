// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a function: every pair of stages.
 */
#include <kunit/test.h>

#include "core/bus.h"
#include "function/function.h"
#include "function/life.h"
#include "wire/tests/fake_host.h"

#define NEW	PVPCI_LIFE_NEW
#define PLACED	PVPCI_LIFE_PLACED
#define HIDDEN	PVPCI_LIFE_HIDDEN
#define LIVE	PVPCI_LIFE_LIVE
#define LEAVING	PVPCI_LIFE_LEAVING
#define DEAD	PVPCI_LIFE_DEAD

/* What the documentation draws: all that may happen, and nothing else. */
static const u8 life_pairs[][2] = {
	{ NEW, PLACED }, { PLACED, LIVE }, { LIVE, HIDDEN }, { PLACED, HIDDEN }, { HIDDEN, LIVE },
	{ NEW, LEAVING }, { PLACED, LEAVING }, { HIDDEN, LEAVING }, { LIVE, LEAVING },
	{ NEW, DEAD }, { PLACED, DEAD }, { HIDDEN, DEAD }, { LIVE, DEAD }, { LEAVING, DEAD },
};

static const u8 told_pairs[][2] = {
	{ PVPCI_TOLD_NOTHING, PVPCI_TOLD_OUTCOME }, { PVPCI_TOLD_NOTHING, PVPCI_TOLD_SEARCHING },
	{ PVPCI_TOLD_OUTCOME, PVPCI_TOLD_OUTCOME }, { PVPCI_TOLD_OUTCOME, PVPCI_TOLD_SEARCHING },
	{ PVPCI_TOLD_OUTCOME, PVPCI_TOLD_FORGOTTEN },
	{ PVPCI_TOLD_SEARCHING, PVPCI_TOLD_OUTCOME },
	{ PVPCI_TOLD_SEARCHING, PVPCI_TOLD_SEARCHING },
	{ PVPCI_TOLD_SEARCHING, PVPCI_TOLD_FORGOTTEN },
	{ PVPCI_TOLD_FORGOTTEN, PVPCI_TOLD_OUTCOME },
	{ PVPCI_TOLD_FORGOTTEN, PVPCI_TOLD_SEARCHING },
	{ PVPCI_TOLD_FORGOTTEN, PVPCI_TOLD_FORGOTTEN },
};

static bool listed(const u8 (*pairs)[2], size_t nr, unsigned int from, unsigned int to)
{
	while (nr--)
		if (pairs[nr][0] == from && pairs[nr][1] == to)
			return true;
	return false;
}

static void life_every_pair(struct kunit *test)
{
	struct pvpci_fn *fn = kunit_kzalloc(test, sizeof(*fn), GFP_KERNEL);
	unsigned int from, to;

	KUNIT_ASSERT_NOT_NULL(test, fn);
	raw_spin_lock_init(&fn->lock);
	for (from = 0; from < PVPCI_LIFE_COUNT; from++)
		for (to = 0; to <= PVPCI_LIFE_COUNT; to++) {
			bool may = listed(life_pairs, ARRAY_SIZE(life_pairs), from, to);

			fn->life = from;
			KUNIT_EXPECT_EQ_MSG(test, pvpci_life_set(fn, to), may, "%s to %s",
					    pvpci_life_name(from), pvpci_life_name(to));
			KUNIT_EXPECT_EQ(test, pvpci_life(fn), may ? to : from);
		}
}

static void told_every_pair(struct kunit *test)
{
	struct pvpci_fn *fn = kunit_kzalloc(test, sizeof(*fn), GFP_KERNEL);
	unsigned int from, to;

	KUNIT_ASSERT_NOT_NULL(test, fn);
	raw_spin_lock_init(&fn->lock);
	for (from = 0; from < PVPCI_TOLD_COUNT; from++)
		for (to = 0; to <= PVPCI_TOLD_COUNT; to++) {
			bool may = listed(told_pairs, ARRAY_SIZE(told_pairs), from, to);

			fn->told = from;
			KUNIT_EXPECT_EQ_MSG(test, pvpci_told_set(fn, to), may, "%s to %s",
					    pvpci_told_name(from), pvpci_told_name(to));
			KUNIT_EXPECT_EQ(test, fn->told, may ? to : from);
		}
}

/* What a stage means to those who ask. */
static void life_means(struct kunit *test)
{
	static const struct {
		enum pvpci_life life;
		bool settles;
		bool going;
	} means[] = {
		{ NEW, true, false }, { PLACED, true, false }, { HIDDEN, true, false },
		{ LIVE, false, false }, { LEAVING, false, true }, { DEAD, false, true },
	};
	struct pvpci_fn *fn = kunit_kzalloc(test, sizeof(*fn), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, fn);
	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(means), PVPCI_LIFE_COUNT);
	for (i = 0; i < ARRAY_SIZE(means); i++) {
		fn->life = means[i].life;
		KUNIT_EXPECT_EQ(test, pvpci_life_settles(fn), means[i].settles);
		KUNIT_EXPECT_EQ(test, pvpci_life_is_going(fn), means[i].going);
	}
	KUNIT_EXPECT_STREQ(test, pvpci_life_name(PVPCI_LIFE_COUNT), "unknown");
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(life_every_pair),
	KUNIT_CASE(told_every_pair),
	KUNIT_CASE(life_means),
	{ }
};

static struct kunit_suite life_suite = {
	.name = "pvpci-life",
	.test_cases = life_cases,
};

kunit_test_suite(life_suite);
