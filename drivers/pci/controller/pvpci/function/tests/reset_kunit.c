// SPDX-License-Identifier: GPL-2.0
/*
 * Reset and power states of one function.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "function/config.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "function/reset.h"
#include "wire/tests/fake_host.h"

#define PM	0x40
#define EXPRESS	0x70
#define PMCSR	(PM + PCI_PM_CTRL)
#define DEVCTL	(EXPRESS + PCI_EXP_DEVCTL)

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pvpci_fn *fn;
	u8 *config;
	u8 *guest;
};

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT,
	.instance = 9,
	.devfn = PCI_DEVFN(3, 0),
	.bar = { [0] = { .bytes = SZ_64K } },
};

static void put16(u8 *at, u16 value)
{
	*(__le16 *)at = cpu_to_le16(value);
}

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u8 *mask;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->host = fake_host_create(test);
	f->bus = fake_bus_create(test, f->host);
	f->bus->wire.features = PVPCI_F_RESET | PVPCI_F_POWER;
	f->config = f->bus->wire.transport.area[PVPCI_AREA_CONFIG];
	f->guest = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_GUEST];
	mask = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_MASK];
	f->config[PCI_CAPABILITY_LIST] = PM;
	put16(f->config + PM, EXPRESS << 8 | PCI_CAP_ID_PM);
	put16(f->config + EXPRESS, PCI_CAP_ID_EXP);
	put16(f->config + PMCSR, PCI_PM_CTRL_NO_SOFT_RESET);
	put16(mask + PMCSR, PCI_PM_CTRL_STATE_MASK);
	put16(f->config + DEVCTL, 0x2810);
	put16(mask + DEVCTL, 0xf9ff);
	f->fn = fake_function_live(test, f->bus, 0, &an_info);
	return f;
}

static void done(struct fixture *f)
{
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

static u32 rd(struct fixture *f, int where)
{
	u32 value;

	pvpci_config_read(f->fn, where, 2, &value);
	return value;
}

static int wr(struct fixture *f, int where, u32 value)
{
	return pvpci_config_write(f->fn, where, 2, value, false);
}

static void bind(struct kunit *test, struct fixture *f)
{
	pvpci_config_write(f->fn, PCI_BASE_ADDRESS_0, 4, 0xc0010000, false);
	KUNIT_ASSERT_EQ(test, wr(f, PCI_COMMAND, 6), PCIBIOS_SUCCESSFUL);
	KUNIT_ASSERT_TRUE(test, f->fn->attached);
}

static void reset_request(struct kunit *test)
{
	struct fixture *f = fixture(test);

	bind(test, f);
	wr(f, DEVCTL, 0x2800);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "other bits are nobody's business");
	KUNIT_EXPECT_EQ(test, wr(f, DEVCTL, 0xa800), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.msg.type), PVPCI_MSG_RESET);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(f->host->last.change.value), PVPCI_RESET_FUNCTION);
	KUNIT_EXPECT_EQ_MSG(test, rd(f, DEVCTL), 0x2810U, "reset value, and the bit reads 0");
	KUNIT_EXPECT_EQ_MSG(test, f->guest[DEVCTL + 1] & 0x80, 0, "the host never sees the bit");
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND), 0U);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_BASE_ADDRESS_0 + 2), 0U);
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, f->fn->edges.count[PVPCI_REASON_RESET], 1ULL);
	bind(test, f);
	KUNIT_EXPECT_EQ_MSG(test, f->fn->edges.count[PVPCI_REASON_RESET], 2ULL,
			    "coming back is part of it");
	KUNIT_EXPECT_EQ(test, f->fn->edges.count[PVPCI_REASON_ENABLE], 1ULL);
	KUNIT_EXPECT_FALSE(test, f->fn->exchange.taken);
	done(f);
}

static bool refuse(struct fake_host *host, union fake_message *message)
{
	message->msg.status = cpu_to_le32(PVPCI_STATUS_FUNCTION);
	return true;
}

static void reset_refused(struct kunit *test)
{
	struct fixture *f = fixture(test);

	bind(test, f);
	f->host->serve = refuse;
	KUNIT_EXPECT_EQ(test, wr(f, DEVCTL, 0xa810), PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_EQ(test, wr(f, PMCSR, PVPCI_POWER_D3HOT), PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND), 6U);
	KUNIT_EXPECT_EQ(test, rd(f, PMCSR) & PCI_PM_CTRL_STATE_MASK, 0U);
	KUNIT_EXPECT_FALSE(test, f->fn->exchange.taken);
	done(f);
}

/* With 1.0 the bit stays, and the host looks at it. */
static void reset_old_host(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->bus->wire.features = 0;
	wr(f, DEVCTL, 0xa810);
	wr(f, PMCSR, PVPCI_POWER_D3HOT);
	KUNIT_EXPECT_EQ(test, f->host->served, 0U);
	KUNIT_EXPECT_EQ(test, f->guest[DEVCTL + 1], 0xa8);
	KUNIT_EXPECT_EQ(test, pvpci_reset(f->fn, PVPCI_RESET_SLOT, true), -EOPNOTSUPP);
	done(f);
}

