// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol as a guest meets it: order, lengths, broken rules.
 */
#include <string.h>
#include <unistd.h>

#include "dummy_models.h"
#include "base/error.h"
#include "shm.h"
#include "sim.h"
#include "unit.h"
#include "base/clock.h"

#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 4, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"04.0\", \"model\": \"testdev\"," \
		"\"bars\": [{\"bar\": 0, \"bytes\": 65536, \"bits\": 32}]}]"

static struct sim sim;
static uint8_t slot[PVPCI_SLOT_BYTES];

static int start(void **state)
{
	(void)state;
	memset(slot, 0, sizeof(slot));
	return sim_open(&sim, TWO, "");
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static void test_header(void **state)
{
	struct pvpci_header *header = sim_header(&sim);

	(void)state;
	assert_true(le64toh(header->magic) == PVPCI_MAGIC);
	assert_int_equal(le32toh(header->host.state), PVPCI_HOST_READY);
	assert_int_equal(le16toh(header->peer_id), BUS_PEER_ID);
	assert_int_not_equal(header->peer_id, 0);
	assert_int_not_equal(header->generation, 0);
	assert_int_equal(le64toh(header->features) & PVPCI_F_DMA_SHARED, 0);
	assert_memory_equal(header, "PVPCIBUS", 8);
}

static void test_version(void **state)
{
	struct pvpci_msg_version *version = (void *)slot;

	(void)state;
	version->version = htole32(PVPCI_VERSION(2, 0));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_VERSION, sizeof(*version)),
			 PVPCI_STATUS_VERSION);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_ENTRY,
				 sizeof(struct pvpci_msg_d0_entry)), PVPCI_STATUS_STATE);
	memset(slot, 0, sizeof(slot));
	version->version = htole32(PVPCI_VERSION_1_0);
	version->features = htole64(~0ULL);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_VERSION, sizeof(*version)), 0);
	assert_int_equal(le64toh(version->features), PVPCI_F_WAKE | PVPCI_F_SHARED_VECTORS);
	assert_int_equal(le16toh(version->msg.flags), PVPCI_MSG_REPLY);
	assert_int_equal(le16toh(version->msg.bytes), sizeof(*version));
	/* Vector 0 tells of the replies. */
	assert_true(sim_rang(&sim, 0) > 0);
}

static void test_needs_state(void **state)
{
	static const struct {
		uint16_t type;
		uint16_t bytes;
	} needs_d0[] = {
		{ PVPCI_MSG_QUERY_RELATIONS, sizeof(struct pvpci_msg) },
		{ PVPCI_MSG_QUERY_RESOURCES, sizeof(struct pvpci_msg_query_resources) },
		{ PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(struct pvpci_msg_resources) },
		{ PVPCI_MSG_RESOURCES_RELEASED, sizeof(struct pvpci_msg_resources) },
		{ PVPCI_MSG_COMMIT, sizeof(struct pvpci_msg_commit) },
		{ PVPCI_MSG_EJECT_COMPLETE, sizeof(struct pvpci_msg_function) },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(needs_d0) / sizeof(needs_d0[0]); i++) {
		memset(slot, 0, sizeof(slot));
		assert_int_equal(sim_ask(&sim, slot, needs_d0[i].type, needs_d0[i].bytes),
				 PVPCI_STATUS_STATE);
	}
	memset(slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_PING, sizeof(struct pvpci_msg_ping)), 0);
}

