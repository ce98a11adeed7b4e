// SPDX-License-Identifier: GPL-2.0
/*
 * A bus for one function, in malloc()ed memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fakebus.h"

#define BAR_LIMIT	(2ULL << 20)

void function_conf_entry(struct function *fn, const char *key, unsigned int index, json_t *value)
{
	(void)fn;
	(void)key;
	(void)index;
	json_decref(value);
}

void *function_keep(struct function *fn, size_t bytes, bool *found)
{
	*found = fn->found;
	if (!fn->kept)
		fn->kept = calloc(1, bytes);
	return fn->kept;
}

/* ---- what the model calls -------------------------------------------------- */

void function_set_ids(struct function *fn, uint16_t vendor, uint16_t device,
		      uint32_t class_code, uint8_t revision,
		      uint16_t subsystem_vendor, uint16_t subsystem)
{
	(void)revision;
	(void)subsystem_vendor;
	(void)subsystem;
	fn->vendor = vendor;
	fn->device = device;
	fn->class_code = class_code;
}

int function_add_bar(struct function *fn, unsigned int bar, uint64_t bytes,
		     bool mem64, bool prefetch, struct error *err)
{
	(void)prefetch;
	if (bar > 5 || (mem64 && bar > 4) || fn->bar_bytes[bar] || bytes < 4096 ||
	    bytes & (bytes - 1)) {
		error_set(err, "BAR %u of %llu bytes is wrong", bar, (unsigned long long)bytes);
		return -1;
	}
	fn->bar_bytes[bar] = bytes;
	fn->bar_mem64[bar] = mem64;
	fn->bar_limit[bar] = bytes < BAR_LIMIT ? bytes : BAR_LIMIT;
	return 0;
}

int function_add_sizes(struct function *fn, unsigned int bar, uint64_t least, struct error *err)
{
	if (bar > 5 || least < 1 << 20 || least > fn->bar_bytes[bar]) {
		error_set(err, "BAR %u cannot have %llu bytes", bar, (unsigned long long)least);
		return -1;
	}
	fn->bar_least[bar] = least;
	return 0;
}

uint64_t function_bar_bytes(const struct function *fn, unsigned int bar)
{
	return fn->bar_bytes[bar];
}

int function_add_msix(struct function *fn, unsigned int vectors, unsigned int bar,
		      uint32_t table, uint32_t pba, struct error *err)
{
	if (bar > 5 || table + 16ULL * vectors > fn->bar_bytes[bar] ||
	    pba + vectors / 8 > fn->bar_bytes[bar]) {
		error_set(err, "MSI-X outside its BAR");
		return -1;
	}
	fn->msix = vectors;
	fn->msix_bar = bar;
	fn->msix_table = table;
	fn->msix_pba = pba;
	return 0;
}

int function_add_msi(struct function *fn, unsigned int vectors, struct error *err)
{
	if (vectors > 32 || vectors & (vectors - 1)) {
		error_set(err, "%u MSI vectors", vectors);
		return -1;
	}
	fn->msi = vectors;
	return 0;
}

void function_set_soft_reset(struct function *fn)
{
	fn->soft_reset = true;
}

void function_invalidate_blocks(struct function *fn, uint64_t blocks)
{
	fn->invalid_blocks |= blocks;
}

const char *function_name(const struct function *fn)
{
	(void)fn;
	return "bus 1 03.0 test";
}

uint64_t function_serial(const struct function *fn)
{
	(void)fn;
	return 0x18018;
}

void *function_bar(struct function *fn, unsigned int bar, uint64_t offset, uint64_t bytes)
{
	if (bar > 5 || !fn->bar[bar] || offset > fn->bar_bytes[bar] ||
	    bytes > fn->bar_bytes[bar] - offset)
		return NULL;
	if (offset + bytes > fn->bar_limit[bar]) {
		fprintf(stderr, "fakebus: BAR %u has no memory at %llx\n", bar,
			(unsigned long long)(offset + bytes));
		abort();
	}
	return fn->bar[bar] + offset;
}

bool function_interrupt(struct function *fn, unsigned int vector)
{
	unsigned int vectors = fn->msix > fn->msi ? fn->msix : fn->msi;

	if (vector >= vectors) {
		fprintf(stderr, "fakebus: vector %u of %u\n", vector, vectors);
		abort();
	}
	if (fn->master && !fn->off)
		fn->interrupts[vector]++;
	return fn->master && !fn->off;
}

