// SPDX-License-Identifier: GPL-2.0
/*
 * Config space and the edges of memory-enable.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "function/config.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "wire/tests/fake_host.h"

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pvpci_fn *fn;
	u8 *config;
	u8 *mask;
	u8 *guest;
	struct work_struct read;	/* on another processor */
	u32 was_read;
};

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT,
	.instance = 9,
	.devfn = PCI_DEVFN(3, 0),
	.bar = {
		[0] = { .bytes = SZ_16K, .mem64 = true },
		[2] = { .bytes = SZ_64K },
		[4] = { .bytes = SZ_4M, .mem64 = true, .prefetch = true },
	},
};

static struct fixture *fixture_info(struct kunit *test, const struct pvpci_function_info *info)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->host = fake_host_create(test);
	f->bus = fake_bus_create(test, f->host);
	f->config = f->bus->wire.transport.area[PVPCI_AREA_CONFIG];
	f->mask = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_MASK];
	f->guest = f->bus->wire.transport.area[PVPCI_AREA_CONFIG_GUEST];
	*(__le32 *)(f->config + 0x00) = cpu_to_le32(0x12345678);
	*(__le32 *)(f->config + 0x04) = cpu_to_le32(0x00100000);
	*(__le32 *)(f->config + 0x3c) = cpu_to_le32(0x0000010b);
	*(__le32 *)(f->config + 0x30) = cpu_to_le32(0xfff80001);
	*(__le32 *)(f->config + 0x40) = cpu_to_le32(0x11223344);
	*(__le32 *)(f->mask + 0x40) = cpu_to_le32(0x00ff0000);
	f->fn = fake_function_publish(test, f->bus, 0, info);
	pvpci_life_set(f->fn, PVPCI_LIFE_PLACED);
	return f;
}

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = fixture_info(test, &an_info);

	pvpci_life_set(f->fn, PVPCI_LIFE_LIVE);
	return f;
}

static void done(struct fixture *f)
{
	fake_functions_unpublish(f->bus);
	pvpci_bus_put(f->bus);
}

static u32 rd(struct fixture *f, int where, int size)
{
	u32 value;

	pvpci_config_read(f->fn, where, size, &value);
	return value;
}

static int wr(struct fixture *f, int where, int size, u32 value)
{
	return pvpci_config_write(f->fn, where, size, value, false);
}

static void config_values(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_EQ(test, rd(f, 0, 4), 0x12345678U);
	KUNIT_EXPECT_EQ(test, rd(f, 2, 2), 0x1234U);
	KUNIT_EXPECT_EQ(test, rd(f, 1, 1), 0x56U);
	/* Nobody's registers. */
	KUNIT_EXPECT_EQ(test, rd(f, PCI_ROM_ADDRESS, 4), 0U);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_INTERRUPT_LINE, 2), 0U);
	/* Live: the host changes its bits under us. */
	*(__le32 *)(f->config + 0x40) = cpu_to_le32(0xaabbccdd);
	KUNIT_EXPECT_EQ(test, rd(f, 0x40, 4), 0xaa22ccddU);
	/* Wrong accesses. */
	KUNIT_EXPECT_EQ(test, wr(f, 2, 4, 0), PCIBIOS_BAD_REGISTER_NUMBER);
	KUNIT_EXPECT_EQ(test, wr(f, 4096, 4, 0), PCIBIOS_BAD_REGISTER_NUMBER);
	KUNIT_EXPECT_EQ(test, wr(f, 0, 3, 0), PCIBIOS_BAD_REGISTER_NUMBER);
	KUNIT_EXPECT_EQ(test, rd(f, 4094, 4), ~0U);
	done(f);
}

static void read_there(struct work_struct *work)
{
	struct fixture *f = container_of(work, struct fixture, read);

	WRITE_ONCE(f->was_read, rd(f, 0, 4));
}

