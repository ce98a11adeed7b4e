// SPDX-License-Identifier: GPL-2.0
/*
 * How large the aperture is, and who has which part of it.
 */
#include <stdio.h>

#include "base/error.h"
#include "bus/aperture.h"
#include "bus/bus.h"
#include "conf/conf.h"

#define APERTURE_MIN_BYTES	(16ULL << 20)
#define APERTURE_DOUBLE_BYTES	(1ULL << 30)	/* below this, room for hot-add is cheap */
#define RING_SLOTS		256

uint64_t aperture_bytes(uint64_t need32, uint64_t need64)
{
	uint64_t bytes;

	if (need32 > CONF_APERTURE_MAX_BYTES || need64 > CONF_APERTURE_MAX_BYTES)
		return 0;
	/*
	 * BARs are powers of two, so sorted by size they pack without gaps, and
	 * a window that starts at a multiple of its largest BAR wastes nothing.
	 */
	bytes = pvpci_round_power2(need32 + need64);
	if (bytes < APERTURE_DOUBLE_BYTES)
		bytes *= 2;
	if (bytes < APERTURE_MIN_BYTES)
		bytes = APERTURE_MIN_BYTES;
	return bytes <= CONF_APERTURE_MAX_BYTES ? bytes : 0;
}

/* Before the first guest, functions have their rows in the order of the configuration. */
static int at_function(unsigned int row, struct error *err)
{
	char where[32];

	snprintf(where, sizeof(where), "functions/%u", row);
	error_below(err, where);
	return -1;
}

int aperture_lay_out(struct bus *bus, struct error *err)
{
	struct pvpci_layout_want want = {
		.rows = bus->conf->rows,
		.tokens = PVPCI_MAX_TOKENS,
		.ring_slots = RING_SLOTS,
		.aperture_bytes = bus->conf->aperture_bytes,
	};
	uint64_t need32, need64;
	unsigned int i;

	bus_needs(bus, &need32, &need64);
	if (!want.aperture_bytes)
		want.aperture_bytes = aperture_bytes(need32 + bus->conf->spare32_bytes,
						     need64 + bus->conf->spare64_bytes);
	if (!want.aperture_bytes || pvpci_layout_make(&bus->layout, &want)) {
		error_at(err, "aperture", "no aperture holds %llu bytes of BARs",
			 (unsigned long long)(need32 + need64));
		return -1;
	}
	if (need32 + need64 > want.aperture_bytes)
		log_warning("bus %llu: BARs need %llu bytes, the aperture has %llu: not all will work",
			    (unsigned long long)bus->conf->id,
			    (unsigned long long)(need32 + need64),
			    (unsigned long long)want.aperture_bytes);
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && aperture_check(bus, bus->row[i], err))
			return at_function(i, err);
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->flags & PVPCI_FN_DECODING &&
		    aperture_hand_off(bus, bus->row[i], err))
			return at_function(i, err);
	return 0;
}

int aperture_check(const struct bus *bus, const struct function *fn, struct error *err)
{
	uint64_t bytes = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		if (fn->bar[i].most <= bytes)
			continue;
		error_set(err, "BAR %u of %s has %llu bytes, the whole aperture has %llu", i,
			  fn->name, (unsigned long long)fn->bar[i].most,
			  (unsigned long long)bytes);
		return -1;
	}
	return 0;
}

/* Does anybody have a byte of the range? */
static bool range_taken(const struct bus *bus, uint64_t offset, uint64_t bytes)
{
	unsigned int i, j;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *fn = bus->row[i];

		for (j = 0; fn && j < PVPCI_NUM_BARS; j++) {
			const struct bar *bar = &fn->bar[j];

			if (!bar->bytes)
				continue;
			if (fn->flags & PVPCI_FN_DECODING && bar->handoff != PVPCI_BAR_UNASSIGNED &&
			    bar_meets(offset, bytes, bar->handoff, bar->bytes))
				return true;
			if (bar->assigned != PVPCI_BAR_UNASSIGNED &&
			    bar_meets(offset, bytes, bar->assigned, bar->bytes))
				return true;
			if (bar->attached != PVPCI_BAR_UNASSIGNED &&
			    bar_meets(offset, bytes, bar->attached, bar->bytes))
				return true;
		}
	}
	return false;
}

static int place(const struct bus *bus, struct bar *bar)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	uint64_t places = aperture / bar->bytes;
	uint64_t i;

	for (i = 0; i < places; i++) {
		uint64_t index = bar->flags & PVPCI_BAR_MEM64 ? places - 1 - i : i;

		if (range_taken(bus, index * bar->bytes, bar->bytes))
			continue;
		bar->handoff = index * bar->bytes;
		return 0;
	}
	return -1;
}

int aperture_hand_off(struct bus *bus, struct function *fn, struct error *err)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		fn->bar[i].handoff = fn->bar[i].bytes ? PVPCI_BAR_UNASSIGNED : 0;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		if (!fn->bar[i].bytes || !place(bus, &fn->bar[i]))
			continue;
		error_set(err, "no place in the aperture for BAR %u of %s, handed off decoding", i,
			  fn->name);
		return -1;
	}
	return 0;
}

const struct bar *aperture_decoding(const struct bus *bus, uint64_t offset, uint64_t bytes)
{
	unsigned int i, j;

	for (i = 0; i < bus->nr_attached; i++) {
		for (j = 0; j < PVPCI_NUM_BARS; j++) {
			const struct bar *bar = &bus->attached[i]->bar[j];

			if (bar->bytes && bar->attached != PVPCI_BAR_UNASSIGNED &&
			    bar_meets(offset, bytes, bar->attached, bar->bytes))
				return bar;
		}
	}
	return NULL;
}

uint64_t aperture_unused_page(const struct bus *bus)
{
	uint64_t end = bus->layout.want.aperture_bytes;
	const struct bar *bar;

	/* Downwards, past one BAR with each turn. */
	while (end >= PVPCI_PAGE_BYTES) {
		bar = aperture_decoding(bus, end - PVPCI_PAGE_BYTES, PVPCI_PAGE_BYTES);
		if (!bar)
			return end - PVPCI_PAGE_BYTES;
		end = bar->attached & ~(uint64_t)(PVPCI_PAGE_BYTES - 1);
	}
	return PVPCI_BAR_UNASSIGNED;
}
