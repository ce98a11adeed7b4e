// SPDX-License-Identifier: GPL-2.0
/*
 * Resources that the guest assigns and releases: every place is checked.
 */
#include <string.h>

#include "base/error.h"
#include "sim.h"
#include "unit.h"

/* Row 0 and row 1 have a BAR 0, row 2 is handed off decoding. */
#define THREE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}, " \
		"{\"bar\": 2, \"bytes\": 8192}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 65536, \"bits\": 32}]}," \
		" {\"slot\": \"05.0\", \"model\": \"testdev\", \"decoding\": true, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"bits\": 64}]}]"
#define NOWHERE	PVPCI_BAR_UNASSIGNED

static struct sim sim;
static uint64_t aperture;
static union {
	struct pvpci_msg_resources resources;
	struct pvpci_msg_commit commit;
	struct pvpci_msg_relations relations;
	struct pvpci_msg_query_resources query;
	uint8_t bytes[PVPCI_SLOT_BYTES];
} slot;

static int start(void **state)
{
	(void)state;
	if (sim_open(&sim, THREE, "") || sim_up(&sim))
		return -1;
	aperture = sim.bus.layout.area[PVPCI_AREA_APERTURE].bytes;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static int ask(uint16_t type, uint32_t first, uint32_t count)
{
	memset(&slot, 0, sizeof(slot));
	slot.resources.first = htole32(first);
	slot.resources.count = htole32(count);
	return sim_ask(&sim, &slot, type, sizeof(slot.resources));
}

/* Row 0 at these places. */
static int assign_two(uint64_t bar0, uint64_t bar2)
{
	struct pvpci_assigned *row = bus_area(&sim.bus, PVPCI_AREA_ASSIGNED);

	memset(row, 0xff, sizeof(*row));
	row->instance = htole32(sim.bus.row[0]->instance);
	row->flags = 0;
	row->offset[0] = htole64(bar0);
	row->offset[2] = htole64(bar2);
	return ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, 1);
}

static int commit_two(uint16_t command, uint64_t bar0, uint64_t bar2)
{
	memset(&slot, 0, sizeof(slot));
	slot.commit.instance = htole32(sim.bus.row[0]->instance);
	slot.commit.command = htole16(command);
	memset(slot.commit.offset, 0xff, sizeof(slot.commit.offset));
	slot.commit.offset[0] = htole64(bar0);
	slot.commit.offset[2] = htole64(bar2);
	return sim_ask(&sim, &slot, PVPCI_MSG_COMMIT, sizeof(slot.commit));
}

static void test_rows(void **state)
{
	struct pvpci_assigned *row = bus_area(&sim.bus, PVPCI_AREA_ASSIGNED);
	uint32_t rows = sim.conf.rows;

	(void)state;
	/* Rows that say nothing are left as they are. */
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, rows), 0);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, rows, 0), 0);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, rows + 1), PVPCI_STATUS_RANGE);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, rows, 1), PVPCI_STATUS_RANGE);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, rows + 1, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 2, ~0U), PVPCI_STATUS_RANGE);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_RELEASED, 1, rows), PVPCI_STATUS_RANGE);
	/* A function that is not there, and one that was there before. */
	row[5].instance = htole32(1);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, rows), PVPCI_STATUS_FUNCTION);
	assert_int_equal(le32toh(slot.resources.first), 5);
	row[5].instance = 0;
	row[1].instance = htole32(sim.bus.row[1]->instance + 1);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, rows), PVPCI_STATUS_FUNCTION);
	assert_int_equal(le32toh(slot.resources.first), 1);
}

