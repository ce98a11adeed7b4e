// SPDX-License-Identifier: GPL-2.0
/*
 * The bus configuration: from JSON to struct conf.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "bus/conf.h"
#include "host.h"

static int get_string(const json_t *value, char **string)
{
	if (!json_is_string(value) || !*json_string_value(value) ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return -1;
	free(*string);
	*string = strdup(json_string_value(value));
	return *string ? 0 : -1;
}

static int get_unsigned(const json_t *value, unsigned int *number)
{
	json_int_t integer = json_integer_value(value);

	if (!json_is_integer(value) || integer < 0 || integer > INT_MAX)
		return -1;
	*number = (unsigned int)integer;
	return 0;
}

static int get_version(const json_t *value, uint32_t *version)
{
	*version = json_is_string(value) ? pvpci_version_parse(json_string_value(value)) : 0;
	return *version ? 0 : -1;
}

static int get_machine(const json_t *value, enum dma_machine *machine)
{
	if (!json_is_string(value))
		return -1;
	*machine = dma_machine_parse(json_string_value(value));
	return *machine == DMA_MACHINE_NONE ? -1 : 0;
}

static int parse_segment(struct dma_segment *segment, json_t *object, const char *where,
			 struct error *err)
{
	static const char * const known[] = { "file", "offset", "address", "bytes", NULL };
	char key[64];

	if (!json_is_object(object) || conf_unknown_key(object, known)) {
		error_at(err, where,
			 "a piece has \"file\", \"offset\", \"address\" and \"bytes\" only");
		return -1;
	}
	snprintf(key, sizeof(key), "%s/file", where);
	if (get_string(json_object_get(object, "file"), &segment->file)) {
		error_at(err, key, "\"file\" must be a path");
		return -1;
	}
	if (bytes_get(json_object_get(object, "address"), &segment->address) ||
	    (json_object_get(object, "offset") &&
	     bytes_get(json_object_get(object, "offset"), &segment->offset)) ||
	    (json_object_get(object, "bytes") &&
	     bytes_get(json_object_get(object, "bytes"), &segment->bytes))) {
		error_at(err, where, "\"address\", \"offset\" and \"bytes\" must be sizes");
		return -1;
	}
	if (segment->address + segment->bytes < segment->address ||
	    segment->offset + segment->bytes < segment->offset) {
		error_at(err, where, "the piece of the map passes the end of the address space");
		return -1;
	}
	return 0;
}

static int parse_map(struct dma_conf *memory, json_t *map, struct error *err)
{
	unsigned int count = (unsigned int)json_array_size(map);
	unsigned int i, j;
	char where[32];

	if (!json_is_array(map) || !count || json_array_size(map) > DMA_MAX_SEGMENTS) {
		error_at(err, "memory/map", "\"map\" must be an array of 1 to %u pieces",
			 DMA_MAX_SEGMENTS);
		return -1;
	}
	for (i = 0; i < count; i++) {
		snprintf(where, sizeof(where), "memory/map/%u", i);
		memory->count = i + 1;
		if (parse_segment(&memory->map[i], json_array_get(map, i), where, err))
			return -1;
		for (j = 0; j < i; j++) {
			const struct dma_segment *a = &memory->map[i];
			const struct dma_segment *b = &memory->map[j];

			if (a->address < b->address + b->bytes &&
			    b->address < a->address + a->bytes) {
				error_at(err, where, "pieces %u and %u of the map overlap", j, i);
				return -1;
			}
		}
	}
	return 0;
}

static int parse_memory(struct conf *conf, json_t *object, struct error *err)
{
	static const char * const known[] = { "file", "machine", "peer", "map", NULL };
	struct dma_conf *memory = &conf->memory;
	json_t *value;
	const char *key;
	char where[64];

	if (!json_is_object(object)) {
		error_at(err, "memory", "\"memory\" must be an object");
		return -1;
	}
	key = conf_unknown_key(object, known);
	if (key) {
		snprintf(where, sizeof(where), "memory/%s", key);
		error_at(err, where, "unknown key \"%s\" in \"memory\"", key);
		return -1;
	}
	value = json_object_get(object, "file");
	if (value && get_string(value, &memory->file)) {
		error_at(err, "memory/file", "\"file\" must be a path");
		return -1;
	}
	value = json_object_get(object, "machine");
	if (value && get_machine(value, &memory->machine)) {
		error_at(err, "memory/machine", "\"machine\" must be q35, pc or virt");
		return -1;
	}
	value = json_object_get(object, "peer");
	if (value && !json_is_boolean(value)) {
		error_at(err, "memory/peer", "\"peer\" must be true or false");
		return -1;
	}
	memory->peer = json_is_true(value);
	value = json_object_get(object, "map");
	if (value && parse_map(memory, value, err))
		return -1;
	if (!!memory->file + !!memory->peer + !!memory->count != 1) {
		error_at(err, "memory", "\"memory\" needs one of \"file\", \"peer\" and \"map\"");
		return -1;
	}
	return 0;
}

/**
 * struct key - a key of the top level
 * @name: as in the file
 * @type: 's'tring, 'n'umber, 'b'ytes, 'i'd (64 bits), 'v'ersion
 * @offset: in struct conf
 * @says: what it must be
 */
