// SPDX-License-Identifier: GPL-2.0
/*
 * Places given to functions and told to the host.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "core/bus.h"
#include "function/function.h"
#include "room/assign.h"
#include "room/window.h"
#include "wire/tests/fake_host.h"

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pvpci_fn *fn;
};

static struct fixture *fixture(struct kunit *test)
{
	static const struct pvpci_function_info info = {
		.flags = PVPCI_FN_PRESENT | PVPCI_FN_DECODING,
		.instance = 9,
		.bar = { [0] = { .bytes = SZ_64K } },
	};
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->host = fake_host_create(test);
	f->bus = fake_bus_create(test, f->host);
	f->fn = fake_function_live(test, f->bus, 0, &info);
	return f;
}

static void done(struct fixture *f)
{
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

static struct pvpci_fn *loser(struct kunit *test, struct fixture *f, u32 row, u16 priority)
{
	struct pvpci_function_info info = {
		.flags = PVPCI_FN_PRESENT,
		.instance = 9,
		.devfn = row << 3,
		.priority = priority,
		.bar = { [0] = { .bytes = SZ_32M, .mem64 = true } },
	};
	struct pvpci_fn *fn = fake_function_live(test, f->bus, row, &info);

	fn->dropped = true;
	return fn;
}

/* Of those that are considered again, by priority; the others do not count. */
static void assign_tries(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct pvpci_fn *low = loser(test, f, 1, 1), *high = loser(test, f, 2, 2);
	DECLARE_BITMAP(rows, PVPCI_MAX_FUNCTIONS) = {};

	loser(test, f, 3, 3);
	__set_bit(1, rows);
	__set_bit(2, rows);
	f->fn->offset[0] = 0;
	mutex_lock(&f->bus->topology);
	KUNIT_EXPECT_EQ(test, pvpci_assign_try(f->bus, rows), 0);
	KUNIT_EXPECT_EQ_MSG(test, bitmap_weight(rows, PVPCI_MAX_FUNCTIONS), 1, "one finds some");
	KUNIT_EXPECT_TRUE(test, test_bit(2, rows));
	KUNIT_EXPECT_EQ(test, low->missing_piece, (u64)SZ_16M);
	KUNIT_EXPECT_EQ_MSG(test, high->offset[0], PVPCI_BAR_UNASSIGNED, "only a try");
	/* What is released makes room for somebody, if it was anywhere. */
	f->bus->room->freed = false;
	pvpci_assign_release(low);
	KUNIT_EXPECT_FALSE(test, f->bus->room->freed);
	pvpci_assign_release(f->fn);
	KUNIT_EXPECT_TRUE(test, f->bus->room->freed);
	mutex_unlock(&f->bus->topology);
	done(f);
}

static bool refuse_later_rows(struct fake_host *host, union fake_message *message)
{
	struct pvpci_msg_resources *resources = (void *)message;

	if (message->msg.type == cpu_to_le16(PVPCI_MSG_RESOURCES_ASSIGNED) &&
	    le32_to_cpu(resources->first) > 2)
		message->msg.status = cpu_to_le32(PVPCI_STATUS_RANGE);
	return true;
}

/* Those whose places the host has taken are not lost with the others. */
static void assign_half(struct kunit *test)
{
	struct pvpci_function_info info = {
		.flags = PVPCI_FN_PRESENT,
		.instance = 9,
		.bar = { [0] = { .bytes = SZ_64K } },
	};
	struct fixture *f = fixture(test);
	struct pvpci_fn *first, *later;

	f->fn->offset[0] = 0;
	info.devfn = 1 << 3;
	first = fake_function_publish(test, f->bus, 1, &info);
	info.devfn = 3 << 3;
	later = fake_function_publish(test, f->bus, 3, &info);
	f->host->serve = refuse_later_rows;
	mutex_lock(&f->bus->topology);
	KUNIT_EXPECT_NE(test, pvpci_assign_new(f->bus), 0);
	mutex_unlock(&f->bus->topology);
	KUNIT_EXPECT_EQ(test, pvpci_life(first), PVPCI_LIFE_PLACED);
	KUNIT_EXPECT_EQ(test, pvpci_life(later), PVPCI_LIFE_NEW);
	done(f);
}

static struct kunit_case assign_cases[] = {
	KUNIT_CASE(assign_tries),
	KUNIT_CASE(assign_half),
	{ }
};

static struct kunit_suite assign_suite = {
	.name = "pvpci-assign",
	.test_cases = assign_cases,
};

kunit_test_suite(assign_suite);
