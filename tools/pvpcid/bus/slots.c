// SPDX-License-Identifier: GPL-2.0
/*
 * Slots for functions whose configuration names none.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/function_conf.h"
#include "bus/slots.h"

#define DEVICES		32

/* A bit for each device that has a function, or that one of @functions names. */
static uint32_t taken(const struct bus *bus, json_t *functions)
{
	uint32_t mask = 0;
	json_t *conf;
	uint8_t devfn;
	size_t i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i])
			mask |= 1U << (bus->row[i]->devfn >> 3);
	json_array_foreach(functions, i, conf) {
		const char *slot = json_string_value(json_object_get(conf, "slot"));

		if (slot && !function_parse_slot(slot, &devfn))
			mask |= 1U << (devfn >> 3);
	}
	return mask;
}

int slots_choose(const struct bus *bus, json_t *functions, size_t *index, struct error *err)
{
	uint32_t mask = taken(bus, functions);
	unsigned int device = 0;
	char slot[8];
	json_t *conf;
	size_t i;

	*err = (struct error){ 0 };
	json_array_foreach(functions, i, conf) {
		*index = i;
		if (!json_is_object(conf) || json_object_get(conf, "slot"))
			continue;
		while (device < DEVICES && mask & 1U << device)
			device++;
		if (device == DEVICES) {
			error_set(err, "no device of the bus is free, and it has no \"slot\"");
			return -1;
		}
		snprintf(slot, sizeof(slot), "%02x.0", device++);
		if (json_object_set_new(conf, "slot", json_string(slot))) {
			error_set(err, "out of memory");
			return -1;
		}
	}
	return 0;
}
