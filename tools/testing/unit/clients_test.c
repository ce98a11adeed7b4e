// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of the control socket that go, or say nothing.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "desk.h"
#include "dummy_models.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\"}]"
#define ADD(slot) "{\"command\": \"add\", \"wait_ms\": 10, \"function\": " \
		  "{\"slot\": \"" slot "\", \"model\": \"nvme\"}}"
#define SLOW(slot) "{\"command\": \"add\", \"function\": " \
		   "{\"slot\": \"" slot "\", \"model\": \"nvme\", \"slow\": true}}"

static int start(void **state)
{
	(void)state;
	return desk_open(ONE);
}

/* As socat does at the end of its input: it has said all, and still waits for the answer. */
static void test_half_closed(void **state)
{
	int fd = connect_client();
	char text[4096] = { 0 };

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	send_line(fd, ADD("06.0"));
	shutdown(fd, SHUT_WR);
	turn();
	assert_int_equal(control.adding, 1);
	control_check(&control, clock_ns() + 20000000);
	turn();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "\"complete\":false"));
	assert_int_equal(recv(fd, text, sizeof(text), 0), 0);
	assert_int_equal(control.count, 0);
	close(fd);
	/* One that has gone meanwhile is not waited for. */
	fd = connect_client();
	send_line(fd, ADD("07.0"));
	shutdown(fd, SHUT_WR);
	turn();
	close(fd);
	turn();
	assert_int_equal(control.count, 0);
	assert_int_equal(control.adding, 0);
}

/* One that is closed because it says nothing hears why. */
static void test_idle(void **state)
{
	int fd = connect_client();
	char text[256] = { 0 };

	(void)state;
	turn();
	control_tick(&control, clock_ns() + 61000000000ULL);
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "nothing was asked for 60 seconds"));
	assert_int_equal(recv(fd, text, sizeof(text), 0), 0);
	assert_int_equal(control.count, 0);
	close(fd);
}

/* A file that does not open: the client waits, nobody else does. */
static void test_slow_file(void **state)
{
	int fd = connect_client(), other = connect_client();
	char text[4096] = { 0 };

	(void)state;
	dummy_hangs = true;
	dummy_forgotten = 0;
	send_line(fd, SLOW("06.0"));
	control_check(&control, clock_ns());
	send_line(other, ADD("07.0"));
	assert_true(recv(other, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "07.0"));
	assert_int_equal(sim.bus.nr_functions, 2);
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	assert_int_equal(control.opening, 1);
	/* Longer than a silent client may be silent. */
	control_tick(&control, clock_ns() + 61000000000ULL);
	assert_int_equal(control.opening, 1);
	dummy_hangs = false;
	control_check(&control, clock_ns());
	turn();
	memset(text, 0, sizeof(text));
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "06.0"));
	assert_int_equal(sim.bus.nr_functions, 3);
	assert_int_equal(control.opening, 0);
	/* One that goes takes its wish with it. */
	dummy_hangs = true;
	dummy_forgotten = 0;
	send_line(fd, SLOW("08.0"));
	close(fd);
	turn();
	assert_int_equal(control.opening, 0);
	assert_int_equal(dummy_forgotten, 1);
	dummy_hangs = false;
	close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_half_closed), TEST(test_idle),
					    TEST(test_slow_file) };

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
