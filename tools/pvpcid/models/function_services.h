/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a function does for its model.
 *
 * Declared here, beside the models that ask for it, and done by the bus: a
 * test or a fuzzer puts itself in the bus's place. All from the bus thread.
 */
#ifndef PVPCID_FUNCTION_SERVICES_H
#define PVPCID_FUNCTION_SERVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process maps twice as much and no more: the other areas are beside the aperture. */
#define FUNCTION_BAR_MAX_BYTES	(1ULL << 45)

struct error;
struct function;	/* the bus's side of one PCI function */

/* ---- describing the function: inside create() only ------------------- */

/**
 * function_set_ids - what kind of function it is
 * @fn: function
 * @vendor: vendor ID
 * @device: device ID
 * @class_code: 24 bits: base class, sub-class, interface
 * @revision: revision ID
 * @subsystem_vendor: subsystem vendor ID
 * @subsystem: subsystem ID
 */
void function_set_ids(struct function *fn, uint16_t vendor, uint16_t device,
		      uint32_t class_code, uint8_t revision,
		      uint16_t subsystem_vendor, uint16_t subsystem);

/**
 * function_add_bar - declare BAR @bar
 * @fn: function
 * @bar: 0 to 5
 * @bytes: a power of two, 4096 at least
 * @mem64: takes @bar and @bar + 1
 * @prefetch: prefetchable
 * @err: filled on error
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_bar(struct function *fn, unsigned int bar, uint64_t bytes,
		     bool mem64, bool prefetch, struct error *err);

/**
 * function_add_sizes - declare that the guest may choose a smaller size (Resizable BAR)
 * @fn: function
 * @bar: declared before
 * @least: smallest size; it offers all powers of two up to its own
 * @err: filled on error
 *
 * MSI-X table and pending bits must lie within @least.
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_sizes(struct function *fn, unsigned int bar, uint64_t least, struct error *err);

/** function_bar_bytes - the size that a BAR has now, 0 for none */
uint64_t function_bar_bytes(const struct function *fn, unsigned int bar);

/**
 * function_add_msix - declare MSI-X vectors
 * @fn: function
 * @vectors: how many, to 2048
 * @bar: BAR that holds table and pending bits
 * @table: offset of the table in it
 * @pba: offset of the pending bits in it
 * @err: filled on error
 *
 * The bus reads the table and keeps the pending bits; the model keeps off
 * both ranges.
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_msix(struct function *fn, unsigned int vectors, unsigned int bar,
		      uint32_t table, uint32_t pba, struct error *err);

/**
 * function_add_msi - declare MSI vectors, 64-bit and maskable
 * @fn: function
 * @vectors: a power of two to 32
 * @err: filled on error
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_msi(struct function *fn, unsigned int vectors, struct error *err);

/**
 * function_set_soft_reset - going from D3hot to D0 resets the function
 * @fn: function
 *
 * Its No_Soft_Reset bit is then clear.
 */
void function_set_soft_reset(struct function *fn);

/**
 * function_name - how log lines call the function ("bus 1 03.0 nvme")
 * @fn: function
 */
const char *function_name(const struct function *fn);

/**
 * function_serial - "serial" of the configuration, or a stable one made from bus and slot
 * @fn: function
 */
uint64_t function_serial(const struct function *fn);

/**
 * function_keep - memory that outlives us
 * @fn: function
 * @bytes: to 192 KiB
 * @found: result: a pvpcid before us has used it for this very function, and died in the
 *	midst of it; otherwise it is zeroed
 *
 * Pointers in it are nothing after that. What is found was written by another process,
 * maybe of another build: it is checked before it is used.
 * Return: the memory, valid until destroy(); NULL when it is too much
 */
void *function_keep(struct function *fn, size_t bytes, bool *found);

/* ---- at work ----------------------------------------------------------- */

/**
 * function_bar - the bytes of a BAR in the aperture
 * @fn: function
 * @bar: BAR
 * @offset: in it
 * @bytes: length
 *
 * The guest can change them at any time: copy once, check, use.
 * Return: NULL while detached or out of range. Valid until the next detach().
 */
void *function_bar(struct function *fn, unsigned int bar, uint64_t offset, uint64_t bytes);

/**
 * function_conf_entry - from now on another configuration is the function's
 * @fn: function
 * @key: of an array of it
 * @index: in the array, which is made longer with null
 * @value: a new reference, taken; NULL for null
 *
 * It is told to whoever asks, and kept for a pvpcid that comes after us.
 */
void function_conf_entry(struct function *fn, const char *key, unsigned int index, json_t *value);

/**
 * function_interrupt - raise an interrupt (MSI-X or MSI, whichever is on)
 * @fn: function
 * @vector: of those declared
 *
 * Masked vectors become pending and are raised when unmasked. Nothing happens
 * while neither is enabled or bus mastering is off.
 * Return: false when nothing happened.
 */
bool function_interrupt(struct function *fn, unsigned int vector);

/**
 * function_dma - the choke point for guest memory
 * @fn: function
 * @address: guest-physical
 * @bytes: length
 *
 * Hostile memory: copy once, check, use.
 * Return: host address; NULL unless all of them are guest RAM, contiguous
 * here, and bus mastering is on. Valid until the next detach().
 */
void *function_dma(struct function *fn, uint64_t address, uint64_t bytes);

/** function_is_master - may it reach guest memory now? What it does later asks again. */
bool function_is_master(const struct function *fn);

/**
 * function_watch - the bus sleeps on @fd too
 * @fn: function
 * @fd: becomes readable when poll() has something to do (blockio_fd()); poll()
 *	makes it unreadable again. Watch it from create() or attach() on, and
 *	call function_unwatch() before closing it.
 *
 * Return: 0, or negative errno
 */
int function_watch(struct function *fn, int fd);

/**
 * function_unwatch - the bus does not sleep on @fd any more
 * @fn: function
 * @fd: watched
 */
void function_unwatch(struct function *fn, int fd);

/**
 * function_invalidate_blocks - config blocks have other content now
 * @fn: function
 * @blocks: a bit for each; the driver is told
 */
void function_invalidate_blocks(struct function *fn, uint64_t blocks);

#endif /* PVPCID_FUNCTION_SERVICES_H */
