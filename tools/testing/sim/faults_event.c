// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of events and interrupts. A driver of the guest is bound, it and its
 * function must survive them.
 */
#include <string.h>

#include "liar.h"
#include "shm.h"

#define FLOOD_EVENTS		3000
#define FLOOD_VECTORS		4000
#define VECTORS_A_TICK		64

static void send_relations(struct liar *liar, uint32_t seq, uint32_t count)
{
	struct pvpci_msg_relations event = {
		.msg.type = htole16(PVPCI_MSG_RELATIONS),
		.msg.bytes = htole16(sizeof(event)),
		.seq = htole32(seq),
		.count = htole32(count),
	};

	liar->events += wire_send(liar, &event, sizeof(event));
}

static void send_eject(struct liar *liar, uint32_t row, uint32_t instance)
{
	struct pvpci_msg_function event = {
		.msg.type = htole16(PVPCI_MSG_EJECT),
		.msg.bytes = htole16(sizeof(event)),
		.row = htole32(row),
		.instance = htole32(instance),
	};

	liar->events += wire_send(liar, &event, sizeof(event));
}

static void relations_same(struct liar *liar)
{
	send_relations(liar, liar->seq, LIAR_PRESENT);
}

static void relations_count(struct liar *liar)
{
	send_relations(liar, ++liar->seq, 10000);
}

static void relations_back(struct liar *liar)
{
	send_relations(liar, liar->seq - 7, LIAR_PRESENT);
}

/* All gone at once, surprise: the table is a snapshot. */
static void relations_empty(struct liar *liar)
{
	unsigned int i;

	for (i = 0; i < LIAR_ROWS; i++) {
		liar->row[i].flags = 0;
		liar_publish_row(liar, i);
	}
	send_relations(liar, ++liar->seq, 0);
}

/* Every row belongs to somebody else now, at the same devfn. */
static void relations_others(struct liar *liar)
{
	unsigned int i;

	for (i = 0; i < LIAR_PRESENT; i++) {
		liar->row[i].instance = htole32(le32toh(liar->row[i].instance) + 1000);
		liar_publish_row(liar, i);
	}
	send_relations(liar, ++liar->seq, LIAR_PRESENT);
}

/* A row that the guest has checked is no longer what it was, its instance is. */
static void relations_changed(struct liar *liar)
{
	liar->row[0].devfn = htole16(9 << 3);
	liar->row[0].bar[0].bytes = htole64(1 << 20);
	liar_publish_row(liar, 0);
	send_relations(liar, ++liar->seq, LIAR_PRESENT);
}

static void relations_second(struct liar *liar)
{
	liar->row[5] = liar->row[0];
	liar->row[5].instance = htole32(900);
	liar_publish_row(liar, 5);
	send_relations(liar, ++liar->seq, LIAR_PRESENT + 1);
}

static void flood_begin(struct liar *liar)
{
	liar->flood = FLOOD_EVENTS;
}

static void flood_relations(struct liar *liar)
{
	for (; liar->flood && wire_room(liar); liar->flood--)
		send_relations(liar, ++liar->seq, LIAR_PRESENT);
}

static void flood_ejects(struct liar *liar)
{
	for (; liar->flood && wire_room(liar); liar->flood--)
		send_eject(liar, (uint32_t)wire_random(), (uint32_t)wire_random());
}

static void eject_no_row(struct liar *liar)
{
	send_eject(liar, 7, 107);
}

static void eject_beyond(struct liar *liar)
{
	send_eject(liar, LIAR_ROWS, 100);
	send_eject(liar, PVPCI_MAX_FUNCTIONS, 100);
	send_eject(liar, 0xffffffff, 100);
}

static void eject_instance(struct liar *liar)
{
	send_eject(liar, 0, 4711);
	send_eject(liar, 0, 0);
}

static void eject_often(struct liar *liar)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		send_eject(liar, 1, le32toh(liar->row[1].instance));
}

static void send_invalidate(struct liar *liar, uint32_t row, uint32_t instance)
{
	struct pvpci_msg_invalidate_blocks event = {
		.msg.type = htole16(PVPCI_MSG_INVALIDATE_BLOCKS),
		.msg.bytes = htole16(sizeof(event)),
		.row = htole32(row),
		.instance = htole32(instance),
		.blocks = htole64(~0ULL),
	};

	liar->events += wire_send(liar, &event, sizeof(event));
}

static void invalidate_beyond(struct liar *liar)
{
	send_invalidate(liar, LIAR_ROWS, 100);
	send_invalidate(liar, 0xffffffff, 100);
	send_invalidate(liar, 0, 0);
	send_invalidate(liar, 7, 107);
}

static void flood_invalidate(struct liar *liar)
{
	for (; liar->flood && wire_room(liar); liar->flood--)
		send_invalidate(liar, 0, le32toh(liar->row[0].instance));
}

static void send_stop(struct liar *liar, uint16_t type, uint32_t wish, uint32_t flags,
		      uint64_t bytes)
{
	struct pvpci_msg_query_stop event = {
		.msg.type = htole16(type),
		.msg.bytes = htole16(sizeof(event)),
		.wish = htole32(wish),
		.flags = htole32(flags),
		.bytes = htole64(bytes),
	};

	liar->events += wire_send(liar, &event, sizeof(event));
}

