// SPDX-License-Identifier: GPL-2.0
/*
 * Resizable BARs: the guest chooses a size, and the host takes only one that it offers, only while
 * the BAR does not decode, and only where it meets nobody else's.
 */
#include <errno.h>
#include <string.h>

#include "bus/cfgspace.h"
#include "base/error.h"
#include "bus/function.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"

#define MIB(n)	((uint64_t)(n) << 20)
#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 2, \"bars\": [{\"bar\": 0, " \
		"\"bytes\": 8388608, \"smallest\": 2097152, \"bits\": 64}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 4194304, \"bits\": 64}]}]"

static struct sim sim;

static int start(void **state)
{
	(void)state;
	if (sim_open(&sim, TWO, "\"aperture\": \"16M\","))
		return -1;
	sim.version = PVPCI_VERSION_1_1;
	return sim_up(&sim) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static const struct bar *bar(unsigned int row)
{
	return &sim.bus.row[row]->bar[0];
}

/* What the guest has in its copy of the control register of row 0. */
static void choose(uint32_t value)
{
	unsigned int at = cfgspace_size_at(&sim.bus.row[0]->want, 0);

	assert_int_not_equal(at, 0);
	*(uint32_t *)(sim_config(&sim, 0) + at) = htole32(value);
}

static void test_smaller(void **state)
{
	(void)state;
	assert_int_equal(bar(0)->bytes, MIB(8));
	/* Next to the other there is no place for 8 MiB at 4 MiB, but for 4 MiB. */
	assert_int_equal(sim_assign(&sim, 1, 0), 0);
	assert_int_equal(sim_assign(&sim, 0, MIB(4)), PVPCI_STATUS_RANGE);
	choose(2 << 8);
	assert_int_equal(bar(0)->bytes, MIB(8));
	assert_int_equal(sim_assign(&sim, 0, MIB(4)), 0);
	assert_int_equal(bar(0)->bytes, MIB(4));
	assert_int_equal(sim_commit(&sim, 0, 2, MIB(4)), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, 0), 0);
	assert_non_null(function_bar(sim.bus.row[0], 0, MIB(4) - 4096, 4096));
	assert_null(function_bar(sim.bus.row[0], 0, MIB(4), 1));
	/* While it decodes nothing changes. */
	choose(3 << 8);
	assert_int_equal(sim_assign(&sim, 0, MIB(4)), 0);
	assert_int_equal(bar(0)->bytes, MIB(4));
	/* Larger again: not where the other is. */
	assert_int_equal(sim_commit(&sim, 0, 0, MIB(4)), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), PVPCI_STATUS_OVERLAP);
	assert_int_equal(bar(0)->bytes, MIB(4));
	assert_int_equal(sim_commit(&sim, 0, 2, MIB(8)), 0);
	assert_int_equal(bar(0)->bytes, MIB(8));
	assert_int_equal(bar(0)->assigned, MIB(8));
}

/* Sizes that are not offered leave it as it is. */
static void test_nonsense(void **state)
{
	static const uint32_t bad[] = { 0, 4 << 8, 31 << 8, 0xffffffff };
	unsigned int i;

	(void)state;
	choose(1 << 8);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	assert_int_equal(bar(0)->bytes, MIB(2));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		choose(bad[i]);
		assert_int_equal(sim_assign(&sim, 0, 0), 0);
		assert_int_equal(bar(0)->bytes, MIB(2));
	}
	/* The rest of the register is the host's. */
	choose(~(uint32_t)(0x1f << 8) | 2 << 8);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	assert_int_equal(bar(0)->bytes, MIB(4));
}

/* Room that a smaller one leaves is the other's at once, and nobody clears it later. */
static void test_left(void **state)
{
	uint8_t *there;

	(void)state;
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	choose(2 << 8);
	assert_int_equal(sim_assign(&sim, 1, MIB(4)), PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	assert_int_equal(sim_assign(&sim, 1, MIB(4)), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, MIB(4)), 0);
	there = bus_aperture(&sim.bus, MIB(6));
	*there = 0x5a;
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
	assert_int_equal(sim_commit(&sim, 0, 0, 0), 0);
	choose(1 << 8);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	assert_int_equal(*there, 0x5a);
}

/* Another kernel finds what the first one found. */
static void test_another_kernel(void **state)
{
	struct pvpci_function *row = bus_area(&sim.bus, PVPCI_AREA_FUNCTIONS);
	uint64_t need32, need64;

	(void)state;
	choose(1 << 8);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	bus_needs(&sim.bus, &need32, &need64);
	assert_int_equal(need64, MIB(12));
	function_publish_bars(sim.bus.row[0]);
	assert_int_equal(le64toh(row[0].bar[0].bytes), MIB(8));
	bus_release_all(&sim.bus, PVPCI_REASON_REMOVE);
	assert_int_equal(bar(0)->bytes, MIB(8));
}

/* A guest that does not know of it has the largest. */
static void test_old_guest(void **state)
{
	(void)state;
	sim.bus.host.in_force &= ~PVPCI_F_RESIZE;
	choose(1 << 8);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
	assert_int_equal(bar(0)->bytes, MIB(8));
}

/* Registers, table and pending bits must be in the smallest, too. */
static void test_declared(void **state)
{
	const struct function *fn = sim.bus.row[0];
	struct error err = { 0 };

	(void)state;
	assert_true(fn->want.msix_pba < MIB(2) && fn->want.msix_table < MIB(2));
	assert_int_equal(function_add_sizes(sim.bus.row[0], 6, MIB(1), &err), -EINVAL);
	assert_int_equal(function_add_sizes(sim.bus.row[0], 1, MIB(1), &err), -EINVAL);
	assert_int_equal(function_add_sizes(sim.bus.row[0], 0, MIB(3), &err), -EINVAL);
	assert_int_equal(function_add_sizes(sim.bus.row[0], 0, MIB(16), &err), -EINVAL);
	assert_int_equal(function_add_sizes(sim.bus.row[0], 0, 65536, &err), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_smaller), TEST(test_nonsense), TEST(test_left), TEST(test_another_kernel),
		TEST(test_old_guest), TEST(test_declared),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("resize", tests, NULL, NULL);
}
