// SPDX-License-Identifier: GPL-2.0
/*
 * Config blocks and their invalidation.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "function/config.h"
#include <linux/pvpci.h>

#include "function/config_block.h"
#include "function/function.h"
#include "wire/tests/fake_host.h"

struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pci_host_bridge *bridge;
	struct pci_bus pci_bus;
	struct pci_dev pdev;
	struct pvpci_fn *fn;
	unsigned int calls;
	u64 blocks;
};

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT,
	.instance = 9,
	.devfn = PCI_DEVFN(3, 0),
};

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->host = fake_host_create(test);
	f->bus = fake_bus_create(test, f->host);
	f->bus->wire.features = PVPCI_F_BLOCKS;
	f->fn = fake_function_publish(test, f->bus, 2, &an_info);
	f->bridge = pci_alloc_host_bridge(sizeof(struct pvpci_bus *));
	KUNIT_ASSERT_NOT_NULL(test, f->bridge);
	*(struct pvpci_bus **)pci_host_bridge_priv(f->bridge) = f->bus;
	f->pci_bus.ops = &pvpci_config_ops;
	f->pci_bus.bridge = &f->bridge->dev;
	f->pdev.bus = &f->pci_bus;
	f->pdev.devfn = an_info.devfn;
	return f;
}

static void done(struct fixture *f)
{
	pvpci_config_blocks_stop(f->bus);
	fake_functions_unpublish(f->bus);
	pci_free_host_bridge(f->bridge);
	pvpci_bus_put(f->bus);
}

static int read(struct fixture *f, unsigned int block, void *data, size_t bytes)
{
	return pvpci_read_config_block(&f->pdev, block, data, bytes);
}

/* More than was asked for: an OK reply that lies about its length. */
static bool serve(struct fake_host *host, union fake_message *message)
{
	memset(message->block.data, 0x5a, sizeof(message->block.data));
	message->block.bytes = cpu_to_le16(message->block.block ? 0xffff : 5);
	return true;
}

static void block_read(struct kunit *test)
{
	struct fixture *f = fixture(test);
	u8 data[16] = {};

	f->host->serve = serve;
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 8), 5);
	KUNIT_EXPECT_EQ(test, data[4], 0x5a);
	KUNIT_EXPECT_EQ_MSG(test, data[5], 0, "not more than there are");
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.msg.type), PVPCI_MSG_READ_BLOCK);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(f->host->last.block.row), 2U);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(f->host->last.block.instance), 9U);
	KUNIT_EXPECT_EQ_MSG(test, read(f, 1, data, 8), 8, "not more than were wanted");
	KUNIT_EXPECT_EQ(test, data[8], 0);
	KUNIT_EXPECT_EQ(test, read(f, 64, data, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 129), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->host->served, 2U);
	done(f);
}

static bool no_such_block(struct fake_host *host, union fake_message *message)
{
	message->msg.status = cpu_to_le32(PVPCI_STATUS_RANGE);
	return true;
}

static void block_write(struct kunit *test)
{
	struct fixture *f = fixture(test);
	const u8 data[3] = { 1, 2, 3 };

	KUNIT_EXPECT_EQ(test, pvpci_write_config_block(&f->pdev, 63, data, 3), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(f->host->last.block.bytes), 3);
	KUNIT_EXPECT_EQ(test, f->host->last.block.data[2], 3);
	KUNIT_EXPECT_EQ(test, f->host->last.block.data[3], 0);
	f->host->serve = no_such_block;
	KUNIT_EXPECT_EQ(test, pvpci_write_config_block(&f->pdev, 63, data, 3), -ERANGE);
	done(f);
}

static void block_nobody(struct kunit *test)
{
	struct fixture *f = fixture(test);
	u8 data[8];

	f->pdev.devfn = 0;
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 8), -ENODEV);
	f->pdev.devfn = an_info.devfn;
	pvpci_life_set(f->fn, PVPCI_LIFE_DEAD);
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 8), -ENODEV);
	f->bus->wire.features = 0;
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 8), -EOPNOTSUPP);
	f->pci_bus.ops = NULL;
	KUNIT_EXPECT_EQ(test, read(f, 0, data, 8), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->host->served, 0U);
	done(f);
}

static void invalidated(void *context, u64 blocks)
{
	struct fixture *f = context;

	f->calls++;
	f->blocks |= blocks;
}

static void event(struct fixture *f, u32 row, u32 instance, u64 blocks)
{
	struct pvpci_msg_invalidate_blocks msg = {
		.row = cpu_to_le32(row),
		.instance = cpu_to_le32(instance),
		.blocks = cpu_to_le64(blocks),
	};

	local_irq_disable();
	pvpci_config_blocks_event(f->bus, &msg.msg);
	local_irq_enable();
}

static void block_invalidate(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_EQ(test, pvpci_register_block_invalidate(&f->pdev, invalidated, f), 0);
	KUNIT_EXPECT_EQ(test, pvpci_register_block_invalidate(&f->pdev, invalidated, f), -EBUSY);
	f->bus->removing = false;
	event(f, 2, 8, 1);
	event(f, 0xffffffff, 9, 1);
	event(f, 7, 9, 1);
	flush_work(&f->bus->blocks->work);
	KUNIT_EXPECT_EQ_MSG(test, f->calls, 0U, "another instance, no such row, an empty row");
	f->bus->removing = true;
	event(f, 2, 9, 4);
	event(f, 2, 9, BIT_ULL(63));
	f->bus->removing = false;
	event(f, 2, 9, 4);
	flush_work(&f->bus->blocks->work);
	KUNIT_EXPECT_EQ_MSG(test, f->calls, 1U, "many events, one call");
	KUNIT_EXPECT_EQ(test, f->blocks, BIT_ULL(63) | 4);
	pvpci_unregister_block_invalidate(&f->pdev);
	event(f, 2, 9, 1);
	flush_work(&f->bus->blocks->work);
	KUNIT_EXPECT_EQ_MSG(test, f->calls, 1U, "nobody listens any more");
	f->bus->removing = true;
	done(f);
}

static struct kunit_case block_cases[] = {
	KUNIT_CASE(block_read),
	KUNIT_CASE(block_write),
	KUNIT_CASE(block_nobody),
	KUNIT_CASE(block_invalidate),
	{ }
};

static struct kunit_suite block_suite = {
	.name = "pvpci-block",
	.test_cases = block_cases,
};

kunit_test_suite(block_suite);
