// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe subsystems of several controllers ("share"): paths to the same namespaces.
 *
 * Each controller has its own queues, features, events and counters. A file is opened
 * once, by the path that comes first, and closed by the one that goes last: lock, write
 * cache, and what a failed flush has lost are the file's. What is left to be told to the
 * other paths is told here: write protection, and that the user has made space.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "nvme.h"

static struct nvme_ctrl *all;	/* of this process; those that come last, first */

/**
 * nvme_share_next - go through the controllers of a subsystem
 * @ctrl: one of them
 * @path: the last one, NULL to begin
 *
 * Return: the next one, @ctrl itself among them; NULL at the end.
 */
struct nvme_ctrl *nvme_share_next(const struct nvme_ctrl *ctrl, const struct nvme_ctrl *path)
{
	struct nvme_ctrl *next = path ? path->next : all;

	while (next && strcmp(next->subnqn, ctrl->subnqn))
		next = next->next;
	return next;
}

/**
 * nvme_share_other - another controller of the subsystem
 * @ctrl: controller
 *
 * Return: NULL if it is alone.
 */
struct nvme_ctrl *nvme_share_other(const struct nvme_ctrl *ctrl)
{
	struct nvme_ctrl *path = nvme_share_next(ctrl, NULL);

	return path == ctrl ? nvme_share_next(ctrl, path) : path;
}

/**
 * nvme_share_exists - has a controller that shares this name its files open?
 * @name: "share" of a configuration
 */
bool nvme_share_exists(const char *name)
{
	const struct nvme_ctrl *ctrl;

	for (ctrl = all; ctrl; ctrl = ctrl->next)
		if (ctrl->shares && !strcmp(ctrl->serial, name))
			return true;
	return false;
}

static bool is_taken(const struct nvme_ctrl *ctrl, uint16_t cntlid)
{
	const struct nvme_ctrl *path = NULL;

	while ((path = nvme_share_next(ctrl, path)))
		if (path != ctrl && path->cntlid == cntlid)
			return true;
	return false;
}

/**
 * nvme_share_join - a controller enters its subsystem
 * @ctrl: with @subnqn and @shares; @cntlid is kept if it was there before us
 * @err: filled on error
 *
 * Return: 0, or -1 if the subsystem is that of one that does not share it.
 */
int nvme_share_join(struct nvme_ctrl *ctrl, struct error *err)
{
	const struct nvme_ctrl *other = nvme_share_other(ctrl);

	if (other && (!other->shares || !ctrl->shares)) {
		error_at(err, ctrl->shares ? "share" : "serial", "%s has the name \"%s\" and %s",
			 function_name(other->fn), ctrl->serial, ctrl->shares ?
			 "does not share it" : "shares it, with \"share\"");
		return -1;
	}
	/* Linux refuses a second one of the same number, so those of two pvpcid do not mix. */
	if (!ctrl->found)
		ctrl->cntlid = 0;
	while (is_taken(ctrl, ctrl->cntlid))
		ctrl->cntlid++;
	ctrl->next = all;
	all = ctrl;
	return 0;
}

/**
 * nvme_share_leave - it leaves
 * @ctrl: may never have entered; its namespaces are closed
 */
void nvme_share_leave(struct nvme_ctrl *ctrl)
{
	struct nvme_ctrl **link = &all;

	while (*link && *link != ctrl)
		link = &(*link)->next;
	if (*link)
		*link = ctrl->next;
}

/* The key in which two namespaces differ that should be one, NULL for none. */
static const char *difference(const struct nvme_ns *ns, const struct nvme_ns *other)
{
	if (strcmp(ns->path, other->path) && !blockio_is_at(other->io, ns->path))
		return "file";
	if (ns->shift != other->shift)
		return "block";
	if (ns->fixed_readonly != other->fixed_readonly)
		return "readonly";
	if (ns->direct != other->direct)
		return "direct";
	if (ns->has_uuid != other->has_uuid || memcmp(ns->uuid, other->uuid, sizeof(ns->uuid)))
		return "uuid";
	if (ns->keeps_space != other->keeps_space)
		return "discard";
	return ns->pauses != other->pauses ? "on_error" : NULL;
}

