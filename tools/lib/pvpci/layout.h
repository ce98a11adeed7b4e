/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the parts of BAR2 lie.
 */
#ifndef PVPCI_LAYOUT_H
#define PVPCI_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

/**
 * struct pvpci_layout_want - what a bus needs
 * @rows: function table rows, 1 to PVPCI_MAX_FUNCTIONS
 * @tokens: entries of the vector map, 1 to PVPCI_MAX_TOKENS
 * @ring_slots: slots of each ring, a power of two
 * @aperture_bytes: a power of two, PVPCI_PAGE_BYTES at least
 * @pool_bytes: DMA pool, a multiple of PVPCI_PAGE_BYTES; 0 for none
 */
struct pvpci_layout_want {
	uint32_t rows;
	uint32_t tokens;
	uint32_t ring_slots;
	uint64_t aperture_bytes;
	uint64_t pool_bytes;
};

/**
 * struct pvpci_place - one part of BAR2, in host byte order
 * @offset: from the start of BAR2
 * @bytes: length
 */
struct pvpci_place {
	uint64_t offset;
	uint64_t bytes;
};

/**
 * struct pvpci_layout - the host's private copy of the layout
 * @want: what it was made from
 * @bar2_bytes: length of BAR2, a power of two
 * @area: see PVPCI_AREA_*
 */
struct pvpci_layout {
	struct pvpci_layout_want want;
	uint64_t bar2_bytes;
	struct pvpci_place area[PVPCI_AREA_COUNT];
};

/**
 * pvpci_layout_make - lay BAR2 out
 * @layout: filled
 * @want: what it must hold
 *
 * The parts follow each other in the order of PVPCI_AREA_*; the aperture comes
 * last, aligned to its own size so that BAR alignment survives in it.
 * Return: 0, or -EINVAL when @want is out of range or BAR2 passes 2^62 bytes.
 */
int pvpci_layout_make(struct pvpci_layout *layout, const struct pvpci_layout_want *want);

/**
 * pvpci_layout_header - write a header that describes @layout
 * @layout: where things lie
 * @header: zeroed and filled, all but magic, ids, features and state
 */
void pvpci_layout_header(const struct pvpci_layout *layout, struct pvpci_header *header);

/** pvpci_is_power2 - exactly one bit set */
static inline bool pvpci_is_power2(uint64_t value)
{
	return value && !(value & (value - 1));
}

/** pvpci_round_power2 - the next power of two, 0 when it does not fit */
uint64_t pvpci_round_power2(uint64_t value);

#endif /* PVPCI_LAYOUT_H */
