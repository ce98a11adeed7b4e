// SPDX-License-Identifier: GPL-2.0
/*
 * testdev: registers, interrupts, DMA, BARs of all kinds.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/pvpci.h>
#include <linux/pvpci_testdev.h>

#include "nvme_tests.h"

static struct function *make(const char *json)
{
	struct error err;
	struct function *fn = fakebus_create(&testdev_model, json, &err);

	if (!fn)
		fail_msg("%s: %s", err.where, err.text);
	fakebus_attach(fn);
	return fn;
}

static struct pvpci_testdev_regs *regs_of(struct function *fn)
{
	unsigned int bar = 0;

	while (!fn->bar_bytes[bar])
		bar++;
	return function_bar(fn, bar, 0, 4096);
}

#define PAGE "{\"bar\": 0, \"bytes\": 4096}"
#define HUGE "{\"bar\": 2, \"bytes\": \"128G\", \"bits\": 64, \"prefetch\": true}"
#define LARGE "{\"bar\": 4, \"bytes\": \"2G\"}"
#define WIDE "{\"bar\": 0, \"bytes\": 4096, \"bits\": 64}"
#define SLOW "\"attach_us\": 50000, \"detach_us\": 100000"
#define SMALL "{\"bars\": [{\"bar\": 0, \"bytes\": \"64K\", \"bits\": 64}], \"msix\": 4}"

static void registers(void **state)
{
	struct function *fn = make(SMALL);
	struct pvpci_testdev_regs *regs = regs_of(fn);
	unsigned int i;

	(void)state;
	assert_int_equal(le32toh(regs->magic), PVPCI_TESTDEV_MAGIC);
	assert_int_equal(le32toh(regs->version), 1);
	assert_int_equal(le32toh(regs->vectors), 4);
	assert_int_equal(le32toh(regs->features), PVPCI_TESTDEV_F_MSIX);
	assert_int_equal(le64toh(regs->bar_bytes[0]), 65536);
	assert_int_equal(le32toh(regs->attaches), 1);
	for (i = 0; i < PVPCI_TESTDEV_SCRATCH; i++)
		regs->scratch[i] = htole32(0x1111 * i);
	regs->magic = 0;
	fakebus_poll(fn);
	assert_int_equal(le32toh(regs->magic), PVPCI_TESTDEV_MAGIC);
	for (i = 0; i < PVPCI_TESTDEV_SCRATCH; i++)
		assert_int_equal(le32toh(regs->mirror[i]), ~(0x1111 * i));
	/* Kept while memory-enable is off. */
	memset((uint8_t *)regs + 4096, 0x5a, 4096);
	fakebus_detach(fn);
	assert_false(fn->ops->poll(fn->model));
	fakebus_attach(fn);
	regs = regs_of(fn);
	assert_int_equal(le32toh(regs->scratch[3]), 0x3333);
	assert_int_equal(((uint8_t *)regs)[8191], 0x5a);
	assert_int_equal(le32toh(regs->attaches), 2);
	fn->ops->reset(fn->model);
	assert_int_equal(le32toh(regs->scratch[3]), 0);
	assert_int_equal(le32toh(regs->attaches), 0);
	/* And the same while memory-enable is off. */
	regs->scratch[3] = htole32(5);
	fakebus_detach(fn);
	fn->ops->reset(fn->model);
	fakebus_attach(fn);
	regs = regs_of(fn);
	assert_int_equal(le32toh(regs->scratch[3]), 0);
	assert_int_equal(le32toh(regs->attaches), 1);
	fakebus_destroy(fn);
}

