/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupt tokens of the functions and the transport vectors that carry them.
 */
#ifndef _PVPCI_VECTOR_H
#define _PVPCI_VECTOR_H

#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct pvpci_bus;

extern unsigned int pvpci_max_vectors;

/**
 * struct pvpci_vector - one transport vector
 * @number: of the MSI-X vector; 0 is the rings' first of all
 * @irq: its Linux interrupt
 * @data: of @irq
 * @active: the interrupt is requested
 * @nr_tokens: how many device vectors it carries
 * @direct: the token that the host rings without setting its pending bit: the
 *	only one on a vector that was never shared, and for a moment after
 * @direct_until: jiffies when that moment is over, when @direct is shared
 * @cpu: processor that it was asked to run on last
 * @told: processor that it runs on, as its tokens' interrupts say
 * @vectors: what it belongs to
 */
struct pvpci_vector {
	unsigned int number;
	unsigned int irq;
	struct irq_data *data;
	bool active;
	unsigned int nr_tokens;
	struct pvpci_token *direct;
	unsigned long direct_until;
	unsigned int cpu;
	unsigned int told;
	struct pvpci_vectors *vectors;
};

/**
 * struct pvpci_token - one device vector
 * @virq: its Linux interrupt, 0 while there is none
 * @vector: transport vector that carries it, NULL when the token is free
 * @shared: the host sets its pending bit before it rings
 * @spares: tokens after it that are taken with it and never raised
 */
struct pvpci_token {
	unsigned int virq;
	struct pvpci_vector *vector;
	bool shared;
	unsigned int spares;
};

/**
 * struct pvpci_vectors - all vectors and tokens of a bus
 * @mutex: protects @used and which token is on which vector
 * @vector: transport vectors; entry 0 is the rings', and shared when there is no other
 * @nr_vectors: entries of @vector
 * @budget: transport vectors taken from the budget of all buses
 * @token: tokens
 * @nr_tokens: entries of @token
 * @used: tokens taken
 * @nr_words: words of @used and of @pending from the first to the last with a token taken
 * @may_share: the host honours pending bits
 * @may_share_rings: and also rings vector 0 for a token
 * @exhausted: the system has no more interrupt vectors for us now
 * @map: vector map, in shared memory, written here
 * @pending: pending bits, in shared memory, set by the host
 * @later: does what must not be done under the lock of an interrupt
 * @replay: tokens to be raised again by @later
 * @move: vectors to be steered by @later
 * @follow: vectors that have been moved, whose tokens @later tells of it
 */
struct pvpci_vectors {
	struct mutex mutex;
	struct pvpci_vector *vector;
	unsigned int nr_vectors;
	unsigned int budget;
	struct pvpci_token *token;
	unsigned int nr_tokens;
	unsigned long *used;
	unsigned int nr_words;
	bool may_share;
	bool may_share_rings;
	bool exhausted;
	__le32 *map;
	unsigned long *pending;
	struct irq_work later;
	unsigned long *replay;
	unsigned long *move;
	unsigned long *follow;
};

/**
 * struct pvpci_vector_usage - figures for debugfs
 * @vectors: transport vectors for devices
 * @active: transport vectors that carry tokens, the rings' too
 * @shared: of them with more than one, or one and the rings
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
int pvpci_tokens_take(struct pvpci_vectors *vectors, unsigned int count, unsigned int *first);
void pvpci_token_give(struct pvpci_vectors *vectors, unsigned int number);
void pvpci_token_replay(struct pvpci_vectors *vectors, unsigned int token);
void pvpci_vectors_usage(struct pvpci_vectors *vectors, struct pvpci_vector_usage *usage);

#endif /* _PVPCI_VECTOR_H */
