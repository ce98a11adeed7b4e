// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: the configuration of a controller.
 *
 *	"namespaces"	array, by identifier, of null where there is none or
 *			{ "file", "block": 512 or 4096, "readonly", "direct",
 *			"uuid", "discard": "unmap" or "ignore",
 *			"on_error": "report" or "pause" }, 1 to 64
 *	"queues"	I/O queue pairs, 1 to 64; 4 when absent
 *	"bar_bytes"	size of BAR 0, a power of two from 16 KiB, for tests
 *	"serial"	a string is the serial number; a number in decimal
 *	"share"		name of its subsystem, instead of that: all that have it are
 *			paths to the same namespaces
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/values.h"
#include "nvme.h"

#define QUEUES	4	/* when the configuration does not say */

static int get_bar(struct nvme_ctrl *ctrl, json_t *conf, struct error *err)
{
	ctrl->bar_bytes = NVME_BAR_MIN_BYTES;
	if (value_bytes(conf, "bar_bytes", &ctrl->bar_bytes, err))
		return -1;
	if (ctrl->bar_bytes < NVME_BAR_MIN_BYTES ||
	    ctrl->bar_bytes & (ctrl->bar_bytes - 1)) {
		error_at(err, "bar_bytes", "\"bar_bytes\" is not a power of two from %u",
			 NVME_BAR_MIN_BYTES);
		return -1;
	}
	return 0;
}

/*
 * The name of the subsystem must differ between all controllers of a guest
 * (Linux refuses the second), unless they share it: it follows from a serial number
 * that was given, or the name that is shared, otherwise from bus and slot.
 */
static int get_serial(struct nvme_ctrl *ctrl, json_t *conf, struct error *err)
{
	json_t *share = json_object_get(conf, "share");
	json_t *item = share ? share : json_object_get(conf, "serial");
	const char *text = json_string_value(item);
	const char *name = item ? ctrl->serial : function_name(ctrl->fn);
	uint64_t a, b;

	ctrl->shares = share;
	if (share && (!text || !*text || !text_is_printable(text))) {
		error_at(err, "share", "\"share\" must be printable ASCII text");
		return -1;
	}
	if (text && strlen(text) > 20) {
		error_at(err, share ? "share" : "serial", "\"%s\" has more than 20 characters",
			 share ? "share" : "serial");
		return -1;
	}
	if (text)
		snprintf(ctrl->serial, sizeof(ctrl->serial), "%s", text);
	else
		snprintf(ctrl->serial, sizeof(ctrl->serial), "%llu",
			 (unsigned long long)function_serial(ctrl->fn));
	a = nvme_hash(name, 1);
	b = nvme_hash(name, 2);
	/* 7.9, with a UUID of version 8 (RFC 9562). */
	snprintf(ctrl->subnqn, sizeof(ctrl->subnqn),
		 "nqn.2014-08.org.nvmexpress:uuid:%08x-%04x-8%03x-%04x-%012llx",
		 (unsigned int)(a >> 32), (unsigned int)(a >> 16 & 0xffff),
		 (unsigned int)(a & 0xfff), (unsigned int)(0x8000 | (b >> 48 & 0x3fff)),
		 (unsigned long long)(b & 0xffffffffffffULL));
	return 0;
}

/* A number that is left out is left out by all paths. */
static int get_namespace(struct nvme_ctrl *ctrl, uint32_t id, json_t *conf, struct error *err)
{
	const struct nvme_ctrl *other = nvme_share_other(ctrl);
	struct nvme_ns *ns = &ctrl->ns[id - 1];

	ctrl->namespaces = id;
	if (!json_is_null(conf))
		return nvme_ns_configure(ctrl, id, conf, false, err);
	/* It may have been found half gone. */
	*ns = (struct nvme_ns){ .id = id, .changed = ns->changed, .watch = -1 };
	if (!other || !nvme_ns_at(other, id))
		return 0;
	error_set(err, "%s, a path to the same \"share\", has this namespace",
		  function_name(other->fn));
	return -1;
}

static int get_namespaces(struct nvme_ctrl *ctrl, json_t *conf, struct error *err)
{
	json_t *list = json_object_get(conf, "namespaces");
	size_t i, count = json_array_size(list);
	const struct nvme_ctrl *other;
	char where[32];

	if (!json_is_array(list) || !count || count > NVME_MAX_NAMESPACES) {
		error_at(err, list ? "namespaces" : "",
			 "an nvme needs \"namespaces\", an array of 1 to %u objects",
			 NVME_MAX_NAMESPACES);
		return -1;
	}
	other = nvme_share_other(ctrl);
	if (other && other->namespaces != count) {
		error_at(err, "namespaces", "%s, a path to the same \"share\", has %u namespaces",
			 function_name(other->fn), other->namespaces);
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (!get_namespace(ctrl, (uint32_t)i + 1, json_array_get(list, i), err))
			continue;
		snprintf(where, sizeof(where), "namespaces/%zu", i);
		error_below(err, where);
		return -1;
	}
	return 0;
}

/* "file" of namespace @i, and how it is to be opened; NULL for none. */
static const char *file_of(json_t *conf, size_t i, bool *readonly, bool *direct)
{
	json_t *ns = json_array_get(json_object_get(conf, "namespaces"), i);
	const char *path = json_string_value(json_object_get(ns, "file"));

	*readonly = json_is_true(json_object_get(ns, "readonly"));
	*direct = json_is_true(json_object_get(ns, "direct"));
	return path && *path ? path : NULL;
}

/**
 * nvme_ready - are the files of a configuration open, or will they never be?
 * @conf: the function's object, not checked
 * @found: a pvpcid before us had them open
 */
bool nvme_ready(json_t *conf, bool found)
{
	const char *path, *share = json_string_value(json_object_get(conf, "share"));
	bool readonly, direct, ready = true;
	size_t i;

	if (share && nvme_share_exists(share))
		return true;

	for (i = 0; i < NVME_MAX_NAMESPACES; i++) {
		path = file_of(conf, i, &readonly, &direct);
		if (path)
			ready &= blockio_ready(path, readonly, direct, found);
	}
	return ready;
}

/**
 * nvme_forget - they will not be needed
 * @conf: the function's object, not checked
 */
void nvme_forget(json_t *conf)
{
	bool readonly, direct;
	const char *path;
	size_t i;

	for (i = 0; i < NVME_MAX_NAMESPACES; i++) {
		path = file_of(conf, i, &readonly, &direct);
		if (path)
			blockio_forget(path, readonly, direct);
	}
}

/**
 * nvme_configure - read the configuration, open the namespaces
 * @ctrl: zeroed or found, with @fn; ns and namespaces are filled even on error
 * @conf: the function's object
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int nvme_configure(struct nvme_ctrl *ctrl, json_t *conf, struct error *err)
{
	ctrl->queues = QUEUES;
	if (value_number(conf, "queues", 1, NVME_MAX_QUEUES, &ctrl->queues, err) ||
	    get_bar(ctrl, conf, err) || get_serial(ctrl, conf, err) ||
	    nvme_share_join(ctrl, err))
		return -1;
	return get_namespaces(ctrl, conf, err);
}