/* Who reads waits for nobody who writes. */
static void config_read_beside_writer(struct kunit *test)
{
	struct fixture *f = fixture(test);
	unsigned int tries, cpu;
	unsigned long flags;
	u32 was_read;

	INIT_WORK(&f->read, read_there);
	raw_spin_lock_irqsave(&f->fn->lock, flags);
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	if (cpu < nr_cpu_ids)
		queue_work_on(cpu, system_wq, &f->read);
	for (tries = 0; cpu < nr_cpu_ids && tries < 5000 && !READ_ONCE(f->was_read); tries++)
		mdelay(1);
	was_read = READ_ONCE(f->was_read);
	raw_spin_unlock_irqrestore(&f->fn->lock, flags);
	flush_work(&f->read);
	if (cpu < nr_cpu_ids)
		KUNIT_EXPECT_EQ(test, was_read, 0x12345678U);
	done(f);
}

static void config_masked_writes(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_EQ(test, f->guest[0x42], 0x22);
	KUNIT_EXPECT_EQ(test, wr(f, 0x40, 4, 0x99887766), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, 0x40, 4), 0x11883344U);
	KUNIT_EXPECT_EQ(test, f->guest[0x42], 0x88);
	KUNIT_EXPECT_EQ(test, wr(f, 0x42, 1, 0x55), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, 0x40, 4), 0x11553344U);
	KUNIT_EXPECT_EQ(test, f->guest[0x42], 0x55);
	KUNIT_EXPECT_EQ(test, wr(f, 0, 4, 0), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, 0, 4), 0x12345678U);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 0U, "none of it was told to the host");
	done(f);
}

static u32 size_of_bar(struct fixture *f, int where)
{
	u32 old = rd(f, where, 4), size;

	wr(f, where, 4, ~0U);
	size = rd(f, where, 4);
	wr(f, where, 4, old);
	return size;
}

static void config_bars(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_BASE_ADDRESS_0), 0xffffc004U);
	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_BASE_ADDRESS_1), 0xffffffffU);
	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_BASE_ADDRESS_2), 0xffff0000U);
	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_BASE_ADDRESS_3), 0U);
	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_BASE_ADDRESS_4), 0xffc0000cU);
	KUNIT_EXPECT_EQ(test, size_of_bar(f, PCI_ROM_ADDRESS), 0U);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_BASE_ADDRESS_2, 2, 0xffff), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_BASE_ADDRESS_2 + 2, 2, 0xc012), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_BASE_ADDRESS_2, 4), 0xc0120000U);
	KUNIT_EXPECT_EQ(test, f->host->served, 0U);
	done(f);
}

static void config_edge(struct kunit *test)
{
	struct fixture *f = fixture(test);
	const struct pvpci_msg_commit *commit = &f->host->last.commit;

	wr(f, PCI_BASE_ADDRESS_0, 4, 0x02004000);
	wr(f, PCI_BASE_ADDRESS_1, 4, 0x8);
	wr(f, PCI_BASE_ADDRESS_2, 4, 0xc0010000);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0xffff & ~PCI_COMMAND_MEMORY),
			PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), 0x0544U);
	KUNIT_EXPECT_EQ(test, f->host->served, 0U);

	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0x0006), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "one message for the edge");
	KUNIT_EXPECT_EQ(test, le16_to_cpu(commit->msg.type), PVPCI_MSG_COMMIT);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(commit->instance), 9U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(commit->command), 0x0006);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(commit->offset[0]), SZ_32M + 0x4000ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(commit->offset[1]), PVPCI_BAR_UNASSIGNED);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(commit->offset[2]), 0x10000ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(commit->offset[4]), PVPCI_BAR_UNASSIGNED);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), 0x0006U);

	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0x0406), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "no edge, no message");
	KUNIT_EXPECT_EQ(test, f->guest[5], 0x04);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ(test, f->host->served, 2U);
	KUNIT_EXPECT_EQ(test, f->fn->edges.failed, 0ULL);
	done(f);
}

static bool refuse(struct fake_host *host, union fake_message *message)
{
	message->msg.status = cpu_to_le32(PVPCI_STATUS_OVERLAP);
	return true;
}

static void config_edge_refused(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->host->serve = refuse;
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0x0006), PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), 0U);
	KUNIT_EXPECT_EQ(test, f->fn->edges.failed, 1ULL);
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	f->host->serve = NULL;
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0x0006), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	done(f);
}

