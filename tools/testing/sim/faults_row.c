// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the function table.
 */
#include "liar.h"

#define ROW(name)	MEMBER(struct pvpci_function, name)
#define BAR(index, name)	MEMBER(struct pvpci_function, bar[index].name)

#define WRONG(name_, expect_, row_, op_, field, value_) {		\
	.name = name_, .expect = expect_, .outcome = REFUSED,		\
	.patch = { { AT_ROW, op_, row_, field, value_ } },		\
}

#define STRANGE(name_, expect_, outcome_, row_, op_, field, value_) {	\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.patch = { { AT_ROW, op_, row_, field, value_ } },		\
}

static const struct fault faults[] = {
	WRONG("row-devfn-twice", "two functions are at 03\\.0", 1,
	      OP_SET, ROW(devfn), 3 << 3),
	WRONG("row-devfn-high", "devfn 0x103 is above 0xff", 1, OP_SET, ROW(devfn), 0x103),
	WRONG("row-instance-zero", "instance is 0", 1, OP_SET, ROW(instance), 0),
	WRONG("row-flags-unknown", "unknown flags 0x80000000", 1, OP_ADD, ROW(flags), 0x80000000),
	WRONG("row-tokens-many", "100000 interrupt vectors are more than 2048", 0,
	      OP_SET, ROW(nr_tokens), 100000),
	STRANGE("row-tokens-more", NULL, WORKS, 0, OP_SET, ROW(nr_tokens), 2048),
	WRONG("row-label-open", "slot label is not a string of printable characters", 1,
	      OP_FILL, ROW(label), 'x'),
	WRONG("row-label-bytes", "slot label is not a string of printable characters", 1,
	      OP_SET, SPAN(offsetof(struct pvpci_function, label), 4), 0x0a0d1b07),
	WRONG("row-model-open", "model is not a string of printable characters", 1,
	      OP_FILL, ROW(model), '%'),
	STRANGE("row-label-format", NULL, WORKS, 1,
		OP_SET, SPAN(offsetof(struct pvpci_function, label), 8), 0x0073256e25732573ULL),
	STRANGE("row-label-twice", NULL, WORKS, 1,
		OP_SET, SPAN(offsetof(struct pvpci_function, label), 8), 0x0000302d7261696cULL),
	STRANGE("row-serial-twice", NULL, WORKS, 1, OP_SET, ROW(serial), 0x5100),
	STRANGE("row-numa-strange", NULL, WORKS, 1, OP_SET, ROW(numa_node), 1000000),
	STRANGE("row-reserved-filled", NULL, WORKS, 1, OP_FILL, ROW(reserved1), 0xff),

	WRONG("bar-odd", "size 0x11111 of BAR0 is not a power of two", 0,
	      OP_SET, BAR(0, bytes), 0x11111),
	WRONG("bar-small", "size 0x800 of BAR2 is not a power of two from 4096", 0,
	      OP_SET, BAR(2, bytes), 2048),
	WRONG("bar-one", "size 0x1 of BAR2 is not a power of two from 4096", 0,
	      OP_SET, BAR(2, bytes), 1),
	WRONG("bar-vast", "size 0xffffffffffffffff of BAR0 is not a power of two", 0,
	      OP_FILL, BAR(0, bytes), 0xff),
	WRONG("bar-vast32", "size 0x100000000 of BAR2 is too large for 32 bits", 0,
	      OP_SET, BAR(2, bytes), 1ULL << 32),
	WRONG("bar-flags-unknown", "BAR0 has unknown flags 0x100", 0,
	      OP_ADD, BAR(0, flags), 0x100),
	{ .name = "bar5-mem64", .expect = "BAR5 cannot be a 64-bit one", .outcome = REFUSED,
	  .patch = {
		  { AT_ROW, OP_SET, 0, BAR(5, bytes), 4096 },
		  { AT_ROW, OP_SET, 0, BAR(5, flags), PVPCI_BAR_MEM64 },
	  } },
	WRONG("bar-upper-used", "BAR1 is the upper half of BAR0 but has a size of its own", 0,
	      OP_SET, BAR(1, bytes), 4096),
	/* No aperture holds it: that function has no place, the others have theirs. */
	STRANGE("bar-over-aperture", "No room for [0-9a-f]+:00:03\\.0", DEGRADED, 0,
		OP_SET, BAR(0, bytes), 1ULL << 40),
	STRANGE("bar-largest", "No room for [0-9a-f]+:00:03\\.0", DEGRADED, 0,
		OP_SET, BAR(0, bytes), 1ULL << 63),

	WRONG("decode-outside", "BAR0 decodes 0x10000 bytes at a wrong place, 0x400000", 2,
	      OP_SET, BAR(0, offset), LIAR_APERTURE_BYTES),
	WRONG("decode-past-end",
	      "BAR0 decodes 0x10000 bytes at a wrong place, 0xffffffffffff0000",
	      2, OP_SET, BAR(0, offset), -65536ULL),
	WRONG("decode-misaligned",
	      "BAR0 decodes 0x10000 bytes at a wrong place, 0x101000",
	      2, OP_SET, BAR(0, offset), 0x101000),
	{ .name = "decode-overlap", .outcome = REFUSED,
	  .expect = "Functions that the host handed off decoding overlap",
	  .patch = {
		  { AT_ROW, OP_SET, 3, ROW(flags), PVPCI_FN_PRESENT | PVPCI_FN_DECODING },
		  { AT_ROW, OP_SET, 3, BAR(0, offset), 0x102000 },
	  } },
};

const struct fault_table row_faults = FAULT_TABLE("function table", faults);
