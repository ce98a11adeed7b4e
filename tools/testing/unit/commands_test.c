// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control socket, without the socket: what is refused, and why.
 */
#include <string.h>

#include "control/control.h"
#include "dummy_models.h"
#include "sim.h"
#include "unit.h"

#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"hotplug\": false}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\"}]"

#define TESTDEV(members)	"{\"model\": \"testdev\"" members "}"
#define ADD(list)		"{\"command\": \"add\", \"functions\": [" list "]}"

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

/* The list says what is paused; resume lets it go on, once. */
static void test_resume(void **state)
{
	json_t *answer, *first, *second;

	(void)state;
	refuse("{\"command\": \"resume\", \"slot\": \"05.0\"}", "no function at 05.0");
	refuse("{\"command\": \"resume\", \"slot\": \"04.0\"}",
	       "nothing of bus 1 04.0 testdev is paused");
	dummy_last()->trouble = true;
	answer = execute("{\"command\": \"list\"}");
	first = json_array_get(json_object_get(answer, "functions"), 0);
	second = json_array_get(json_object_get(answer, "functions"), 1);
	assert_true(json_is_null(json_object_get(first, "trouble")));
	assert_string_equal(json_string_value(json_object_get(second, "trouble")),
			    "something is paused");
	json_decref(answer);
	answer = execute("{\"command\": \"resume\", \"slot\": \"04.0\"}");
	assert_int_equal(json_integer_value(json_object_get(answer, "resumed")), 1);
	json_decref(answer);
	refuse("{\"command\": \"resume\", \"slot\": \"04.0\"}", "is paused");
}

static void accept(const char *text, const char *member, const char *slot)
{
	json_t *answer = execute(text), *at = json_object_get(answer, member);

	if (json_is_array(at))
		at = json_array_get(at, json_array_size(at) - 1);
	if (json_is_object(at))
		at = json_object_get(at, "slot");
	if (!json_is_true(json_object_get(answer, "ok")) || !json_is_string(at) ||
	    strcmp(json_string_value(at), slot))
		fail_msg("%s -> %s", text, json_dumps(answer, 0));
	json_decref(answer);
}

/* A function is meant by its slot, else by its label or its serial number. */
static void test_names(void **state)
{
	(void)state;
	accept(ADD(TESTDEV(", \"slot\": \"05.1\", \"label\": \"04.0\", \"serial\": \"left one\"")),
	       "functions", "05.1");
	accept(ADD(TESTDEV(", \"slot\": \"06.0\", \"label\": \"77\", \"serial\": 4711")),
	       "functions", "06.0");
	accept("{\"command\": \"show\", \"slot\": \"04.0\"}", "function", "04.0");
	accept("{\"command\": \"show\", \"slot\": \"left one\"}", "function", "05.1");
	accept("{\"command\": \"show\", \"slot\": \"1-03.0\"}", "function", "03.0");
	accept("{\"command\": \"show\", \"slot\": \"4711\"}", "function", "06.0");
	refuse("{\"command\": \"show\", \"slot\": \"left\"}", "none has \"left\"");
	refuse("{\"command\": \"eject\", \"slot\": \"left\"}", "none has \"left\"");
	accept("{\"command\": \"eject\", \"slot\": \"4711\"}", "slot", "06.0");
	accept("{\"command\": \"eject\", \"slot\": \"left one\"}", "slot", "05.1");
	/* What is one's label and another's serial number is nobody's name. */
	accept(ADD(TESTDEV(", \"slot\": \"05.1\", \"label\": \"two\"") ","
		   TESTDEV(", \"slot\": \"06.0\", \"serial\": \"two\"")), "functions", "06.0");
	refuse("{\"command\": \"eject\", \"slot\": \"two\"}",
	       "of bus 1 05.1 testdev and of bus 1 06.0 testdev");
	assert_int_equal(sim.bus.nr_functions, 4);
}

/* Without a slot: the lowest device that is free, and that no other one asks for. */
static void test_no_slot(void **state)
{
	unsigned int i;

	(void)state;
	accept(ADD(TESTDEV() "," TESTDEV(", \"slot\": \"01.2\"") "," TESTDEV() "," TESTDEV()),
	       "functions", "05.0");
	assert_int_equal(sim.bus.nr_functions, 6);
	assert_non_null(bus_find(&sim.bus, 0));
	assert_non_null(bus_find(&sim.bus, 2 << 3));
	/* Also one that is the second of its list gets none when there is none, nor the first. */
	for (i = 6; i < 32; i++)
		accept(ADD(TESTDEV()), "functions",
		       (char[]){ "01"[i > 15], "0123456789abcdef"[i & 15], '.', '0', 0 });
	accept("{\"command\": \"eject\", \"slot\": \"10.0\"}", "slot", "10.0");
	refuse(ADD(TESTDEV() "," TESTDEV()),
	       "function 1: no device of the bus is free, and it has no \"slot\"");
	assert_null(bus_find(&sim.bus, 0x10 << 3));
	refuse(ADD(TESTDEV(", \"slot\": null")), "\"slot\" must be");
}

/* The same list gives the same slots, whatever is in the file before what. */
static void test_no_slot_at_start(void **state)
{
	(void)state;
	sim_close(&sim);
	assert_int_equal(sim_open(&sim, "[" TESTDEV(", \"serial\": 1") ","
				  TESTDEV(", \"slot\": \"00.3\"") ","
				  TESTDEV(", \"serial\": 2") "]", ""), 0);
	accept("{\"command\": \"show\", \"slot\": \"1\"}", "function", "01.0");
	accept("{\"command\": \"show\", \"slot\": \"2\"}", "function", "02.0");
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
		TEST(test_arguments), TEST(test_not_pluggable), TEST(test_resume),
		TEST(test_names), TEST(test_no_slot), TEST(test_no_slot_at_start),
		TEST(test_broken),
	};

	log_setup(LOG_LEVEL_ERROR - 1);
	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
