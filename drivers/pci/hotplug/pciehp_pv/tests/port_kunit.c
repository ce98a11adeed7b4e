// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the step function against a port made of plain memory that behaves
 * as QEMU's, with a clock that the test moves: stories, and a long random walk
 * that asks after each step whether a device was lost.
 */
#include "port.h"
#include "shim.h"

static void is_on(struct kunit *test, struct port *port)
{
	KUNIT_EXPECT_EQ(test, port->machine.state, HPV_ON);
	KUNIT_EXPECT_TRUE(test, port->device && port->known == port->device);
	KUNIT_EXPECT_EQ(test, port->indicator, HPV_IND_ON);
	KUNIT_EXPECT_EQ(test, port->lost, 0U);
	KUNIT_EXPECT_EQ(test, port->unexpected, 0U);
}

static void is_off(struct kunit *test, struct port *port)
{
	KUNIT_EXPECT_EQ(test, port->machine.state, HPV_OFF);
	KUNIT_EXPECT_EQ(test, port->known, 0U);
	KUNIT_EXPECT_EQ(test, port->indicator, HPV_IND_OFF);
	KUNIT_EXPECT_EQ(test, port->lost, 0U);
	KUNIT_EXPECT_EQ(test, port->unexpected, 0U);
}

static void no_wait_at_all(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	plug(&port);
	drain(&port);
	is_on(test, &port);
	KUNIT_EXPECT_TRUE(test, unplug_request(&port));
	drain(&port);
	is_off(test, &port);
	KUNIT_EXPECT_EQ(test, port.deleted, 1U);
	KUNIT_EXPECT_EQ(test, port.saved_ms, 100U + 5000U + 1000U);
}

static void waits_are_what_they_should_be(struct kunit *test)
{
	struct port port = new_port(5000, 1000, 100);

	plug(&port);
	drain(&port);
	pass(&port, 99);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_SETTLE);
	pass(&port, 1);
	is_on(test, &port);

	unplug_request(&port);
	pass(&port, 4999);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_BLINK_OFF);
	pass(&port, 1);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_DISCHARGE);
	KUNIT_EXPECT_EQ(test, port.deleted, 0U);
	pass(&port, 999);
	KUNIT_EXPECT_EQ(test, port.deleted, 0U);
	pass(&port, 1);
	is_off(test, &port);
	KUNIT_EXPECT_EQ(test, port.deleted, 1U);
	KUNIT_EXPECT_EQ(test, port.saved_ms, 0U);
}

static void second_press_cancels(struct kunit *test)
{
	struct port port = port_with_device(5000, 0, 0);

	unplug_request(&port);
	pass(&port, 4999);
	latch(&port, HPV_STA_ABP);
	pass(&port, 10000);
	is_on(test, &port);
	KUNIT_EXPECT_EQ(test, port.deleted, 0U);

	/* Without a delay the second one finds an empty slot. */
	port = port_with_device(0, 0, 0);
	unplug_request(&port);
	latch(&port, HPV_STA_ABP);
	pass(&port, 10000);
	is_off(test, &port);
}

static void press_during_power_on(struct kunit *test)
{
	struct port port = new_port(0, 0, 100);

	plug(&port);
	drain(&port);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_SETTLE);
	KUNIT_EXPECT_TRUE(test, unplug_request(&port));
	drain(&port);
	is_off(test, &port);
	KUNIT_EXPECT_EQ(test, port.deleted, 1U);
}

/* device_add and device_del before the consumer had a turn. */
static void remove_during_add(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	plug(&port);
	unplug_request(&port);
	pass(&port, 10000);
	is_off(test, &port);
	KUNIT_EXPECT_EQ(test, port.deleted, 1U);
}

static void take_back(struct port *port)
{
	if (port->device) {
		port->asked = true;
		delete(port);
	}
}

/* An add that ended without a device, but not by mistake. */
static void is_aborted(struct kunit *test, struct port *port)
{
	is_off(test, port);
	KUNIT_EXPECT_EQ(test, port->aborted, 1U);
	KUNIT_EXPECT_EQ(test, port->failed, 0U);
	KUNIT_EXPECT_TRUE(test, !port->attention);
}

static void plug_without_link(struct port *port)
{
	plug(port);
	port->link = false;
}

/* As QEMU does as long as the slot has no power. */
static void taken_back_during_add(struct kunit *test)
{
	static void (* const arrive[])(struct port *port) = { plug, plug_without_link };
	struct port port;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arrive); i++) {
		/* Before the first register write. */
		port = new_port(0, 0, 0);
		arrive[i](&port);
		port.intrude = take_back;
		drain(&port);
		is_aborted(test, &port);

		/* Switched on while empty; it came, it went. */
		port = new_port(0, 0, 100);
		port.intrude = arrive[i];
		happen(&port, HPV_EV_REQ_ON);
		port.intrude = NULL;
		KUNIT_EXPECT_EQ(test, port.machine.state,
				arrive[i] == plug ? HPV_SETTLE : HPV_LINK);
		take_back(&port);
		pass(&port, 200);
		is_aborted(test, &port);
	}

	/* It answered, but is not found any more. */
	port = new_port(0, 0, 100);
	plug(&port);
	drain(&port);
	port.intrude = take_back;
	pass(&port, 100);
	is_aborted(test, &port);
}

