/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest RAM: the one place where a guest-physical address becomes a pointer.
 */
#ifndef PVPCID_DMA_H
#define PVPCID_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define DMA_MAX_SEGMENTS	8
#define DMA_MAX_FILES		64
#define DMA_MAX_PIECES		128

/**
 * enum dma_machine - where QEMU puts RAM in the guest's address space
 * @DMA_MACHINE_NONE: not said
 * @DMA_MACHINE_Q35: -machine q35
 * @DMA_MACHINE_PC: -machine pc
 * @DMA_MACHINE_VIRT: -machine virt of qemu-system-aarch64
 * @DMA_MACHINES: number of them
 */
enum dma_machine {
	DMA_MACHINE_NONE,
	DMA_MACHINE_Q35,
	DMA_MACHINE_PC,
	DMA_MACHINE_VIRT,
	DMA_MACHINES
};

/**
 * struct dma_segment - a piece of guest RAM
 * @address: guest-physical
 * @bytes: length; 0 for the rest of the file
 * @offset: in the file
 * @file: path, owned
 */
struct dma_segment {
	uint64_t address;
	uint64_t bytes;
	uint64_t offset;
	char *file;
};

/**
 * struct dma_conf - what the configuration says of guest RAM
 * @machine: with @file, and with @peer for a guest that does not tell: where its bytes appear
 * @file: backing file of all RAM, or NULL; owned
 * @peer: find the files among those of the QEMU that connects
 * @count: of @map
 * @map: explicit pieces
 */
struct dma_conf {
	enum dma_machine machine;
	char *file;
	bool peer;
	unsigned int count;
	struct dma_segment map[DMA_MAX_SEGMENTS];
};

/**
 * struct dma_piece - a mapped piece
 * @address: guest-physical
 * @bytes: length
 * @host: where it is mapped
 */
struct dma_piece {
	uint64_t address;
	uint64_t bytes;
	uint8_t *host;
};

/**
 * struct dma_file - a mapped file
 * @base: where
 * @bytes: length of the mapping
 * @device: as stat() has it, like @inode
 * @inode: 0 when no piece needs the file any more
 */
struct dma_file {
	uint8_t *base;
	size_t bytes;
	uint64_t device;
	uint64_t inode;
};

/**
 * struct dma - guest RAM as mapped
 * @count: of @piece; 0 while nothing is mapped
 * @piece: ranges that may be used
 * @files: of @file
 * @file: what they lie in; stays mapped until dma_unmap(), as I/O may be under way
 */
struct dma {
	unsigned int count;
	struct dma_piece piece[DMA_MAX_PIECES];
	unsigned int files;
	struct dma_file file[DMA_MAX_FILES];
};

/** dma_machine_parse - "q35", "pc" or "virt"; DMA_MACHINE_NONE for anything else */
enum dma_machine dma_machine_parse(const char *name);

/** dma_configured - does the daemon see guest RAM at all? */
bool dma_configured(const struct dma_conf *conf);

/**
 * dma_layout - the pieces of RAM of a machine
 * @machine: not DMA_MACHINE_NONE
 * @bytes: RAM
 * @pieces: filled, without files; DMA_MAX_SEGMENTS long
 *
 * Ranges of the first MiB that never are RAM for a device are left out.
 * Return: number of pieces.
 */
unsigned int dma_layout(enum dma_machine machine, uint64_t bytes, struct dma_segment *pieces);

/**
 * dma_map - map guest RAM
 * @err: filled on failure
 * @dma: what was mapped before is unmapped
 * @conf: where it is
 * @peer: process that owns the guest, for @conf->peer; 0 when not known
 *
 * Return: 0, or -1 with @err filled and nothing mapped.
 */
int dma_map(struct dma *dma, const struct dma_conf *conf, pid_t peer, struct error *err);

/**
 * dma_check - could it be mapped, as far as that can be known without a guest?
 * @conf: where it is
 * @err: filled on failure
 *
 * Files that are not there are only logged: QEMU makes them when it starts.
 * Return: 0, or -1 with @err filled.
 */
int dma_check(const struct dma_conf *conf, struct error *err);

/**
 * dma_map_file - map a file, or a part of it
 * @dma: gets one more file
 * @fd: of it, still the caller's
 * @offset: of the part, a multiple of the page size
 * @bytes: of the part
 * @err: filled on failure
 *
 * Return: where it is, NULL with @err filled.
 */
uint8_t *dma_map_file(struct dma *dma, int fd, uint64_t offset, uint64_t bytes, struct error *err);

/** dma_unmap - the reverse; harmless when nothing is mapped */
void dma_unmap(struct dma *dma);

/**
 * dma_at - the choke point
 * @dma: mapped guest RAM
 * @address: guest-physical
 * @bytes: length
 *
 * Return: host address of @bytes bytes at guest-physical @address, NULL unless
 * all of them are RAM and contiguous here.
 */
void *dma_at(const struct dma *dma, uint64_t address, uint64_t bytes);

/** dma_conf_free - free what it owns */
void dma_conf_free(struct dma_conf *conf);

/**
 * dma_guard - survive a backing file that shrinks
 * @dma: whose mappings to watch; one for each process
 *
 * Installs a SIGBUS handler. A fault in guest RAM puts zeroes there and makes
 * dma_faulted() true; any other SIGBUS ends the process as it always does.
 */
void dma_guard(const struct dma *dma);

/** dma_faulted - did guest RAM vanish under us since the last call? */
bool dma_faulted(void);

#endif /* PVPCID_DMA_H */
