// SPDX-License-Identifier: GPL-2.0
/*
 * Device vectors on transport vectors.
 *
 * Each token gets a transport vector of its own while there are any. Then
 * tokens share: the host sets the token's bit in shared memory and rings, and
 * the interrupt serves the tokens whose bit it can clear. A token that was
 * alone and gets company may be rung once more by a host that read the vector
 * map before it changed, so for a moment it is served without its bit too.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "core/bus.h"
#include "irq/msi.h"
#include "irq/vector.h"

#define GRACE	(2 * HZ)	/* from reading the map to the interrupt's arrival */

unsigned int pvpci_max_vectors;
module_param_named(max_vectors, pvpci_max_vectors, uint, 0444);
MODULE_PARM_DESC(max_vectors,
		 "transport interrupt vectors for one bus at most, 0: what the machine can spare");

static atomic_t budget_taken = ATOMIC_INIT(0);

/**
 * pvpci_vectors_reserve - how many transport vectors may this bus have?
 * @bus: the bus; what it gets is taken from the budget of all buses
 *
 * Return: at least 1, for the rings.
 */
unsigned int pvpci_vectors_reserve(struct pvpci_bus *bus)
{
	unsigned int want = bus->wire.layout.nr_vectors, budget = pvpci_arch_vector_budget();
	unsigned int taken = atomic_read(&budget_taken);
	int have = pci_msix_vec_count(bus->pdev);

	if (have > 0)
		want = min_t(unsigned int, want, have);
	if (pvpci_max_vectors)
		want = min(want, max(pvpci_max_vectors, 1U));
	/* Two are always granted: the rings and one that all functions share. */
	want = min(want, max(budget > taken ? budget - taken : 0, 2U));
	bus->irq->vectors.budget = want;
	atomic_add(want, &budget_taken);
	return want;
}

/**
 * pvpci_vectors_unreserve - give the budget back
 * @bus: the bus
 */
void pvpci_vectors_unreserve(struct pvpci_bus *bus)
{
	atomic_sub(bus->irq->vectors.budget, &budget_taken);
	bus->irq->vectors.budget = 0;
}

/* One function decides whether an interrupt of the vector is for a token. */
static bool token_rung(struct pvpci_vectors *vectors, struct pvpci_token *token)
{
	unsigned int number = token - vectors->token;

	if (!READ_ONCE(token->shared))
		return true;
	if (test_bit(number, vectors->pending) && test_and_clear_bit(number, vectors->pending))
		return true;
	return time_before(jiffies, READ_ONCE(token->direct_until));
}

static irqreturn_t vector_interrupt(int irq, void *data)
{
	struct pvpci_vector *vector = data;
	struct pvpci_token *token;
	unsigned int virq;

	rcu_read_lock();
	list_for_each_entry_rcu(token, &vector->tokens, node) {
		virq = READ_ONCE(token->virq);
		if (virq && token_rung(vector->vectors, token))
			generic_handle_irq(virq);
	}
	rcu_read_unlock();
	return IRQ_HANDLED;
}

/* What an irq_chip callback, under the lock of its interrupt, left to do. */
static void do_later(struct irq_work *work)
{
	struct pvpci_vectors *vectors = container_of(work, struct pvpci_vectors, later);
	unsigned int i, virq;

	for_each_set_bit(i, vectors->move, vectors->nr_vectors)
		if (test_and_clear_bit(i, vectors->move) && READ_ONCE(vectors->vector[i].active))
			irq_set_affinity(vectors->vector[i].irq,
					 cpumask_of(READ_ONCE(vectors->vector[i].cpu)));
	for_each_set_bit(i, vectors->replay, vectors->nr_tokens) {
		clear_bit(i, vectors->replay);
		virq = READ_ONCE(vectors->token[i].virq);
		if (virq)
			generic_handle_irq(virq);
	}
}

static int activate(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	int ret;

	/* The handler runs other interrupts' handlers: never in a thread. */
	ret = request_irq(vector->irq, vector_interrupt, IRQF_NO_THREAD, "pvpci", vector);
	if (ret)
		return ret;
	WRITE_ONCE(vector->active, true);
	return 0;
}

/* A vector of its own, or the one with the fewest tokens. */
static struct pvpci_vector *choose(struct pvpci_vectors *vectors)
{
	struct pvpci_vector *best = NULL;
	unsigned int i;

	for (i = 1; i < vectors->nr_vectors; i++) {
		struct pvpci_vector *vector = &vectors->vector[i];

		if (!vector->active) {
			if (vectors->exhausted)
				continue;
			if (!activate(vectors, vector))
				return vector;
			/* -ENOSPC: the rest of the system needs them. */
			vectors->exhausted = true;
		} else if (!best || vector->nr_tokens < best->nr_tokens) {
			best = vector;
		}
	}
	return vectors->may_share ? best : NULL;
}