/* PCI core says that it will write memory-enable before it takes its lock. */
static void config_enable_ahead(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_EQ(test, pvpci_config_enable(f->fn), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.commit.reason), PVPCI_REASON_ENABLE);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, pvpci_config_write(f->fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY, false),
			PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "nothing is left to wait for");
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0), PCIBIOS_SUCCESSFUL);

	f->host->serve = refuse;
	KUNIT_EXPECT_LT(test, pvpci_config_enable(f->fn), 0);
	KUNIT_EXPECT_EQ_MSG(test, rd(f, PCI_COMMAND, 2), 0U, "refused: off as before");
	KUNIT_EXPECT_EQ(test, f->host->served, 3U);
	f->fn->dropped = true;
	KUNIT_EXPECT_EQ_MSG(test, pvpci_config_enable(f->fn), 0, "the write will be refused");
	KUNIT_EXPECT_EQ(test, f->host->served, 3U);
	done(f);
}

static bool silent(struct fake_host *host, union fake_message *message)
{
	return false;
}

static void config_edge_unanswered(struct kunit *test)
{
	struct fixture *f = fixture(test);
	unsigned int timeout = pvpci_commit_timeout_ms;

	pvpci_commit_timeout_ms = 30;
	f->host->serve = silent;
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 0x0006), PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), 0U);
	/* It was taken back, in case the host carries it out later. */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.commit.command), 0);
	KUNIT_EXPECT_FALSE(test, f->fn->exchange.taken);
	pvpci_commit_timeout_ms = timeout;
	done(f);
}

/* PCI core sizes BARs with memory-enable off and on again around each. */
static void config_settling(struct kunit *test)
{
	struct pvpci_function_info info = an_info;
	struct fixture *f;
	unsigned int i;

	info.flags |= PVPCI_FN_DECODING;
	f = fixture_info(test, &info);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), (u32)PCI_COMMAND_MEMORY);
	for (i = 0; i < 6; i++) {
		wr(f, PCI_COMMAND, 2, 0);
		KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), 0U);
		wr(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	}
	KUNIT_EXPECT_EQ(test, pvpci_memory_enable_settle(f->fn), 0);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 0U, "the host heard nothing");
	KUNIT_EXPECT_EQ(test, f->fn->edges.absorbed, 12ULL);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 0U, "it decodes already");
	pvpci_memory_enable_off(f->fn, PVPCI_REASON_REMOVE);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.commit.reason), PVPCI_REASON_REMOVE);
	pvpci_memory_enable_off(f->fn, PVPCI_REASON_REMOVE);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	done(f);
}

/* Found once more after the user has removed it: sized without an edge, then as before. */
static void config_found_again(struct kunit *test)
{
	struct fixture *f = fixture(test);

	wr(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, f->host->served, 1U);
	pvpci_memory_enable_hide(f->fn);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 2U, "others may be placed where it was");
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), (u32)PCI_COMMAND_MEMORY);
	wr(f, PCI_COMMAND, 2, 0);
	wr(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 2U, "sizing is nobody's business");
	KUNIT_EXPECT_EQ(test, pvpci_memory_enable_settle(f->fn), 0);
	KUNIT_EXPECT_EQ(test, f->host->served, 3U);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, pvpci_life(f->fn), PVPCI_LIFE_LIVE);
	done(f);
}

/* A device decodes what is written into its BAR while it decodes. */
static void config_bar_while_decoding(struct kunit *test)
{
	u32 start = 0xc0000000, there = start + SZ_1M;
	struct fixture *f = fixture(test);
	unsigned int b, first = 0;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		if (an_info.bar[b].bytes && !an_info.bar[b].mem64)
			first = b;
	/* All BARs need a place, or there is nothing to attach. */
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		if (!an_info.bar[b].bytes)
			continue;
		wr(f, PCI_BASE_ADDRESS_0 + 4 * b, 4, b == first ? start : start + SZ_2M);
		if (an_info.bar[b].mem64)
			wr(f, PCI_BASE_ADDRESS_0 + 4 * b + 4, 4, 0);
	}
	wr(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	KUNIT_ASSERT_EQ(test, f->host->served, 1U);
	wr(f, PCI_BASE_ADDRESS_0 + 4 * first, 4, start);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "where it is already");
	KUNIT_EXPECT_EQ(test, wr(f, PCI_BASE_ADDRESS_0 + 4 * first, 4, there), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 3U, "detached and attached");
	KUNIT_EXPECT_EQ(test, le64_to_cpu(f->host->last.commit.offset[first]), (u64)SZ_1M);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.commit.reason), PVPCI_REASON_MOVE);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	/* Nowhere: it decodes nothing until it is somewhere. */
	KUNIT_EXPECT_EQ(test, wr(f, PCI_BASE_ADDRESS_0 + 4 * first, 4, ~0U), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), (u32)PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_BASE_ADDRESS_0 + 4 * first, 4, there), PCIBIOS_SUCCESSFUL);
	KUNIT_EXPECT_TRUE(test, f->fn->attached);
	done(f);
}

