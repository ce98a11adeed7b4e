// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: what the guest wrote decides, nonsense loses the interrupt only.
 */
#include <string.h>

#include "dummy_models.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 4, \"msi\": 4, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"
#define TABLE	0x800
#define PBA	0xc00

static struct sim sim;
static struct function *fn;
static __le32 *map;

static void put16(unsigned int offset, uint16_t value)
{
	value = htole16(value);
	memcpy(sim_config(&sim, 0) + offset, &value, 2);
}

static void put32(unsigned int offset, uint32_t value)
{
	value = htole32(value);
	memcpy(sim_config(&sim, 0) + offset, &value, 4);
}

static void entry(unsigned int vector, uint64_t address, uint32_t data, uint32_t control)
{
	__le32 *at = (__le32 *)(bus_aperture(&sim.bus, 0) + TABLE) + vector * 4;

	at[0] = htole32((uint32_t)address);
	at[1] = htole32((uint32_t)(address >> 32));
	at[2] = htole32(data);
	at[3] = htole32(control);
}

static int start(void **state)
{
	(void)state;
	if (sim_open(&sim, ONE, "\"vectors\": 8,") || sim_up(&sim) ||
	    sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY | CFGSPACE_COMMAND_MASTER, 0))
		return -1;
	fn = sim.bus.row[0];
	map = bus_area(&sim.bus, PVPCI_AREA_VECTOR_MAP);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static void test_msix(void **state)
{
	(void)state;
	/* Masked after attach, as the specification has it. */
	assert_int_equal(*(bus_aperture(&sim.bus, 0) + TABLE + 12) & 1, 1);
	map[17] = htole32(PVPCI_VECTOR_VALID | 3);
	entry(2, PVPCI_MSI_ADDRESS, 17, 0);
	function_interrupt(fn, 2);
	assert_int_equal(sim_rang(&sim, 3), 0);	/* MSI-X is off */
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	function_interrupt(fn, 2);
	assert_int_equal(sim_rang(&sim, 3), 1);
	/* A vector of its own has no use for a pending bit. */
	assert_int_equal(*(uint64_t *)bus_area(&sim.bus, PVPCI_AREA_VECTOR_PENDING), 0);
	put16(CFGSPACE_COMMAND, CFGSPACE_COMMAND_MEMORY);
	assert_false(function_interrupt(fn, 2));
	assert_int_equal(sim_rang(&sim, 3), 0);	/* no bus master */
}

static void test_masked(void **state)
{
	uint64_t *pba = (uint64_t *)(bus_aperture(&sim.bus, 0) + PBA);

	(void)state;
	map[1] = htole32(PVPCI_VECTOR_VALID | 5);
	entry(1, PVPCI_MSI_ADDRESS, 1, 1);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	assert_int_equal(bus_cap_sleep(&sim.bus, UINT64_MAX), UINT64_MAX);
	assert_true(function_interrupt(fn, 1));
	assert_true(function_interrupt(fn, 1));
	assert_int_equal(sim_rang(&sim, 5), 0);
	assert_int_equal(le64toh(*pba), 2);
	/* Unmasked without a word, it is to come soon. */
	assert_in_range(bus_cap_sleep(&sim.bus, UINT64_MAX), 1, 20000000);
	bus_poll(&sim.bus);
	assert_int_equal(sim_rang(&sim, 5), 0);
	entry(1, PVPCI_MSI_ADDRESS, 1, 0);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE | CFGSPACE_MSIX_MASKALL);
	bus_poll(&sim.bus);
	assert_int_equal(sim_rang(&sim, 5), 0);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	assert_true(bus_poll(&sim.bus));
	assert_int_equal(sim_rang(&sim, 5), 1);
	assert_int_equal(*pba, 0);
	assert_int_equal(fn->stats.masked, 1);
	assert_int_equal(bus_cap_sleep(&sim.bus, UINT64_MAX), UINT64_MAX);
}

/* Who could touch too much is looked at more often. */
static void test_watched(void **state)
{
	(void)state;
	sim.conf.touched_bytes = sim.bus.memory.bytes - 1;
	assert_in_range(bus_cap_sleep(&sim.bus, UINT64_MAX), 1, 20000000);
	sim.conf.touched_bytes = sim.bus.memory.bytes;
	assert_int_equal(bus_cap_sleep(&sim.bus, UINT64_MAX), UINT64_MAX);
}

static void test_shared(void **state)
{
	uint64_t *pending = bus_area(&sim.bus, PVPCI_AREA_VECTOR_PENDING);

	(void)state;
	map[130] = htole32(PVPCI_VECTOR_VALID | PVPCI_VECTOR_SHARED | 2);
	entry(0, PVPCI_MSI_ADDRESS, 130, 0);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	pending[2] = htole64(1ULL << 63);
	function_interrupt(fn, 0);
	assert_int_equal(sim_rang(&sim, 2), 1);
	assert_true(le64toh(pending[2]) == (1ULL << 63 | 1ULL << 2));
}

/* Vector 0 is the ring's, and functions may share it where both ends know. */
static void test_ring_vector(void **state)
{
	uint64_t *pending = bus_area(&sim.bus, PVPCI_AREA_VECTOR_PENDING);

	(void)state;
	sim.bus.host.in_force |= PVPCI_F_RING_VECTOR;
	map[5] = htole32(PVPCI_VECTOR_VALID | PVPCI_VECTOR_SHARED | BUS_RING_VECTOR);
	entry(0, PVPCI_MSI_ADDRESS, 5, 0);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	sim_rang(&sim, BUS_RING_VECTOR);
	function_interrupt(fn, 0);
	assert_int_equal(sim_rang(&sim, BUS_RING_VECTOR), 1);
	assert_true(le64toh(pending[0]) == 1ULL << 5);
	assert_int_equal(fn->stats.lost, 0);
}