static void fire(void **state)
{
	struct function *fn = make(SMALL);
	struct pvpci_testdev_regs *regs = regs_of(fn);

	(void)state;
	regs->fire_vector = htole32(2);
	regs->fire_seq = htole32(7);
	fakebus_poll(fn);
	assert_int_equal(le32toh(regs->fire_ack), 7);
	assert_int_equal(le32toh(regs->fire_status), PVPCI_TESTDEV_OK);
	assert_int_equal(fn->interrupts[2], 1);
	fakebus_poll(fn);
	assert_int_equal(fn->interrupts[2], 1);
	regs->fire_count = htole32(100);
	regs->fire_seq = htole32(8);
	fakebus_poll(fn);
	assert_int_equal(fn->interrupts[2], 101);
	assert_int_equal(le32toh(regs->fire_total), 101);
	regs->fire_vector = htole32(4);
	regs->fire_seq = htole32(9);
	fakebus_poll(fn);
	assert_int_equal(le32toh(regs->fire_ack), 9);
	assert_int_equal(le32toh(regs->fire_status), PVPCI_TESTDEV_VECTOR);
	fakebus_destroy(fn);
}

static uint32_t dma(struct function *fn, uint32_t command, uint64_t source,
		    uint64_t destination, uint64_t bytes)
{
	struct pvpci_testdev_regs *regs = regs_of(fn);
	uint32_t seq = le32toh(regs->dma_seq) + 1;

	regs->dma_command = htole32(command);
	regs->dma_source = htole64(source);
	regs->dma_destination = htole64(destination);
	regs->dma_bytes = htole64(bytes);
	regs->dma_vector = htole32(1);
	regs->dma_seq = htole32(seq);
	fakebus_poll(fn);
	assert_int_equal(le32toh(regs->dma_ack), seq);
	return le32toh(regs->dma_status);
}

static void dma_moves(void **state)
{
	struct function *fn = make(SMALL);
	struct pvpci_testdev_regs *regs = regs_of(fn);
	uint8_t *low = fakebus_ram(fn, 0, FAKEBUS_LOW_BYTES);
	unsigned int i;

	(void)state;
	/* Nothing of ours is in the buffer of a function that was just made. */
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, 0, 0x300001, 1 << 20), PVPCI_TESTDEV_OK);
	for (i = 0; i < 1 << 20; i++)
		assert_int_equal(low[0x300001 + i], 0);
	fn->interrupts[1] = 0;
	memcpy(low + 0x10ffc, "123456789", 9);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, 0x10ffc, 5, 9), PVPCI_TESTDEV_OK);
	/* The check value of CRC-32. */
	assert_int_equal(le32toh(regs->dma_crc32), 0xcbf43926);
	assert_int_equal(fn->interrupts[1], 1);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, 5, 0x20ffe, 9), PVPCI_TESTDEV_OK);
	assert_memory_equal(low + 0x20ffe, "123456789", 9);
	regs->dma_seed = htole32(3);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_FILL, 0, 0, 1 << 20), PVPCI_TESTDEV_OK);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, 0, 0x300001, 1 << 20), PVPCI_TESTDEV_OK);
	for (i = 0; i < 1 << 20; i += 997)
		assert_int_equal(low[0x300001 + i], (uint8_t)(3 + i));
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_COPY, 0x300001, FAKEBUS_HIGH + 7, 1 << 20),
			 PVPCI_TESTDEV_OK);
	assert_memory_equal(low + 0x300001, fakebus_ram(fn, FAKEBUS_HIGH + 7, 1 << 20), 1 << 20);
	assert_int_equal(le64toh(regs->dma_done), 1 << 20);
	/* A reset leaves nothing behind in the buffer. */
	fn->ops->reset(fn->model);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, 0, 0x300001, 1 << 20), PVPCI_TESTDEV_OK);
	for (i = 0; i < 1 << 20; i++)
		assert_int_equal(low[0x300001 + i], 0);
	fakebus_destroy(fn);
}

