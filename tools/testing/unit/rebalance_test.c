// SPDX-License-Identifier: GPL-2.0
/*
 * Room that the host wants: what is asked of the guest, what it may answer, and where it may put
 * BARs meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "desk.h"
#include "unit.h"
#include "base/clock.h"

#define KIB(n)	((n) * 1024ULL)

#define DEV(slot)	"{\"slot\": \"" slot "\", \"model\": \"testdev\", " \
			"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}"
#define WANT(more)	"{\"command\": \"rebalance\"" more "}"

#define STAYS	"\"stays\":[{\"slot\":\"04.0\",\"why\":\"in?use\"}]"
#define MOVE	"\"moves\":[{\"slot\":\"03.0\",\"bar\":0,\"bytes\":16384,\"step\":1," \
		"\"from\":0,\"to\":65536,\"cost\":103,\"expected_us\":null,\"down_us\":null"

static union {
	struct pvpci_msg msg;
	struct pvpci_msg_resources resources;
	struct pvpci_msg_query_stop query;
	struct pvpci_msg_stop_plan plan;
	struct pvpci_msg_restart restart;
	struct pvpci_msg_stop_complete complete;
	uint8_t bytes[PVPCI_SLOT_BYTES];
} slot;

static void rebalance_done(void *context, uint32_t wish, int result)
{
	(void)context;
	control_rebalance_done(&control, wish, result);
}

static int start(void **state)
{
	(void)state;
	if (desk_open("[" DEV("03.0") "," DEV("04.0") "]"))
		return -1;
	sim.version = PVPCI_VERSION_1_1;
	sim.bus.watch.rebalance_done = rebalance_done;
	return 0;
}

/* The answer holds @wanted; NULL: there is none yet. */
static void expect(int fd, const char *line, const char *wanted)
{
	send_line(fd, line);
	expect_text(fd, wanted);
}

/* The next event that is about room, into @slot; its wish. */
static uint32_t event(uint16_t type)
{
	bus_poll(&sim.bus);
	while (pvpci_ring_receive(&sim.from_host, &slot) == 1)
		if (le16toh(slot.msg.type) >= PVPCI_MSG_QUERY_STOP && !slot.msg.flags) {
			assert_int_equal(le16toh(slot.msg.type), type);
			return le32toh(slot.query.wish);
		}
	return 0;
}

static int plan(uint32_t wish, uint32_t row, uint16_t step, uint64_t from, uint64_t to)
{
	memset(&slot, 0, sizeof(slot));
	slot.plan.wish = htole32(wish);
	slot.plan.row = htole32(row);
	slot.plan.instance = htole32(row < PVPCI_MAX_FUNCTIONS && sim.bus.row[row] ?
				     sim.bus.row[row]->instance : 1);
	slot.plan.step = htole16(step);
	slot.plan.from = htole64(from);
	slot.plan.to = htole64(to);
	slot.plan.cost = htole64(103);
	slot.plan.down_us = htole64(PVPCI_DOWN_UNKNOWN);
	snprintf((char *)slot.plan.words, sizeof(slot.plan.words), "%s",
		 step ? "with its driver's help" : "in\x01use");
	return sim_ask(&sim, &slot, PVPCI_MSG_STOP_PLAN, sizeof(slot.plan));
}

static int complete(uint16_t type, uint32_t wish, uint32_t result, uint64_t bytes, uint64_t offset)
{
	memset(&slot, 0, sizeof(slot));
	slot.complete.wish = htole32(wish);
	slot.complete.result = htole32(result);
	slot.complete.bytes = htole64(bytes);
	slot.complete.offset = htole64(offset);
	slot.complete.steps = htole32(1);
	snprintf((char *)slot.complete.why, sizeof(slot.complete.why), "no room");
	return sim_ask(&sim, &slot, type, sizeof(slot.complete));
}

static int restart(uint32_t wish, uint32_t row)
{
	memset(&slot, 0, sizeof(slot));
	slot.restart.wish = htole32(wish);
	slot.restart.row = htole32(row);
	slot.restart.instance = htole32(sim.bus.row[row]->instance);
	slot.restart.down_us = htole64(777);
	return sim_ask(&sim, &slot, PVPCI_MSG_RESTART, sizeof(slot.restart));
}

static void test_options(void **state)
{
	int fd = connect_client();

	(void)state;
	expect(fd, WANT(""), "no guest uses the bus");
	assert_int_equal(sim_up(&sim), 0);
	expect(fd, WANT(", \"room\": 0"), "power of two");
	expect(fd, WANT(", \"room\": 2048"), "power of two");
	expect(fd, WANT(", \"room\": \"3M\""), "power of two");
	expect(fd, WANT(", \"room\": \"much\""), "must be a size");
	expect(fd, WANT(", \"room\": -4096"), "must be a size");
	expect(fd, WANT(", \"room\": \"1T\""), "the whole aperture has");
	expect(fd, WANT(", \"bits\": 16"), "32 or 64");
	expect(fd, WANT(", \"bits\": \"64\""), "32 or 64");
	expect(fd, WANT(", \"dry_run\": 1"), "true or false");
	expect(fd, WANT(", \"online\": true"), "is for a \\\"dry_run\\\"");
	expect(fd, WANT(", \"timeout_ms\": 0"), "timeout_ms");
	expect(fd, WANT(", \"timeout_ms\": 600001"), "timeout_ms");
	expect(fd, WANT(", \"rooms\": 1"), "unknown key");
	assert_int_equal(sim.bus.rebalance.phase, REBALANCE_IDLE);
	close(fd);
}

