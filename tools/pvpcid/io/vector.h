/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transport vectors: eventfds that interrupt the guest.
 */
#ifndef PVPCID_VECTOR_H
#define PVPCID_VECTOR_H

#include <stdint.h>

struct error;

/**
 * struct vectors - the guest's vectors and the daemon's doorbell
 * @count: vectors
 * @fd: eventfd of each
 * @doorbell: eventfd that the guest rings
 * @rung: times each was rung
 * @rings: all of them
 */
struct vectors {
	unsigned int count;
	int *fd;
	int doorbell;
	uint64_t *rung;
	uint64_t rings;
};

/**
 * vectors_open - make the eventfds
 * @vectors: filled
 * @count: number of functions
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled.
 */
int vectors_open(struct vectors *vectors, unsigned int count, struct error *err);

/**
 * vectors_store - leave them to the keeper
 * @vectors: open
 * @generation: of the bus: others may lie there still
 */
void vectors_store(const struct vectors *vectors, uint32_t generation);

/** vectors_drop - what vectors_store() left of @count vectors is not needed any more */
void vectors_drop(unsigned int count, uint32_t generation);

/** vectors_adopt - take what vectors_store() left; return 0, or -1 when any is missing */
int vectors_adopt(struct vectors *vectors, unsigned int count, uint32_t generation);

/** vectors_close - the reverse; harmless when they are not open */
void vectors_close(struct vectors *vectors);

/** vectors_ring - interrupt the guest; never blocks; @vector below @count */
void vectors_ring(struct vectors *vectors, unsigned int vector);

#endif /* PVPCID_VECTOR_H */
