// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe I/O commands (6): table, read, write, flush, and errors of the backend.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "nvme.h"

#define AT_NSID		4
#define AT_CDW10	40
#define AT_CDW12	48

#define LBCC	(1U << 1)	/* effects: logical block content may change */

static bool is_read(const struct nvme_request *rq)
{
	return rq->sqe.opcode == NVME_IO_READ || rq->sqe.opcode == NVME_IO_COMPARE ||
	       rq->sqe.opcode == NVME_IO_VERIFY;
}

/**
 * nvme_is_durable - does a command promise stable storage?
 * @rq: Flush, FUA, any write without a write cache; of admin commands, turning the cache off
 */
bool nvme_is_durable(const struct nvme_request *rq)
{
	if (!rq->sq->id || rq->sqe.opcode == NVME_IO_FLUSH)
		return true;
	return (rq->sqe.opcode == NVME_IO_WRITE || rq->sqe.opcode == NVME_IO_WRITE_ZEROES) &&
	       (nvme_cdw(rq, 12) & NVME_RW_FUA || !rq->ctrl->features.write_cache);
}

/* What concerns the whole file is said once, until a write succeeds again. */
static bool is_news(struct nvme_ns *ns, ssize_t result)
{
	int before = ns ? ns->complained : 0;

	switch (result) {
	case -ENOSPC:
	case -EDQUOT:
	case -EROFS:
	case -EPERM:
		break;
	default:
		return true;
	}
	if (ns)
		ns->complained = (int)-result;
	return before != -result;
}

/**
 * nvme_io_error - status for what the backend said
 * @rq: command
 * @result: negative errno, or a short length
 *
 * Return: status, or NVME_LATER when it waits for space on the host.
 */
uint16_t nvme_io_error(struct nvme_request *rq, ssize_t result)
{
	/* Linux sends again what comes without it: a flush must not be asked twice. */
	uint16_t dnr = nvme_is_durable(rq) ? NVME_SC_DNR : 0;
	struct nvme_ctrl *ctrl = rq->ctrl;

	if (nvme_pause(rq, result))
		return NVME_LATER;
	if (is_news(rq->ns, result))
		log_some(&ctrl->complaints, LOG_LEVEL_WARNING,
			 "%s: %s: command %02x at block %llu: %s",
			 function_name(ctrl->fn), rq->ns ? rq->ns->path : "all namespaces",
			 rq->sqe.opcode, (unsigned long long)rq->lba,
			 result < 0 ? strerror((int)-result) : "past the end of the file");
	switch (result) {
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return NVME_SC_CAPACITY | NVME_SC_DNR;
	case -EROFS:
	case -EPERM:
	case -EBADF:
		return NVME_SC_WRITE_PROTECTED | NVME_SC_DNR;
	case -ENOMEM:
	case -EAGAIN:
	case -EINTR:
		return NVME_SC_INTERNAL | dnr;
	case -EFAULT:
	case -ECANCELED:
		return NVME_SC_DATA_TRANSFER | NVME_SC_DNR;
	}
	if (rq->ns)
		rq->ns->count.media_errors++;
	if (result == -EIO)
		nvme_event(ctrl, NVME_EVENT_RELIABILITY);
	return is_read(rq) ? NVME_SC_READ_ERROR : NVME_SC_WRITE_FAULT | dnr;
}

/**
 * nvme_io_range - does a command stay within its namespace?
 * @rq: command with its namespace
 * @lba: start
 * @blocks: length
 *
 * Return: NVME_SC_SUCCESS or NVME_SC_LBA_RANGE.
 */
uint16_t nvme_io_range(struct nvme_request *rq, uint64_t lba, uint64_t blocks)
{
	if (lba <= rq->ns->blocks && blocks <= rq->ns->blocks - lba)
		return NVME_SC_SUCCESS;
	rq->lba = lba;
	rq->location = AT_CDW10;
	return NVME_SC_LBA_RANGE | NVME_SC_DNR;
}

static uint16_t rw_finish(struct nvme_request *rq, ssize_t result)
{
	struct nvme_counters *count = &rq->ns->count;
	uint64_t bytes = (uint64_t)rq->blocks << rq->ns->shift;

	if (result < 0 || (uint64_t)result != bytes)
		return nvme_io_error(rq, result);
	if (rq->sqe.opcode == NVME_IO_READ) {
		count->reads++;
		count->read_blocks += bytes >> 9;
	} else {
		rq->ns->complained = 0;
		count->writes++;
		count->written_blocks += bytes >> 9;
	}
	return NVME_SC_SUCCESS;
}

/* Who has reset the controller, or taken its bus mastering, uses that memory himself. */
static bool still_lent(void *arg)
{
	const struct nvme_request *rq = arg;

	return rq->generation == rq->ctrl->generation && function_is_master(rq->ctrl->fn);
}

