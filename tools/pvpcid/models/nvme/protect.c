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
static uint16_t remember(struct nvme_request *rq, struct nvme_ns *ns, bool protect)
{
	int rc = blockio_protect(ns->io, protect);

	if (rc) {
		log_some(&rq->ctrl->complaints, LOG_LEVEL_WARNING,
			 "%s: %s cannot keep its write protection: %s",
			 function_name(rq->ctrl->fn), ns->path, strerror(-rc));
		rq->location = AT_CDW11;
		return NVME_SC_NOT_CHANGEABLE | NVME_SC_DNR;
	}
	ns->readonly = protect;
	return NVME_SC_SUCCESS;
}

static uint16_t protect_finish(struct nvme_request *rq, ssize_t result)
{
	rq->ns->protecting = false;
	rq->ns->readonly = false;
	return result < 0 ? nvme_io_error(rq, result) : remember(rq, rq->ns, true);
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

	if (ns->protecting)
		return NVME_SC_SEQUENCE | NVME_SC_DNR;
	if (ns->readonly == protect)
		return NVME_SC_SUCCESS;
	if (!protect)
		return remember(rq, ns, false);
	rq->ns = ns;
	rq->finish = protect_finish;
	rc = blockio_flush(ns->io, nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	ns->protecting = true;
	ns->readonly = true;
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
			ctrl->ns[i].readonly = false;
		ctrl->ns[i].protecting = false;
	}
}
