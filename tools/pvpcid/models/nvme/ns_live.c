// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe namespaces that come and go while their controller is in use, as if somebody had
 * attached and detached them (5.12): the host hears of a change and reads the lists again.
 * All paths of a subsystem have the same namespaces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "nvme.h"

static void tell(struct nvme_ctrl *path, unsigned int nsid, json_t *conf)
{
	path->ns[nsid - 1].changed = true;
	path->features.error_recovery[nsid - 1] = 0;
	function_conf_entry(path->fn, "namespaces", nsid - 1, json_deep_copy(conf));
	nvme_event(path, NVME_EVENT_NAMESPACES);
}

/* A number that nobody has seen is better than one that stood for another disk. */
static unsigned int choose(const struct nvme_ctrl *ctrl)
{
	unsigned int nsid = ctrl->namespaces + 1;

	if (nsid <= NVME_MAX_NAMESPACES)
		return nsid;
	for (nsid = 1; nsid <= NVME_MAX_NAMESPACES && ctrl->ns[nsid - 1].io; nsid++)
		;
	return nsid;
}

static int check_number(const struct nvme_ctrl *ctrl, unsigned int nsid, struct error *err)
{
	if (!nsid || nsid > NVME_MAX_NAMESPACES)
		error_set(err, "there is no place for a namespace %u, %u is the last", nsid,
			  NVME_MAX_NAMESPACES);
	else if (nvme_ns_find(ctrl, nsid))
		error_set(err, "there is a namespace %u already", nsid);
	else if (nvme_ns_at(ctrl, nsid))
		error_set(err, "namespace %u is being removed", nsid);
	else
		return 0;
	return -1;
}

/* As if it had never been there; what the host was told of its number is kept. */
static void clear(struct nvme_ns *ns)
{
	free(ns->path);
	*ns = (struct nvme_ns){ .id = ns->id, .changed = ns->changed, .watch = -1 };
}

static void undo(struct nvme_ctrl *ctrl, unsigned int nsid, unsigned int count)
{
	struct nvme_ctrl *path = NULL;
	struct nvme_ns *ns;

	while ((path = nvme_share_next(ctrl, path))) {
		ns = &path->ns[nsid - 1];
		if (ns->io) {
			function_unwatch(path->fn, ns->watch);
			nvme_share_close(path, ns);
		}
		clear(ns);
		path->namespaces = count;
	}
}

/**
 * nvme_ns_add - one more, on all paths
 * @model: controller
 * @conf: the namespace's object in a configuration
 * @nsid: its number, or 0: filled
 * @err: filled on error: nothing has changed then
 *
 * Return: 0 or -1.
 */
int nvme_ns_add(void *model, json_t *conf, unsigned int *nsid, struct error *err)
{
	struct nvme_ctrl *ctrl = model, *path = NULL;
	unsigned int count = ctrl->namespaces;

	if (!*nsid)
		*nsid = choose(ctrl);
	if (check_number(ctrl, *nsid, err))
		return -1;
	while ((path = nvme_share_next(ctrl, path))) {
		for (; path->namespaces < *nsid; path->namespaces++)
			path->ns[path->namespaces].id = path->namespaces + 1;
		if (!nvme_ns_configure(path, *nsid, conf, true, err))
			continue;
		undo(ctrl, *nsid, count);
		return -1;
	}
	while ((path = nvme_share_next(ctrl, path)))
		tell(path, *nsid, conf);
	log_info("%s: namespace %u: %s", function_name(ctrl->fn), *nsid,
		 ctrl->ns[*nsid - 1].path);
	return 0;
}

/**
 * nvme_ns_remove - begin to take one away, on all paths
 * @model: controller
 * @nsid: its number
 * @err: filled on error
 *
 * What is under way is finished. Who dies meanwhile has it removed.
 * Return: 0 or -1.
 */
int nvme_ns_remove(void *model, unsigned int nsid, struct error *err)
{
	struct nvme_ctrl *ctrl = model, *path = NULL;
	struct nvme_ns *ns;

	if (!nvme_ns_find(ctrl, nsid)) {
		error_set(err, nvme_ns_at(ctrl, nsid) ? "namespace %u is being removed already" :
						       "there is no namespace %u", nsid);
		return -1;
	}
	while ((path = nvme_share_next(ctrl, path))) {
		ns = nvme_ns_at(path, nsid);
		if (!ns)
			continue;
		ns->leaving = true;
		tell(path, nsid, NULL);
	}
	log_info("%s: namespace %u goes", function_name(ctrl->fn), nsid);
	return 0;
}

