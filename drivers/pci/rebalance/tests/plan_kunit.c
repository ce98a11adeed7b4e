// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the planner on made-up trees. That its plans are the cheapest is tested in user space,
 * against brute force (tools/testing/unit/plan_test.c); here is what each rule means.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../plan.h"

#define BASE	0x80000000ULL
#define NODES	64

/**
 * struct fixture - a tree and its plan
 * @space: for the planner
 * @result: from it
 * @nodes: of @space
 * @cost: of @space's owners
 */
struct fixture {
	struct plan_space space;
	struct plan_result result;
	struct plan_node nodes[NODES];
	u32 cost[NODES];
};

static int plan_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->space.nodes = f->nodes;
	f->space.owner_cost = f->cost;
	test->priv = f;
	return 0;
}

static struct plan_node *add(struct fixture *f, u16 bus, u64 start, u64 size, u32 flags)
{
	struct plan_node *n = &f->nodes[f->space.node_count++];

	*n = (struct plan_node) {
		.start = start, .size = size, .align = size, .last_max = ~0ULL, .flags = flags,
		.cost = 1, .bus = bus, .behind = PLAN_NONE, .owner = PLAN_NONE,
	};
	return n;
}

/* A window; on PLAN_NONE one of the host bridge. */
static struct plan_node *window(struct fixture *f, u16 bus, u64 start, u64 size)
{
	struct plan_node *n = add(f, bus, start, size,
				  PLAN_WINDOW | (bus == PLAN_NONE ? PLAN_PINNED : 0));

	n->align = SZ_1M;
	n->behind = f->space.bus_count++;
	return n;
}

static struct plan_node *bar(struct fixture *f, u16 bus, u64 start, u64 size, u32 cost)
{
	struct plan_node *n = add(f, bus, start, size, cost ? 0 : PLAN_PINNED);

	n->owner = f->space.owner_count;
	f->cost[f->space.owner_count++] = cost;
	return n;
}

static int plan(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *work = kunit_kzalloc(test, plan_work_bytes(&f->space), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, work);
	return plan_find(&f->space, work, &f->result);
}

static void tightest_hole(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *want;

	window(f, PLAN_NONE, BASE, SZ_16M);
	bar(f, 0, BASE + SZ_1M, SZ_1M, 10);
	want = add(f, 0, 0, SZ_1M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, want->to_start, BASE);
	KUNIT_EXPECT_EQ(test, f->result.cost, 0);
	KUNIT_EXPECT_EQ(test, f->result.moved_nodes, 0);
	KUNIT_EXPECT_TRUE(test, f->result.optimal);
}

/* 25 controllers of 64 KiB, every second place free: one must move for 128 KiB. */
static void twenty_five_controllers(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	window(f, PLAN_NONE, BASE, 50 * SZ_64K);
	for (i = 0; i < 25; i++)
		bar(f, 0, BASE + 2 * i * SZ_64K, SZ_64K, i == 17 ? 5 : 10);
	add(f, 0, 0, SZ_128K, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, f->result.cost, 6);
	KUNIT_EXPECT_EQ(test, f->result.moved_functions, 1);
	KUNIT_EXPECT_EQ(test, f->result.moved_bytes, SZ_64K);
	KUNIT_EXPECT_NE(test, f->nodes[18].step, PLAN_NONE);
	KUNIT_EXPECT_LT(test, f->nodes[18].step, f->nodes[26].step);
}

static void missing_bytes(struct kunit *test)
{
	struct fixture *f = test->priv;

	window(f, PLAN_NONE, BASE, SZ_4M);
	bar(f, 0, BASE, SZ_2M, 10);
	bar(f, 0, BASE + SZ_2M, SZ_1M, 10);
	add(f, 0, 0, SZ_2M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->result.missing_bytes, SZ_1M);
}

static void missing_contiguity(struct kunit *test)
{
	struct fixture *f = test->priv;

	window(f, PLAN_NONE, BASE, SZ_4M);
	bar(f, 0, BASE + SZ_1M, SZ_64K, 0);
	bar(f, 0, BASE + 3 * SZ_1M, SZ_64K, 0);
	add(f, 0, 0, SZ_2M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->result.missing_bytes, 0);
	KUNIT_EXPECT_EQ(test, f->result.missing_contiguous, SZ_1M);
}

/* What can live above 4 GiB makes way for what cannot. */
static void low_space(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *wide, *narrow;

	window(f, PLAN_NONE, BASE, SZ_1M);
	window(f, PLAN_NONE, 0x100000000ULL, SZ_1M)->behind = 0;
	f->space.bus_count = 1;
	wide = bar(f, 0, BASE, SZ_1M, 10);
	narrow = add(f, 0, 0, SZ_1M, PLAN_REQUEST);
	narrow->last_max = 0xffffffff;
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, wide->to_start, 0x100000000ULL);
	KUNIT_EXPECT_EQ(test, narrow->to_start, BASE);
	KUNIT_EXPECT_LT(test, wide->step, narrow->step);
}