static void test_old_guest(void **state)
{
	int fd = connect_client();

	(void)state;
	sim.version = PVPCI_VERSION_1_0;
	assert_int_equal(sim_up(&sim), 0);
	expect(fd, WANT(", \"room\": \"64K\""), "too old, or only protocol 1.0");
	assert_int_equal(event(PVPCI_MSG_QUERY_STOP), 0);
	assert_int_equal(plan(0, 0, 1, 0, 0), PVPCI_STATUS_UNKNOWN);
	close(fd);
}

/* The guest is asked: its number of the wish. */
static uint32_t ask_for_room(int fd, const char *line)
{
	expect(fd, line, NULL);
	return event(PVPCI_MSG_QUERY_STOP);
}

static void test_dry_run(void **state)
{
	int fd = connect_client(), other = connect_client();
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(", \"room\": \"64K\", \"bits\": 32, \"dry_run\": true"));
	assert_int_not_equal(wish, 0);
	assert_int_equal(le64toh(slot.query.bytes), KIB(64));
	assert_int_equal(le32toh(slot.query.flags), PVPCI_STOP_LOW);
	expect(other, WANT(""), "still busy");
	/* What a guest may not say. */
	assert_int_equal(plan(wish + 1, 0, 1, 0, KIB(16)), PVPCI_STATUS_STALE);
	assert_int_equal(plan(wish, PVPCI_MAX_FUNCTIONS, 1, 0, 0), PVPCI_STATUS_FUNCTION);
	assert_int_equal(plan(wish, 9, 1, 0, 0), PVPCI_STATUS_FUNCTION);
	assert_int_equal(plan(wish, 0, 1, 0, 1ULL << 40), PVPCI_STATUS_RANGE);
	assert_int_equal(plan(wish, 0, 1, KIB(8), 0), PVPCI_STATUS_RANGE);
	assert_int_equal(restart(wish, 0), PVPCI_STATUS_STALE);
	assert_int_equal(complete(PVPCI_MSG_STOP_COMPLETE, wish, 0, KIB(64), 0),
			 PVPCI_STATUS_STALE);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), KIB(16)),
			 PVPCI_STATUS_RANGE);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(60), 0),
			 PVPCI_STATUS_RANGE);
	assert_int_equal(sim.bus.rebalance.count, 0);
	assert_int_equal(plan(wish, 0, 1, 0, KIB(64)), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	expect_text(fd, MOVE);
	/* Forgotten by both. */
	assert_int_equal(event(PVPCI_MSG_CANCEL_STOP), wish);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0),
			 PVPCI_STATUS_STALE);
	close(fd);
	close(other);
}

static void test_moves(void **state)
{
	int fd = connect_client();
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(""));
	assert_int_equal(le64toh(slot.query.bytes), 0);
	assert_int_equal(plan(wish, 1, 1, 0, KIB(64)), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	expect_text(fd, NULL);
	assert_int_equal(event(PVPCI_MSG_STOP), wish);
	assert_int_equal(restart(wish, 1), 0);
	assert_int_equal(complete(PVPCI_MSG_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	expect_text(fd, "\"down_us\":777");
	assert_int_equal(sim.bus.rebalance.phase, REBALANCE_IDLE);
	close(fd);
}

/* What would move if there were other paths is asked for, and is nothing to be carried out. */
static void test_online(void **state)
{
	int fd = connect_client();
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(", \"dry_run\": true, \"online\": true"));
	assert_int_equal(le32toh(slot.query.flags), PVPCI_STOP_ONLINE);
	assert_int_equal(plan(wish, 0, 1, 0, KIB(64)), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	expect_text(fd, MOVE);
	assert_int_equal(event(PVPCI_MSG_CANCEL_STOP), wish);
	close(fd);
}

static void test_refused(void **state)
{
	int fd = connect_client();
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(""));
	assert_int_equal(plan(wish, 1, 0, 0, 0), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, ENOSPC, 0,
				  PVPCI_BAR_UNASSIGNED), 0);
	expect_text(fd, "the guest refuses: no room; 04.0 stays: in?use\"," STAYS);
	/* Agreed, and then not. */
	wish = ask_for_room(fd, WANT(""));
	assert_int_equal(plan(wish, 1, 1, 0, KIB(64)), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	assert_int_equal(event(PVPCI_MSG_STOP), wish);
	assert_int_equal(complete(PVPCI_MSG_STOP_COMPLETE, wish, 5000, 0,
				  PVPCI_BAR_UNASSIGNED), 0);
	expect_text(fd, "the guest refuses: no room\"");
	close(fd);
}

static void test_silence(void **state)
{
	int fd = connect_client();
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(", \"timeout_ms\": 50"));
	control_tick(&control, clock_ns());
	expect_text(fd, NULL);
	control_tick(&control, clock_ns() + 60000000);
	expect_text(fd, "not answered within 50 ms, nothing was moved");
	assert_int_equal(event(PVPCI_MSG_CANCEL_STOP), wish);
	/* Its answer comes late. */
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0),
			 PVPCI_STATUS_STALE);
	/* Silence while it moves: nobody else may ask until it has said how that ended. */
	wish = ask_for_room(fd, WANT(", \"timeout_ms\": 50"));
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	assert_int_equal(event(PVPCI_MSG_STOP), wish);
	control_tick(&control, clock_ns() + 60000000);
	expect_text(fd, "may still be moving");
	expect(fd, WANT(""), "still busy");
	assert_int_equal(complete(PVPCI_MSG_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	expect(fd, WANT(""), NULL);
	/* The client goes, and takes its wish with it. */
	wish = event(PVPCI_MSG_QUERY_STOP);
	close(fd);
	turn();
	assert_int_equal(event(PVPCI_MSG_CANCEL_STOP), wish);
	/* The bus goes down meanwhile. */
	fd = connect_client();
	expect(fd, WANT(""), NULL);
	event(PVPCI_MSG_QUERY_STOP);
	memset(&slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, &slot, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg)), 0);
	expect_text(fd, "the bus went down");
	close(fd);
}

