// SPDX-License-Identifier: GPL-2.0
/*
 * Versions of the protocol, and what 1.1 adds: config blocks, reset, power.
 */
#include <stdio.h>
#include <string.h>

#include "dummy_models.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", %s " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"
#define OF_1_1	(PVPCI_F_BLOCKS | PVPCI_F_RESET | PVPCI_F_POWER | PVPCI_F_OUTCOME | \
		 PVPCI_F_EJECT_DEVICE | PVPCI_F_EJECT_WHY | PVPCI_F_STOP | PVPCI_F_RESIZE | \
		 PVPCI_F_RING_VECTOR | PVPCI_F_APERTURE_PROBE)

static struct sim sim;
static union {
	struct pvpci_msg msg;
	struct pvpci_msg_version version;
	struct pvpci_msg_block block;
	struct pvpci_msg_change change;
	struct pvpci_msg_function function;
	struct pvpci_msg_why why;
	struct pvpci_msg_invalidate_blocks invalidate;
	uint8_t bytes[PVPCI_SLOT_BYTES];
} slot;

static void open_sim(const char *keys, const char *extra)
{
	char functions[256];

	snprintf(functions, sizeof(functions), ONE, keys);
	assert_int_equal(sim_open(&sim, functions, extra), 0);
}

static void up(const char *keys)
{
	open_sim(keys, "");
	sim.version = PVPCI_VERSION_1_1;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_assign(&sim, 0, 0), 0);
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static int ask_block(uint16_t type, uint16_t block, uint16_t bytes, uint8_t fill)
{
	memset(&slot, 0, sizeof(slot));
	slot.block.instance = htole32(sim.bus.row[0]->instance);
	slot.block.block = htole16(block);
	slot.block.bytes = htole16(bytes);
	memset(slot.block.data, fill, sizeof(slot.block.data));
	return sim_ask(&sim, &slot, type, sizeof(slot.block));
}

static int ask_change(uint16_t type, uint32_t value)
{
	memset(&slot, 0, sizeof(slot));
	slot.change.instance = htole32(sim.bus.row[0]->instance);
	slot.change.value = htole32(value);
	return sim_ask(&sim, &slot, type, sizeof(slot.change));
}

/* Each daemon against each guest: what is agreed, and what is in force then. */
static void test_matrix(void **state)
{
	static const struct {
		const char *daemon;
		uint32_t guest;
		int status;
		uint64_t features;
	} cases[] = {
		{ "", PVPCI_VERSION_1_0, 0, 0 },
		{ "", PVPCI_VERSION_1_1, 0, OF_1_1 },
		{ "", PVPCI_VERSION(1, 2), PVPCI_STATUS_VERSION, 0 },
		{ "\"protocol\": \"1.0\",", PVPCI_VERSION_1_0, 0, 0 },
		{ "\"protocol\": \"1.0\",", PVPCI_VERSION_1_1, PVPCI_STATUS_VERSION, 0 },
		{ "\"protocol\": \"1.1\",", PVPCI_VERSION_1_0, PVPCI_STATUS_VERSION, 0 },
		{ "\"protocol\": \"1.1\",", PVPCI_VERSION_1_1, 0, OF_1_1 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool old = !strcmp(cases[i].daemon, "\"protocol\": \"1.0\",");

		open_sim("", cases[i].daemon);
		assert_int_equal(le64toh(sim_header(&sim)->features) & OF_1_1, old ? 0 : OF_1_1);
		memset(&slot, 0, sizeof(slot));
		slot.version.version = htole32(cases[i].guest);
		slot.version.features = htole64(~0ULL);
		assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_VERSION, sizeof(slot.version)),
				 cases[i].status);
		if (!cases[i].status)
			assert_int_equal(le64toh(slot.version.features) & ~PVPCI_FEATURES_1_0,
					 cases[i].features);
		sim_close(&sim);
	}
	open_sim("", "");
}

/* With 1.0, and without the feature, the messages do not exist. */
static void test_unknown_without(void **state)
{
	(void)state;
	open_sim("", "");
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 0, 8, 0), PVPCI_STATUS_UNKNOWN);
	assert_int_equal(ask_block(PVPCI_MSG_WRITE_BLOCK, 1, 8, 0), PVPCI_STATUS_UNKNOWN);
	assert_int_equal(ask_change(PVPCI_MSG_RESET, 0), PVPCI_STATUS_UNKNOWN);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, 0), PVPCI_STATUS_UNKNOWN);
	/* And an event of 1.1 is never sent. */
	function_invalidate_blocks(sim.bus.row[0], 1);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, &slot), 0);
}

