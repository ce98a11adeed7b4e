/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest RAM of which the guest tells: in which of QEMU's files a range is.
 */
#ifndef PVPCID_DMA_TOLD_H
#define PVPCID_DMA_TOLD_H

#include <stdint.h>
#include <sys/types.h>

#include "io/dma.h"

struct error;

#define DMA_MARK_STRIDE		(1ULL << 20)	/* modulo this addresses and offsets are alike */

/**
 * struct dma_range - of guest-physical addresses; neither empty nor beyond 2^64
 * @address: start
 * @bytes: length
 */
struct dma_range {
	uint64_t address;
	uint64_t bytes;
};

/**
 * struct dma_view - a piece, as another process can find it again
 * @range: guest-physical
 * @offset: of it in the file
 * @device: of the file, as stat() has it
 * @inode: of the file
 */
struct dma_view {
	struct dma_range range;
	uint64_t offset;
	uint64_t device;
	uint64_t inode;
};

/**
 * dma_tell_marked - look for a mark in all memory of QEMU
 * @dma: gets what is found; what was known of these addresses before is forgotten
 * @peer: QEMU's process
 * @range: what the guest asks for; becomes the part that is reached
 * @at: where the guest has written the mark
 * @mark: 32 bytes (PVPCI_MARK_BYTES)
 * @err: filled on failure
 *
 * Looks at 32 bytes in each MiB of shared memory at most.
 * Return: 1 found, 0 not found, -1 with @err filled.
 */
int dma_tell_marked(struct dma *dma, pid_t peer, struct dma_range *range, uint64_t at,
		    const uint8_t *mark, struct error *err);

/**
 * dma_tell_alike - a range whose file is the one of the nearest piece
 * @dma: gets it
 * @range: becomes what the file has of it
 * @err: filled on failure
 *
 * Return: 1 found, 0 when that file does not reach as far, -1 with @err filled.
 */
int dma_tell_alike(struct dma *dma, struct dma_range *range, struct error *err);

/**
 * dma_tell_gone - a range is not RAM any more
 * @dma: mapped
 * @range: any
 * @err: filled on failure
 *
 * A file that nothing else is in is let go, so that its memory is free once QEMU lets go.
 * Return: 0, -1 with @err filled and nothing changed.
 */
int dma_tell_gone(struct dma *dma, const struct dma_range *range, struct error *err);

/** dma_views_get - what is known, for the next process; @dma->count of them */
void dma_views_get(const struct dma *dma, struct dma_view *views);

/**
 * dma_views_set - know again what another process knew
 * @dma: with nothing mapped
 * @views: of the same QEMU
 * @count: of @views
 * @peer: its process
 * @err: filled on failure
 *
 * Return: 0, -1 with @err filled and nothing mapped.
 */
int dma_views_set(struct dma *dma, const struct dma_view *views, unsigned int count, pid_t peer,
		  struct error *err);

#endif /* PVPCID_DMA_TOLD_H */
