// SPDX-License-Identifier: GPL-2.0
/*
 * The header of BAR2: copied once, checked here, then never read again.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>

#include "wire/layout.h"
#include "wire/proto.h"

#define fault(why, fmt, ...) \
	(snprintf(why, PVPCI_WHY_BYTES, fmt, ##__VA_ARGS__), -EINVAL)

static const char * const area_names[] = {
	[PVPCI_AREA_RING_TO_HOST]	= "ring to host",
	[PVPCI_AREA_RING_TO_GUEST]	= "ring to guest",
	[PVPCI_AREA_FUNCTIONS]		= "functions",
	[PVPCI_AREA_CONFIG]		= "config",
	[PVPCI_AREA_CONFIG_MASK]	= "config mask",
	[PVPCI_AREA_CONFIG_GUEST]	= "config guest",
	[PVPCI_AREA_ASSIGNED]		= "assigned",
	[PVPCI_AREA_VECTOR_MAP]		= "vector map",
	[PVPCI_AREA_VECTOR_PENDING]	= "vector pending",
	[PVPCI_AREA_DMA_POOL]		= "DMA pool",
	[PVPCI_AREA_APERTURE]		= "aperture",
};

static_assert(ARRAY_SIZE(area_names) == PVPCI_AREA_COUNT);

/**
 * pvpci_area_name - what an area is called in log lines
 * @area: PVPCI_AREA_*
 *
 * Return: a constant string.
 */
const char *pvpci_area_name(unsigned int area)
{
	return area < PVPCI_AREA_COUNT ? area_names[area] : "unknown";
}

static int check_scalars(const struct pvpci_layout *l, char *why)
{
	if (l->version_min > l->version_max ||
	    l->version_min > PVPCI_GUEST_VERSION_MAX ||
	    l->version_max < PVPCI_GUEST_VERSION_MIN)
		return fault(why, "host serves protocol %u.%u to %u.%u, this driver %u.%u to %u.%u",
			     l->version_min >> 16, l->version_min & 0xffff,
			     l->version_max >> 16, l->version_max & 0xffff,
			     PVPCI_GUEST_VERSION_MIN >> 16, PVPCI_GUEST_VERSION_MIN & 0xffff,
			     PVPCI_GUEST_VERSION_MAX >> 16, PVPCI_GUEST_VERSION_MAX & 0xffff);
	if (!l->generation)
		return fault(why, "generation of the host is 0");
	if (!l->nr_functions || l->nr_functions > PVPCI_MAX_FUNCTIONS)
		return fault(why, "%u function rows are not 1 to %u",
			     l->nr_functions, PVPCI_MAX_FUNCTIONS);
	if (!l->nr_tokens || l->nr_tokens > PVPCI_MAX_TOKENS)
		return fault(why, "%u interrupt tokens are not 1 to %u",
			     l->nr_tokens, PVPCI_MAX_TOKENS);
	if (!l->nr_vectors || l->nr_vectors > PVPCI_MAX_VECTORS)
		return fault(why, "%u transport vectors are not 1 to %u",
			     l->nr_vectors, PVPCI_MAX_VECTORS);
	if (!is_power_of_2(l->ring_slots) || l->ring_slots < PVPCI_MIN_SLOTS ||
	    l->ring_slots > PVPCI_MAX_SLOTS)
		return fault(why, "%u ring slots are not a power of two from %u to %u",
			     l->ring_slots, PVPCI_MIN_SLOTS, PVPCI_MAX_SLOTS);
	return 0;
}

/* How long an area must be at least. */
static u64 area_need(const struct pvpci_layout *l, unsigned int area)
{
	switch (area) {
	case PVPCI_AREA_RING_TO_HOST:
	case PVPCI_AREA_RING_TO_GUEST:
		return sizeof(struct pvpci_ring) + (u64)l->ring_slots * PVPCI_SLOT_BYTES;
	case PVPCI_AREA_FUNCTIONS:
		return (u64)l->nr_functions * sizeof(struct pvpci_function);
	case PVPCI_AREA_CONFIG:
	case PVPCI_AREA_CONFIG_MASK:
	case PVPCI_AREA_CONFIG_GUEST:
		return (u64)l->nr_functions * PVPCI_PAGE_BYTES;
	case PVPCI_AREA_ASSIGNED:
		return (u64)l->nr_functions * sizeof(struct pvpci_assigned);
	case PVPCI_AREA_VECTOR_MAP:
		return (u64)l->nr_tokens * sizeof(__le32);
	case PVPCI_AREA_VECTOR_PENDING:
		return DIV_ROUND_UP(l->nr_tokens, 8);
	case PVPCI_AREA_APERTURE:
		return PVPCI_PAGE_BYTES;
	}
	return 0;
}

