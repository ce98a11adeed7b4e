/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bus for one function, in malloc()ed memory: tests and fuzzers drive a
 * model through it. Memory that a model must not use any more is freed, so
 * that AddressSanitizer sees who does.
 */
#ifndef FAKEBUS_H
#define FAKEBUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "models/function_services.h"
#include "models/model.h"

#define FAKEBUS_LOW_BYTES	(8ULL << 20)	/* guest RAM from 0 */
#define FAKEBUS_HIGH		(4ULL << 30)	/* and some above 4 GiB */
#define FAKEBUS_HIGH_BYTES	(4ULL << 20)
#define FAKEBUS_VECTORS		2048

/**
 * struct function - the bus's side of the function under test
 * @ops: model
 * @model: its state
 * @vendor: from function_set_ids()
 * @device: the same
 * @class_code: the same
 * @bar_bytes: declared size
 * @bar_least: declared smallest size, 0 for no choice
 * @bar_mem64: declared 64-bit
 * @bar: memory while attached
 * @bar_limit: bytes of a BAR that really exist (128 GiB are not allocated)
 * @msix: vectors declared
 * @msix_bar: where
 * @msix_table: where
 * @msix_pba: where
 * @msi: vectors declared
 * @attached: memory-enable is set
 * @master: bus mastering is on
 * @off: interrupts are off
 * @still: guest RAM stays where it is at detach: moving takes time
 * @low: guest RAM
 * @high: guest RAM
 * @interrupts: raised, for each vector
 * @next_page: first guest page not handed out by fakebus_page()
 * @watched: files the model asked the bus to sleep on
 * @soft_reset: function_set_soft_reset() was called
 * @invalid_blocks: invalidated, a bit for each
 * @kept: of function_keep()
 * @found: what it says of it
 * @dma_calls: of function_dma()
 * @dma_refused: of these, answered NULL
 */
struct function {
	const struct model_ops *ops;
	void *model;
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;
	uint64_t bar_bytes[6];
	uint64_t bar_least[6];
	bool bar_mem64[6];
	uint8_t *bar[6];
	uint64_t bar_limit[6];
	unsigned int msix;
	unsigned int msix_bar;
	uint32_t msix_table;
	uint32_t msix_pba;
	unsigned int msi;
	bool attached;
	bool master;
	bool off;
	bool still;
	uint8_t *low;
	uint8_t *high;
	unsigned int interrupts[FAKEBUS_VECTORS];
	uint64_t next_page;
	int watched;
	bool soft_reset;
	uint64_t invalid_blocks;
	void *kept;
	bool found;
	uint64_t dma_calls;
	uint64_t dma_refused;
};

/**
 * fakebus_create - make a function
 * @ops: model
 * @json: its object in the configuration
 * @err: filled on error
 *
 * Return: NULL on error.
 */
struct function *fakebus_create(const struct model_ops *ops, const char *json, struct error *err);

/** fakebus_destroy - detach and free */
void fakebus_destroy(struct function *fn);

/** fakebus_attach - set memory-enable and bus mastering */
void fakebus_attach(struct function *fn);

/** fakebus_detach - clear memory-enable; guest RAM moves in host memory */
void fakebus_detach(struct function *fn);

/** fakebus_page - guest-physical address of @count fresh pages, zeroed */
uint64_t fakebus_page(struct function *fn, unsigned int count);

/** fakebus_ram - host address of guest memory, for the test itself; NULL when it is not RAM */
void *fakebus_ram(struct function *fn, uint64_t address, uint64_t bytes);

/** fakebus_poll - poll until there is nothing to do and the model is not busy */
void fakebus_poll(struct function *fn);

#endif /* FAKEBUS_H */
