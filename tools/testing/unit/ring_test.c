// SPDX-License-Identifier: GPL-2.0
/*
 * One end of a ring, against the other and against nonsense.
 */
#include <errno.h>
#include <string.h>

#include "ring.h"
#include "shm.h"
#include "unit.h"

#define SLOTS	8

static struct {
	struct pvpci_ring ring;
	uint8_t slots[SLOTS][PVPCI_SLOT_BYTES];
} area;

static struct pvpci_ring_end producer, consumer;

static int start(void **state)
{
	uint32_t index = *state ? 0xfffffffcU : 0;

	memset(&area, 0, sizeof(area));
	area.ring.producer = htole32(index);
	area.ring.consumer = htole32(index);
	pvpci_ring_open(&producer, &area, SLOTS, index);
	pvpci_ring_open(&consumer, &area, SLOTS, index);
	return 0;
}

static void test_order(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES];
	uint32_t i, value;

	(void)state;
	/* Past the wrap of slots and, in the second run, of the index. */
	for (i = 0; i < 5 * SLOTS; i++) {
		assert_int_equal(pvpci_ring_receive(&consumer, slot), 0);
		assert_int_equal(pvpci_ring_send(&producer, &i, sizeof(i)), 0);
		assert_int_equal(pvpci_ring_waiting(&consumer), 1);
		assert_int_equal(pvpci_ring_receive(&consumer, slot), 1);
		memcpy(&value, slot, sizeof(value));
		assert_int_equal(value, i);
	}
}

static void test_full(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES];
	uint32_t i;

	(void)state;
	for (i = 0; i < SLOTS; i++) {
		assert_int_equal(pvpci_ring_room(&producer), SLOTS - i);
		assert_int_equal(pvpci_ring_send(&producer, &i, sizeof(i)), 0);
	}
	assert_int_equal(pvpci_ring_send(&producer, &i, sizeof(i)), -EAGAIN);
	assert_int_equal(pvpci_ring_receive(&consumer, slot), 1);
	assert_int_equal(slot[0], 0);
	assert_int_equal(pvpci_ring_send(&producer, &i, sizeof(i)), 0);
	assert_int_equal(pvpci_ring_send(&producer, &i, PVPCI_SLOT_BYTES + 1), -EINVAL);
}

static void test_rest_is_zero(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES];
	uint8_t byte = 0xaa;

	(void)state;
	memset(area.slots, 0xff, sizeof(area.slots));
	assert_int_equal(pvpci_ring_send(&producer, &byte, 1), 0);
	assert_int_equal(pvpci_ring_receive(&consumer, slot), 1);
	assert_int_equal(slot[0], 0xaa);
	assert_int_equal(slot[1], 0);
	assert_int_equal(slot[PVPCI_SLOT_BYTES - 1], 0);
}

static void test_producer_jumps(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES];

	(void)state;
	shm_store32(&area.ring.producer, consumer.index + SLOTS + 1);
	assert_int_equal(pvpci_ring_receive(&consumer, slot), -EPROTO);
	/* Broken for good, whatever is written afterwards. */
	shm_store32(&area.ring.producer, consumer.index + 1);
	assert_int_equal(pvpci_ring_receive(&consumer, slot), -EPROTO);
	assert_true(consumer.broken);
}

static void test_producer_goes_back(void **state)
{
	uint8_t slot[PVPCI_SLOT_BYTES];

	(void)state;
	shm_store32(&area.ring.producer, consumer.index - 1);
	assert_int_equal(pvpci_ring_waiting(&consumer), -EPROTO);
	assert_int_equal(pvpci_ring_receive(&consumer, slot), -EPROTO);
}

static void test_consumer_jumps(void **state)
{
	uint32_t value = 1;

	(void)state;
	shm_store32(&area.ring.consumer, producer.index + 1);
	assert_int_equal(pvpci_ring_room(&producer), -EPROTO);
	assert_int_equal(pvpci_ring_send(&producer, &value, sizeof(value)), -EPROTO);
}

int main(void)
{
	static int wrap = 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, start),
		cmocka_unit_test_prestate_setup_teardown(test_order, start, NULL, &wrap),
		cmocka_unit_test_setup(test_full, start),
		cmocka_unit_test_prestate_setup_teardown(test_full, start, NULL, &wrap),
		cmocka_unit_test_setup(test_rest_is_zero, start),
		cmocka_unit_test_setup(test_producer_jumps, start),
		cmocka_unit_test_setup(test_producer_goes_back, start),
		cmocka_unit_test_setup(test_consumer_jumps, start),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
