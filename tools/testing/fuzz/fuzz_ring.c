// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: the input is what a guest puts on its ring, one message after
 * another, with the indices and everything else in shared memory at its will.
 *
 * Each step starts with one byte: a message from the input, a message of the
 * right form with fields from the input, an index, or bytes anywhere in BAR2.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "fuzz.h"
#include "shm.h"
#include "sim.h"

#define BAR(bar, bytes)	"{\"bar\": " bar ", \"bytes\": " bytes ", \"bits\": 64}"
#define FN(slot, more)	"{\"slot\": \"" slot "\", \"model\": \"testdev\", " more "}"
#define MORE "\"vectors\": 8, \"aperture\": \"1M\", \"memory\": {\"peer\": true},"
#define FUNCTIONS	"[" FN("03.0", "\"msix\": 4, \"msi\": 2, \"bars\": [" \
			       BAR("0", "16384") ", " BAR("2", "4096") "]") ", " \
			FN("03.1", "\"decoding\": true, \"bars\": [" BAR("0", "8192") "]") ", " \
			FN("1f.7", "\"msi\": 32") "]"

static struct sim sim;

static void anew(void)
{
	struct error err;

	if (bus_disconnect(&sim.bus, &err))
		__builtin_trap();
	bus_connect(&sim.bus, 0);
	sim_attach_rings(&sim);
	sim.next_id = 1;
	sim.version = PVPCI_VERSION_1_1;
	if (sim_up(&sim))
		__builtin_trap();
}

static void raw_message(struct input *in)
{
	uint8_t slot[PVPCI_SLOT_BYTES] = { 0 };

	input_bytes(in, slot, sizeof(slot));
	pvpci_ring_send(&sim.to_host, slot, sizeof(slot));
}

/* A type that exists, its length nearly always right. */
static void formed_message(struct input *in)
{
	static const struct {
		uint16_t type;
		uint16_t bytes;
	} forms[] = {
		{ PVPCI_MSG_VERSION, 32 }, { PVPCI_MSG_D0_ENTRY, 24 }, { PVPCI_MSG_D0_EXIT, 16 },
		{ PVPCI_MSG_QUERY_RELATIONS, 16 }, { PVPCI_MSG_QUERY_RESOURCES, 40 },
		{ PVPCI_MSG_RESOURCES_ASSIGNED, 72 }, { PVPCI_MSG_RESOURCES_RELEASED, 72 },
		{ PVPCI_MSG_COMMIT, 88 }, { PVPCI_MSG_DMA_PROBE, 32 }, { PVPCI_MSG_PING, 24 },
		{ PVPCI_MSG_APERTURE_PROBE, 32 }, { PVPCI_MSG_MEMORY, 80 },
		{ PVPCI_MSG_EJECT_COMPLETE, 32 }, { PVPCI_MSG_READ_BLOCK, 160 },
		{ PVPCI_MSG_WRITE_BLOCK, 160 }, { PVPCI_MSG_RESET, 40 }, { PVPCI_MSG_POWER, 40 },
		{ PVPCI_MSG_EJECT_WHY, 120 },
		{ PVPCI_MSG_STOP_PLAN, 120 }, { PVPCI_MSG_QUERY_STOP_COMPLETE, 224 },
		{ PVPCI_MSG_RESTART, 40 }, { PVPCI_MSG_STOP_COMPLETE, 224 },
	};
	uint8_t slot[PVPCI_SLOT_BYTES] = { 0 };
	unsigned int form = input_byte(in) % (sizeof(forms) / sizeof(forms[0]));
	uint16_t bytes = forms[form].bytes;
	unsigned int row = input_byte(in) % 4;
	struct pvpci_msg_change *change = (void *)slot;
	struct pvpci_msg_commit *commit = (void *)slot;
	struct pvpci_msg_stop_plan *plan = (void *)slot;

	input_bytes(in, slot, bytes);
	if (forms[form].type == PVPCI_MSG_COMMIT && row < 3) {
		commit->row = htole32(row);
		commit->instance = htole32(sim.bus.row[row]->instance);
		commit->reserved = 0;
		commit->reason = htole16(row);
		commit->offset[0] &= htole64(~0x3fffULL & 0x1ffffff);
		commit->offset[2] &= htole64(~0xfffULL & 0x1ffffff);
	}
	if (forms[form].type >= PVPCI_MSG_STOP_PLAN &&
	    forms[form].type <= PVPCI_MSG_STOP_COMPLETE && row < 3) {
		plan->wish = htole32(sim.bus.rebalance.wish);
		if (bytes < sizeof(struct pvpci_msg_stop_complete)) {
			plan->row = htole32(row);
			plan->instance = htole32(sim.bus.row[row]->instance);
		}
	} else if (forms[form].type >= PVPCI_MSG_READ_BLOCK && row < 3) {
		change->row = htole32(row);
		change->instance = htole32(sim.bus.row[row]->instance);
		change->reserved = 0;
	}
	sim_ask(&sim, slot, forms[form].type, bytes);
}

static void scribble(struct input *in)
{
	uint32_t where = 0;
	uint8_t area = input_byte(in) % PVPCI_AREA_COUNT;
	uint8_t bytes[8];

	input_bytes(in, &where, 3);
	input_bytes(in, bytes, sizeof(bytes));
	if (!sim.bus.layout.area[area].bytes)
		return;
	where %= (uint32_t)sim.bus.layout.area[area].bytes - 8;
	memcpy((uint8_t *)bus_area(&sim.bus, area) + where, bytes, sizeof(bytes));
}

/* An assigned row that nearly makes sense. */
static void assigned_row(struct input *in)
{
	struct pvpci_assigned *assigned = bus_area(&sim.bus, PVPCI_AREA_ASSIGNED);
	unsigned int row = input_byte(in) % 3;
	unsigned int i;

	assigned[row].instance = htole32(sim.bus.row[row]->instance);
	assigned[row].flags = 0;
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		assigned[row].offset[i] = htole64((uint64_t)input_byte(in) << 12);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = { data, bytes };

	if (!sim.bus.memory.base) {
		log_setup(LOG_LEVEL_ERROR - 1);
		if (sim_open(&sim, FUNCTIONS, MORE))
			__builtin_trap();
		sim.bus.peer = getpid();
	}
	anew();
	while (in.left) {
		switch (input_byte(&in) % 8) {
		case 0:
			raw_message(&in);
			break;
		case 1:
			scribble(&in);
			break;
		case 2:
			function_interrupt(sim.bus.row[input_byte(&in) % 3], input_byte(&in));
			break;
		case 3:
			assigned_row(&in);
			break;
		case 4:
			if (!rebalance_start(&sim.bus, 0, 0, input_byte(&in) & 1))
				break;
			json_decref(rebalance_report(&sim.bus));
			rebalance_cancel(&sim.bus);
			break;
		default:
			formed_message(&in);
		}
		bus_poll(&sim.bus);
		bus_tick(&sim.bus, clock_ns());
	}
	return 0;
}
