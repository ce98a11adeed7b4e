// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens on transport vectors.
 */
#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/irq.h>

#include "irq/tests/fake_irqs.h"
#include "wire/tests/fake_host.h"

static void give_handler(struct kunit *test, struct fake_irqs *f, unsigned int token)
{
	KUNIT_ASSERT_EQ(test, request_irq(f->first + TRANSPORT + token, fake_irqs_counted, 0,
					  "pvpci-test", &f->count[token]), 0);
	f->v->token[token].virq = f->first + TRANSPORT + token;
}

static void take_handler(struct fake_irqs *f, unsigned int token)
{
	free_irq(f->first + TRANSPORT + token, &f->count[token]);
}

static void take(struct kunit *test, struct fake_irqs *f, unsigned int count)
{
	unsigned int i, first;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 1, &first), 0);
}

static void give(struct fake_irqs *f, unsigned int first, unsigned int count)
{
	while (count--)
		pvpci_token_give(f->v, first + count);
}

static void vector_of_its_own(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int i;

	take(test, f, 3);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, i), PVPCI_VECTOR_VALID | (i + 1));
		give_handler(test, f, i);
	}
	fake_irqs_raise(f, 1, fake_irqs_entry(f, 1));
	KUNIT_EXPECT_EQ(test, f->count[0], 0U);
	KUNIT_EXPECT_EQ(test, f->count[1], 1U);
	KUNIT_EXPECT_FALSE_MSG(test, irqd_can_balance(f->v->vector[1].data),
			       "nobody else moves it");
	for (i = 0; i < 3; i++)
		take_handler(f, i);
	give(f, 0, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, i), 0U);
	KUNIT_EXPECT_FALSE(test, f->v->vector[1].active);
	fake_irqs_destroy(f);
}

static void vector_shared(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int i;
	u32 before;

	take(test, f, 3);
	before = fake_irqs_entry(f, 0);
	take(test, f, 9);
	for (i = 0; i < 12; i++) {
		KUNIT_EXPECT_TRUE(test, fake_irqs_entry(f, i) & PVPCI_VECTOR_SHARED);
		give_handler(test, f, i);
	}
	for (i = 1; i < TRANSPORT; i++) {
		KUNIT_EXPECT_EQ_MSG(test, f->v->vector[i].nr_tokens, 4U, "spread evenly");
		f->v->vector[i].direct_until = jiffies + HZ;
	}

	/* A host that read the map before it changed rings without the bit. */
	fake_irqs_raise(f, 0, before);
	KUNIT_EXPECT_EQ(test, f->count[0], 1U);
	for (i = 1; i < 12; i++)
		KUNIT_EXPECT_EQ_MSG(test, f->count[i], 0U, "these were never rung like that");
	for (i = 1; i < TRANSPORT; i++)
		f->v->vector[i].direct_until = jiffies;
	f->count[0] = 0;
	/* Afterwards each token is served for its own bit alone. */
	for (i = 0; i < 12; i++)
		fake_irqs_raise(f, i, fake_irqs_entry(f, i));
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, f->count[i], 1U);
	KUNIT_EXPECT_EQ(test, *f->pending, 0UL);

	/* One that leaves disturbs nobody. */
	take_handler(f, 5);
	pvpci_token_give(f->v, 5);
	KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, 5), 0U);
	fake_irqs_raise(f, 8, fake_irqs_entry(f, 8));
	KUNIT_EXPECT_EQ(test, f->count[8], 2U);
	for (i = 0; i < 12; i++)
		if (i != 5)
			take_handler(f, i);
	give(f, 0, 5);
	give(f, 6, 6);
	fake_irqs_destroy(f);
}

static void vector_no_sharing(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, false);
	unsigned int first;

	KUNIT_EXPECT_EQ(test, pvpci_tokens_take(f->v, 4, &first), -ENOSPC);
	KUNIT_EXPECT_EQ_MSG(test, fake_irqs_entry(f, 0), 0U, "nothing is left behind");
	take(test, f, 3);
	KUNIT_EXPECT_EQ(test, pvpci_tokens_take(f->v, 1, &first), -ENOSPC);
	give(f, 0, 3);
	fake_irqs_destroy(f);
}