/* Somebody wants an empty slot on, which is a mistake. */
static void empty_slot_switched_on(struct kunit *test)
{
	static const enum hpv_event wishes[] = { HPV_EV_REQ_ON, HPV_EV_BUTTON };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct port port = port_with_device(0, 0, 0);

		unplug_request(&port);
		drain(&port);
		happen(&port, wishes[i]);
		is_off(test, &port);
		KUNIT_EXPECT_EQ(test, port.failed, 1U);
		KUNIT_EXPECT_EQ(test, port.aborted, 0U);
		KUNIT_EXPECT_TRUE(test, port.attention);

		/* The next device puts it right. */
		plug(&port);
		drain(&port);
		is_on(test, &port);
		KUNIT_EXPECT_TRUE(test, !port.attention);
	}
}

static void add_during_remove(struct kunit *test)
{
	struct port port = port_with_device(0, 1000, 0);

	vanish(&port);
	drain(&port);
	is_off(test, &port);
	plug(&port);
	pass(&port, 0);
	is_on(test, &port);

	/* Before anybody noticed that the first one was gone. */
	vanish(&port);
	plug(&port);
	KUNIT_EXPECT_TRUE(test, port.known != port.device);
	pass(&port, 10000);
	is_on(test, &port);

	/* A physical slot waits until it is without power. */
	port = port_with_device(0, 1000, 0);
	port.params.virtual_slot = false;
	vanish(&port);
	drain(&port);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_DISCHARGE);
	plug(&port);
	pass(&port, 999);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_DISCHARGE);
	pass(&port, 1);
	is_on(test, &port);

	/* The same after a removal that somebody asked for. */
	unplug_request(&port);
	drain(&port);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_DISCHARGE);
	vanish(&port);
	drain(&port);
	plug(&port);
	pass(&port, 1000);
	is_on(test, &port);
}

static void link_flap(struct kunit *test)
{
	struct port port = port_with_device(0, 0, 0);
	unsigned int known = port.known;

	latch(&port, HPV_STA_DLLSC);
	latch(&port, HPV_STA_PDC | HPV_STA_DLLSC);
	drain(&port);
	is_on(test, &port);
	KUNIT_EXPECT_EQ(test, port.known, known);
}

static void no_link_no_device(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	plug(&port);
	port.link = false;
	pass(&port, HPV_LINK_LIMIT_MS - 1);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_LINK);
	pass(&port, 100);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_OFF);

	/* It comes late, but it comes. */
	port = new_port(0, 0, 0);
	plug(&port);
	port.link = false;
	pass(&port, 500);
	port.link = true;
	pass(&port, HPV_LINK_POLL_MS);
	is_on(test, &port);
}

static void slow_to_answer(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	plug(&port);
	port.ready = false;
	pass(&port, 900);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_SETTLE);
	port.ready = true;
	pass(&port, HPV_READY_POLL_MS);
	is_on(test, &port);

	port = new_port(0, 0, 0);
	plug(&port);
	port.ready = false;
	pass(&port, HPV_READY_LIMIT_MS + 100);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_OFF);
	KUNIT_EXPECT_EQ(test, port.known, 0U);
}

static void sysfs_wins(struct kunit *test)
{
	struct port port = port_with_device(5000, 0, 0);

	unplug_request(&port);
	drain(&port);
	KUNIT_EXPECT_EQ(test, port.machine.state, HPV_BLINK_OFF);
	happen(&port, HPV_EV_REQ_OFF);
	is_off(test, &port);
	/* Nothing in it: fails at once. */
	happen(&port, HPV_EV_REQ_ON);
	is_off(test, &port);
	KUNIT_EXPECT_TRUE(test, port.power);
}

/*
 * The race that Kata Containers met: a device that is plugged while the port
 * is without a driver, or while an add of an empty slot fails.
 */
static void press_before_the_takeover(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	/* Plugged before the kernel scanned the bus: found by the scan. */
	hand_back(&port);
	plug(&port);
	port.power = true;
	port.known = port.device;
	port.indicator = HPV_IND_BLINK;
	take_over(&port);
	pass(&port, 10000);
	is_on(test, &port);

	/* The latched pair that belongs to it comes after the takeover. */
	latch(&port, HPV_STA_ABP | HPV_STA_PDC);
	pass(&port, 10000);
	is_on(test, &port);

	/* Plugged between two drivers: found by looking. */
	port = new_port(0, 0, 0);
	hand_back(&port);
	plug(&port);
	take_over(&port);
	pass(&port, 10000);
	is_on(test, &port);
}

