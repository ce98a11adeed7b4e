// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control socket, without the socket: what is refused, and why.
 */
#include <string.h>

#include "control/control.h"
#include "sim.h"
#include "unit.h"

#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"hotplug\": false}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\"}]"

static struct sim sim;
static struct control control = { .bus = &sim.bus };
static struct control_client client = { .control = &control, .fd = -1 };

static int start(void **state)
{
	(void)state;
	return sim_open(&sim, TWO, "");
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

/* The answer to @text, which has to be one at once. */
static json_t *execute(const char *text)
{
	json_t *request = json_loads(text, 0, NULL);
	json_t *answer = control_execute(&client, request);

	json_decref(request);
	assert_non_null(answer);
	return answer;
}

static void refuse(const char *text, const char *reason)
{
	json_t *answer = execute(text);
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert_true(json_is_false(json_object_get(answer, "ok")));
	if (!strstr(error, reason))
		fail_msg("%s -> %s", text, error);
	json_decref(answer);
}

static void test_arguments(void **state)
{
	(void)state;
	refuse("{\"command\": \"show\", \"slot\": \"04.00\"}", "\"slot\" must be");
	refuse("{\"command\": \"show\", \"slot\": \"20.0\"}", "\"slot\" must be");
	refuse("{\"command\": \"eject\"}", "\"slot\" must be");
	refuse("{\"command\": \"eject\", \"slot\": \"\"}", "\"slot\" must be");
	refuse("{\"command\": \"eject\", \"slot\": 4}", "\"slot\" must be");
	refuse("{\"command\": \"eject\", \"slot\": \"04.0\", \"force\": 1}",
	       "\"force\" must be true or false");
	refuse("{\"command\": \"eject\", \"slot\": \"04.0\", \"wait_ms\": 1}", "unknown key");
	refuse("{\"command\": \"add\", \"function\": {}, \"functions\": [{}]}", "\"add\" needs");
	refuse("{\"command\": \"add\", \"functions\": {}}", "\"add\" needs");
	refuse("{\"command\": \"add\", \"function\": 5}", "JSON object");
	assert_int_equal(sim.bus.nr_functions, 2);
}

/* A guest that uses the bus keeps what is not hot-pluggable; without one it goes. */
static void test_not_pluggable(void **state)
{
	json_t *answer;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	refuse("{\"command\": \"eject\", \"slot\": \"03.0\"}", "03.0 testdev is not hot-pluggable");
	refuse("{\"command\": \"eject\", \"slot\": \"03.0\", \"force\": true}", "not hot-pluggable");
	assert_int_equal(sim.bus.row[0]->eject_id, 0);
	sim_close(&sim);
	assert_int_equal(sim_open(&sim, TWO, ""), 0);
	answer = execute("{\"command\": \"eject\", \"slot\": \"03.0\"}");
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	assert_int_equal(sim.bus.nr_functions, 1);
}

static void test_broken(void **state)
{
	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	bus_break(&sim.bus, "unit test");
	refuse("{\"command\": \"add\", \"function\": {}}", "the bus is broken");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arguments), TEST(test_not_pluggable), TEST(test_broken),
	};

	log_setup(LOG_LEVEL_ERROR - 1);
	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
