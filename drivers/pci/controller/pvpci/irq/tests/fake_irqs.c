// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that nothing raises but us.
 */
#include <linux/irq.h>

#include "irq/msi.h"
#include "irq/tests/fake_irqs.h"
#include "wire/tests/fake_host.h"

static void make_irqs(struct kunit *test, struct fake_irqs *f)
{
	unsigned int i;

	f->first = irq_alloc_descs(-1, 1, TRANSPORT + DEVICES, NUMA_NO_NODE);
	KUNIT_ASSERT_GT(test, f->first, 0);
	for (i = 0; i < TRANSPORT + DEVICES; i++) {
		irq_set_chip_and_handler(f->first + i, &dummy_irq_chip, handle_simple_irq);
		irq_clear_status_flags(f->first + i, IRQ_NOREQUEST);
	}
}

/**
 * fake_irqs_create - a bus with vectors of which none is in use
 * @test: owns its memory
 * @may_share: whether the host honours pending bits
 *
 * Return: the bus; fake_irqs_destroy() takes it away.
 */
struct fake_irqs *fake_irqs_create(struct kunit *test, bool may_share)
{
	struct fake_irqs *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct pvpci_bus *bus;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	bus = fake_bus_create(test, fake_host_create(test));
	f->bus = bus;
	f->v = &bus->irq->vectors;
	f->map = kunit_kzalloc(test, DEVICES * sizeof(*f->map), GFP_KERNEL);
	f->pending = kunit_kzalloc(test, sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->map && f->pending);
	bus->wire.transport.nr_vectors = TRANSPORT;
	bus->wire.transport.area[PVPCI_AREA_VECTOR_MAP] = f->map;
	bus->wire.transport.area[PVPCI_AREA_VECTOR_PENDING] = f->pending;
	bus->wire.layout.nr_tokens = DEVICES;
	bus->wire.features = may_share ? PVPCI_F_SHARED_VECTORS : 0;
	KUNIT_ASSERT_EQ(test, pvpci_vectors_init(bus), 0);
	make_irqs(test, f);
	for (i = 0; i < TRANSPORT; i++) {
		f->v->vector[i].irq = f->first + i;
		f->v->vector[i].data = irq_get_irq_data(f->first + i);
	}
	return f;
}

/**
 * fake_irqs_destroy - take it away
 * @f: all tokens were given back
 */
void fake_irqs_destroy(struct fake_irqs *f)
{
	pvpci_vectors_exit(f->bus);
	irq_free_descs(f->first, TRANSPORT + DEVICES);
	pvpci_bus_put(f->bus);
}

/**
 * fake_irqs_counted - handler of an interrupt
 * @irq: unused
 * @count: an unsigned int that goes up
 *
 * Return: that it was for us.
 */
irqreturn_t fake_irqs_counted(int irq, void *count)
{
	(*(unsigned int *)count)++;
	return IRQ_HANDLED;
}

/**
 * fake_irqs_raise - what the host does to raise a token's interrupt
 * @f: the bus
 * @token: whose
 * @entry: of the vector map, as the host has read it
 */
void fake_irqs_raise(struct fake_irqs *f, unsigned int token, u32 entry)
{
	if (entry & PVPCI_VECTOR_SHARED)
		set_bit(token, f->pending);
	local_irq_disable();
	generic_handle_irq(f->first + (entry & PVPCI_VECTOR_MASK));
	local_irq_enable();
}

/**
 * fake_irqs_entry - the vector map as the host would read it
 * @f: the bus
 * @token: whose entry
 *
 * Return: the entry.
 */
u32 fake_irqs_entry(const struct fake_irqs *f, unsigned int token)
{
	return le32_to_cpu(f->map[token]);
}
