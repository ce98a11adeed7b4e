// SPDX-License-Identifier: GPL-2.0
/*
 * BAR2 as an honest host has it, and then the fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pvpci_testdev.h>

#include "base/clock.h"
#include "base/error.h"
#include "bus/cfgspace.h"
#include "liar.h"
#include "shm.h"

#define RING_BYTES	(PVPCI_PAGE_BYTES + LIAR_SLOTS * PVPCI_SLOT_BYTES)

/**
 * struct model - what one function is
 * @devfn: where
 * @flags: PVPCI_FN_* besides PRESENT
 * @msi: MSI vectors
 * @msix: MSI-X vectors, table in BAR0
 * @bar: sizes and flags; offsets of one that is handed off decoding
 */
struct model {
	uint16_t devfn;
	uint32_t flags;
	unsigned int msi;
	unsigned int msix;
	struct {
		uint64_t bytes;
		uint32_t flags;
		uint64_t offset;
	} bar[PVPCI_NUM_BARS];
};

static const struct model models[LIAR_PRESENT] = {
	{ .devfn = 3 << 3, .flags = PVPCI_FN_HOTPLUG, .msix = 4,
	  .bar = { { 65536, PVPCI_BAR_MEM64, 0 }, {}, { 16384, 0, 0 } } },
	{ .devfn = 4 << 3, .flags = PVPCI_FN_HOTPLUG, .msi = 2,
	  .bar = { { 4096, 0, 0 }, {}, {}, {},
		   { 262144, PVPCI_BAR_MEM64 | PVPCI_BAR_PREFETCH, 0 } } },
	{ .devfn = 5 << 3, .flags = PVPCI_FN_DECODING,
	  .bar = { { 65536, PVPCI_BAR_MEM64, 0x100000 } } },
	{ .devfn = 6 << 3, .flags = PVPCI_FN_BOOT_CRITICAL,
	  .bar = { { 8192, 0, 0 } } },
};

struct pvpci_header *liar_header(struct liar *liar)
{
	return (struct pvpci_header *)liar->bus.memory.base;
}

void liar_set_state(struct liar *liar, uint32_t state)
{
	shm_store32(&liar_header(liar)->host.state, state);
}

uint32_t liar_guest_state(struct liar *liar)
{
	return shm_load32(&liar_header(liar)->guest.state);
}

/* A BAR2 that is too short for the layout holds nothing but a header. */
static bool holds_bus(const struct liar *liar)
{
	return liar->bus.memory.bytes >= liar->bus.layout.bar2_bytes;
}

int liar_open(struct liar *liar, const struct fault *fault)
{
	struct pvpci_layout_want want = {
		.rows = LIAR_ROWS,
		.tokens = LIAR_TOKENS,
		.ring_slots = LIAR_SLOTS,
		.aperture_bytes = LIAR_APERTURE_BYTES,
	};
	struct bus *bus = &liar->bus;
	struct error err;

	bus->conf = &liar->conf;
	bus->memory.fd = -1;
	liar->private_to_host = calloc(1, RING_BYTES);
	liar->private_to_guest = calloc(1, RING_BYTES);
	if (!liar->private_to_host || !liar->private_to_guest ||
	    pvpci_layout_make(&bus->layout, &want)) {
		fprintf(stderr, "pvpci-liar: out of memory\n");
		return -1;
	}
	if (memory_open(&bus->memory, fault->bar2_bytes ? : bus->layout.bar2_bytes, &err) ||
	    vectors_open(&bus->vectors, liar->conf.vectors, &err)) {
		fprintf(stderr, "pvpci-liar: %s\n", err.text);
		return -1;
	}
	return 0;
}

void liar_close(struct liar *liar)
{
	liar_stop(liar);
	vectors_close(&liar->bus.vectors);
	dma_unmap(&liar->bus.dma);
	memory_close(&liar->bus.memory);
	free(liar->private_to_host);
	free(liar->private_to_guest);
}

static void make_row(struct pvpci_function *fn, const struct model *model, unsigned int row)
{
	unsigned int i;

	memset(fn, 0, sizeof(*fn));
	fn->flags = htole32(PVPCI_FN_PRESENT | model->flags);
	fn->instance = htole32(100 + row);
	fn->devfn = htole16(model->devfn);
	fn->slot = htole16((uint16_t)(model->devfn >> 3));
	fn->numa_node = htole32(PVPCI_NUMA_NONE);
	fn->nr_tokens = htole32(model->msix ? model->msix : model->msi);
	fn->serial = htole64(0x5100 + row);
	snprintf((char *)fn->label, sizeof(fn->label), "liar-%u", row);
	snprintf((char *)fn->model, sizeof(fn->model), "testdev");
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		fn->bar[i].bytes = htole64(model->bar[i].bytes);
		fn->bar[i].flags = htole32(model->bar[i].flags);
		fn->bar[i].offset = htole64(model->bar[i].offset);
	}
}

