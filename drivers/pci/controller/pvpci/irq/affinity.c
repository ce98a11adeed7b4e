// SPDX-License-Identifier: GPL-2.0
/*
 * Where the interrupts of functions run.
 *
 * They alone say where the transport vector that carries them shall run, and they
 * tell where it does run. x86 moves it with its next interrupt, and a processor that
 * goes offline moves it without asking anybody: they follow with the first interrupt
 * that comes in another place.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/percpu.h>

#include "irq/affinity.h"
#include "irq/vector.h"

/* This processor sets affinity to hear where a vector is, not to move it. */
static DEFINE_PER_CPU(bool, following);

/* Where the transport's interrupt runs; what was told last where that is not known. */
static unsigned int runs_on(const struct pvpci_vector *vector)
{
	unsigned int cpu = cpumask_first(irq_data_get_effective_affinity_mask(vector->data));

	return cpu < nr_cpu_ids ? cpu : READ_ONCE(vector->told);
}

/**
 * pvpci_affinity_start - a vector's interrupt was requested
 * @vector: it runs somewhere, and nobody has asked for anything yet
 */
void pvpci_affinity_start(struct pvpci_vector *vector)
{
	WRITE_ONCE(vector->told, runs_on(vector));
}

/* Has somebody moved it? Then its tokens' interrupts have to follow. */
static bool has_moved(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	unsigned int cpu = runs_on(vector);

	if (likely(cpu == READ_ONCE(vector->told)))
		return false;
	WRITE_ONCE(vector->told, cpu);
	set_bit(vector->number, vectors->follow);
	return true;
}

/**
 * pvpci_affinity_look - somebody may have moved a vector: what is told of its tokens follows
 * @vectors: of the bus
 * @vector: one of them
 *
 * Context: hard interrupt of the vector.
 */
void pvpci_affinity_look(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	if (has_moved(vectors, vector))
		irq_work_queue(&vectors->later);
}

/* The same affinity once more: they, and threads that handle them, go where it is now. */
static void follow(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	struct irq_data *data;
	unsigned int i, virq;

	this_cpu_write(following, true);
	for_each_set_bit(i, vectors->used, vectors->nr_tokens) {
		virq = READ_ONCE(vectors->token[i].virq);
		if (!virq || READ_ONCE(vectors->token[i].vector) != vector)
			continue;
		data = irq_get_irq_data(virq);
		if (data)
			irq_set_affinity(virq, irq_data_get_affinity_mask(data));
	}
	this_cpu_write(following, false);
}

/**
 * pvpci_affinity_later - what pvpci_affinity_steer() and pvpci_affinity_look() left to do
 * @vectors: of the bus
 *
 * Queues nothing: a processor that goes offline steers its interrupts away and comes
 * here for the last time.
 *
 * Context: hard interrupt, no lock of an interrupt held.
 */
void pvpci_affinity_later(struct pvpci_vectors *vectors)
{
	unsigned int i;

	for_each_set_bit(i, vectors->move, vectors->nr_vectors) {
		struct pvpci_vector *vector = &vectors->vector[i];

		if (!test_and_clear_bit(i, vectors->move) || !READ_ONCE(vector->active))
			continue;
		irq_set_affinity(vector->irq, cpumask_of(READ_ONCE(vector->cpu)));
		has_moved(vectors, vector);
	}
	for_each_set_bit(i, vectors->follow, vectors->nr_vectors)
		if (test_and_clear_bit(i, vectors->follow))
			follow(vectors, &vectors->vector[i]);
}

/* The n-th of them, so that tokens that may go anywhere spread. */
static unsigned int pick_cpu(const struct cpumask *mask, unsigned int n)
{
	unsigned int cpu, weight = 0, target;

	for_each_cpu_and(cpu, mask, cpu_online_mask)
		weight++;
	if (!weight)
		return cpumask_first(mask);
	target = n % weight;
	for_each_cpu_and(cpu, mask, cpu_online_mask)
		if (!target--)
			break;
	return cpu;
}

/**
 * pvpci_affinity_steer - move an interrupt to a processor
 * @vectors: of the bus
 * @token: whose interrupt
 * @mask: processors it may run on
 * @managed: the kernel has chosen @mask, and would rather have none than another
 *
 * The transport vector follows a moment later, with all who share it: setting its
 * affinity takes locks that the caller's caller holds already. Who shares one moves
 * it only if it runs outside of @mask, and not for a choice of the kernel's, which
 * is for one vector each.
 *
 * Context: under the lock of the token's interrupt, interrupts off.
 * Return: the processor it runs on as yet, or -EINVAL.
 */
int pvpci_affinity_steer(struct pvpci_vectors *vectors, unsigned int token,
			 const struct cpumask *mask, bool managed)
{
	struct pvpci_vector *vector = READ_ONCE(vectors->token[token].vector);
	bool stays = false;
	unsigned int cpu;

	if (!vector)
		return -EINVAL;
	cpu = READ_ONCE(vector->told);
	if (READ_ONCE(vector->nr_tokens) > 1 && cpu_online(cpu))
		stays = managed || cpumask_test_cpu(cpu, mask);
	if (!stays && !this_cpu_read(following)) {
		cpu = pick_cpu(mask, vector->number);
		if (cpu >= nr_cpu_ids)
			return -EINVAL;
		WRITE_ONCE(vector->cpu, cpu);
		set_bit(vector->number, vectors->move);
		irq_work_queue(&vectors->later);
	}
	return runs_on(vector);
}
