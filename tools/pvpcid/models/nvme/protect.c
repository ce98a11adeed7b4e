// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe write protection of a namespace (8.19, 5.21.1.29): the state "Write
 * Protect", which outlives resets and power cycles, so it is kept with the file.
 */
#include <string.h>

#include "base/log.h"
#include "nvme.h"

#define AT_CDW11	44

/* Where the file cannot keep it, it would be gone at the next power cycle: refused. */
static uint16_t remembered(struct nvme_request *rq, ssize_t result)
{
	if (!result)
		return NVME_SC_SUCCESS;
	log_some(&rq->ctrl->complaints, LOG_LEVEL_WARNING,
		 "%s: %s cannot keep its write protection: %s",
		 function_name(rq->ctrl->fn), rq->ns->path, strerror((int)-result));
	rq->location = AT_CDW11;
	return NVME_SC_NOT_CHANGEABLE | NVME_SC_DNR;
}

/* What the file says holds, also when the controller was reset meanwhile. */
static void remember_done(void *arg, ssize_t result)
{
	struct nvme_request *rq = arg;

	rq->ns->protecting = false;
	nvme_share_readonly(rq->ctrl, rq->ns, result ? !rq->step : rq->step);
	nvme_backend_done(rq, result);
}

static uint16_t remember(struct nvme_request *rq, bool protect)
{
	int rc;

	rq->step = protect;
	rq->finish = remembered;
	rc = blockio_protect(rq->ns->io, protect, remember_done, rq);
	if (rc) {
		nvme_share_readonly(rq->ctrl, rq->ns, !protect);
		return remembered(rq, rc);
	}
	rq->ctrl->backend++;
	rq->ns->protecting = true;
	return NVME_LATER;
}

static uint16_t protect_finish(struct nvme_request *rq, ssize_t result)
{
	if (result >= 0)
		return remember(rq, true);
	rq->ns->protecting = false;
	nvme_share_readonly(rq->ctrl, rq->ns, false);
	return nvme_io_error(rq, result);
}

/**
 * nvme_protect - protect a namespace, or take that back
 * @rq: Set Features
 * @ns: not read-only by the configuration
 * @protect: or not
 *
 * What was written before is on stable storage when the command completes;
 * writes are refused from its start.
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_protect(struct nvme_request *rq, struct nvme_ns *ns, bool protect)
{
	int rc;

	if (nvme_share_protecting(rq->ctrl, ns))
		return NVME_SC_SEQUENCE | NVME_SC_DNR;
	if (ns->readonly == protect)
		return NVME_SC_SUCCESS;
	rq->ns = ns;
	if (!protect)
		return remember(rq, false);
	rq->finish = protect_finish;
	rc = blockio_flush(ns->io, nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	ns->protecting = true;
	nvme_share_readonly(rq->ctrl, ns, true);
	return NVME_LATER;
}

/**
 * nvme_protect_reset - commands under way are gone
 * @ctrl: being reset
 */
void nvme_protect_reset(struct nvme_ctrl *ctrl)
{
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++) {
		if (ctrl->ns[i].protecting)
			nvme_share_readonly(ctrl, &ctrl->ns[i], false);
		ctrl->ns[i].protecting = false;
	}
}