static void power_keeps(struct kunit *test)
{
	struct fixture *f = fixture(test);

	bind(test, f);
	KUNIT_EXPECT_EQ(test, wr(f, PMCSR, PVPCI_POWER_D3HOT), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.msg.type), PVPCI_MSG_POWER);
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, f->host->served, 2U);
	wr(f, PCI_COMMAND, 2);
	wr(f, PCI_COMMAND, 6);
	wr(f, PMCSR, 1);
	wr(f, PMCSR, PVPCI_POWER_D3HOT);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 2U, "nothing of this is an edge in D3hot");
	KUNIT_EXPECT_EQ(test, rd(f, PMCSR) & PCI_PM_CTRL_STATE_MASK, 3U);
	KUNIT_EXPECT_EQ(test, wr(f, PMCSR, PVPCI_POWER_D0), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 4U, "POWER, and COMMIT as memory-enable is set");
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, f->fn->edges.count[PVPCI_REASON_POWER], 2ULL);
	done(f);
}

static void power_soft_reset(struct kunit *test)
{
	struct fixture *f = fixture(test);

	put16(f->config + PMCSR, 0);
	bind(test, f);
	wr(f, PMCSR, PVPCI_POWER_D3HOT);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND), 6U);
	KUNIT_EXPECT_EQ(test, wr(f, PMCSR, PVPCI_POWER_D0), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND), 0U);
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	bind(test, f);
	KUNIT_EXPECT_EQ(test, f->fn->edges.count[PVPCI_REASON_POWER], 2ULL);
	done(f);
}

/* A host that does what it was asked for, but answers one type of request too late. */
static u16 too_late;
static u32 host_power;
static bool host_attached;

static bool serve_late(struct fake_host *host, union fake_message *message)
{
	u16 type = le16_to_cpu(message->msg.type);

	if (type == PVPCI_MSG_POWER || type == PVPCI_MSG_RESET)
		host_attached = false;
	if (type == PVPCI_MSG_POWER)
		host_power = le32_to_cpu(message->change.value);
	if (type == PVPCI_MSG_COMMIT)
		host_attached = le16_to_cpu(message->commit.command) & PCI_COMMAND_MEMORY;
	return type != too_late;
}

static void expect_agreed(struct kunit *test, struct fixture *f)
{
	fake_host_run(f->host);
	KUNIT_EXPECT_EQ(test, f->fn->power, host_power);
	KUNIT_EXPECT_EQ(test, f->fn->attached, host_attached);
}

/* Whether the host has done it before or after the guest gave up: both believe the same. */
static void reset_late(struct kunit *test)
{
	unsigned int before = pvpci_commit_timeout_ms, deaf;

	pvpci_commit_timeout_ms = 30;
	for (deaf = 0; deaf < 2; deaf++) {
		struct fixture *f = fixture(test);

		f->host->serve = serve_late;
		too_late = 0;
		host_power = PVPCI_POWER_D0;
		bind(test, f);
		too_late = PVPCI_MSG_POWER;
		f->host->deaf = deaf;
		wr(f, PMCSR, PVPCI_POWER_D3HOT);
		f->host->deaf = false;
		expect_agreed(test, f);
		KUNIT_EXPECT_EQ(test, rd(f, PMCSR) & PCI_PM_CTRL_STATE_MASK, f->fn->power);
		too_late = 0;
		KUNIT_EXPECT_EQ(test, wr(f, PMCSR, PVPCI_POWER_D0), PCIBIOS_SUCCESSFUL);
		expect_agreed(test, f);
		too_late = PVPCI_MSG_RESET;
		f->host->deaf = deaf;
		KUNIT_EXPECT_EQ(test, wr(f, DEVCTL, 0xa800), PCIBIOS_SET_FAILED);
		f->host->deaf = false;
		expect_agreed(test, f);
		KUNIT_EXPECT_FALSE(test, host_attached);
		too_late = 0;
		bind(test, f);
		KUNIT_EXPECT_TRUE(test, host_attached);
		KUNIT_EXPECT_GE_MSG(test, f->host->suspected, 2U, "somebody looks at the host");
		done(f);
	}
	pvpci_commit_timeout_ms = before;
}

/* A list that never ends, and one that leads nowhere. */
static void reset_lying_capabilities(struct kunit *test)
{
	struct fixture *f = fixture(test);

	put16(f->config + PM, PM << 8 | PCI_CAP_ID_VPD);
	pvpci_config_start(f->fn);
	KUNIT_EXPECT_EQ(test, f->fn->express, 0);
	KUNIT_EXPECT_EQ(test, f->fn->power_cap, 0);
	put16(f->config + PM, 0xff << 8 | PCI_CAP_ID_VPD);
	f->config[0xfc] = PCI_CAP_ID_PM;
	pvpci_config_start(f->fn);
	KUNIT_EXPECT_EQ(test, f->fn->power_cap, 0xfc);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 0), PCIBIOS_SUCCESSFUL);
	done(f);
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(reset_request),
	KUNIT_CASE(reset_refused),
	KUNIT_CASE(reset_old_host),
	KUNIT_CASE(power_keeps),
	KUNIT_CASE(power_soft_reset),
	KUNIT_CASE(reset_late),
	KUNIT_CASE(reset_lying_capabilities),
	{ }
};

static struct kunit_suite reset_suite = {
	.name = "pvpci-reset",
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