static void test_places(void **state)
{
	const struct bar *bar = sim.bus.row[0]->bar;

	(void)state;
	/* All of the aperture is free. */
	assert_int_equal(sim_commit(&sim, 2, 0, 0), 0);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_RELEASED, 0, 3), 0);
	assert_int_equal(assign_two(0, 16384), 0);
	assert_int_equal(assign_two(aperture - 16384, 0), 0);
	assert_int_equal(assign_two(aperture, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(assign_two(8192, 65536), PVPCI_STATUS_RANGE);
	assert_int_equal(assign_two(0, aperture), PVPCI_STATUS_RANGE);
	assert_int_equal(assign_two(0, 0ULL - 8192), PVPCI_STATUS_RANGE);
	assert_int_equal(assign_two(16384, 24576), PVPCI_STATUS_OVERLAP);
	/* What was refused changed nothing. */
	assert_true(bar[0].assigned == aperture - 16384 && bar[2].assigned == 0);
	assert_int_equal(assign_two(NOWHERE, 0), 0);
	assert_true(bar[0].assigned == NOWHERE && bar[2].assigned == 0);
	/* A place for a BAR that does not exist is not looked at. */
	((struct pvpci_assigned *)bus_area(&sim.bus, PVPCI_AREA_ASSIGNED))->offset[1] =
		htole64(12345);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_ASSIGNED, 0, 1), 0);
	assert_true(bar[1].assigned == NOWHERE);
}

static void test_commit(void **state)
{
	(void)state;
	assert_int_equal(commit_two(2, 0, NOWHERE), PVPCI_STATUS_RANGE);
	assert_int_equal(commit_two(2, 0, aperture), PVPCI_STATUS_RANGE);
	/* With itself, from either side. */
	assert_int_equal(commit_two(2, 0, 8192), PVPCI_STATUS_OVERLAP);
	assert_int_equal(commit_two(2, 16384, 16384), PVPCI_STATUS_OVERLAP);
	assert_int_equal(commit_two(2, 16384, 8192), 0);
	assert_int_equal(commit_two(2, 16384, 32768), PVPCI_STATUS_STATE);
	assert_int_equal(commit_two(2, 16384, 8192), 0);
	/* With another that decodes, below it and above it. */
	assert_int_equal(sim_commit(&sim, 1, 2, 0), PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_commit(&sim, 1, 2, 65536), 0);
	assert_int_equal(commit_two(0, 16384, 8192), 0);
	assert_int_equal(commit_two(2, 65536 + 49152, 8192), PVPCI_STATUS_OVERLAP);
	assert_int_equal(commit_two(2, 131072, 65536), PVPCI_STATUS_OVERLAP);
	assert_int_equal(commit_two(2, 131072, 65536 - 8192), 0);
}

/* What decodes is in the way, wherever it was assigned. */
static void test_in_the_way(void **state)
{
	(void)state;
	assert_int_equal(sim_assign(&sim, 1, 0), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, 65536), 0);
	assert_int_equal(assign_two(65536, NOWHERE), PVPCI_STATUS_OVERLAP);
	assert_int_equal(assign_two(0, NOWHERE), 0);
}

static int with_windows(uint64_t offset0, uint64_t bytes0, uint64_t offset1, uint64_t bytes1)
{
	memset(&slot, 0, sizeof(slot));
	slot.resources.window[0].offset = htole64(offset0);
	slot.resources.window[0].bytes = htole64(bytes0);
	slot.resources.window[1].offset = htole64(offset1);
	slot.resources.window[1].bytes = htole64(bytes1);
	return sim_ask(&sim, &slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(slot.resources));
}

