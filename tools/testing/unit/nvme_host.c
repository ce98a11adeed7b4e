// SPDX-License-Identifier: GPL-2.0
/*
 * A small NVMe driver for the unit tests.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nvme_host.h"

#define FILE_BYTES	(1024 * 1024)

const char *host_file(char *path, size_t bytes)
{
	uint8_t block[512];
	size_t done, i;
	int file;

	strcpy(path, "/tmp/pvpci-unit-XXXXXX");
	file = mkstemp(path);
	assert_true(file >= 0);
	for (done = 0; done < bytes; done += sizeof(block)) {
		for (i = 0; i < sizeof(block); i++)
			block[i] = (uint8_t)(done / sizeof(block) * 7 + i);
		assert_int_equal(write(file, block, sizeof(block)), sizeof(block));
	}
	close(file);
	return path;
}

struct host *host_conf(const char *json)
{
	struct host *host = calloc(1, sizeof(*host));
	struct error err;

	host->fn = fakebus_create(&nvme_model, json, &err);
	if (!host->fn)
		fail_msg("%s: %s", err.where, err.text);
	fakebus_attach(host->fn);
	host->data = fakebus_page(host->fn, 256);
	host->block = 512;
	return host;
}

struct host *host_new(uint32_t block, const char *more)
{
	char file[64], json[512];
	struct host *host;

	host_file(file, FILE_BYTES);
	snprintf(json, sizeof(json),
		 "{\"serial\": \"UNIT\", \"namespaces\": [{\"file\": \"%s\", \"block\": %u%s}]}",
		 file, block, more);
	host = host_conf(json);
	strcpy(host->file, file);
	host->block = block;
	return host;
}

void host_free(struct host *host)
{
	fakebus_destroy(host->fn);
	if (host->file[0])
		unlink(host->file);
	free(host);
}

static uint8_t *bar(struct host *host)
{
	uint8_t *memory = function_bar(host->fn, 0, 0, 16384);

	assert_non_null(memory);
	return memory;
}

uint32_t host_read32(struct host *host, unsigned int reg)
{
	return le32toh(*(uint32_t *)(bar(host) + reg));
}

uint64_t host_read64(struct host *host, unsigned int reg)
{
	return le64toh(*(uint64_t *)(bar(host) + reg));
}

void host_write32(struct host *host, unsigned int reg, uint32_t value)
{
	*(uint32_t *)(bar(host) + reg) = htole32(value);
}

void host_write64(struct host *host, unsigned int reg, uint64_t value)
{
	*(uint64_t *)(bar(host) + reg) = htole64(value);
}

void *host_mem(struct host *host, uint64_t address)
{
	void *memory = fakebus_ram(host->fn, address, 1);

	assert_non_null(memory);
	return memory;
}

void host_poll(struct host *host)
{
	fakebus_poll(host->fn);
}

void host_doorbell(struct host *host, unsigned int qid, bool cq, uint32_t value)
{
	host_write32(host, NVME_REG_DOORBELLS + 8 * qid + 4 * cq, value);
}

static void queue_memory(struct host *host, unsigned int qid, uint32_t depth)
{
	struct host_queue *queue = &host->queue[qid];

	*queue = (struct host_queue){ .depth = depth, .phase = 1 };
	queue->sq = fakebus_page(host->fn, (depth * 64 + 4095) / 4096);
	queue->cq = fakebus_page(host->fn, (depth * 16 + 4095) / 4096);
}

void host_enable(struct host *host)
{
	queue_memory(host, 0, HOST_DEPTH);
	host_write32(host, NVME_REG_AQA, (HOST_DEPTH - 1) << 16 | (HOST_DEPTH - 1));
	host_write64(host, NVME_REG_ASQ, host->queue[0].sq);
	host_write64(host, NVME_REG_ACQ, host->queue[0].cq);
	host_write32(host, NVME_REG_CC, 4U << 20 | 6U << 16 | NVME_CC_EN);
	host_poll(host);
	assert_int_equal(host_read32(host, NVME_REG_CSTS) & 3, NVME_CSTS_RDY);
}

void host_create(struct host *host, unsigned int qid, uint32_t depth)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_CREATE_CQ,
		.cdw = { htole32((depth - 1) << 16 | qid), htole32(qid << 16 | 3) },
	};

	queue_memory(host, qid, depth);
	sqe.prp1 = htole64(host->queue[qid].cq);
	assert_int_equal(host_run(host, 0, &sqe, NULL), 0);
	sqe.opcode = NVME_ADMIN_CREATE_SQ;
	sqe.prp1 = htole64(host->queue[qid].sq);
	sqe.cdw[1] = htole32(qid << 16 | 1);
	assert_int_equal(host_run(host, 0, &sqe, NULL), 0);
}

void host_ready(struct host *host)
{
	host_enable(host);
	host_create(host, 1, HOST_DEPTH);
}

uint16_t host_submit(struct host *host, unsigned int qid, struct nvme_sqe *sqe)
{
	struct host_queue *queue = &host->queue[qid];
	struct nvme_sqe *slot = host_mem(host, queue->sq);

	sqe->cid = htole16(host->next_cid++);
	slot[queue->tail] = *sqe;
	queue->tail = (queue->tail + 1) % queue->depth;
	return le16toh(sqe->cid);
}

void host_ring(struct host *host, unsigned int qid)
{
	host_doorbell(host, qid, false, host->queue[qid].tail);
}

bool host_reap(struct host *host, unsigned int qid, struct nvme_cqe *cqe)
{
	struct host_queue *queue = &host->queue[qid];
	const struct nvme_cqe *slot = host_mem(host, queue->cq);

	*cqe = slot[queue->head];
	if ((le16toh(cqe->status) & 1) != queue->phase)
		return false;
	queue->sq_head = le16toh(cqe->sq_head);
	if (++queue->head == queue->depth) {
		queue->head = 0;
		queue->phase ^= 1;
	}
	host_doorbell(host, qid, true, queue->head);
	return true;
}

uint16_t host_run(struct host *host, unsigned int qid, struct nvme_sqe *sqe, uint32_t *dw0)
{
	uint16_t cid = host_submit(host, qid, sqe);
	struct nvme_cqe cqe;

	host_ring(host, qid);
	host_poll(host);
	if (!host_reap(host, qid, &cqe))
		fail_msg("no completion of command %02x", sqe->opcode);
	assert_int_equal(le16toh(cqe.cid), cid);
	assert_int_equal(le16toh(cqe.sqid), qid);
	if (dw0)
		*dw0 = le32toh(cqe.dw0);
	/* The host sees the doorbell of the completion queue before anything else. */
	host_poll(host);
	return le16toh(cqe.status) >> 1 & (uint16_t)~NVME_SC_MORE;
}