/* One path's; the last that goes closes the file. */
static bool gone(struct nvme_ctrl *path, struct nvme_ns *ns)
{
	nvme_pause_end_ns(ns, NULL, NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR);
	blockio_poll(ns->io);
	if (!blockio_idle(ns->io) || !nvme_ns_closed(path, ns))
		return false;
	if (ns->io) {
		function_unwatch(path->fn, ns->watch);
		nvme_share_close(path, ns);
	}
	clear(ns);
	return true;
}

/**
 * nvme_ns_gone - has a removal ended? Goes on with it if not
 * @model: controller
 * @nsid: of the namespace
 */
bool nvme_ns_gone(void *model, unsigned int nsid)
{
	struct nvme_ctrl *ctrl = model, *path = NULL;
	struct nvme_ns *ns;
	bool all = true;

	while ((path = nvme_share_next(ctrl, path))) {
		ns = nvme_ns_at(path, nsid);
		if (ns && ns->leaving)
			all &= gone(path, ns);
	}
	return all;
}

/**
 * struct growth - a file that is being made larger
 * @ctrl: through which controller
 * @ns: of which namespace
 */
struct growth {
	struct nvme_ctrl *ctrl;
	struct nvme_ns *ns;
};

static void grown(void *arg, ssize_t result)
{
	struct growth *growth = arg;

	growth->ctrl->backend--;
	growth->ns->growing = false;
	growth->ns->grow_errno = result < 0 ? (int)-result : 0;
	free(growth);
}

static int grow(struct nvme_ctrl *ctrl, struct nvme_ns *ns, uint64_t bytes)
{
	struct growth *growth = malloc(sizeof(*growth));
	int rc;

	if (!growth)
		return -ENOMEM;
	*growth = (struct growth){ .ctrl = ctrl, .ns = ns };
	rc = ns->growing ? -EBUSY : blockio_grow(ns->io, bytes, grown, growth);
	if (rc) {
		free(growth);
		return rc;
	}
	ns->growing = true;
	ctrl->backend++;
	return 0;
}

/**
 * nvme_ns_grow - begin to make the file of a namespace larger
 * @model: controller
 * @nsid: of the namespace
 * @bytes: its size afterwards
 * @err: filled on error
 *
 * Never smaller: what is cut off would be lost.
 * Return: 0 or -1.
 */
int nvme_ns_grow(void *model, unsigned int nsid, uint64_t bytes, struct error *err)
{
	struct nvme_ctrl *ctrl = model;
	struct nvme_ns *ns = nvme_ns_find(ctrl, nsid);
	int rc;

	if (!ns) {
		error_set(err, "there is no namespace %u", nsid);
		return -1;
	}
	if (bytes & ((1U << ns->shift) - 1)) {
		error_set(err, "%llu bytes are not a multiple of the block size, %u",
			  (unsigned long long)bytes, 1U << ns->shift);
		return -1;
	}
	rc = grow(ctrl, ns, bytes);
	switch (rc) {
	case 0:
		return 0;
	case -EINVAL:
		error_set(err, "namespace %u has %llu bytes, and would lose what is cut off", nsid,
			  (unsigned long long)blockio_bytes(ns->io));
		break;
	case -EBADF:
		error_set(err, "%s is %s", ns->path, blockio_is_device(ns->io) ?
			  "a device, which gets larger by itself" : "only read");
		break;
	default:
		error_set(err, "%s: %s", ns->path, strerror(-rc));
		break;
	}
	return -1;
}

/**
 * nvme_ns_grown - what came of it? The host was told if it was the best
 * @model: controller
 * @nsid: of the namespace
 *
 * Return: 1: not yet; 0, or negative errno.
 */
int nvme_ns_grown(void *model, unsigned int nsid)
{
	struct nvme_ctrl *ctrl = model, *path = NULL;
	struct nvme_ns *ns = nvme_ns_find(ctrl, nsid);

	if (!ns)
		return -ENOENT;
	blockio_poll(ns->io);
	if (ns->growing)
		return 1;
	while ((path = nvme_share_next(ctrl, path)))
		nvme_ns_check(path);
	return -ns->grow_errno;
}

/**
 * nvme_ns_leave - go on with removals that nobody waits for
 * @ctrl: controller
 */
void nvme_ns_leave(struct nvme_ctrl *ctrl)
{
	const struct nvme_ns *ns = NULL;

	while ((ns = nvme_ns_next(ctrl, ns)))
		if (ns->leaving)
			nvme_ns_gone(ctrl, ns->id);
}
