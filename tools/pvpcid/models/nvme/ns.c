// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe namespaces: one for each file or block device.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/values.h"
#include "nvme.h"

/**
 * nvme_hash - for identifiers that stay the same
 * @text: terminated
 * @seed: different seeds give unrelated values
 */
uint64_t nvme_hash(const char *text, uint64_t seed)
{
	uint64_t hash = text_hash(text, seed * 0x9e3779b97f4a7c15ULL);

	/* FNV's low bits are weak at the end. */
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 33;
}

/* NAA 6 with a locally administered company, then a hash of serial and number. */
static void make_nguid(struct nvme_ctrl *ctrl, struct nvme_ns *ns)
{
	uint64_t high = htobe64(nvme_hash(ctrl->subnqn, 2 * ns->id));
	uint64_t low = htobe64(nvme_hash(ctrl->subnqn, 2 * ns->id + 1));

	/* Figure 245: the OUI is in bytes 8 to 10, the rest is the vendor's. */
	memcpy(ns->nguid, &high, 8);
	memcpy(ns->nguid + 8, &low, 8);
	memcpy(ns->nguid + 8, "\x52\x54\x00", 3);
}

static int parse_uuid(const char *text, uint8_t *uuid)
{
	unsigned int digits = 0;

	for (; *text; text++) {
		char digit[2] = { *text };

		if (*text == '-')
			continue;
		if (!isxdigit((unsigned char)*text) || digits == 32)
			return -1;
		uuid[digits / 2] = (uint8_t)(uuid[digits / 2] << 4 | strtol(digit, NULL, 16));
		digits++;
	}
	return digits == 32 ? 0 : -1;
}

/* What a guest has begun on one file is never carried out on another. */
static int take_identity(struct nvme_ns *ns, bool found, struct error *err)
{
	struct blockio_identity file = blockio_identity(ns->io);

	ns->nameless = !blockio_has_name(ns->io);
	if (found && (file.device != ns->file.device || file.node != ns->file.node)) {
		error_at(err, "file", "%s is not the file any more that was served", ns->path);
		return -1;
	}
	ns->file = file;
	return 0;
}

static int open_file(const struct nvme_ctrl *ctrl, struct nvme_ns *ns, bool live,
		     struct error *err)
{
	bool found = ctrl->found && !live;
	int shared = nvme_share_open(ctrl, ns, live, err);

	if (shared)
		return shared < 0 ? -1 : 0;
	ns->io = found ? blockio_open_after(ns->path, ns->readonly, ns->direct, ns->lost, err) :
			 blockio_open(ns->path, ns->readonly, ns->direct, err);
	if (!ns->io)
		return -1;
	ns->watch = blockio_fd(ns->io);
	ns->readonly |= blockio_protected(ns->io);
	if (take_identity(ns, found, err))
		return -1;
	/* One that changed its size meanwhile is found by nvme_ns_check(). */
	if (!found || !ns->blocks)
		ns->blocks = blockio_bytes(ns->io) >> ns->shift;
	if (!ns->blocks)
		error_at(err, "file", "%s is smaller than one block", ns->path);
	else if (blockio_align(ns->io) > 1U << ns->shift)
		error_at(err, "block", "\"direct\" on %s asks for blocks of %u bytes, not %u",
			 ns->path, blockio_align(ns->io), 1U << ns->shift);
	else
		return 0;
	return -1;
}

/**
 * nvme_ns_configure - open a namespace
 * @ctrl: its controller, which has its name
 * @id: namespace identifier: its place is zeroed, or found and without pointers, and is to be
 *	closed in any case
 * @conf: its object in the configuration
 * @live: the controller is there already, with others
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int nvme_ns_configure(struct nvme_ctrl *ctrl, uint32_t id, json_t *conf, bool live,
		      struct error *err)
{
	static const char *const known[] = {
		"file", "block", "readonly", "direct", "uuid", "discard", "on_error", NULL
	};
	struct nvme_ns *ns = &ctrl->ns[id - 1];
	const char *path, *uuid;
	unsigned int block = 512;

	ns->id = id;
	ns->direct = false;
	ns->watch = -1;
	ns->watch_is_ours = false;
	if (!json_is_object(conf)) {
		error_set(err, "a namespace is not an object");
		return -1;
	}
	if (value_keys(conf, known, NULL, "a namespace", err) ||
	    value_either(conf, "block", 512, 4096, &block, err) ||
	    value_flag(conf, "readonly", &ns->readonly, err) ||
	    value_flag(conf, "direct", &ns->direct, err) ||
	    value_word(conf, "discard", "unmap", "ignore", &ns->keeps_space, err) ||
	    value_word(conf, "on_error", "report", "pause", &ns->pauses, err))
		return -1;
	ns->shift = block == 512 ? 9 : 12;
	ns->fixed_readonly = ns->readonly;
	path = json_string_value(json_object_get(conf, "file"));
	if (!path || !*path) {
		error_at(err, path ? "file" : "", "a namespace needs \"file\", a path");
		return -1;
	}
	uuid = json_string_value(json_object_get(conf, "uuid"));
	if (json_object_get(conf, "uuid") && (!uuid || parse_uuid(uuid, ns->uuid))) {
		error_at(err, "uuid", "\"uuid\" is not 32 hexadecimal digits");
		return -1;
	}
	ns->has_uuid = uuid;
	make_nguid(ctrl, ns);
	ns->path = strdup(path);
	if (!ns->path) {
		error_set(err, "out of memory");
		return -1;
	}
	if (open_file(ctrl, ns, live, err)) {
		if (err && !err->where[0])
			snprintf(err->where, sizeof(err->where), "file");
		return -1;
	}
	if (function_watch(ctrl->fn, ns->watch)) {
		error_at(err, "file", "%s cannot be watched", ns->path);
		return -1;
	}
	return 0;
}

/**
 * nvme_ns_closed - begin to close a namespace, or look whether that has ended
 * @ctrl: its controller, which has left its subsystem
 * @ns: open
 *
 * One that other paths have open is theirs from here on. Never waits.
 * Return: whether nvme_ns_close() has to wait no more.
 */
