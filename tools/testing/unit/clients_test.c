// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of the control socket that go, or say nothing.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "desk.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\"}]"
#define ADD(slot) "{\"command\": \"add\", \"wait_ms\": 10, \"function\": " \
		  "{\"slot\": \"" slot "\", \"model\": \"nvme\"}}"

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_half_closed), TEST(test_idle) };

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