static void test_blocks(void **state)
{
	(void)state;
	up("");
	assert_int_equal(ask_block(PVPCI_MSG_WRITE_BLOCK, 1, 8, 0x5a), 0);
	bus_poll(&sim.bus);
	/* The event may come before or after the reply: sim_ask() skips it. */
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 0, 128, 0xff), 0);
	assert_int_equal(le16toh(slot.block.bytes), 8);
	assert_int_equal(slot.block.data[7], 0x5a);
	assert_int_equal(slot.block.data[8], 0);
	/* The model answers with more than was asked for. */
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 0, 3, 0xff), 0);
	assert_int_equal(le16toh(slot.block.bytes), 3);
	assert_int_equal(slot.block.data[2], 0x5a);
	assert_int_equal(slot.block.data[3], 0);
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 64, 8, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 0, 129, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(ask_block(PVPCI_MSG_READ_BLOCK, 2, 8, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(ask_block(PVPCI_MSG_WRITE_BLOCK, 0, 8, 0), PVPCI_STATUS_IO);
	sim.bus.row[0]->instance++;
	slot.block.instance = htole32(1);
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_READ_BLOCK, sizeof(slot.block)),
			 PVPCI_STATUS_FUNCTION);
}

#define ROW_OF(type, request) { PVPCI_MSG_##type, sizeof(struct request), \
				offsetof(struct request, row) }

/* Each message that names a row: one that is empty, and those past the last. */
static void test_rows(void **state)
{
	static const struct {
		uint16_t type;
		uint16_t bytes;
		size_t row_at;
	} messages[] = {
		ROW_OF(COMMIT, pvpci_msg_commit), ROW_OF(EJECT_COMPLETE, pvpci_msg_function),
		ROW_OF(READ_BLOCK, pvpci_msg_block), ROW_OF(WRITE_BLOCK, pvpci_msg_block),
		ROW_OF(RESET, pvpci_msg_change), ROW_OF(POWER, pvpci_msg_change),
		ROW_OF(OUTCOME, pvpci_msg_outcome), ROW_OF(EJECT_WHY, pvpci_msg_why),
	};
	uint32_t rows[4] = { 1, 0, 0x7fffffff, ~0U };
	unsigned int i, j;
	int status;

	(void)state;
	up("");
	rows[1] = sim.conf.rows;
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		for (j = 0; j < 4; j++) {
			uint32_t row = htole32(rows[j]);

			memset(&slot, 0, sizeof(slot));
			memcpy(slot.bytes + messages[i].row_at, &row, sizeof(row));
			status = sim_ask(&sim, &slot, messages[i].type, messages[i].bytes);
			if (status != PVPCI_STATUS_FUNCTION)
				fail_msg("%u, row %x: %d", messages[i].type, rows[j], status);
		}
	}
	/* A flag that means nothing yet. */
	memset(&slot, 0, sizeof(slot));
	slot.function.flags = htole32(1);
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(slot.function)),
			 PVPCI_STATUS_RANGE);
}

static uint32_t say_why(uint32_t instance, const char *text)
{
	memset(&slot, 0, sizeof(slot));
	slot.why.instance = htole32(instance);
	memset(slot.why.why, 'x', sizeof(slot.why.why));
	memcpy(slot.why.why, text, strlen(text) + 1);
	return (uint32_t)sim_ask(&sim, &slot, PVPCI_MSG_EJECT_WHY, sizeof(slot.why));
}

/* The guest's reason in its own words, which are not to be trusted. */
static void test_eject_why(void **state)
{
	const struct function *fn;
	uint64_t eject;

	(void)state;
	open_sim("", "");
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(say_why(1, "too old"), PVPCI_STATUS_UNKNOWN);
	sim_close(&sim);
	up("");
	fn = sim.bus.row[0];
	assert_int_equal(say_why(fn->instance, "nobody asks"), PVPCI_STATUS_STATE);
	assert_int_equal(bus_eject(&sim.bus, sim.bus.row[0], false, &eject), 0);
	bus_poll(&sim.bus);
	assert_int_equal(say_why(fn->instance + 1, "another"), PVPCI_STATUS_FUNCTION);
	assert_int_equal(say_why(fn->instance, "the tape \x1b[1m turns"), 0);
	assert_string_equal(fn->eject_why, "the tape ?[1m turns");
	/* Without an end. */
	slot.why.instance = htole32(fn->instance);
	memset(slot.why.why, 'y', sizeof(slot.why.why));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_EJECT_WHY, sizeof(slot.why)), 0);
	assert_int_equal(strspn(fn->eject_why, "y"), sizeof(fn->eject_why) - 1);
	/* The next eject has a reason of its own. */
	bus_eject_refused(&sim.bus, sim.bus.row[0], 1);
	assert_int_equal(bus_eject(&sim.bus, sim.bus.row[0], false, &eject), 0);
	assert_string_equal(fn->eject_why, "");
}