uint16_t host_admin(struct host *host, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
		    uint32_t cdw11, uint32_t *dw0)
{
	struct nvme_sqe sqe = {
		.opcode = opcode,
		.nsid = htole32(nsid),
		.prp1 = htole64(host->data),
		.cdw = { htole32(cdw10), htole32(cdw11) },
	};

	return host_run(host, 0, &sqe, dw0);
}

void host_prps(struct host *host, struct nvme_sqe *sqe, uint64_t address, uint32_t bytes)
{
	uint32_t first = 4096 - (uint32_t)(address & 4095);
	uint64_t list, *entry;

	sqe->prp1 = htole64(address);
	sqe->prp2 = 0;
	if (bytes <= first)
		return;
	address += first;
	bytes -= first;
	if (bytes <= 4096) {
		sqe->prp2 = htole64(address);
		return;
	}
	list = fakebus_page(host->fn, 1);
	sqe->prp2 = htole64(list);
	entry = host_mem(host, list);
	for (;;) {
		*entry++ = htole64(address);
		if (bytes <= 4096)
			break;
		address += 4096;
		bytes -= 4096;
	}
}

uint16_t host_feature(struct host *host, bool set, uint32_t nsid, uint32_t cdw10, uint32_t cdw11,
		      uint32_t *dw0)
{
	return host_admin(host, set ? NVME_ADMIN_SET_FEATURES : NVME_ADMIN_GET_FEATURES, nsid,
			  cdw10, cdw11, dw0);
}

uint64_t host_get(struct host *host, unsigned int at, unsigned int bytes)
{
	const uint8_t *data = host_mem(host, host->data);
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | data[at + bytes];
	return value;
}

uint16_t host_rw(struct host *host, uint8_t opcode, uint64_t lba, uint32_t blocks,
		 uint32_t cdw12)
{
	struct nvme_sqe sqe = {
		.opcode = opcode,
		.nsid = htole32(1),
		.cdw = { htole32((uint32_t)lba), htole32((uint32_t)(lba >> 32)),
			 htole32((blocks - 1) | cdw12) },
	};

	host_prps(host, &sqe, host->data, blocks * host->block);
	return host_run(host, 1, &sqe, NULL);
}
