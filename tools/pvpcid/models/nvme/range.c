// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe I/O commands without a plain transfer: write zeroes, dataset
 * management, compare, verify.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

#define AT_CDW12	48
#define PART_BYTES	16384U

static uint16_t flush_finish(struct nvme_request *rq, ssize_t result)
{
	return result < 0 ? nvme_io_error(rq, result) : NVME_SC_SUCCESS;
}

static uint16_t zeroes_finish(struct nvme_request *rq, ssize_t result)
{
	int rc;

	if (result < 0)
		return nvme_io_error(rq, result);
	rq->ns->count.writes++;
	if (!nvme_is_durable(rq))
		return NVME_SC_SUCCESS;
	rq->finish = flush_finish;
	rc = blockio_flush(rq->ns->io, nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	return NVME_LATER;
}

/**
 * nvme_write_zeroes - Write Zeroes (6.17)
 * @rq: the command; MDTS does not limit it
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_write_zeroes(struct nvme_request *rq)
{
	uint16_t status = nvme_io_range(rq, rq->lba, rq->blocks);
	int rc;

	if (status)
		return status;
	rq->finish = zeroes_finish;
	rc = blockio_zero(rq->ns->io, rq->lba << rq->ns->shift,
			  (uint64_t)rq->blocks << rq->ns->shift,
			  nvme_cdw(rq, 12) & NVME_WZ_DEAC && !rq->ns->keeps_space,
			  nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	return NVME_LATER;
}

static uint16_t dsm_next(struct nvme_request *rq);

static uint16_t dsm_finish(struct nvme_request *rq, ssize_t result)
{
	/* Deallocation is advice: where it is not possible, nothing happens. */
	if (result < 0 && result != -EOPNOTSUPP)
		return nvme_io_error(rq, result);
	return dsm_next(rq);
}

/* One range after the other; @step is the next. */
static uint16_t dsm_next(struct nvme_request *rq)
{
	const struct nvme_dsm_range *ranges = rq->buffer;
	uint64_t lba, blocks;
	uint16_t status;
	int rc;

	while (rq->step < (nvme_cdw(rq, 10) & 0xff) + 1) {
		lba = le64toh(ranges[rq->step].lba);
		blocks = le32toh(ranges[rq->step].blocks);
		rq->step++;
		if (!blocks)
			continue;
		/* Again: the file may have shrunk meanwhile. */
		status = nvme_io_range(rq, lba, blocks);
		if (status)
			return status;
		rq->lba = lba;
		rq->finish = dsm_finish;
		rc = blockio_discard(rq->ns->io, lba << rq->ns->shift, blocks << rq->ns->shift,
				     nvme_backend_done, rq);
		if (rc)
			return nvme_io_error(rq, rc);
		rq->ctrl->backend++;
		return NVME_LATER;
	}
	return NVME_SC_SUCCESS;
}

/**
 * nvme_dsm - Dataset Management (6.7)
 * @rq: the command
 *
 * Only Deallocate does anything. All ranges are checked before the first one
 * is deallocated.
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_dsm(struct nvme_request *rq)
{
	uint32_t i, count = (nvme_cdw(rq, 10) & 0xff) + 1;
	uint32_t bytes = count * (uint32_t)sizeof(struct nvme_dsm_range);
	struct nvme_dsm_range *ranges;
	uint16_t status;

	rq->lba = 0;
	rq->buffer = malloc(bytes);
	if (!rq->buffer)
		return NVME_SC_INTERNAL;
	status = nvme_from_guest(rq, rq->buffer, bytes);
	ranges = rq->buffer;
	for (i = 0; !status && i < count; i++)
		status = nvme_io_range(rq, le64toh(ranges[i].lba), le32toh(ranges[i].blocks));
	/* Deallocation is advice. */
	if (status || !(nvme_cdw(rq, 11) & NVME_DSM_AD) || rq->ns->keeps_space)
		return status;
	return dsm_next(rq);
}

