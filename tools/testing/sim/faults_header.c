// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the header page: most are one number that is not what it should be.
 */
#include "liar.h"
#include "shm.h"

#define FIELD(name)	MEMBER(struct pvpci_header, name)
#define AREA(index, name)	MEMBER(struct pvpci_header, area[index].name)

/* A fault of one field: the guest says so and has no bus. */
#define WRONG(name_, expect_, op_, field, value_) {			\
	.name = name_, .expect = expect_, .outcome = REFUSED,		\
	.patch = { { AT_HEADER, op_, 0, field, value_ } },		\
}

/* One that must not matter. */
#define STRANGE(name_, expect_, op_, field, value_) {			\
	.name = name_, .expect = expect_, .outcome = WORKS,		\
	.patch = { { AT_HEADER, op_, 0, field, value_ } },		\
}

/* The aperture begins where the config area does: both are there twice. */
static void overlap(struct liar *liar)
{
	struct pvpci_area *area = liar_header(liar)->area;

	area[PVPCI_AREA_CONFIG_MASK] = area[PVPCI_AREA_CONFIG];
	wire_struck(liar);
}

static void overlap_partly(struct liar *liar)
{
	struct pvpci_area *area = liar_header(liar)->area;

	/* The last page of one is the first of the other. */
	area[PVPCI_AREA_ASSIGNED].offset =
		htole64(le64toh(area[PVPCI_AREA_CONFIG].offset) +
			le64toh(area[PVPCI_AREA_CONFIG].bytes) - PVPCI_PAGE_BYTES);
	wire_struck(liar);
}

static void never_ready(struct liar *liar)
{
	liar_set_state(liar, PVPCI_HOST_INIT);
	wire_struck(liar);
}

static void strange_state(struct liar *liar)
{
	liar_set_state(liar, 77);
	wire_struck(liar);
}

static void stopped_before(struct liar *liar)
{
	liar_set_state(liar, PVPCI_HOST_STOPPING);
	wire_struck(liar);
}

