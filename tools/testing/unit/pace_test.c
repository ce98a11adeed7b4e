// SPDX-License-Identifier: GPL-2.0
/*
 * When to spin and when to sleep, with a clock of our own.
 */
#include "bus/pace.h"
#include "unit.h"

#define US(n)	((n) * 1000ULL)
#define MS(n)	((n) * 1000000ULL)

static void test_goes_to_sleep(void **state)
{
	struct pace pace;
	uint64_t now = MS(1000);
	uint64_t wait = 0;
	uint64_t slept = 0;

	(void)state;
	pace_init(&pace, 200, now);
	while (!wait) {
		now += US(1);
		wait = pace_next(&pace, now, false);
	}
	/* At most the cap, then the grace. */
	assert_in_range(now - MS(1000), US(200), US(310));
	assert_true(pace.sleeping);
	assert_int_equal(wait, MS(1));
	while (wait < MS(100) && slept++ < 20) {
		now += wait;
		wait = pace_next(&pace, now, false);
	}
	assert_int_equal(wait, MS(100));
	assert_in_range(slept, 6, 8);
	assert_int_equal(pace_next(&pace, now + wait, false), MS(100));
	assert_int_equal(pace.sleeps, 1);
}

/* A guest that does not ring before it asks is looked at all the time, asleep or not. */
static void test_no_doorbell(void **state)
{
	struct pace pace;
	uint64_t now = MS(1000);
	unsigned int i;
	uint64_t wait;

	(void)state;
	pace_init(&pace, 200, now);
	pace.unrung = true;
	for (i = 0; i < 2000; i++) {
		wait = pace_next(&pace, now, false);
		assert_in_range(wait, 0, US(250));
		now += wait + US(1);
	}
	assert_true(pace.sleeping);
	pace.unrung = false;
	for (i = 0; i < 20; i++)
		now += pace_next(&pace, now, false);
	assert_int_equal(pace_next(&pace, now, false), MS(100));
}

static void test_spins_while_requests_come(void **state)
{
	struct pace pace;
	uint64_t now = 0;
	unsigned int i, j;

	(void)state;
	pace_init(&pace, 200, now);
	for (i = 0; i < 100; i++) {
		pace_next(&pace, now, true);
		for (j = 0; j < 60; j++) {
			now += US(1);
			assert_int_equal(pace_next(&pace, now, false), 0);
			assert_false(pace.sleeping);
		}
	}
	assert_int_equal(pace.sleeps, 0);
	assert_in_range(pace.gap_ns, US(55), US(75));
}

static void test_spins_little_when_they_are_rare(void **state)
{
	struct pace pace;
	uint64_t now = 0;
	uint64_t start;
	unsigned int i;

	(void)state;
	pace_init(&pace, 200, now);
	for (i = 0; i < 50; i++) {
		now += MS(2);
		pace_next(&pace, now, true);
	}
	start = now;
	while (!pace.sleeping) {
		now += US(1);
		pace_next(&pace, now, false);
	}
	assert_true(now - start <= US(25));
}

/* Once in a burst, a pause of milliseconds does not make the guest ring. */
static void test_stays_awake_in_a_burst(void **state)
{
	struct pace pace;
	uint64_t now = MS(5);
	uint64_t end;
	unsigned int i;

	(void)state;
	pace_init(&pace, 200, now);
	for (i = 0; i < 40; i++) {
		now += US(50);
		pace_next(&pace, now, true);
	}
	for (i = 0; i < 5; i++) {
		end = now + MS(15);
		while (now < end) {
			uint64_t wait = pace_next(&pace, now, false);

			assert_true(wait <= US(200));
			now += wait ? wait : US(1);
		}
		assert_false(pace.sleeping);
		pace_next(&pace, now, true);
	}
	assert_int_equal(pace.sleeps, 0);
	assert_true(pace.naps > 100);
	/* And ends with it. */
	end = now + MS(21);
	while (!pace.sleeping) {
		uint64_t wait = pace_next(&pace, now, false);

		assert_true(now < end);
		now += wait ? wait : US(1);
	}
	now += MS(30);
	pace_next(&pace, now, true);
	end = now + US(300);
	while (!pace.sleeping) {
		assert_int_equal(pace_next(&pace, now, false), 0);
		now += US(1);
	}
	assert_true(now < end);
}

static void test_doorbell(void **state)
{
	struct pace pace;
	uint64_t now = MS(1);

	(void)state;
	pace_init(&pace, 200, 0);
	while (!pace_next(&pace, now, false))
		now += US(10);
	assert_true(pace.sleeping);
	now += MS(500);
	pace_doorbell(&pace, now);
	assert_false(pace.sleeping);
	assert_int_equal(pace.wakes, 1);
	/* Awake for a millisecond, for the request that the doorbell announces. */
	while (!pace.sleeping) {
		uint64_t wait = pace_next(&pace, now, false);

		assert_true(wait <= US(50));
		now += wait ? wait : US(1);
	}
	assert_in_range(now - MS(501), MS(0), MS(2));
	assert_int_equal(pace.doorbells, 1);
}

