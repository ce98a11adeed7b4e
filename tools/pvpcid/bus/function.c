// SPDX-License-Identifier: GPL-2.0
/*
 * The bus's side of one PCI function: its life and its row in the table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bus/bus.h"
#include "bus/function_conf.h"
#include "shm.h"

/* What the model declared must fit together before the guest sees it. */
static int check_description(const struct function *fn, struct error *err)
{
	if (!fn->want.vendor || fn->want.vendor == 0xffff) {
		error_set(err, "%s declares no vendor ID", fn->name);
		return -1;
	}
	if (fn->want.msix &&
	    (fn->want.msix_table + fn->want.msix * 16ULL > fn->bar[fn->want.msix_bar].least ||
	     fn->want.msix_pba + (fn->want.msix + 63) / 64 * 8ULL >
	     fn->bar[fn->want.msix_bar].least)) {
		error_set(err, "%s has no room for its MSI-X table in BAR %u", fn->name,
			  fn->want.msix_bar);
		return -1;
	}
	return 0;
}

static int describe(struct function *fn, struct error *err)
{
	unsigned int i;

	fn->model = fn->ops->create(fn, fn->conf, err);
	if (!fn->model)
		return -1;
	if (check_description(fn, err))
		return -1;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		fn->want.bar[i].present = fn->bar[i].bytes;
		fn->want.bar[i].mem64 = fn->bar[i].flags & PVPCI_BAR_MEM64;
		fn->want.bar[i].prefetch = fn->bar[i].flags & PVPCI_BAR_PREFETCH;
		fn->want.bar[i].most = fn->bar[i].most;
		fn->want.bar[i].least = fn->bar[i].least;
	}
	fn->want.serial = fn->serial;
	fn->want.decoding = fn->flags & PVPCI_FN_DECODING;
	return 0;
}

static int take_home(struct function *fn, int home)
{
	fn->found = home >= 0;
	if (!fn->found)
		home = state_take(&fn->bus->state);
	fn->conf_text = json_dumps(fn->conf, JSON_COMPACT | JSON_ENCODE_ANY);
	if (home < 0 || !fn->conf_text)
		return -1;
	fn->home_index = (unsigned int)home;
	fn->home = state_home(&fn->bus->state, fn->home_index);
	return 0;
}

static const struct model_ops *model_of(json_t *conf)
{
	const char *name = json_string_value(json_object_get(conf, "model"));

	return name ? model_find(name, NULL) : NULL;
}

bool function_ready(json_t *conf, bool found)
{
	const struct model_ops *ops = model_of(conf);

	return !ops || !ops->ready || ops->ready(conf, found);
}

void function_forget(json_t *conf)
{
	const struct model_ops *ops = model_of(conf);

	if (ops && ops->forget)
		ops->forget(conf);
}

struct function *function_create(struct bus *bus, json_t *conf, int home, struct error *err)
{
	struct function *fn = calloc(1, sizeof(*fn));
	unsigned int i;

	if (!fn) {
		error_set(err, "out of memory");
		return NULL;
	}
	fn->bus = bus;
	fn->conf = json_incref(conf);
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		fn->bar[i].assigned = PVPCI_BAR_UNASSIGNED;
		fn->bar[i].attached = PVPCI_BAR_UNASSIGNED;
	}
	err->text[0] = '\0';
	err->where[0] = '\0';
	if (take_home(fn, home)) {
		error_set(err, "out of memory");
		function_destroy(fn);
		return NULL;
	}
	if (function_parse(fn, err) || describe(fn, err)) {
		if (!err->text[0])
			error_set(err, "the model gave no reason");
		function_destroy(fn);
		return NULL;
	}
	if (!fn->found)
		function_forget_interrupts(fn);
	fn->stats.added_ns = clock_ns();
	return fn;
}

void function_destroy(struct function *fn)
{
	if (fn->model)
		fn->ops->destroy(fn->model);
	if (fn->home)
		state_give(&fn->bus->state, fn->home_index);
	while (fn->nr_watched)
		function_unwatch(fn, fn->watched[0]);
	free(fn->watched);
	free(fn->conf_text);
	json_decref(fn->conf);
	free(fn);
}

const char *function_slot(const struct function *fn, char *text)
{
	snprintf(text, 8, "%02x.%u", fn->devfn >> 3 & 0x1f, fn->devfn & 7);
	return text;
}

unsigned int function_vectors(const struct function *fn)
{
	return fn->want.msix > fn->want.msi ? fn->want.msix : fn->want.msi;
}

static uint8_t *row_page(const struct bus *bus, uint32_t row, unsigned int area)
{
	return (uint8_t *)bus_area(bus, area) + (size_t)row * PVPCI_PAGE_BYTES;
}

static uint8_t *config_page(const struct function *fn, unsigned int area)
{
	return row_page(fn->bus, fn->row, area);
}

static struct pvpci_function *row_at(const struct bus *bus, uint32_t row)
{
	return (struct pvpci_function *)bus_area(bus, PVPCI_AREA_FUNCTIONS) + row;
}