/* Every type with every length: the right one is answered, no other. */
static void test_lengths(void **state)
{
	static const uint16_t bytes_of[] = {
		[PVPCI_MSG_VERSION] = sizeof(struct pvpci_msg_version),
		[PVPCI_MSG_D0_ENTRY] = sizeof(struct pvpci_msg_d0_entry),
		[PVPCI_MSG_D0_EXIT] = sizeof(struct pvpci_msg),
		[PVPCI_MSG_QUERY_RESOURCES] = sizeof(struct pvpci_msg_query_resources),
		[PVPCI_MSG_RESOURCES_ASSIGNED] = sizeof(struct pvpci_msg_resources),
		[PVPCI_MSG_RESOURCES_RELEASED] = sizeof(struct pvpci_msg_resources),
		[PVPCI_MSG_COMMIT] = sizeof(struct pvpci_msg_commit),
		[PVPCI_MSG_DMA_PROBE] = sizeof(struct pvpci_msg_dma_probe),
		[PVPCI_MSG_PING] = sizeof(struct pvpci_msg_ping),
		[PVPCI_MSG_EJECT_COMPLETE] = sizeof(struct pvpci_msg_function),
	};
	uint16_t type;
	uint32_t bytes;

	(void)state;
	for (type = 0; type < 0x110; type++) {
		for (bytes = 0; bytes < 300; bytes++) {
			uint16_t right = type < sizeof(bytes_of) / 2 ? bytes_of[type] : 0;
			int status;

			if (type == PVPCI_MSG_QUERY_RELATIONS)
				continue;
			memset(slot, 0, sizeof(slot));
			status = sim_ask(&sim, slot, type, (uint16_t)bytes);
			if (!right)
				assert_int_equal(status, PVPCI_STATUS_UNKNOWN);
			else if (bytes != right)
				assert_int_equal(status, PVPCI_STATUS_LENGTH);
			else
				assert_int_not_equal(status, PVPCI_STATUS_LENGTH);
		}
	}
}

static void test_relations(void **state)
{
	struct pvpci_msg_relations *relations = (void *)slot;
	struct pvpci_msg_query_resources *resources = (void *)slot;
	struct pvpci_function *row = bus_area(&sim.bus, PVPCI_AREA_FUNCTIONS);
	uint32_t seq;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_QUERY_RELATIONS,
				 sizeof(struct pvpci_msg)), 0);
	assert_int_equal(le32toh(relations->count), 2);
	seq = le32toh(relations->seq);
	memset(slot, 0, sizeof(slot));
	resources->seq = htole32(seq + 1);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_QUERY_RESOURCES, sizeof(*resources)),
			 PVPCI_STATUS_STALE);
	resources->seq = htole32(seq);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_QUERY_RESOURCES, sizeof(*resources)), 0);
	assert_int_equal(le64toh(resources->need64_bytes), 16384);
	assert_int_equal(le64toh(resources->need32_bytes), 65536);
	assert_int_equal(le16toh(row[0].devfn), 3 << 3);
	assert_int_equal(le32toh(row[0].nr_tokens), 4);
	assert_int_equal(le64toh(row[0].bar[0].bytes), 16384);
	assert_int_equal(le32toh(row[0].bar[0].flags), PVPCI_BAR_MEM64);
	assert_int_equal(row[2].flags, 0);
}

static void test_commit(void **state)
{
	struct function *fn = sim.bus.row[0];
	uint8_t *bar = bus_aperture(&sim.bus, 32768);

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_assign(&sim, 0, 32768), 0);
	assert_memory_equal(bar, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 32768), 0);
	assert_true(fn->attached);
	assert_memory_equal(bar, "register", 8);
	/* The same once more is no edge. */
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 32768), 0);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_ENABLE], 1);
	/* What decodes does not move. */
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 65536), PVPCI_STATUS_STATE);
	assert_int_equal(sim_assign(&sim, 0, 65536), PVPCI_STATUS_STATE);
	assert_int_equal(sim_commit(&sim, 0, 0, 32768), 0);
	assert_memory_equal(bar, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_int_equal(bar[16383], 0xff);
	assert_int_equal(fn->stats.edges[PVPCI_REASON_ENABLE], 2);
	assert_int_equal(fn->stats.attaches, 1);
	assert_int_equal(fn->stats.detaches, 1);
}

