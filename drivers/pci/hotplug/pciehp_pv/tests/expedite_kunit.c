// SPDX-License-Identifier: GPL-2.0
/* Grace periods are short while somebody waits, and not for as long as he waits. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/workqueue.h>

#include "../expedite.h"

/* Exported, but declared in no public header: kernel/rcu/update.c. */
bool rcu_gp_is_expedited(void);

static struct hpv_expedite *one(struct kunit *test)
{
	struct hpv_expedite *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, e);
	hpv_expedite_init(e);
	return e;
}

static void ends_when_told(struct kunit *test)
{
	struct hpv_expedite *e = one(test);

	KUNIT_EXPECT_FALSE(test, rcu_gp_is_expedited());
	hpv_expedite_begin(e);
	KUNIT_EXPECT_TRUE(test, rcu_gp_is_expedited());
	hpv_expedite_end(e);
	KUNIT_EXPECT_FALSE(test, rcu_gp_is_expedited());
}

static void ends_by_itself(struct kunit *test)
{
	struct hpv_expedite *e = one(test);

	hpv_expedite_begin(e);
	/* Longer than its 1 s, and until what is due by then has run. */
	msleep(1500);
	flush_work(&e->over.work);
	KUNIT_EXPECT_FALSE(test, rcu_gp_is_expedited());
	hpv_expedite_end(e);
	KUNIT_EXPECT_FALSE(test, rcu_gp_is_expedited());
	/* And it can be used again. */
	hpv_expedite_begin(e);
	KUNIT_EXPECT_TRUE(test, rcu_gp_is_expedited());
	hpv_expedite_end(e);
	KUNIT_EXPECT_FALSE(test, rcu_gp_is_expedited());
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ends_when_told),
	KUNIT_CASE(ends_by_itself),
	{}
};

static struct kunit_suite hpv_expedite_suite = {
	.name = "pciehp_pv_expedite",
	.test_cases = cases,
};

kunit_test_suites(&hpv_expedite_suite);
