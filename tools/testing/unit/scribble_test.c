// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that writes anything anywhere in BAR2 at any time, while the daemon
 * serves. It may lose its bus; the daemon must lose nothing. ASan looks on.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sim.h"
#include "unit.h"
#include "base/clock.h"

#define MANY	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 16, \"msi\": 8, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\", \"decoding\": true, \"msix\": 2," \
		"\"bars\": [{\"bar\": 0, \"bytes\": 65536, \"bits\": 32}]}," \
		" {\"slot\": \"05.0\", \"model\": \"nvme\", \"msi\": 1," \
		"\"bars\": [{\"bar\": 0, \"bytes\": 4096}]}]"

static struct sim sim;
static atomic_int stop;
static uint64_t seed;

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Half of the writes go where they hurt most: the parts before the aperture. */
static void *scribble(void *context)
{
	uint64_t state = seed | 1;
	uint64_t bytes = sim.bus.layout.bar2_bytes;
	uint8_t *bar2 = sim.bus.memory.base;
	uint64_t meta = sim.bus.layout.area[PVPCI_AREA_DMA_POOL - 1].offset + 4096;

	(void)context;
	while (!atomic_load(&stop)) {
		uint64_t what = next(&state);
		uint64_t where = next(&state) % (what & 1 ? meta : bytes);

		switch (what >> 1 & 7) {
		case 0:		/* ring indices, slightly wrong */
			where = sim.bus.layout.area[what >> 8 & 1].offset + (what >> 9 & 1) * 64;
			((volatile uint8_t *)bar2)[where] += 1;
			break;
		case 1:		/* rings' slots */
			where = sim.bus.layout.area[PVPCI_AREA_RING_TO_HOST].offset + 4096 +
				where % 65536;
			/* fall through */
		default:
			((volatile uint8_t *)bar2)[where] = (uint8_t)(what >> 16);
		}
	}
	return NULL;
}

static void serve_once(unsigned int polls)
{
	pthread_t thread;
	unsigned int i;

	atomic_store(&stop, 0);
	assert_int_equal(pthread_create(&thread, NULL, scribble, NULL), 0);
	sim_up(&sim);
	for (i = 0; i < polls && sim.bus.host.state != PVPCI_HOST_DEAD; i++) {
		sim_commit(&sim, i % 3, i & 4 ? 6 : 0, (i % 7) * 65536);
		sim_assign(&sim, i % 3, (i % 5) * 65536);
		function_interrupt(sim.bus.row[i % 3], i % 20);
		bus_poll(&sim.bus);
		bus_tick(&sim.bus, clock_ns());
		if (i % 50 == 49)
			sim_up(&sim);
	}
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
}

static void test_scribble(void **state)
{
	const char *seconds = getenv("SCRIBBLE_SECONDS");
	uint64_t end = clock_ns() + (seconds ? strtoull(seconds, NULL, 10) : 3) * 1000000000ULL;
	unsigned int rounds = 0;
	unsigned int broken = 0;
	struct error err;

	(void)state;
	assert_int_equal(sim_open(&sim, MANY, "\"vectors\": 16,"), 0);
	while (clock_ns() < end) {
		seed = clock_ns();
		serve_once(20000);
		rounds++;
		broken += sim.bus.host.state == PVPCI_HOST_DEAD;
		assert_int_equal(bus_disconnect(&sim.bus, &err), 0);
		bus_connect(&sim.bus, 0);
		sim_attach_rings(&sim);
	}
	/* After all that the next guest has a bus that works. */
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 6, 1 << 20), 0);
	print_message("%u guests, %u of them lost their bus\n", rounds, broken);
	sim_close(&sim);
}

/* Reading is enough to make the host hold memory: not more than was said. */
static void test_touch_all(void **state)
{
	uint64_t touched, at, limit = 8 << 20;
	volatile uint8_t *bar2;
	unsigned int round;

	(void)state;
	assert_int_equal(sim_open(&sim, MANY, "\"aperture\": \"64M\","), 0);
	sim.conf.touched_bytes = limit;
	assert_int_equal(sim_up(&sim), 0);
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(sim.bus.host.state, PVPCI_HOST_D0);
	bar2 = sim.bus.memory.base;
	for (round = 0; round < 2; round++) {
		touched = sim.bus.layout.bar2_bytes - (64 << 20);
		for (at = touched; at < sim.bus.layout.bar2_bytes; at += 4096)
			(void)bar2[at];
		assert_true(memory_held(&sim.bus.memory) > limit);
		bus_tick(&sim.bus, clock_ns());
		assert_int_equal(sim.bus.host.state, PVPCI_HOST_DEAD);
		assert_true(memory_held(&sim.bus.memory) <= limit);
	}
	sim_close(&sim);
}

/* Who has its descriptor cannot make it shorter under us, nor take that back. */
static void test_sealed(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(sim_open(&sim, MANY, ""), 0);
	assert_int_equal(ftruncate(sim.bus.memory.fd, 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fcntl(sim.bus.memory.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(fstat(sim.bus.memory.fd, &st), 0);
	assert_int_equal(st.st_size, sim.bus.layout.bar2_bytes);
	sim_close(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_scribble),
					    cmocka_unit_test(test_sealed),
					    cmocka_unit_test(test_touch_all) };

	log_setup(LOG_LEVEL_ERROR - 1);
	return cmocka_run_group_tests_name("scribble", tests, NULL, NULL);
}