void *fakebus_ram(struct function *fn, uint64_t address, uint64_t bytes)
{
	if (address < FAKEBUS_LOW_BYTES && bytes <= FAKEBUS_LOW_BYTES - address)
		return fn->low + address;
	if (address >= FAKEBUS_HIGH && address - FAKEBUS_HIGH < FAKEBUS_HIGH_BYTES &&
	    bytes <= FAKEBUS_HIGH_BYTES - (address - FAKEBUS_HIGH))
		return fn->high + (address - FAKEBUS_HIGH);
	return NULL;
}

bool function_is_master(const struct function *fn)
{
	return fn->attached && fn->master;
}

void *function_dma(struct function *fn, uint64_t address, uint64_t bytes)
{
	void *host = function_is_master(fn) && bytes ? fakebus_ram(fn, address, bytes) : NULL;

	fn->dma_calls++;
	if (!host)
		fn->dma_refused++;
	return host;
}

int function_watch(struct function *fn, int fd)
{
	if (fd < 0)
		return -1;
	fn->watched++;
	return 0;
}

void function_unwatch(struct function *fn, int fd)
{
	(void)fd;
	fn->watched--;
}

/* ---- what the test calls ----------------------------------------------------- */

struct function *fakebus_create(const struct model_ops *ops, const char *json, struct error *err)
{
	struct function *fn = calloc(1, sizeof(*fn));
	json_error_t where;
	json_t *conf;

	memset(err, 0, sizeof(*err));
	conf = json_loads(json, 0, &where);
	if (!fn || !conf) {
		error_set(err, "JSON: %s", conf ? "out of memory" : where.text);
		json_decref(conf);
		free(fn);
		return NULL;
	}
	fn->ops = ops;
	fn->low = calloc(1, FAKEBUS_LOW_BYTES);
	fn->high = calloc(1, FAKEBUS_HIGH_BYTES);
	fn->next_page = 0x10000;
	fn->model = ops->create(fn, conf, err);
	json_decref(conf);
	if (!fn->model) {
		free(fn->kept);
		free(fn->low);
		free(fn->high);
		free(fn);
		return NULL;
	}
	return fn;
}

void fakebus_destroy(struct function *fn)
{
	fakebus_detach(fn);
	fn->ops->destroy(fn->model);
	if (fn->watched) {
		fprintf(stderr, "fakebus: %d files still watched\n", fn->watched);
		abort();
	}
	free(fn->kept);
	free(fn->low);
	free(fn->high);
	free(fn);
}

void fakebus_attach(struct function *fn)
{
	unsigned int i;

	if (fn->attached)
		return;
	for (i = 0; i < 6; i++) {
		if (!fn->bar_bytes[i])
			continue;
		fn->bar[i] = malloc(fn->bar_limit[i]);
		/* What was there before is not the model's. */
		memset(fn->bar[i], 0xa5, fn->bar_limit[i]);
	}
	fn->attached = true;
	fn->master = true;
	fn->ops->attach(fn->model);
}

static uint8_t *move(uint8_t *memory, uint64_t bytes)
{
	uint8_t *copy = malloc(bytes);

	memcpy(copy, memory, bytes);
	free(memory);
	return copy;
}

void fakebus_detach(struct function *fn)
{
	unsigned int i;

	if (!fn->attached)
		return;
	fn->ops->detach(fn->model);
	fn->attached = false;
	for (i = 0; i < 6; i++) {
		free(fn->bar[i]);
		fn->bar[i] = NULL;
	}
	if (fn->still)
		return;
	fn->low = move(fn->low, FAKEBUS_LOW_BYTES);
	fn->high = move(fn->high, FAKEBUS_HIGH_BYTES);
}

uint64_t fakebus_page(struct function *fn, unsigned int count)
{
	uint64_t address = fn->next_page;

	fn->next_page += 4096ULL * count;
	if (fn->next_page > FAKEBUS_LOW_BYTES)
		abort();
	memset(fn->low + address, 0, 4096ULL * count);
	return address;
}

void fakebus_poll(struct function *fn)
{
	unsigned int quiet = 0;

	while (quiet < 3) {
		bool found = fn->ops->poll(fn->model);
		bool busy = fn->ops->busy && fn->ops->busy(fn->model);

		quiet = found || busy ? 0 : quiet + 1;
		if (!found && busy)
			nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
	}
}