/* All BARs of a function go in one step. */
static void one_stop(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *a, *b;

	window(f, PLAN_NONE, BASE, 6 * SZ_1M);
	a = bar(f, 0, BASE, SZ_1M, 10);
	b = bar(f, 0, BASE + 3 * SZ_1M, SZ_1M, 10);
	b->owner = a->owner;
	add(f, 0, 0, SZ_4M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, a->step, b->step);
	KUNIT_EXPECT_EQ(test, f->result.cost, 12);
	KUNIT_EXPECT_EQ(test, f->result.moved_functions, 1);
}

/* A port's window grows where it is, and what is in it stays. */
static void grow_in_place(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *port, *child, *want;

	window(f, PLAN_NONE, BASE, SZ_64M);
	port = window(f, 0, BASE, SZ_2M);
	child = bar(f, 1, BASE, SZ_2M, 10);
	want = add(f, 1, 0, SZ_4M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, child->step, PLAN_NONE);
	KUNIT_EXPECT_EQ(test, port->to_start, BASE);
	KUNIT_EXPECT_GE(test, want->to_start + SZ_4M, BASE + SZ_4M);
	KUNIT_EXPECT_LE(test, want->to_start + SZ_4M, port->to_start + port->to_size);
	KUNIT_EXPECT_EQ(test, f->result.cost, 1);
}

/* Windows of empty ports make way, moved where they can be and closed where they cannot. */
static void empty_ports(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *port, *empty, *kept;

	window(f, PLAN_NONE, BASE, SZ_8M);
	port = window(f, 0, BASE, SZ_2M);
	empty = window(f, 0, BASE + SZ_2M, SZ_2M);
	kept = window(f, 0, BASE + SZ_4M, SZ_4M);
	kept->min = SZ_2M;
	add(f, 1, 0, SZ_4M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_EQ(test, port->to_size, SZ_4M);
	KUNIT_EXPECT_GE(test, kept->to_size, SZ_2M);
	KUNIT_EXPECT_LE(test, empty->to_size, SZ_2M);
	KUNIT_EXPECT_EQ(test, f->result.moved_functions, 0);
}

static void move_with_children(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *port, *child;

	window(f, PLAN_NONE, BASE, SZ_8M);
	port = window(f, 0, BASE + SZ_2M, SZ_1M);
	child = bar(f, 1, BASE + SZ_2M, SZ_1M, 10);
	add(f, 0, 0, SZ_4M, PLAN_REQUEST)->owner = PLAN_NONE;
	bar(f, 0, BASE + SZ_4M, SZ_2M, 0);
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	KUNIT_EXPECT_GE(test, port->to_start, BASE + SZ_4M);
	KUNIT_EXPECT_GE(test, child->to_start, port->to_start);
	KUNIT_EXPECT_EQ(test, child->step, port->step);
	KUNIT_EXPECT_EQ(test, f->result.down_at_once, 1);
}

static void nonsense(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct plan_node *n;

	window(f, PLAN_NONE, BASE, SZ_8M);
	n = add(f, 0, 0, 3 * SZ_1M, PLAN_REQUEST);
	KUNIT_EXPECT_EQ(test, plan(test), -EINVAL);
	n->size = 0;
	n->align = 0;
	KUNIT_EXPECT_EQ(test, plan(test), -EINVAL);
	n->size = SZ_1M;
	n->align = SZ_1M;
	n->bus = 7;
	KUNIT_EXPECT_EQ(test, plan(test), -EINVAL);
	n->bus = 0;
	bar(f, 0, BASE, SZ_2M, 10);
	bar(f, 0, BASE + SZ_1M, SZ_1M, 10);
	KUNIT_EXPECT_EQ(test, plan(test), -EINVAL);
	f->nodes[3].start = BASE + SZ_16M;
	KUNIT_EXPECT_EQ(test, plan(test), -EINVAL);
	f->nodes[3].start = BASE + SZ_4M;
	KUNIT_EXPECT_EQ(test, plan(test), 0);
	f->space.node_count = PLAN_MAX_NODES + 1;
	KUNIT_EXPECT_EQ(test, plan_find(&f->space, NULL, &f->result), -E2BIG);
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE(tightest_hole),
	KUNIT_CASE(twenty_five_controllers),
	KUNIT_CASE(missing_bytes),
	KUNIT_CASE(missing_contiguity),
	KUNIT_CASE(low_space),
	KUNIT_CASE(one_stop),
	KUNIT_CASE(grow_in_place),
	KUNIT_CASE(empty_ports),
	KUNIT_CASE(move_with_children),
	KUNIT_CASE(nonsense),
	{ }
};

static struct kunit_suite plan_suite = {
	.name = "pci_rebalance_plan",
	.init = plan_init,
	.test_cases = plan_cases,
};

kunit_test_suites(&plan_suite);

MODULE_DESCRIPTION("KUnit tests of pci_rebalance");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
