// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: which function a request means, by its slot, label or serial number.
 */
#include <string.h>

#include "bus/bus.h"
#include "bus/function_conf.h"
#include "control/control.h"

/* Labels, and serial numbers, are each unique on a bus. NULL, with @answer: none, or two. */
static struct function *find_named(const struct bus *bus, const char *name, json_t **answer)
{
	uint64_t serial = function_text_serial(name);
	struct function *found = NULL;
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		struct function *fn = bus->row[i];

		if (!fn || (strcmp(fn->label, name) && fn->serial != serial))
			continue;
		if (found) {
			*answer = control_error("\"%.64s\" is the label or serial number of %s and of %s",
						name, found->name, fn->name);
			return NULL;
		}
		found = fn;
	}
	if (!found)
		*answer = control_error("\"slot\" must be DEVICE.FUNCTION, 00.0 to 1f.7, DEVICE for an eject, or the label or serial number of a function; none has \"%.64s\"",
					name);
	return found;
}

struct function *control_find(struct bus *bus, json_t *request, json_t **answer)
{
	const char *text = json_string_value(json_object_get(request, "slot"));
	struct function *fn;
	uint8_t devfn;

	if (!text || !*text) {
		*answer = control_error("\"slot\" must be text: DEVICE.FUNCTION, 00.0 to 1f.7, or a label or serial number");
		return NULL;
	}
	if (function_parse_slot(text, &devfn))
		return find_named(bus, text, answer);
	fn = bus_find(bus, devfn);
	if (!fn)
		*answer = control_error("there is no function at %02x.%u", devfn >> 3, devfn & 7);
	return fn;
}
