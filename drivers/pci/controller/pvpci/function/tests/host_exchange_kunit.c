// SPDX-License-Identifier: GPL-2.0
/*
 * Taking turns, and functions that are considered again for room.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "function/config.h"
#include "function/function.h"
#include "function/host_exchange.h"
#include "function/memory_enable.h"
#include "wire/tests/fake_host.h"

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pci_dev pdev;
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
	device_initialize(&f->pdev.dev);
	f->fn = fake_function_live(test, f->bus, 0, &info);
	return f;
}

static void done(struct fixture *f)
{
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

/* With the default of 4 s for who spins, or with a day, nobody waits for a sleeper. */
static void exchange_sleeper(struct kunit *test)
{
	unsigned int before = pvpci_commit_timeout_ms;
	struct fixture *f = fixture(test);

	f->fn->pdev = &f->pdev;
	pvpci_commit_timeout_ms = 86400000;
	KUNIT_ASSERT_EQ(test, pvpci_host_exchange_begin(f->fn, true), 0);
	KUNIT_EXPECT_TRUE_MSG(test, f->pdev.block_cfg_access, "user space is kept off");
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, pvpci_config_write(f->fn, PCI_COMMAND, 2, 0, false),
			PCIBIOS_SET_FAILED);
	pvpci_host_exchange_end(f->fn, true);
	KUNIT_EXPECT_FALSE(test, f->pdev.block_cfg_access);
	KUNIT_EXPECT_EQ(test, kref_read(&f->pdev.dev.kobj.kref), 1U);
	KUNIT_EXPECT_EQ(test, pvpci_config_write(f->fn, PCI_COMMAND, 2, 0, false),
			PCIBIOS_SUCCESSFUL);
	pvpci_commit_timeout_ms = before;
	done(f);
}

/* PCI core keeps user space off while it resets a function: it still does afterwards. */
static void exchange_in_reset(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->fn->pdev = &f->pdev;
	KUNIT_ASSERT_TRUE(test, pci_cfg_access_trylock(&f->pdev));
	KUNIT_ASSERT_EQ(test, pvpci_host_exchange_begin(f->fn, true), 0);
	pvpci_host_exchange_end(f->fn, true);
	KUNIT_EXPECT_TRUE(test, f->pdev.block_cfg_access);
	KUNIT_EXPECT_EQ(test, kref_read(&f->pdev.dev.kobj.kref), 1U);
	pci_cfg_access_unlock(&f->pdev);
	done(f);
}

/* Who spins on this processor cannot be waited for either; a sleeper waits a while. */
static void exchange_spinner(struct kunit *test)
{
	unsigned int before = pvpci_timeout_ms, spin = pvpci_commit_timeout_ms;
	struct fixture *f = fixture(test);

	pvpci_timeout_ms = 20;
	pvpci_commit_timeout_ms = 86400000;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, false), 0);
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, false), -EBUSY);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, true), -EBUSY);
	pvpci_host_exchange_end(f->fn, false);
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, true), 0);
	KUNIT_EXPECT_EQ(test, pvpci_host_exchange_begin(f->fn, true), -EBUSY);
	pvpci_host_exchange_end(f->fn, true);
	pvpci_timeout_ms = before;
	pvpci_commit_timeout_ms = spin;
	done(f);
}

/* After resume: as reset, but decoding where it was handed off so, and the host sees it. */
static void hand_off(struct kunit *test)
{
	struct fixture *f = fixture(test);
	const u8 *guest = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_GUEST];
	unsigned long flags;

	pvpci_config_write(f->fn, PCI_COMMAND, 2, 6, false);
	raw_spin_lock_irqsave(&f->fn->lock, flags);
	pvpci_config_reset(f->fn);
	KUNIT_EXPECT_EQ(test, guest[PCI_COMMAND], 0);
	pvpci_config_hand_off(f->fn);
	raw_spin_unlock_irqrestore(&f->fn->lock, flags);
	KUNIT_EXPECT_EQ(test, guest[PCI_COMMAND], PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, f->fn->command, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	done(f);
}

static struct kunit_case exchange_cases[] = {
	KUNIT_CASE(exchange_sleeper),
	KUNIT_CASE(exchange_in_reset),
	KUNIT_CASE(exchange_spinner),
	KUNIT_CASE(hand_off),
	{ }
};

static struct kunit_suite exchange_suite = {
	.name = "pvpci-host-exchange",
	.test_cases = exchange_cases,
};

kunit_test_suite(exchange_suite);