/* The daemon is killed while the guest moves; the next one hears how that went on. */
static void test_death(void **state)
{
	int fd = connect_client();
	struct rebalance saved;
	uint32_t wish;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	wish = ask_for_room(fd, WANT(""));
	assert_int_equal(plan(wish, 1, 1, 0, KIB(64)), 0);
	assert_int_equal(complete(PVPCI_MSG_QUERY_STOP_COMPLETE, wish, 0, KIB(64), 0), 0);
	assert_int_equal(event(PVPCI_MSG_STOP), wish);
	close(fd);
	turn();
	saved = sim.bus.rebalance;
	rebalance_close(&sim.bus);
	saved.note = NULL;
	rebalance_resume(&sim.bus, &saved);
	/* It could not, and says who stays. */
	assert_int_equal(plan(wish, 0, 0, 0, 0), 0);
	assert_int_equal(plan(wish, 1, 0, 0, 0), 0);
	fd = connect_client();
	expect(fd, WANT(""), "still busy");
	assert_int_equal(complete(PVPCI_MSG_STOP_COMPLETE, wish, ENOSPC, 0,
				  PVPCI_BAR_UNASSIGNED), 0);
	assert_int_equal(sim.bus.rebalance.phase, REBALANCE_IDLE);
	assert_int_not_equal(ask_for_room(fd, WANT("")), wish);
	close(fd);
}

/* Rows 0 and 1 at @offset, in a window from 64K to 256K. */
static int assign(uint64_t first, uint64_t second)
{
	struct pvpci_assigned *assigned = bus_area(&sim.bus, PVPCI_AREA_ASSIGNED);
	uint64_t offset[] = { first, second };
	unsigned int i, bar;

	memset(&slot, 0, sizeof(slot));
	for (i = 0; i < 2; i++) {
		assigned[i].instance = htole32(sim.bus.row[i]->instance);
		for (bar = 1; bar < PVPCI_NUM_BARS; bar++)
			assigned[i].offset[bar] = htole64(PVPCI_BAR_UNASSIGNED);
		assigned[i].offset[0] = htole64(offset[i]);
	}
	slot.resources.count = htole32(2);
	slot.resources.window[1].offset = htole64(KIB(64));
	slot.resources.window[1].bytes = htole64(KIB(192));
	return sim_ask(&sim, &slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(slot.resources));
}

/* A BAR decodes only in a window that was told, and never where another one does. */
static void test_places(void **state)
{
	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(assign(KIB(48), KIB(64)), PVPCI_STATUS_RANGE);
	assert_int_equal(assign(KIB(64), KIB(256)), PVPCI_STATUS_RANGE);
	assert_int_equal(assign(KIB(64), KIB(64)), PVPCI_STATUS_OVERLAP);
	assert_int_equal(assign(KIB(64), KIB(80)), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, KIB(48)), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, KIB(64)), 0);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, KIB(64)),
			 PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, KIB(256)),
			 PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, KIB(80)), 0);
	/* They change places: each only when the other has gone. */
	assert_int_equal(sim_commit(&sim, 0, 0, KIB(64)), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, KIB(80)),
			 PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_commit(&sim, 1, 0, KIB(80)), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, KIB(80)), 0);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, KIB(80)),
			 PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_commit(&sim, 1, CFGSPACE_COMMAND_MEMORY, KIB(64)), 0);
	assert_int_equal(sim.bus.nr_attached, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options), TEST(test_old_guest), TEST(test_dry_run), TEST(test_moves),
		TEST(test_online), TEST(test_refused), TEST(test_silence), TEST(test_death),
		TEST(test_places),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("rebalance", tests, NULL, NULL);
}