static const struct nvme_ctrl *someone_with(const struct nvme_ctrl *ctrl, uint32_t nsid)
{
	const struct nvme_ctrl *path = NULL;

	while ((path = nvme_share_next(ctrl, path)))
		if (path != ctrl && nvme_ns_at(path, nsid))
			return path;
	return NULL;
}

/**
 * nvme_share_open - use the file that another path has open
 * @ctrl: controller
 * @ns: configured, without its file
 * @live: the other paths have it, or get it after us
 * @err: filled on error
 *
 * Return: 1; 0 if there is none that has it; -1 if what that one has is something else.
 */
int nvme_share_open(const struct nvme_ctrl *ctrl, struct nvme_ns *ns, bool live,
		    struct error *err)
{
	const struct nvme_ctrl *other = nvme_share_other(ctrl);
	const struct nvme_ns *theirs;
	const char *key;

	if (live)
		other = someone_with(ctrl, ns->id);
	if (!other)
		return 0;
	theirs = nvme_ns_at(other, ns->id);
	key = theirs ? difference(ns, theirs) : "file";
	if (key) {
		error_at(err, key, "\"%s\" is not that of %s, a path to the same \"share\"", key,
			 function_name(other->fn));
		return -1;
	}
	/* Our own descriptor of it: theirs is not watched any more when they go. */
	ns->watch = fcntl(blockio_fd(theirs->io), F_DUPFD_CLOEXEC, 0);
	if (ns->watch < 0) {
		error_set(err, "no descriptor is left");
		return -1;
	}
	ns->watch_is_ours = true;
	ns->io = theirs->io;
	ns->readonly = theirs->readonly;
	ns->blocks = theirs->blocks;
	ns->file = theirs->file;
	ns->nameless = theirs->nameless;
	return 1;
}

/**
 * nvme_share_has - does another path have a file open?
 * @ctrl: controller
 * @ns: its namespace
 */
bool nvme_share_has(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns)
{
	const struct nvme_ctrl *path = NULL;

	while ((path = nvme_share_next(ctrl, path)))
		if (path != ctrl && nvme_share_twin(path, ns))
			return true;
	return false;
}

/**
 * nvme_share_close - close a file, unless another path has it open
 * @ctrl: controller
 * @ns: its namespace
 */
void nvme_share_close(const struct nvme_ctrl *ctrl, struct nvme_ns *ns)
{
	if (ns->watch_is_ours)
		close(ns->watch);
	if (!nvme_share_has(ctrl, ns))
		blockio_close(ns->io);
}

/**
 * nvme_share_twin - a namespace on another path
 * @path: controller of the same subsystem
 * @ns: namespace of one of them
 *
 * Return: NULL if @path does not have it (yet).
 */
struct nvme_ns *nvme_share_twin(const struct nvme_ctrl *path, const struct nvme_ns *ns)
{
	struct nvme_ns *twin = nvme_ns_at(path, ns->id);

	return twin && twin->io == ns->io ? twin : NULL;
}

/**
 * nvme_share_readonly - a namespace is write protected, or not any more
 * @ctrl: through which
 * @ns: its namespace
 * @readonly: protected
 *
 * The hosts of other paths are told (5.14.1.4); who has asked for it knows.
 */
void nvme_share_readonly(const struct nvme_ctrl *ctrl, struct nvme_ns *ns, bool readonly)
{
	struct nvme_ctrl *path = NULL;
	struct nvme_ns *twin;

	while ((path = nvme_share_next(ctrl, path))) {
		twin = nvme_share_twin(path, ns);
		if (!twin || twin->readonly == readonly)
			continue;
		twin->readonly = readonly;
		if (path == ctrl)
			continue;
		twin->changed = true;
		nvme_event(path, NVME_EVENT_NAMESPACES);
	}
}

/**
 * nvme_share_protecting - is a path about to protect a namespace?
 * @ctrl: controller
 * @ns: its namespace
 */
bool nvme_share_protecting(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns)
{
	const struct nvme_ctrl *path = NULL;
	const struct nvme_ns *twin;

	while ((path = nvme_share_next(ctrl, path))) {
		twin = nvme_share_twin(path, ns);
		if (twin && twin->protecting)
			return true;
	}
	return false;
}