bool nvme_ns_closed(struct nvme_ctrl *ctrl, struct nvme_ns *ns)
{
	if (!ns->io)
		return true;
	if (!nvme_share_has(ctrl, ns))
		return blockio_closed(ns->io);
	function_unwatch(ctrl->fn, ns->watch);
	nvme_share_close(ctrl, ns);
	ns->io = NULL;
	return true;
}

/**
 * nvme_ns_close - close a namespace
 * @ctrl: its controller
 * @ns: configured, or failed at it
 */
void nvme_ns_close(struct nvme_ctrl *ctrl, struct nvme_ns *ns)
{
	if (ns->io) {
		function_unwatch(ctrl->fn, ns->watch);
		nvme_share_close(ctrl, ns);
	}
	free(ns->path);
}

/**
 * nvme_ns_losses - remember failed flushes for who comes after us
 * @ctrl: controller; before anybody hears of them
 *
 * Whichever path comes first then opens the file.
 */
void nvme_ns_losses(struct nvme_ctrl *ctrl)
{
	struct nvme_ctrl *path = NULL;
	struct nvme_ns *ns = NULL;

	while ((path = nvme_share_next(ctrl, path)))
		while ((ns = nvme_ns_next(path, ns)))
			ns->lost = blockio_lost(ns->io);
}

/**
 * nvme_ns_at - namespace by identifier, also one that leaves
 * @ctrl: controller
 * @nsid: any value
 *
 * Return: NULL when there is none (0, FFFFFFFFh, above NN, inactive).
 */
struct nvme_ns *nvme_ns_at(const struct nvme_ctrl *ctrl, uint32_t nsid)
{
	if (!nsid || nsid > ctrl->namespaces || !ctrl->ns[nsid - 1].io)
		return NULL;
	return (struct nvme_ns *)&ctrl->ns[nsid - 1];
}

/**
 * nvme_ns_next - go through the namespaces, also those that leave
 * @ctrl: controller
 * @ns: the last one, NULL to begin
 *
 * Return: the next one, NULL at the end.
 */
struct nvme_ns *nvme_ns_next(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns)
{
	unsigned int i = ns ? (unsigned int)(ns - ctrl->ns) + 1 : 0;

	while (i < ctrl->namespaces && !ctrl->ns[i].io)
		i++;
	return i < ctrl->namespaces ? (struct nvme_ns *)&ctrl->ns[i] : NULL;
}

/**
 * nvme_ns_find - namespace by identifier
 * @ctrl: controller
 * @nsid: any value
 *
 * Return: NULL when there is none for a command.
 */
struct nvme_ns *nvme_ns_find(const struct nvme_ctrl *ctrl, uint32_t nsid)
{
	struct nvme_ns *ns = nvme_ns_at(ctrl, nsid);

	return ns && !ns->leaving ? ns : NULL;
}

static void check_name(struct nvme_ctrl *ctrl, struct nvme_ns *ns)
{
	if (ns->nameless || blockio_has_name(ns->io))
		return;
	ns->nameless = true;
	log_warning("%s: namespace %u: %s was deleted or replaced; it is served until the function or pvpcid ends, and then it is gone",
		    function_name(ctrl->fn), ns->id, ns->path);
}

/**
 * nvme_ns_check - did a file grow, shrink or lose its name?
 * @ctrl: controller
 *
 * The host is told by an event and reads the changed namespace list (5.14.1.4).
 */
void nvme_ns_check(struct nvme_ctrl *ctrl)
{
	struct nvme_ns *ns = NULL;

	while ((ns = nvme_ns_next(ctrl, ns))) {
		uint64_t blocks = blockio_bytes(ns->io) >> ns->shift;

		check_name(ctrl, ns);
		if (blocks == ns->blocks)
			continue;
		log_info("%s: namespace %u: %s has %llu blocks now, not %llu",
			 function_name(ctrl->fn), ns->id, ns->path,
			 (unsigned long long)blocks, (unsigned long long)ns->blocks);
		ns->blocks = blocks;
		ns->changed = true;
		nvme_event(ctrl, NVME_EVENT_NAMESPACES);
	}
}
