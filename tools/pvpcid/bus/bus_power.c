// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: its shared memory, made anew for each guest, and its end.
 */
#include <string.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/saved.h"
#include "shm.h"

static void set_state(struct bus *bus, uint32_t state)
{
	if (bus->memory.base)
		shm_store32(&bus_header(bus)->host.state, state);
}

static void write_header(struct bus *bus)
{
	struct pvpci_header *header = bus_header(bus);

	pvpci_layout_header(&bus->layout, header);
	header->version_min = htole32(bus->host.version_min);
	header->version_max = htole32(bus->host.version_max);
	header->generation = htole32(bus->generation);
	header->features = htole64(bus->host.features);
	header->bus_id = htole64(bus->conf->id);
	header->peer_id = htole16(BUS_PEER_ID);
	header->peer_vector = htole16(BUS_DOORBELL_VECTOR);
	header->nr_vectors = htole32(bus->conf->vectors);
	header->spare32_bytes = htole64(bus->conf->spare32_bytes);
	header->spare64_bytes = htole64(bus->conf->spare64_bytes);
	shm_store64(&header->magic, PVPCI_MAGIC);
}

void bus_start_protocol(struct bus *bus)
{
	bus->host.ops = &bus_host_ops;
	bus->host.context = bus;
	bus->host.rows = bus->conf->rows;
	bus->host.version_min = bus->conf->protocol ?: PVPCI_HOST_VERSION_MIN;
	bus->host.version_max = bus->conf->protocol ?: PVPCI_HOST_VERSION_MAX;
	bus->host.features = PVPCI_F_WAKE | PVPCI_F_SHARED_VECTORS;
	if (bus->host.version_max >= PVPCI_VERSION_1_1)
		bus->host.features |= PVPCI_F_BLOCKS | PVPCI_F_RESET | PVPCI_F_POWER |
				      PVPCI_F_STOP | PVPCI_F_OUTCOME | PVPCI_F_EJECT_DEVICE |
				      PVPCI_F_EJECT_WHY | PVPCI_F_RESIZE |
				      PVPCI_F_RING_VECTOR | PVPCI_F_APERTURE_PROBE;
	if (dma_configured(&bus->conf->memory))
		bus->host.features |= PVPCI_F_DMA_SHARED;
	if (bus->conf->memory.peer && bus->host.version_max >= PVPCI_VERSION_1_1)
		bus->host.features |= PVPCI_F_MEMORY;
	pvpci_host_start(&bus->host, bus_area(bus, PVPCI_AREA_RING_TO_HOST),
			 bus_area(bus, PVPCI_AREA_RING_TO_GUEST), bus->layout.want.ring_slots);
	pvpci_host_hold(&bus->host);
}

int bus_power_on(struct bus *bus, struct error *err)
{
	unsigned int i;

	if (memory_open(&bus->memory, bus->layout.bar2_bytes, err))
		return -1;
	if (vectors_open(&bus->vectors, bus->conf->vectors, err)) {
		memory_close(&bus->memory);
		return -1;
	}
	bus->generation += 2;	/* stays odd, so never 0 */
	bus_store_memory(bus);
	bus->sleeping = false;
	bus->guest_state = PVPCI_GUEST_ABSENT;
	bus->nr_vectors = 0;
	bus->ones_bytes = 0;
	bus->beat = 0;
	bus_start_protocol(bus);
	write_header(bus);
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		struct function *fn = bus->row[i];

		if (!fn)
			continue;
		fn->instance = bus->next_instance++;
		function_publish(fn);
	}
	bus_hand_off(bus);
	set_state(bus, PVPCI_HOST_READY);
	bus_save(bus);
	bus_drop_memory(bus, bus->generation - 2);
	return 0;
}

void bus_power_off(struct bus *bus)
{
	unsigned int i, j;

	if (!bus->memory.base)
		return;
	bus->releasing = false;
	bus_release_all(bus, PVPCI_REASON_REMOVE);
	/* The memory goes, and what all-ones took of it. */
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		for (j = 0; bus->row[i] && j < PVPCI_NUM_BARS; j++)
			bus->row[i]->bar[j].ones = 0;
	bus->host.state = PVPCI_HOST_NEW;
	dma_unmap(&bus->dma);
	vectors_close(&bus->vectors);
	memory_close(&bus->memory);
}

