// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: writes that wait for space on the host ("on_error": "pause").
 *
 * A write that found no space is kept, not failed, until somebody has made some
 * and says so; then it is done from its beginning. All else goes on: commands
 * under way have no order among each other (4.1), and a flush covers only those
 * that were completed (6.8).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "nvme.h"

static bool needs_space(ssize_t result)
{
	return result == -ENOSPC || result == -EDQUOT;
}

/**
 * nvme_pause - keep a command for later instead of failing it?
 * @rq: I/O command
 * @result: negative errno
 *
 * Return: whether it is kept: its status is NVME_LATER then.
 */
bool nvme_pause(struct nvme_request *rq, ssize_t result)
{
	struct nvme_ns *ns = rq->ns;

	/* After a failed flush more space brings nothing back. */
	if (!rq->sq->id || !ns || !ns->pauses || !needs_space(result) || blockio_lost(ns->io) ||
	    rq->sqe.opcode == NVME_IO_FLUSH)
		return false;
	if (!ns->paused)
		log_some(&rq->ctrl->complaints, LOG_LEVEL_WARNING,
			 "%s: namespace %u is paused, %s: %s", function_name(rq->ctrl->fn),
			 ns->id, ns->path, strerror((int)-result));
	ns->pause_errno = (int)-result;
	free(rq->buffer);
	rq->buffer = NULL;
	rq->step = 0;
	rq->next = ns->paused;
	ns->paused = rq;
	return true;
}

/* Whichever path a write has come through: it is the same space. */
static bool resume_paths(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns)
{
	struct nvme_ctrl *path = NULL;
	struct nvme_ns *twin;
	bool found = false;

	while ((path = nvme_share_next(ctrl, path))) {
		twin = nvme_share_twin(path, ns);
		if (!twin || !twin->paused)
			continue;
		twin->resuming = true;
		path->resuming = true;
		found = true;
	}
	return found;
}

/**
 * nvme_resume - somebody says that there is space again
 * @model: the controller; what was kept is done in the next poll of each path
 *
 * Return: namespaces that were paused.
 */
unsigned int nvme_resume(void *model)
{
	const struct nvme_ctrl *ctrl = model;
	const struct nvme_ns *ns = NULL;
	unsigned int count = 0;

	while ((ns = nvme_ns_next(ctrl, ns)))
		count += resume_paths(ctrl, ns);
	return count;
}

/**
 * nvme_resume_poll - do what was kept
 * @ctrl: attached, @resuming
 */
void nvme_resume_poll(struct nvme_ctrl *ctrl)
{
	struct nvme_request *rq, *list;
	unsigned int i;

	ctrl->resuming = false;
	for (i = 0; i < ctrl->namespaces; i++) {
		if (!ctrl->ns[i].resuming)
			continue;
		list = ctrl->ns[i].paused;
		ctrl->ns[i].paused = NULL;
		ctrl->ns[i].resuming = false;
		log_info("%s: namespace %u goes on", function_name(ctrl->fn), ctrl->ns[i].id);
		while ((rq = list)) {
			list = rq->next;
			nvme_request_start(rq);
		}
	}
}

/**
 * nvme_pause_end_ns - as nvme_pause_end(), for one namespace
 * @ns: the namespace
 * @sq: as there
 * @status: as there
 */
void nvme_pause_end_ns(struct nvme_ns *ns, const struct nvme_sq *sq, uint16_t status)
{
	struct nvme_request **link = &ns->paused;
	struct nvme_request *rq;

	while ((rq = *link)) {
		if (sq && rq->sq != sq) {
			link = &rq->next;
			continue;
		}
		*link = rq->next;
		nvme_complete(rq, status);
	}
}

/**
 * nvme_pause_end - nobody can wait for space any more
 * @ctrl: controller
 * @sq: whose commands end; NULL for all
 * @status: of the commands; those of an old generation are just gone
 */
void nvme_pause_end(struct nvme_ctrl *ctrl, const struct nvme_sq *sq, uint16_t status)
{
	struct nvme_ns *ns = NULL;

	while ((ns = nvme_ns_next(ctrl, ns)))
		nvme_pause_end_ns(ns, sq, status);
}

/**
 * nvme_trouble - what needs somebody's help
 * @model: the controller
 * @text: filled, of the first namespace that has trouble
 * @bytes: room in it
 *
 * Return: whether there is any.
 */
bool nvme_trouble(void *model, char *text, size_t bytes)
{
	const struct nvme_ctrl *ctrl = model;
	const struct nvme_ns *ns = NULL;

	while ((ns = nvme_ns_next(ctrl, ns))) {
		int lost = blockio_lost(ns->io);

		if (!lost && !ns->paused)
			continue;
		snprintf(text, bytes, "namespace %u %s: %s", ns->id,
			 lost ? "has lost data" : "is paused",
			 strerror(lost ? lost : ns->pause_errno));
		return true;
	}
	return false;
}
