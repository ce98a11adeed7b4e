// SPDX-License-Identifier: GPL-2.0
/*
 * A function that is not idle yet: what is asked of it waits, in order, and
 * nothing else does.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "dummy_models.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"

#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\"," \
		"\"bars\": [{\"bar\": 0, \"bytes\": 65536, \"bits\": 32}]}]"
#define NONE	(-1)	/* what sim_ask() returns when there is no reply */

static struct sim sim;
static uint8_t slot[PVPCI_SLOT_BYTES];
static struct dummy *busy;	/* model of row 0 */
static struct dummy *other;	/* model of row 1 */

/* Both attached, and the first has work that does not end. */
static int start(void **state)
{
	(void)state;
	memset(slot, 0, sizeof(slot));
	if (sim_open(&sim, TWO, ""))
		return -1;
	sim.version = PVPCI_VERSION_1_1;
	if (sim_up(&sim) || sim_commit(&sim, 0, 2, 0) || sim_commit(&sim, 1, 2, 65536))
		return -1;
	busy = sim.bus.row[0]->model;
	other = sim.bus.row[1]->model;
	busy->busy = true;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static int ping(void)
{
	memset(slot, 0, sizeof(slot));
	return sim_ask(&sim, slot, PVPCI_MSG_PING, sizeof(struct pvpci_msg_ping));
}

/* RESET or POWER of row @row. */
static int change(uint16_t type, uint32_t row, uint32_t value)
{
	struct pvpci_msg_change *msg = (void *)slot;

	memset(slot, 0, sizeof(slot));
	msg->row = htole32(row);
	msg->instance = htole32(sim.bus.row[row]->instance);
	msg->value = htole32(value);
	return sim_ask(&sim, slot, type, sizeof(*msg));
}

/* The next reply; its id, or 0 when there is none. Its status has to be @status. */
static uint32_t reply(uint32_t status)
{
	struct pvpci_msg *msg = (void *)slot;

	if (pvpci_ring_receive(&sim.from_host, slot) != 1)
		return 0;
	assert_int_equal(le32toh(msg->status), status);
	return le32toh(msg->id);
}

static void test_others_go_on(void **state)
{
	uint32_t first = sim.next_id;
	unsigned int i;

	(void)state;
	assert_int_equal(sim_commit(&sim, 0, 0, 0), NONE);
	/* In order: what comes after it waits, too, and so does all of the bus's. */
	assert_int_equal(sim_commit(&sim, 0, 2, 16384), NONE);
	assert_int_equal(change(PVPCI_MSG_RESET, 0, PVPCI_RESET_FUNCTION), NONE);
	for (i = 0; i < 5; i++) {
		assert_int_equal(ping(), 0);
		assert_int_equal(sim_commit(&sim, 1, 0, 0), 0);
		assert_int_equal(change(PVPCI_MSG_RESET, 1, PVPCI_RESET_FUNCTION), 0);
		assert_int_equal(sim_commit(&sim, 1, 2, 65536), 0);
	}
	assert_true(sim.bus.row[0]->attached);
	assert_int_equal(busy->detached, 0);
	assert_int_equal(other->detached, 5);
	assert_int_equal(reply(0), 0);
	busy->busy = false;
	bus_poll(&sim.bus);
	for (i = 0; i < 3; i++)
		assert_int_equal(reply(0), first + i);
	assert_int_equal(reply(0), 0);
	/* Off, on elsewhere, and off again by the reset. */
	assert_int_equal(busy->attached, 2);
	assert_int_equal(busy->detached, 2);
	assert_int_equal(sim.bus.host.nr_kept, 0);
}

/* Each request that detaches is answered once, and not before. */
static void test_each_request(void **state)
{
	static const uint16_t types[] = {
		PVPCI_MSG_COMMIT, PVPCI_MSG_RESET, PVPCI_MSG_POWER, PVPCI_MSG_EJECT_COMPLETE,
		PVPCI_MSG_D0_EXIT, PVPCI_MSG_D0_ENTRY,
	};
	unsigned int i, n;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint32_t id = sim.next_id;
		uint64_t eject;

		memset(slot, 0, sizeof(slot));
		switch (types[i]) {
		case PVPCI_MSG_COMMIT:
			assert_int_equal(sim_commit(&sim, 0, 0, 0), NONE);
			break;
		case PVPCI_MSG_EJECT_COMPLETE:
			assert_int_equal(bus_eject(&sim.bus, sim.bus.row[0], false, &eject), 0);
			bus_poll(&sim.bus);
			assert_int_equal(pvpci_ring_receive(&sim.from_host, slot), 1);
			assert_int_equal(sim_ask(&sim, slot, types[i],
						 sizeof(struct pvpci_msg_function)), NONE);
			assert_true(busy->last);
			break;
		case PVPCI_MSG_D0_EXIT:
			assert_int_equal(sim_ask(&sim, slot, types[i],
						 sizeof(struct pvpci_msg)), NONE);
			break;
		case PVPCI_MSG_D0_ENTRY:
			((struct pvpci_msg_d0_entry *)slot)->nr_vectors = htole32(1);
			assert_int_equal(sim_ask(&sim, slot, types[i],
						 sizeof(struct pvpci_msg_d0_entry)), NONE);
			break;
		default:
			assert_int_equal(change(types[i], 0, types[i] == PVPCI_MSG_RESET ?
						PVPCI_RESET_SLOT : PVPCI_POWER_D3HOT), NONE);
		}
		for (n = 0; n < 5; n++)
			assert_int_equal(ping(), 0);
		assert_int_equal(busy->detached, 0);
		assert_int_equal(sim.bus.nr_functions, 2);
		busy->busy = false;
		bus_poll(&sim.bus);
		assert_int_equal(reply(0), id);
		assert_int_equal(sim.bus.nr_attached, types[i] >= PVPCI_MSG_COMMIT ? 1 : 0);
		assert_int_equal(sim.bus.nr_functions, types[i] == PVPCI_MSG_EJECT_COMPLETE ?
				 1 : 2);
		end(state);
		assert_int_equal(start(state), 0);
	}
}

