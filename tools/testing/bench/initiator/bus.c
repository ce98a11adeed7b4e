// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's end of a bus, without a guest.
 */
#include <err.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "bus/cfgspace.h"
#include "host.h"
#include "message.h"
#include "shm.h"

#define ANSWER_S	10
#define FEATURES	(PVPCI_F_DMA_SHARED | PVPCI_F_WAKE | PVPCI_F_SHARED_VECTORS)

static void *part(const struct native_bus *bus, unsigned int index)
{
	uint64_t offset = shm_load64(&bus->header->area[index].offset);
	uint64_t bytes = shm_load64(&bus->header->area[index].bytes);

	if (offset > bus->client.bytes || bytes > bus->client.bytes - offset)
		errx(1, "what is at index %u of its layout is not in the memory of the bus", index);
	return bus->client.memory + offset;
}

void bus_wake(struct native_bus *bus)
{
	shm_barrier();
	if (shm_load32(&bus->header->host.sleeping))
		client_ring(&bus->client);
}

static void ask(struct native_bus *bus, union pvpci_slot *slot, uint16_t type, uint16_t bytes)
{
	time_t until = time(NULL) + ANSWER_S;
	uint32_t id = ++bus->next_id;

	slot->msg = (struct pvpci_msg){
		.type = htole16(type), .bytes = htole16(bytes), .id = htole32(id),
	};
	if (pvpci_ring_send(&bus->to_host, slot, bytes))
		errx(1, "the ring is full");
	client_ring(&bus->client);
	do {
		if (time(NULL) > until)
			errx(1, "no answer to message %#x in %d s", type, ANSWER_S);
	} while (pvpci_ring_receive(&bus->from_host, slot) != 1 || le32toh(slot->msg.id) != id);
	if (slot->msg.status)
		errx(1, "message %#x: %s", type, pvpci_status_name(le32toh(slot->msg.status)));
}

void bus_up(struct native_bus *bus, const char *path)
{
	union pvpci_slot slot = { 0 };
	struct pvpci_ring *ring;
	uint32_t slots, seq;

	client_open(&bus->client, path);
	bus->header = (struct pvpci_header *)bus->client.memory;
	slots = shm_load32(&bus->header->ring_slots);
	ring = part(bus, PVPCI_AREA_RING_TO_HOST);
	pvpci_ring_open(&bus->to_host, ring, slots, shm_load32(&ring->producer));
	ring = part(bus, PVPCI_AREA_RING_TO_GUEST);
	pvpci_ring_open(&bus->from_host, ring, slots, shm_load32(&ring->consumer));
	slot.version.version = htole32(PVPCI_VERSION_1_0);
	slot.version.features = htole64(FEATURES);
	ask(bus, &slot, PVPCI_MSG_VERSION, sizeof(slot.version));
	memset(&slot, 0, sizeof(slot));
	slot.d0_entry.nr_vectors = htole32(bus->client.nr_vectors);
	ask(bus, &slot, PVPCI_MSG_D0_ENTRY, sizeof(slot.d0_entry));
	memset(&slot, 0, sizeof(slot));
	ask(bus, &slot, PVPCI_MSG_QUERY_RELATIONS, sizeof(slot.msg));
	bus->count = le32toh(slot.relations.count);
	/* The sizes of BARs are in the table once they have been asked for. */
	seq = slot.relations.seq;
	memset(&slot, 0, sizeof(slot));
	slot.query_resources.seq = seq;
	ask(bus, &slot, PVPCI_MSG_QUERY_RESOURCES, sizeof(slot.query_resources));
}

static uint8_t *config(const struct native_bus *bus, uint32_t row)
{
	return (uint8_t *)part(bus, PVPCI_AREA_CONFIG_GUEST) + (size_t)row * PVPCI_PAGE_BYTES;
}

static void set_config16(const struct native_bus *bus, uint32_t row, unsigned int at,
			 uint16_t value)
{
	uint16_t wire = htole16(value);

	memcpy(config(bus, row) + at, &wire, sizeof(wire));
	shm_barrier();
}

/* The next place that is aligned to @bytes, a power of two. */
static uint64_t place(struct native_bus *bus, uint64_t bytes)
{
	uint64_t offset = (bus->aperture_used + bytes - 1) & ~(bytes - 1);

	if (!bytes || offset + bytes > shm_load64(&bus->header->area[PVPCI_AREA_APERTURE].bytes))
		errx(1, "no room in the aperture for a BAR of %llu bytes",
		     (unsigned long long)bytes);
	bus->aperture_used = offset + bytes;
	return offset;
}

uint8_t *bus_attach(struct native_bus *bus, uint32_t row)
{
	const struct pvpci_function *fn = (struct pvpci_function *)part(bus, PVPCI_AREA_FUNCTIONS) +
					  row;
	struct pvpci_assigned *assigned = (struct pvpci_assigned *)part(bus, PVPCI_AREA_ASSIGNED) +
					  row;
	uint16_t command = CFGSPACE_COMMAND_MEMORY | CFGSPACE_COMMAND_MASTER;
	uint64_t offset = place(bus, shm_load64(&fn->bar[0].bytes));
	union pvpci_slot slot = { 0 };
	unsigned int i;

	memset(assigned, 0, sizeof(*assigned));
	assigned->instance = fn->instance;
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		assigned->offset[i] = htole64(i ? PVPCI_BAR_UNASSIGNED : offset);
	slot.resources.first = htole32(row);
	slot.resources.count = htole32(1);
	ask(bus, &slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(slot.resources));
	memset(&slot, 0, sizeof(slot));
	slot.commit.row = htole32(row);
	slot.commit.instance = fn->instance;
	slot.commit.command = htole16(command);
	memcpy(slot.commit.offset, assigned->offset, sizeof(slot.commit.offset));
	set_config16(bus, row, CFGSPACE_COMMAND, command);
	ask(bus, &slot, PVPCI_MSG_COMMIT, sizeof(slot.commit));
	return (uint8_t *)part(bus, PVPCI_AREA_APERTURE) + offset;
}

void bus_msix(struct native_bus *bus, uint32_t row, uint8_t *bar, unsigned int entry,
	      uint32_t token, uint32_t vector)
{
	const uint8_t *values = (uint8_t *)part(bus, PVPCI_AREA_CONFIG) +
				(size_t)row * PVPCI_PAGE_BYTES;
	uint32_t table = shm_load32((__le32 *)(values + CFGSPACE_MSIX + 4)) & ~7U;
	__le32 *message = (__le32 *)(bar + table + entry * 16);

	if (token >= shm_load32(&bus->header->nr_tokens) || !vector ||
	    vector >= bus->client.nr_vectors)
		errx(1, "token %u or vector %u is not of this bus", token, vector);
	shm_store32((__le32 *)part(bus, PVPCI_AREA_VECTOR_MAP) + token,
		    vector | PVPCI_VECTOR_VALID);
	shm_store32(&message[0], PVPCI_MSI_ADDRESS);
	shm_store32(&message[1], 0);
	shm_store32(&message[2], token);
	shm_store32(&message[3], 0);
	set_config16(bus, row, CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
}
