// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: ejects, of guests that let go and of guests that do not, of functions
 * that are not idle, and of files that cannot be closed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "desk.h"
#include "dummy_models.h"
#include "unit.h"
#include "base/clock.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"

#define FN(slot, model)	"{\"slot\": \"" slot "\", \"model\": \"" model "\"}"
#define ADD(functions)	"{\"command\": \"add\", " functions "}"
#define EJECT(more)	"{\"command\": \"eject\", \"slot\": \"03.0\"" more "}"

static int start(void **state)
{
	(void)state;
	return desk_open(ONE);
}

static void test_eject(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES] = { 0 };
	struct pvpci_msg_function *done = (void *)slot;
	int fd = connect_client();
	int other = connect_client();
	char text[256];

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_null(ask(fd, EJECT(", \"timeout_ms\": 50")));
	expect_answer(other, EJECT(""), "03.0 is being ejected already");
	expect_answer(other, EJECT(", \"timeout_ms\": 0"), "timeout_ms");
	expect_answer(other, EJECT(", \"timeout_ms\": 600001"), "timeout_ms");
	expect_answer(other, EJECT(", \"timeout_ms\": \"5\""), "timeout_ms");
	expect_answer(other, EJECT(", \"force\": 1"), "force");
	usleep(60000);
	control_tick(&control, clock_ns());
	turn();
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_non_null(strstr(text, "within 50 ms"));
	/* Asked again, refused by the guest. */
	bus_poll(&sim.bus);
	assert_null(ask(fd, EJECT("")));
	bus_poll(&sim.bus);
	done->row = 0;
	done->instance = htole32(sim.bus.row[0]->instance);
	done->result = htole32(EBUSY);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)), 0);
	turn();
	memset(text, 0, sizeof(text));
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_non_null(strstr(text, "busy"));
	assert_int_equal(sim.bus.nr_functions, 1);
	/* Nobody asks any more: the guest cannot remove it on its own. */
	memset(slot, 0, sizeof(slot));
	done->instance = htole32(sim.bus.row[0]->instance);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)),
			 PVPCI_STATUS_STATE);
	/* The bus goes down meanwhile. */
	assert_null(ask(fd, EJECT("")));
	memset(slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg)), 0);
	turn();
	memset(text, 0, sizeof(text));
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_non_null(strstr(text, "went down"));
	assert_int_equal(sim_up(&sim), 0);
	/* And once more, granted; the client has gone meanwhile. */
	assert_null(ask(fd, EJECT("")));
	bus_poll(&sim.bus);
	close(fd);
	turn();
	memset(slot, 0, sizeof(slot));
	done->instance = htole32(sim.bus.row[0]->instance);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)), 0);
	assert_int_equal(sim.bus.nr_functions, 0);
	close(other);
}

static void complete(uint32_t row, uint32_t result)
{
	uint8_t slot[PVPCI_SLOT_BYTES] = { 0 };
	struct pvpci_msg_function *done = (void *)slot;

	done->row = htole32(row);
	done->instance = htole32(sim.bus.row[row]->instance);
	done->result = htole32(result);
	bus_poll(&sim.bus);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)), 0);
}

static void test_eject_device(void **state)
{
	int fd = connect_client();

	(void)state;
	expect_answer(fd, ADD("\"function\": " FN("03.1", "nvme")), NULL);
	assert_int_equal(sim_up(&sim), 0);
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"04\"}", "no function at 04");
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"020\"}", "DEVICE");
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"03.05\"}", "DEVICE");
	/* One of the two is refused: that is the answer. */
	assert_null(ask(fd, "{\"command\": \"eject\", \"slot\": \"03\"}"));
	complete(0, EBUSY);
	assert_int_equal(sim.bus.nr_functions, 2);
	complete(1, EBUSY);
	expect_text(fd, "refuses to let go of 03.1: Device or resource busy");
	assert_null(ask(fd, "{\"command\": \"eject\", \"slot\": \"03\"}"));
	complete(1, 0);
	complete(0, 0);
	expect_text(fd, "\"slot\":\"03\"");
	assert_int_equal(sim.bus.nr_functions, 0);
	close(fd);
}

