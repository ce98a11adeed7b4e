// SPDX-License-Identifier: GPL-2.0
/*
 * What the host is told of a function, and what it is not told.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "function/function.h"
#include "hotplug/report.h"
#include "wire/tests/fake_host.h"

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT,
	.instance = 9,
	.devfn = PCI_DEVFN(3, 0),
};

static struct pvpci_fn *fn_create(struct kunit *test, struct fake_host **host)
{
	struct pvpci_bus *bus;

	*host = fake_host_create(test);
	bus = fake_bus_create(test, *host);
	bus->wire.features = PVPCI_F_OUTCOME;
	return fake_function_live(test, bus, 2, &an_info);
}

static void fn_destroy(struct pvpci_fn *fn)
{
	struct pvpci_bus *bus = fn->bus;

	fake_functions_unpublish(bus);
	pvpci_bus_put(bus);
}

static void expect_told(struct kunit *test, const struct fake_host *host, u32 outcome,
			const char *driver)
{
	const struct pvpci_msg_outcome *told = (const void *)host->last.bytes;

	KUNIT_EXPECT_EQ(test, le16_to_cpu(told->msg.type), (u16)PVPCI_MSG_OUTCOME);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(told->row), 2U);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(told->instance), 9U);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(told->outcome), outcome);
	KUNIT_EXPECT_STREQ(test, (const char *)told->driver, driver);
}

static void outcome_told(struct kunit *test)
{
	struct fake_host *host;
	struct pvpci_fn *fn = fn_create(test, &host);

	pvpci_report_outcome(fn, PVPCI_OUTCOME_BOUND, 0, "nvme");
	expect_told(test, host, PVPCI_OUTCOME_BOUND, "nvme");
	KUNIT_EXPECT_EQ(test, fn->told, PVPCI_TOLD_OUTCOME);
	/* A name that is too long is cut. */
	pvpci_report_outcome(fn, PVPCI_OUTCOME_FAILED, -EIO, "a_driver_with_a_name_of_33_letters");
	expect_told(test, host, PVPCI_OUTCOME_FAILED, "a_driver_with_a_name_of_33_lett");
	pvpci_report_off(fn->bus, 2, 9);
	expect_told(test, host, PVPCI_OUTCOME_OFF, "");
	fn_destroy(fn);
}

/* A driver that fails for lack of BARs is not the reason. */
static void outcome_no_room(struct kunit *test)
{
	const struct pvpci_msg_outcome *told;
	struct fake_host *host;
	struct pvpci_fn *fn = fn_create(test, &host);

	told = (const void *)host->last.bytes;
	fn->dropped = true;
	fn->missing_bytes = 7;
	fn->missing_piece = 4096;
	pvpci_report_outcome(fn, PVPCI_OUTCOME_FAILED, 0, "nvme");
	expect_told(test, host, PVPCI_OUTCOME_NO_ROOM, "nvme");
	KUNIT_EXPECT_EQ(test, le64_to_cpu(told->missing_bytes), 7ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(told->missing_piece), 4096ULL);
	/* It got its BARs from somebody else. */
	pvpci_report_outcome(fn, PVPCI_OUTCOME_BOUND, 0, "nvme");
	expect_told(test, host, PVPCI_OUTCOME_BOUND, "nvme");
	fn_destroy(fn);
}

static void outcome_not_told(struct kunit *test)
{
	struct fake_host *host;
	struct pvpci_fn *fn = fn_create(test, &host);

	fn->bus->wire.features = 0;
	pvpci_report_outcome(fn, PVPCI_OUTCOME_BOUND, 0, "nvme");
	KUNIT_EXPECT_EQ(test, host->served, 0U);
	fn->bus->wire.features = PVPCI_F_OUTCOME;
	pvpci_life_set(fn, PVPCI_LIFE_LEAVING);
	pvpci_report_outcome(fn, PVPCI_OUTCOME_NO_DRIVER, 0, NULL);
	KUNIT_EXPECT_EQ(test, host->served, 0U);
	fn_destroy(fn);
}

static struct kunit_case outcome_cases[] = {
	KUNIT_CASE(outcome_told),
	KUNIT_CASE(outcome_no_room),
	KUNIT_CASE(outcome_not_told),
	{ }
};

static struct kunit_suite outcome_suite = {
	.name = "pvpci-outcome",
	.test_cases = outcome_cases,
};

kunit_test_suite(outcome_suite);
