// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the nvme model: a guest that writes anything anywhere, at any time.
 *
 * The input is a program of small steps: registers, doorbells, commands with
 * fields drawn from values that matter, PRP lists, raw guest memory, polls,
 * memory-enable, bus mastering, function-level resets. AddressSanitizer sees
 * what goes out of bounds; a poll that takes too much, or a model that stays
 * busy, is a hang and aborts.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit/fakebus.h"
#include "base/log.h"
#include "models/nvme/spec.h"

#define FILE_BYTES	(256 * 1024)
#define AREA		0x10000ULL	/* of guest memory, used for everything */
#define AREA_BYTES	0x40000ULL
#define QUEUES		4
#define DEPTH		8
#define SELF		"{\"file\": \"/proc/self/exe\", \"readonly\": true, \"block\": 4096}"
#define MAX_STEPS	256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
	const uint8_t *data;
	size_t left;
};

static struct function *fn;
static uint32_t tail[QUEUES + 1];

static uint8_t take8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static uint32_t take32(struct input *in)
{
	uint32_t value = 0;
	unsigned int i;

	for (i = 0; i < 4; i++)
		value = value << 8 | take8(in);
	return value;
}

/* Mostly in the area, sometimes at the edges of memory, sometimes anywhere. */
static uint64_t take_address(struct input *in)
{
	uint8_t kind = take8(in);
	uint32_t low = take32(in);

	switch (kind & 7) {
	case 0:
		return AREA + low % AREA_BYTES;
	case 1:
		return FAKEBUS_LOW_BYTES - low % 8192;
	case 2:
		return FAKEBUS_HIGH + FAKEBUS_HIGH_BYTES - low % 8192;
	case 3:
		return (uint64_t)low << 32 | take32(in);
	case 4:
		return UINT64_MAX - low % 8192;
	default:
		return AREA + (low % AREA_BYTES & ~4095ULL);
	}
}

static void poke(uint64_t address, const void *data, size_t bytes)
{
	void *to = fakebus_ram(fn, address, bytes);

	if (to)
		memcpy(to, data, bytes);
}

static void write_reg(unsigned int reg, uint32_t value)
{
	uint8_t *bar = function_bar(fn, 0, 0, 8192);

	value = htole32(value);
	if (bar)
		memcpy(bar + reg, &value, sizeof(value));
}

static uint64_t sq_base(unsigned int qid)
{
	return AREA + AREA_BYTES + qid * 0x2000ULL;
}

static void poll_some(unsigned int count)
{
	while (count--)
		fn->ops->poll(fn->model);
}

static void ring(unsigned int qid)
{
	write_reg(NVME_REG_DOORBELLS + 8 * qid, tail[qid]);
}

static void put_command(unsigned int qid, const struct nvme_sqe *sqe)
{
	poke(sq_base(qid) + tail[qid] * sizeof(*sqe), sqe, sizeof(*sqe));
	tail[qid] = (tail[qid] + 1) % DEPTH;
	ring(qid);
}

/* What a driver does, so that the input need not learn it. */
static void enable(uint32_t cc)
{
	unsigned int i;

	memset(tail, 0, sizeof(tail));
	write_reg(NVME_REG_AQA, (DEPTH - 1) << 16 | (DEPTH - 1));
	write_reg(NVME_REG_ASQ, (uint32_t)sq_base(0));
	write_reg(NVME_REG_ASQ + 4, 0);
	write_reg(NVME_REG_ACQ, (uint32_t)sq_base(0) + 0x1000);
	write_reg(NVME_REG_ACQ + 4, 0);
	write_reg(NVME_REG_CC, cc);
	poll_some(2);
	for (i = 1; i <= QUEUES; i++) {
		struct nvme_sqe sqe = {
			.opcode = NVME_ADMIN_CREATE_CQ,
			.cid = htole16((uint16_t)(0x100 + i)),
			.prp1 = htole64(sq_base(i) + 0x1000),
			.cdw = { htole32((DEPTH - 1) << 16 | i), htole32(i << 16 | 3) },
		};

		put_command(0, &sqe);
		sqe.opcode = NVME_ADMIN_CREATE_SQ;
		sqe.cid = htole16((uint16_t)(0x200 + i));
		sqe.prp1 = htole64(sq_base(i));
		sqe.cdw[1] = htole32(i << 16 | 1);
		put_command(0, &sqe);
		poll_some(2);
		write_reg(NVME_REG_DOORBELLS + 4, (2 * i) % DEPTH);
	}
}

