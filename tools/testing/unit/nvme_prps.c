// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: physical region pages, right ones and wrong ones (4.3).
 */
#include <stdlib.h>
#include <string.h>

#include "nvme_tests.h"

#define DNR	NVME_SC_DNR

static uint16_t read_with(struct host *host, uint64_t prp1, uint64_t prp2, uint32_t blocks)
{
	struct nvme_sqe sqe = {
		.opcode = NVME_IO_READ,
		.nsid = htole32(1),
		.prp1 = htole64(prp1),
		.prp2 = htole64(prp2),
		.cdw = { 0, 0, htole32(blocks - 1) },
	};

	return host_run(host, 1, &sqe, NULL);
}

static void put(struct host *host, uint64_t address, uint64_t entry)
{
	entry = htole64(entry);
	memcpy(host_mem(host, address), &entry, sizeof(entry));
}

static void offsets(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t page = host->data, list = fakebus_page(host->fn, 1);

	(void)state;
	host_ready(host);
	assert_int_equal(read_with(host, page + 4, 0, 1), 0);
	assert_int_equal(read_with(host, page + 1, 0, 1), NVME_SC_PRP_OFFSET | DNR);
	assert_int_equal(read_with(host, page + 2, 0, 1), NVME_SC_PRP_OFFSET | DNR);
	/* Two pages: PRP2 is a page, its offset is 0. */
	assert_int_equal(read_with(host, page, page + 4096, 16), 0);
	assert_int_equal(read_with(host, page, page + 4096 + 512, 16), NVME_SC_PRP_OFFSET | DNR);
	assert_int_equal(read_with(host, page + 4096 - 512, page + 4096, 9), 0);
	/* PRP2 is not looked at when PRP1 is enough. */
	assert_int_equal(read_with(host, page, 0x1234567, 8), 0);
	/* A list: quadword aligned, entries page aligned. */
	put(host, list, page + 4096);
	put(host, list + 8, page + 8192);
	assert_int_equal(read_with(host, page, list, 24), 0);
	assert_int_equal(read_with(host, page, list + 4, 24), NVME_SC_PRP_OFFSET | DNR);
	put(host, list + 8, page + 8192 + 8);
	assert_int_equal(read_with(host, page, list, 24), NVME_SC_PRP_OFFSET | DNR);
	host_free(host);
}

static void outside_memory(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t page = host->data, list = fakebus_page(host->fn, 1);

	(void)state;
	host_ready(host);
	assert_int_equal(read_with(host, 1ULL << 40, 0, 1), NVME_SC_DATA_TRANSFER | DNR);
	assert_int_equal(read_with(host, FAKEBUS_LOW_BYTES, 0, 1), NVME_SC_DATA_TRANSFER | DNR);
	assert_int_equal(read_with(host, ~4095ULL, 0, 1), NVME_SC_DATA_TRANSFER | DNR);
	assert_int_equal(read_with(host, FAKEBUS_LOW_BYTES - 4096, FAKEBUS_LOW_BYTES, 16),
			 NVME_SC_DATA_TRANSFER | DNR);
	assert_int_equal(read_with(host, page, 1ULL << 50, 24), NVME_SC_DATA_TRANSFER | DNR);
	put(host, list, page);
	put(host, list + 8, ~4095ULL);
	assert_int_equal(read_with(host, page, list, 24), NVME_SC_DATA_TRANSFER | DNR);
	assert_int_equal(read_with(host, FAKEBUS_HIGH + FAKEBUS_HIGH_BYTES - 512, 0, 1), 0);
	host_free(host);
}

/* Lists that lead to themselves end with the transfer. */
static void loops(void **state)
{
	struct host *host = host_new(512, "");
	uint64_t list = fakebus_page(host->fn, 1);
	unsigned int i;

	(void)state;
	host_ready(host);
	for (i = 0; i < 512; i++)
		put(host, list + 8 * i, list);
	assert_int_equal(read_with(host, host->data, list, 1024), 0);
	/* One entry in the first list: it is the pointer to the next, to itself. */
	for (i = 0; i < 512; i++)
		put(host, list + 8 * i, list);
	assert_int_equal(read_with(host, host->data, list + 4088, 1024), 0);
	/* A chain pointer with an offset would never end. */
	for (i = 0; i < 512; i++)
		put(host, list + 8 * i, list + 4088);
	assert_int_equal(read_with(host, host->data, list + 4088, 1024), NVME_SC_PRP_OFFSET | DNR);
	host_free(host);
}

