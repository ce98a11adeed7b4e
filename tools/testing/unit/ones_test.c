// SPDX-License-Identifier: GPL-2.0
/*
 * What nobody decodes reads all-ones. Ones take memory, which is given back
 * when their place changes, and never out of a range that decodes.
 */
#include <string.h>

#include "sim.h"
#include "unit.h"

#define THREE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"05.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 33554432, \"bits\": 64}]}]"
#define BYTES	16384
#define HERE	(1ULL << 20)
#define THERE	(2ULL << 20)

static struct sim sim;

static int start(void **state)
{
	(void)state;
	return sim_open(&sim, THREE, "\"aperture\": \"128M\",") || sim_up(&sim) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static bool all(uint64_t offset, uint8_t value)
{
	const uint8_t *bytes = bus_aperture(&sim.bus, offset);
	unsigned int i;

	for (i = 0; i < BYTES; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static void test_assigned_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 0, HERE), 0);
	assert_true(all(HERE, 0xff));
	assert_int_equal(sim.bus.ones_bytes, BYTES);
	assert_int_equal(sim_assign(&sim, 0, THERE), 0);
	assert_true(all(HERE, 0));
	assert_true(all(THERE, 0xff));
	assert_int_equal(sim.bus.ones_bytes, BYTES);
}

/* It decoded elsewhere than it was assigned: the ones go where it was last. */
static void test_attached_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 0, HERE), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, THERE), 0);
	assert_int_equal(sim_commit(&sim, 0, 0, THERE), 0);
	assert_true(all(HERE, 0));
	assert_true(all(THERE, 0xff));
	assert_int_equal(sim.bus.ones_bytes, BYTES);
}

/* Another function decodes where this one's ones were: its registers stay. */
static void test_range_is_taken(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 0, HERE), 0);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, HERE), 0);
	assert_int_equal(sim.bus.ones_bytes, 0);
	assert_int_equal(sim_assign(&sim, 0, THERE), 0);
	assert_memory_equal(bus_aperture(&sim.bus, HERE), "register", 8);
	bus_remove(&sim.bus, sim.bus.row[0]);
	assert_memory_equal(bus_aperture(&sim.bus, HERE), "register", 8);
}

/* By force, while the guest's driver still looks at it. */
static void test_removed(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 0, HERE), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, HERE), 0);
	bus_remove(&sim.bus, sim.bus.row[0]);
	assert_true(all(HERE, 0xff));
	assert_int_equal(sim.bus.ones_bytes, 0);
	/* Whoever comes next has the range. */
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, HERE), 0);
	assert_memory_equal(bus_aperture(&sim.bus, HERE), "register", 8);
}

/* A guest that has let go of it before looks at nothing any more. */
static void test_let_go(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 0, HERE), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, HERE), 0);
	assert_int_equal(sim_commit(&sim, 0, 0, HERE), 0);
	assert_int_equal(sim_assign(&sim, 0, PVPCI_BAR_UNASSIGNED), 0);
	bus_remove(&sim.bus, sim.bus.row[0]);
	assert_true(all(HERE, 0));
	assert_int_equal(sim.bus.ones_bytes, 0);
}

/* A large BAR: ones where drivers look, zeroes behind them, less when there are many. */
static void test_large(void **state)
{
	uint64_t ones = 16 << 20, few = 64 << 10;
	struct bar *bar = sim.bus.row[2]->bar;
	const uint64_t place = 64 << 20;
	uint8_t *bytes = bus_aperture(&sim.bus, place);

	(void)state;
	assert_int_equal(sim_commit(&sim, 2, CFGSPACE_COMMAND_MEMORY, place), 0);
	bytes[ones] = 7;
	bytes[bar->bytes - 1] = 7;
	assert_int_equal(sim_commit(&sim, 2, 0, place), 0);
	assert_int_equal(bytes[ones - 1], 0xff);
	assert_int_equal(bytes[ones], 0);
	assert_int_equal(bytes[bar->bytes - 1], 0);
	assert_int_equal(sim.bus.ones_bytes, ones);
	assert_int_equal(sim_commit(&sim, 2, CFGSPACE_COMMAND_MEMORY, place), 0);
	assert_int_equal(sim.bus.ones_bytes, 0);
	/* Other functions have all but a little of what a bus may have. */
	sim.bus.ones_bytes = (256 << 20) - 4096;
	bytes[few] = 7;
	assert_int_equal(sim_commit(&sim, 2, 0, place), 0);
	assert_int_equal(bytes[few - 1], 0xff);
	assert_int_equal(bytes[few], 0);
	assert_int_equal(bar->ones, few);
	/* A small one has all of its ones even so. */
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, HERE), 0);
	assert_int_equal(sim_commit(&sim, 0, 0, HERE), 0);
	assert_true(all(HERE, 0xff));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_assigned_elsewhere), TEST(test_attached_elsewhere),
		TEST(test_range_is_taken), TEST(test_removed), TEST(test_let_go),
		TEST(test_large),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("ones", tests, NULL, NULL);
}
