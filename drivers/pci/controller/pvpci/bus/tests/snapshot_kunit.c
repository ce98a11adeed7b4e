// SPDX-License-Identifier: GPL-2.0
/*
 * The function table, good and bad.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "bus/snapshot.h"
#include "core/bus.h"
#include "function/function.h"
#include "wire/tests/fake_host.h"

#define ROWS		8
#define APERTURE	((u64)SZ_64M)

struct table_case {
	const char *name;
	void (*spoil)(struct pvpci_function *t, u32 *count);
	const char *word;
};

#define SPOIL(what, statement) \
	static void spoil_##what(struct pvpci_function *t, u32 *count) { statement; }

SPOIL(nothing, ((void)0))
SPOIL(many, *count = 10000)
SPOIL(few, *count = 1)
SPOIL(one_slot, t[5].devfn = t[2].devfn)
SPOIL(instance, t[2].instance = 0)
SPOIL(devfn, t[2].devfn = cpu_to_le16(256))
SPOIL(flag, t[2].flags |= cpu_to_le32(BIT(31)))
SPOIL(tokens, t[2].nr_tokens = cpu_to_le32(2049))
SPOIL(label, memset(t[2].label, 'x', sizeof(t[2].label)))
SPOIL(label_text, t[2].label[0] = 7)
SPOIL(model, memset(t[2].model, 'x', sizeof(t[2].model)))
SPOIL(odd_bar, t[2].bar[0].bytes = cpu_to_le64(0x3000))
SPOIL(small_bar, t[2].bar[0].bytes = cpu_to_le64(2048))
SPOIL(bar_flag, t[2].bar[0].flags |= cpu_to_le32(4))
SPOIL(upper_half, t[2].bar[1].bytes = cpu_to_le64(4096))
SPOIL(upper_flag, t[2].bar[1].flags = cpu_to_le32(PVPCI_BAR_PREFETCH))
SPOIL(bar5, t[2].bar[5].bytes = cpu_to_le64(4096); t[2].bar[5].flags = t[2].bar[0].flags)
SPOIL(big32, t[2].bar[2].bytes = cpu_to_le64(1ULL << 32))
SPOIL(decode_far, t[5].bar[0].offset = cpu_to_le64(APERTURE))
SPOIL(decode_unaligned, t[5].bar[0].offset = cpu_to_le64(0x1000))

#define CASE(what, word)	{ #what, spoil_##what, word }
static const struct table_case table_cases[] = {
	CASE(nothing, NULL),
	CASE(many, "10000"),
	CASE(few, "reports 1"),
	CASE(one_slot, "two functions are at 03.1"),
	CASE(instance, "instance"),
	CASE(devfn, "devfn"),
	CASE(flag, "flags"),
	CASE(tokens, "interrupt vectors"),
	CASE(label, "label"),
	CASE(label_text, "label"),
	CASE(model, "model"),
	CASE(odd_bar, "power of two"),
	CASE(small_bar, "power of two"),
	CASE(bar_flag, "unknown flags"),
	CASE(upper_half, "upper half"),
	CASE(upper_flag, "upper half"),
	CASE(bar5, "64-bit"),
	CASE(big32, "32 bits"),
	CASE(decode_far, "wrong place"),
	CASE(decode_unaligned, "wrong place"),
};

static void table_desc(const struct table_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(table, table_cases, table_desc);

static void good_row(struct pvpci_function *row, u8 devfn)
{
	*row = (struct pvpci_function){
		.flags = cpu_to_le32(PVPCI_FN_PRESENT | PVPCI_FN_HOTPLUG),
		.instance = cpu_to_le32(devfn + 1),
		.devfn = cpu_to_le16(devfn),
		.slot = cpu_to_le16(PCI_SLOT(devfn)),
		.numa_node = cpu_to_le32(PVPCI_NUMA_NONE),
		.nr_tokens = cpu_to_le32(4),
		.label = "disk",
		.model = "nvme",
		.bar[0] = { .bytes = cpu_to_le64(SZ_16K), .flags = cpu_to_le32(PVPCI_BAR_MEM64) },
		.bar[2] = { .bytes = cpu_to_le64(SZ_4K) },
	};
}

static void snapshot_table(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct pvpci_function_info *info;
	struct pvpci_function *table;
	char *why = kunit_kzalloc(test, PVPCI_WHY_BYTES, GFP_KERNEL);
	u32 count = 2;

	table = kunit_kzalloc(test, ROWS * sizeof(*table), GFP_KERNEL);
	info = kunit_kzalloc(test, ROWS * sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_ASSERT_NOT_NULL(test, why);
	good_row(&table[2], PCI_DEVFN(3, 1));
	good_row(&table[5], PCI_DEVFN(4, 0));
	table[5].flags |= cpu_to_le32(PVPCI_FN_DECODING);
	table[5].bar[0].offset = cpu_to_le64(SZ_1M);
	/* A row that is not present may be anything. */
	memset(&table[7], 0xff, sizeof(table[7]));
	table[7].flags = 0;
	c->spoil(table, &count);
	KUNIT_EXPECT_EQ_MSG(test, pvpci_snapshot_check(table, ROWS, count, APERTURE, info, why),
			    c->word ? -EINVAL : 0, "%s", why);
	if (c->word) {
		KUNIT_EXPECT_TRUE_MSG(test, strstr(why, c->word), "\"%s\" has no \"%s\"", why,
				      c->word);
		return;
	}
	KUNIT_EXPECT_EQ(test, info[0].instance, 0U);
	KUNIT_EXPECT_EQ(test, info[7].instance, 0U);
	KUNIT_EXPECT_EQ(test, (int)info[2].devfn, PCI_DEVFN(3, 1));
	KUNIT_EXPECT_EQ(test, info[5].bar[0].offset, (u64)SZ_1M);
	KUNIT_EXPECT_STREQ(test, info[2].label, "disk");
}

