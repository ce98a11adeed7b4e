// SPDX-License-Identifier: GPL-2.0
/*
 * An NVMe driver of the shortest kind. Section numbers are of the NVMe Base Specification 1.4.
 */
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nvme.h"
#include "shm.h"

#define PAGE		4096
#define FIRST_ADDRESS	(1024 * 1024)	/* a PC has other things below that */
#define WRITTEN		0x5a	/* what a write writes that follows no read */
#define ADMIN_ENTRIES	16
#define READY_S		30

void ram_open(struct ram *ram, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	ram->bytes = (uint64_t)st.st_size;
	ram->base = mmap(NULL, ram->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			 0);
	if (ram->base == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	ram->used = FIRST_ADDRESS;
}

static uint64_t take(struct ram *ram, uint64_t bytes)
{
	uint64_t address = ram->used;

	bytes = (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (address > ram->bytes || bytes > ram->bytes - address)
		errx(1, "the memory file is too small: %llu bytes more are needed",
		     (unsigned long long)bytes);
	ram->used += bytes;
	memset(ram->base + address, 0, bytes);
	return address;
}

static __le32 *reg32(const struct nvme *nvme, unsigned int offset)
{
	return (__le32 *)(nvme->bar + offset);
}

static void doorbell(struct nvme *nvme, const struct queue *queue, bool completion,
		     uint32_t value)
{
	shm_store32(reg32(nvme, NVME_REG_DOORBELLS + 8 * queue->id + 4 * completion), value);
	bus_wake(nvme->bus);
}

static void queue_open(struct queue *queue, struct ram *ram, unsigned int id, unsigned int depth)
{
	queue->id = id;
	queue->depth = depth;
	queue->phase = 1;
	queue->sq_address = take(ram, depth * sizeof(struct nvme_sqe));
	queue->cq_address = take(ram, depth * sizeof(struct nvme_cqe));
	queue->sq = (struct nvme_sqe *)(ram->base + queue->sq_address);
	queue->cq = (volatile struct nvme_cqe *)(ram->base + queue->cq_address);
}

static void push(struct queue *queue, const struct nvme_sqe *sqe)
{
	queue->sq[queue->tail] = *sqe;
	queue->tail = (queue->tail + 1) % queue->depth;
}

static bool pop(struct queue *queue, uint16_t *cid)
{
	volatile struct nvme_cqe *cqe = &queue->cq[queue->head];
	uint16_t status = shm_load16((const void *)&cqe->status);

	if ((status & 1) != queue->phase)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*cid = le16toh(cqe->cid);
	if (status >> 1)
		errx(1, "command %u of queue %u failed: status %#x", *cid, queue->id, status >> 1);
	if (++queue->head == queue->depth) {
		queue->head = 0;
		queue->phase ^= 1;
	}
	return true;
}

static void run_admin(struct nvme *nvme, struct nvme_sqe *sqe)
{
	time_t until = time(NULL) + READY_S;
	uint16_t cid;

	push(&nvme->admin, sqe);
	doorbell(nvme, &nvme->admin, false, nvme->admin.tail);
	while (!pop(&nvme->admin, &cid))
		if (time(NULL) > until)
			errx(1, "no answer to admin command %#x in %d s", sqe->opcode, READY_S);
	doorbell(nvme, &nvme->admin, true, nvme->admin.head);
}

/* 7.6.1: controller initialization */
static void enable(struct nvme *nvme, struct ram *ram)
{
	time_t until = time(NULL) + READY_S;

	queue_open(&nvme->admin, ram, 0, ADMIN_ENTRIES);
	shm_store32(reg32(nvme, NVME_REG_AQA), (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	shm_store64((__le64 *)(nvme->bar + NVME_REG_ASQ), nvme->admin.sq_address);
	shm_store64((__le64 *)(nvme->bar + NVME_REG_ACQ), nvme->admin.cq_address);
	shm_store32(reg32(nvme, NVME_REG_CC), NVME_CQE_SHIFT << 20 | NVME_SQE_SHIFT << 16 |
		    NVME_CC_EN);
	bus_wake(nvme->bus);
	while (!(shm_load32(reg32(nvme, NVME_REG_CSTS)) & NVME_CSTS_RDY))
		if (time(NULL) > until)
			errx(1, "the controller is not ready in %d s", READY_S);
}

/* 5.15.2.1: size and format of namespace 1 */
static void identify(struct nvme *nvme, struct ram *ram)
{
	uint64_t page = take(ram, PAGE);
	struct nvme_sqe sqe = {
		.opcode = NVME_ADMIN_IDENTIFY, .nsid = htole32(1), .prp1 = htole64(page),
	};
	const uint8_t *data = ram->base + page;
	uint64_t blocks;
	uint32_t format;

	run_admin(nvme, &sqe);
	memcpy(&blocks, data, sizeof(blocks));
	memcpy(&format, data + 128 + 4 * (data[26] & 15), sizeof(format));
	nvme->blocks = le64toh(blocks);
	nvme->block = 1U << (le32toh(format) >> 16 & 255);
	if (nvme->bytes % nvme->block || nvme->blocks < nvme->bytes / nvme->block)
		errx(1, "namespace 1 has no room for %u bytes, or blocks of %u", nvme->bytes,
		     nvme->block);
}

/* 4.3: PRP lists are written once, as each command has its own buffer. */
static void write_lists(struct nvme *nvme, struct ram *ram, unsigned int depth)
{
	unsigned int cid, page;

	nvme->data = take(ram, (uint64_t)depth * nvme->bytes);
	memset(ram->base + nvme->data, WRITTEN, (uint64_t)depth * nvme->bytes);
	nvme->lists = take(ram, (uint64_t)depth * PAGE);
	for (cid = 0; cid < depth; cid++) {
		__le64 *list = (__le64 *)(ram->base + nvme->lists + cid * PAGE);
		uint64_t at = nvme->data + (uint64_t)cid * nvme->bytes;

		for (page = 1; page < nvme->bytes / PAGE; page++)
			list[page - 1] = htole64(at + (uint64_t)page * PAGE);
	}
}

void nvme_open(struct nvme *nvme, struct ram *ram, unsigned int depth, bool interrupts)
{
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_CREATE_CQ };

	enable(nvme, ram);
	identify(nvme, ram);
	write_lists(nvme, ram, depth);
	queue_open(&nvme->io, ram, 1, depth + 1);
	sqe.prp1 = htole64(nvme->io.cq_address);
	sqe.cdw[0] = htole32(depth << 16 | 1);
	sqe.cdw[1] = htole32(interrupts ? 1 << 16 | 3 : 1);
	run_admin(nvme, &sqe);
	sqe.opcode = NVME_ADMIN_CREATE_SQ;
	sqe.prp1 = htole64(nvme->io.sq_address);
	sqe.cdw[1] = htole32(1 << 16 | 1);
	run_admin(nvme, &sqe);
}

void nvme_submit(struct nvme *nvme, bool write, uint64_t lba, uint16_t cid)
{
	uint64_t data = nvme->data + (uint64_t)cid * nvme->bytes;
	struct nvme_sqe sqe = {
		.opcode = write ? NVME_IO_WRITE : NVME_IO_READ,
		.cid = htole16(cid),
		.nsid = htole32(1),
		.prp1 = htole64(data),
		.cdw = { htole32((uint32_t)lba), htole32((uint32_t)(lba >> 32)),
			 htole32((nvme->bytes / nvme->block - 1) |
				 (write && nvme->durable ? NVME_RW_FUA : 0)) },
	};

	if (nvme->bytes > 2 * PAGE)
		sqe.prp2 = htole64(nvme->lists + (uint64_t)cid * PAGE);
	else if (nvme->bytes > PAGE)
		sqe.prp2 = htole64(data + PAGE);
	push(&nvme->io, &sqe);
}

void nvme_ring(struct nvme *nvme)
{
	doorbell(nvme, &nvme->io, false, nvme->io.tail);
}

bool nvme_reap(struct nvme *nvme, uint16_t *cid)
{
	return pop(&nvme->io, cid);
}

void nvme_reaped(struct nvme *nvme)
{
	doorbell(nvme, &nvme->io, true, nvme->io.head);
}