static void write_map(struct pvpci_vectors *vectors, unsigned int number)
{
	struct pvpci_token *token = &vectors->token[number];
	u32 value = 0;

	if (token->vector) {
		value = token->vector->number | PVPCI_VECTOR_VALID;
		if (token->shared)
			value |= PVPCI_VECTOR_SHARED;
	}
	WRITE_ONCE(vectors->map[number], cpu_to_le32(value));
}

static void share(struct pvpci_vectors *vectors, struct pvpci_token *token)
{
	unsigned int number = token - vectors->token;

	if (token->shared)
		return;
	WRITE_ONCE(token->direct_until, jiffies + GRACE);
	clear_bit(number, vectors->pending);
	WRITE_ONCE(token->shared, true);
	write_map(vectors, number);
}

static int attach(struct pvpci_vectors *vectors, unsigned int number)
{
	struct pvpci_token *other, *token = &vectors->token[number];
	struct pvpci_vector *vector = choose(vectors);

	if (!vector)
		return -ENOSPC;
	clear_bit(number, vectors->pending);
	token->vector = vector;
	token->shared = vector->nr_tokens > 0;
	token->direct_until = jiffies;
	WRITE_ONCE(vector->nr_tokens, vector->nr_tokens + 1);
	list_add_tail_rcu(&token->node, &vector->tokens);
	if (token->shared)
		list_for_each_entry(other, &vector->tokens, node)
			share(vectors, other);
	write_map(vectors, number);
	return 0;
}

static void detach(struct pvpci_vectors *vectors, unsigned int number)
{
	struct pvpci_token *token = &vectors->token[number];
	struct pvpci_vector *vector = token->vector;

	if (!vector)
		return;
	token->vector = NULL;
	write_map(vectors, number);
	WRITE_ONCE(token->virq, 0);
	list_del_rcu(&token->node);
	WRITE_ONCE(vector->nr_tokens, vector->nr_tokens - 1);
	/* The interrupt may be looking at the token: wait, then it may be reused. */
	if (vector->nr_tokens) {
		synchronize_hardirq(vector->irq);
		return;
	}
	WRITE_ONCE(vector->active, false);
	free_irq(vector->irq, vector);
	vectors->exhausted = false;
}

/**
 * pvpci_tokens_take - take tokens in a row, each on a transport vector
 * @vectors: of the bus
 * @count: how many
 * @align: a power of two the first one is a multiple of
 * @first: gets the first
 *
 * Context: process context.
 * Return: 0, or -ENOSPC when there are not enough tokens or vectors.
 */
int pvpci_tokens_take(struct pvpci_vectors *vectors, unsigned int count, unsigned int align,
		      unsigned int *first)
{
	unsigned long start;
	unsigned int i;
	int ret = 0;

	mutex_lock(&vectors->mutex);
	start = bitmap_find_next_zero_area(vectors->used, vectors->nr_tokens, 0, count, align - 1);
	if (start >= vectors->nr_tokens) {
		ret = -ENOSPC;
		goto out;
	}
	for (i = 0; i < count && !ret; i++)
		ret = attach(vectors, start + i);
	if (ret) {
		while (i--)
			detach(vectors, start + i);
		goto out;
	}
	bitmap_set(vectors->used, start, count);
	*first = start;
out:
	mutex_unlock(&vectors->mutex);
	return ret;
}

/**
 * pvpci_tokens_give - give tokens back
 * @vectors: of the bus
 * @first: first token
 * @count: how many; their interrupts have no handler any more
 *
 * Context: process context.
 */
