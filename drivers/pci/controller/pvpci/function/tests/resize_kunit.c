// SPDX-License-Identifier: GPL-2.0
/*
 * BARs whose size the guest chooses, with a host that says what it likes.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "function/config.h"
#include "function/function.h"
#include "function/resize.h"
#include "room/assign.h"
#include "wire/tests/fake_host.h"

#define DSN		0x100
#define REBAR		0x110
#define SIZE(log2)	((log2) << 8)

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT,
	.instance = 9,
	.bar = {
		[0] = { .bytes = SZ_8M, .most = SZ_8M, .mem64 = true },
		[2] = { .bytes = SZ_64K, .most = SZ_64K },
		[4] = { .bytes = SZ_256M, .most = SZ_256M, .mem64 = true, .prefetch = true },
	},
};

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pvpci_fn *fn;
	u8 *guest;
};

static void put(struct fixture *f, unsigned int area, unsigned int at, u32 value)
{
	*(__le32 *)((u8 *)f->bus->wire.transport.area[area] + at) = cpu_to_le32(value);
}

/* One entry of the capability: BAR, sizes (bit 0 is 1 MiB), size now. */
static void entry(struct fixture *f, unsigned int i, unsigned int bar, u32 sizes, u32 log2)
{
	unsigned int at = REBAR + 8 * i;

	put(f, PVPCI_AREA_CONFIG, at + PCI_REBAR_CAP, sizes << 4);
	put(f, PVPCI_AREA_CONFIG, at + PCI_REBAR_CTRL, SIZE(log2) | (i ? 0 : 3 << 5) | bar);
	put(f, PVPCI_AREA_CONFIG_MASK, at + PCI_REBAR_CTRL, SIZE(0x1f));
}

static struct fixture *fixture(struct kunit *test, u64 features)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->host = fake_host_create(test);
	f->bus = fake_bus_create(test, f->host);
	f->bus->wire.features = features;
	f->guest = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_GUEST];
	put(f, PVPCI_AREA_CONFIG, DSN, REBAR << 20 | 0x10003);
	put(f, PVPCI_AREA_CONFIG, REBAR, 0x10000 | PCI_EXT_CAP_ID_REBAR);
	entry(f, 0, 0, 0xe, 3);
	entry(f, 1, 4, 0xfff, 8);
	/* There is no such BAR. */
	entry(f, 2, 3, 0xf, 3);
	return f;
}

static void create(struct kunit *test, struct fixture *f)
{
	f->fn = fake_function_live(test, f->bus, 0, &an_info);
}

static void done(struct fixture *f)
{
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

static u32 rd(struct fixture *f, int where)
{
	u32 value;

	pvpci_config_read(f->fn, where, 4, &value);
	return value;
}

static void choose(struct fixture *f, unsigned int i, u32 log2)
{
	pvpci_config_write(f->fn, REBAR + 8 * i + PCI_REBAR_CTRL, 4, SIZE(log2), false);
}

static u32 chosen(struct fixture *f, unsigned int i)
{
	return rd(f, REBAR + 8 * i + PCI_REBAR_CTRL) >> 8 & 0x1f;
}

/* What sizing the BAR gives. */
static u32 sized(struct fixture *f, int where)
{
	pvpci_config_write(f->fn, where, 4, ~0U, false);
	return ~(rd(f, where) & PCI_BASE_ADDRESS_MEM_MASK) + 1;
}

static void resize_smaller(struct kunit *test)
{
	struct fixture *f = fixture(test, PVPCI_F_RESIZE);

	create(test, f);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_8M);
	choose(f, 0, 1);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 1U);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_2M);
	KUNIT_EXPECT_EQ_MSG(test, f->guest[REBAR + PCI_REBAR_CTRL + 1], 1, "the host sees it");
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_4), (u32)SZ_256M);
	choose(f, 1, 0);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_4), (u32)SZ_1M);
	done(f);
}

static void resize_refused(struct kunit *test)
{
	struct fixture *f = fixture(test, PVPCI_F_RESIZE);

	create(test, f);
	/* Not offered; offered, but more than the table says. */
	choose(f, 0, 0);
	choose(f, 1, 9);
	choose(f, 1, 31);
	choose(f, 2, 0);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 3U);
	KUNIT_EXPECT_EQ(test, chosen(f, 1), 8U);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_8M);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_4), (u32)SZ_256M);
	KUNIT_EXPECT_EQ(test, f->guest[REBAR + PCI_REBAR_CTRL + 1], 3);
	/* Not while it decodes, or is about to. */
	f->fn->attached = true;
	choose(f, 0, 1);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 3U);
	f->fn->attached = false;
	f->fn->exchange.taken = true;
	choose(f, 0, 1);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 3U);
	f->fn->exchange.taken = false;
	choose(f, 0, 1);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 1U);
	KUNIT_EXPECT_EQ(test, rd(f, REBAR + PCI_REBAR_CTRL), SIZE(1) | 3U << 5);
	done(f);
}

/* A host that does not look at it must not find another size. */
static void resize_not_agreed(struct kunit *test)
{
	struct fixture *f = fixture(test, 0);

	create(test, f);
	choose(f, 0, 1);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 3U);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_8M);
	done(f);
}

