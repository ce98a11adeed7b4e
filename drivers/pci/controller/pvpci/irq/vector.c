// SPDX-License-Identifier: GPL-2.0
/*
 * Device vectors on transport vectors.
 *
 * Each token gets a transport vector of its own while there are any. Then
 * tokens share: the host sets the token's bit in shared memory and rings, and
 * the interrupt serves the tokens whose bit it can clear. When there is no vector
 * but the rings', they share that one. A token that was alone and gets company
 * may be rung once more by a host that read the vector map before it changed, so
 * for a moment it is served without its bit too.
 */
#include <linux/bitmap.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core/bus.h"
#include "irq/affinity.h"
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

static void raise(struct pvpci_token *token)
{
	unsigned int virq = READ_ONCE(token->virq);

	if (virq)
		generic_handle_irq(virq);
}

/* Each word of the host's is looked at once: one that sets bits for ever does not hold us. */
static void raise_pending(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	unsigned int i, number, nr_words = READ_ONCE(vectors->nr_words);

	for (i = 0; i < nr_words; i++) {
		unsigned long word = READ_ONCE(vectors->pending[i]);

		for (; word; word &= word - 1) {
			number = i * BITS_PER_LONG + __ffs(word);
			if (number < vectors->nr_tokens &&
			    READ_ONCE(vectors->token[number].vector) == vector &&
			    test_and_clear_bit(number, vectors->pending))
				raise(&vectors->token[number]);
		}
	}
}

static irqreturn_t vector_interrupt(int irq, void *context)
{
	struct pvpci_vector *vector = context;
	struct pvpci_vectors *vectors = vector->vectors;
	struct pvpci_token *direct = READ_ONCE(vector->direct);
	bool shared = !direct || READ_ONCE(direct->shared);

	pvpci_affinity_look(vectors, vector);
	if (direct && (!shared || time_before(jiffies, READ_ONCE(vector->direct_until))))
		raise(direct);
	if (shared)
		raise_pending(vectors, vector);
	return IRQ_HANDLED;
}

/* What an irq_chip callback, under the lock of its interrupt, left to do. */
static void do_later(struct irq_work *work)
{
	struct pvpci_vectors *vectors = container_of(work, struct pvpci_vectors, later);
	unsigned int i;

	pvpci_affinity_later(vectors);
	for_each_set_bit(i, vectors->replay, vectors->nr_tokens)
		if (test_and_clear_bit(i, vectors->replay))
			raise(&vectors->token[i]);
}

static int activate(struct pvpci_vector *vector)
{
	/* The handler runs other interrupts' handlers: never in a thread. */
	unsigned long flags = IRQF_NO_THREAD;
	int ret;

	/* Its tokens say where it runs, and not irqbalance; the rings' has other users. */
	flags |= vector->number ? IRQF_NOBALANCING : IRQF_SHARED;
	ret = request_irq(vector->irq, vector_interrupt, flags, "pvpci", vector);
	if (ret)
		return ret;
	pvpci_affinity_start(vector);
	WRITE_ONCE(vector->active, true);
	return 0;
}

/* A vector of its own, or the one with the fewest tokens, or the rings'. */
static struct pvpci_vector *choose(struct pvpci_vectors *vectors)
{
	struct pvpci_vector *best = NULL, *rings = &vectors->vector[0];
	unsigned int i;

