// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: what the next pvpcid will need.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "bus/bus.h"
#include "bus/guest_memory.h"
#include "bus/saved.h"
#include "io/keep.h"
#include "models/model.h"

const char *saved_version(char *text)
{
	snprintf(text, SAVED_VERSION_BYTES, "%u-%zu-%zu-%zu-%zu", STATE_VERSION,
		 sizeof(struct saved_bus), sizeof(struct saved_function),
		 sizeof(struct function_home), models_kept_bytes());
	return text;
}

static void save_bus(const struct bus *bus, struct saved_bus *saved)
{
	*saved = (struct saved_bus){
		.bytes = sizeof(*saved), .function_bytes = sizeof(struct saved_function),
		.id = bus->conf->id, .rows = bus->conf->rows, .vectors = bus->vectors.count,
		.nr_functions = bus->nr_functions, .generation = bus->generation,
		.layout = bus->layout, .guest_state = bus->guest_state,
		.nr_vectors = bus->nr_vectors, .relations_seq = bus->relations_seq,
		.next_instance = bus->next_instance, .next_eject = bus->next_eject,
		.rebalance = bus->rebalance, .connected = bus->connected,
		.relations_pending = bus->relations_pending, .host_state = bus->host.state,
		.version = bus->host.version, .in_force = bus->host.in_force,
		.from_guest = bus->host.from_guest.index, .to_guest = bus->host.to_guest.index,
		.nr_kept = bus->host.nr_kept,
	};
	memcpy(saved->window, bus->window, sizeof(saved->window));
	saved->nr_views = bus_save_memory(bus, saved_views(saved));
	memcpy(saved->kept, bus->host.kept, bus->host.nr_kept * sizeof(saved->kept[0]));
	/* What the guest has told of its plan is for reports only. */
	saved->rebalance.note = NULL;
	saved->rebalance.count = 0;
}

static void save_function(const struct function *fn, struct saved_function *saved)
{
	*saved = (struct saved_function){
		.row = fn->row, .instance = fn->instance, .home = fn->home_index,
		.conf_bytes = (uint32_t)strlen(fn->conf_text) + 1, .power = fn->power,
		.leaving = fn->leaving, .in_reset = fn->in_reset, .reset_due = fn->reset_due,
		.eject_sent = fn->eject_sent, .eject_device = fn->eject_device,
		.eject_id = fn->eject_id, .invalid_blocks = fn->invalid_blocks,
		.outcome = fn->outcome, .stats = fn->stats,
	};
	memcpy(saved->bar, fn->bar, sizeof(saved->bar));
}

void bus_save(struct bus *bus)
{
	uint8_t *start, *at;
	unsigned int i;

	bus->dirty = false;
	if (!keep_there())
		return;
	start = state_begin(&bus->state);
	save_bus(bus, (struct saved_bus *)start);
	at = (uint8_t *)(saved_views((struct saved_bus *)start) +
			 ((struct saved_bus *)start)->nr_views);
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *fn = bus->row[i];
		struct saved_function *saved = (struct saved_function *)at;

		if (!fn)
			continue;
		if (at + sizeof(*saved) + strlen(fn->conf_text) + 8 >
		    start + STATE_SNAPSHOT_BYTES) {
			log_some(&bus->chatter, LOG_LEVEL_ERROR,
				 "bus %llu: is too large to be kept",
				 (unsigned long long)bus->conf->id);
			return;
		}
		save_function(fn, saved);
		memcpy(saved + 1, fn->conf_text, saved->conf_bytes);
		at += saved_align(sizeof(*saved) + saved->conf_bytes);
	}
	state_commit(&bus->state, (size_t)(at - start));
}

static const char *memory_name(char *name, size_t bytes, uint32_t generation)
{
	snprintf(name, bytes, KEEP_PREFIX "bar2-%08x", generation);
	return name;
}

int bus_find_memory(uint32_t generation)
{
	char name[64];

	return keep_find(memory_name(name, sizeof(name), generation));
}

void bus_store_memory(const struct bus *bus)
{
	char name[64];

	keep_put(memory_name(name, sizeof(name), bus->generation), bus->memory.fd);
	vectors_store(&bus->vectors, bus->generation);
}

void bus_drop_memory(const struct bus *bus, uint32_t generation)
{
	char name[64];

	keep_drop(memory_name(name, sizeof(name), generation));
	vectors_drop(bus->conf->vectors, generation);
}