static void make_config(struct liar *liar, const struct model *model, unsigned int row)
{
	struct cfgspace_want want = {
		.vendor = PVPCI_VENDOR,
		.device = PVPCI_DEVICE_TESTDEV,
		.class_code = PVPCI_TESTDEV_CLASS,
		.serial = 0x5100 + row,
		.msi = model->msi,
		.msix = model->msix,
		.msix_table = 0x8000,
		.msix_pba = 0xc000,
		.decoding = model->flags & PVPCI_FN_DECODING,
	};
	uint8_t *config = bus_area(&liar->bus, PVPCI_AREA_CONFIG);
	uint8_t *mask = bus_area(&liar->bus, PVPCI_AREA_CONFIG_MASK);
	struct cfgspace cfg;
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		want.bar[i].present = model->bar[i].bytes;
		want.bar[i].mem64 = model->bar[i].flags & PVPCI_BAR_MEM64;
		want.bar[i].prefetch = model->bar[i].flags & PVPCI_BAR_PREFETCH;
	}
	cfgspace_build(&cfg, &want);
	memcpy(config + (size_t)row * PVPCI_PAGE_BYTES, cfg.value, PVPCI_PAGE_BYTES);
	memcpy(mask + (size_t)row * PVPCI_PAGE_BYTES, cfg.mask, PVPCI_PAGE_BYTES);
}

void liar_publish_row(struct liar *liar, unsigned int row)
{
	struct pvpci_function *table = bus_area(&liar->bus, PVPCI_AREA_FUNCTIONS);

	table[row] = liar->row[row];
}

static void make_functions(struct liar *liar)
{
	unsigned int i;

	memset(liar->row, 0, sizeof(liar->row));
	memset(bus_aperture(&liar->bus, 0), 0xff, LIAR_APERTURE_BYTES);
	for (i = 0; i < LIAR_PRESENT; i++) {
		make_row(&liar->row[i], &models[i], i);
		make_config(liar, &models[i], i);
		liar_publish_row(liar, i);
		liar->attached[i] = models[i].flags & PVPCI_FN_DECODING;
		if (liar->attached[i])
			honest_attach(liar, i, 0, models[i].bar[0].offset);
	}
}

static void make_header(struct liar *liar)
{
	struct pvpci_header header;

	pvpci_layout_header(&liar->bus.layout, &header);
	header.version_min = htole32(PVPCI_HOST_VERSION_MIN);
	header.version_max = htole32(PVPCI_HOST_VERSION_MAX);
	header.generation = htole32(++liar->bus.generation);
	header.features = htole64(liar->bus.host.features);
	header.bus_id = htole64(liar->conf.id);
	header.peer_id = htole16(BUS_PEER_ID);
	header.peer_vector = htole16(BUS_DOORBELL_VECTOR);
	header.nr_vectors = htole32(liar->conf.vectors);
	header.magic = htole64(PVPCI_MAGIC);
	/* The state stays INIT until the fault is in place. */
	memcpy(liar_header(liar), &header, sizeof(header));
}

static void make_rings(struct liar *liar)
{
	struct bus *bus = &liar->bus;

	memset(liar->private_to_host, 0, RING_BYTES);
	memset(liar->private_to_guest, 0, RING_BYTES);
	pvpci_host_start(&bus->host, liar->private_to_host, liar->private_to_guest, LIAR_SLOTS);
	pvpci_ring_open(&liar->ask, liar->private_to_host, LIAR_SLOTS, 0);
	pvpci_ring_open(&liar->answer, liar->private_to_guest, LIAR_SLOTS, 0);
	pvpci_ring_open(&liar->from_guest, bus_area(bus, PVPCI_AREA_RING_TO_HOST), LIAR_SLOTS, 0);
	pvpci_ring_open(&liar->to_guest, bus_area(bus, PVPCI_AREA_RING_TO_GUEST), LIAR_SLOTS, 0);
}

static void forget(struct liar *liar)
{
	liar->struck = 0;
	liar->silent = false;
	liar->frozen = false;
	liar->held_bytes = 0;
	liar->replies = 0;
	liar->events = 0;
	liar->complaint = NULL;
	liar->flood = 0;
	liar->seq = 1;
	liar->started_ns = clock_ns();
	memset(liar->requests, 0, sizeof(liar->requests));
}

void liar_start(struct liar *liar, const struct fault *fault)
{
	struct bus *bus = &liar->bus;

	liar_stop(liar);
	liar->fault = fault;
	forget(liar);
	bus->host.ops = &honest_ops;
	bus->host.context = liar;
	bus->host.rows = LIAR_ROWS;
	bus->host.version_min = PVPCI_HOST_VERSION_MIN;
	bus->host.version_max = PVPCI_HOST_VERSION_MAX;
	bus->host.features = PVPCI_F_SHARED_VECTORS | PVPCI_F_BLOCKS | PVPCI_F_RESET |
			     PVPCI_F_POWER | PVPCI_F_STOP | PVPCI_F_APERTURE_PROBE |
			     PVPCI_F_MEMORY;
	if (dma_configured(&liar->conf.memory))
		bus->host.features |= PVPCI_F_DMA_SHARED;
	if (!holds_bus(liar)) {
		make_header(liar);
		liar_header(liar)->bar2_bytes = htole64(bus->memory.bytes);
		wire_struck(liar);
		liar_set_state(liar, PVPCI_HOST_READY);
		return;
	}
	liar_set_state(liar, PVPCI_HOST_INIT);
	memory_clear(&bus->memory, 0, bus->layout.area[PVPCI_AREA_APERTURE].offset);
	make_functions(liar);
	make_rings(liar);
	make_header(liar);
	liar_set_state(liar, PVPCI_HOST_READY);
	if (fault->step == STEP_NONE)
		fault_patch(liar, false);
	if (fault->start)
		fault->start(liar);
}

void liar_stop(struct liar *liar)
{
	if (!liar->scribbling)
		return;
	__atomic_store_n(&liar->scribbling, false, __ATOMIC_RELAXED);
	pthread_join(liar->scribbler, NULL);
}
