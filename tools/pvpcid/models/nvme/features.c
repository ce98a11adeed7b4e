// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe features (5.13, 5.21): none can be saved, so "saved" is the default.
 */
#include <string.h>

#include "nvme.h"

#define AT_NSID		4
#define AT_CDW10	40
#define AT_CDW11	44

#define SELECT_CURRENT		0
#define SELECT_CAPABILITIES	3

#define CAN_CHANGE		(1U << 2)	/* capabilities, 5.13 figure 186 */
#define CAN_NAMESPACE		(1U << 1)

#define ASYNC_EVENTS		(0xffU | 1U << 8)	/* health and namespace notices */

/* The reset values, which are the defaults. */
static const struct nvme_features defaults = {
	.arbitration = 3,
	.temperature = { 343, 0 },
	.write_cache = true,
};

/**
 * nvme_features_reset - values after a Controller Level Reset
 * @ctrl: controller
 *
 * The host identifier goes too, and the timestamp counts from 0 again: nothing
 * is saved (5.21.1.14, 5.21.1.26). Neither does a warning outlive its threshold.
 */
void nvme_features_reset(struct nvme_ctrl *ctrl)
{
	ctrl->features = defaults;
	ctrl->features.timestamp_ms = -nvme_now_ms();
	nvme_temperature_check(ctrl);
}

static uint16_t bad_id(struct nvme_request *rq)
{
	return nvme_invalid_field(rq, AT_CDW10);
}

/* What a feature can do; 0 for one that does not exist. */
static uint32_t capabilities(uint8_t id)
{
	switch (id) {
	case NVME_FEAT_ERROR_RECOVERY:
		return CAN_CHANGE | CAN_NAMESPACE;
	case NVME_FEAT_WRITE_PROTECT:
		return CAN_CHANGE | CAN_NAMESPACE;
	case NVME_FEAT_ARBITRATION:
	case NVME_FEAT_POWER:
	case NVME_FEAT_TEMPERATURE:
	case NVME_FEAT_WRITE_CACHE:
	case NVME_FEAT_QUEUES:
	case NVME_FEAT_COALESCING:
	case NVME_FEAT_VECTOR:
	case NVME_FEAT_ATOMICITY:
	case NVME_FEAT_ASYNC_EVENT:
	case NVME_FEAT_TIMESTAMP:
	case NVME_FEAT_HOST_ID:
		return CAN_CHANGE;
	default:
		return 0;
	}
}

static uint16_t get_vector(struct nvme_request *rq, const struct nvme_features *from)
{
	uint32_t vector = nvme_cdw(rq, 11) & 0xffff;

	if (vector > rq->ctrl->queues)
		return nvme_invalid_field(rq, AT_CDW11);
	rq->dw0 = vector | (uint32_t)(from->vector[vector / 8] >> vector % 8 & 1) << 16;
	return NVME_SC_SUCCESS;
}

static uint16_t get_temperature(struct nvme_request *rq, const struct nvme_features *from)
{
	uint32_t sensor = nvme_cdw(rq, 11) >> 16 & 15;
	uint32_t kind = nvme_cdw(rq, 11) >> 20 & 3;

	if (kind > 1 || (sensor > 8 && sensor != 15))
		return nvme_invalid_field(rq, AT_CDW11 + 2);
	/* Only the composite temperature has thresholds. */
	rq->dw0 = sensor ? (kind ? 0 : 0xffff) : from->temperature[kind];
	return NVME_SC_SUCCESS;
}

static uint16_t get_timestamp(struct nvme_request *rq, const struct nvme_features *from)
{
	/* 5.21.1.14: origin in bits 51:49 (byte 6). */
	uint64_t value = (uint64_t)from->timestamp_set << 49;

	/* The default is 0 and stands still. */
	if (from != &defaults)
		value |= (from->timestamp_ms + nvme_now_ms()) & 0xffffffffffffULL;
	value = htole64(value);
	return nvme_to_guest(rq, &value, sizeof(value));
}

static uint16_t get_host_id(struct nvme_request *rq, const struct nvme_features *from)
{
	/* EXHID: 16 bytes or 8. */
	return nvme_to_guest(rq, from->host_id, nvme_cdw(rq, 11) & 1 ? 16 : 8);
}