static void dma_refused(void **state)
{
	struct function *fn = make(SMALL);
	const uint64_t mem = PVPCI_TESTDEV_BUFFER_BYTES;

	(void)state;
	assert_int_equal(dma(fn, 0, 0, 0, 1), PVPCI_TESTDEV_COMMAND);
	assert_int_equal(dma(fn, 99, 0, 0, 1), PVPCI_TESTDEV_COMMAND);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, 0, 0, 0), PVPCI_TESTDEV_LENGTH);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, 0, 1, mem), PVPCI_TESTDEV_LENGTH);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, 0, UINT64_MAX, 2), PVPCI_TESTDEV_LENGTH);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, mem, 0, 1), PVPCI_TESTDEV_LENGTH);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_COPY, 0, 0x1000, UINT64_MAX),
			 PVPCI_TESTDEV_LENGTH);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, FAKEBUS_LOW_BYTES - 4, 0, 8),
			 PVPCI_TESTDEV_SOURCE);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_WRITE, 0, FAKEBUS_LOW_BYTES, 8),
			 PVPCI_TESTDEV_DESTINATION);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_COPY, UINT64_MAX - 3, 0, 8),
			 PVPCI_TESTDEV_SOURCE);
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_COPY, 0x1000, 0x1fff, 0x1000),
			 PVPCI_TESTDEV_OVERLAP);
	fn->master = false;
	assert_int_equal(dma(fn, PVPCI_TESTDEV_DMA_READ, 0x1000, 0, 8), PVPCI_TESTDEV_SOURCE);
	fakebus_destroy(fn);
}

static void dma_stopped(void **state)
{
	struct function *fn = make(SMALL);
	struct pvpci_testdev_regs *regs = regs_of(fn);

	(void)state;
	regs->dma_command = htole32(PVPCI_TESTDEV_DMA_COPY);
	regs->dma_source = htole64(0);
	regs->dma_destination = htole64(0x400000);
	regs->dma_bytes = htole64(0x400000);
	regs->dma_vector = htole32(PVPCI_TESTDEV_NO_VECTOR);
	regs->dma_seq = htole32(1);
	fn->ops->poll(fn->model);
	assert_true(fn->ops->busy(fn->model));
	fakebus_detach(fn);
	fakebus_attach(fn);
	regs = regs_of(fn);
	assert_int_equal(le32toh(regs->dma_ack), 1);
	assert_int_equal(le32toh(regs->dma_status), PVPCI_TESTDEV_STOPPED);
	fakebus_poll(fn);
	assert_false(fn->ops->busy(fn->model));
	fakebus_destroy(fn);
}

static void kinds_of_bars(void **state)
{
	struct function *fn = make("{\"bars\": [" HUGE "," PAGE "," LARGE
				   "], \"msix\": 2048, \"msi\": 8}");

	(void)state;
	assert_int_equal(fn->bar_bytes[2], 128ULL << 30);
	assert_true(fn->bar_mem64[2]);
	/* BAR 0 is too small and BAR 2 too large; BAR 4 has room at its end. */
	assert_int_equal(fn->msix_bar, 4);
	assert_int_equal(fn->msix_pba, (2U << 30) - 4096);
	assert_int_equal(le32toh(regs_of(fn)->bars), 0x15);
	fakebus_destroy(fn);
	/* Nowhere to put the table: a BAR of its own. */
	fn = make("{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"msix\": 3}");
	assert_int_equal(fn->msix_bar, 1);
	assert_int_equal(fn->bar_bytes[1], 8192);
	fakebus_destroy(fn);
}

struct bad_conf {
	const char *json;
	const char *where;
};