static const struct fault faults[] = {
	WRONG("header-magic", "no pvpci header in BAR2 \\(magic 0x5355424943505651\\)",
	      OP_ADD, FIELD(magic), 1),
	WRONG("header-magic-zero", "no pvpci header in BAR2 \\(magic 0(x0)?\\)",
	      OP_SET, FIELD(magic), 0),
	WRONG("header-bytes-short", "header of 100 bytes is not 1024 to 4096 bytes long",
	      OP_SET, FIELD(header_bytes), 100),
	WRONG("header-bytes-zero", "header of 0 bytes is not 1024 to 4096 bytes long",
	      OP_SET, FIELD(header_bytes), 0),
	WRONG("header-bytes-long", "header of [0-9]+ bytes is not 1024 to 4096 bytes long",
	      OP_SET, FIELD(header_bytes), 0x80000000),
	STRANGE("header-bytes-longer", NULL, OP_SET, FIELD(header_bytes), 2048),

	WRONG("bar2-bytes-twice", "header says that BAR2 has 0x[0-9a-f]+ bytes, it has 0x[0-9a-f]+",
	      OP_ADD, FIELD(bar2_bytes), 8ULL << 20),
	WRONG("bar2-bytes-zero", "header says that BAR2 has 0(x0)? bytes, it has 0x[0-9a-f]+",
	      OP_SET, FIELD(bar2_bytes), 0),

	WRONG("version-old", "host serves protocol 0\\.1 to 0\\.9, this driver 1\\.0 to",
	      OP_SET, SPAN(offsetof(struct pvpci_header, version_min), 8), 0x0000000900000001ULL),
	WRONG("version-new", "host serves protocol 9\\.0 to 9\\.1, this driver 1\\.0 to",
	      OP_SET, SPAN(offsetof(struct pvpci_header, version_min), 8), 0x0009000100090000ULL),
	WRONG("version-crossed", "host serves protocol 2\\.0 to 1\\.1, this driver",
	      OP_SET, FIELD(version_min), 0x00020000),
	STRANGE("version-wide", NULL,
		OP_SET, SPAN(offsetof(struct pvpci_header, version_min), 8), 0xffffffff00000000ULL),

	WRONG("generation-zero", "generation of the host is 0", OP_SET, FIELD(generation), 0),
	WRONG("functions-zero", "0 function rows are not 1 to 256",
	      OP_SET, FIELD(nr_functions), 0),
	WRONG("functions-many", "257 function rows are not 1 to 256",
	      OP_SET, FIELD(nr_functions), PVPCI_MAX_FUNCTIONS + 1),
	WRONG("functions-more", "area \"functions\" has 0x1000 bytes, 0x20000 are needed",
	      OP_SET, FIELD(nr_functions), PVPCI_MAX_FUNCTIONS),
	WRONG("tokens-zero", "0 interrupt tokens are not 1 to 8192",
	      OP_SET, FIELD(nr_tokens), 0),
	WRONG("tokens-many", "8193 interrupt tokens are not 1 to 8192",
	      OP_SET, FIELD(nr_tokens), PVPCI_MAX_TOKENS + 1),
	WRONG("tokens-more", "area \"vector map\" has 0x1000 bytes, 0x8000 are needed",
	      OP_SET, FIELD(nr_tokens), PVPCI_MAX_TOKENS),
	WRONG("vectors-zero", "0 transport vectors are not 1 to 2048",
	      OP_SET, FIELD(nr_vectors), 0),
	WRONG("vectors-many", "2049 transport vectors are not 1 to 2048",
	      OP_SET, FIELD(nr_vectors), PVPCI_MAX_VECTORS + 1),
	STRANGE("vectors-more", NULL, OP_SET, FIELD(nr_vectors), PVPCI_MAX_VECTORS),
	WRONG("slots-odd", "48 ring slots are not a power of two from 8 to 1024",
	      OP_SET, FIELD(ring_slots), 48),
	WRONG("slots-zero", "0 ring slots are not a power of two from 8 to 1024",
	      OP_SET, FIELD(ring_slots), 0),
	WRONG("slots-few", "4 ring slots are not a power of two from 8 to 1024",
	      OP_SET, FIELD(ring_slots), 4),
	WRONG("slots-many", "2048 ring slots are not a power of two from 8 to 1024",
	      OP_SET, FIELD(ring_slots), 2048),
	WRONG("slots-more", "area \"ring to host\" has 0x5000 bytes, 0x41000 are needed",
	      OP_SET, FIELD(ring_slots), 1024),

	WRONG("area-misaligned", "area \"config\" .* is not whole pages",
	      OP_ADD, AREA(PVPCI_AREA_CONFIG, offset), 0x800),
	WRONG("area-odd", "area \"assigned\" .* is not whole pages",
	      OP_ADD, AREA(PVPCI_AREA_ASSIGNED, bytes), 1),
	WRONG("area-short", "area \"config guest\" has 0x7000 bytes, 0x8000 are needed",
	      OP_ADD, AREA(PVPCI_AREA_CONFIG_GUEST, bytes), -4096ULL),
	WRONG("area-absent", "area \"ring to guest\" has 0(x0)? bytes, 0x5000 are needed",
	      OP_SET, AREA(PVPCI_AREA_RING_TO_GUEST, bytes), 0),
	WRONG("area-past-end", "area \"config\" .* runs past BAR2",
	      OP_SET, AREA(PVPCI_AREA_CONFIG, offset), 0x7ff000),
	WRONG("area-wraps", "area \"functions\" .* at 0xfffffffffffff000\\) runs past BAR2",
	      OP_SET, AREA(PVPCI_AREA_FUNCTIONS, offset), -4096ULL),
	WRONG("area-vast", "area \"vector map\" \\(0xfffffffffffff000 bytes .* runs past BAR2",
	      OP_SET, AREA(PVPCI_AREA_VECTOR_MAP, bytes), -4096ULL),
	WRONG("area-header", "area \"assigned\" overlaps the header page",
	      OP_SET, AREA(PVPCI_AREA_ASSIGNED, offset), 0),
	WRONG("area-pool", "area \"DMA pool\" .* runs past BAR2",
	      OP_SET, AREA(PVPCI_AREA_DMA_POOL, bytes), 1ULL << 40),
	WRONG("aperture-odd", "aperture \\(0x300000 bytes .* is no self-aligned power of two",
	      OP_SET, AREA(PVPCI_AREA_APERTURE, bytes), 0x300000),
	WRONG("aperture-misaligned",
	      "aperture \\(0x400000 bytes .* is no self-aligned power of two",
	      OP_ADD, AREA(PVPCI_AREA_APERTURE, offset), -4096ULL),
	{ .name = "area-overlap", .expect = "areas \"config\" and \"config mask\" overlap",
	  .outcome = REFUSED, .start = overlap },
	{ .name = "area-overlap-partly", .expect = "areas \"config\" and \"assigned\" overlap",
	  .outcome = REFUSED, .start = overlap_partly },
	/* Areas that this version does not know are a later version's. */
	STRANGE("area-count", NULL, OP_FILL,
		SPAN(offsetof(struct pvpci_header, area[PVPCI_AREA_COUNT]),
		     (PVPCI_AREA_MAX - PVPCI_AREA_COUNT) * sizeof(struct pvpci_area)), 0xff),

	STRANGE("features-unknown", NULL, OP_ADD, FIELD(features), 0xffff000000000000ULL),
	STRANGE("reserved-filled", NULL, OP_FILL, FIELD(reserved1), 0xff),
	STRANGE("bus-id-vast", NULL, OP_SET, FIELD(bus_id), -1ULL),
	STRANGE("peer-nobody", NULL, OP_SET, SPAN(offsetof(struct pvpci_header, peer_id), 4),
		0xffffffff),
	STRANGE("spare-vast", NULL, OP_FILL, SPAN(offsetof(struct pvpci_header, spare32_bytes), 16),
		0xff),
	STRANGE("spare-odd", NULL, OP_SET, FIELD(spare64_bytes), 12345),

	{ .name = "bar2-short", .expect = "BAR2 \\(0x1000 bytes\\) is too short for a bus",
	  .outcome = REFUSED, .bar2_bytes = 4096 },
	{ .name = "bar2-half", .expect = "area \"aperture\" .* runs past BAR2",
	  .outcome = REFUSED, .bar2_bytes = 262144 },

	{ .name = "state-init", .expect = "Host did not become ready in [0-9]+ ms",
	  .outcome = REFUSED, .start = never_ready },
	{ .name = "state-strange", .expect = "Host does not serve this bus \\(state 77\\)",
	  .outcome = REFUSED, .start = strange_state },
	{ .name = "state-stopped", .expect = "Host does not serve this bus \\(state 2\\)",
	  .outcome = REFUSED, .start = stopped_before },
};

const struct fault_table header_faults = FAULT_TABLE("header", faults);
