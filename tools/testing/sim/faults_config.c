// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of config space. The guest's driver passes values on; it is PCI core
 * that meets them, and the driver that must not be led astray by them.
 */
#include <unistd.h>

#include "bus/cfgspace.h"
#include "liar.h"

#define SCRIBBLE_PAUSE_US	20

static void *scribble(void *context)
{
	struct liar *liar = context;
	uint8_t *base = bus_area(&liar->bus, liar->scribble_area);
	size_t bytes = liar->bus.layout.area[liar->scribble_area].bytes;

	while (__atomic_load_n(&liar->scribbling, __ATOMIC_RELAXED)) {
		unsigned int i;

		/* Most changes fall on registers that somebody reads. */
		for (i = 0; i < 64; i++) {
			uint64_t random = wire_random();
			size_t at = (random >> 16) % bytes;

			if (random & 0x100)
				at = (at & ~0xfffUL) | (at & 0xff);
			base[at] = (uint8_t)random;
		}
		usleep(SCRIBBLE_PAUSE_US);
	}
	return NULL;
}

static void scribble_start(struct liar *liar, unsigned int area)
{
	liar->scribble_area = area;
	liar->scribbling = true;
	if (pthread_create(&liar->scribbler, NULL, scribble, liar))
		liar->scribbling = false;
	else
		wire_struck(liar);
}

static void scribble_config(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_CONFIG);
}

static void scribble_mask(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_CONFIG_MASK);
}

static void scribble_rows(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_FUNCTIONS);
}

static void scribble_guest(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_CONFIG_GUEST);
}

static void scribble_assigned(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_ASSIGNED);
}

static void scribble_map(struct liar *liar)
{
	scribble_start(liar, PVPCI_AREA_VECTOR_MAP);
}

/* Registers of row 0; the others stay as they are and must go on working. */
#define CONFIG(name_, expect_, outcome_, op_, offset_, bytes_, value_) {	\
	.name = name_, .expect = expect_, .outcome = outcome_,			\
	.patch = { { AT_CONFIG, op_, 0, SPAN(offset_, bytes_), value_ } },	\
}

static const struct fault faults[] = {
	CONFIG("config-vendor-ones", NULL, DEGRADED, OP_SET, 0x00, 2, 0xffff),
	CONFIG("config-vendor-zero", NULL, DEGRADED, OP_SET, 0x00, 4, 0),
	CONFIG("config-ones", NULL, DEGRADED, OP_FILL, 0x00, 4096, 0xff),
	CONFIG("config-zero", NULL, DEGRADED, OP_FILL, 0x00, 4096, 0),
	CONFIG("config-random", NULL, ANY, OP_RANDOM, 0x04, 4092, 0),
	CONFIG("config-crs", NULL, DEGRADED, OP_SET, 0x00, 4, 0xffff0001),
	CONFIG("config-bridge", NULL, WORKS, OP_SET, 0x0e, 1, 0x01),
	CONFIG("config-cardbus", NULL, WORKS, OP_SET, 0x0e, 1, 0x02),
	CONFIG("config-header-strange", NULL, WORKS, OP_SET, 0x0e, 1, 0x7f),
	CONFIG("config-multifunction", NULL, WORKS, OP_SET, 0x0e, 1, 0x80),
	CONFIG("config-bridge-class", NULL, DEGRADED, OP_SET, 0x08, 4, 0x06040000),
	CONFIG("config-host-class", NULL, DEGRADED, OP_SET, 0x08, 4, 0x06000000),
	CONFIG("config-vga", NULL, DEGRADED, OP_SET, 0x08, 4, 0x03000000),
	CONFIG("config-capability-loop", NULL, WORKS, OP_SET, CFGSPACE_MSIX + 1, 1, CFGSPACE_PM),
	CONFIG("config-capability-self", NULL, WORKS, OP_SET, CFGSPACE_PM + 1, 1, CFGSPACE_PM),
	CONFIG("config-capability-odd", NULL, WORKS, OP_SET, CFGSPACE_PM + 1, 1, 0x03),
	CONFIG("config-extended-loop", NULL, WORKS, OP_SET, CFGSPACE_DSN, 4, 0x10010003),
	CONFIG("config-extended-past-end", NULL, WORKS, OP_SET, CFGSPACE_DSN, 4, 0xffc10003),
	CONFIG("config-msix-table-beyond", NULL, WORKS, OP_SET, CFGSPACE_MSIX + 4, 4, 0xfffffff8),
	CONFIG("config-msix-table-bar", NULL, WORKS, OP_SET, CFGSPACE_MSIX + 4, 4, 0x7),
	CONFIG("config-msix-many", NULL, WORKS, OP_SET, CFGSPACE_MSIX + 2, 2, 0x07ff),
	CONFIG("config-msix-enabled", NULL, WORKS, OP_SET, CFGSPACE_MSIX + 2, 2, 0x8003),
	CONFIG("config-bars-strange", NULL, WORKS, OP_FILL, 0x10, 24, 0xa5),
	CONFIG("config-rom", NULL, WORKS, OP_SET, 0x30, 4, 0xfffff801),
	CONFIG("config-irq", NULL, WORKS, OP_SET, 0x3c, 4, 0x01010105),
	CONFIG("config-command", NULL, WORKS, OP_SET, 0x04, 4, 0xffffffff),
	{ .name = "mask-ones", .outcome = WORKS,
	  .patch = { { AT_MASK, OP_FILL, 0, SPAN(0, 4096), 0xff } } },
	{ .name = "mask-zero", .outcome = WORKS,
	  .patch = { { AT_MASK, OP_FILL, 0, SPAN(0, 4096), 0 } } },
	{ .name = "mask-random", .outcome = WORKS,
	  .patch = { { AT_MASK, OP_RANDOM, 0, SPAN(0, 4096), 0 } } },

	{ .name = "scribble-config", .outcome = ANY, .start = scribble_config },
	{ .name = "scribble-mask", .outcome = ANY, .start = scribble_mask },
	{ .name = "scribble-rows", .outcome = ANY, .start = scribble_rows },
	{ .name = "scribble-config-guest", .outcome = WORKS, .start = scribble_guest },
	{ .name = "scribble-assigned", .outcome = ANY, .start = scribble_assigned },
	{ .name = "scribble-vector-map", .outcome = WORKS, .start = scribble_map },
	{ .name = "scribble-config-bound", .outcome = ANY, .step = STEP_BOUND,
	  .strike = scribble_config },
	{ .name = "scribble-rows-bound", .outcome = WORKS, .step = STEP_BOUND,
	  .strike = scribble_rows },
};

const struct fault_table config_faults = FAULT_TABLE("config space", faults);
