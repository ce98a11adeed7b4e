/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One bus: where the guest's memory is.
 */
#ifndef PVPCID_GUEST_MEMORY_H
#define PVPCID_GUEST_MEMORY_H

#include <stdint.h>

struct bus;
struct dma_view;
struct error;
struct pvpci_memory;

/**
 * bus_map_memory - map what the configuration says, if it does
 * @bus: its guest enters D0, and is idle
 * @err: filled on failure
 *
 * A guest that tells is heard instead.
 * Return: 0, -1 with @err filled.
 */
int bus_map_memory(struct bus *bus, struct error *err);

/** bus_save_memory - what the guest has told, for the next pvpcid; DMA_MAX_PIECES, returns count */
unsigned int bus_save_memory(const struct bus *bus, struct dma_view *views);

/** bus_resume_memory - the reverse: 0, -1 with @err filled */
int bus_resume_memory(struct bus *bus, const struct dma_view *views, unsigned int count,
		      struct error *err);

/* As in struct pvpci_host_ops. */
uint32_t bus_dma_probe(void *context, uint64_t address, uint64_t *value);
uint32_t bus_memory(void *context, struct pvpci_memory *memory);

#endif /* PVPCID_GUEST_MEMORY_H */