static void plug_at(struct port *port)
{
	plug(port);
}

static void plug_while_an_add_fails(struct kunit *test)
{
	struct port port = new_port(0, 0, 0);

	/* An empty slot is switched on; a device comes just as that is given up. */
	port.intrude = plug_at;
	happen(&port, HPV_EV_REQ_ON);
	port.intrude = NULL;
	pass(&port, 10000);
	is_on(test, &port);

	port = port_with_device(0, 0, 0);
	vanish(&port);
	port.intrude = plug_at;
	drain(&port);
	port.intrude = NULL;
	pass(&port, 10000);
	is_on(test, &port);
}

/* The guest switches a slot off that the host wants empty too. */
static void press_for_the_device_before(struct kunit *test)
{
	struct port port = port_with_device(0, 0, 0);

	unplug_request(&port);
	happen(&port, HPV_EV_REQ_OFF);
	plug(&port);
	pass(&port, 10000);
	is_on(test, &port);
}

static u32 draw(struct port *port, u32 n)
{
	port->seed = port->seed * 1664525u + 1013904223u;
	return (port->seed >> 8) % n;
}

static void host_does_something(struct port *port)
{
	switch (draw(port, 8)) {
	case 0:
	case 1:
	case 2:
		plug(port);
		break;
	case 3:
	case 4:
		unplug_request(port);
		break;
	case 5:
		if (port->device)
			vanish(port);
		break;
	case 6:
		latch(port, HPV_STA_DLLSC);
		break;
	default:
		break;
	}
}

static void guest_does_something(struct port *port)
{
	switch (draw(port, 12)) {
	case 0:
		if (port->device) {
			port->asked = true;
			happen(port, HPV_EV_REQ_OFF);
		}
		break;
	case 1:
		happen(port, HPV_EV_REQ_ON);
		break;
	case 2:
		hand_back(port);
		/* A press from before is dropped, and the host asks again. */
		port->asked = false;
		take_over(port);
		break;
	case 3:
		pass(port, draw(port, 6000));
		break;
	default:
		drain(port);
	}
}

static void intruder(struct port *port)
{
	/* Plugging only: a request to remove makes everything lawful. */
	if (!draw(port, 3))
		plug(port);
}

static void walk(struct kunit *test, u32 seed, u32 slot_ms, u32 power_ms, u32 link_ms)
{
	struct port port = new_port(slot_ms, power_ms, link_ms);
	int step;

	port.seed = seed;
	port.intrude = intruder;
	for (step = 0; step < 4000 && !port.lost; step++) {
		host_does_something(&port);
		guest_does_something(&port);
	}
	KUNIT_EXPECT_EQ_MSG(test, port.lost, 0U, "seed %u step %d: a device was lost",
			    seed, step);
	KUNIT_EXPECT_EQ_MSG(test, port.unexpected, 0U, "seed %u: unexpected events", seed);

	/* Left alone, both sides agree. */
	port.intrude = NULL;
	pass(&port, 20000);
	KUNIT_EXPECT_TRUE_MSG(test, hpv_stable(port.machine.state), "seed %u: stuck in %s",
			      seed, hpv_state_name(port.machine.state));
	KUNIT_EXPECT_TRUE_MSG(test, port.known == port.device, "seed %u: host %u, guest %u",
			      seed, port.device, port.known);
	KUNIT_EXPECT_TRUE_MSG(test, (port.machine.state == HPV_ON) == !!port.device,
			      "seed %u: %s with device %u", seed,
			      hpv_state_name(port.machine.state), port.device);
}

static void random_walks(struct kunit *test)
{
	u32 seed;

	for (seed = 1; seed <= 40; seed++)
		walk(test, seed, seed & 1 ? 0 : 5000, seed & 2 ? 0 : 1000,
		     seed & 4 ? 0 : 100);
}

static struct kunit_case port_cases[] = {
	KUNIT_CASE(no_wait_at_all),
	KUNIT_CASE(waits_are_what_they_should_be),
	KUNIT_CASE(second_press_cancels),
	KUNIT_CASE(press_during_power_on),
	KUNIT_CASE(remove_during_add),
	KUNIT_CASE(taken_back_during_add),
	KUNIT_CASE(empty_slot_switched_on),
	KUNIT_CASE(add_during_remove),
	KUNIT_CASE(link_flap),
	KUNIT_CASE(no_link_no_device),
	KUNIT_CASE(slow_to_answer),
	KUNIT_CASE(sysfs_wins),
	KUNIT_CASE(press_before_the_takeover),
	KUNIT_CASE(plug_while_an_add_fails),
	KUNIT_CASE(press_for_the_device_before),
	KUNIT_CASE(random_walks),
	{ }
};

struct kunit_suite hpv_port_suite = {
	.name = "pciehp_pv_port",
	.test_cases = port_cases,
};
