// SPDX-License-Identifier: GPL-2.0
/*
 * What all functions have in common in the configuration.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/values.h"
#include "bus/bus.h"
#include "bus/function_conf.h"

static const char * const common_keys[] = {
	"slot", "model", "serial", "label", "numa_node", "priority", "boot_critical", "decoding",
	"hotplug", NULL
};

int function_parse_slot(const char *string, uint8_t *devfn)
{
	unsigned int device, function;
	char end;

	if (strlen(string) > 4 || strspn(string, "0123456789abcdefABCDEF.") != strlen(string) ||
	    sscanf(string, "%2x.%1x%c", &device, &function, &end) != 2 || device > 31 ||
	    function > 7)
		return -1;
	*devfn = (uint8_t)(device << 3 | function);
	return 0;
}

/* A serial number that is text needs a number in the table. */
static uint64_t hash_serial(const char *text)
{
	uint64_t hash = text_hash(text, 0);

	return hash ? hash : 1;
}

/*
 * The text "7" and the number 7 are one serial number: a model that shows it
 * as text, as nvme does, could not tell them apart.
 */
uint64_t function_text_serial(const char *text)
{
	unsigned long long number = strtoull(text, NULL, 10);
	char again[24];

	snprintf(again, sizeof(again), "%llu", number);
	return number && !strcmp(again, text) ? number : hash_serial(text);
}

static int parse_serial(struct function *fn, struct error *err)
{
	json_t *value = json_object_get(fn->conf, "serial");
	const char *text = json_string_value(value);

	if (!value) {
		fn->serial = fn->bus->conf->id << 16 | 0x8000 | fn->devfn;
		return 0;
	}
	/* It goes into logs, tables and NVMe's Identify as it is (ASCII, NVMe 1.4, 1.5). */
	if (text && *text && text_is_printable(text)) {
		fn->serial = function_text_serial(text);
		return 0;
	}
	if (json_is_integer(value) && json_integer_value(value) > 0) {
		fn->serial = (uint64_t)json_integer_value(value);
		return 0;
	}
	error_at(err, "serial", "\"serial\" must be printable ASCII text or a number above 0");
	return -1;
}

static int parse_flag(struct function *fn, const char *key, uint32_t flag, struct error *err)
{
	bool value = fn->flags & flag;
	int ret = value_flag(fn->conf, key, &value, err);

	fn->flags = value ? fn->flags | flag : fn->flags & ~flag;
	return ret;
}

/* All keys are known: those of every function, and its model's own. */
static int parse_keys(const struct function *fn, struct error *err)
{
	char what[64];

	if (!fn->ops->keys)
		return 0;
	snprintf(what, sizeof(what), "a function of model %s", fn->ops->name);
	return value_keys(fn->conf, common_keys, fn->ops->keys, what, err);
}

static int parse_label(struct function *fn, struct error *err)
{
	json_t *value = json_object_get(fn->conf, "label");
	const char *text = json_string_value(value);

	if (!value) {
		snprintf(fn->label, sizeof(fn->label), "%llu-%02x.%u",
			 (unsigned long long)fn->bus->conf->id, fn->devfn >> 3, fn->devfn & 7);
		return 0;
	}
	/* The guest makes a directory of that name in sysfs. */
	if (!text || !*text || strlen(text) >= sizeof(fn->label) || !text_is_printable(text) ||
	    strchr(text, '/')) {
		error_at(err, "label",
			 "\"label\" must be 1 to 31 printable characters without a slash");
		return -1;
	}
	memcpy(fn->label, text, strlen(text) + 1);
	return 0;
}

static int parse_identity(struct function *fn, struct error *err)
{
	json_t *slot = json_object_get(fn->conf, "slot");
	json_t *model = json_object_get(fn->conf, "model");

	if (!json_is_string(slot) || function_parse_slot(json_string_value(slot), &fn->devfn)) {
		error_at(err, slot ? "slot" : "",
			 "\"slot\" must be DEVICE.FUNCTION, from \"00.0\" to \"1f.7\"");
		return -1;
	}
	if (!json_is_string(model)) {
		error_at(err, model ? "model" : "", "\"model\" must name a device model");
		return -1;
	}
	fn->ops = model_find(json_string_value(model), err);
	if (!fn->ops)
		return -1;
	fn->slot = fn->devfn >> 3;
	snprintf(fn->name, sizeof(fn->name), "bus %llu %02x.%u %s",
		 (unsigned long long)fn->bus->conf->id, fn->devfn >> 3, fn->devfn & 7,
		 fn->ops->name);
	return 0;
}

int function_parse(struct function *fn, struct error *err)
{
	uint32_t priority = 0;

	if (!json_is_object(fn->conf)) {
		error_set(err, "a function is a JSON object");
		return -1;
	}
	fn->numa_node = PVPCI_NUMA_NONE;
	fn->flags = PVPCI_FN_PRESENT | PVPCI_FN_HOTPLUG;
	if (parse_identity(fn, err) || parse_keys(fn, err) || parse_serial(fn, err) ||
	    parse_label(fn, err) ||
	    value_number(fn->conf, "numa_node", 0, INT_MAX, &fn->numa_node, err) ||
	    value_number(fn->conf, "priority", 0, 0xffff, &priority, err) ||
	    parse_flag(fn, "boot_critical", PVPCI_FN_BOOT_CRITICAL, err) ||
	    parse_flag(fn, "decoding", PVPCI_FN_DECODING, err) ||
	    parse_flag(fn, "hotplug", PVPCI_FN_HOTPLUG, err))
		return -1;
	fn->priority = (uint16_t)priority;
	return 0;
}
