// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of rings and messages.
 */
#include "liar.h"
#include "shm.h"

#define MSG(name)	MEMBER(struct pvpci_msg, name)
#define OF(type, name)	MEMBER(struct type, name)
#define PRODUCER	MEMBER(struct pvpci_ring, producer)
#define CONSUMER	MEMBER(struct pvpci_ring, consumer)

/* The indices of a ring, in place of or beside a reply. */
#define INDEX(name_, expect_, outcome_, step_, place, field, value_) {	\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.step = step_, .patch = { { place, OP_ADD, 0, field, value_ } },\
}

/* One field of the reply to a request. */
#define REPLY(name_, expect_, outcome_, step_, op_, field, value_) {	\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.step = step_, .patch = { { AT_REPLY, op_, 0, field, value_ } },\
}

#define TO_GUEST	"index of the ring to the guest jumped"
#define TO_HOST		"index of the ring to the host jumped"

/* Indices that no host and no guest can have left behind. */
static void indices_before(struct liar *liar)
{
	struct pvpci_ring *ring = bus_area(&liar->bus, PVPCI_AREA_RING_TO_GUEST);

	shm_store32(&ring->producer, 1000);
	wire_struck(liar);
}

static void indices_before_host(struct liar *liar)
{
	struct pvpci_ring *ring = bus_area(&liar->bus, PVPCI_AREA_RING_TO_HOST);

	shm_store32(&ring->consumer, 1);
	wire_struck(liar);
}

/* Replies that nobody asked for, as many as the ring takes, for a while. */
static void flood_replies(struct liar *liar)
{
	struct pvpci_msg_ping ping = {
		.msg.type = htole16(PVPCI_MSG_PING),
		.msg.bytes = htole16(sizeof(ping)),
		.msg.flags = htole16(PVPCI_MSG_REPLY),
	};

	while (liar->flood && wire_room(liar)) {
		ping.msg.id = htole32((uint32_t)wire_random());
		wire_send(liar, &ping, sizeof(ping));
		liar->flood--;
	}
}

static void flood_begin(struct liar *liar)
{
	liar->flood = 5000;
}

static void send_unknown(struct liar *liar)
{
	struct pvpci_msg msg = { .type = htole16(0x7777), .bytes = htole16(sizeof(msg)) };

	wire_send(liar, &msg, sizeof(msg));
}

static void send_request(struct liar *liar)
{
	struct pvpci_msg msg = {
		.type = htole16(PVPCI_MSG_PING), .bytes = htole16(sizeof(msg)), .id = htole32(1),
	};

	wire_send(liar, &msg, sizeof(msg));
}