static void limit(void **state)
{
	struct host *host = host_new(512, "");
	struct nvme_sqe sqe = { .opcode = NVME_IO_READ, .nsid = htole32(1) };

	(void)state;
	host_ready(host);
	host_prps(host, &sqe, host->data, 524288);
	sqe.cdw[2] = htole32(1023);
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	sqe.opcode = NVME_IO_COMPARE;
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	sqe.opcode = NVME_IO_VERIFY;
	assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
	sqe.opcode = NVME_IO_READ;
	/* One block above MDTS; the PRPs would do. */
	host_prps(host, &sqe, host->data, 528384);
	sqe.cdw[2] = htole32(1024);
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_FIELD | DNR);
	sqe.cdw[2] = htole32(0xffff);
	assert_int_equal(host_run(host, 1, &sqe, NULL), NVME_SC_INVALID_FIELD | DNR);
	host_free(host);
}

/* Random layouts, with lists that start anywhere: the data arrives where it should. */
static void random_layouts(void **state)
{
	struct host *host = host_new(512, "");
	static uint8_t reference[524288], got[524288];
	uint64_t pages[132], lists, list;
	unsigned int round, i;
	struct nvme_sqe sqe;

	(void)state;
	host_ready(host);
	for (i = 0; i < sizeof(reference); i++)
		reference[i] = (uint8_t)(i / 512 * 7 + i % 512);
	lists = fakebus_page(host->fn, 8);
	srand(1);
	for (round = 0; round < 300; round++) {
		uint32_t blocks = 1 + (uint32_t)rand() % 1024, bytes = blocks * 512;
		uint32_t offset = (uint32_t)rand() % 1024 * 4;
		uint32_t count = (offset + bytes + 4095) / 4096;
		uint32_t done = 0, first, start = (uint32_t)rand() % 512;

		for (i = 0; i < count; i++) {
			pages[i] = (i & 1 ? FAKEBUS_HIGH : 0x400000) +
				   (uint64_t)i * 4096 * (1 + round % 3);
			memset(host_mem(host, pages[i]), 0xee, 4096);
		}
		memset(&sqe, 0, sizeof(sqe));
		sqe.opcode = NVME_IO_READ;
		sqe.nsid = htole32(1);
		sqe.cdw[2] = htole32(blocks - 1);
		sqe.prp1 = htole64(pages[0] + offset);
		if (count == 2) {
			sqe.prp2 = htole64(pages[1]);
		} else if (count > 2) {
			unsigned int slot = start, page = 0;

			list = lists;
			sqe.prp2 = htole64(list + 8 * slot);
			for (i = 1; i < count; i++) {
				/* The last slot is a pointer when more than one entry is left. */
				if (slot == 511 && count - i > 1) {
					put(host, list + 8 * slot, lists + 4096ULL * ++page);
					list = lists + 4096ULL * page;
					slot = 0;
				}
				put(host, list + 8 * slot++, pages[i]);
			}
		}
		assert_int_equal(host_run(host, 1, &sqe, NULL), 0);
		for (i = 0; i < count; i++) {
			first = i ? 0 : offset;
			if (bytes - done < 4096 - first) {
				memcpy(got + done, (uint8_t *)host_mem(host, pages[i]) + first,
				       bytes - done);
				done = bytes;
			} else {
				memcpy(got + done, (uint8_t *)host_mem(host, pages[i]) + first,
				       4096 - first);
				done += 4096 - first;
			}
		}
		assert_memory_equal(got, reference, bytes);
	}
	host_free(host);
}

const struct CMUnitTest nvme_prps_tests[] = {
	cmocka_unit_test(offsets),
	cmocka_unit_test(outside_memory),
	cmocka_unit_test(loops),
	cmocka_unit_test(limit),
	cmocka_unit_test(random_layouts),
};

const size_t nvme_prps_count = sizeof(nvme_prps_tests) / sizeof(nvme_prps_tests[0]);