static uint16_t get_value(struct nvme_request *rq, const struct nvme_features *from,
			  const struct nvme_ns *ns)
{
	const struct nvme_ctrl *ctrl = rq->ctrl;

	switch ((uint8_t)nvme_cdw(rq, 10)) {
	case NVME_FEAT_ARBITRATION:
		rq->dw0 = from->arbitration;
		break;
	case NVME_FEAT_TEMPERATURE:
		return get_temperature(rq, from);
	case NVME_FEAT_ERROR_RECOVERY:
		rq->dw0 = from->error_recovery[ns->id - 1];
		break;
	case NVME_FEAT_WRITE_CACHE:
		rq->dw0 = from->write_cache;
		break;
	case NVME_FEAT_QUEUES:
		rq->dw0 = (ctrl->queues - 1) | (ctrl->queues - 1) << 16;
		break;
	case NVME_FEAT_COALESCING:
		rq->dw0 = from->coalescing;
		break;
	case NVME_FEAT_VECTOR:
		return get_vector(rq, from);
	case NVME_FEAT_ATOMICITY:
		rq->dw0 = from->atomicity;
		break;
	case NVME_FEAT_ASYNC_EVENT:
		rq->dw0 = from->async_event;
		break;
	case NVME_FEAT_TIMESTAMP:
		return get_timestamp(rq, from);
	case NVME_FEAT_HOST_ID:
		return get_host_id(rq, from);
	case NVME_FEAT_WRITE_PROTECT:
		rq->dw0 = ns->readonly;
		break;
	}
	return NVME_SC_SUCCESS;
}

/**
 * nvme_get_features - Get Features
 * @rq: the command
 *
 * Return: status.
 */
uint16_t nvme_get_features(struct nvme_request *rq)
{
	uint8_t id = (uint8_t)nvme_cdw(rq, 10);
	uint32_t select = nvme_cdw(rq, 10) >> 8 & 7;
	const struct nvme_ns *ns = nvme_ns_find(rq->ctrl, le32toh(rq->sqe.nsid));
	uint32_t can = capabilities(id);

	if (!can)
		return bad_id(rq);
	if (select > SELECT_CAPABILITIES)
		return nvme_invalid_field(rq, AT_CDW10 + 1);
	if (can & CAN_NAMESPACE && !ns) {
		rq->location = AT_NSID;
		/* 5.13: FFFFFFFFh is an invalid field, anything else no namespace. */
		return (le32toh(rq->sqe.nsid) == NVME_NSID_ALL ? NVME_SC_INVALID_FIELD :
			NVME_SC_INVALID_NAMESPACE) | NVME_SC_DNR;
	}
	if (select == SELECT_CAPABILITIES) {
		rq->dw0 = can;
		return NVME_SC_SUCCESS;
	}
	return get_value(rq, select == SELECT_CURRENT ? &rq->ctrl->features : &defaults, ns);
}

static uint16_t set_temperature(struct nvme_request *rq)
{
	uint32_t value = nvme_cdw(rq, 11);
	uint32_t sensor = value >> 16 & 15, kind = value >> 20 & 3;

	/* 5.21.1.4: 15 is all sensors there are; 1 to 8 are not there. */
	if (kind > 1 || (sensor && sensor != 15))
		return nvme_invalid_field(rq, AT_CDW11 + 2);
	rq->ctrl->features.temperature[kind] = (uint16_t)value;
	nvme_temperature_check(rq->ctrl);
	return NVME_SC_SUCCESS;
}

static uint16_t set_queues(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint32_t value = nvme_cdw(rq, 11);

	/* 5.21.1.7: 65535 is invalid; not after an I/O queue was created. */
	if ((value & 0xffff) == 0xffff || value >> 16 == 0xffff)
		return nvme_invalid_field(rq, AT_CDW11);
	/* The admin queues do not count. */
	for (unsigned int qid = 1; qid <= ctrl->queues; qid++)
		if (ctrl->sq[qid].live || ctrl->cq[qid].live)
			return NVME_SC_SEQUENCE | NVME_SC_DNR;
	rq->dw0 = (ctrl->queues - 1) | (ctrl->queues - 1) << 16;
	return NVME_SC_SUCCESS;
}

/* 5.21.1.6: what the cache holds is on stable storage before it is off. */
static uint16_t set_write_cache(struct nvme_request *rq)
{
	bool enable = nvme_cdw(rq, 11) & 1;
	bool was = rq->ctrl->features.write_cache;

	rq->ctrl->features.write_cache = enable;
	return was && !enable ? nvme_flush_next(rq) : NVME_SC_SUCCESS;
}

static uint16_t set_vector(struct nvme_request *rq)
{
	uint32_t vector = nvme_cdw(rq, 11) & 0xffff;
	uint8_t bit = (uint8_t)(1 << vector % 8);
	uint8_t *byte;

	if (vector > rq->ctrl->queues)
		return nvme_invalid_field(rq, AT_CDW11);
	byte = &rq->ctrl->features.vector[vector / 8];
	*byte = nvme_cdw(rq, 11) >> 16 & 1 ? *byte | bit : *byte & (uint8_t)~bit;
	return NVME_SC_SUCCESS;
}

