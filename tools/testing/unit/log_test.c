// SPDX-License-Identifier: GPL-2.0
/*
 * Log lines: a guest cannot make them many, and nobody who reads them slowly
 * can stop the daemon.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"

static int reader;
static int saved;

/* Standard error becomes a pipe that only the test reads. */
static int redirect(void **state)
{
	int ends[2];

	(void)state;
	log_setup(LOG_LEVEL_INFO);
	saved = dup(STDERR_FILENO);
	if (pipe(ends) || dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	close(ends[1]);
	reader = ends[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	return 0;
}

static int restore(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(reader);
	return 0;
}

/* What was logged since the last call, and in how many lines. */
static unsigned int read_lines(char *text, size_t bytes)
{
	unsigned int lines = 0;
	size_t used = 0;
	ssize_t got;
	char *c;

	while (used < bytes - 1 && (got = read(reader, text + used, bytes - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	for (c = text; (c = strchr(c, '\n')); c++)
		lines++;
	return lines;
}

static char text[1 << 20];

static void test_limit(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		log_some(&limit, LOG_LEVEL_INFO, "again %u", i);
	assert_int_equal(read_lines(text, sizeof(text)), 5);
	/* When the period is over, the next one tells how many there were. */
	limit.start_ns = 1;
	log_some(&limit, LOG_LEVEL_INFO, "once more");
	assert_int_equal(read_lines(text, sizeof(text)), 1);
	assert_non_null(strstr(text, "once more (995 lines like this were left out before it)"));
}

/* The pipe is full and nobody reads: the daemon goes on, and says later what is missing. */
static void test_full(void **state)
{
	static const char filler[4096];
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	(void)state;
	fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
	while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, flags);
	alarm(20);	/* a write that blocks ends the test */
	log_info("lost 1");
	log_info("lost 2");
	alarm(0);
	assert_int_equal(read_lines(text, sizeof(text)), 0);
	log_info("here again");
	assert_int_equal(read_lines(text, sizeof(text)), 2);
	assert_non_null(strstr(text, "2 lines were lost"));
	assert_non_null(strstr(text, "here again"));
	assert_null(strstr(text, "lost 1"));
}

static struct sim sim;

static int start(void **state)
{
	if (redirect(state))
		return -1;
	return sim_open(&sim, ONE, "") || sim_up(&sim) ? -1 : 0;
}

static int end(void **state)
{
	sim_close(&sim);
	return restore(state);
}

/* What a guest can do as often as it likes. */
static void test_guest(void **state)
{
	union {
		struct pvpci_msg msg;
		struct pvpci_msg_change change;
		struct pvpci_msg_d0_entry entry;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot;
	unsigned int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		sim_config(&sim, 0)[CFGSPACE_DEVCTL + 1] ^= CFGSPACE_DEVCTL_FLR >> 8;
		bus_tick(&sim.bus, i);
	}
	for (i = 0; i < 200; i++) {
		memset(&slot, 0, sizeof(slot));
		sim_ask(&sim, &slot, PVPCI_MSG_D0_EXIT, sizeof(slot.msg));
		memset(&slot, 0, sizeof(slot));
		slot.entry.nr_vectors = htole32(4);
		sim_ask(&sim, &slot, PVPCI_MSG_D0_ENTRY, sizeof(slot.entry));
	}
	assert_in_range(read_lines(text, sizeof(text)), 2, 15);
	assert_non_null(strstr(text, "function level reset"));
	assert_non_null(strstr(text, "is down"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limit, redirect, restore),
		cmocka_unit_test_setup_teardown(test_full, redirect, restore),
		cmocka_unit_test_setup_teardown(test_guest, start, end),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