void pvpci_tokens_give(struct pvpci_vectors *vectors, unsigned int first, unsigned int count)
{
	unsigned int i;

	mutex_lock(&vectors->mutex);
	for (i = first; i < first + count; i++)
		detach(vectors, i);
	bitmap_clear(vectors->used, first, count);
	mutex_unlock(&vectors->mutex);
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
 * pvpci_token_steer - move an interrupt to a processor
 * @vectors: of the bus
 * @token: whose interrupt
 * @mask: processors it may run on
 *
 * The transport vector follows a moment later: setting its affinity takes
 * locks that the caller's caller holds already.
 *
 * Context: under the lock of the token's interrupt, interrupts off.
 * Return: the processor it runs on, or -EINVAL when it shares its vector and
 * that runs elsewhere.
 */
int pvpci_token_steer(struct pvpci_vectors *vectors, unsigned int token,
		      const struct cpumask *mask)
{
	struct pvpci_vector *vector = READ_ONCE(vectors->token[token].vector);
	unsigned int cpu;

	if (!vector)
		return -EINVAL;
	cpu = READ_ONCE(vector->cpu);
	if (cpu_online(cpu) && cpumask_test_cpu(cpu, mask) && READ_ONCE(vector->nr_tokens) > 1)
		return cpu;
	if (READ_ONCE(vector->nr_tokens) > 1 && cpu_online(cpu))
		return -EINVAL;
	cpu = pick_cpu(mask, vector->number);
	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	WRITE_ONCE(vector->cpu, cpu);
	set_bit(vector->number, vectors->move);
	irq_work_queue(&vectors->later);
	return cpu;
}

/**
 * pvpci_token_replay - raise an interrupt again
 * @vectors: of the bus
 * @token: whose interrupt came while it was disabled
 *
 * Context: any.
 */
void pvpci_token_replay(struct pvpci_vectors *vectors, unsigned int token)
{
	set_bit(token, vectors->replay);
	irq_work_queue(&vectors->later);
}

/**
 * pvpci_vectors_usage - count
 * @vectors: of the bus
 * @usage: filled
 */
void pvpci_vectors_usage(struct pvpci_vectors *vectors, struct pvpci_vector_usage *usage)
{
	unsigned int i;

	*usage = (struct pvpci_vector_usage){};
	mutex_lock(&vectors->mutex);
	for (i = 1; i < vectors->nr_vectors; i++) {
		usage->vectors++;
		usage->active += vectors->vector[i].active;
		usage->shared += vectors->vector[i].nr_tokens > 1;
	}
	usage->tokens = bitmap_weight(vectors->used, vectors->nr_tokens);
	mutex_unlock(&vectors->mutex);
}

/**
 * pvpci_vectors_init - make the tables
 * @bus: with its transport's vectors allocated and features agreed on
 *
 * Return: 0 or -ENOMEM; pvpci_vectors_exit() cleans up in both cases.
 */
int pvpci_vectors_init(struct pvpci_bus *bus)
{
	struct pvpci_vectors *v = &bus->irq->vectors;
	unsigned int i;

	v->nr_vectors = bus->wire.transport.nr_vectors;
	v->nr_tokens = bus->wire.layout.nr_tokens;
	v->may_share = bus->wire.features & PVPCI_F_SHARED_VECTORS;
	v->map = bus->wire.transport.area[PVPCI_AREA_VECTOR_MAP];
	v->pending = bus->wire.transport.area[PVPCI_AREA_VECTOR_PENDING];
	v->later = IRQ_WORK_INIT_HARD(do_later);
	v->vector = kvcalloc(v->nr_vectors, sizeof(*v->vector), GFP_KERNEL);
	v->token = kvcalloc(v->nr_tokens, sizeof(*v->token), GFP_KERNEL);
	v->used = bitmap_zalloc(v->nr_tokens, GFP_KERNEL);
	v->replay = bitmap_zalloc(v->nr_tokens, GFP_KERNEL);
	v->move = bitmap_zalloc(v->nr_vectors, GFP_KERNEL);
	if (!v->vector || !v->token || !v->used || !v->replay || !v->move)
		return -ENOMEM;
	for (i = 0; i < v->nr_vectors; i++) {
		v->vector[i].number = i;
		v->vector[i].vectors = v;
		v->vector[i].irq = pci_irq_vector(bus->pdev, i);
		INIT_LIST_HEAD(&v->vector[i].tokens);
	}
	for (i = 0; i < v->nr_tokens; i++)
		WRITE_ONCE(v->map[i], 0);
	return 0;
}

/**
 * pvpci_vectors_exit - free the tables
 * @bus: whose tokens were all given back
 */
void pvpci_vectors_exit(struct pvpci_bus *bus)
{
	struct pvpci_vectors *v = &bus->irq->vectors;

	if (v->vector)
		irq_work_sync(&v->later);
	kvfree(v->vector);
	kvfree(v->token);
	bitmap_free(v->used);
	bitmap_free(v->replay);
	bitmap_free(v->move);
	v->vector = NULL;
	v->token = NULL;
	v->used = NULL;
	v->replay = NULL;
	v->move = NULL;
}

/**
 * pvpci_vectors_restore - write the vector map once more, for a host that has lost it
 * @vectors: of the bus
 *
 * Context: process context.
 */
void pvpci_vectors_restore(struct pvpci_vectors *vectors)
{
	unsigned int i;

	mutex_lock(&vectors->mutex);
	for (i = 0; i < vectors->nr_tokens; i++)
		write_map(vectors, i);
	mutex_unlock(&vectors->mutex);
}