static void test_commit_refused(void **state)
{
	struct pvpci_msg_commit *commit = (void *)slot;
	uint64_t aperture = sim.bus.layout.area[PVPCI_AREA_APERTURE].bytes;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 4096), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 0, 2, aperture), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 0, 2, PVPCI_BAR_UNASSIGNED), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 0, 2, 0ULL - 16384), PVPCI_STATUS_RANGE);
	assert_int_equal(sim_commit(&sim, 2, 2, 0), PVPCI_STATUS_FUNCTION);
	assert_int_equal(sim_commit(&sim, 0, 2, aperture - 16384), 0);
	assert_int_equal(sim_commit(&sim, 1, 2, aperture - 65536), PVPCI_STATUS_OVERLAP);
	assert_int_equal(sim_commit(&sim, 1, 2, aperture - 2 * 65536), 0);

	memset(slot, 0, sizeof(slot));
	commit->row = htole32(0);
	commit->instance = htole32(sim.bus.row[0]->instance + 7);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_COMMIT, sizeof(*commit)),
			 PVPCI_STATUS_FUNCTION);
	memset(slot, 0, sizeof(slot));
	commit->row = htole32(0xffffffff);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_COMMIT, sizeof(*commit)),
			 PVPCI_STATUS_FUNCTION);
	memset(slot, 0, sizeof(slot));
	commit->instance = htole32(sim.bus.row[0]->instance);
	commit->reason = htole16(PVPCI_REASON_COUNT);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_COMMIT, sizeof(*commit)),
			 PVPCI_STATUS_RANGE);
}

/* Either all rows of a message are taken or none. */
static void test_assigned_atomic(void **state)
{
	struct pvpci_assigned *assigned = bus_area(&sim.bus, PVPCI_AREA_ASSIGNED);
	struct pvpci_msg_resources *resources = (void *)slot;
	unsigned int i;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	for (i = 0; i < 2; i++) {
		assigned[i].instance = htole32(sim.bus.row[i]->instance);
		memset(assigned[i].offset, 0xff, sizeof(assigned[i].offset));
	}
	assigned[0].offset[0] = htole64(65536 + 16384);
	assigned[1].offset[0] = htole64(65536);
	resources->count = htole32(2);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(*resources)),
			 PVPCI_STATUS_OVERLAP);
	assert_true(sim.bus.row[0]->bar[0].assigned == PVPCI_BAR_UNASSIGNED);
	assigned[1].offset[0] = htole64(131072);
	assigned[1].flags = htole32(1);
	memset(slot, 0, sizeof(slot));
	resources->count = htole32(2);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(*resources)),
			 PVPCI_STATUS_RANGE);
	assert_int_equal(le32toh(resources->first), 1);
	assert_true(sim.bus.row[0]->bar[0].assigned == PVPCI_BAR_UNASSIGNED);
	assigned[1].flags = 0;
	memset(slot, 0, sizeof(slot));
	resources->count = htole32(2);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(*resources)), 0);
	assert_true(sim.bus.row[0]->bar[0].assigned == 65536 + 16384);
	memset(slot, 0, sizeof(slot));
	resources->first = htole32(1);
	resources->count = htole32(0xffffffff);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_RESOURCES_ASSIGNED, sizeof(*resources)),
			 PVPCI_STATUS_RANGE);
}

static void test_start_over(void **state)
{
	struct pvpci_msg_d0_entry *entry = (void *)slot;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
	/* Vectors that cannot be: nothing happens. */
	entry->nr_vectors = htole32(PVPCI_MAX_VECTORS + 1);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_ENTRY, sizeof(*entry)),
			 PVPCI_STATUS_RANGE);
	memset(slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_ENTRY, sizeof(*entry)),
			 PVPCI_STATUS_RANGE);
	assert_true(sim.bus.row[0]->attached);
	/* Another kernel: it negotiates and enters D0 without an exit. */
	sim_attach_rings(&sim);
	assert_int_equal(sim_up(&sim), 0);
	assert_false(sim.bus.row[0]->attached);
	assert_int_equal(sim.bus.nr_attached, 0);
	assert_int_equal(sim.bus.stats.d0_entries, 2);
	memset(slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg)), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), PVPCI_STATUS_STATE);
	memset(slot, 0, sizeof(slot));
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg)), 0);
}

