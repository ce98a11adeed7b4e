// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe physical region pages (4.3): guest memory of a command as a vector.
 *
 * A list is copied once. Its length follows from the transfer's, so a list
 * that points at itself ends like any other.
 */
#include <string.h>

#include "nvme.h"

struct prp_map {
	struct nvme_ctrl *ctrl;
	struct iovec *iov;
	int count;
};

static uint16_t add(struct prp_map *map, uint64_t address, uint32_t bytes)
{
	void *host = function_dma(map->ctrl->fn, address, bytes);
	struct iovec *last;

	if (!host)
		return NVME_SC_DATA_TRANSFER | NVME_SC_DNR;
	if (map->count) {
		last = &map->iov[map->count - 1];
		if ((uint8_t *)last->iov_base + last->iov_len == host) {
			last->iov_len += bytes;
			return NVME_SC_SUCCESS;
		}
	}
	map->iov[map->count].iov_base = host;
	map->iov[map->count++].iov_len = bytes;
	return NVME_SC_SUCCESS;
}

/* The entries at @list for @bytes more bytes; the last of a page may lead to the next. */
static uint16_t add_list(struct prp_map *map, uint64_t list, uint32_t bytes)
{
	uint32_t page = 1U << map->ctrl->page_shift;
	uint64_t entries[NVME_MAX_IOV];
	const void *memory;
	uint16_t status;

	/* 4.3: the first list may start anywhere in a page, at a quadword. */
	if (list & 7)
		return NVME_SC_PRP_OFFSET | NVME_SC_DNR;
	for (;;) {
		uint32_t need = (bytes + page - 1) / page;
		uint32_t room = (page - (uint32_t)(list & (page - 1))) / 8;
		uint32_t count = need < room ? need : room;
		uint32_t i, data = need <= room ? need : room - 1;

		/* Only the last entries are of interest where a page holds more. */
		memory = function_dma(map->ctrl->fn, list, (uint64_t)count * 8);
		if (!memory)
			return NVME_SC_DATA_TRANSFER | NVME_SC_DNR;
		memcpy(entries, memory, (size_t)count * 8);
		for (i = 0; i < data; i++) {
			uint64_t address = le64toh(entries[i]);
			uint32_t part = bytes < page ? bytes : page;

			if (address & (page - 1))
				return NVME_SC_PRP_OFFSET | NVME_SC_DNR;
			status = add(map, address, part);
			if (status)
				return status;
			bytes -= part;
		}
		if (!bytes)
			return NVME_SC_SUCCESS;
		/* The next list fills its page: every further one makes progress. */
		list = le64toh(entries[data]);
		if (list & (page - 1))
			return NVME_SC_PRP_OFFSET | NVME_SC_DNR;
	}
}

/**
 * nvme_prp_map - the memory that two PRP entries name
 * @ctrl: controller
 * @prp1: first entry
 * @prp2: second entry, or a list
 * @bytes: length, 1 to NVME_MDTS_BYTES
 * @iov: filled, NVME_MAX_IOV entries
 * @count: filled
 *
 * Return: NVME_SC_SUCCESS, NVME_SC_PRP_OFFSET or NVME_SC_DATA_TRANSFER.
 */
uint16_t nvme_prp_map(struct nvme_ctrl *ctrl, uint64_t prp1, uint64_t prp2, uint32_t bytes,
		      struct iovec *iov, int *count)
{
	struct prp_map map = { .ctrl = ctrl, .iov = iov };
	uint32_t page = 1U << ctrl->page_shift;
	uint32_t part = page - (uint32_t)(prp1 & (page - 1));
	uint16_t status;

	/* 4.3: offsets are dword aligned. */
	if (prp1 & 3)
		return NVME_SC_PRP_OFFSET | NVME_SC_DNR;
	if (part > bytes)
		part = bytes;
	status = add(&map, prp1, part);
	bytes -= part;
	if (!status && bytes > page) {
		status = add_list(&map, prp2, bytes);
	} else if (!status && bytes) {
		if (prp2 & (page - 1))
			return NVME_SC_PRP_OFFSET | NVME_SC_DNR;
		status = add(&map, prp2, bytes);
	}
	*count = map.count;
	return status;
}

static uint16_t map_request(struct nvme_request *rq, uint32_t bytes)
{
	return nvme_prp_map(rq->ctrl, le64toh(rq->sqe.prp1), le64toh(rq->sqe.prp2), bytes,
			    rq->iov, &rq->iov_count);
}

/**
 * nvme_to_guest - data of a command for the guest
 * @rq: its PRPs say where to
 * @data: to be copied
 * @bytes: length, at most NVME_MDTS_BYTES; may be 0
 *
 * Return: status.
 */
uint16_t nvme_to_guest(struct nvme_request *rq, const void *data, uint32_t bytes)
{
	const uint8_t *from = data;
	uint16_t status;
	int i;

	if (!bytes)
		return NVME_SC_SUCCESS;
	status = map_request(rq, bytes);
	for (i = 0; !status && i < rq->iov_count; i++) {
		memcpy(rq->iov[i].iov_base, from, rq->iov[i].iov_len);
		from += rq->iov[i].iov_len;
	}
	return status;
}

/**
 * nvme_from_guest - data of a command from the guest
 * @rq: its PRPs say where it is
 * @data: filled
 * @bytes: length, at most NVME_MDTS_BYTES; may be 0
 *
 * Return: status.
 */
uint16_t nvme_from_guest(struct nvme_request *rq, void *data, uint32_t bytes)
{
	uint8_t *to = data;
	uint16_t status;
	int i;

	if (!bytes)
		return NVME_SC_SUCCESS;
	status = map_request(rq, bytes);
	for (i = 0; !status && i < rq->iov_count; i++) {
		memcpy(to, rq->iov[i].iov_base, rq->iov[i].iov_len);
		to += rq->iov[i].iov_len;
	}
	return status;
}
