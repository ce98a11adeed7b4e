// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens on transport vectors, with interrupts that nothing raises but us.
 */
#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/irq.h>

#include "irq/msi.h"
#include "irq/vector.h"
#include "wire/tests/fake_host.h"

#define TRANSPORT	4	/* vectors, 0 is the rings' */
#define DEVICES		16	/* tokens */

struct fixture {
	struct pvpci_bus *bus;
	struct pvpci_vectors *v;
	int first;
	unsigned int count[DEVICES];
	__le32 *map;
	unsigned long *pending;
};

static void make_irqs(struct kunit *test, struct fixture *f)
{
	unsigned int i;

	f->first = irq_alloc_descs(-1, 1, TRANSPORT + DEVICES, NUMA_NO_NODE);
	KUNIT_ASSERT_GT(test, f->first, 0);
	for (i = 0; i < TRANSPORT + DEVICES; i++) {
		irq_set_chip_and_handler(f->first + i, &dummy_irq_chip, handle_simple_irq);
		irq_clear_status_flags(f->first + i, IRQ_NOREQUEST);
	}
}

/* What pvpci_vectors_init() does, without a PCI function behind it. */
static struct fixture *fixture(struct kunit *test, bool may_share)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct pvpci_vectors *v;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->bus = fake_bus_create(test, fake_host_create(test));
	v = &f->bus->irq->vectors;
	f->v = v;
	make_irqs(test, f);
	f->map = kunit_kzalloc(test, DEVICES * sizeof(*f->map), GFP_KERNEL);
	f->pending = kunit_kzalloc(test, sizeof(long), GFP_KERNEL);
	v->vector = kunit_kzalloc(test, TRANSPORT * sizeof(*v->vector), GFP_KERNEL);
	v->token = kunit_kzalloc(test, DEVICES * sizeof(*v->token), GFP_KERNEL);
	v->used = kunit_kzalloc(test, sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->map && f->pending && v->vector && v->token && v->used);
	v->nr_vectors = TRANSPORT;
	v->nr_tokens = DEVICES;
	v->may_share = may_share;
	v->map = f->map;
	v->pending = f->pending;
	for (i = 0; i < TRANSPORT; i++) {
		v->vector[i].number = i;
		v->vector[i].irq = f->first + i;
		v->vector[i].vectors = v;
		INIT_LIST_HEAD(&v->vector[i].tokens);
	}
	return f;
}

static void done(struct fixture *f)
{
	irq_free_descs(f->first, TRANSPORT + DEVICES);
	pvpci_bus_put(f->bus);
}

static irqreturn_t counted(int irq, void *data)
{
	(*(unsigned int *)data)++;
	return IRQ_HANDLED;
}

static void give_handler(struct kunit *test, struct fixture *f, unsigned int token)
{
	KUNIT_ASSERT_EQ(test, request_irq(f->first + TRANSPORT + token, counted, 0, "pvpci-test",
					  &f->count[token]), 0);
	f->v->token[token].virq = f->first + TRANSPORT + token;
}

static void take_handler(struct fixture *f, unsigned int token)
{
	free_irq(f->first + TRANSPORT + token, &f->count[token]);
}

/* What the host does to raise a token's interrupt. */
static void raise(struct fixture *f, unsigned int token, u32 entry)
{
	if (entry & PVPCI_VECTOR_SHARED)
		set_bit(token, f->pending);
	local_irq_disable();
	generic_handle_irq(f->first + (entry & PVPCI_VECTOR_MASK));
	local_irq_enable();
}

static u32 entry_of(struct fixture *f, unsigned int token)
{
	return le32_to_cpu(f->map[token]);
}

