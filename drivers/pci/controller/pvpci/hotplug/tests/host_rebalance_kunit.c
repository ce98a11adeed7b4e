// SPDX-License-Identifier: GPL-2.0
/*
 * What the host wants to be stopped: which of its events is in force.
 */
#include <kunit/test.h>

#include "hotplug/host_rebalance.h"

static bool note(struct pvpci_host_rebalance *stop, u16 type, u32 wish, u32 flags, u64 bytes)
{
	struct pvpci_msg_query_stop msg = {
		.msg.type = cpu_to_le16(type),
		.wish = cpu_to_le32(wish),
		.flags = cpu_to_le32(flags),
		.bytes = cpu_to_le64(bytes),
	};

	return pvpci_host_rebalance_note(stop, &msg.msg);
}

static struct pvpci_host_rebalance *stop_create(struct kunit *test)
{
	struct pvpci_host_rebalance *stop = kunit_kzalloc(test, sizeof(*stop), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stop);
	raw_spin_lock_init(&stop->lock);
	return stop;
}

/* As the worker leaves it when the guest has a plan. */
static void agree(struct pvpci_host_rebalance *stop, u32 fingerprint)
{
	stop->agreed = stop->order;
	stop->agreed.bytes = 4096;
	stop->agreed.fingerprint = fingerprint;
	stop->order.type = 0;
}

static void stop_agreed(struct kunit *test)
{
	struct pvpci_host_rebalance *stop = stop_create(test);

	KUNIT_EXPECT_TRUE(test, note(stop, PVPCI_MSG_QUERY_STOP, 5, PVPCI_STOP_LOW, 0));
	KUNIT_EXPECT_EQ(test, stop->order.wish, 5U);
	KUNIT_EXPECT_EQ(test, stop->order.fingerprint, 0U);
	agree(stop, 77);
	KUNIT_EXPECT_TRUE(test, note(stop, PVPCI_MSG_STOP, 5, 0, 1));
	KUNIT_EXPECT_EQ(test, stop->order.type, (u16)PVPCI_MSG_STOP);
	KUNIT_EXPECT_EQ(test, stop->order.fingerprint, 77U);
	KUNIT_EXPECT_EQ_MSG(test, stop->order.bytes, 4096ULL, "what the guest has said");
	KUNIT_EXPECT_EQ(test, stop->order.flags, PVPCI_STOP_LOW);
	/* Once. */
	stop->order.type = 0;
	KUNIT_EXPECT_TRUE(test, note(stop, PVPCI_MSG_STOP, 5, 0, 0));
	KUNIT_EXPECT_EQ(test, stop->order.fingerprint, 0U);
}

static void stop_of_another(struct kunit *test)
{
	struct pvpci_host_rebalance *stop = stop_create(test);

	note(stop, PVPCI_MSG_QUERY_STOP, 5, 0, 4096);
	agree(stop, 77);
	note(stop, PVPCI_MSG_STOP, 6, 0, 4096);
	KUNIT_EXPECT_EQ_MSG(test, stop->order.fingerprint, 0U, "nothing is agreed on");
	note(stop, PVPCI_MSG_QUERY_STOP, 7, 0, 4096);
	agree(stop, 77);
	note(stop, PVPCI_MSG_QUERY_STOP, 8, 0, 8192);
	KUNIT_EXPECT_EQ_MSG(test, stop->agreed.wish, 0U, "a newer one takes its place");
	KUNIT_EXPECT_EQ(test, stop->order.bytes, 8192ULL);
}

static void stop_cancelled(struct kunit *test)
{
	struct pvpci_host_rebalance *stop = stop_create(test);

	note(stop, PVPCI_MSG_QUERY_STOP, 5, 0, 4096);
	KUNIT_EXPECT_FALSE(test, note(stop, PVPCI_MSG_CANCEL_STOP, 4, 0, 0));
	KUNIT_EXPECT_EQ(test, stop->order.type, (u16)PVPCI_MSG_QUERY_STOP);
	KUNIT_EXPECT_FALSE(test, note(stop, PVPCI_MSG_CANCEL_STOP, 5, 0, 0));
	KUNIT_EXPECT_EQ_MSG(test, stop->order.type, (u16)0, "not begun, and not any more");
	note(stop, PVPCI_MSG_QUERY_STOP, 6, 0, 4096);
	agree(stop, 77);
	note(stop, PVPCI_MSG_CANCEL_STOP, 6, 0, 0);
	note(stop, PVPCI_MSG_STOP, 6, 0, 0);
	KUNIT_EXPECT_EQ(test, stop->order.fingerprint, 0U);
}

static struct kunit_case stop_cases[] = {
	KUNIT_CASE(stop_agreed),
	KUNIT_CASE(stop_of_another),
	KUNIT_CASE(stop_cancelled),
	{ }
};

static struct kunit_suite stop_suite = {
	.name = "pvpci-stop",
	.test_cases = stop_cases,
};

kunit_test_suite(stop_suite);