static void config_left_off(struct kunit *test)
{
	struct pvpci_function_info info = an_info;
	struct fixture *f;

	info.flags |= PVPCI_FN_DECODING;
	f = fixture_info(test, &info);
	wr(f, PCI_COMMAND, 2, 0);
	KUNIT_EXPECT_EQ(test, pvpci_memory_enable_settle(f->fn), 0);
	KUNIT_EXPECT_EQ_MSG(test, f->host->served, 1U, "the bit stays off: the host must know");
	KUNIT_EXPECT_FALSE(test, f->fn->attached);
	done(f);
}

static void config_broken(struct kunit *test)
{
	struct fixture *f = fixture(test);

	pvpci_bus_break(f->bus, "test");
	KUNIT_EXPECT_EQ(test, rd(f, 0, 4), ~0U);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_COMMAND, 2), ~0U);
	KUNIT_EXPECT_EQ(test, wr(f, PCI_COMMAND, 2, 2), PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(f->bus->wire.transport.header->guest.state),
			(u32)PVPCI_GUEST_BROKEN);
	KUNIT_EXPECT_STREQ(test, f->bus->why, "test");
	done(f);
}

static void config_multifunction(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct pvpci_function_info info = an_info;
	struct pvpci_fn *sibling;

	KUNIT_EXPECT_EQ(test, rd(f, PCI_HEADER_TYPE, 1), 0U);
	info.devfn = PCI_DEVFN(3, 5);
	sibling = fake_function_publish(test, f->bus, 1, &info);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_HEADER_TYPE, 1), 0x80U);
	mutex_lock(&f->bus->topology);
	pvpci_function_remove(sibling);
	mutex_unlock(&f->bus->topology);
	KUNIT_EXPECT_EQ(test, rd(f, PCI_HEADER_TYPE, 1), 0U);
	done(f);
}

static void config_states(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_FALSE(test, pvpci_state_set(f->bus, PVPCI_STATE_D0));
	KUNIT_EXPECT_TRUE(test, pvpci_state_set(f->bus, PVPCI_STATE_STOPPING));
	KUNIT_EXPECT_EQ_MSG(test, rd(f, 0, 4), 0x12345678U, "config space works while stopping");
	KUNIT_EXPECT_FALSE(test, pvpci_state_set(f->bus, PVPCI_STATE_RUNNING));
	KUNIT_EXPECT_TRUE(test, pvpci_state_set(f->bus, PVPCI_STATE_GONE));
	KUNIT_EXPECT_FALSE(test, pvpci_state_set(f->bus, PVPCI_STATE_BROKEN));
	KUNIT_EXPECT_EQ(test, rd(f, 0, 4), ~0U);
	done(f);
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(config_values),
	KUNIT_CASE(config_read_beside_writer),
	KUNIT_CASE(config_masked_writes),
	KUNIT_CASE(config_bars),
	KUNIT_CASE(config_edge),
	KUNIT_CASE(config_edge_refused),
	KUNIT_CASE(config_enable_ahead),
	KUNIT_CASE(config_edge_unanswered),
	KUNIT_CASE(config_settling),
	KUNIT_CASE(config_found_again),
	KUNIT_CASE(config_bar_while_decoding),
	KUNIT_CASE(config_left_off),
	KUNIT_CASE(config_broken),
	KUNIT_CASE(config_multifunction),
	KUNIT_CASE(config_states),
	{ }
};

static struct kunit_suite config_suite = {
	.name = "pvpci-config",
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);
