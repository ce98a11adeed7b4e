/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shared memory that becomes BAR2.
 */
#ifndef PVPCID_MEMORY_H
#define PVPCID_MEMORY_H

#include <stdint.h>

struct error;

#define MEMORY_NAME	"pvpci-bar2"

/**
 * struct memory - a sealed, sparse memfd and its mapping
 * @fd: -1 when there is none
 * @base: where it is mapped
 * @bytes: a power of two
 */
struct memory {
	int fd;
	uint8_t *base;
	uint64_t bytes;
};

/**
 * memory_open - make the memory
 * @memory: the memory
 * @bytes: length
 * @err: filled on failure
 *
 * Its size is sealed, so that no holder of the descriptor can cause SIGBUS.
 * Return: 0, or -1 with @err filled.
 */
int memory_open(struct memory *memory, uint64_t bytes, struct error *err);

/**
 * memory_adopt - map what was made before
 * @memory: filled
 * @fd: ours from now on, whatever becomes of it
 * @bytes: length that it must have
 *
 * Return: 0 or -1.
 */
int memory_adopt(struct memory *memory, int fd, uint64_t bytes);

/** memory_close - the reverse; harmless when it is not open */
void memory_close(struct memory *memory);

/** memory_held - bytes that somebody has touched: what it costs the host */
uint64_t memory_held(const struct memory *memory);

/** memory_clear - zeroes at @offset; gives pages back where that is cheaper */
void memory_clear(struct memory *memory, uint64_t offset, uint64_t bytes);

#endif /* PVPCID_MEMORY_H */
