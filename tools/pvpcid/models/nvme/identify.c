// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe Identify (5.15): controller, namespaces, lists.
 */
#include <linux/pvpci_testdev.h>
#include <string.h>

#include "identify.h"
#include "nvme.h"

#define AT_NSID		4
#define AT_CDW10	40
#define AT_CDW11	44

/* ASCII, padded with spaces, not terminated (1.5). */
static void fill_text(char *field, size_t bytes, const char *text)
{
	size_t used = strlen(text);

	memset(field, ' ', bytes);
	memcpy(field, text, used < bytes ? used : bytes);
}

static uint64_t capacity(const struct nvme_ctrl *ctrl)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++)
		bytes += ctrl->ns[i].blocks << ctrl->ns[i].shift;
	return bytes;
}

/* What is not set is 0: not supported, or not reported. */
static void identify_ctrl(const struct nvme_ctrl *ctrl, struct nvme_id_ctrl *id)
{
	*id = (struct nvme_id_ctrl){
		.vid = htole16(PVPCI_VENDOR),
		.ssvid = htole16(PVPCI_VENDOR),
		.rab = 3,				/* bursts of 8 */
		.ieee = { 0x00, 0x54, 0x52 },		/* 52-54-00, locally administered */
		.cmic = ctrl->shares ? NVME_CMIC_CONTROLLERS : 0,
		.mdts = NVME_MDTS,
		.cntlid = htole16(ctrl->cntlid),
		.ver = htole32(NVME_VS_1_4),
		.oaes = htole32(1U << 8),		/* namespace attribute notices */
		.ctratt = htole32(1U << 0),		/* 128-bit host identifier */
		.cntrltype = 1,
		.acl = 3,
		.aerl = NVME_MAX_AERS - 1,
		.frmw = 1 << 1 | 1,			/* one slot, read only */
		.lpa = 1 << 2 | 1 << 1 | 1,		/* SMART of a namespace, effects, offsets */
		.elpe = NVME_MAX_ERRORS - 1,
		.wctemp = htole16(343),
		.cctemp = htole16(353),
		.tnvmcap = { htole64(capacity(ctrl)) },
		.sqes = NVME_SQE_SHIFT << 4 | NVME_SQE_SHIFT,
		.cqes = NVME_CQE_SHIFT << 4 | NVME_CQE_SHIFT,
		.nn = htole32(ctrl->namespaces),
		/* Compare, DSM, write zeroes, save/select, timestamp, verify. */
		.oncs = htole16(1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7),
		.vwc = 3 << 1 | 1,			/* present, flush of all namespaces */
		.nwpc = 1,				/* no write protect and write protect */
		.mp = htole16(2500),			/* 25 W */
	};
	fill_text(id->sn, sizeof(id->sn), ctrl->serial);
	fill_text(id->mn, sizeof(id->mn), "pvpci NVMe");
	fill_text(id->fr, sizeof(id->fr), NVME_FIRMWARE);
	memcpy(id->subnqn, ctrl->subnqn, sizeof(ctrl->subnqn));
}

static void identify_ns(const struct nvme_ns *ns, bool shared, struct nvme_id_ns *id)
{
	/* Pages of the host. */
	__le16 grain = htole16((uint16_t)((4096U >> ns->shift) - 1));

	*id = (struct nvme_id_ns){
		.nsze = htole64(ns->blocks),
		.ncap = htole64(ns->blocks),
		.nuse = htole64(ns->blocks),
		.nsfeat = 1 << 4,			/* NPWG to NOWS are defined */
		.nmic = shared ? NVME_NMIC_SHARED : 0,
		/* Deallocated blocks read 0, and Write Zeroes may deallocate. */
		.dlfeat = ns->keeps_space ? 0 : 1 << 3 | 1,
		.nvmcap = { htole64(ns->blocks << ns->shift) },
		.npwg = grain,
		.npwa = grain,
		.npdg = grain,
		.npda = grain,
		.nsattr = ns->readonly,
		.lbads = ns->shift,
	};
	memcpy(id->nguid, ns->nguid, sizeof(id->nguid));
}

static uint8_t *add_descriptor(uint8_t *data, uint8_t type, const void *name, uint8_t bytes)
{
	struct nvme_id_descriptor head = { .nidt = type, .nidl = bytes };

	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), name, bytes);
	return data + sizeof(head) + bytes;
}

