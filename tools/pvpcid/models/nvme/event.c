// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe asynchronous events (5.2).
 *
 * When an event was reported, all of its type are held back until the host has
 * read the log page that goes with it with Retain Asynchronous Event clear.
 */
#include "nvme.h"

#define TYPE_ERROR	0
#define TYPE_HEALTH	1
#define TYPE_NOTICE	2

#define WARNING_TEMPERATURE	(1U << 1)
#define WARNING_RELIABILITY	(1U << 2)

/**
 * struct event_kind - what is said of an event
 * @type: Asynchronous Event Type
 * @info: Asynchronous Event Information
 * @page: log page to read
 * @enable: bit of feature 0Bh that enables it; 0 for always
 */
struct event_kind {
	uint8_t type;
	uint8_t info;
	uint8_t page;
	uint32_t enable;
};

static const struct event_kind kinds[NVME_EVENT_COUNT] = {
	[NVME_EVENT_DOORBELL_REGISTER] = { TYPE_ERROR, 0x00, NVME_LOG_ERROR, 0 },
	[NVME_EVENT_DOORBELL_VALUE] = { TYPE_ERROR, 0x01, NVME_LOG_ERROR, 0 },
	[NVME_EVENT_RELIABILITY] = { TYPE_HEALTH, 0x00, NVME_LOG_SMART, WARNING_RELIABILITY },
	[NVME_EVENT_TEMPERATURE] = { TYPE_HEALTH, 0x01, NVME_LOG_SMART, WARNING_TEMPERATURE },
	[NVME_EVENT_NAMESPACES] = { TYPE_NOTICE, 0x00, NVME_LOG_CHANGED_NS, 1U << 8 },
};

/* Report what can be reported. */
static void report(struct nvme_ctrl *ctrl)
{
	unsigned int i, event;

	for (event = 0; event < NVME_EVENT_COUNT && ctrl->aers; event++) {
		struct nvme_request *rq = ctrl->aer[0];

		if (!(ctrl->events & 1U << event) || ctrl->masked & 1U << kinds[event].type)
			continue;
		rq->dw0 = kinds[event].type | (uint32_t)kinds[event].info << 8 |
			  (uint32_t)kinds[event].page << 16;
		nvme_journal_event(rq);
		ctrl->events &= ~(1U << event);
		ctrl->masked |= 1U << kinds[event].type;
		ctrl->aers--;
		for (i = 0; i < ctrl->aers; i++)
			ctrl->aer[i] = ctrl->aer[i + 1];
		nvme_complete(rq, NVME_SC_SUCCESS);
	}
}

/**
 * nvme_event - something happened
 * @ctrl: controller
 * @event: what
 *
 * An event that the host has not enabled (feature 0Bh) is lost.
 */
void nvme_event(struct nvme_ctrl *ctrl, enum nvme_event event)
{
	if (event == NVME_EVENT_RELIABILITY)
		ctrl->warning |= WARNING_RELIABILITY;
	if (kinds[event].enable && !(ctrl->features.async_event & kinds[event].enable))
		return;
	if (ctrl->state != NVME_READY)
		return;
	ctrl->events |= 1U << event;
	report(ctrl);
}

/**
 * nvme_aer - Asynchronous Event Request
 * @rq: the command
 *
 * Return: NVME_LATER, or NVME_SC_AER_LIMIT.
 */
uint16_t nvme_aer(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;

	/* It reports an event already. */
	if (rq->again && rq->slot->cqe.dw0) {
		rq->dw0 = le32toh(rq->slot->cqe.dw0);
		return NVME_SC_SUCCESS;
	}
	if (ctrl->aers == NVME_MAX_AERS)
		return NVME_SC_AER_LIMIT | NVME_SC_DNR;
	ctrl->aer[ctrl->aers++] = rq;
	report(ctrl);
	return NVME_LATER;
}

/**
 * nvme_aer_abort - abort an outstanding Asynchronous Event Request (5.1)
 * @ctrl: controller
 * @cid: its command identifier
 *
 * Return: false when there is none.
 */
bool nvme_aer_abort(struct nvme_ctrl *ctrl, uint16_t cid)
{
	struct nvme_request *rq;
	unsigned int i;

	for (i = 0; i < ctrl->aers && ctrl->aer[i]->cid != cid; i++)
		;
	if (i == ctrl->aers)
		return false;
	rq = ctrl->aer[i];
	ctrl->aers--;
	for (; i < ctrl->aers; i++)
		ctrl->aer[i] = ctrl->aer[i + 1];
	nvme_complete(rq, NVME_SC_ABORTED);
	return true;
}

/**
 * nvme_event_log_read - the host has read a log page without retaining its event
 * @ctrl: controller
 * @page: log page
 */
void nvme_event_log_read(struct nvme_ctrl *ctrl, uint8_t page)
{
	unsigned int event;

	for (event = 0; event < NVME_EVENT_COUNT; event++)
		if (kinds[event].page == page)
			ctrl->masked &= ~(1U << kinds[event].type);
	report(ctrl);
}

/**
 * nvme_events_reset - no outstanding requests, no events
 * @ctrl: being reset
 */
void nvme_events_reset(struct nvme_ctrl *ctrl)
{
	while (ctrl->aers)
		nvme_request_put(ctrl->aer[--ctrl->aers]);
	ctrl->events = 0;
	ctrl->masked = 0;
}

/**
 * nvme_temperature_check - compare with the thresholds (5.21.1.4)
 * @ctrl: controller
 */
void nvme_temperature_check(struct nvme_ctrl *ctrl)
{
	const uint16_t *threshold = ctrl->features.temperature;

	if (NVME_TEMPERATURE >= threshold[0] || NVME_TEMPERATURE <= threshold[1]) {
		if (ctrl->warning & WARNING_TEMPERATURE)
			return;
		ctrl->warning |= WARNING_TEMPERATURE;
		nvme_event(ctrl, NVME_EVENT_TEMPERATURE);
	} else {
		ctrl->warning &= (uint8_t)~WARNING_TEMPERATURE;
	}
}
