// SPDX-License-Identifier: GPL-2.0
/*
 * How a model describes its function: the services for create().
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "conf/conf.h"
#include "bus/function.h"
#include "layout.h"

#define BAR32_MAX_BYTES		(1ULL << 31)

void function_set_ids(struct function *fn, uint16_t vendor, uint16_t device,
		      uint32_t class_code, uint8_t revision,
		      uint16_t subsystem_vendor, uint16_t subsystem)
{
	fn->want.vendor = vendor;
	fn->want.device = device;
	fn->want.class_code = class_code & 0xffffff;
	fn->want.revision = revision;
	fn->want.subsystem_vendor = subsystem_vendor;
	fn->want.subsystem = subsystem;
}

static int set_bar(struct bar *bar, uint64_t bytes, bool mem64, bool prefetch)
{
	bar->bytes = bytes;
	bar->most = bytes;
	bar->least = bytes;
	bar->flags = (mem64 ? PVPCI_BAR_MEM64 : 0) | (prefetch ? PVPCI_BAR_PREFETCH : 0);
	return 0;
}

int function_add_bar(struct function *fn, unsigned int bar, uint64_t bytes,
		     bool mem64, bool prefetch, struct error *err)
{
	if (bar >= PVPCI_NUM_BARS || (mem64 && bar == PVPCI_NUM_BARS - 1))
		error_set(err, "BAR %u does not exist or has no upper half", bar);
	else if (!pvpci_is_power2(bytes) || bytes < PVPCI_PAGE_BYTES)
		error_set(err, "BAR %u has %llu bytes, which is not a power of two from 4096", bar,
			  (unsigned long long)bytes);
	else if (bytes > (mem64 ? CONF_APERTURE_MAX_BYTES : BAR32_MAX_BYTES))
		error_set(err, "BAR %u has %llu bytes, which is too much for %u bits", bar,
			  (unsigned long long)bytes, mem64 ? 64 : 32);
	else if (fn->bar[bar].bytes || (mem64 && fn->bar[bar + 1].bytes) ||
		 (bar && fn->bar[bar - 1].flags & PVPCI_BAR_MEM64))
		error_set(err, "BAR %u is in use already", bar);
	else
		return set_bar(&fn->bar[bar], bytes, mem64, prefetch);
	return -EINVAL;
}

int function_add_sizes(struct function *fn, unsigned int bar, uint64_t least, struct error *err)
{
	struct bar *b = &fn->bar[bar < PVPCI_NUM_BARS ? bar : 0];

	if (bar >= PVPCI_NUM_BARS || !b->bytes) {
		error_set(err, "BAR %u does not exist", bar);
		return -EINVAL;
	}
	if (!pvpci_is_power2(least) || least < CFGSPACE_SIZE_LEAST || least > b->most) {
		error_set(err, "BAR %u cannot have %llu bytes: a power of two from 1M to its size",
			  bar, (unsigned long long)least);
		return -EINVAL;
	}
	b->least = least;
	return 0;
}

static int set_msix(struct cfgspace_want *want, unsigned int vectors, unsigned int bar,
		    uint32_t table, uint32_t pba)
{
	want->msix = vectors;
	want->msix_bar = bar;
	want->msix_table = table;
	want->msix_pba = pba;
	return 0;
}

int function_add_msix(struct function *fn, unsigned int vectors, unsigned int bar,
		      uint32_t table, uint32_t pba, struct error *err)
{
	uint32_t table_bytes = vectors * 16;
	uint32_t pba_bytes = (vectors + 63) / 64 * 8;

	if (!vectors || vectors > FUNCTION_MAX_VECTORS)
		error_set(err, "%u MSI-X vectors are not 1 to %u", vectors, FUNCTION_MAX_VECTORS);
	else if (bar >= PVPCI_NUM_BARS || table % 8 || pba % 8)
		error_set(err, "MSI-X table and pending bits must be 8-byte aligned in a BAR");
	else if (bar_meets(table, table_bytes, pba, pba_bytes))
		error_set(err, "MSI-X table and pending bits overlap");
	else
		return set_msix(&fn->want, vectors, bar, table, pba);
	return -EINVAL;
}

int function_add_msi(struct function *fn, unsigned int vectors, struct error *err)
{
	if (!pvpci_is_power2(vectors) || vectors > 32) {
		error_set(err, "%u MSI vectors are not a power of two from 1 to 32", vectors);
		return -EINVAL;
	}
	fn->want.msi = vectors;
	return 0;
}

void function_set_soft_reset(struct function *fn)
{
	fn->want.soft_reset = true;
}

const char *function_name(const struct function *fn)
{
	return fn->name;
}

uint64_t function_serial(const struct function *fn)
{
	return fn->serial;
}