static void command(struct input *in)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12 };
	static const uint8_t io[] = { 0, 1, 2, 5, 8, 9, 12 };
	unsigned int i, qid = take8(in) % (QUEUES + 1);
	uint8_t opcode = take8(in), nsid = take8(in);
	struct nvme_sqe sqe = {
		.flags = take8(in) ? 0 : take8(in),
		.cid = htole16(take8(in)),
		.nsid = htole32(nsid & 0x80 ? 0xffffffffU - (nsid & 1) : nsid & 3),
	};

	if (opcode & 0x80)
		sqe.opcode = opcode;
	else
		sqe.opcode = qid ? io[opcode % sizeof(io)] : admin[opcode % sizeof(admin)];
	sqe.prp1 = htole64(take_address(in));
	sqe.prp2 = htole64(take_address(in));
	for (i = 0; i < 6; i++) {
		uint8_t kind = take8(in);

		if (kind & 1)
			sqe.cdw[i] = htole32(kind >> 1);
		else if (kind & 2)
			sqe.cdw[i] = htole32(take32(in));
	}
	put_command(qid, &sqe);
}

/* Page addresses, one after the other, at a place where a list may be. */
static void prp_list(struct input *in)
{
	uint64_t at = take_address(in) & ~7ULL, entry;
	unsigned int i, count = take8(in) % 64;

	for (i = 0; i < count; i++) {
		entry = htole64(take8(in) & 1 ? take_address(in) : at & ~4095ULL);
		poke(at + 8 * i, &entry, sizeof(entry));
	}
}

static void step(struct input *in)
{
	uint8_t what = take8(in);
	uint32_t value;

	switch (what % 16) {
	case 0:
		write_reg(take8(in) * 4 % 0x40, take32(in));
		break;
	case 1:
		value = take32(in);
		write_reg(NVME_REG_DOORBELLS + take8(in) % 24 * 4,
			  what & 16 ? value : value % DEPTH);
		break;
	case 2:
		prp_list(in);
		break;
	case 3:
		value = take32(in);
		poke(take_address(in), &value, sizeof(value));
		break;
	case 4:
		enable(take8(in) & 1 ? take32(in) | 1 : 0x00460001 | (take8(in) & 7U) << 7);
		break;
	case 5:
		write_reg(NVME_REG_CC, take8(in) & 1 ? 0 : 0x00464001);
		break;
	case 6:
		fn->still = what >> 4 & 7;
		if (fn->attached)
			fakebus_detach(fn);
		else
			fakebus_attach(fn);
		break;
	case 7:
		fn->master = take8(in) & 3;
		break;
	case 8:
		if (take8(in) & 1)
			fn->ops->reset(fn->model);
		break;
	case 9:
		poll_some(take8(in) & 15);
		break;
	case 10:
		write_reg(NVME_REG_NSSR, 0x4e564d65);
		break;
	default:
		command(in);
		break;
	}
	if (!(what & 128))
		poll_some(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* All I/O must end by itself. */
static void settle(void)
{
	uint64_t start = now_ns();

	fakebus_attach(fn);
	do {
		poll_some(1);
		if (now_ns() - start > 10ULL * 1000000000ULL) {
			fprintf(stderr, "fuzz_nvme: the model stays busy\n");
			abort();
		}
	} while (fn->ops->busy(fn->model));
	json_decref(fn->ops->stats(fn->model));
}

static void setup(void)
{
	/* In memory: a flush of a disk takes longer than all the rest. */
	char path[] = "/dev/shm/pvpci-fuzz-XXXXXX", json[256];
	int file = mkstemp(path);
	struct error err;

	log_setup(0);
	if (file < 0 || ftruncate(file, FILE_BYTES))
		abort();
	snprintf(json, sizeof(json),
		 "{\"queues\": %u, \"namespaces\": [{\"file\": \"%s\"}, " SELF "]}", QUEUES, path);
	fn = fakebus_create(&nvme_model, json, &err);
	if (!fn) {
		fprintf(stderr, "fuzz_nvme: %s: %s\n", err.where, err.text);
		abort();
	}
	unlink(path);
	close(file);
}

/**
 * LLVMFuzzerTestOneInput - run one program
 * @data: steps
 * @bytes: length
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = { data, bytes };
	unsigned int steps = 0;

	if (!fn)
		setup();
	fn->ops->reset(fn->model);
	fakebus_attach(fn);
	fn->master = true;
	memset(fakebus_ram(fn, AREA, AREA_BYTES), 0, AREA_BYTES + 0x2000 * (QUEUES + 1));
	if (take8(&in) & 3)
		enable(0x00460001);
	while (in.left && steps++ < MAX_STEPS)
		step(&in);
	fn->master = true;
	settle();
	return 0;
}
