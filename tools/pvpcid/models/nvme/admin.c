// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe admin commands (5): table, creation and deletion of I/O queues, abort.
 */
#include "nvme.h"

/* 5.3: byte offsets in the command, for the error log. */
#define AT_PRP1		24
#define AT_CDW10	40
#define AT_CDW11	44

static uint16_t at(struct nvme_request *rq, uint16_t byte, uint16_t status)
{
	rq->location = byte;
	return status | NVME_SC_DNR;
}

/* What both Create commands check: size and memory (5.3, 5.4). */
static uint16_t check_memory(struct nvme_request *rq, uint32_t size, unsigned int shift)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint64_t base = le64toh(rq->sqe.prp1);
	uint32_t chosen = shift == NVME_SQE_SHIFT ? NVME_CC_IOSQES(ctrl->cc) :
						    NVME_CC_IOCQES(ctrl->cc);

	/* QSIZE is 0's based: 0 would be one entry. */
	if (size < 2 || size > NVME_MAX_ENTRIES)
		return at(rq, AT_CDW10 + 2, NVME_SC_QUEUE_SIZE);
	/* 3.1.5: the entry size is set before any I/O queue is created. */
	if (chosen != shift)
		return at(rq, AT_CDW10 + 2, NVME_SC_QUEUE_SIZE);
	/* CAP.CQR is 1: PC must be. */
	if (!(nvme_cdw(rq, 11) & 1))
		return nvme_invalid_field(rq, AT_CDW11);
	if (base & ((1ULL << ctrl->page_shift) - 1))
		return at(rq, AT_PRP1, NVME_SC_PRP_OFFSET);
	if (!nvme_queue_memory(ctrl, base, (uint64_t)size << shift))
		return at(rq, AT_PRP1, NVME_SC_INVALID_FIELD);
	return NVME_SC_SUCCESS;
}

static uint16_t create_cq(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint32_t qid = nvme_cdw(rq, 10) & 0xffff;
	uint32_t size = (nvme_cdw(rq, 10) >> 16) + 1;
	uint32_t vector = nvme_cdw(rq, 11) >> 16;
	bool interrupts = nvme_cdw(rq, 11) & 2;
	uint16_t status;

	if (rq->again && qid && qid <= ctrl->queues && ctrl->cq[qid].live)
		return NVME_SC_SUCCESS;
	if (!qid || qid > ctrl->queues || ctrl->cq[qid].live)
		return at(rq, AT_CDW10, NVME_SC_QID_INVALID);
	status = check_memory(rq, size, NVME_CQE_SHIFT);
	if (status)
		return status;
	if (vector > ctrl->queues)
		return at(rq, AT_CDW11 + 2, NVME_SC_VECTOR);
	nvme_cq_init(ctrl, qid, le64toh(rq->sqe.prp1), size, interrupts, (uint16_t)vector);
	return NVME_SC_SUCCESS;
}

static uint16_t create_sq(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint32_t qid = nvme_cdw(rq, 10) & 0xffff;
	uint32_t size = (nvme_cdw(rq, 10) >> 16) + 1;
	uint32_t cqid = nvme_cdw(rq, 11) >> 16;
	uint16_t status;

	if (rq->again && qid && qid <= ctrl->queues && ctrl->sq[qid].live)
		return NVME_SC_SUCCESS;
	if (!qid || qid > ctrl->queues || ctrl->sq[qid].live)
		return at(rq, AT_CDW10, NVME_SC_QID_INVALID);
	/* 5.4: 0 or out of range is an invalid identifier, not created an invalid queue. */
	if (!cqid || cqid > ctrl->queues)
		return at(rq, AT_CDW11 + 2, NVME_SC_QID_INVALID);
	if (!ctrl->cq[cqid].live)
		return at(rq, AT_CDW11 + 2, NVME_SC_CQ_INVALID);
	status = check_memory(rq, size, NVME_SQE_SHIFT);
	if (status)
		return status;
	if (nvme_sq_init(ctrl, qid, cqid, le64toh(rq->sqe.prp1), size))
		return NVME_SC_INTERNAL;
	return NVME_SC_SUCCESS;
}