/**
 * struct table_host - a host whose table changes while it is read
 * @seq: relations sequence number
 * @changes: so many times more
 * @asked: how often it was asked for the table
 * @table: the table
 */
static struct table_host {
	u32 seq;
	u32 changes;
	u32 asked;
	struct pvpci_function *table;
} the;

static void fill_row(struct pvpci_function *row, u32 instance, u16 devfn)
{
	*row = (struct pvpci_function){
		.flags = cpu_to_le32(PVPCI_FN_PRESENT),
		.instance = cpu_to_le32(instance),
		.devfn = cpu_to_le16(devfn),
	};
}

/* A function goes and another one comes as soon as the table has been promised. */
static bool serve_table(struct fake_host *host, union fake_message *message)
{
	struct pvpci_msg_query_resources *query = (void *)message;

	if (message->msg.type == cpu_to_le16(PVPCI_MSG_QUERY_RELATIONS)) {
		message->relations.seq = cpu_to_le32(the.seq);
		message->relations.count = cpu_to_le32(1);
		message->msg.bytes = cpu_to_le16(sizeof(message->relations));
	} else if (message->msg.type == cpu_to_le16(PVPCI_MSG_QUERY_RESOURCES)) {
		the.asked++;
		if (le32_to_cpu(query->seq) != the.seq) {
			message->msg.status = cpu_to_le32(PVPCI_STATUS_STALE);
		} else if (the.changes) {
			the.changes--;
			the.seq++;
			fill_row(the.table, 9 + the.seq, the.seq << 3);
		}
	}
	return true;
}

static struct pvpci_bus *table_bus(struct kunit *test, u32 changes)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_bus *bus = fake_bus_create(test, host);

	host->serve = serve_table;
	the = (struct table_host){
		.seq = 1, .changes = changes,
		.table = bus->wire.transport.area[PVPCI_AREA_FUNCTIONS],
	};
	fill_row(the.table, 10, 1 << 3);
	return bus;
}

/* What is taken is the table of its number, though each of the two makes sense. */
static void snapshot_torn(struct kunit *test)
{
	struct pvpci_bus *bus = table_bus(test, 3);
	struct pvpci_snapshot snapshot = {};
	char why[PVPCI_WHY_BYTES];

	KUNIT_ASSERT_EQ(test, pvpci_snapshot_take(bus, &snapshot, 8, why), 0);
	KUNIT_EXPECT_EQ(test, snapshot.seq, 4U);
	KUNIT_EXPECT_EQ(test, snapshot.info[0].instance, 9 + snapshot.seq);
	KUNIT_EXPECT_EQ(test, snapshot.info[0].devfn, snapshot.seq << 3);
	KUNIT_EXPECT_EQ(test, the.asked, 4U);
	pvpci_snapshot_free(&snapshot);
	pvpci_bus_put(bus);
}

/* A host that never stands still is left alone after so many tries. */
static void snapshot_endless(struct kunit *test)
{
	struct pvpci_bus *bus = table_bus(test, 1000);
	struct pvpci_snapshot snapshot = {};
	char why[PVPCI_WHY_BYTES];

	KUNIT_EXPECT_EQ(test, pvpci_snapshot_take(bus, &snapshot, 3, why), -ESTALE);
	KUNIT_EXPECT_EQ(test, the.asked, 3U);
	KUNIT_EXPECT_NULL(test, snapshot.info);
	pvpci_bus_put(bus);
}

/* Nor does the worker keep anybody else from PCI core's rescan lock meanwhile. */
static void snapshot_unlocked(struct kunit *test)
{
	struct pvpci_bus *bus = table_bus(test, U32_MAX);
	unsigned int tries;

	bus->removing = false;
	pci_lock_rescan_remove();
	pvpci_work_look_at_table(bus);
	for (tries = 0; tries < 250 && READ_ONCE(the.asked) < 3; tries++)
		msleep(20);
	KUNIT_EXPECT_GE(test, READ_ONCE(the.asked), 3U);
	/* The worker has nothing else to do. */
	WRITE_ONCE(bus->removing, true);
	pci_unlock_rescan_remove();
	pvpci_work_pause(bus);
	pvpci_bus_put(bus);
}

static struct kunit_case snapshot_cases[] = {
	KUNIT_CASE(snapshot_torn),
	KUNIT_CASE(snapshot_endless),
	KUNIT_CASE(snapshot_unlocked),
	KUNIT_CASE_PARAM(snapshot_table, table_gen_params),
	{ }
};

static struct kunit_suite snapshot_suite = {
	.name = "pvpci-snapshot",
	.test_cases = snapshot_cases,
};

kunit_test_suite(snapshot_suite);
