// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space: what lspci would walk.
 */
#include <stdbool.h>

#include "bus/cfgspace.h"
#include "unit.h"

static struct cfgspace cfg;

static uint32_t get(unsigned int offset, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | cfg.value[offset + bytes];
	return value;
}

static unsigned int find(uint8_t id)
{
	unsigned int at = cfg.value[0x34];
	unsigned int left = 48;

	while (at && left--) {
		assert_int_equal(at & 3, 0);
		assert_in_range(at, 0x40, 0xff);
		if (cfg.value[at] == id)
			return at;
		at = cfg.value[at + 1];
	}
	return 0;
}

static void test_ids(void **state)
{
	const struct cfgspace_want want = {
		.vendor = 0x1b36, .device = 0x0010, .class_code = 0x010802, .revision = 2,
		.subsystem_vendor = 0x1af4, .subsystem = 0x1100,
		.bar[0] = { .present = true, .mem64 = true, .prefetch = true },
		.bar[2] = { .present = true },
	};

	(void)state;
	cfgspace_build(&cfg, &want);
	assert_int_equal(get(0, 4), 0x00101b36);
	assert_int_equal(get(8, 4), 0x01080202);
	assert_int_equal(get(0x2c, 4), 0x11001af4);
	assert_int_equal(get(0x10, 4), 0xc);
	assert_int_equal(get(0x18, 4), 0);
	assert_int_equal(get(0x06, 2), 0x10);
	assert_int_equal(get(0x04, 2), 0);
	assert_int_equal(cfg.value[0x0e], 0);
	assert_int_equal(cfg.value[0x3d], 0);
	assert_int_equal(find(0x05), 0);
	assert_int_equal(find(0x11), 0);
	assert_int_equal(get(CFGSPACE_DSN, 4), 0);
}

static void test_capabilities(void **state)
{
	const struct cfgspace_want want = {
		.vendor = 1, .msi = 8, .msix = 33, .msix_bar = 2, .msix_table = 0x2000,
		.msix_pba = 0x3000, .serial = 0x1122334455667788ULL, .decoding = true,
		.multifunction = true,
	};

	(void)state;
	cfgspace_build(&cfg, &want);
	assert_int_equal(find(0x01), CFGSPACE_PM);
	assert_int_equal(find(0x05), CFGSPACE_MSI);
	assert_int_equal(find(0x10), CFGSPACE_PCIE);
	assert_int_equal(find(0x11), CFGSPACE_MSIX);
	assert_int_equal(find(0xff), 0);
	assert_int_equal(get(CFGSPACE_MSI_CONTROL, 2), 0x0180 | 3 << 1);
	assert_int_equal(cfg.mask[CFGSPACE_MSI_MASK], 0xff);
	assert_int_equal(cfg.mask[CFGSPACE_MSI_MASK + 1], 0);
	assert_int_equal(get(CFGSPACE_MSIX_CONTROL, 2), 32);
	assert_int_equal(get(CFGSPACE_MSIX + 4, 4), 0x2002);
	assert_int_equal(get(CFGSPACE_MSIX + 8, 4), 0x3002);
	assert_int_equal(get(CFGSPACE_PCIE + 4, 4) >> 28 & 1, 1);	/* FLR */
	assert_int_equal(get(CFGSPACE_DSN, 4), 0x00010003);
	assert_int_equal(get(CFGSPACE_DSN + 4, 4), 0x55667788);
	assert_int_equal(get(CFGSPACE_DSN + 8, 4), 0x11223344);
	assert_int_equal(get(4, 2), 2);
	assert_int_equal(cfg.value[0x0e], 0x80);
}

/* The guest never owns an identity, a capability header or a reserved bit. */
static void test_masks(void **state)
{
	static const unsigned int fixed[] = {
		0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 14, 0x2c, 0x34, CFGSPACE_PM, CFGSPACE_PM + 1,
		CFGSPACE_MSI, CFGSPACE_MSI + 1, CFGSPACE_MSI_PENDING, CFGSPACE_PCIE,
		CFGSPACE_PCIE + 4, CFGSPACE_MSIX, CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX + 4,
		CFGSPACE_DSN, CFGSPACE_DSN + 4,
	};
	const struct cfgspace_want want = { .vendor = 1, .msi = 32, .msix = 2048, .serial = 5 };
	unsigned int i;

	(void)state;
	cfgspace_build(&cfg, &want);
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		assert_int_equal(cfg.mask[fixed[i]], 0);
	for (i = CFGSPACE_DSN; i < CFGSPACE_BYTES; i++)
		assert_int_equal(cfg.mask[i], 0);
	assert_int_equal(get(CFGSPACE_MSIX_CONTROL, 2), 2047);
	assert_int_equal(cfg.mask[CFGSPACE_MSIX_CONTROL + 1], 0xc0);
}

/* Two of three BARs have a choice; the list of extended capabilities has no hole. */
static void test_sizes(void **state)
{
	struct cfgspace_want want = {
		.vendor = 1, .serial = 5,
		.bar[0] = { true, true, true, 256ULL << 20, 64ULL << 20 },
		.bar[2] = { true, false, false, 4ULL << 20, 4ULL << 20 },
		.bar[4] = { true, true, true, 1ULL << 45, 1ULL << 20 },
	};

	(void)state;
	cfgspace_build(&cfg, &want);
	assert_int_equal(get(CFGSPACE_DSN, 4), 0x11010003);
	assert_int_equal(get(CFGSPACE_REBAR, 4), 0x00010015);
	assert_int_equal(get(CFGSPACE_REBAR + 4, 4), 7 << 10);
	assert_int_equal(get(CFGSPACE_REBAR + 8, 4), 8 << 8 | 2 << 5 | 0);
	assert_int_equal(get(CFGSPACE_REBAR + 12, 4), 0x3ffffff0);
	assert_int_equal(get(CFGSPACE_REBAR + 16, 4), 25 << 8 | 4);
	assert_int_equal(cfg.mask[CFGSPACE_REBAR + 9], 0x1f);
	assert_int_equal(cfg.mask[CFGSPACE_REBAR + 8] | cfg.mask[CFGSPACE_REBAR + 10], 0);
	assert_int_equal(cfgspace_size_at(&want, 0), CFGSPACE_REBAR + 8);
	assert_int_equal(cfgspace_size_at(&want, 2), 0);
	assert_int_equal(cfgspace_size_at(&want, 4), CFGSPACE_REBAR + 16);
	assert_true(cfgspace_size(0xffff00ff | 8 << 8) >= 256ULL << 20);
	assert_int_equal(cfgspace_size(8 << 8 | 4), 256ULL << 20);
	want.serial = 0;
	cfgspace_build(&cfg, &want);
	assert_int_equal(get(CFGSPACE_DSN, 4), 0x00010015);
	assert_int_equal(cfgspace_size_at(&want, 4), CFGSPACE_DSN + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("cfgspace", tests, NULL, NULL);
}
