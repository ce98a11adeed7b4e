/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where everything lies in BAR2: the checked copy of the header.
 */
#ifndef _PVPCI_LAYOUT_H
#define _PVPCI_LAYOUT_H

#include <linux/pvpci.h>
#include <linux/types.h>

#define PVPCI_WHY_BYTES		160	/* room for one sentence that says what is wrong */

/**
 * struct pvpci_span - a part of BAR2, or of the aperture
 * @offset: first byte
 * @bytes: length, 0 for a part that is absent
 */
struct pvpci_span {
	u64 offset;
	u64 bytes;
};

/**
 * struct pvpci_layout - header of BAR2 in host byte order, every field checked
 * @features: PVPCI_F_* the host offers
 * @bus_id: stable id of the bus
 * @bar2_bytes: length of BAR2
 * @spare32_bytes: room to keep free in the 32-bit window
 * @spare64_bytes: room to keep free in the 64-bit window
 * @version_min: lowest version the host serves
 * @version_max: highest version the host serves
 * @generation: of the daemon
 * @nr_functions: rows of the tables
 * @nr_tokens: entries of the vector map
 * @nr_vectors: transport vectors the host may ring
 * @ring_slots: slots of each ring
 * @peer_id: ivshmem peer of the daemon
 * @peer_vector: doorbell vector that wakes the daemon
 * @area: PVPCI_AREA_*
 *
 * Filled once, constant afterwards. The header in shared memory is not read
 * again but for its state words.
 */
struct pvpci_layout {
	u64 features;
	u64 bus_id;
	u64 bar2_bytes;
	u64 spare32_bytes;
	u64 spare64_bytes;
	u32 version_min;
	u32 version_max;
	u32 generation;
	u32 nr_functions;
	u32 nr_tokens;
	u32 nr_vectors;
	u32 ring_slots;
	u16 peer_id;
	u16 peer_vector;
	struct pvpci_span area[PVPCI_AREA_COUNT];
};

int pvpci_layout_check(const struct pvpci_header *copy, u64 bar2_bytes,
		       struct pvpci_layout *layout, char why[PVPCI_WHY_BYTES]);
const char *pvpci_area_name(unsigned int area);

#endif /* _PVPCI_LAYOUT_H */