static void identify_descriptors(const struct nvme_ns *ns, uint8_t *data)
{
	static const uint8_t nvm;		/* command set 0 */

	data = add_descriptor(data, NVME_NIDT_NGUID, ns->nguid, sizeof(ns->nguid));
	if (ns->has_uuid)
		data = add_descriptor(data, NVME_NIDT_UUID, ns->uuid, sizeof(ns->uuid));
	add_descriptor(data, NVME_NIDT_CSI, &nvm, sizeof(nvm));
}

static void identify_list(const struct nvme_ctrl *ctrl, uint32_t above, __le32 *list)
{
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++)
		if (nvme_ns_find(ctrl, i + 1) && i + 1 > above)
			*list++ = htole32(i + 1);
}

static uint16_t no_namespace(struct nvme_request *rq)
{
	rq->location = AT_NSID;
	return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
}

static bool is_plain(uint8_t cns)
{
	return cns == NVME_CNS_NS || cns == NVME_CNS_ALLOCATED_NS;
}

static uint16_t of_ns(struct nvme_request *rq, uint32_t nsid, uint8_t cns,
		      union nvme_identify *data)
{
	const struct nvme_ns *ns = nvme_ns_find(rq->ctrl, nsid);

	/* 5.15.2.1: all zero for an inactive one; FFFFFFFFh is for Namespace Management. */
	if (!ns && nsid && nsid <= rq->ctrl->namespaces && is_plain(cns))
		return NVME_SC_SUCCESS;
	if (!ns)
		return no_namespace(rq);
	switch (cns) {
	case NVME_CNS_NS_DESCRIPTORS:
		identify_descriptors(ns, data->bytes);
		break;
	case NVME_CNS_CSI_NS:
		break;		/* no protection information: all zero */
	case NVME_CNS_INDEPENDENT_NS:
		data->independent.nmic = rq->ctrl->shares ? NVME_NMIC_SHARED : 0;
		data->independent.nsattr = ns->readonly;
		data->independent.nstat = 1;
		break;
	default:
		identify_ns(ns, rq->ctrl->shares, &data->ns);
		break;
	}
	return NVME_SC_SUCCESS;
}

static uint16_t of_list(struct nvme_request *rq, uint32_t nsid, __le32 *list)
{
	/* 5.15.2.2: FFFFFFFEh and FFFFFFFFh have no successors. */
	if (nsid >= 0xfffffffeU)
		return no_namespace(rq);
	identify_list(rq->ctrl, nsid, list);
	return NVME_SC_SUCCESS;
}

/* Controllers of the subsystem from CNTID on, in order: all have all namespaces. */
static uint16_t of_ctrls(const struct nvme_ctrl *ctrl, uint32_t cntid, __le16 *ctrls)
{
	const struct nvme_ctrl *path = NULL;
	uint16_t i, count = 0;

	while ((path = nvme_share_next(ctrl, path))) {
		if (path->cntlid < cntid)
			continue;
		for (i = count++; i && le16toh(ctrls[i]) > path->cntlid; i--)
			ctrls[i + 1] = ctrls[i];
		ctrls[i + 1] = htole16(path->cntlid);
	}
	ctrls[0] = htole16(count);
	return NVME_SC_SUCCESS;
}

static uint16_t fill(struct nvme_request *rq, uint8_t cns, union nvme_identify *data)
{
	uint32_t nsid = le32toh(rq->sqe.nsid);
	uint32_t cntid = nvme_cdw(rq, 10) >> 16;
	uint8_t csi = (uint8_t)(nvme_cdw(rq, 11) >> 24);

	switch (cns) {
	case NVME_CNS_CTRL:
		identify_ctrl(rq->ctrl, &data->ctrl);
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
		return csi ? nvme_invalid_field(rq, AT_CDW11 + 3) : of_list(rq, nsid, data->list);
	case NVME_CNS_ACTIVE_LIST:
	case NVME_CNS_ALLOCATED_LIST:
		return of_list(rq, nsid, data->list);
	case NVME_CNS_NS_CTRL_LIST:
		return nvme_ns_find(rq->ctrl, nsid) ? of_ctrls(rq->ctrl, cntid, data->ctrls) :
						      no_namespace(rq);
	case NVME_CNS_CTRL_LIST:
		return of_ctrls(rq->ctrl, cntid, data->ctrls);
	case NVME_CNS_COMMAND_SETS:
		data->bytes[0] = 1;		/* combination 0: NVM */
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
	union nvme_identify data = {};
	uint16_t status = fill(rq, (uint8_t)nvme_cdw(rq, 10), &data);

	return status ? status : nvme_to_guest(rq, &data, sizeof(data));
}
