// SPDX-License-Identifier: GPL-2.0
/*
 * Layout of BAR2: every combination keeps the promises of the header.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "bus/aperture.h"
#include "layout.h"
#include "unit.h"

static void check_layout(const struct pvpci_layout *layout)
{
	uint64_t next = sizeof(struct pvpci_header);
	unsigned int i;

	assert_true(pvpci_is_power2(layout->bar2_bytes));
	for (i = 0; i < PVPCI_AREA_COUNT; i++) {
		const struct pvpci_place *area = &layout->area[i];

		assert_int_equal(area->offset % PVPCI_PAGE_BYTES, 0);
		assert_int_equal(area->bytes % PVPCI_PAGE_BYTES, 0);
		if (!area->bytes)
			continue;
		assert_true(area->offset >= next);
		next = area->offset + area->bytes;
		assert_true(next <= layout->bar2_bytes);
	}
	/* As small as a power of two can be. */
	assert_true(next > layout->bar2_bytes / 2);
	assert_int_equal(layout->area[PVPCI_AREA_APERTURE].offset %
			 layout->area[PVPCI_AREA_APERTURE].bytes, 0);
}

static void test_all_sizes(void **state)
{
	static const uint32_t rows[] = { 1, 3, 8, 255, 256 };
	static const uint32_t tokens[] = { 1, 63, 64, 65, 1000, 8192 };
	static const uint64_t pool[] = { 0, 4096, 3 << 20 };
	struct pvpci_layout layout;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5 * 6 * 3 * 20 * 4; i++) {
		struct pvpci_layout_want want = {
			.rows = rows[i % 5],
			.tokens = tokens[i / 5 % 6],
			.pool_bytes = pool[i / 30 % 3],
			.aperture_bytes = 4096ULL << 2 * (i / 90 % 20),
			.ring_slots = 8 << 2 * (i / 1800),
		};

		if (want.ring_slots > PVPCI_MAX_SLOTS)
			want.ring_slots = PVPCI_MAX_SLOTS;
		assert_int_equal(pvpci_layout_make(&layout, &want), 0);
		check_layout(&layout);
	}
}

static void test_refused(void **state)
{
	static const struct pvpci_layout_want good = {
		.rows = 256, .tokens = 8192, .ring_slots = 64, .aperture_bytes = 1 << 20,
	};
	struct pvpci_layout_want largest = good;
	struct pvpci_layout_want bad[12];
	struct pvpci_layout layout;
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].rows = 0;
	bad[1].rows = 257;
	bad[2].tokens = 0;
	bad[3].tokens = 8193;
	bad[4].ring_slots = 12;
	bad[5].ring_slots = 2048;
	bad[6].aperture_bytes = 3 << 20;
	bad[7].aperture_bytes = 2048;
	bad[8].pool_bytes = 100;
	bad[9].aperture_bytes = 1ULL << 62;
	bad[10].pool_bytes = (1ULL << 60) + PVPCI_PAGE_BYTES;
	bad[11].ring_slots = PVPCI_MIN_SLOTS / 2;
	largest.aperture_bytes = 1ULL << 61;
	assert_int_equal(pvpci_layout_make(&layout, &largest), 0);
	assert_int_equal(pvpci_layout_make(&layout, &good), 0);
	for (i = 0; i < 12; i++)
		assert_int_equal(pvpci_layout_make(&layout, &bad[i]), -EINVAL);
}

static void test_header(void **state)
{
	static const struct pvpci_layout_want want = {
		.rows = 10, .tokens = 100, .ring_slots = 64, .aperture_bytes = 1 << 20,
	};
	struct pvpci_layout layout;
	struct pvpci_header header;

	(void)state;
	assert_int_equal(pvpci_layout_make(&layout, &want), 0);
	pvpci_layout_header(&layout, &header);
	assert_int_equal(le32toh(header.nr_functions), 10);
	assert_int_equal(le64toh(header.bar2_bytes), layout.bar2_bytes);
	assert_int_equal(le64toh(header.area[PVPCI_AREA_APERTURE].bytes), 1 << 20);
	assert_int_equal(le64toh(header.area[PVPCI_AREA_DMA_POOL].bytes), 0);
	assert_int_equal(header.magic, 0);
}

static void test_aperture(void **state)
{
	uint64_t need;

	(void)state;
	assert_int_equal(aperture_bytes(0, 0), 16 << 20);
	/* 256 NVMe functions of 16 KiB, and as much again. */
	assert_int_equal(aperture_bytes(0, 256 * 16384), 16 << 20);
	assert_int_equal(aperture_bytes(0, 14ULL << 37), 1ULL << 41);
	assert_int_equal(aperture_bytes(~0ULL, 0), 0);
	assert_int_equal(aperture_bytes(0, 1ULL << 45), 1ULL << 45);
	assert_int_equal(aperture_bytes(4096, 1ULL << 45), 0);
	for (need = 4096; need < 1ULL << 44; need *= 3) {
		assert_true(pvpci_is_power2(aperture_bytes(need, need)));
		assert_true(aperture_bytes(need, need) >= 2 * need);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sizes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_aperture),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
