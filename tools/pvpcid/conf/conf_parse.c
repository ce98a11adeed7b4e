// SPDX-License-Identifier: GPL-2.0
/*
 * The bus configuration: from JSON to struct conf.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/values.h"
#include "conf/conf.h"
#include "host.h"

static int parse_segment(struct dma_segment *segment, json_t *object, struct error *err)
{
	static const char * const known[] = { "file", "offset", "address", "bytes", NULL };

	if (!json_is_object(object)) {
		error_set(err, "a piece of the map must be an object");
		return -1;
	}
	if (value_keys(object, known, NULL, "a piece of the map", err) ||
	    value_path(object, "file", &segment->file, err) ||
	    value_bytes(object, "address", &segment->address, err) ||
	    value_bytes(object, "offset", &segment->offset, err) ||
	    value_bytes(object, "bytes", &segment->bytes, err))
		return -1;
	if (!segment->file || !json_object_get(object, "address")) {
		error_set(err, "a piece of the map needs \"file\" and \"address\"");
		return -1;
	}
	if (segment->address + segment->bytes < segment->address ||
	    segment->offset + segment->bytes < segment->offset) {
		error_set(err, "the piece of the map passes the end of the address space");
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
		error_at(err, "map", "\"map\" must be an array of 1 to %u pieces",
			 DMA_MAX_SEGMENTS);
		return -1;
	}
	for (i = 0; i < count; i++) {
		snprintf(where, sizeof(where), "map/%u", i);
		memory->count = i + 1;
		if (parse_segment(&memory->map[i], json_array_get(map, i), err)) {
			error_below(err, where);
			return -1;
		}
		for (j = 0; j < i; j++) {
			const struct dma_segment *a = &memory->map[i];
			const struct dma_segment *b = &memory->map[j];

			/* How long a piece without "bytes" is will be seen when it is mapped. */
			if (a->address == b->address ||
			    (a->address < b->address + b->bytes &&
			     b->address < a->address + a->bytes)) {
				error_at(err, where, "pieces %u and %u of the map overlap", j, i);
				return -1;
			}
		}
	}
	return 0;
}

static int parse_machine(struct dma_conf *memory, const json_t *object, struct error *err)
{
	const json_t *value = json_object_get(object, "machine");
	const char *name = json_string_value(value);

	if (!value)
		return 0;
	memory->machine = name ? dma_machine_parse(name) : DMA_MACHINE_NONE;
	if (memory->machine != DMA_MACHINE_NONE)
		return 0;
	error_at(err, "machine", "\"machine\" must be q35, pc or virt");
	return -1;
}

static int parse_memory(struct dma_conf *memory, json_t *object, struct error *err)
{
	static const char * const known[] = { "file", "machine", "peer", "map", NULL };
	json_t *map = json_object_get(object, "map");

	if (!json_is_object(object)) {
		error_set(err, "\"memory\" must be an object");
		return -1;
	}
	if (value_keys(object, known, NULL, "\"memory\"", err) ||
	    value_path(object, "file", &memory->file, err) ||
	    parse_machine(memory, object, err) ||
	    value_flag(object, "peer", &memory->peer, err) ||
	    (map && parse_map(memory, map, err)))
		return -1;
	if (!!memory->file + !!memory->peer + !!memory->count != 1) {
		error_set(err, "\"memory\" needs one of \"file\", \"peer\" and \"map\"");
		return -1;
	}
	return 0;
}

static int parse_protocol(struct conf *conf, const json_t *top, struct error *err)
{
	const json_t *value = json_object_get(top, "protocol");
	const char *text = json_string_value(value);

	if (!value)
		return 0;
	conf->protocol = text ? pvpci_version_parse(text) : 0;
	if (conf->protocol)
		return 0;
	error_at(err, "protocol", "\"protocol\" must be \"1.0\" or \"1.1\"");
	return -1;
}

static int parse_top(struct conf *conf, json_t *top, struct error *err)
{
	static const char * const known[] = {
		"id", "socket", "socket_group", "control", "aperture", "touched_max", "spare32", "spare64",
		"vectors", "rows", "poll_us", "protocol", "memory", "functions", NULL
	};
	json_t *memory = json_object_get(top, "memory");
	json_t *functions = json_object_get(top, "functions");

	if (!json_is_object(top)) {
		error_set(err, "a bus is a JSON object");
		return -1;
	}
	if (value_keys(top, known, NULL, NULL, err) ||
	    value_number64(top, "id", 0, INT64_MAX, &conf->id, err) ||
	    value_path(top, "socket", &conf->socket, err) ||
	    value_text(top, "socket_group", &conf->socket_group, err) ||
	    value_path(top, "control", &conf->control, err) ||
	    value_bytes(top, "aperture", &conf->aperture_bytes, err) ||
	    value_bytes(top, "touched_max", &conf->touched_bytes, err) ||
	    value_bytes(top, "spare32", &conf->spare32_bytes, err) ||
	    value_bytes(top, "spare64", &conf->spare64_bytes, err) ||
	    value_number(top, "vectors", 0, INT_MAX, &conf->vectors, err) ||
	    value_number(top, "rows", 0, INT_MAX, &conf->rows, err) ||
	    value_number(top, "poll_us", 0, INT_MAX, &conf->poll_us, err) ||
	    parse_protocol(conf, top, err))
		return -1;
	if (memory && parse_memory(&conf->memory, memory, err)) {
		error_below(err, "memory");
		return -1;
	}
	if (functions && !json_is_array(functions)) {
		error_at(err, "functions", "\"functions\" must be an array");
		return -1;
	}
	json_decref(conf->functions);
	conf->functions = json_incref(functions);
	return 0;
}

int conf_parse(struct conf *conf, const char *path, const char *text, struct error *err)
{
	json_error_t error;
	json_t *top;
	int ret;

	top = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!top) {
		error_set(err, "%s:%d: %s", path, error.line > 0 ? error.line : 1, error.text);
		return -1;
	}
	conf->path = strdup(path);
	conf->text = strdup(text);
	if (conf->path && conf->text) {
		ret = parse_top(conf, top, err);
		if (ret)
			conf_locate(conf, err);
	} else {
		error_set(err, "%s: out of memory", path);
		ret = -1;
	}
	json_decref(top);
	return ret;
}