/* There is no vector but the rings', which goes on to be theirs. */
static void vector_of_the_rings(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int i, first, rings = 0;

	f->v->nr_vectors = 1;
	KUNIT_ASSERT_EQ(test, request_irq(f->first, fake_irqs_counted, IRQF_SHARED, "pvpci-rings",
					  &rings), 0);
	KUNIT_EXPECT_EQ_MSG(test, pvpci_tokens_take(f->v, 1, &first), -ENOSPC,
			    "not with a host that would not ring it");
	f->v->may_share_rings = true;
	take(test, f, 3);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, i),
				PVPCI_VECTOR_VALID | PVPCI_VECTOR_SHARED);
		give_handler(test, f, i);
	}
	rings = 0;
	fake_irqs_raise(f, 0, 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ_MSG(test, f->count[i], 0U, "rung for a message");
		fake_irqs_raise(f, i, fake_irqs_entry(f, i));
		KUNIT_EXPECT_EQ(test, f->count[i], 1U);
	}
	KUNIT_EXPECT_EQ(test, rings, 4U);
	for (i = 0; i < 3; i++)
		take_handler(f, i);
	give(f, 0, 3);
	fake_irqs_raise(f, 0, 0);
	KUNIT_EXPECT_EQ_MSG(test, rings, 5U, "tokens have gone, messages come");
	free_irq(f->first, &rings);
	fake_irqs_destroy(f);
}

/* The rest of the system needs all vectors: better late than never. */
static void vector_exhausted(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int i, first;

	f->v->may_share_rings = true;
	for (i = 1; i < TRANSPORT; i++)
		irq_set_status_flags(f->first + i, IRQ_NOREQUEST);
	take(test, f, 1);
	KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, 0), PVPCI_VECTOR_VALID | PVPCI_VECTOR_SHARED);
	give(f, 0, 1);
	for (i = 1; i < TRANSPORT; i++)
		irq_clear_status_flags(f->first + i, IRQ_NOREQUEST);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 1, &first), 0);
	KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, 0), PVPCI_VECTOR_VALID | 1);
	give(f, 0, 1);
	fake_irqs_destroy(f);
}

static void vector_rows(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int first, next;

	take(test, f, 1);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 3, &first), 0);
	KUNIT_EXPECT_EQ(test, first, 4U);
	/* A function with three counts to four. */
	KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, 7), 0U);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 2, &next), 0);
	KUNIT_EXPECT_EQ_MSG(test, next, 2U, "the hole is used");
	give(f, next, 2);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 8, &next), 0);
	KUNIT_EXPECT_EQ(test, next, 8U);
	take(test, f, 3);
	KUNIT_EXPECT_EQ_MSG(test, pvpci_tokens_take(f->v, 1, &next), -ENOSPC,
			    "the fourth of three is nobody's");
	give(f, 4, 3);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, 4, &next), 0);
	KUNIT_EXPECT_EQ_MSG(test, next, 4U, "it was given back with the third");
	give(f, 0, DEVICES);
	KUNIT_ASSERT_EQ(test, pvpci_tokens_take(f->v, DEVICES, &first), 0);
	give(f, first, DEVICES);
	fake_irqs_destroy(f);
}

/* One that sets all bits is served for those that are the vector's, once. */
static void vector_host_lies(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);
	unsigned int i;

	take(test, f, 6);
	for (i = 0; i < 6; i++)
		give_handler(test, f, i);
	for (i = 1; i < TRANSPORT; i++)
		f->v->vector[i].direct_until = jiffies;
	*f->pending = ~0UL;
	fake_irqs_raise(f, 0, fake_irqs_entry(f, 0));
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, f->count[i], i % 3 ? 0U : 1U);
	for (i = 0; i < 6; i++)
		take_handler(f, i);
	give(f, 0, 6);
	fake_irqs_destroy(f);
}

static struct kunit_case vector_cases[] = {
	KUNIT_CASE(vector_of_its_own),
	KUNIT_CASE(vector_shared),
	KUNIT_CASE(vector_no_sharing),
	KUNIT_CASE(vector_of_the_rings),
	KUNIT_CASE(vector_exhausted),
	KUNIT_CASE(vector_rows),
	KUNIT_CASE(vector_host_lies),
	{ }
};

static struct kunit_suite vector_suite = {
	.name = "pvpci-vector",
	.test_cases = vector_cases,
};

kunit_test_suite(vector_suite);
