// SPDX-License-Identifier: GPL-2.0
/*
 * What the bus of death_test.c is asked for, from its first message to its last.
 */
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bus/bus.h"
#include "death.h"
#include "unit.h"

#define ADDED		"{\"slot\": \"05.0\", \"model\": \"nvme\", " \
			"\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"bits\": 64}]}"
#define PLACE		0x20000	/* of the first BAR; the second one is that far behind it */

static void fill_version(union slot *slot)
{
	slot->version.version = htole32(PVPCI_VERSION_1_1);
	slot->version.features = htole64(~0ULL);
}

static void fill_d0_entry(union slot *slot)
{
	slot->d0_entry.nr_vectors = htole32(2);
}

static void fill_needs(union slot *slot)
{
	slot->needs.seq = death_last_heard()->relations.seq;
}

static void fill_assigned(union slot *slot)
{
	struct pvpci_assigned *assigned = death_area(PVPCI_AREA_ASSIGNED);
	unsigned int row, i;

	for (row = 0; row < 2; row++) {
		assigned[row].instance = htole32(death_instance(row));
		for (i = 0; i < PVPCI_NUM_BARS; i++)
			assigned[row].offset[i] = htole64(i ? PVPCI_BAR_UNASSIGNED :
							      PLACE * (row + 1));
	}
	slot->resources.count = htole32(2);
}

static void fill_probe(union slot *slot)
{
	slot->probe.offset = htole64(PROBED);
	memcpy((uint8_t *)death_area(PVPCI_AREA_APERTURE) + PROBED, "whatever", 8);
}

static void fill_commit(union slot *slot, uint16_t command)
{
	unsigned int i;

	slot->commit.instance = htole32(death_instance(0));
	slot->commit.command = htole16(command);
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		slot->commit.offset[i] = htole64(i ? PVPCI_BAR_UNASSIGNED : PLACE);
	memcpy((uint8_t *)death_area(PVPCI_AREA_CONFIG_GUEST) + CFGSPACE_COMMAND,
	       &slot->commit.command, 2);
}

static void fill_enable(union slot *slot)
{
	fill_commit(slot, CFGSPACE_COMMAND_MEMORY | CFGSPACE_COMMAND_MASTER);
}

static void fill_disable(union slot *slot)
{
	fill_commit(slot, 0);
}

static void fill_outcome(union slot *slot)
{
	slot->outcome.instance = htole32(death_instance(0));
	slot->outcome.outcome = htole32(PVPCI_OUTCOME_BOUND);
	strcpy((char *)slot->outcome.driver, "driver");
}

static void fill_block(union slot *slot)
{
	slot->block.instance = htole32(death_instance(0));
	slot->block.block = htole16(1);
	slot->block.bytes = htole16(4);
	memcpy(slot->block.data, "word", 4);
}

static void fill_block_wanted(union slot *slot)
{
	slot->block.instance = htole32(death_instance(0));
	slot->block.bytes = htole16(8);
}

static void fill_reset(union slot *slot)
{
	slot->change.instance = htole32(death_instance(0));
	slot->change.value = htole32(PVPCI_RESET_FUNCTION);
}

static void fill_sleep(union slot *slot)
{
	slot->change.instance = htole32(death_instance(0));
	slot->change.value = htole32(PVPCI_POWER_D3HOT);
}

static void fill_wake(union slot *slot)
{
	slot->change.instance = htole32(death_instance(0));
}

static void fill_let_go(union slot *slot)
{
	slot->function.row = htole32(1);
	slot->function.instance = htole32(death_instance(1));
}

static void act_add(struct bus *bus)
{
	json_t *object = json_loads(ADDED, 0, NULL);
	struct error err;

	if (!bus_add(bus, object, &err))
		_exit(8);
	json_decref(object);
}

static void act_eject(struct bus *bus)
{
	uint64_t id;

	if (bus_eject(bus, bus->row[1], false, &id))
		_exit(9);
}

static void act_rebalance(struct bus *bus)
{
	if (rebalance_start(bus, BAR_BYTES, 0, false))
		_exit(10);
}

static void act_remove(struct bus *bus)
{
	bus_remove(bus, bus->row[0]);
}

/* Its driver may look for a device that is gone anywhere in it. */
static void check_ones(void)
{
	const uint8_t *bar = (uint8_t *)death_area(PVPCI_AREA_APERTURE) + PLACE;
	unsigned int i;

	for (i = 0; i < BAR_BYTES; i++)
		assert_int_equal(bar[i], 0xff);
}

#define ASK_BARE(text, TYPE) \
	{ .name = text, .type = PVPCI_MSG_##TYPE, .bytes = sizeof(struct pvpci_msg) }
#define ASK(text, TYPE, kind, filler) \
	{ .name = text, .type = PVPCI_MSG_##TYPE, .bytes = sizeof(struct pvpci_msg##kind), \
	  .fill = filler }

const struct step death_script[] = {
	ASK("version", VERSION, _version, fill_version),
	ASK("D0 entry", D0_ENTRY, _d0_entry, fill_d0_entry),
	ASK("probe of the aperture", APERTURE_PROBE, _aperture_probe, fill_probe),
	ASK_BARE("relations", QUERY_RELATIONS),
	ASK("resources", QUERY_RESOURCES, _query_resources, fill_needs),
	ASK("assigned", RESOURCES_ASSIGNED, _resources, fill_assigned),
	ASK("memory-enable set", COMMIT, _commit, fill_enable),
	ASK("outcome", OUTCOME, _outcome, fill_outcome),
	ASK("block", WRITE_BLOCK, _block, fill_block),
	{ .name = "add", .act = act_add },
	ASK("reset", RESET, _change, fill_reset),
	ASK("memory-enable set again", COMMIT, _commit, fill_enable),
	ASK("D3hot", POWER, _change, fill_sleep),
	ASK("D0", POWER, _change, fill_wake),
	ASK("memory-enable set in D0", COMMIT, _commit, fill_enable),
	{ .name = "memory-enable cleared", .type = PVPCI_MSG_COMMIT,
	  .bytes = sizeof(struct pvpci_msg_commit), .fill = fill_disable, .check = check_ones },
	{ .name = "eject", .act = act_eject },
	ASK("let go of", EJECT_COMPLETE, _function, fill_let_go),
	{ .name = "rebalance", .act = act_rebalance },
	ASK("block read", READ_BLOCK, _block, fill_block_wanted),
	ASK("memory-enable set for the last time", COMMIT, _commit, fill_enable),
	{ .name = "surprise removal", .act = act_remove },
	ASK("released", RESOURCES_RELEASED, _resources, NULL),
	ASK_BARE("D0 exit", D0_EXIT),
};

const size_t death_steps = sizeof(death_script) / sizeof(death_script[0]);