static const struct fault faults[] = {
	{ .name = "indices-before", .expect = "the indices of a ring contradict each other",
	  .outcome = REFUSED, .start = indices_before },
	{ .name = "indices-before-host", .expect = "the indices of a ring contradict each other",
	  .outcome = REFUSED, .start = indices_before_host },
	INDEX("producer-jumps", TO_GUEST, REFUSED, STEP_VERSION, AT_RING_TO_GUEST, PRODUCER, 1000),
	INDEX("producer-jumps-late", TO_GUEST, REFUSED, STEP_ASSIGNED, AT_RING_TO_GUEST, PRODUCER,
	      1000),
	INDEX("producer-back", TO_GUEST, REFUSED, STEP_QUERY_RELATIONS, AT_RING_TO_GUEST, PRODUCER,
	      -2ULL),
	INDEX("producer-jumps-bound", TO_GUEST, BROKEN, STEP_BOUND, AT_RING_TO_GUEST, PRODUCER,
	      1000),
	INDEX("producer-back-bound", TO_GUEST, BROKEN, STEP_BOUND, AT_RING_TO_GUEST, PRODUCER,
	      -1000ULL),
	INDEX("consumer-ahead", TO_HOST, REFUSED, STEP_VERSION, AT_RING_TO_HOST, CONSUMER, 1000),
	INDEX("consumer-ahead-by-one", TO_HOST, REFUSED, STEP_D0_ENTRY, AT_RING_TO_HOST, CONSUMER,
	      1),
	INDEX("consumer-back", TO_HOST, REFUSED, STEP_QUERY_RESOURCES, AT_RING_TO_HOST, CONSUMER,
	      -3ULL),
	INDEX("consumer-ahead-bound", TO_HOST, LEAVES, STEP_BOUND, AT_RING_TO_HOST, CONSUMER,
	      1000),
	/* A slot that nobody filled: its length is 0, or what lay there before. */
	INDEX("producer-ahead-by-one", "a message is shorter than its header", REFUSED,
	      STEP_VERSION, AT_RING_TO_GUEST, PRODUCER, 1),

	REPLY("reply-header-short", "a message is shorter than its header", REFUSED,
	      STEP_VERSION, OP_SET, MSG(bytes), 8),
	REPLY("reply-empty", "a message is shorter than its header", REFUSED,
	      STEP_D0_ENTRY, OP_SET, MSG(bytes), 0),
	REPLY("reply-long", "a message is longer than its slot", REFUSED,
	      STEP_VERSION, OP_SET, MSG(bytes), 300),
	REPLY("reply-longest", "a message is longer than its slot", REFUSED,
	      STEP_QUERY_RELATIONS, OP_SET, MSG(bytes), 0xffff),
	REPLY("reply-short", "a reply is too short for its type", REFUSED,
	      STEP_QUERY_RELATIONS, OP_SET, MSG(bytes), 16),
	REPLY("reply-short-attach", "a reply is too short for its type", BROKEN,
	      STEP_ATTACH, OP_SET, MSG(bytes), 24),
	REPLY("reply-whole-slot", NULL, WORKS, STEP_D0_ENTRY, OP_SET, MSG(bytes), 256),
	REPLY("reply-type", "a reply has another type than its request", REFUSED,
	      STEP_D0_ENTRY, OP_SET, MSG(type), PVPCI_MSG_COMMIT),
	REPLY("reply-type-unknown", "a reply has another type than its request", REFUSED,
	      STEP_D0_ENTRY, OP_SET, MSG(type), 0x7777),
	REPLY("reply-wrong-id", "Host did not answer D0_ENTRY in [0-9]+ ms", REFUSED,
	      STEP_D0_ENTRY, OP_ADD, MSG(id), 1000),
	REPLY("reply-id-zero", "Host did not answer QUERY_RELATIONS in [0-9]+ ms", REFUSED,
	      STEP_QUERY_RELATIONS, OP_SET, MSG(id), 0),
	REPLY("reply-not-marked", "Host did not answer VERSION in [0-9]+ ms", REFUSED,
	      STEP_VERSION, OP_SET, MSG(flags), 0),
	REPLY("reply-flags", NULL, WORKS, STEP_VERSION, OP_SET, MSG(flags), 0xffff),
	REPLY("status-unknown", "Host refused D0_ENTRY: unknown status", REFUSED,
	      STEP_D0_ENTRY, OP_SET, MSG(status), 12345),
	REPLY("status-version", "Host serves no protocol version that this driver speaks", REFUSED,
	      STEP_VERSION, OP_SET, MSG(status), PVPCI_STATUS_VERSION),
	REPLY("status-stale", "relations change without end", REFUSED,
	      STEP_QUERY_RESOURCES, OP_SET, MSG(status), PVPCI_STATUS_STALE),
	REPLY("version-reply", "Host agreed to protocol 0xdeadbeef but was asked for 0x10001",
	      REFUSED, STEP_VERSION, OP_SET, OF(pvpci_msg_version, version), 0xdeadbeef),
	REPLY("features-reply", NULL, WORKS, STEP_VERSION, OP_FILL,
	      OF(pvpci_msg_version, features), 0xff),
	REPLY("relations-many",
	      "host reports 10000 functions in a table of 8 rows", REFUSED,
	      STEP_QUERY_RELATIONS, OP_SET, OF(pvpci_msg_relations, count), 10000),
	REPLY("relations-most",
	      "host reports 4294967295 functions in a table of 8 rows", REFUSED,
	      STEP_QUERY_RELATIONS, OP_FILL, OF(pvpci_msg_relations, count), 0xff),
	REPLY("relations-few",
	      "host reports 2 functions but its table has 4", REFUSED, STEP_QUERY_RELATIONS,
	      OP_SET, OF(pvpci_msg_relations, count), 2),
	REPLY("relations-none",
	      "host reports 0 functions but its table has 4", REFUSED, STEP_QUERY_RELATIONS,
	      OP_SET, OF(pvpci_msg_relations, count), 0),
	REPLY("needs-vast", NULL, WORKS, STEP_QUERY_RESOURCES, OP_FILL,
	      SPAN(offsetof(struct pvpci_msg_query_resources, need32_bytes), 16), 0xff),
	REPLY("needs-other-seq", NULL, ANY, STEP_QUERY_RESOURCES, OP_ADD,
	      OF(pvpci_msg_query_resources, seq), 5),
	REPLY("memory-beyond", "Host says that guest RAM is at .* but was asked for", REFUSED,
	      STEP_MEMORY, OP_ADD, OF(pvpci_msg_memory, bytes), 1),
	REPLY("memory-before", "Host says that guest RAM is at .* but was asked for", REFUSED,
	      STEP_MEMORY, OP_SET, OF(pvpci_msg_memory, address), 64),
	REPLY("memory-none", "Host says that guest RAM is at .* but was asked for", REFUSED,
	      STEP_MEMORY, OP_SET, OF(pvpci_msg_memory, bytes), 0),
	REPLY("memory-odd", "Host says that guest RAM is at .* but was asked for", REFUSED,
	      STEP_MEMORY, OP_SET, OF(pvpci_msg_memory, bytes), 4097),
	REPLY("memory-vast", "Host says that guest RAM is at .* but was asked for", REFUSED,
	      STEP_MEMORY, OP_FILL, OF(pvpci_msg_memory, bytes), 0xff),
	{ .name = "memory-crumbs", .outcome = REFUSED, .step = STEP_MEMORY, .act = ACT_CRUMBS,
	  .expect = "Host has been asked 512 times where guest RAM is" },
	REPLY("probe-wrong-value",
	      "Guest RAM at .* is not shared with the host or is mapped differently", REFUSED,
	      STEP_DMA_PROBE, OP_ADD, OF(pvpci_msg_dma_probe, value), 1),
	REPLY("aperture-wrong-value",
	      "Host and guest do not see the same bytes in the aperture", REFUSED,
	      STEP_APERTURE_PROBE, OP_ADD, OF(pvpci_msg_aperture_probe, value), 1),
	REPLY("aperture-nowhere", "Host wants to be asked at .* of an aperture of", REFUSED,
	      STEP_APERTURE_PROBE, OP_SET, OF(pvpci_msg_aperture_probe, offset), ~4095ULL),
	{ .name = "aperture-unseen", .outcome = REFUSED, .step = STEP_APERTURE_PROBE,
	  .expect = "Host and guest do not see the same bytes in the aperture",
	  .act = ACT_UNSEEN },
	{ .name = "aperture-redone", .outcome = WORKS, .step = STEP_APERTURE_PROBE,
	  .act = ACT_REDONE },
	REPLY("commit-vast-ns", NULL, WORKS, STEP_ATTACH, OP_FILL,
	      OF(pvpci_msg_commit, host_ns), 0xff),

	{ .name = "reply-twice", .outcome = WORKS, .step = STEP_D0_ENTRY, .act = ACT_TWICE },
	{ .name = "reply-twice-attach", .outcome = WORKS, .step = STEP_ATTACH, .act = ACT_TWICE },
	{ .name = "reply-again", .outcome = WORKS, .step = STEP_QUERY_RELATIONS,
	  .act = ACT_AGAIN },
	{ .name = "reply-late", .expect = "Host did not answer QUERY_RELATIONS in [0-9]+ ms",
	  .outcome = REFUSED, .step = STEP_QUERY_RELATIONS, .act = ACT_LATE, .value = 1500 },
	{ .name = "reply-late-attach", .expect = "did not attach .*no answer in time",
	  .outcome = DEGRADED, .step = STEP_ATTACH, .act = ACT_LATE, .value = 1500 },
	{ .name = "reply-slow", .outcome = WORKS, .step = STEP_QUERY_RELATIONS,
	  .act = ACT_LATE, .value = 50 },
	{ .name = "replies-unasked", .outcome = WORKS, .step = STEP_QUERY_RELATIONS,
	  .strike = flood_begin, .tick = flood_replies },
	{ .name = "replies-unasked-bound", .outcome = WORKS, .step = STEP_BOUND,
	  .strike = flood_begin, .tick = flood_replies },
	{ .name = "message-unknown", .outcome = WORKS, .step = STEP_BOUND,
	  .strike = send_unknown },
	{ .name = "message-request", .outcome = WORKS, .step = STEP_BOUND,
	  .strike = send_request },
};

const struct fault_table message_faults = FAULT_TABLE("rings and messages", faults);