static uint16_t set_timestamp(struct nvme_request *rq)
{
	uint64_t value;
	uint16_t status = nvme_from_guest(rq, &value, sizeof(value));

	if (status)
		return status;
	rq->ctrl->features.timestamp_ms = (le64toh(value) & 0xffffffffffffULL) - nvme_now_ms();
	rq->ctrl->features.timestamp_set = true;
	return NVME_SC_SUCCESS;
}

static uint16_t set_host_id(struct nvme_request *rq)
{
	uint8_t id[16] = {};
	bool wide = nvme_cdw(rq, 11) & 1;
	uint16_t status = nvme_from_guest(rq, id, wide ? 16 : 8);

	if (!status)
		memcpy(rq->ctrl->features.host_id, id, sizeof(id));
	return status;
}

/* 8.19.1: until the host takes it back; what the configuration says stays. */
static uint16_t set_write_protect(struct nvme_request *rq, struct nvme_ns *ns)
{
	uint32_t state = nvme_cdw(rq, 11) & 7;

	if (state > 1)
		return nvme_invalid_field(rq, AT_CDW11);
	if (!state && ns->fixed_readonly) {
		rq->location = AT_CDW11;
		return NVME_SC_NOT_CHANGEABLE | NVME_SC_DNR;
	}
	if (ns->fixed_readonly)
		return NVME_SC_SUCCESS;
	return nvme_protect(rq, ns, state);
}

static uint16_t set_error_recovery(struct nvme_request *rq, struct nvme_ns *ns)
{
	struct nvme_features *features = &rq->ctrl->features;
	uint32_t value = nvme_cdw(rq, 11);
	unsigned int i;

	/* DULBE: deallocated blocks are not errors (Identify NSFEAT bit 2 is 0). */
	if (value >> 16 & 1)
		return nvme_invalid_field(rq, AT_CDW11 + 2);
	for (i = 0; i < rq->ctrl->namespaces; i++)
		if (!ns || ns == &rq->ctrl->ns[i])
			features->error_recovery[i] = (uint16_t)value;
	return NVME_SC_SUCCESS;
}

static uint16_t set_value(struct nvme_request *rq, struct nvme_ns *ns)
{
	struct nvme_features *features = &rq->ctrl->features;
	uint32_t value = nvme_cdw(rq, 11);

	switch ((uint8_t)nvme_cdw(rq, 10)) {
	case NVME_FEAT_ARBITRATION:
		features->arbitration = value & 0xffffff07;
		break;
	case NVME_FEAT_POWER:
		/* Identify NPSS is 0: state 0 only. */
		if (value & 0x1f)
			return nvme_invalid_field(rq, AT_CDW11);
		break;
	case NVME_FEAT_TEMPERATURE:
		return set_temperature(rq);
	case NVME_FEAT_ERROR_RECOVERY:
		return set_error_recovery(rq, ns);
	case NVME_FEAT_WRITE_CACHE:
		return set_write_cache(rq);
	case NVME_FEAT_QUEUES:
		return set_queues(rq);
	case NVME_FEAT_COALESCING:
		features->coalescing = value & 0xffff;
		break;
	case NVME_FEAT_VECTOR:
		return set_vector(rq);
	case NVME_FEAT_ATOMICITY:
		features->atomicity = value & 1;
		break;
	case NVME_FEAT_ASYNC_EVENT:
		features->async_event = value & ASYNC_EVENTS;
		break;
	case NVME_FEAT_TIMESTAMP:
		return set_timestamp(rq);
	case NVME_FEAT_HOST_ID:
		return set_host_id(rq);
	case NVME_FEAT_WRITE_PROTECT:
		return set_write_protect(rq, ns);
	}
	return NVME_SC_SUCCESS;
}

/**
 * nvme_set_features - Set Features
 * @rq: the command
 *
 * Return: status.
 */
uint16_t nvme_set_features(struct nvme_request *rq)
{
	uint8_t id = (uint8_t)nvme_cdw(rq, 10);
	uint32_t nsid = le32toh(rq->sqe.nsid);
	struct nvme_ns *ns = nvme_ns_find(rq->ctrl, nsid);
	uint32_t can = capabilities(id);

	if (!can)
		return bad_id(rq);
	if (nvme_cdw(rq, 10) >> 31) {
		rq->location = AT_CDW10 + 3;
		return NVME_SC_NOT_SAVEABLE | NVME_SC_DNR;
	}
	if (can & CAN_NAMESPACE) {
		bool all = nsid == NVME_NSID_ALL && id == NVME_FEAT_ERROR_RECOVERY;

		if (!ns && !all) {
			rq->location = AT_NSID;
			return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
		}
	} else if (nsid && nsid != NVME_NSID_ALL) {
		/* 5.21: a feature of the controller does not take a namespace. */
		rq->location = AT_NSID;
		return (ns ? NVME_SC_NOT_NS_SPECIFIC : NVME_SC_INVALID_NAMESPACE) | NVME_SC_DNR;
	}
	return set_value(rq, ns);
}
