// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe Identify (5.15): controller, namespaces, lists.
 */
#include <linux/pvpci_testdev.h>
#include <stdio.h>
#include <string.h>

#include "nvme.h"
#include "put.h"

#define AT_NSID		4
#define AT_CDW10	40
#define AT_CDW11	44

/* ASCII, padded with spaces, not terminated (1.5). */
static void put_text(uint8_t *data, unsigned int at, const char *text, size_t bytes)
{
	size_t used = strlen(text);

	memset(data + at, ' ', bytes);
	memcpy(data + at, text, used < bytes ? used : bytes);
}

static uint64_t capacity(const struct nvme_ctrl *ctrl)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++)
		bytes += ctrl->ns[i].blocks << ctrl->ns[i].shift;
	return bytes;
}

/* Figure 247. What is not set is 0: not supported, or not reported. */
static void identify_ctrl(const struct nvme_ctrl *ctrl, uint8_t *data)
{
	put16(data, 0, PVPCI_VENDOR);
	put16(data, 2, PVPCI_VENDOR);
	put_text(data, 4, ctrl->serial, 20);
	put_text(data, 24, "pvpci NVMe", 40);
	put_text(data, 64, "1.0", 8);
	data[72] = 3;				/* RAB: bursts of 8 */
	memcpy(data + 73, "\x00\x54\x52", 3);	/* IEEE: 52-54-00, locally administered */
	data[77] = NVME_MDTS;
	put32(data, 80, NVME_VS_1_4);
	put32(data, 92, 1U << 8);		/* OAES: namespace attribute notices */
	put32(data, 96, 1U << 0);		/* CTRATT: 128-bit host identifier */
	data[111] = 1;				/* CNTRLTYPE: I/O controller */
	data[258] = 3;				/* ACL */
	data[259] = NVME_MAX_AERS - 1;		/* AERL */
	data[260] = 1 << 1 | 1;			/* FRMW: one slot, read only */
	data[261] = 1 << 2 | 1 << 1 | 1;	/* LPA: SMART of a namespace, effects, offsets */
	data[262] = NVME_MAX_ERRORS - 1;	/* ELPE */
	put16(data, 266, 343);			/* WCTEMP */
	put16(data, 268, 353);			/* CCTEMP */
	put64(data, 280, capacity(ctrl));	/* TNVMCAP */
	data[512] = NVME_SQE_SHIFT << 4 | NVME_SQE_SHIFT;
	data[513] = NVME_CQE_SHIFT << 4 | NVME_CQE_SHIFT;
	put32(data, 516, ctrl->namespaces);	/* NN */
	/* ONCS: compare, DSM, write zeroes, save/select, timestamp, verify. */
	put16(data, 520, 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7);
	data[525] = 3 << 1 | 1;			/* VWC: present, flush of all namespaces */
	data[531] = 1;				/* NWPC: no write protect and write protect */
	memcpy(data + 768, ctrl->subnqn, strlen(ctrl->subnqn));
	put16(data, 2048, 2500);		/* PSD0: 25 W */
}

/* Figure 245. */
static void identify_ns(const struct nvme_ns *ns, uint8_t *data)
{
	uint16_t discard = (uint16_t)((4096U >> ns->shift) - 1);

	put64(data, 0, ns->blocks);		/* NSZE */
	put64(data, 8, ns->blocks);		/* NCAP */
	put64(data, 16, ns->blocks);		/* NUSE */
	data[24] = 1 << 4;			/* NSFEAT: NPWG to NOWS are defined */
	/* DLFEAT: deallocated blocks read 0, Write Zeroes may deallocate. */
	data[33] = 1 << 3 | 1;
	put64(data, 48, ns->blocks << ns->shift);	/* NVMCAP, low half */
	put16(data, 64, discard);		/* NPWG: pages of the host */
	put16(data, 66, discard);		/* NPWA */
	put16(data, 68, discard);		/* NPDG */
	put16(data, 70, discard);		/* NPDA */
	data[99] = ns->readonly;		/* NSATTR: write protected */
	memcpy(data + 104, ns->nguid, 16);
	data[130] = ns->shift;			/* LBAF0: LBADS */
}

/* Figure 249: the descriptors of one namespace. */
static void identify_descriptors(const struct nvme_ns *ns, uint8_t *data)
{
	*data++ = 2;				/* NGUID */
	*data++ = 16;
	data += 2;
	memcpy(data, ns->nguid, 16);
	data += 16;
	if (ns->has_uuid) {
		*data++ = 3;			/* UUID */
		*data++ = 16;
		data += 2;
		memcpy(data, ns->uuid, 16);
		data += 16;
	}
	*data++ = 4;				/* CSI: NVM command set */
	*data++ = 1;
}

