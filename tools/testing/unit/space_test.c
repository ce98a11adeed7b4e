// SPDX-License-Identifier: GPL-2.0
/*
 * What "space" tells of an aperture in which BARs lie here and there.
 */
#include <string.h>

#include "control/control.h"
#include "sim.h"
#include "unit.h"

#define KIB(n)	((n) * 1024ULL)

#define BARS(slot, bytes)	"{\"slot\": \"" slot "\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": " bytes ", \"bits\": 64}]}"
#define THREE	"[" BARS("01.0", "65536") "," BARS("02.0", "16384") "," BARS("03.0", "65536") "]"

static struct sim sim;

static int start(void **state)
{
	(void)state;
	return sim_open(&sim, THREE, "");
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static void put(const char *slot, uint64_t offset)
{
	uint8_t devfn = (uint8_t)((slot[1] - '0') << 3);

	bus_find(&sim.bus, devfn)->bar[0].assigned = offset;
}

static uint64_t value(const json_t *space, const char *key)
{
	const json_t *number = json_object_get(space, key);

	assert_true(json_is_integer(number));
	return (uint64_t)json_integer_value(number);
}

static json_t *report(void)
{
	json_t *space = space_report(&sim.bus);

	assert_non_null(space);
	return space;
}

static void test_nothing_placed(void **state)
{
	json_t *space = report();
	uint64_t bytes = value(space, "bytes");

	(void)state;
	assert_true(bytes > 0);
	assert_int_equal(value(space, "free_bytes"), bytes);
	assert_int_equal(value(space, "largest_hole_bytes"), bytes);
	assert_int_equal(json_array_size(json_object_get(space, "ranges")), 0);
	assert_int_equal(json_array_size(json_object_get(space, "windows")), 0);
	json_decref(space);
}

static void test_holes(void **state)
{
	json_t *space, *window, *ranges;

	(void)state;
	/* 64K used, 64K free, 16K used, 112K free in a window that begins at 256K. */
	sim.bus.window[1] = (struct pvpci_place_window){
		.offset = KIB(256), .bytes = KIB(256), .bus_start = 1ULL << 40,
	};
	put("01", KIB(256));
	put("02", KIB(384));
	/* In front of the window. */
	put("03", KIB(64));
	space = report();
	ranges = json_object_get(space, "ranges");
	assert_int_equal(json_array_size(ranges), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(ranges, 0), "slot")),
			    "03.0");
	assert_int_equal(value(json_array_get(ranges, 2), "offset"), KIB(384));
	assert_int_equal(value(json_array_get(ranges, 2), "bytes"), KIB(16));
	assert_int_equal(value(space, "free_bytes"), value(space, "bytes") - KIB(144));
	window = json_array_get(json_object_get(space, "windows"), 0);
	assert_int_equal(json_array_size(json_object_get(space, "windows")), 1);
	assert_int_equal(value(window, "bits"), 64);
	assert_int_equal(value(window, "bus_start"), 1ULL << 40);
	assert_int_equal(value(window, "free_bytes"), KIB(176));
	assert_int_equal(value(window, "largest_hole_bytes"), KIB(112));
	/* 64 of 176 KiB are not in the largest piece. */
	assert_in_range((int)json_number_value(json_object_get(window, "fragmentation_percent")),
			36, 36);
	json_decref(space);
}

static void test_full(void **state)
{
	json_t *space, *window;

	(void)state;
	sim.bus.window[0] = (struct pvpci_place_window){ .offset = 0, .bytes = KIB(128) };
	put("01", 0);
	put("03", KIB(64));
	space = report();
	window = json_array_get(json_object_get(space, "windows"), 0);
	assert_int_equal(value(window, "bits"), 32);
	assert_int_equal(value(window, "free_bytes"), 0);
	assert_int_equal(value(window, "largest_hole_bytes"), 0);
	assert_true(json_number_value(json_object_get(window, "fragmentation_percent")) == 0.0);
	json_decref(space);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_placed), TEST(test_holes), TEST(test_full),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
