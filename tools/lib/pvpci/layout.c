// SPDX-License-Identifier: GPL-2.0
/*
 * Where the parts of BAR2 lie.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "layout.h"

#define LAYOUT_MAX_BYTES	(1ULL << 62)

uint64_t pvpci_round_power2(uint64_t value)
{
	uint64_t power = 1;

	while (power && power < value)
		power <<= 1;
	return power;
}

static uint64_t round_up(uint64_t value, uint64_t power2)
{
	return (value + power2 - 1) & ~(power2 - 1);
}

static bool want_valid(const struct pvpci_layout_want *want)
{
	return want->rows >= 1 && want->rows <= PVPCI_MAX_FUNCTIONS &&
	       want->tokens >= 1 && want->tokens <= PVPCI_MAX_TOKENS &&
	       pvpci_is_power2(want->ring_slots) &&
	       want->ring_slots >= PVPCI_MIN_SLOTS &&
	       want->ring_slots <= PVPCI_MAX_SLOTS &&
	       pvpci_is_power2(want->aperture_bytes) &&
	       want->aperture_bytes >= PVPCI_PAGE_BYTES &&
	       want->aperture_bytes <= LAYOUT_MAX_BYTES / 2 &&
	       want->pool_bytes % PVPCI_PAGE_BYTES == 0 &&
	       want->pool_bytes <= LAYOUT_MAX_BYTES / 4;
}

/* Length of each part, before it is rounded up to pages. */
static uint64_t area_bytes(const struct pvpci_layout_want *want, unsigned int area)
{
	switch (area) {
	case PVPCI_AREA_RING_TO_HOST:
	case PVPCI_AREA_RING_TO_GUEST:
		return sizeof(struct pvpci_ring) + (uint64_t)want->ring_slots * PVPCI_SLOT_BYTES;
	case PVPCI_AREA_FUNCTIONS:
		return want->rows * sizeof(struct pvpci_function);
	case PVPCI_AREA_CONFIG:
	case PVPCI_AREA_CONFIG_MASK:
	case PVPCI_AREA_CONFIG_GUEST:
		return (uint64_t)want->rows * PVPCI_PAGE_BYTES;
	case PVPCI_AREA_ASSIGNED:
		return want->rows * sizeof(struct pvpci_assigned);
	case PVPCI_AREA_VECTOR_MAP:
		return want->tokens * sizeof(__le32);
	case PVPCI_AREA_VECTOR_PENDING:
		/* Whole 64-bit words, so that both sides may use them. */
		return (want->tokens + 63) / 64 * 8;
	case PVPCI_AREA_DMA_POOL:
		return want->pool_bytes;
	default:
		return want->aperture_bytes;
	}
}

int pvpci_layout_make(struct pvpci_layout *layout, const struct pvpci_layout_want *want)
{
	uint64_t next = PVPCI_PAGE_BYTES;
	unsigned int i;

	memset(layout, 0, sizeof(*layout));
	if (!want_valid(want))
		return -EINVAL;
	layout->want = *want;
	for (i = 0; i < PVPCI_AREA_COUNT; i++) {
		uint64_t bytes = round_up(area_bytes(want, i), PVPCI_PAGE_BYTES);

		if (!bytes)
			continue;
		if (i == PVPCI_AREA_APERTURE)
			next = round_up(next, bytes);
		layout->area[i].offset = next;
		layout->area[i].bytes = bytes;
		next += bytes;
	}
	layout->bar2_bytes = pvpci_round_power2(next);
	return layout->bar2_bytes && layout->bar2_bytes <= LAYOUT_MAX_BYTES ? 0 : -EINVAL;
}

void pvpci_layout_header(const struct pvpci_layout *layout, struct pvpci_header *header)
{
	unsigned int i;

	memset(header, 0, sizeof(*header));
	header->header_bytes = htole32(sizeof(*header));
	header->bar2_bytes = htole64(layout->bar2_bytes);
	header->nr_functions = htole32(layout->want.rows);
	header->nr_tokens = htole32(layout->want.tokens);
	header->ring_slots = htole32(layout->want.ring_slots);
	for (i = 0; i < PVPCI_AREA_COUNT; i++) {
		header->area[i].offset = htole64(layout->area[i].offset);
		header->area[i].bytes = htole64(layout->area[i].bytes);
	}
}
