// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket, with a hostile client too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk.h"
#include "dummy_models.h"
#include "unit.h"
#include "base/clock.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"

#define E16	"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
#define A16	"\xc4\x80\xc4\x80\xc4\x80\xc4\x80\xc4\x80\xc4\x80\xc4\x80\xc4\x80"
#define LONG_NAME(c16)	"{\"command\": \"x" c16 c16 c16 c16 c16 "\"}"

#define FN(slot, model)	"{\"slot\": \"" slot "\", \"model\": \"" model "\"}"
#define EJECT	"{\"command\": \"eject\", \"slot\": \"03.0\"}"
#define ADD(functions)	"{\"command\": \"add\", " functions "}"

static int start(void **state)
{
	(void)state;
	return desk_open(ONE);
}

static void test_commands(void **state)
{
	int fd = connect_client();
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect_answer(fd, "{\"command\": \"ping\"}", NULL);
	expect_answer(fd, "{\"command\": \"list\"}", NULL);
	expect_answer(fd, "{\"command\": \"stats\"}", NULL);
	expect_answer(fd, "{\"command\": \"show\", \"slot\": \"3.0\"}", NULL);
	expect_answer(fd, "{\"command\": \"show\", \"slot\": \"4.0\"}", "no function at 04.0");
	expect_answer(fd, "{\"command\": \"show\", \"slot\": 4}", "DEVICE.FUNCTION");
	expect_answer(fd, "{\"command\": \"show\"}", "DEVICE.FUNCTION");
	expect_answer(fd, "{\"command\": \"ping\", \"pong\": 1}", "unknown key \"pong\"");
	expect_answer(fd, "{\"command\": \"dance\"}", "no command \"dance\"");
	expect_answer(fd, "{\"command\": 5}", "must be text");
	expect_answer(fd, "[]", "object");
	expect_answer(fd, "{", "JSON");
	expect_answer(fd, "\"\xff\"", "JSON");
	/* The answer cuts the name in the middle of a character. */
	expect_answer(fd, LONG_NAME(E16), "no command");
	expect_answer(fd, LONG_NAME(A16), "no command");
	close(fd);
	turn();
	assert_int_equal(control.count, 0);
}

static void test_add(void **state)
{
	int fd = connect_client();

	(void)state;
	expect_answer(fd, "{\"command\": \"add\"}", "needs");
	expect_answer(fd, ADD("\"functions\": []"), "needs");
	expect_answer(fd, ADD("\"function\": " FN("05.0", "nvme")), NULL);
	expect_answer(fd, ADD("\"function\": " FN("05.0", "nvme")), "in use");
	/* All or none. */
	expect_answer(fd, ADD("\"functions\": [" FN("06.0", "nvme") ", " FN("07.0", "nvmo") "]"),
		      "function 1, model: there is no model");
	assert_int_equal(sim.bus.nr_functions, 2);
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"05.0\"}", NULL);
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"05.0\"}", "no function");
	assert_int_equal(sim.bus.nr_functions, 1);
	close(fd);
}

static void test_add_waits(void **state)
{
	int fd = connect_client();
	char text[4096] = { 0 };

	(void)state;
	/* Without a guest there is nothing to wait for. */
	expect_answer(fd, ADD("\"wait_ms\": 5000, \"function\": " FN("05.0", "nvme")), NULL);
	assert_int_equal(sim_up(&sim), 0);
	expect_answer(fd, ADD("\"wait_ms\": -1, \"function\": " FN("06.0", "nvme")), "wait_ms");
	expect_answer(fd, ADD("\"wait_ms\": 600001, \"function\": " FN("06.0", "nvme")), "wait_ms");
	expect_answer(fd, ADD("\"wait_ms\": 1.5, \"function\": " FN("06.0", "nvme")), "wait_ms");
	assert_null(ask(fd, ADD("\"wait_ms\": 5000, \"function\": " FN("06.0", "nvme"))));
	control_check(&control, clock_ns());
	turn();
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	assert_int_equal(sim_commit(&sim, 2, CFGSPACE_COMMAND_MEMORY, PVPCI_BAR_UNASSIGNED), 0);
	control_check(&control, clock_ns());
	turn();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "\"complete\":true"));
	/* One that no driver takes. */
	assert_null(ask(fd, ADD("\"wait_ms\": 10, \"function\": " FN("07.0", "nvme"))));
	control_check(&control, clock_ns() + 20000000);
	turn();
	memset(text, 0, sizeof(text));
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "\"complete\":false"));
	/* The client goes while it waits. */
	assert_null(ask(fd, ADD("\"wait_ms\": 10, \"function\": " FN("08.0", "nvme"))));
	close(fd);
	turn();
	assert_int_equal(control.adding, 0);
}

static uint32_t tell_error(uint32_t row, uint32_t outcome, uint32_t error, const char *driver)
{
	uint8_t slot[PVPCI_SLOT_BYTES] = { 0 };
	struct pvpci_msg_outcome *told = (void *)slot;

	told->row = htole32(row);
	told->instance = sim.bus.row[row] ? htole32(sim.bus.row[row]->instance) : 0;
	told->outcome = htole32(outcome);
	told->error = htole32(error);
	told->missing_piece = htole64(4096);
	snprintf((char *)told->driver, sizeof(told->driver), "%s", driver);
	return (uint32_t)sim_ask(&sim, slot, PVPCI_MSG_OUTCOME, sizeof(*told));
}

static uint32_t tell(uint32_t row, uint32_t outcome, const char *driver)
{
	return tell_error(row, outcome, 0, driver);
}

