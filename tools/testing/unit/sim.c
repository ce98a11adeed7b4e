// SPDX-License-Identifier: GPL-2.0
/*
 * A simulated guest on a real bus.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "shm.h"
#include "sim.h"

int sim_open(struct sim *sim, const char *functions, const char *extra)
{
	static const struct bus_watch nobody;
	struct error err = { 0 };
	char text[65536];

	memset(sim, 0, sizeof(*sim));
	snprintf(text, sizeof(text), "{\"socket\": \"unused\", %s \"functions\": %s}", extra,
		 functions);
	conf_init(&sim->conf);
	if (conf_parse(&sim->conf, "unit.json", text, &err) || conf_check(&sim->conf, &err) ||
	    bus_open(&sim->bus, &sim->conf, &nobody, &err)) {
		fprintf(stderr, "%s\n", err.text);
		conf_free(&sim->conf);
		return -1;
	}
	bus_connect(&sim->bus, 0);
	sim_attach_rings(sim);
	sim->next_id = 1;
	sim->version = PVPCI_VERSION_1_0;
	return 0;
}

void sim_close(struct sim *sim)
{
	bus_close(&sim->bus);
	conf_free(&sim->conf);
}

void sim_attach_rings(struct sim *sim)
{
	uint32_t slots = sim->bus.layout.want.ring_slots;
	struct pvpci_ring *to_host = bus_area(&sim->bus, PVPCI_AREA_RING_TO_HOST);
	struct pvpci_ring *from_host = bus_area(&sim->bus, PVPCI_AREA_RING_TO_GUEST);

	pvpci_ring_open(&sim->to_host, to_host, slots, shm_load32(&to_host->producer));
	pvpci_ring_open(&sim->from_host, from_host, slots, shm_load32(&from_host->consumer));
}

int sim_ask(struct sim *sim, void *msg, uint16_t type, uint16_t bytes)
{
	struct pvpci_msg *header = msg;
	uint32_t id = sim->next_id++;

	header->type = htole16(type);
	header->bytes = htole16(bytes);
	header->id = htole32(id);
	header->status = 0;
	header->flags = 0;
	header->reserved = 0;
	/* The whole slot: @bytes may be a lie that the host has to see through. */
	if (pvpci_ring_send(&sim->to_host, msg, PVPCI_SLOT_BYTES))
		return -1;
	bus_poll(&sim->bus);
	while (pvpci_ring_receive(&sim->from_host, msg) == 1)
		if (le32toh(header->id) == id)
			return (int)le32toh(header->status);
	return -1;
}

int sim_up(struct sim *sim)
{
	union {
		struct pvpci_msg_version version;
		struct pvpci_msg_d0_entry d0_entry;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = { 0 };
	int status;

	slot.version.version = htole32(sim->version);
	slot.version.features = htole64(~0ULL);
	status = sim_ask(sim, &slot, PVPCI_MSG_VERSION, sizeof(slot.version));
	if (status)
		return status;
	memset(&slot, 0, sizeof(slot));
	slot.d0_entry.nr_vectors = htole32(sim->conf.vectors);
	return sim_ask(sim, &slot, PVPCI_MSG_D0_ENTRY, sizeof(slot.d0_entry));
}

int sim_commit(struct sim *sim, uint32_t row, uint16_t command, uint64_t offset)
{
	union {
		struct pvpci_msg_commit commit;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = { 0 };
	unsigned int i;

	slot.commit.row = htole32(row);
	slot.commit.instance = htole32(sim->bus.row[row] ? sim->bus.row[row]->instance : 1);
	slot.commit.command = htole16(command);
	for (i = 1; i < PVPCI_NUM_BARS; i++)
		slot.commit.offset[i] = htole64(PVPCI_BAR_UNASSIGNED);
	slot.commit.offset[0] = htole64(offset);
	/* The driver mirrors the command register. */
	memcpy(sim_config(sim, row) + CFGSPACE_COMMAND, &slot.commit.command, 2);
	return sim_ask(sim, &slot, PVPCI_MSG_COMMIT, sizeof(slot.commit));
}

int sim_assign(struct sim *sim, uint32_t row, uint64_t offset)
{
	struct pvpci_assigned *assigned = bus_area(&sim->bus, PVPCI_AREA_ASSIGNED);
	union {
		struct pvpci_msg_resources resources;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = { 0 };
	unsigned int i;

	assigned[row].instance = htole32(sim->bus.row[row]->instance);
	assigned[row].flags = 0;
	for (i = 1; i < PVPCI_NUM_BARS; i++)
		assigned[row].offset[i] = htole64(PVPCI_BAR_UNASSIGNED);
	assigned[row].offset[0] = htole64(offset);
	slot.resources.first = htole32(row);
	slot.resources.count = htole32(1);
	return sim_ask(sim, &slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(slot.resources));
}

uint8_t *sim_config(struct sim *sim, uint32_t row)
{
	return (uint8_t *)bus_area(&sim->bus, PVPCI_AREA_CONFIG_GUEST) +
	       (size_t)row * PVPCI_PAGE_BYTES;
}

struct pvpci_header *sim_header(struct sim *sim)
{
	return (struct pvpci_header *)sim->bus.memory.base;
}

uint64_t sim_rang(struct sim *sim, unsigned int vector)
{
	uint64_t count;

	if (read(sim->bus.vectors.fd[vector], &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}
