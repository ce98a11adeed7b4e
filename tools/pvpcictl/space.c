// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl space: a picture of the aperture.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "simple.h"

#define CELLS	64	/* in a line of the picture */
#define LINES	8	/* of the largest window */

/**
 * struct picture - one window
 * @start: aperture offset of the first cell
 * @bytes: of the window
 * @cell: bytes that one character stands for
 * @count: cells
 * @text: the characters
 */
struct picture {
	unsigned long long start;
	unsigned long long bytes;
	unsigned long long cell;
	unsigned int count;
	char text[CELLS * LINES];
};

/* Whole pages in each cell, and no more lines than there is something to tell. */
static void picture_init(struct picture *picture, const json_t *window)
{
	picture->start = (unsigned long long)member(window, "offset");
	picture->bytes = (unsigned long long)member(window, "bytes");
	picture->cell = 4096;
	while (picture->cell * CELLS * LINES < picture->bytes)
		picture->cell *= 2;
	picture->count = (unsigned int)((picture->bytes + picture->cell - 1) / picture->cell);
	memset(picture->text, '.', sizeof(picture->text));
}

/* Several BARs in one cell, or one that fills a part of it: what is there wins. */
static void picture_draw(struct picture *picture, const json_t *range)
{
	unsigned long long offset = (unsigned long long)member(range, "offset");
	unsigned long long bytes = (unsigned long long)member(range, "bytes");
	bool attached = json_is_true(json_object_get(range, "attached"));
	unsigned long long first, last;

	if (!bytes || offset < picture->start || offset - picture->start >= picture->bytes)
		return;
	first = (offset - picture->start) / picture->cell;
	last = (offset - picture->start + bytes - 1) / picture->cell;
	for (; first <= last && first < picture->count; first++)
		if (picture->text[first] != '#')
			picture->text[first] = attached ? '#' : '+';
}

static void print_window(const json_t *window, const json_t *ranges)
{
	char bytes[16], room[16], hole[16];
	struct picture picture;
	unsigned int i;
	size_t n;

	picture_init(&picture, window);
	for (n = 0; n < json_array_size(ranges); n++)
		picture_draw(&picture, json_array_get(ranges, n));
	printf("%lld-bit window: %s at bus address %#llx, %s free, largest hole %s, %.0f %% scattered\n",
	       member(window, "bits"), print_bytes(picture.bytes, bytes),
	       (unsigned long long)member(window, "bus_start"),
	       print_bytes((unsigned long long)member(window, "free_bytes"), room),
	       print_bytes((unsigned long long)member(window, "largest_hole_bytes"), hole),
	       json_number_value(json_object_get(window, "fragmentation_percent")));
	for (i = 0; i < picture.count; i += CELLS)
		printf("  %#12llx %.*s\n", picture.start + i * picture.cell,
		       picture.count - i < CELLS ? (int)(picture.count - i) : CELLS,
		       picture.text + i);
}

static void print_space(json_t *answer)
{
	const json_t *space = json_object_get(answer, "space");
	const json_t *windows = json_object_get(space, "windows");
	const json_t *ranges = json_object_get(space, "ranges");
	char bytes[16], room[16];
	size_t i;

	printf("aperture %s, %s free; # decodes, + has its place, . free\n",
	       print_bytes((unsigned long long)member(space, "bytes"), bytes),
	       print_bytes((unsigned long long)member(space, "free_bytes"), room));
	for (i = 0; i < json_array_size(windows); i++)
		print_window(json_array_get(windows, i), ranges);
	if (!json_array_size(windows))
		puts("no windows: the guest has not placed anything yet");
}

int run_space(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = { .doc = "Show what lies where in the aperture." };

	simple_parse(&simple, globals, argc, argv);
	return simple_ask(&simple, json_pack("{s:s}", "command", "space"), print_space);
}
