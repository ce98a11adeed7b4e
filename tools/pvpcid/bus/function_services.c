// SPDX-License-Identifier: GPL-2.0
/*
 * What the bus does for a model at work, besides interrupts.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "bus/bus.h"
#include "bus/function.h"

void *function_bar(struct function *fn, unsigned int bar, uint64_t offset, uint64_t bytes)
{
	const struct bar *b;

	if (bar >= PVPCI_NUM_BARS)
		return NULL;
	b = &fn->bar[bar];
	if (!b->bytes || b->attached == PVPCI_BAR_UNASSIGNED || offset > b->bytes ||
	    bytes > b->bytes - offset)
		return NULL;
	return bus_aperture(fn->bus, b->attached + offset);
}

uint64_t function_bar_bytes(const struct function *fn, unsigned int bar)
{
	return bar < PVPCI_NUM_BARS ? fn->bar[bar].bytes : 0;
}

bool function_is_master(const struct function *fn)
{
	return fn->attached && function_config16(fn, CFGSPACE_COMMAND) & CFGSPACE_COMMAND_MASTER;
}

void *function_dma(struct function *fn, uint64_t address, uint64_t bytes)
{
	void *host = NULL;

	if (bytes && function_is_master(fn))
		host = dma_at(&fn->bus->dma, address, bytes);
	if (!host)
		fn->bus->stats.dma_refused++;
	return host;
}

void function_conf_entry(struct function *fn, const char *key, unsigned int index, json_t *value)
{
	/* Others have a reference to the old one. */
	json_t *conf = json_deep_copy(fn->conf), *array = json_object_get(conf, key);
	char *text = NULL;

	while (json_array_size(array) <= index && !json_array_append_new(array, json_null()))
		;
	if (!json_array_set_new(array, index, value ? value : json_null()))
		text = json_dumps(conf, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text) {
		log_error("%s: no memory: the next pvpcid would not know what has changed",
			  fn->name);
		json_decref(conf);
		return;
	}
	json_decref(fn->conf);
	free(fn->conf_text);
	fn->conf = conf;
	fn->conf_text = text;
	fn->bus->dirty = true;
}

void *function_keep(struct function *fn, size_t bytes, bool *found)
{
	if (bytes > STATE_HOME_BYTES - FUNCTION_HOME_BYTES)
		return NULL;
	*found = fn->found;
	return (uint8_t *)fn->home + FUNCTION_HOME_BYTES;
}

int function_watch(struct function *fn, int fd)
{
	struct bus *bus = fn->bus;
	int *watched;
	int ret;

	watched = realloc(fn->watched, (fn->nr_watched + 1) * sizeof(*watched));
	if (!watched)
		return -ENOMEM;
	fn->watched = watched;
	ret = bus->watch.add ? bus->watch.add(bus->watch.context, fd) : 0;
	if (ret)
		return ret;
	fn->watched[fn->nr_watched++] = fd;
	return 0;
}

void function_unwatch(struct function *fn, int fd)
{
	struct bus *bus = fn->bus;
	unsigned int i;

	for (i = 0; i < fn->nr_watched; i++) {
		if (fn->watched[i] != fd)
			continue;
		fn->watched[i] = fn->watched[--fn->nr_watched];
		if (bus->watch.remove)
			bus->watch.remove(bus->watch.context, fd);
		return;
	}
}