static void test_invalidate(void **state)
{
	(void)state;
	up("");
	function_invalidate_blocks(sim.bus.row[0], 1ULL << 63);
	function_invalidate_blocks(sim.bus.row[0], 2);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, &slot), 1);
	assert_int_equal(le16toh(slot.msg.type), PVPCI_MSG_INVALIDATE_BLOCKS);
	assert_int_equal(le32toh(slot.invalidate.instance), sim.bus.row[0]->instance);
	assert_int_equal(le64toh(slot.invalidate.blocks), 1ULL << 63 | 2);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, &slot), 0);
	/* What was told is forgotten. */
	function_invalidate_blocks(sim.bus.row[0], 4);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, &slot), 1);
	assert_int_equal(le64toh(slot.invalidate.blocks), 4);
}

static void test_reset(void **state)
{
	struct function *fn;

	(void)state;
	up("");
	fn = sim.bus.row[0];
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
	assert_true(fn->attached);
	assert_int_equal(ask_change(PVPCI_MSG_RESET, PVPCI_RESET_FUNCTION), 0);
	assert_false(fn->attached);
	assert_int_equal(dummy_last()->resets, 1);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_RESET], 1);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_ENABLE], 1);
	/* One that is detached already has no edge. */
	assert_int_equal(ask_change(PVPCI_MSG_RESET, PVPCI_RESET_SLOT), 0);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_RESET], 1);
	assert_int_equal(fn->stats.resets, 2);
	assert_int_equal(ask_change(PVPCI_MSG_RESET, 2), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
	assert_true(fn->attached);
}

static void test_power(void **state)
{
	struct function *fn;

	(void)state;
	up("");
	fn = sim.bus.row[0];
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D3HOT), 0);
	assert_false(fn->attached);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_POWER], 1);
	assert_int_equal(sim_commit(&sim, 0, 6, 0), PVPCI_STATUS_STATE);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, 1), PVPCI_STATUS_RANGE);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D0), 0);
	assert_int_equal(dummy_last()->resets, 0);
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
	assert_int_equal(fn->stats.power_changes, 2);
	/* A reset ends D3hot, too. */
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D3HOT), 0);
	assert_int_equal(ask_change(PVPCI_MSG_RESET, PVPCI_RESET_FUNCTION), 0);
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
}

static void test_soft_reset(void **state)
{
	uint8_t *config;

	(void)state;
	up("\"soft_reset\": true,");
	config = bus_area(&sim.bus, PVPCI_AREA_CONFIG);
	assert_int_equal(config[CFGSPACE_PMCSR] & CFGSPACE_PMCSR_KEEPS, 0);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D3HOT), 0);
	assert_int_equal(dummy_last()->resets, 0);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D0), 0);
	assert_int_equal(dummy_last()->resets, 1);
	/* D0 twice is nothing. */
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D0), 0);
	assert_int_equal(dummy_last()->resets, 1);
}

/* D0 exit detaches, on the accounts, and forgets power states. */
static void test_bus_power(void **state)
{
	struct function *fn;

	(void)state;
	up("");
	fn = sim.bus.row[0];
	assert_int_equal(sim_commit(&sim, 0, 6, 0), 0);
	memset(&slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_D0_EXIT, sizeof(slot.msg)), 0);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_POWER], 1);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D3HOT), PVPCI_STATUS_STATE);
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(ask_change(PVPCI_MSG_POWER, PVPCI_POWER_D3HOT), 0);
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(fn->power, PVPCI_POWER_D0);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_matrix), TEST(test_unknown_without), TEST(test_blocks), TEST(test_rows),
		TEST(test_eject_why), TEST(test_invalidate), TEST(test_reset), TEST(test_power),
		TEST(test_soft_reset), TEST(test_bus_power),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("versions", tests, NULL, NULL);
}