static void test_outcome(void **state)
{
	int fd = connect_client(), other = connect_client();

	(void)state;
	sim.version = PVPCI_VERSION_1_1;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(tell(0, PVPCI_OUTCOME_COUNT, ""), PVPCI_STATUS_RANGE);
	assert_int_equal(tell(5, 0, ""), PVPCI_STATUS_FUNCTION);
	assert_null(ask(fd, ADD("\"wait_ms\": 5000, \"functions\": [" FN("06.0", "nvme") ", "
				FN("07.0", "nvme") "]")));
	expect_answer(other, "{\"command\": \"eject\", \"slot\": \"06.0\"}", "still being added");
	assert_int_equal(tell(1, PVPCI_OUTCOME_BOUND, "n v\x01me"), 0);
	control_check(&control, clock_ns());
	turn();
	assert_int_equal(control.adding, 1);
	/* One that has no driver yet may get one. */
	assert_int_equal(tell(2, PVPCI_OUTCOME_NO_DRIVER, ""), 0);
	control_check(&control, clock_ns());
	assert_int_equal(control.adding, 1);
	assert_int_equal(tell(2, PVPCI_OUTCOME_NO_ROOM, ""), 0);
	assert_true(sim.bus.row[1]->stats.bound_ns && !sim.bus.row[2]->stats.bound_ns);
	control_check(&control, clock_ns());
	expect_text(fd, "\"driver\":\"n v?me\"");
	/* Room that is still being made is waited for. */
	assert_null(ask(fd, ADD("\"wait_ms\": 5000, \"function\": " FN("08.0", "nvme"))));
	assert_int_equal(tell_error(3, PVPCI_OUTCOME_NO_ROOM, PVPCI_NO_ROOM_SEEKING, ""), 0);
	control_check(&control, clock_ns());
	turn();
	assert_int_equal(control.adding, 1);
	send_line(other, "{\"command\": \"list\"}");
	expect_text(other, "\"seeking\":true");
	assert_int_equal(tell(3, PVPCI_OUTCOME_NO_ROOM, ""), 0);
	control_check(&control, clock_ns());
	expect_text(fd, "\"missing_piece\":4096");
	/* One for which second paths would make room is told apart from one without hope. */
	assert_null(ask(fd, ADD("\"wait_ms\": 5000, \"function\": " FN("09.0", "nvme"))));
	assert_int_equal(tell_error(4, PVPCI_OUTCOME_NO_ROOM, PVPCI_NO_ROOM_PATHS, ""), 0);
	control_check(&control, clock_ns());
	expect_text(fd, "\"lacks_paths\":true");
	close(fd);
	close(other);
}

/* Asks and does not read: it gets all answers when it does, or is dropped when it goes. */
static void test_slow_reader(void **state)
{
	static const char list[] = "{\"command\": \"list\"}\n";
	static char text[1 << 16];
	unsigned int asked[2] = { 0 }, answered = 0, i, quiet;
	int fds[2] = { connect_client(), connect_client() };
	ssize_t got, n;

	(void)state;
	turn();
	for (i = 0; i < 2; i++) {
		while (!control.clients[i].out_bytes && asked[i] < 100000) {
			assert_int_equal(send(fds[i], list, strlen(list), 0), strlen(list));
			asked[i]++;
			turn();
		}
		assert_true(control.clients[i].out_bytes > 0);
	}
	for (quiet = 0; quiet < 3; quiet++) {
		turn();
		while ((got = recv(fds[0], text, sizeof(text), 0)) > 0) {
			for (n = 0; n < got; n++)
				answered += text[n] == '\n';
			quiet = 0;
			turn();
		}
	}
	assert_int_equal(answered, asked[0]);
	expect_answer(fds[0], "{\"command\": \"ping\"}", NULL);
	close(fds[1]);
	turn();
	assert_int_equal(control.count, 1);
	close(fds[0]);
}

/* Send until the daemon has had enough. */
static void flood(int fd, char byte)
{
	static char junk[1 << 16];
	size_t total = 0;
	ssize_t sent;

	memset(junk, byte, sizeof(junk));
	while (total < 4 * CONTROL_LINE_BYTES) {
		sent = send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN)
			break;
		total += sent > 0 ? (size_t)sent : 0;
		turn();
	}
	assert_true(total < 2 * CONTROL_LINE_BYTES);
}

static void test_hostile(void **state)
{
	int fds[CONTROL_CLIENTS + 1];
	unsigned int i;
	char text[256] = { 0 };

	(void)state;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		fds[i] = connect_client();
		turn();
	}
	fds[i] = connect_client();
	turn();
	assert_true(recv(fds[i], text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "too many"));
	assert_int_equal(recv(fds[i], text, sizeof(text), 0), 0);
	close(fds[i]);
	/* A line without end costs the connection, not the memory. */
	flood(fds[0], 'x');
	assert_int_equal(control.count, CONTROL_CLIENTS - 1);
	/* And so do lines behind a request that waits. */
	assert_int_equal(sim_up(&sim), 0);
	assert_null(ask(fds[2], EJECT));
	flood(fds[2], '\n');
	assert_int_equal(control.count, CONTROL_CLIENTS - 2);
	/* Half a line, and silence. */
	assert_int_equal(send(fds[1], "{", 1, 0), 1);
	turn();
	control_tick(&control, clock_ns() + 11000000000ULL);
	assert_int_equal(control.count, CONTROL_CLIENTS - 3);
	control_tick(&control, clock_ns() + 61000000000ULL);
	assert_int_equal(control.count, 0);
	for (i = 0; i < CONTROL_CLIENTS; i++)
		close(fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commands), TEST(test_add), TEST(test_add_waits), TEST(test_slow_reader),
		TEST(test_outcome), TEST(test_hostile),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
