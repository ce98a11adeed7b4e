/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupt tokens of the functions and the transport vectors that carry them.
 */
#ifndef _PVPCI_VECTOR_H
#define _PVPCI_VECTOR_H

#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct pvpci_bus;

extern unsigned int pvpci_max_vectors;

/**
 * struct pvpci_vector - one transport vector
 * @number: of the MSI-X vector, 1 and up
 * @irq: its Linux interrupt
 * @active: the interrupt is requested
 * @nr_tokens: how many device vectors it carries
 * @tokens: the tokens, read under RCU by the interrupt
 * @cpu: processor that it is steered to
 * @vectors: what it belongs to
 */
struct pvpci_vector {
	unsigned int number;
	unsigned int irq;
	bool active;
	unsigned int nr_tokens;
	struct list_head tokens;
	unsigned int cpu;
	struct pvpci_vectors *vectors;
};

/**
 * struct pvpci_token - one device vector
 * @virq: its Linux interrupt, 0 while there is none
 * @vector: transport vector that carries it, NULL when the token is free
 * @node: in pvpci_vector.tokens
 * @shared: the host sets its pending bit before it rings
 * @direct_until: for a token that became shared: until when (jiffies) the
 *	host may still ring without setting the bit
 */
struct pvpci_token {
	unsigned int virq;
	struct pvpci_vector *vector;
	struct list_head node;
	bool shared;
	unsigned long direct_until;
};

/**
 * struct pvpci_vectors - all vectors and tokens of a bus
 * @mutex: protects @used and which token is on which vector
 * @vector: transport vectors; entry 0 is the rings' and not used here
 * @nr_vectors: entries of @vector
 * @budget: transport vectors taken from the budget of all buses
 * @token: tokens
 * @nr_tokens: entries of @token
 * @used: tokens taken
 * @may_share: the host honours pending bits
 * @exhausted: the system has no more interrupt vectors for us now
 * @map: vector map, in shared memory, written here
 * @pending: pending bits, in shared memory, set by the host
 * @later: does what must not be done under the lock of an interrupt
 * @replay: tokens to be raised again by @later
 * @move: vectors to be steered by @later
 */
struct pvpci_vectors {
	struct mutex mutex;
	struct pvpci_vector *vector;
	unsigned int nr_vectors;
	unsigned int budget;
	struct pvpci_token *token;
	unsigned int nr_tokens;
	unsigned long *used;
	bool may_share;
	bool exhausted;
	__le32 *map;
	unsigned long *pending;
	struct irq_work later;
	unsigned long *replay;
	unsigned long *move;
};

/**
 * struct pvpci_vector_usage - figures for debugfs
 * @vectors: transport vectors for devices
 * @active: of them in use
 * @shared: of them with more than one token
 * @tokens: tokens taken
 */
struct pvpci_vector_usage {
	unsigned int vectors;
	unsigned int active;
	unsigned int shared;
	unsigned int tokens;
};

unsigned int pvpci_vectors_reserve(struct pvpci_bus *bus);
void pvpci_vectors_unreserve(struct pvpci_bus *bus);
void pvpci_vectors_restore(struct pvpci_vectors *vectors);
int pvpci_vectors_init(struct pvpci_bus *bus);
void pvpci_vectors_exit(struct pvpci_bus *bus);
int pvpci_tokens_take(struct pvpci_vectors *vectors, unsigned int count, unsigned int align,
		      unsigned int *first);
void pvpci_tokens_give(struct pvpci_vectors *vectors, unsigned int first, unsigned int count);
int pvpci_token_steer(struct pvpci_vectors *vectors, unsigned int token,
		      const struct cpumask *mask);
void pvpci_token_replay(struct pvpci_vectors *vectors, unsigned int token);
void pvpci_vectors_usage(struct pvpci_vectors *vectors, struct pvpci_vector_usage *usage);

#endif /* _PVPCI_VECTOR_H */