/* Requests 80 us apart, for which it spins or naps. */
static void requests(struct pace *pace, uint64_t *now, unsigned int count)
{
	while (count--) {
		uint64_t end = *now + US(80);

		while (*now < end) {
			uint64_t wait;

			pace_begin(pace, *now);
			wait = pace_next(pace, *now, false);
			*now += wait ? wait : US(1);
		}
		pace_begin(pace, *now);
		pace_next(pace, *now, true);
	}
}

/* Spin until a wait is asked for: how long did that take, and what is the wait? */
static uint64_t spun(struct pace *pace, uint64_t *now, uint64_t *wait)
{
	uint64_t begin = *now;

	do {
		pace_begin(pace, *now);
		*wait = pace_next(pace, *now, false);
		*now += US(1);
	} while (!*wait);
	return *now - begin;
}

/* Somebody else had the processor: it is his for a while, whatever the requests are like. */
static void test_gives_way(void **state)
{
	struct pace pace;
	uint64_t now = MS(5);
	uint64_t end, wait;

	(void)state;
	pace_init(&pace, 500, now);
	requests(&pace, &now, 40);
	assert_in_range(spun(&pace, &now, &wait), US(250), US(350));
	/* A wait that was asked for takes nothing away. */
	now += MS(2);
	pace_begin(&pace, now);
	assert_int_equal(pace.taken, 0);

	pace_next(&pace, now, true);
	now += US(300);
	pace_begin(&pace, now);
	assert_int_equal(pace.taken, 1);
	/* Not for one time in sixteen, when a spin is tried. */
	pace.finds = 1;
	pace_next(&pace, now, true);
	assert_false(pace_yields(&pace, now));
	/* Requests are 80 us apart: one look, and a sleep. */
	assert_in_range(spun(&pace, &now, &wait), 0, US(3));
	assert_true(pace.sleeping);
	/* A doorbell comes before its request: the guest gets a nap to make it. */
	pace_doorbell(&pace, now);
	assert_int_equal(spun(&pace, &now, &wait), US(1));
	assert_int_equal(wait, US(100));
	assert_false(pace.sleeping);
	/* That was it: the next one is to ring. */
	now += wait;
	pace_next(&pace, now, true);
	assert_in_range(spun(&pace, &now, &wait), 0, US(3));
	assert_true(pace.sleeping);
	/* A request that never comes does not keep the bus awake. */
	pace_doorbell(&pace, now);
	for (end = now + MS(2); now < end; now += wait ? wait : US(1))
		wait = pace_next(&pace, now, false);
	assert_true(pace.sleeping);

	/* Later it is as before. */
	now += MS(20);
	requests(&pace, &now, 40);
	assert_int_equal(pace.taken, 1);
	assert_true(pace_yields(&pace, now));
	assert_in_range(spun(&pace, &now, &wait), US(250), US(350));
}

/* Requests so close that a switch to somebody else would take longer: spun for even then. */
static void test_gives_way_to_the_slow(void **state)
{
	struct pace pace;
	uint64_t now = MS(5);
	uint64_t wait;

	(void)state;
	pace_init(&pace, 500, now);
	for (unsigned int i = 0; i < 100; i++) {
		pace_begin(&pace, now);
		pace_next(&pace, now, true);
		now += US(5);
	}
	now += US(300);
	pace_begin(&pace, now);
	assert_int_equal(pace.taken, 1);
	pace_next(&pace, now, true);
	assert_in_range(spun(&pace, &now, &wait), US(15), US(25));
	assert_true(pace.sleeping);
	/* After a doorbell too, however long nothing has come. */
	now += MS(2);
	pace_doorbell(&pace, now);
	assert_in_range(spun(&pace, &now, &wait), US(15), US(25));
	assert_int_equal(wait, US(100));
}

static void test_attach(void **state)
{
	struct pace pace;
	uint64_t now = 0;
	uint64_t wait;

	(void)state;
	pace_init(&pace, 0, now);
	pace_attach(&pace, now);
	while (now < MS(100)) {
		wait = pace_next(&pace, now, false);
		assert_true(wait <= US(250));
		now += wait ? wait : US(1);
	}
	for (unsigned int i = 0; i < 10; i++) {
		wait = pace_next(&pace, now, false);
		now += wait;
	}
	assert_int_equal(wait, MS(100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_to_sleep),
		cmocka_unit_test(test_no_doorbell),
		cmocka_unit_test(test_spins_while_requests_come),
		cmocka_unit_test(test_spins_little_when_they_are_rare),
		cmocka_unit_test(test_stays_awake_in_a_burst),
		cmocka_unit_test(test_doorbell),
		cmocka_unit_test(test_gives_way),
		cmocka_unit_test(test_gives_way_to_the_slow),
		cmocka_unit_test(test_attach),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