/* What is kept has an end: then the ring is full, and nothing is lost. */
static void test_many(void **state)
{
	unsigned int taken = PVPCI_HOST_KEPT, i, waiting = 0;
	uint32_t first = sim.next_id;
	uint32_t id = first;

	(void)state;
	for (i = 0; i < taken; i++)
		assert_int_equal(sim_commit(&sim, 0, i & 1 ? 2 : 0, 0), NONE);
	assert_int_equal(sim.bus.host.nr_kept, taken);
	for (; ping() == NONE && waiting < 1000; waiting++)
		if (!pvpci_ring_room(&sim.to_host))
			break;
	assert_int_equal(sim.bus.host.nr_kept, taken);
	assert_true(waiting > 0);
	busy->busy = false;
	for (i = 0; i < 100; i++) {
		uint32_t got;

		bus_poll(&sim.bus);
		while ((got = reply(0)))
			assert_int_equal(got, id++);
	}
	assert_int_equal(id, sim.next_id);
	assert_true(sim.bus.row[0]->attached);
	assert_int_equal(busy->detached, taken / 2);
	assert_int_equal(ping(), 0);
}

/* QEMU goes: its memory stays until nothing uses it, and nobody hears of its requests. */
static void test_disconnect(void **state)
{
	struct error err;
	unsigned int i;

	(void)state;
	assert_int_equal(sim_commit(&sim, 0, 0, 0), NONE);
	for (i = 0; i < 3; i++) {
		assert_int_equal(bus_disconnect(&sim.bus, &err), 1);
		bus_poll(&sim.bus);
		assert_non_null(sim.bus.memory.base);
		assert_int_equal(busy->detached, 0);
	}
	busy->busy = false;
	assert_int_equal(bus_disconnect(&sim.bus, &err), 0);
	assert_int_equal(busy->detached, 1);
	assert_int_equal(sim.bus.host.nr_kept, 0);
	bus_connect(&sim.bus, 0);
	sim_attach_rings(&sim);
	bus_poll(&sim.bus);
	assert_int_equal(reply(0), 0);
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
}

/* The guest hears that the bus is broken when no DMA is under way any more. */
static void test_broken(void **state)
{
	(void)state;
	sim_rang(&sim, BUS_RING_VECTOR);
	assert_int_equal(sim_commit(&sim, 0, 0, 0), NONE);
	bus_break(&sim.bus, "unit test");
	bus_poll(&sim.bus);
	assert_int_equal(le32toh(sim_header(&sim)->host.state), PVPCI_HOST_READY);
	assert_int_equal(sim_rang(&sim, BUS_RING_VECTOR), 0);
	assert_int_equal(busy->detached, 0);
	busy->busy = false;
	bus_poll(&sim.bus);
	assert_int_equal(le32toh(sim_header(&sim)->host.state), PVPCI_HOST_BROKEN);
	assert_int_equal(sim_rang(&sim, BUS_RING_VECTOR), 1);
	assert_int_equal(sim.bus.nr_attached, 0);
	/* Once, and its request is not answered: the rings are dead. */
	bus_poll(&sim.bus);
	assert_int_equal(busy->detached, 1);
	assert_int_equal(reply(0), 0);
}

static void test_guest_gone(void **state)
{
	struct pvpci_header *header = sim_header(&sim);

	(void)state;
	shm_store32(&header->guest.state, PVPCI_GUEST_GONE);
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(sim.bus.host.state, PVPCI_HOST_D0);
	assert_int_equal(sim.bus.nr_attached, 2);
	busy->busy = false;
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(sim.bus.host.state, PVPCI_HOST_AGREED);
	assert_int_equal(sim.bus.nr_attached, 0);
}

/* The reset bit, taken back before the function is idle: it is reset all the same. */
static void test_reset_bit(void **state)
{
	uint8_t *config = sim_config(&sim, 0);
	unsigned int before = busy->resets;

	(void)state;
	config[CFGSPACE_DEVCTL + 1] |= 0x80;
	bus_tick(&sim.bus, clock_ns());
	config[CFGSPACE_DEVCTL + 1] &= 0x7f;
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(busy->resets, before);
	busy->busy = false;
	bus_tick(&sim.bus, clock_ns());
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(busy->resets, before + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_others_go_on), TEST(test_each_request), TEST(test_many),
		TEST(test_disconnect), TEST(test_broken), TEST(test_guest_gone),
		TEST(test_reset_bit),
	};

	log_setup(LOG_LEVEL_ERROR - 1);
	return cmocka_run_group_tests_name("busy", tests, NULL, NULL);
}
