// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of functions, allocated as PCI core does it, on fake transport vectors.
 */
#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/pci.h>

#include "irq/msi.h"
#include "irq/tests/fake_irqs.h"
#include "wire/tests/fake_host.h"

#define MANY	100100	/* the kernel gives up an interrupt when 99,900 of 100,000 are nobody's */

static struct fake_irqs *fixture(struct kunit *test)
{
	struct fake_irqs *f = fake_irqs_create(test, true);

	f->bus->domain = 0x1fffe;
	/* Nobody writes messages to a function in that state. */
	f->bus->pdev->current_state = PCI_D3hot;
	KUNIT_ASSERT_EQ(test, pvpci_msi_init(f->bus), 0);
	return f;
}

static void done(struct fake_irqs *f)
{
	pvpci_msi_exit(f->bus);
	fake_irqs_destroy(f);
}

/* What PCI core does for each MSI-X vector, and for all MSI vectors at once. */
static int allocate(struct fake_irqs *f, struct msi_desc *desc, unsigned int count)
{
	msi_alloc_info_t arg = { .desc = desc };
	int i, virq;

	*desc = (struct msi_desc){ .nvec_used = count, .dev = &f->bus->pdev->dev };
	virq = irq_domain_alloc_irqs(f->bus->irq->domain, count, NUMA_NO_NODE, &arg);
	desc->irq = virq;
	for (i = 0; virq > 0 && i < count; i++)
		irq_get_irq_data(virq + i)->common->msi_desc = desc;
	return virq;
}

static unsigned int token_of(int virq)
{
	return irq_get_irq_data(virq)->hwirq;
}

/* MSI-X vectors need not lie in a row. */
static void msi_holes(struct kunit *test)
{
	struct fake_irqs *f = fixture(test);
	struct msi_desc desc;
	int virq[DEVICES];
	unsigned int i;

	for (i = 0; i < DEVICES; i++) {
		virq[i] = allocate(f, &desc, 1);
		KUNIT_ASSERT_GT(test, virq[i], 0);
	}
	KUNIT_EXPECT_EQ(test, allocate(f, &desc, 1), -ENOSPC);
	for (i = 0; i < DEVICES; i += 2)
		irq_dispose_mapping(virq[i]);
	KUNIT_EXPECT_EQ_MSG(test, allocate(f, &desc, 2), -ENOSPC, "MSI vectors do");
	for (i = 0; i < DEVICES; i += 2) {
		virq[i] = allocate(f, &desc, 1);
		KUNIT_EXPECT_GT(test, virq[i], 0);
	}
	for (i = 0; i < DEVICES; i++)
		irq_dispose_mapping(virq[i]);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->v->used, DEVICES));
	done(f);
}

/* A function with three MSI vectors is told that it has four. */
static void msi_rounded(struct kunit *test)
{
	struct fake_irqs *f = fixture(test);
	int three, one, other, i;
	struct msi_desc desc;

	three = allocate(f, &desc, 3);
	one = allocate(f, &desc, 1);
	other = allocate(f, &desc, 1);
	KUNIT_ASSERT_TRUE(test, three > 0 && one > 0 && other > 0);
	KUNIT_EXPECT_EQ(test, token_of(three) & 3, 0U);
	KUNIT_EXPECT_NE(test, token_of(one) & ~3, token_of(three));
	KUNIT_EXPECT_NE(test, token_of(other) & ~3, token_of(three));
	KUNIT_EXPECT_EQ(test, fake_irqs_entry(f, token_of(three) + 3), 0U);
	for (i = 0; i < 3; i++)
		irq_dispose_mapping(three + i);
	irq_dispose_mapping(one);
	irq_dispose_mapping(other);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->v->used, DEVICES));
	done(f);
}

static irqreturn_t uncaring(int irq, void *count)
{
	(*(unsigned int *)count)++;
	return IRQ_NONE;
}

/* One that is called for nothing, because its neighbour was rung, goes on being called. */
static void msi_called_for_nothing(struct kunit *test)
{
	struct fake_irqs *f = fixture(test);
	unsigned int i, count = 0;
	struct msi_desc desc;
	int virq;

	virq = allocate(f, &desc, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_ASSERT_EQ(test, request_irq(virq, uncaring, 0, "pvpci-test", &count), 0);
	for (i = 0; i < MANY; i++)
		fake_irqs_raise(f, token_of(virq), fake_irqs_entry(f, token_of(virq)));
	KUNIT_EXPECT_EQ(test, count, (unsigned int)MANY);
	free_irq(virq, &count);
	irq_dispose_mapping(virq);
	done(f);
}

/* Wherever the transport's vector is, there its tokens say that they are. */
static void msi_affinity_follows(struct kunit *test)
{
	struct fake_irqs *f = fixture(test);
	unsigned int i, cpu, count = 0;
	struct msi_desc desc;
	int virq;

	virq = allocate(f, &desc, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_ASSERT_EQ(test, request_irq(virq, fake_irqs_counted, 0, "pvpci-test", &count), 0);
	for (i = 0; i < 4; i++) {
		cpu = i % num_online_cpus();
		irq_data_update_effective_affinity(f->v->vector[1].data, cpumask_of(cpu));
		fake_irqs_raise(f, token_of(virq), fake_irqs_entry(f, token_of(virq)));
		irq_work_sync(&f->v->later);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(cpumask_of(cpu),
						      irq_get_effective_affinity_mask(virq)));
	}
	KUNIT_EXPECT_EQ(test, count, 4U);
	free_irq(virq, &count);
	irq_dispose_mapping(virq);
	done(f);
}

static struct kunit_case msi_cases[] = {
	KUNIT_CASE(msi_holes),
	KUNIT_CASE(msi_rounded),
	KUNIT_CASE(msi_called_for_nothing),
	KUNIT_CASE(msi_affinity_follows),
	{ }
};

static struct kunit_suite msi_suite = {
	.name = "pvpci-msi",
	.test_cases = msi_cases,
};

kunit_test_suite(msi_suite);