static uint32_t length(const struct nvme_request *rq)
{
	return rq->blocks << rq->ns->shift;
}

/*
 * Read the next part of a command's blocks into a buffer of its own; @step is
 * its number. In parts, so that what a guest can make us allocate is little.
 */
static uint16_t read_part(struct nvme_request *rq)
{
	uint32_t done = rq->step * PART_BYTES, left = length(rq) - done;
	int rc;

	if (!rq->buffer && posix_memalign(&rq->buffer, 4096, PART_BYTES)) {
		rq->buffer = NULL;
		return NVME_SC_INTERNAL;
	}
	rq->buffer_iov.iov_base = rq->buffer;
	rq->buffer_iov.iov_len = left < PART_BYTES ? left : PART_BYTES;
	rc = blockio_readv(rq->ns->io, &rq->buffer_iov, 1, (rq->lba << rq->ns->shift) + done,
			   nvme_backend_done, rq);
	if (rc)
		return nvme_io_error(rq, rc);
	rq->ctrl->backend++;
	return NVME_LATER;
}

static uint16_t next_part(struct nvme_request *rq)
{
	rq->step++;
	return rq->step * PART_BYTES < length(rq) ? read_part(rq) : NVME_SC_SUCCESS;
}

/* Is the part in the buffer what the guest has? */
static bool part_equal(const struct nvme_request *rq)
{
	const uint8_t *data = rq->buffer;
	size_t skip = (size_t)rq->step * PART_BYTES, left = rq->buffer_iov.iov_len;
	int i;

	for (i = 0; i < rq->iov_count && left; i++) {
		const uint8_t *guest = rq->iov[i].iov_base;
		size_t bytes = rq->iov[i].iov_len;

		if (skip >= bytes) {
			skip -= bytes;
			continue;
		}
		bytes -= skip;
		if (bytes > left)
			bytes = left;
		if (memcmp(data, guest + skip, bytes))
			return false;
		skip = 0;
		data += bytes;
		left -= bytes;
	}
	return true;
}

static uint16_t compare_finish(struct nvme_request *rq, ssize_t result)
{
	uint16_t status;

	if (result < 0 || (size_t)result != rq->buffer_iov.iov_len)
		return nvme_io_error(rq, result);
	if (!part_equal(rq))
		return NVME_SC_COMPARE | NVME_SC_DNR;
	status = next_part(rq);
	if (!status) {
		rq->ns->count.reads++;
		rq->ns->count.read_blocks += length(rq) >> 9;
	}
	return status;
}

/**
 * nvme_compare - Compare (6.6)
 * @rq: the command
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_compare(struct nvme_request *rq)
{
	uint16_t status;

	if ((uint64_t)rq->blocks << rq->ns->shift > NVME_MDTS_BYTES)
		return nvme_invalid_field(rq, AT_CDW12);
	status = nvme_io_range(rq, rq->lba, rq->blocks);
	if (!status)
		status = nvme_prp_map(rq->ctrl, le64toh(rq->sqe.prp1), le64toh(rq->sqe.prp2),
				      length(rq), rq->iov, &rq->iov_count);
	rq->finish = compare_finish;
	return status ? status : read_part(rq);
}

static uint16_t verify_finish(struct nvme_request *rq, ssize_t result)
{
	if (result < 0 || (size_t)result != rq->buffer_iov.iov_len)
		return nvme_io_error(rq, result);
	return next_part(rq);
}

/**
 * nvme_verify - Verify (6.13)
 * @rq: the command; limited by MDTS, since the data is read
 *
 * Return: status, or NVME_LATER.
 */
uint16_t nvme_verify(struct nvme_request *rq)
{
	uint16_t status;

	if ((uint64_t)rq->blocks << rq->ns->shift > NVME_MDTS_BYTES)
		return nvme_invalid_field(rq, AT_CDW12);
	status = nvme_io_range(rq, rq->lba, rq->blocks);
	rq->finish = verify_finish;
	return status ? status : read_part(rq);
}