static void vector_of_its_own(struct kunit *test)
{
	struct fixture *f = fixture(test, true);
	unsigned int first, i;

	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 3, 1, &first), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, entry_of(f, first + i), PVPCI_VECTOR_VALID | (i + 1));
		give_handler(test, f, first + i);
	}
	raise(f, first + 1, entry_of(f, first + 1));
	KUNIT_EXPECT_EQ(test, f->count[first], 0U);
	KUNIT_EXPECT_EQ(test, f->count[first + 1], 1U);
	for (i = 0; i < 3; i++)
		take_handler(f, first + i);
	pvpci_tokens_give(f->v, first, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, entry_of(f, first + i), 0U);
	KUNIT_EXPECT_FALSE(test, f->v->vector[1].active);
	done(f);
}

static void vector_shared(struct kunit *test)
{
	struct fixture *f = fixture(test, true);
	unsigned int first, i;
	u32 before;

	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 3, 1, &first), 0);
	before = entry_of(f, 0);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 9, 1, &first), 0);
	for (i = 0; i < 12; i++) {
		KUNIT_EXPECT_TRUE(test, entry_of(f, i) & PVPCI_VECTOR_SHARED);
		give_handler(test, f, i);
		f->v->token[i].direct_until = jiffies + HZ;
	}
	for (i = 1; i < TRANSPORT; i++)
		KUNIT_EXPECT_EQ_MSG(test, f->v->vector[i].nr_tokens, 4U, "spread evenly");

	/* A host that read the map before it changed rings without the bit. */
	raise(f, 0, before);
	KUNIT_EXPECT_GE(test, f->count[0], 1U);
	for (i = 0; i < 12; i++) {
		f->v->token[i].direct_until = jiffies;
		f->count[i] = 0;
	}
	/* Afterwards each token is served for its own bit alone. */
	for (i = 0; i < 12; i++)
		raise(f, i, entry_of(f, i));
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, f->count[i], 1U);
	KUNIT_EXPECT_EQ(test, *f->pending, 0UL);

	/* One that leaves disturbs nobody. */
	take_handler(f, 5);
	pvpci_tokens_give(f->v, 5, 1);
	KUNIT_EXPECT_EQ(test, entry_of(f, 5), 0U);
	raise(f, 8, entry_of(f, 8));
	KUNIT_EXPECT_EQ(test, f->count[8], 2U);
	for (i = 0; i < 12; i++)
		if (i != 5)
			take_handler(f, i);
	pvpci_tokens_give(f->v, 0, 12);
	done(f);
}

static void vector_no_sharing(struct kunit *test)
{
	struct fixture *f = fixture(test, false);
	unsigned int first;

	KUNIT_EXPECT_EQ(test, pvpci_tokens_take(f->v, 4, 1, &first), -ENOSPC);
	KUNIT_EXPECT_EQ_MSG(test, entry_of(f, 0), 0U, "nothing is left behind");
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 3, 1, &first), 0);
	KUNIT_EXPECT_EQ(test, pvpci_tokens_take(f->v, 1, 1, &first), -ENOSPC);
	pvpci_tokens_give(f->v, 0, 3);
	done(f);
}

static void vector_alignment(struct kunit *test)
{
	struct fixture *f = fixture(test, true);
	unsigned int one, four, two;

	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 1, 1, &one), 0);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 4, 4, &four), 0);
	KUNIT_EXPECT_EQ(test, four & 3, 0U);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 2, 2, &two), 0);
	KUNIT_EXPECT_EQ_MSG(test, two, 2U, "the hole is used");
	KUNIT_EXPECT_EQ(test, pvpci_tokens_take(f->v, DEVICES, 1, &one), -ENOSPC);
	pvpci_tokens_give(f->v, 0, 1);
	pvpci_tokens_give(f->v, four, 4);
	pvpci_tokens_give(f->v, two, 2);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, DEVICES, 16, &one), 0);
	pvpci_tokens_give(f->v, one, DEVICES);
	done(f);
}

static struct kunit_case vector_cases[] = {
	KUNIT_CASE(vector_of_its_own),
	KUNIT_CASE(vector_shared),
	KUNIT_CASE(vector_no_sharing),
	KUNIT_CASE(vector_alignment),
	{ }
};

static struct kunit_suite vector_suite = {
	.name = "pvpci-vector",
	.test_cases = vector_cases,
};

kunit_test_suite(vector_suite);