/* Nobody has asked for what is carried out, and no hole has such a size. */
static void stop_nonsense(struct liar *liar)
{
	send_stop(liar, PVPCI_MSG_STOP, 7, 0, 0);
	send_stop(liar, PVPCI_MSG_CANCEL_STOP, 0, 0, 0);
	send_stop(liar, PVPCI_MSG_QUERY_STOP, 0, ~0U, 3);
	send_stop(liar, PVPCI_MSG_STOP, 0, ~0U, ~0ULL);
	send_stop(liar, PVPCI_MSG_QUERY_STOP, ~0U, 0, ~0ULL);
}

static void flood_stop(struct liar *liar)
{
	for (; liar->flood && wire_room(liar); liar->flood--)
		send_stop(liar, (uint16_t)(PVPCI_MSG_QUERY_STOP + wire_random() % 3),
			  (uint32_t)wire_random() % 4, (uint32_t)wire_random(), wire_random());
}

static void event_short(struct liar *liar)
{
	struct pvpci_msg msg = {
		.type = htole16(PVPCI_MSG_RELATIONS), .bytes = htole16(sizeof(msg)),
	};

	wire_send(liar, &msg, sizeof(msg));
}

static void ring_all(struct liar *liar)
{
	unsigned int i;

	for (i = 0; i < liar->bus.vectors.count; i++)
		vectors_ring(&liar->bus.vectors, i);
}

static void pending_all(struct liar *liar)
{
	memset(bus_area(&liar->bus, PVPCI_AREA_VECTOR_PENDING), 0xff,
	       liar->bus.layout.area[PVPCI_AREA_VECTOR_PENDING].bytes);
	ring_all(liar);
}

static void storm_begin(struct liar *liar)
{
	liar->flood = FLOOD_VECTORS;
}

static void storm(struct liar *liar)
{
	unsigned int i;

	for (i = 0; i < VECTORS_A_TICK && liar->flood; i++, liar->flood--)
		vectors_ring(&liar->bus.vectors,
			     (unsigned int)(wire_random() % liar->bus.vectors.count));
}

static void storm_pending(struct liar *liar)
{
	memset(bus_area(&liar->bus, PVPCI_AREA_VECTOR_PENDING), (int)wire_random() & 0xff,
	       liar->bus.layout.area[PVPCI_AREA_VECTOR_PENDING].bytes);
	storm(liar);
}

#define BOUND(name_, expect_, outcome_, strike_, tick_) {		\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.step = STEP_BOUND, .strike = strike_, .tick = tick_,		\
}

static const struct fault faults[] = {
	BOUND("relations-same", NULL, WORKS, relations_same, NULL),
	BOUND("relations-event-many", NULL, WORKS, relations_count, NULL),
	BOUND("relations-back", NULL, WORKS, relations_back, NULL),
	BOUND("relations-empty", NULL, ANY, relations_empty, NULL),
	BOUND("relations-others", NULL, ANY, relations_others, NULL),
	BOUND("relations-changed", NULL, ANY, relations_changed, NULL),
	BOUND("relations-second", "two functions are at 03\\.0", BROKEN, relations_second, NULL),
	BOUND("relations-flood", NULL, WORKS, flood_begin, flood_relations),
	BOUND("eject-no-row", NULL, WORKS, eject_no_row, NULL),
	BOUND("eject-beyond", NULL, WORKS, eject_beyond, NULL),
	BOUND("eject-instance", NULL, WORKS, eject_instance, NULL),
	BOUND("eject-often", "Function .*:00:04\\.0 \\(testdev\\) is ejected", DEGRADED,
	      eject_often, NULL),
	BOUND("eject-flood", NULL, WORKS, flood_begin, flood_ejects),
	BOUND("invalidate-beyond", NULL, WORKS, invalidate_beyond, NULL),
	BOUND("invalidate-flood", NULL, WORKS, flood_begin, flood_invalidate),
	BOUND("stop-nonsense", NULL, WORKS, stop_nonsense, NULL),
	BOUND("stop-flood", NULL, WORKS, flood_begin, flood_stop),
	BOUND("event-short", "an event is too short for its type", BROKEN, event_short, NULL),
	BOUND("interrupts-spurious", NULL, WORKS, ring_all, NULL),
	BOUND("interrupts-pending", NULL, WORKS, pending_all, NULL),
	BOUND("interrupts-storm", NULL, WORKS, storm_begin, storm),
	BOUND("interrupts-storm-pending", NULL, WORKS, storm_begin, storm_pending),
	{ .name = "relations-busy", .outcome = WORKS, .step = STEP_ATTACH,
	  .strike = flood_begin, .tick = flood_relations },
	{ .name = "relations-during-probe", .outcome = ANY, .step = STEP_QUERY_RELATIONS,
	  .strike = flood_begin, .tick = flood_relations },
};

const struct fault_table event_faults = FAULT_TABLE("events and interrupts", faults);
