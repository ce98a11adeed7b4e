// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: what is where in the aperture, and how scattered the
 * room is that is left.
 */
#include <stdlib.h>

#include "bus/bus.h"
#include "control/control.h"

/**
 * struct space - one window, or the aperture as a whole
 * @start: aperture offset
 * @bytes: length
 * @free: bytes no BAR holds
 * @hole: the largest of them in one piece
 */
struct space {
	uint64_t start;
	uint64_t bytes;
	uint64_t free;
	uint64_t hole;
};

/**
 * struct place - a BAR that has a place
 * @offset: aperture offset
 * @fn: its function
 * @bar: its number
 */
struct place {
	uint64_t offset;
	const struct function *fn;
	unsigned int bar;
};

static int by_offset(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

static unsigned int find_places(const struct bus *bus, struct place *places)
{
	unsigned int row, bar, count = 0;

	for (row = 0; row < PVPCI_MAX_FUNCTIONS; row++) {
		const struct function *fn = bus->row[row];

		for (bar = 0; fn && bar < PVPCI_NUM_BARS; bar++)
			if (fn->bar[bar].bytes && fn->bar[bar].assigned != PVPCI_BAR_UNASSIGNED)
				places[count++] = (struct place){
					.offset = fn->bar[bar].assigned, .fn = fn, .bar = bar,
				};
	}
	qsort(places, count, sizeof(*places), by_offset);
	return count;
}

/* Places never overlap: the host has checked that when it took them. */
static void measure(struct space *space, const struct place *places, unsigned int count)
{
	uint64_t end = space->start + space->bytes, next = space->start;
	unsigned int i;

	space->free = 0;
	space->hole = 0;
	for (i = 0; i <= count; i++) {
		uint64_t start = i < count ? places[i].offset : end;
		uint64_t hole;

		if (start < space->start)
			continue;
		if (start > end)
			start = end;
		hole = start > next ? start - next : 0;
		space->free += hole;
		if (hole > space->hole)
			space->hole = hole;
		if (i < count && start < end)
			next = start + places[i].fn->bar[places[i].bar].bytes;
		else
			next = end;
	}
}

static json_t *report_space(const struct space *space)
{
	/* None of it is scattered when it is in one piece, nearly all when in crumbs. */
	double scattered = space->free ?
		100.0 * (double)(space->free - space->hole) / (double)space->free : 0;

	return json_pack("{s:I, s:I, s:I, s:I, s:f}", "offset", (json_int_t)space->start,
			 "bytes", (json_int_t)space->bytes,
			 "free_bytes", (json_int_t)space->free,
			 "largest_hole_bytes", (json_int_t)space->hole,
			 "fragmentation_percent", scattered);
}

static json_t *report_place(const struct place *place)
{
	const struct bar *bar = &place->fn->bar[place->bar];
	char slot[8];

	return json_pack("{s:s, s:i, s:I, s:I, s:b}",
			 "slot", function_slot(place->fn, slot), "bar", (int)place->bar,
			 "offset", (json_int_t)place->offset, "bytes", (json_int_t)bar->bytes,
			 "attached", bar->attached == place->offset);
}

json_t *space_report(const struct bus *bus)
{
	struct space space = { .bytes = bus->layout.area[PVPCI_AREA_APERTURE].bytes };
	struct place *places = calloc(PVPCI_MAX_FUNCTIONS * PVPCI_NUM_BARS, sizeof(*places));
	json_t *windows = json_array(), *ranges = json_array();
	json_t *report = NULL, *window;
	unsigned int i, count;

	if (!places)
		goto out;
	count = find_places(bus, places);
	for (i = 0; i < count; i++)
		json_array_append_new(ranges, report_place(&places[i]));
	measure(&space, places, count);
	report = report_space(&space);
	for (i = 0; i < 2; i++) {
		if (!bus->window[i].bytes)
			continue;
		space = (struct space){ .start = bus->window[i].offset,
					.bytes = bus->window[i].bytes };
		measure(&space, places, count);
		window = report_space(&space);
		json_object_set_new(window, "bits", json_integer(i ? 64 : 32));
		json_object_set_new(window, "bus_start",
				    json_integer((json_int_t)bus->window[i].bus_start));
		json_array_append_new(windows, window);
	}
	json_object_set(report, "windows", windows);
	json_object_set(report, "ranges", ranges);
out:
	free(places);
	json_decref(windows);
	json_decref(ranges);
	return report;
}