static int check_area(const struct pvpci_layout *l, unsigned int area, char *why)
{
	const struct pvpci_span *span = &l->area[area];
	const char *name = area_names[area];

	if (!IS_ALIGNED(span->offset, PVPCI_PAGE_BYTES) ||
	    !IS_ALIGNED(span->bytes, PVPCI_PAGE_BYTES))
		return fault(why, "area \"%s\" (%#llx bytes at %#llx) is not whole pages",
			     name, span->bytes, span->offset);
	if (span->bytes < area_need(l, area))
		return fault(why, "area \"%s\" has %#llx bytes, %#llx are needed",
			     name, span->bytes, area_need(l, area));
	if (!span->bytes)
		return 0;
	if (span->offset > l->bar2_bytes || span->bytes > l->bar2_bytes - span->offset)
		return fault(why, "area \"%s\" (%#llx bytes at %#llx) runs past BAR2",
			     name, span->bytes, span->offset);
	if (span->offset < PVPCI_PAGE_BYTES)
		return fault(why, "area \"%s\" overlaps the header page", name);
	if (area == PVPCI_AREA_APERTURE &&
	    (!is_power_of_2(span->bytes) || !IS_ALIGNED(span->offset, span->bytes)))
		return fault(why, "aperture (%#llx bytes at %#llx) is no self-aligned power of two",
			     span->bytes, span->offset);
	return 0;
}

static int check_overlap(const struct pvpci_layout *l, char *why)
{
	unsigned int a, b;

	for (a = 0; a < PVPCI_AREA_COUNT; a++)
		for (b = 0; b < a; b++) {
			const struct pvpci_span *x = &l->area[a], *y = &l->area[b];

			if (x->bytes && y->bytes && x->offset < y->offset + y->bytes &&
			    y->offset < x->offset + x->bytes)
				return fault(why, "areas \"%s\" and \"%s\" overlap",
					     area_names[b], area_names[a]);
		}
	return 0;
}

/**
 * pvpci_layout_check - check a private copy of the header
 * @copy: the header as it was in BAR2, copied once
 * @bar2_bytes: length of the PCI BAR
 * @layout: filled
 * @why: gets one sentence, without a full stop, when something is wrong
 *
 * Context: any.
 * Return: 0; -ENODEV when this is not our header at all; -EINVAL when it is
 * ours but cannot be used.
 */
int pvpci_layout_check(const struct pvpci_header *copy, u64 bar2_bytes,
		       struct pvpci_layout *layout, char why[PVPCI_WHY_BYTES])
{
	unsigned int area;
	int ret;

	if (le64_to_cpu(copy->magic) != PVPCI_MAGIC) {
		snprintf(why, PVPCI_WHY_BYTES, "no pvpci header in BAR2 (magic %#llx)",
			 le64_to_cpu(copy->magic));
		return -ENODEV;
	}
	if (le32_to_cpu(copy->header_bytes) < sizeof(*copy) ||
	    le32_to_cpu(copy->header_bytes) > PVPCI_PAGE_BYTES)
		return fault(why, "header of %u bytes is not %zu to %u bytes long",
			     le32_to_cpu(copy->header_bytes), sizeof(*copy), PVPCI_PAGE_BYTES);

	*layout = (struct pvpci_layout) {
		.features = le64_to_cpu(copy->features),
		.bus_id = le64_to_cpu(copy->bus_id),
		.bar2_bytes = le64_to_cpu(copy->bar2_bytes),
		.spare32_bytes = le64_to_cpu(copy->spare32_bytes),
		.spare64_bytes = le64_to_cpu(copy->spare64_bytes),
		.version_min = le32_to_cpu(copy->version_min),
		.version_max = le32_to_cpu(copy->version_max),
		.generation = le32_to_cpu(copy->generation),
		.nr_functions = le32_to_cpu(copy->nr_functions),
		.nr_tokens = le32_to_cpu(copy->nr_tokens),
		.nr_vectors = le32_to_cpu(copy->nr_vectors),
		.ring_slots = le32_to_cpu(copy->ring_slots),
		.peer_id = le16_to_cpu(copy->peer_id),
		.peer_vector = le16_to_cpu(copy->peer_vector),
	};
	if (layout->bar2_bytes != bar2_bytes)
		return fault(why, "header says that BAR2 has %#llx bytes, it has %#llx",
			     layout->bar2_bytes, bar2_bytes);
	ret = check_scalars(layout, why);
	for (area = 0; !ret && area < PVPCI_AREA_COUNT; area++) {
		layout->area[area].offset = le64_to_cpu(copy->area[area].offset);
		layout->area[area].bytes = le64_to_cpu(copy->area[area].bytes);
		ret = check_area(layout, area, why);
	}
	return ret ?: check_overlap(layout, why);
}