	for (i = 1; i < vectors->nr_vectors; i++) {
		struct pvpci_vector *vector = &vectors->vector[i];

		if (!vector->active) {
			if (vectors->exhausted)
				continue;
			if (!activate(vector))
				return vector;
			/* -ENOSPC: the rest of the system needs them. */
			vectors->exhausted = true;
		} else if (!best || vector->nr_tokens < best->nr_tokens) {
			best = vector;
		}
	}
	if (!vectors->may_share)
		return NULL;
	if (!best && vectors->may_share_rings && (rings->active || !activate(rings)))
		best = rings;
	return best;
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

/* A vector's only token gets company. */
static void share(struct pvpci_vectors *vectors, struct pvpci_vector *vector)
{
	struct pvpci_token *token = vector->direct;
	unsigned int number;

	if (!token || token->shared)
		return;
	number = token - vectors->token;
	WRITE_ONCE(vector->direct_until, jiffies + GRACE);
	clear_bit(number, vectors->pending);
	WRITE_ONCE(token->shared, true);
	write_map(vectors, number);
}

static int attach(struct pvpci_vectors *vectors, unsigned int number)
{
	struct pvpci_token *token = &vectors->token[number];
	struct pvpci_vector *vector = choose(vectors);

	if (!vector)
		return -ENOSPC;
	clear_bit(number, vectors->pending);
	token->spares = 0;
	token->shared = !vector->number || vector->nr_tokens;
	WRITE_ONCE(vector->nr_tokens, vector->nr_tokens + 1);
	WRITE_ONCE(token->vector, vector);
	if (token->shared)
		share(vectors, vector);
	else
		WRITE_ONCE(vector->direct, token);
	write_map(vectors, number);
	return 0;
}

static void detach(struct pvpci_vectors *vectors, unsigned int number)
{
	struct pvpci_token *token = &vectors->token[number];
	struct pvpci_vector *vector = token->vector;

	if (!vector)
		return;
	WRITE_ONCE(token->vector, NULL);
	write_map(vectors, number);
	WRITE_ONCE(token->virq, 0);
	if (vector->direct == token)
		WRITE_ONCE(vector->direct, NULL);
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

/* The last token says how far the interrupt has to look. */
static void count_words(struct pvpci_vectors *vectors)
{
	unsigned long last = find_last_bit(vectors->used, vectors->nr_tokens);

	WRITE_ONCE(vectors->nr_words,
		   last < vectors->nr_tokens ? BITS_TO_LONGS(last + 1) : 0);
}

/**
 * pvpci_tokens_take - take tokens, each on a transport vector
 * @vectors: of the bus
 * @count: how many, in a row; the function counts up in the low bits of the first,
 *	to the next power of two, so the row is as long, and what is above @count
 *	is spare
 * @first: gets the first
 *
 * Context: process context.
 * Return: 0, or -ENOSPC when there are not enough tokens or vectors.
 */
int pvpci_tokens_take(struct pvpci_vectors *vectors, unsigned int count, unsigned int *first)
{
	unsigned int i, row = roundup_pow_of_two(count);
	unsigned long start;
	int ret = 0;

	mutex_lock(&vectors->mutex);
	start = bitmap_find_next_zero_area(vectors->used, vectors->nr_tokens, 0, row, row - 1);
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
	bitmap_set(vectors->used, start, row);
	vectors->token[start + count - 1].spares = row - count;
	count_words(vectors);
	*first = start;
out:
	mutex_unlock(&vectors->mutex);
	return ret;
}

/**
 * pvpci_token_give - give a token back, and the spare ones after it
 * @vectors: of the bus
 * @number: the token; its interrupt has no handler any more
 *
 * Context: process context.
 */
void pvpci_token_give(struct pvpci_vectors *vectors, unsigned int number)
{
	mutex_lock(&vectors->mutex);
	detach(vectors, number);
	bitmap_clear(vectors->used, number, 1 + vectors->token[number].spares);
	count_words(vectors);
	mutex_unlock(&vectors->mutex);
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
	usage->vectors = vectors->nr_vectors - 1;
	for (i = 0; i < vectors->nr_vectors; i++) {
		usage->active += vectors->vector[i].active;
		usage->shared += vectors->vector[i].nr_tokens > (i > 0);
	}
	usage->tokens = bitmap_weight(vectors->used, vectors->nr_tokens);
	mutex_unlock(&vectors->mutex);
}

static void warn_of_few(struct pvpci_bus *bus)
{
	if (bus->irq->vectors.nr_vectors > 1 || pvpci_max_vectors == 1)
		return;
	dev_warn(&bus->pdev->dev, "There is one interrupt vector, %s: write vectors=64 behind \"-device ivshmem-doorbell\", or <msi vectors='64'/> for libvirt.\n",
		 bus->irq->vectors.may_share_rings ? "which all functions share" :
		 "for messages, and none for functions");
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
	v->may_share_rings = bus->wire.features & PVPCI_F_RING_VECTOR;
	v->map = bus->wire.transport.area[PVPCI_AREA_VECTOR_MAP];
	v->pending = bus->wire.transport.area[PVPCI_AREA_VECTOR_PENDING];
	v->later = IRQ_WORK_INIT_HARD(do_later);
	v->vector = kvcalloc(v->nr_vectors, sizeof(*v->vector), GFP_KERNEL);
	v->token = kvcalloc(v->nr_tokens, sizeof(*v->token), GFP_KERNEL);
	v->used = bitmap_zalloc(v->nr_tokens, GFP_KERNEL);
	v->replay = bitmap_zalloc(v->nr_tokens, GFP_KERNEL);
	v->move = bitmap_zalloc(v->nr_vectors, GFP_KERNEL);
	v->follow = bitmap_zalloc(v->nr_vectors, GFP_KERNEL);
	if (!v->vector || !v->token || !v->used || !v->replay || !v->move || !v->follow)
		return -ENOMEM;
	for (i = 0; i < v->nr_vectors; i++) {
		v->vector[i].number = i;
		v->vector[i].vectors = v;
		v->vector[i].irq = pci_irq_vector(bus->pdev, i);
		v->vector[i].data = irq_get_irq_data(v->vector[i].irq);
	}
	for (i = 0; i < v->nr_tokens; i++)
		WRITE_ONCE(v->map[i], 0);
	warn_of_few(bus);
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
	bitmap_free(v->follow);
	v->vector = NULL;
	v->token = NULL;
	v->used = NULL;
	v->replay = NULL;
	v->move = NULL;
	v->follow = NULL;
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