/* Read and Write (6.9, 6.14). */
static uint16_t read_write(struct nvme_request *rq)
{
	uint64_t bytes = (uint64_t)rq->blocks << rq->ns->shift;
	bool write = rq->sqe.opcode == NVME_IO_WRITE;
	uint16_t status;
	int rc;

	if (bytes > NVME_MDTS_BYTES)
		return nvme_invalid_field(rq, AT_CDW12);
	status = nvme_io_range(rq, rq->lba, rq->blocks);
	if (status)
		return status;
	status = nvme_prp_map(rq->ctrl, le64toh(rq->sqe.prp1), le64toh(rq->sqe.prp2),
			      (uint32_t)bytes, rq->iov, &rq->iov_count);
	if (status)
		return status;
	rq->finish = rw_finish;
	rq->ctrl->poll_bytes += bytes;
	if (!write)
		rc = blockio_readv_lent(rq->ns->io, rq->iov, rq->iov_count,
					rq->lba << rq->ns->shift, still_lent,
					nvme_backend_done, rq);
	/* FUA, or the write cache is off: not completed before it is durable. */
	else if (nvme_is_durable(rq))
		rc = blockio_writev_durable(rq->ns->io, rq->iov, rq->iov_count,
					    rq->lba << rq->ns->shift, nvme_backend_done, rq);
	else
		rc = blockio_writev(rq->ns->io, rq->iov, rq->iov_count,
				    rq->lba << rq->ns->shift, nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	return NVME_LATER;
}

static uint16_t flush_finish(struct nvme_request *rq, ssize_t result)
{
	if (result < 0)
		return nvme_io_error(rq, result);
	return nvme_flush_next(rq);
}

/**
 * nvme_flush_next - flush one namespace after the other
 * @rq: @ns is the only one, or NULL for all; @step of them are done
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_flush_next(struct nvme_request *rq)
{
	struct nvme_ctrl *ctrl = rq->ctrl;
	int rc;

	while (rq->step < (rq->ns ? 1 : ctrl->namespaces)) {
		struct nvme_ns *ns = rq->ns ? rq->ns : nvme_ns_at(ctrl, rq->step + 1);

		rq->step++;
		/* Nothing was ever written through a read-only file. */
		if (!ns || ns->fixed_readonly)
			continue;
		rq->finish = flush_finish;
		rc = blockio_flush(ns->io, nvme_backend_done, rq);
		if (rc)
			return nvme_io_error(rq, rc);
		ctrl->backend++;
		return NVME_LATER;
	}
	return NVME_SC_SUCCESS;
}

/* Flush (6.8); FFFFFFFFh is all namespaces, as Identify VWC says. */
static uint16_t flush(struct nvme_request *rq)
{
	uint32_t nsid = le32toh(rq->sqe.nsid);

	if (nsid != NVME_NSID_ALL) {
		rq->ns = nvme_ns_find(rq->ctrl, nsid);
		if (!rq->ns) {
			rq->location = AT_NSID;
			return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
		}
	}
	return nvme_flush_next(rq);
}

/**
 * struct io_command - an I/O command
 * @run: does it; status or NVME_LATER
 * @writes: refused by a write protected namespace
 */
struct io_command {
	uint16_t (*run)(struct nvme_request *rq);
	bool writes;
};

static const struct io_command io_commands[256] = {
	[NVME_IO_FLUSH] = { flush, false },
	[NVME_IO_WRITE] = { read_write, true },
	[NVME_IO_READ] = { read_write, false },
	[NVME_IO_COMPARE] = { nvme_compare, false },
	[NVME_IO_WRITE_ZEROES] = { nvme_write_zeroes, true },
	[NVME_IO_DSM] = { nvme_dsm, true },
	[NVME_IO_VERIFY] = { nvme_verify, false },
};

/**
 * nvme_io_known - is there such an I/O command?
 * @opcode: of the command
 */
bool nvme_io_known(uint8_t opcode)
{
	return io_commands[opcode].run;
}

/**
 * nvme_io_effects - bits for the effects log beside "supported"
 * @opcode: of the command
 */
uint32_t nvme_io_effects(uint8_t opcode)
{
	return io_commands[opcode].writes ? LBCC : 0;
}

/**
 * nvme_io - do an I/O command
 * @rq: the command
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_io(struct nvme_request *rq)
{
	const struct io_command *command = &io_commands[rq->sqe.opcode];

	if (!command->run) {
		rq->location = 0;
		return NVME_SC_INVALID_OPCODE | NVME_SC_DNR;
	}
	if (rq->sqe.opcode == NVME_IO_FLUSH)
		return flush(rq);
	rq->ns = nvme_ns_find(rq->ctrl, le32toh(rq->sqe.nsid));
	if (!rq->ns) {
		rq->location = AT_NSID;
		return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
	}
	if (command->writes && rq->ns->readonly) {
		rq->location = AT_NSID;
		return NVME_SC_WRITE_PROTECTED | NVME_SC_DNR;
	}
	rq->lba = nvme_cdw(rq, 10) | (uint64_t)nvme_cdw(rq, 11) << 32;
	/* NLB is 0's based. */
	rq->blocks = (nvme_cdw(rq, 12) & 0xffff) + 1;
	return command->run(rq);
}