static void test_windows(void **state)
{
	(void)state;
	assert_int_equal(with_windows(0, 4096, 4096, aperture - 4096), 0);
	assert_int_equal(sim.bus.window[1].offset, 4096);
	assert_int_equal(with_windows(0, 0, 0, 0), 0);
	assert_int_equal(with_windows(0, aperture, 0, 0), 0);
	/* One that is empty lies nowhere. */
	assert_int_equal(with_windows(~0ULL, 0, 0, aperture), 0);
	assert_int_equal(with_windows(0, aperture + 1, 0, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(with_windows(1, aperture, 0, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(with_windows(0, 0, ~0ULL, 2), PVPCI_STATUS_RANGE);
	assert_int_equal(with_windows(0, 4096, 4095, 4096), PVPCI_STATUS_RANGE);
	assert_int_equal(with_windows(4096, 4096, 0, aperture), PVPCI_STATUS_RANGE);
	assert_int_equal(sim.bus.window[1].bytes, aperture);
}

/* Nothing is released while one of the rows decodes. */
static void test_released(void **state)
{
	(void)state;
	assert_int_equal(assign_two(0, 16384), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, 65536), 0);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_RELEASED, 0, 2), PVPCI_STATUS_STATE);
	assert_int_equal(le32toh(slot.resources.first), 1);
	assert_true(sim.bus.row[0]->bar[2].assigned == 16384);
	assert_int_equal(sim_commit(&sim, 1, 0, 65536), 0);
	assert_int_equal(ask(PVPCI_MSG_RESOURCES_RELEASED, 0, 2), 0);
	assert_true(sim.bus.row[0]->bar[0].assigned == NOWHERE);
	assert_true(sim.bus.row[0]->bar[2].assigned == NOWHERE);
	/* And its place is free. */
	assert_int_equal(sim_assign(&sim, 1, 0), 0);
}

/* What is handed off decoding has its place until the guest gives it another. */
static void test_handed_off(void **state)
{
	struct function *fn = sim.bus.row[2];
	uint64_t place = fn->bar[0].handoff;

	(void)state;
	assert_true(fn->attached);
	assert_int_equal(sim_commit(&sim, 2, 0, place), 0);
	assert_int_equal(assign_two(NOWHERE, place & ~8191ULL), PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_assign(&sim, 2, 0), 0);
	assert_int_equal(assign_two(NOWHERE, place & ~8191ULL), 0);
}

/* Handed off at the end of the window that the BAR's kind is in, if that is free. */
static void test_hand_off_places(void **state)
{
	json_t *conf = json_pack("{s:s, s:s, s:b, s:[{s:i, s:i}]}", "slot", "06.0", "model",
				 "testdev", "decoding", 1, "bars", "bar", 0, "bytes", 8192);
	struct error err;
	struct function *fn;

	(void)state;
	assert_true(sim.bus.row[2]->bar[0].handoff == aperture - 4096);
	fn = bus_add(&sim.bus, conf, &err);
	assert_non_null(fn);
	assert_true(fn->attached && fn->bar[0].handoff == 0);
	bus_remove(&sim.bus, fn);
	assert_int_equal(assign_two(NOWHERE, 0), 0);
	fn = bus_add(&sim.bus, conf, &err);
	assert_true(fn->bar[0].handoff == 8192);
	bus_remove(&sim.bus, fn);
	/* What decodes has its place, assigned or not. */
	assert_int_equal(assign_two(NOWHERE, NOWHERE), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, 0), 0);
	fn = bus_add(&sim.bus, conf, &err);
	assert_true(fn->bar[0].handoff == 65536);
	json_decref(conf);
}

/* The guest asks for BARs: whatever it wrote over them is gone. */
static void test_needs(void **state)
{
	struct pvpci_function *row = bus_area(&sim.bus, PVPCI_AREA_FUNCTIONS);
	uint32_t seq;

	(void)state;
	memset(&slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_QUERY_RELATIONS, sizeof(struct pvpci_msg)),
			 0);
	seq = slot.relations.seq;
	memset(row[0].bar, 0xff, sizeof(row[0].bar));
	memset(&slot, 0, sizeof(slot));
	slot.query.seq = seq;
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_QUERY_RESOURCES, sizeof(slot.query)), 0);
	assert_int_equal(le64toh(slot.query.need32_bytes), 8192 + 65536);
	assert_int_equal(le64toh(slot.query.need64_bytes), 16384 + 4096);
	assert_int_equal(le64toh(row[0].bar[0].bytes), 16384);
	assert_int_equal(le64toh(row[0].bar[2].bytes), 8192);
	assert_int_equal(row[0].bar[1].bytes, 0);
}

/* What the guest did not send is zero, whatever lies in the slot. */
static void test_not_sent(void **state)
{
	(void)state;
	memset(&slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg)), 0);
	memset(&slot, 0xff, sizeof(slot));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_QUERY_RELATIONS, sizeof(struct pvpci_msg)),
			 PVPCI_STATUS_STATE);
	assert_int_equal(slot.relations.seq, 0);
	assert_int_equal(slot.relations.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows), TEST(test_places), TEST(test_commit), TEST(test_in_the_way),
		TEST(test_windows),
		TEST(test_released), TEST(test_handed_off), TEST(test_hand_off_places),
		TEST(test_needs), TEST(test_not_sent),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("resources", tests, NULL, NULL);
}
