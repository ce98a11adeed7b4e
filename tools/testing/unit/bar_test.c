// SPDX-License-Identifier: GPL-2.0
/*
 * Places of BARs.
 */
#include "bus/bar.h"
#include "unit.h"

static void test_fits(void **state)
{
	(void)state;
	assert_true(bar_fits(4096, 0, 4096));
	assert_true(bar_fits(4096, 4096, 8192));
	assert_false(bar_fits(4096, 8192, 8192));
	assert_false(bar_fits(4096, 2048, 8192));
	assert_false(bar_fits(16384, 0, 8192));
	assert_false(bar_fits(0, 0, 8192));
	assert_false(bar_fits(4096, ~0ULL, 8192));
	assert_false(bar_fits(4096, 0ULL - 4096, 8192));
	assert_false(bar_fits(1ULL << 63, 1ULL << 63, 1ULL << 62));
}

static void test_meets(void **state)
{
	(void)state;
	assert_true(bar_meets(0, 4096, 0, 4096));
	assert_true(bar_meets(0, 16384, 4096, 4096));
	assert_true(bar_meets(4096, 4096, 0, 16384));
	assert_false(bar_meets(0, 4096, 4096, 4096));
	assert_false(bar_meets(4096, 4096, 0, 4096));
}

/* Against brute force, over all placements of four BARs in eight places. */
static void test_overlap(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 4, 1 };
	unsigned int code, i, j;

	(void)state;
	for (code = 0; code < 8 * 8 * 8 * 8; code++) {
		struct bar_range ranges[4], sorted[4];
		bool meets = false;

		for (i = 0; i < 4; i++) {
			uint64_t at = code >> (3 * i) & 7;

			ranges[i] = (struct bar_range){ at, at + sizes[i] - 1, i };
			sorted[i] = ranges[i];
		}
		for (i = 0; i < 4; i++)
			for (j = 0; j < i; j++)
				meets |= bar_meets(ranges[i].start, sizes[i], ranges[j].start,
						   sizes[j]);
		assert_int_equal(bar_find_overlap(sorted, 4) >= 0, meets);
	}
	assert_int_equal(bar_find_overlap(NULL, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits), cmocka_unit_test(test_meets),
		cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests_name("bar", tests, NULL, NULL);
}
