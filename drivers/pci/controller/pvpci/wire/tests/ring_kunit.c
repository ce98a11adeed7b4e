// SPDX-License-Identifier: GPL-2.0
/*
 * Rings: order, wrap-around, full, empty, indices that jump.
 */
#include <kunit/test.h>

#include "wire/ring.h"

#define SLOTS	8

struct fixture {
	struct pvpci_ring *area;
	struct pvpci_ring_end in;
	struct pvpci_ring_end out;
};

/* Both ends of one ring, both starting at @start. */
static struct fixture *fixture(struct kunit *test, u32 start)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->area = kunit_kzalloc(test, sizeof(*f->area) + SLOTS * PVPCI_SLOT_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->area);
	f->area->producer = cpu_to_le32(start);
	f->area->consumer = cpu_to_le32(start);
	KUNIT_ASSERT_EQ(test, pvpci_ring_open_producer(&f->in, f->area, SLOTS), 0);
	KUNIT_ASSERT_EQ(test, pvpci_ring_open_consumer(&f->out, f->area, SLOTS), 0);
	return f;
}

static void ring_order(struct kunit *test)
{
	/* The index wraps around 2^32 on the way. */
	struct fixture *f = fixture(test, 0xfffffff0);
	u32 i, slot[PVPCI_SLOT_BYTES / 4];

	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, pvpci_ring_put(&f->in, &i, sizeof(i)), 0);
		KUNIT_ASSERT_EQ(test, pvpci_ring_get(&f->out, slot), 1);
		KUNIT_ASSERT_EQ(test, slot[0], i);
		KUNIT_ASSERT_EQ(test, slot[1], 0U);
	}
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), 0);
}

static void ring_full(struct kunit *test)
{
	struct fixture *f = fixture(test, 5);
	u32 i, slot[PVPCI_SLOT_BYTES / 4];

	for (i = 0; i < SLOTS; i++)
		KUNIT_ASSERT_EQ(test, pvpci_ring_put(&f->in, &i, sizeof(i)), 0);
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &i, sizeof(i)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), 1);
	KUNIT_EXPECT_EQ(test, slot[0], 0U);
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &i, sizeof(i)), 0);
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &i, sizeof(i)), -EAGAIN);
}

static void ring_slot_size(struct kunit *test)
{
	struct fixture *f = fixture(test, 0);
	u8 slot[PVPCI_SLOT_BYTES] = {};

	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, slot, sizeof(slot) + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, slot, sizeof(slot)), 0);
}

static void ring_consumer_jumps(struct kunit *test)
{
	struct fixture *f = fixture(test, 100);
	u32 word = 1;

	KUNIT_ASSERT_EQ(test, pvpci_ring_put(&f->in, &word, sizeof(word)), 0);
	f->area->consumer = cpu_to_le32(102);	/* past what was produced */
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &word, sizeof(word)), -EPROTO);
	f->area->consumer = cpu_to_le32(99);	/* back */
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &word, sizeof(word)), -EPROTO);
	f->area->consumer = cpu_to_le32(101);
	KUNIT_EXPECT_EQ(test, pvpci_ring_put(&f->in, &word, sizeof(word)), 0);
}

static void ring_producer_jumps(struct kunit *test)
{
	struct fixture *f = fixture(test, 100);
	u8 slot[PVPCI_SLOT_BYTES];

	f->area->producer = cpu_to_le32(100 + SLOTS + 1);
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), -EPROTO);
	f->area->producer = cpu_to_le32(99);
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), -EPROTO);
	f->area->producer = cpu_to_le32(100 + SLOTS);
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), 1);
	f->area->producer = cpu_to_le32(100 + SLOTS - 1);	/* less than was promised */
	KUNIT_EXPECT_EQ(test, pvpci_ring_get(&f->out, slot), -EPROTO);
}

static void ring_taken_over(struct kunit *test)
{
	struct fixture *f = fixture(test, 0);
	struct pvpci_ring_end end;
	u32 word = 1;

	KUNIT_ASSERT_EQ(test, pvpci_ring_put(&f->in, &word, sizeof(word)), 0);
	/* The next driver goes on where this one was. */
	KUNIT_EXPECT_EQ(test, pvpci_ring_open_producer(&end, f->area, SLOTS), 0);
	KUNIT_EXPECT_EQ(test, end.index, 1U);
	f->area->consumer = cpu_to_le32(3);
	KUNIT_EXPECT_EQ(test, pvpci_ring_open_producer(&end, f->area, SLOTS), -EPROTO);
	KUNIT_EXPECT_EQ(test, pvpci_ring_open_consumer(&end, f->area, SLOTS), -EPROTO);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_order),
	KUNIT_CASE(ring_full),
	KUNIT_CASE(ring_slot_size),
	KUNIT_CASE(ring_consumer_jumps),
	KUNIT_CASE(ring_producer_jumps),
	KUNIT_CASE(ring_taken_over),
	{ }
};

static struct kunit_suite ring_suite = {
	.name = "pvpci-ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
