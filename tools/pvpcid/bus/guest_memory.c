// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: where the guest's memory is.
 *
 * The configuration says it, or the guest does (PVPCI_F_MEMORY); a guest that cannot is
 * taken to have all of it in the largest file of its machine.
 */
#include <string.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/guest_memory.h"
#include "io/dma_told.h"
#include "shm.h"

_Static_assert(PVPCI_MARK_BYTES == 32, "as dma_tell_marked() has it");

static bool is_told(const struct bus *bus)
{
	return bus->host.in_force & PVPCI_F_MEMORY;
}

int bus_map_memory(struct bus *bus, struct error *err)
{
	const struct dma_conf *conf = &bus->conf->memory;

	if (!dma_configured(conf) || is_told(bus))
		return 0;
	if (conf->peer && conf->machine == DMA_MACHINE_NONE) {
		error_set(err, "this guest's pvpci does not tell where its memory is: write \"machine\" beside \"peer\"");
		return -1;
	}
	return dma_map(&bus->dma, conf, bus->peer, err);
}

unsigned int bus_save_memory(const struct bus *bus, struct dma_view *views)
{
	if (!is_told(bus))
		return 0;
	dma_views_get(&bus->dma, views);
	return bus->dma.count;
}

int bus_resume_memory(struct bus *bus, const struct dma_view *views, unsigned int count,
		      struct error *err)
{
	if (is_told(bus))
		return dma_views_set(&bus->dma, views, count, bus->peer, err);
	return bus_map_memory(bus, err);
}

static uint32_t say(struct bus *bus, const struct error *err)
{
	log_some(&bus->chatter, LOG_LEVEL_ERROR,
		 "bus %llu: %s", (unsigned long long)bus->conf->id, err->text);
	return PVPCI_STATUS_IO;
}

uint32_t bus_dma_probe(void *context, uint64_t address, uint64_t *value)
{
	struct bus *bus = context;
	struct error err;
	void *host;

	if (!dma_configured(&bus->conf->memory))
		return PVPCI_STATUS_RANGE;
	if (!bus->dma.count && bus_map_memory(bus, &err))
		return say(bus, &err);
	host = address % 8 ? NULL : dma_at(&bus->dma, address, 8);
	if (!host)
		return PVPCI_STATUS_RANGE;
	shm_copy_out(value, host, sizeof(*value));
	return PVPCI_STATUS_OK;
}

/* What is known afterwards outlives us before the guest hears of it: see bus_save(). */
uint32_t bus_memory(void *context, struct pvpci_memory *memory)
{
	struct dma_range range = { memory->address, memory->bytes };
	struct bus *bus = context;
	struct error err;
	int found;

	switch (memory->what) {
	case PVPCI_MEMORY_MARKED:
		found = dma_tell_marked(&bus->dma, bus->peer, &range, memory->at, memory->mark,
					&err);
		break;
	case PVPCI_MEMORY_ALIKE:
		found = dma_tell_alike(&bus->dma, &range, &err);
		break;
	default:
		found = dma_tell_gone(&bus->dma, &range, &err) ? -1 : 1;
		break;
	}
	if (found < 0)
		return say(bus, &err);
	if (!found)
		return PVPCI_STATUS_RANGE;
	memory->address = range.address;
	memory->bytes = range.bytes;
	log_debug("bus %llu: guest memory from %#llx, %llu bytes: %s",
		  (unsigned long long)bus->conf->id, (unsigned long long)range.address,
		  (unsigned long long)range.bytes,
		  memory->what == PVPCI_MEMORY_GONE ? "gone" : "found");
	return PVPCI_STATUS_OK;
}
