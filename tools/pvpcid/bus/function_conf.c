// SPDX-License-Identifier: GPL-2.0
/*
 * What all functions have in common in the configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/function_conf.h"

static const char * const common_keys[] = {
	"slot", "model", "serial", "label", "numa_node", "priority", "boot_critical", "decoding",
	"hotplug", NULL
};

static bool key_in(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (!strcmp(*keys, key))
			return true;
	return false;
}

static int check_keys(const struct function *fn, struct error *err)
{
	const char *key;
	json_t *value;

	if (!fn->ops->keys)
		return 0;
	json_object_foreach(fn->conf, key, value) {
		if (!key_in(key, common_keys) && !key_in(key, fn->ops->keys)) {
			error_at(err, key, "unknown key \"%s\" in a function of model %s", key,
				 fn->ops->name);
			return -1;
		}
	}
	return 0;
}

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

/* FNV-1a: a serial number that is text needs a number in the table. */
static uint64_t hash_serial(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
	return hash ? hash : 1;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/*
 * The text "7" and the number 7 are one serial number: a model that shows it
 * as text, as nvme does, could not tell them apart.
 */
static uint64_t text_serial(const char *text)
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
	if (text && *text && printable(text)) {
		fn->serial = text_serial(text);
		return 0;
	}
	if (json_is_integer(value) && json_integer_value(value) > 0) {
		fn->serial = (uint64_t)json_integer_value(value);
		return 0;
	}
	error_at(err, "serial", "\"serial\" must be printable ASCII text or a number above 0");
	return -1;
}

static int parse_number(const struct function *fn, const char *key, uint32_t max,
			uint32_t *number, struct error *err)
{
	json_t *value = json_object_get(fn->conf, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max) {
		error_at(err, key, "\"%s\" must be a number from 0 to %u", key, max);
		return -1;
	}
	*number = (uint32_t)json_integer_value(value);
	return 0;
}

static int parse_flag(struct function *fn, const char *key, uint32_t flag, struct error *err)
{
	json_t *value = json_object_get(fn->conf, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value)) {
		error_at(err, key, "\"%s\" must be true or false", key);
		return -1;
	}
	if (json_is_true(value))
		fn->flags |= flag;
	else
		fn->flags &= ~flag;
	return 0;
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
	if (!text || !*text || strlen(text) >= sizeof(fn->label) || !printable(text) ||
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
	fn->ops = function_model(json_string_value(model));
	if (!fn->ops) {
		error_at(err, "model", "there is no model \"%s\"", json_string_value(model));
		return -1;
	}
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
	if (parse_identity(fn, err) || check_keys(fn, err) || parse_serial(fn, err) ||
	    parse_label(fn, err) ||
	    parse_number(fn, "numa_node", 0x7fffffff, &fn->numa_node, err) ||
	    parse_number(fn, "priority", 0xffff, &priority, err) ||
	    parse_flag(fn, "boot_critical", PVPCI_FN_BOOT_CRITICAL, err) ||
	    parse_flag(fn, "decoding", PVPCI_FN_DECODING, err) ||
	    parse_flag(fn, "hotplug", PVPCI_FN_HOTPLUG, err))
		return -1;
	fn->priority = (uint16_t)priority;
	return 0;
}