struct key {
	const char *name;
	char type;
	size_t offset;
	const char *says;
};

static const struct key keys[] = {
	{ "id", 'i', offsetof(struct conf, id), "a number that is not negative" },
	{ "socket", 's', offsetof(struct conf, socket), "a path" },
	{ "control", 's', offsetof(struct conf, control), "a path" },
	{ "aperture", 'b', offsetof(struct conf, aperture_bytes), "a size" },
	{ "spare32", 'b', offsetof(struct conf, spare32_bytes), "a size" },
	{ "spare64", 'b', offsetof(struct conf, spare64_bytes), "a size" },
	{ "vectors", 'n', offsetof(struct conf, vectors), "a number" },
	{ "rows", 'n', offsetof(struct conf, rows), "a number" },
	{ "poll_us", 'n', offsetof(struct conf, poll_us), "a number" },
	{ "protocol", 'v', offsetof(struct conf, protocol), "\"1.0\" or \"1.1\"" },
};

static int parse_key(struct conf *conf, const struct key *key, json_t *value, struct error *err)
{
	void *field = (char *)conf + key->offset;
	int ret = -1;

	if (key->type == 's')
		ret = get_string(value, field);
	else if (key->type == 'n')
		ret = get_unsigned(value, field);
	else if (key->type == 'b')
		ret = bytes_get(value, field);
	else if (key->type == 'v')
		ret = get_version(value, field);
	else if (json_is_integer(value))
		ret = bytes_get(value, field);
	if (ret)
		error_at(err, key->name, "\"%s\" must be %s", key->name, key->says);
	return ret;
}

static int parse_member(struct conf *conf, const char *name, json_t *value, struct error *err)
{
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(name, keys[i].name))
			return parse_key(conf, &keys[i], value, err);
	if (!strcmp(name, "memory"))
		return parse_memory(conf, value, err);
	if (strcmp(name, "functions")) {
		error_at(err, name, "unknown key \"%s\"", name);
		return -1;
	}
	if (!json_is_array(value)) {
		error_at(err, name, "\"functions\" must be an array");
		return -1;
	}
	json_decref(conf->functions);
	conf->functions = json_incref(value);
	return 0;
}

int conf_parse(struct conf *conf, const char *path, const char *text, struct error *err)
{
	json_error_t error;
	const char *name;
	json_t *top, *value;
	int ret = 0;

	top = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!top) {
		error_set(err, "%s:%d: %s", path, error.line > 0 ? error.line : 1, error.text);
		return -1;
	}
	conf->path = strdup(path);
	conf->text = strdup(text);
	if (!conf->path || !conf->text) {
		error_set(err, "%s: out of memory", path);
		ret = -1;
	} else if (!json_is_object(top)) {
		error_at(err, "", "a bus is a JSON object");
		ret = -1;
		conf_locate(conf, err);
	}
	if (!ret) {
		json_object_foreach(top, name, value) {
			ret = parse_member(conf, name, value, err);
			if (ret) {
				conf_locate(conf, err);
				break;
			}
		}
	}
	json_decref(top);
	return ret;
}