void bus_connect(struct bus *bus, pid_t peer)
{
	bus->connected = true;
	bus->peer = peer;
	bus->stats.guests++;
	bus_save(bus);
}

/* Not before: a guest that reads BROKEN may use its memory for something else. */
static void end_broken(struct bus *bus)
{
	bus->releasing = !bus_quiesce(bus);
	bus->unsettled |= bus->releasing;
	if (bus->releasing)
		return;
	bus_release_all(bus, PVPCI_REASON_REMOVE);
	set_state(bus, PVPCI_HOST_BROKEN);
	vectors_ring(&bus->vectors, BUS_RING_VECTOR);
}

void bus_settle(struct bus *bus)
{
	unsigned int i;

	if (!bus->unsettled)
		return;
	bus->unsettled = false;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->leaving)
			bus_remove(bus, bus->row[i]);
	if (bus->releasing)
		end_broken(bus);
}

int bus_disconnect(struct bus *bus, struct error *err)
{
	bus->connected = false;
	bus->peer = 0;
	bus_settle(bus);
	if (!bus_quiesce(bus) || bus->unsettled)
		return 1;
	bus_power_off(bus);
	return bus_power_on(bus, err);
}

void bus_break(struct bus *bus, const char *why)
{
	if (bus->host.state == PVPCI_HOST_DEAD && !bus->host.why_dead)
		return;
	pvpci_host_kill(&bus->host, why);
	bus->host.why_dead = NULL;	/* said */
	bus->stats.broken++;
	log_error("bus %llu: is broken until another guest connects: the guest broke the rules, %s",
		  (unsigned long long)bus->conf->id, why);
	bus->releasing = true;
	bus->unsettled = true;
	bus_settle(bus);
}

void bus_stop(struct bus *bus)
{
	unsigned int i;

	set_state(bus, PVPCI_HOST_STOPPING);
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i])
			function_detach(bus->row[i]);
	if (bus->connected)
		vectors_ring(&bus->vectors, BUS_RING_VECTOR);
}

void bus_set_sleeping(struct bus *bus, bool sleeping)
{
	if (!bus->memory.base || sleeping == bus->sleeping)
		return;
	bus->sleeping = sleeping;
	shm_store32(&bus_header(bus)->host.sleeping, sleeping);
	/* The guest writes, then reads sleeping; we write sleeping, then read. */
	if (sleeping)
		shm_barrier();
}

void bus_beat(struct bus *bus, uint64_t now_ns)
{
	bus->beat_ns = now_ns;
	shm_store32(&bus_header(bus)->host.beat, ++bus->beat);
}

/*
 * What a guest touches of the aperture, to read or to write it, is memory of the host. Who
 * has touched too much has no bus any more, and gets nothing for what he touches then.
 */
static void check_touched(struct bus *bus)
{
	const struct pvpci_place *aperture = &bus->layout.area[PVPCI_AREA_APERTURE];

	if (memory_held(&bus->memory) <= bus->conf->touched_bytes)
		return;
	bus_break(bus, "it has touched more of the aperture than \"touched_max\" allows");
	memory_clear(&bus->memory, aperture->offset, aperture->bytes);
}

void bus_tick(struct bus *bus, uint64_t now_ns)
{
	uint32_t state;
	unsigned int i;

	if (!bus->connected)
		return;
	if (now_ns - bus->beat_ns >= PVPCI_BEAT_MS * 1000000ULL / 4)
		bus_beat(bus, now_ns);
	if (dma_faulted())
		bus_break(bus, "its memory file shrank under us");
	check_touched(bus);
	if (bus->host.state != PVPCI_HOST_D0)
		return;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i])
			function_check_reset(bus->row[i]);
	state = shm_load32(&bus_header(bus)->guest.state);
	if (state == bus->guest_state)
		return;
	if (state != PVPCI_GUEST_GONE && state != PVPCI_GUEST_BROKEN) {
		bus->guest_state = state;
		return;
	}
	/* The next tick asks again. */
	if (!bus_quiesce(bus))
		return;
	bus->guest_state = state;
	log_some(&bus->chatter, LOG_LEVEL_INFO,
		 "bus %llu: the guest has stopped using it (%s)",
		 (unsigned long long)bus->conf->id,
		 state == PVPCI_GUEST_GONE ? "driver gone" : "it says that the host is broken");
	bus_release_all(bus, PVPCI_REASON_REMOVE);
	bus->host.state = PVPCI_HOST_AGREED;
}