/*
 * 5.6: commands under way complete first; completions for which there is no
 * room are dropped (implicitly completed).
 */
static uint16_t delete_sq(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint32_t qid = nvme_cdw(rq, 10) & 0xffff;
	struct nvme_sq *sq = &ctrl->sq[qid <= ctrl->queues ? qid : 0];

	if (rq->again && qid && qid <= ctrl->queues && !sq->live)
		return NVME_SC_SUCCESS;
	if (!qid || qid > ctrl->queues || !sq->live || sq->delete)
		return at(rq, AT_CDW10, NVME_SC_QID_INVALID);
	nvme_cq_drop(sq);
	nvme_pause_end(ctrl, sq, NVME_SC_ABORTED_SQ_DELETED | NVME_SC_DNR);
	if (sq->under_way) {
		sq->delete = rq;
		return NVME_LATER;
	}
	nvme_sq_free(ctrl, sq);
	return NVME_SC_SUCCESS;
}

static uint16_t delete_cq(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	uint32_t qid = nvme_cdw(rq, 10) & 0xffff;

	if (rq->again && qid && qid <= ctrl->queues && !ctrl->cq[qid].live)
		return NVME_SC_SUCCESS;
	if (!qid || qid > ctrl->queues || !ctrl->cq[qid].live)
		return at(rq, AT_CDW10, NVME_SC_QID_INVALID);
	/* 5.5: its submission queues must be deleted before. */
	if (ctrl->cq[qid].users)
		return at(rq, AT_CDW10, NVME_SC_QUEUE_DELETION);
	nvme_cq_free(ctrl, &ctrl->cq[qid]);
	return NVME_SC_SUCCESS;
}

/*
 * 5.1: best effort. An Asynchronous Event Request can be aborted; a command
 * that the backend works on cannot, and dword 0 says so.
 */
static uint16_t abort_command(struct nvme_request *rq)
{
	uint32_t sqid = nvme_cdw(rq, 10) & 0xffff;
	uint16_t cid = (uint16_t)(nvme_cdw(rq, 10) >> 16);

	if (sqid > rq->ctrl->queues || !rq->ctrl->sq[sqid].live)
		return at(rq, AT_CDW10, NVME_SC_INVALID_FIELD);
	rq->dw0 = 1;
	if (!sqid && nvme_aer_abort(rq->ctrl, cid))
		rq->dw0 = 0;
	return NVME_SC_SUCCESS;
}

static uint16_t (*const admin_commands[256])(struct nvme_request *rq) = {
	[NVME_ADMIN_DELETE_SQ] = delete_sq,
	[NVME_ADMIN_CREATE_SQ] = create_sq,
	[NVME_ADMIN_GET_LOG] = nvme_get_log,
	[NVME_ADMIN_DELETE_CQ] = delete_cq,
	[NVME_ADMIN_CREATE_CQ] = create_cq,
	[NVME_ADMIN_IDENTIFY] = nvme_identify,
	[NVME_ADMIN_ABORT] = abort_command,
	[NVME_ADMIN_SET_FEATURES] = nvme_set_features,
	[NVME_ADMIN_GET_FEATURES] = nvme_get_features,
	[NVME_ADMIN_AER] = nvme_aer,
};

/**
 * nvme_admin_known - is there such an admin command?
 * @opcode: of the command
 */
bool nvme_admin_known(uint8_t opcode)
{
	return admin_commands[opcode];
}

/**
 * nvme_admin - do an admin command
 * @rq: the command
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_admin(struct nvme_request *rq)
{
	if (!admin_commands[rq->sqe.opcode]) {
		rq->location = 0;
		return NVME_SC_INVALID_OPCODE | NVME_SC_DNR;
	}
	return admin_commands[rq->sqe.opcode](rq);
}