static void configuration(void **state)
{
	static const struct bad_conf bad[] = {
		{ "{}", "" },
		{ "{\"bars\": []}", "bars" },
		{ "{\"bars\": [3]}", "bars/0" },
		{ "{\"bars\": [{\"bar\": 0}]}", "bars/0" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4097}]}", "bars/0/bytes" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 2048}]}", "bars/0/bytes" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"4Q\"}]}", "bars/0/bytes" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"4G\"}]}", "bars/0/bytes" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"64T\", \"bits\": 64}]}",
		  "bars/0/bytes" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"4M\", \"smallest\": \"8M\"}]}",
		  "bars/0/smallest" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"4M\", \"smallest\": 65536}]}",
		  "bars/0/smallest" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": \"4M\", \"smallest\": 0}]}",
		  "bars/0/smallest" },
		{ "{\"bars\": [{\"bar\": 6, \"bytes\": 4096}]}", "bars/0/bar" },
		{ "{\"bars\": [{\"bar\": 5, \"bytes\": 4096, \"bits\": 64}]}", "bars/0/bar" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"bits\": 16}]}", "bars/0/bits" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"prefetch\": 1}]}",
		  "bars/0/prefetch" },
		{ "{\"bars\": [" WIDE ", {\"bar\": 1, \"bytes\": 4096}]}",
		  "bars/1/bar" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"color\": 1}]}", "bars/0/color" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"msi\": 3}", "msi" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"msi\": 64}", "msi" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"msix\": 2049}", "msix" },
		{ "{\"bars\": [{\"bar\": 5, \"bytes\": 4096}], \"msix\": 1}", "msix" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"attach_us\": 10000001}",
		  "attach_us" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"detach_us\": -1}", "detach_us" },
		{ "{\"bars\": [{\"bar\": 0, \"bytes\": 4096}], \"soft_reset\": 1}", "soft_reset" },
	};
	struct error err;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (fakebus_create(&testdev_model, bad[i].json, &err))
			fail_msg("row %u was taken: %s", i, bad[i].json);
		if (strcmp(err.where, bad[i].where) || !err.text[0])
			fail_msg("row %u: \"%s\" at \"%s\"", i, err.text, err.where);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void cost(void **state)
{
	double start = seconds(), middle;
	struct function *fn;

	(void)state;
	fn = make("{\"bars\": [" PAGE "], " SLOW "}");
	middle = seconds();
	assert_true(middle - start >= 0.05);
	fakebus_detach(fn);
	assert_true(seconds() - middle >= 0.1);
	fakebus_destroy(fn);
}

static void blocks(void **state)
{
	const struct model_ops *ops = &testdev_model;
	struct function *fn = make(SMALL);
	struct pvpci_testdev_identity identity;
	const uint64_t mask = htole64(1ULL << 63 | 1ULL << 7);
	uint8_t data[PVPCI_BLOCK_BYTES];

	(void)state;
	assert_int_equal(ops->read_block(fn->model, PVPCI_TESTDEV_BLOCK_IDENTITY,
					 (uint8_t *)&identity, sizeof(identity)),
			 sizeof(identity));
	assert_int_equal(le64toh(identity.serial), function_serial(fn));
	assert_true(ops->write_block(fn->model, PVPCI_TESTDEV_BLOCK_IDENTITY, data, 8) < 0);
	assert_int_equal(ops->read_block(fn->model, 7, data, sizeof(data)), 0);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(ops->write_block(fn->model, 7, data, 128), 0);
	assert_true(ops->write_block(fn->model, PVPCI_TESTDEV_BLOCK_INVALIDATE, data, 7) < 0);
	assert_int_equal(fn->invalid_blocks, 0);
	assert_int_equal(ops->write_block(fn->model, PVPCI_TESTDEV_BLOCK_INVALIDATE,
					  (const uint8_t *)&mask, 8), 0);
	assert_true(fn->invalid_blocks == (1ULL << 63 | 1ULL << 7));
	assert_int_equal(ops->read_block(fn->model, 7, data, 3), 3);
	assert_int_equal(data[0], 0);
	assert_int_equal(data[1], 0xff);
	ops->reset(fn->model);
	assert_int_equal(ops->read_block(fn->model, 7, data, sizeof(data)), 0);
	fakebus_destroy(fn);
}

static void soft_reset(void **state)
{
	struct function *fn = make("{\"bars\": [" PAGE "], \"soft_reset\": true}");
	struct error err;

	(void)state;
	assert_true(fn->soft_reset);
	fakebus_destroy(fn);
	assert_null(fakebus_create(&testdev_model, "{\"bars\": [" PAGE "], \"soft_reset\": 1}",
				   &err));
	assert_string_equal(err.where, "soft_reset");
}

const struct CMUnitTest model_testdev_tests[] = {
	cmocka_unit_test(registers),
	cmocka_unit_test(fire),
	cmocka_unit_test(dma_moves),
	cmocka_unit_test(dma_refused),
	cmocka_unit_test(dma_stopped),
	cmocka_unit_test(kinds_of_bars),
	cmocka_unit_test(configuration),
	cmocka_unit_test(cost),
	cmocka_unit_test(blocks),
	cmocka_unit_test(soft_reset),
};

const size_t model_testdev_count = sizeof(model_testdev_tests) / sizeof(model_testdev_tests[0]);
