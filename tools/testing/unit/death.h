/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bus that dies, and what it is asked for meanwhile.
 */
#ifndef UNIT_DEATH_H
#define UNIT_DEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/pvpci.h>
#include <linux/pvpci_msg.h>

#include "layout.h"

#define VIEW_MESSAGES	64

#define BAR_BYTES	0x20000	/* of the first function's BAR */
#define PROBED		0x7f008	/* in the aperture: where no function decodes */

struct bus;

/** union slot - a message */
union slot {
	struct pvpci_msg msg;
	struct pvpci_msg_version version;
	struct pvpci_msg_d0_entry d0_entry;
	struct pvpci_msg_relations relations;
	struct pvpci_msg_query_resources needs;
	struct pvpci_msg_resources resources;
	struct pvpci_msg_commit commit;
	struct pvpci_msg_function function;
	struct pvpci_msg_change change;
	struct pvpci_msg_block block;
	struct pvpci_msg_outcome outcome;
	struct pvpci_msg_aperture_probe probe;
	uint8_t bytes[PVPCI_SLOT_BYTES];
};

/**
 * struct step - something that a bus is asked for
 * @name: for reports
 * @type: of the guest's request; 0 for none
 * @bytes: of it
 * @fill: its content; NULL for zeroes
 * @act: what the daemon does on its own; NULL for nothing. It may not have happened when
 *	the daemon dies.
 * @check: what must be true when it is done
 */
struct step {
	const char *name;
	uint16_t type;
	uint16_t bytes;
	void (*fill)(union slot *slot);
	void (*act)(struct bus *bus);
	void (*check)(void);
};

extern const struct step death_script[];
extern const size_t death_steps;

/** death_area - part of the memory that the guest sees, PVPCI_AREA_* */
void *death_area(unsigned int area);

/** death_instance - of the function in @row, 0 for none */
uint32_t death_instance(unsigned int row);

/** death_last_heard - the last message to the guest */
const union slot *death_last_heard(void);

/**
 * view_hear - all that was said to a guest and that it has not taken
 * @layout: of its memory
 * @memory: the same
 * @heard: VIEW_MESSAGES of them at most, without times, which differ
 *
 * Return: how many.
 */
unsigned int view_hear(const struct pvpci_layout *layout, uint8_t *memory, union slot *heard);

/** view_heard_same - each reply that is @expected once, each event once or more, nothing else? */
bool view_heard_same(const struct pvpci_layout *layout, uint8_t *memory, uint8_t *expected);

/**
 * view_differs - where table, configuration, registers or header are not as they should be
 * @layout: of both
 * @memory: that the guest sees
 * @expected: what it should be
 *
 * Rings and beat do not count. Return: the offset in BAR2, or -1.
 */
long view_differs(const struct pvpci_layout *layout, const uint8_t *memory,
		  const uint8_t *expected);

#endif /* UNIT_DEATH_H */
