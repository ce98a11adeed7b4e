/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts that nothing raises but us, as transport vectors and for devices.
 */
#ifndef _PVPCI_FAKE_IRQS_H
#define _PVPCI_FAKE_IRQS_H

#include <kunit/test.h>
#include <linux/interrupt.h>

#include "irq/vector.h"

#define TRANSPORT	4	/* vectors, 0 is the rings' */
#define DEVICES		16	/* tokens */

/**
 * struct fake_irqs - a bus with vectors and without a PCI function behind it
 * @bus: the bus
 * @v: its vectors
 * @first: interrupt of vector 0; those of the tokens begin after the last vector's
 * @count: how often the handler of each token was called
 * @map: vector map
 * @pending: pending bits
 */
struct fake_irqs {
	struct pvpci_bus *bus;
	struct pvpci_vectors *v;
	int first;
	unsigned int count[DEVICES];
	__le32 *map;
	unsigned long *pending;
};

struct fake_irqs *fake_irqs_create(struct kunit *test, bool may_share);
void fake_irqs_destroy(struct fake_irqs *f);
irqreturn_t fake_irqs_counted(int irq, void *count);
void fake_irqs_raise(struct fake_irqs *f, unsigned int token, u32 entry);
u32 fake_irqs_entry(const struct fake_irqs *f, unsigned int token);

#endif /* _PVPCI_FAKE_IRQS_H */