static void test_nonsense(void **state)
{
	unsigned int vector;

	(void)state;
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	map[0] = htole32(PVPCI_VECTOR_VALID | 0);	/* the ring's */
	map[1] = htole32(PVPCI_VECTOR_VALID | 8);	/* past the end */
	map[2] = htole32(3);				/* not valid */
	map[3] = htole32(PVPCI_VECTOR_VALID | 3);
	entry(0, PVPCI_MSI_ADDRESS, 0, 0);
	entry(1, PVPCI_MSI_ADDRESS, 1, 0);
	entry(2, PVPCI_MSI_ADDRESS, 2, 0);
	for (vector = 0; vector < 3; vector++)
		function_interrupt(fn, vector);
	entry(0, PVPCI_MSI_ADDRESS + 0x1000, 3, 0);
	entry(1, 0x100000000ULL | PVPCI_MSI_ADDRESS, 3, 0);
	entry(2, PVPCI_MSI_ADDRESS, 0xffffffff, 0);
	/* The first token past the map, where the guest writes just as well. */
	map[sim.bus.layout.want.tokens] = htole32(PVPCI_VECTOR_VALID | 3);
	entry(3, PVPCI_MSI_ADDRESS, sim.bus.layout.want.tokens, 0);
	for (vector = 0; vector < 4; vector++)
		function_interrupt(fn, vector);
	function_interrupt(fn, 4);
	function_interrupt(fn, 0xffffffff);
	assert_int_equal(fn->stats.interrupts, 0);
	assert_int_equal(fn->stats.lost, 7);
}

static void test_msi(void **state)
{
	const uint8_t *config = bus_area(&sim.bus, PVPCI_AREA_CONFIG);

	(void)state;
	map[40] = htole32(PVPCI_VECTOR_VALID | 1);
	map[43] = htole32(PVPCI_VECTOR_VALID | 4);
	put32(CFGSPACE_MSI_ADDRESS, PVPCI_MSI_ADDRESS);
	put16(CFGSPACE_MSI_DATA, 40);
	put16(CFGSPACE_MSI_CONTROL, CFGSPACE_MSI_ENABLE | 2 << 4);
	function_interrupt(fn, 3);
	assert_int_equal(sim_rang(&sim, 4), 1);
	put32(CFGSPACE_MSI_MASK, 8);
	function_interrupt(fn, 3);
	assert_int_equal(sim_rang(&sim, 4), 0);
	assert_int_equal(config[CFGSPACE_MSI_PENDING], 8);
	put32(CFGSPACE_MSI_MASK, 0);
	bus_poll(&sim.bus);
	assert_int_equal(sim_rang(&sim, 4), 1);
	assert_int_equal(config[CFGSPACE_MSI_PENDING], 0);
	/* One vector given: all come through it. */
	put16(CFGSPACE_MSI_CONTROL, CFGSPACE_MSI_ENABLE);
	function_interrupt(fn, 3);
	assert_int_equal(sim_rang(&sim, 1), 1);
	/* More than there are: never more than were declared. */
	put16(CFGSPACE_MSI_CONTROL, CFGSPACE_MSI_ENABLE | 7 << 4);
	function_interrupt(fn, 3);
	assert_int_equal(sim_rang(&sim, 4), 1);
	function_interrupt(fn, 4);
	assert_int_equal(sim_rang(&sim, 1), 0);
	assert_int_equal(fn->stats.lost, 0);
}

static void test_table_survives_detach(void **state)
{
	(void)state;
	entry(3, PVPCI_MSI_ADDRESS, 99, 0);
	assert_int_equal(sim_commit(&sim, 0, 0, 0), 0);
	assert_int_equal(bus_aperture(&sim.bus, 0)[TABLE + 48], 0xff);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 16384), 0);
	assert_int_equal(bus_aperture(&sim.bus, 16384)[TABLE + 48 + 8], 99);
}

/* A reset masks all vectors, clears their messages and forgets what was pending. */
static void test_reset(void **state)
{
	uint8_t *table = bus_aperture(&sim.bus, 0) + TABLE;
	unsigned int i;

	(void)state;
	map[1] = htole32(PVPCI_VECTOR_VALID | 5);
	entry(1, PVPCI_MSI_ADDRESS, 1, 1);
	/* Once out and in again: the table was kept meanwhile. */
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MASTER, 0), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY | CFGSPACE_COMMAND_MASTER, 0),
			 0);
	put16(CFGSPACE_MSIX_CONTROL, CFGSPACE_MSIX_ENABLE);
	function_interrupt(fn, 1);
	assert_int_equal(table[PBA - TABLE], 2);
	function_reset(fn);
	for (i = 0; i < 4 * 16; i++)
		assert_int_equal(table[i], i % 16 == 12);
	entry(1, PVPCI_MSI_ADDRESS, 1, 0);
	bus_poll(&sim.bus);
	assert_int_equal(sim_rang(&sim, 5), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_msix), TEST(test_masked), TEST(test_watched), TEST(test_shared),
		TEST(test_ring_vector), TEST(test_nonsense),
		TEST(test_msi), TEST(test_table_survives_detach), TEST(test_reset),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