static void assert_broken(void)
{
	struct error err;

	assert_int_equal(sim.bus.host.state, PVPCI_HOST_DEAD);
	assert_int_equal(le32toh(sim_header(&sim)->host.state), PVPCI_HOST_BROKEN);
	assert_int_equal(sim.bus.nr_attached, 0);
	assert_int_equal(sim.bus.stats.broken, 1);
	/* Nothing more is served, and nothing more is said. */
	assert_false(bus_poll(&sim.bus));
	assert_int_equal(sim.bus.stats.broken, 1);
	/* The next guest gets a bus that works, under another generation. */
	assert_int_equal(bus_disconnect(&sim.bus, &err), 0);
	bus_connect(&sim.bus, 0);
	sim_attach_rings(&sim);
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
}

static void test_index_jumps(void **state)
{
	struct pvpci_ring *ring = bus_area(&sim.bus, PVPCI_AREA_RING_TO_HOST);

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
	shm_store32(&ring->producer, 0x12345678);
	bus_poll(&sim.bus);
	assert_broken();
}

/* The index of the ring that only the host sends through, seen when it sends. */
static void test_event_index_jumps(void **state)
{
	struct pvpci_ring *ring = bus_area(&sim.bus, PVPCI_AREA_RING_TO_GUEST);
	uint64_t id;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	shm_store32(&ring->consumer, le32toh(ring->producer) + 1);
	assert_int_equal(bus_eject(&sim.bus, sim.bus.row[1], false, &id), 0);
	bus_poll(&sim.bus);
	assert_broken();
}

static void test_nonsense_request(void **state)
{
	struct pvpci_msg msg = {
		.type = htole16(PVPCI_MSG_PING), .bytes = htole16(24), .id = htole32(1),
		.flags = htole16(PVPCI_MSG_REPLY),
	};

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(pvpci_ring_send(&sim.to_host, &msg, sizeof(msg)), 0);
	bus_poll(&sim.bus);
	assert_broken();
}

/* A guest that takes no replies gets no more answers, and loses nothing. */
static void test_no_room_for_replies(void **state)
{
	struct pvpci_msg_ping ping = {
		.msg.type = htole16(PVPCI_MSG_PING), .msg.bytes = htole16(sizeof(ping)),
	};
	uint32_t slots = sim.bus.layout.want.ring_slots;
	uint32_t i;

	(void)state;
	for (i = 0; i < slots + 8; i++) {
		ping.msg.id = htole32(i + 1);
		ping.cookie = htole64(i);
		assert_int_equal(pvpci_ring_send(&sim.to_host, &ping, sizeof(ping)), 0);
		bus_poll(&sim.bus);
	}
	assert_int_equal(pvpci_ring_waiting(&sim.from_host), slots);
	for (i = 0; i < slots + 8; i++) {
		assert_int_equal(pvpci_ring_receive(&sim.from_host, slot), 1);
		assert_int_equal(le64toh(((struct pvpci_msg_ping *)slot)->cookie), i);
		bus_poll(&sim.bus);
	}
	assert_int_equal(sim.bus.host.state, PVPCI_HOST_NEW);
}