static void identify_list(const struct nvme_ctrl *ctrl, uint32_t above, uint8_t *data)
{
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++) {
		if (ctrl->ns[i].id <= above)
			continue;
		put32(data, 0, ctrl->ns[i].id);
		data += 4;
	}
}

static uint16_t no_namespace(struct nvme_request *rq)
{
	rq->location = AT_NSID;
	return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
}

static uint16_t of_ns(struct nvme_request *rq, uint32_t nsid, uint8_t cns, uint8_t *data)
{
	const struct nvme_ns *ns = nvme_ns_find(rq->ctrl, nsid);

	/* FFFFFFFFh too: that view is for Namespace Management (5.15.2.1). */
	if (!ns)
		return no_namespace(rq);
	switch (cns) {
	case NVME_CNS_NS_DESCRIPTORS:
		identify_descriptors(ns, data);
		break;
	case NVME_CNS_CSI_NS:
		break;		/* no protection information: all zero */
	case NVME_CNS_INDEPENDENT_NS:
		data[0] = 0;			/* NSFEAT */
		data[3] = ns->readonly;		/* NSATTR */
		data[14] = 1;			/* NSTAT: ready */
		break;
	default:
		identify_ns(ns, data);
		break;
	}
	return NVME_SC_SUCCESS;
}

static uint16_t of_list(struct nvme_request *rq, uint32_t nsid, uint8_t *data)
{
	/* 5.15.2.2: FFFFFFFEh and FFFFFFFFh have no successors. */
	if (nsid >= 0xfffffffeU)
		return no_namespace(rq);
	identify_list(rq->ctrl, nsid, data);
	return NVME_SC_SUCCESS;
}

/* Controllers, from CNTID on: there is one, with identifier 0. */
static uint16_t of_ctrls(uint32_t cntid, uint8_t *data)
{
	if (!cntid)
		put16(data, 0, 1);
	return NVME_SC_SUCCESS;
}

static uint16_t fill(struct nvme_request *rq, uint8_t cns, uint8_t *data)
{
	uint32_t nsid = le32toh(rq->sqe.nsid);
	uint32_t cntid = nvme_cdw(rq, 10) >> 16;
	uint8_t csi = (uint8_t)(nvme_cdw(rq, 11) >> 24);

	switch (cns) {
	case NVME_CNS_CTRL:
		identify_ctrl(rq->ctrl, data);
		return NVME_SC_SUCCESS;
	case NVME_CNS_NS:
	case NVME_CNS_ALLOCATED_NS:
	case NVME_CNS_NS_DESCRIPTORS:
	case NVME_CNS_INDEPENDENT_NS:
		return of_ns(rq, nsid, cns, data);
	case NVME_CNS_CSI_NS:
		return csi ? nvme_invalid_field(rq, AT_CDW11 + 3) : of_ns(rq, nsid, cns, data);
	case NVME_CNS_CSI_CTRL:
		/* NVM: no limits beside MDTS. */
		return csi ? nvme_invalid_field(rq, AT_CDW11 + 3) : NVME_SC_SUCCESS;
	case NVME_CNS_CSI_ACTIVE_LIST:
	case NVME_CNS_CSI_ALLOCATED_LIST:
		return csi ? nvme_invalid_field(rq, AT_CDW11 + 3) : of_list(rq, nsid, data);
	case NVME_CNS_ACTIVE_LIST:
	case NVME_CNS_ALLOCATED_LIST:
		return of_list(rq, nsid, data);
	case NVME_CNS_NS_CTRL_LIST:
		return nvme_ns_find(rq->ctrl, nsid) ? of_ctrls(cntid, data) : no_namespace(rq);
	case NVME_CNS_CTRL_LIST:
		return of_ctrls(cntid, data);
	case NVME_CNS_COMMAND_SETS:
		data[0] = 1;			/* combination 0: NVM */
		return NVME_SC_SUCCESS;
	default:
		return nvme_invalid_field(rq, AT_CDW10);
	}
}

/**
 * nvme_identify - Identify
 * @rq: the command
 *
 * Return: status.
 */
uint16_t nvme_identify(struct nvme_request *rq)
{
	uint8_t data[4096] = {};
	uint16_t status = fill(rq, (uint8_t)nvme_cdw(rq, 10), data);

	return status ? status : nvme_to_guest(rq, data, sizeof(data));
}