static struct pvpci_function *table_row(const struct function *fn)
{
	return row_at(fn->bus, fn->row);
}

void function_clear_row(struct bus *bus, uint32_t row)
{
	static const struct pvpci_function none;

	/* Not its first word only: a pvpcid that died in here has cleared half of it. */
	if (!memcmp(row_at(bus, row), &none, sizeof(none)))
		return;
	memset(row_page(bus, row, PVPCI_AREA_CONFIG), 0xff, CFGSPACE_BYTES);
	memset(row_page(bus, row, PVPCI_AREA_CONFIG_MASK), 0, CFGSPACE_BYTES);
	memset(row_page(bus, row, PVPCI_AREA_CONFIG_GUEST), 0, CFGSPACE_BYTES);
	memset(row_at(bus, row), 0, sizeof(struct pvpci_function));
}

static void fill_bars(const struct function *fn, struct pvpci_bar *bar)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		bar[i].bytes = htole64(fn->bar[i].most);
		bar[i].flags = htole32(fn->bar[i].flags);
		if (fn->flags & PVPCI_FN_DECODING)
			bar[i].offset = htole64(fn->bar[i].handoff);
	}
}

void function_publish(struct function *fn)
{
	struct pvpci_function row = {
		.flags = htole32(fn->flags),
		.instance = htole32(fn->instance),
		.devfn = htole16(fn->devfn),
		.slot = htole16(fn->slot),
		.priority = htole16(fn->priority),
		.numa_node = htole32(fn->numa_node),
		.nr_tokens = htole32(function_vectors(fn)),
		.serial = htole64(fn->serial),
	};
	uint8_t *guest = config_page(fn, PVPCI_AREA_CONFIG_GUEST);
	unsigned int i;

	snprintf((char *)row.label, sizeof(row.label), "%s", fn->label);
	snprintf((char *)row.model, sizeof(row.model), "%s", fn->ops->name);
	fill_bars(fn, row.bar);
	cfgspace_build(&fn->cfg, &fn->want);
	memcpy(config_page(fn, PVPCI_AREA_CONFIG), fn->cfg.value, CFGSPACE_BYTES);
	memcpy(config_page(fn, PVPCI_AREA_CONFIG_MASK), fn->cfg.mask, CFGSPACE_BYTES);
	for (i = 0; i < CFGSPACE_BYTES; i++)
		guest[i] = fn->cfg.value[i] & fn->cfg.mask[i];
	memcpy(table_row(fn), &row, sizeof(row));
}

void function_publish_bars(struct function *fn)
{
	fill_bars(fn, table_row(fn)->bar);
}

void function_set_multifunction(struct function *fn, bool several)
{
	fn->want.multifunction = several;
	fn->cfg.value[CFGSPACE_HEADER_TYPE] = several ? 0x80 : 0x00;
	if (fn->bus->memory.base)
		config_page(fn, PVPCI_AREA_CONFIG)[CFGSPACE_HEADER_TYPE] =
			fn->cfg.value[CFGSPACE_HEADER_TYPE];
}

uint16_t function_config16(const struct function *fn, unsigned int offset)
{
	uint16_t mask = (uint16_t)(fn->cfg.mask[offset] | fn->cfg.mask[offset + 1] << 8);
	uint16_t own = (uint16_t)(fn->cfg.value[offset] | fn->cfg.value[offset + 1] << 8);
	uint16_t guest = shm_load16(config_page(fn, PVPCI_AREA_CONFIG_GUEST) + offset);

	return (uint16_t)((own & ~mask) | (guest & mask));
}

uint32_t function_config32(const struct function *fn, unsigned int offset)
{
	uint32_t guest, mask, own;

	memcpy(&mask, fn->cfg.mask + offset, sizeof(mask));
	memcpy(&own, fn->cfg.value + offset, sizeof(own));
	guest = shm_load32((__le32 *)(config_page(fn, PVPCI_AREA_CONFIG_GUEST) + offset));
	return (le32toh(own) & ~le32toh(mask)) | (guest & le32toh(mask));
}

uint64_t function_chosen_bytes(const struct function *fn, unsigned int bar)
{
	unsigned int at = cfgspace_size_at(&fn->want, bar);
	uint64_t bytes;

	if (fn->attached || !at || !(fn->bus->host.in_force & PVPCI_F_RESIZE))
		return fn->bar[bar].bytes;
	bytes = cfgspace_size(function_config32(fn, at));
	return bytes >= fn->bar[bar].least && bytes <= fn->bar[bar].most ? bytes :
									   fn->bar[bar].bytes;
}

void function_resize(struct function *fn, unsigned int bar, uint64_t bytes)
{
	if (fn->bar[bar].bytes == bytes)
		return;
	/* What lies behind a smaller one may be somebody else's soon. */
	function_forget_ones(fn);
	fn->bar[bar].bytes = bytes;
	log_debug("%s: BAR %u has %llu bytes now", fn->name, bar, (unsigned long long)bytes);
}