static void test_guest_words(void **state)
{
	struct pvpci_header *header = sim_header(&sim);
	uint32_t beat = le32toh(header->host.beat);

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	assert_int_equal(sim_commit(&sim, 0, 2, 0), 0);
	bus_tick(&sim.bus, clock_ns() + 1000000000ULL);
	assert_int_not_equal(le32toh(header->host.beat), beat);
	bus_set_sleeping(&sim.bus, true);
	assert_int_equal(le32toh(header->host.sleeping), 1);
	shm_store32(&header->guest.state, PVPCI_GUEST_GONE);
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(sim.bus.nr_attached, 0);
	assert_int_equal(sim.bus.host.state, PVPCI_HOST_AGREED);
	bus_stop(&sim.bus);
	assert_int_equal(le32toh(header->host.state), PVPCI_HOST_STOPPING);
}

static void test_reset_through_config(void **state)
{
	struct dummy *dummy = dummy_last();
	uint8_t *config = sim_config(&sim, 1);
	unsigned int before;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(sim.bus.row[1]->stats.resets, 0);
	before = dummy->resets;
	config[CFGSPACE_DEVCTL + 1] |= 0x80;
	bus_tick(&sim.bus, clock_ns());
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(dummy->resets, before + 1);
	config[CFGSPACE_DEVCTL + 1] &= 0x7f;
	bus_tick(&sim.bus, clock_ns());
	assert_int_equal(dummy->resets, before + 1);
	assert_int_equal(sim.bus.row[1]->stats.resets, 1);
}

static void test_hot_add_and_eject(void **state)
{
	struct pvpci_msg_relations *relations = (void *)slot;
	struct pvpci_msg_function *eject = (void *)slot;
	struct function *fn;
	struct error err;
	uint64_t id;
	json_t *conf;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	conf = json_pack("{s:s, s:s, s:[{s:i, s:i}]}", "slot", "05.1", "model", "testdev",
			 "bars", "bar", 0, "bytes", 4096);
	fn = bus_add(&sim.bus, conf, &err);
	assert_non_null(fn);
	assert_null(bus_add(&sim.bus, conf, &err));
	assert_string_equal(err.where, "slot");
	json_decref(conf);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, slot), 1);
	assert_int_equal(le16toh(relations->msg.type), PVPCI_MSG_RELATIONS);
	assert_int_equal(relations->msg.id, 0);
	assert_int_equal(le32toh(relations->count), 3);
	assert_int_equal(bus_eject(&sim.bus, fn, false, &id), 0);
	assert_int_not_equal(id, 0);
	assert_int_equal(bus_eject(&sim.bus, fn, false, &id), -16);
	bus_poll(&sim.bus);
	assert_int_equal(pvpci_ring_receive(&sim.from_host, slot), 1);
	assert_int_equal(le16toh(eject->msg.type), PVPCI_MSG_EJECT);
	assert_int_equal(le32toh(eject->row), 2);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*eject)), 0);
	assert_null(sim.bus.row[2]);
	assert_int_equal(sim.bus.nr_functions, 2);
}

static void test_two_instances(void **state)
{
	struct pvpci_msg_function *done = (void *)slot;

	(void)state;
	assert_int_equal(sim_up(&sim), 0);
	/* Nobody asked for it. */
	done->row = htole32(1);
	done->instance = htole32(sim.bus.row[1]->instance);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)),
			 PVPCI_STATUS_STATE);
	memset(slot, 0, sizeof(slot));
	done->row = htole32(1);
	done->instance = htole32(sim.bus.row[0]->instance);
	assert_int_equal(sim_ask(&sim, slot, PVPCI_MSG_EJECT_COMPLETE, sizeof(*done)),
			 PVPCI_STATUS_FUNCTION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header), TEST(test_version), TEST(test_needs_state), TEST(test_lengths),
		TEST(test_relations), TEST(test_commit), TEST(test_commit_refused),
		TEST(test_assigned_atomic), TEST(test_start_over), TEST(test_index_jumps),
		TEST(test_event_index_jumps), TEST(test_nonsense_request),
		TEST(test_no_room_for_replies), TEST(test_guest_words),
		TEST(test_reset_through_config), TEST(test_hot_add_and_eject),
		TEST(test_two_instances),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