static void resize_reset(struct kunit *test)
{
	struct fixture *f = fixture(test, PVPCI_F_RESIZE);
	u64 bytes[PVPCI_NUM_BARS];
	unsigned int b;

	create(test, f);
	choose(f, 0, 1);
	choose(f, 1, 4);
	raw_spin_lock_irq(&f->fn->lock);
	for (b = 0; b < PVPCI_NUM_BARS; b++)
		bytes[b] = f->fn->info.bar[b].bytes;
	pvpci_config_reset(f->fn);
	raw_spin_unlock_irq(&f->fn->lock);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 3U);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_8M);
	raw_spin_lock_irq(&f->fn->lock);
	pvpci_resize_restore(f->fn, bytes);
	raw_spin_unlock_irq(&f->fn->lock);
	KUNIT_EXPECT_EQ(test, chosen(f, 0), 1U);
	KUNIT_EXPECT_EQ(test, chosen(f, 1), 4U);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_0), (u32)SZ_2M);
	KUNIT_EXPECT_EQ(test, sized(f, PCI_BASE_ADDRESS_4), (u32)SZ_16M);
	KUNIT_EXPECT_EQ(test, f->guest[REBAR + 8 + PCI_REBAR_CTRL + 1], 4);
	done(f);
}

/* Lists without end, entries past the page, BARs that are named twice, bits that are not ours. */
static void resize_hostile(struct kunit *test)
{
	struct fixture *f = fixture(test, PVPCI_F_RESIZE);

	put(f, PVPCI_AREA_CONFIG, REBAR, REBAR << 20 | 0x10003);
	create(test, f);
	KUNIT_EXPECT_EQ(test, f->fn->size_at[0], 0);
	fake_functions_unpublish(f->bus);
	put(f, PVPCI_AREA_CONFIG, DSN, 0xffcU << 20 | 0x10003);
	put(f, PVPCI_AREA_CONFIG, 0xffc, 0x10000 | PCI_EXT_CAP_ID_REBAR);
	create(test, f);
	KUNIT_EXPECT_EQ(test, f->fn->size_at[0], 0);
	fake_functions_unpublish(f->bus);
	put(f, PVPCI_AREA_CONFIG, DSN, REBAR << 20 | 0x10003);
	put(f, PVPCI_AREA_CONFIG, REBAR, 0x10000 | PCI_EXT_CAP_ID_REBAR);
	entry(f, 1, 0, 0xf, 3);
	put(f, PVPCI_AREA_CONFIG_MASK, REBAR + PCI_REBAR_CTRL, ~0U);
	create(test, f);
	KUNIT_EXPECT_EQ(test, f->fn->size_at[0], REBAR + PCI_REBAR_CTRL);
	KUNIT_EXPECT_EQ(test, f->fn->sizes[0], 0U);
	KUNIT_EXPECT_EQ(test, f->fn->size_at[4], 0);
	done(f);
}

static void put_bars(struct fixture *f, u64 bar0, u32 bar2, u64 bar4)
{
	const u32 value[] = { lower_32_bits(bar0), upper_32_bits(bar0), bar2, 0,
			      lower_32_bits(bar4), upper_32_bits(bar4) };
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		pvpci_config_write(f->fn, PCI_BASE_ADDRESS_0 + 4 * b, 4, value[b], false);
}

/* The host hears of another size as it does of another place, once. */
static void resize_told(struct kunit *test)
{
	struct fixture *f = fixture(test, PVPCI_F_RESIZE);
	u64 start = f->bus->windows.window[PVPCI_WINDOW_64].bus_start;
	u32 low = f->bus->windows.window[PVPCI_WINDOW_32].bus_start;

	f->fn = fake_function_live(test, f->bus, 0, &an_info);
	choose(f, 0, 1);
	choose(f, 1, 0);
	put_bars(f, start, low, start + SZ_16M);
	mutex_lock(&f->bus->topology);
	KUNIT_EXPECT_EQ(test, pvpci_assign_adopt_moved(f->bus), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.msg.type),
			(u16)PVPCI_MSG_RESOURCES_ASSIGNED);
	KUNIT_EXPECT_EQ(test, pvpci_assign_adopt_moved(f->bus), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	choose(f, 0, 2);
	KUNIT_EXPECT_EQ(test, pvpci_assign_adopt_moved(f->bus), 0);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 2U, "at the same place");
	/* While it has no place there is nothing to tell; it is not forgotten. */
	choose(f, 0, 1);
	put_bars(f, 0, low, start + SZ_16M);
	KUNIT_EXPECT_EQ(test, pvpci_assign_adopt_moved(f->bus), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 2U);
	put_bars(f, start, low, start + SZ_16M);
	KUNIT_EXPECT_EQ(test, pvpci_assign_adopt_moved(f->bus), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 3U);
	mutex_unlock(&f->bus->topology);
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

static struct kunit_case resize_cases[] = {
	KUNIT_CASE(resize_smaller),
	KUNIT_CASE(resize_refused),
	KUNIT_CASE(resize_not_agreed),
	KUNIT_CASE(resize_reset),
	KUNIT_CASE(resize_hostile),
	KUNIT_CASE(resize_told),
	{ }
};

static struct kunit_suite resize_suite = {
	.name = "pvpci-resize",
	.test_cases = resize_cases,
};

kunit_test_suite(resize_suite);