/* Refused, asked again, refused, and taken away at the timeout. */
static void test_eject_insist(void **state)
{
	int fd = connect_client();

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_null(ask(fd, EJECT(", \"timeout_ms\": 2000, \"force\": true")));
	complete(0, EBUSY);
	assert_false(sim.bus.row[0]->eject_sent);
	control_tick(&control, clock_ns() + 600000000);
	bus_poll(&sim.bus);
	assert_true(sim.bus.row[0]->eject_sent);
	complete(0, EBUSY);
	control_tick(&control, clock_ns() + 2100000000);
	expect_text(fd, "\"refused\":\"Device or resource busy, it is in use\"");
	assert_int_equal(sim.bus.nr_functions, 0);
	/* Gone by itself before it is asked again. */
	expect_answer(fd, "{\"command\": \"eject\", \"slot\": \"03.0\"}", "no function");
	close(fd);
}

static void test_eject_force(void **state)
{
	int fd = connect_client();
	char text[256] = { 0 };

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 0), 0);
	assert_null(ask(fd, EJECT(", \"timeout_ms\": 20, \"force\": true")));
	bus_poll(&sim.bus);
	control_tick(&control, clock_ns());
	assert_int_equal(sim.bus.nr_functions, 1);
	control_tick(&control, clock_ns() + 30000000);
	turn();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "\"forced\":true"));
	assert_non_null(strstr(text, "\"slot\":\"03.0\""));
	assert_int_equal(sim.bus.nr_functions, 0);
	assert_int_equal(sim.bus.nr_attached, 0);
	close(fd);
}

/* It is not idle when its time is out: it goes, and is answered for, when it is. */
static void test_eject_busy(void **state)
{
	struct dummy *dummy = dummy_last();
	int fd = connect_client(), other = connect_client();
	char text[256];

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 0), 0);
	dummy->busy = true;
	assert_null(ask(fd, EJECT(", \"timeout_ms\": 20, \"force\": true")));
	control_tick(&control, clock_ns() + 30000000);
	control_tick(&control, clock_ns() + 60000000);
	bus_poll(&sim.bus);
	turn();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) < 0);
	assert_int_equal(dummy->detached, 0);
	assert_true(dummy->last);
	/* For the guest it is gone, and others are served. */
	assert_int_equal(sim_commit(&sim, 0, 0, 0), PVPCI_STATUS_FUNCTION);
	expect_answer(other, "{\"command\": \"ping\"}", NULL);
	expect_answer(other, EJECT(""), "03.0 is being ejected already");
	dummy->busy = false;
	bus_poll(&sim.bus);
	expect_text(fd, "\"forced\":true");
	assert_int_equal(sim.bus.nr_functions, 0);
	close(other);
	close(fd);
}

/* Its server does not let its file be closed: it is off the bus, and its time runs out. */
static void test_eject_closing(void **state)
{
	int fd = connect_client(), other = connect_client();
	char text[256];

	(void)state;
	dummy_closing = true;
	assert_null(ask(fd, EJECT("")));
	bus_poll(&sim.bus);
	assert_int_equal(sim.bus.nr_functions, 0);
	expect_answer(other, "{\"command\": \"list\"}", NULL);
	expect_answer(other, EJECT(""), "no function at 03.0");
	/* Its place is free, its file is not. */
	expect_answer(other, ADD("\"function\": " FN("03.0", "nvme")), NULL);
	control_tick(&control, clock_ns() + 60000000000);
	expect_text(fd, "03.0 is off the bus, but its files are not closed within 5000 ms");
	/* One that is closed in time is answered for then. */
	assert_null(ask(fd, EJECT("")));
	dummy_closing = false;
	assert_true(recv(fd, text, sizeof(text), 0) < 0);
	bus_poll(&sim.bus);
	expect_text(fd, "\"ok\":true");
	assert_null(sim.bus.closing);
	close(other);
	close(fd);
}

/* Taken away when the guest's time is out, with a file that needs some of its own. */
static void test_eject_force_closing(void **state)
{
	int fd = connect_client();
	char text[256];

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	dummy_closing = true;
	assert_null(ask(fd, EJECT(", \"timeout_ms\": 1000, \"force\": true")));
	control_tick(&control, clock_ns() + 1010000000);
	assert_int_equal(sim.bus.nr_functions, 0);
	control_tick(&control, clock_ns() + 1020000000);
	control_tick(&control, clock_ns() + 1500000000);
	assert_true(recv(fd, text, sizeof(text), 0) < 0);
	dummy_closing = false;
	bus_poll(&sim.bus);
	expect_text(fd, "\"forced\":true");
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_eject), TEST(test_eject_device), TEST(test_eject_insist),
		TEST(test_eject_force), TEST(test_eject_busy), TEST(test_eject_closing),
		TEST(test_eject_force_closing),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("eject", tests, NULL, NULL);
}
