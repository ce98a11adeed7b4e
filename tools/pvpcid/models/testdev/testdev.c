// SPDX-License-Identifier: GPL-2.0
/*
 * The test function: any BARs, registers to read back, interrupts to fire,
 * DMA, and a cost for each attach and detach.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/error.h"
#include "testdev.h"

#define MAX_FIRES	65536

static uint32_t load(const __le32 *reg)
{
	return le32toh(__atomic_load_n(reg, __ATOMIC_ACQUIRE));
}

static void store(__le32 *reg, uint32_t value)
{
	__atomic_store_n(reg, htole32(value), __ATOMIC_RELEASE);
}

unsigned int testdev_vectors(const struct testdev *dev)
{
	return dev->msix > dev->msi ? dev->msix : dev->msi;
}

void testdev_raise(struct testdev *dev, uint32_t vector)
{
	dev->fire_total++;
	dev->stats.fires++;
	function_interrupt(dev->fn, vector);
}

/* The part that never changes, and the complement of the scratch registers. */
static void publish_constants(struct testdev *dev)
{
	struct pvpci_testdev_regs regs = {
		.magic = htole32(PVPCI_TESTDEV_MAGIC),
		.version = htole32(PVPCI_TESTDEV_VERSION),
		.features = htole32((dev->msix ? PVPCI_TESTDEV_F_MSIX : 0) |
				    (dev->msi ? PVPCI_TESTDEV_F_MSI : 0)),
		.vectors = htole32(testdev_vectors(dev)),
		.serial = htole64(function_serial(dev->fn)),
		.attaches = htole32(dev->attaches),
		.attach_us = htole32(dev->attach_us),
		.detach_us = htole32(dev->detach_us),
	};
	const size_t bytes = offsetof(struct pvpci_testdev_regs, scratch);
	uint32_t bars = 0;
	unsigned int i;

	for (i = 0; i < TESTDEV_BARS; i++) {
		regs.bar_bytes[i] = htole64(function_bar_bytes(dev->fn, i));
		bars |= (uint32_t)!!dev->bar_bytes[i] << i;
	}
	regs.bars = htole32(bars);
	if (memcmp(dev->regs, &regs, bytes))
		memcpy(dev->regs, &regs, bytes);
}

static bool publish_mirror(struct testdev *dev)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < PVPCI_TESTDEV_SCRATCH; i++) {
		uint32_t value = ~load(&dev->regs->scratch[i]);

		if (load(&dev->regs->mirror[i]) == value)
			continue;
		store(&dev->regs->mirror[i], value);
		found = true;
	}
	return found;
}

void testdev_publish(struct testdev *dev)
{
	struct pvpci_testdev_regs *regs = dev->regs;

	store(&regs->fire_status, dev->fire_status);
	store(&regs->fire_total, dev->fire_total);
	store(&regs->fire_ack, dev->fire_seq);
	store(&regs->dma_status, dev->dma_status);
	store(&regs->dma_crc32, dev->dma_crc32);
	memcpy(&regs->dma_done, &(__le64){ htole64(dev->dma_done) }, sizeof(regs->dma_done));
	store(&regs->dma_ack, dev->dma_ack);
}

static void fire(struct testdev *dev, uint32_t seq)
{
	uint32_t vector = load(&dev->regs->fire_vector);
	uint32_t count = load(&dev->regs->fire_count);

	dev->fire_seq = seq;
	dev->fire_status = PVPCI_TESTDEV_OK;
	if (vector >= testdev_vectors(dev)) {
		dev->fire_status = PVPCI_TESTDEV_VECTOR;
		dev->stats.errors++;
		return;
	}
	if (count > MAX_FIRES)
		count = MAX_FIRES;
	do
		testdev_raise(dev, vector);
	while (count-- > 1);
}

static void power_on(struct testdev *dev)
{
	dev->attaches = 0;
	dev->fire_seq = 0;
	dev->fire_total = 0;
	dev->fire_status = 0;
	dev->dma_ack = 0;
	dev->dma_status = 0;
	dev->dma_crc32 = 0;
	dev->dma_done = 0;
	memset(&dev->dma, 0, sizeof(dev->dma));
	memset(dev->block_bytes, 0, sizeof(dev->block_bytes));
}

static void testdev_destroy(void *model)
{
	struct testdev *dev = model;

	if (dev->memory)
		munmap(dev->memory, sizeof(*dev->memory));
	free(dev);
}

static void *testdev_create(struct function *fn, json_t *conf, struct error *err)
{
	struct testdev *dev = calloc(1, sizeof(*dev));
	void *memory;

	if (!dev)
		goto no_memory;
	dev->fn = fn;
	if (testdev_configure(dev, conf, err))
		goto destroy;
	memory = mmap(NULL, sizeof(*dev->memory), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		goto no_memory;
	dev->memory = memory;
	power_on(dev);
	return dev;

no_memory:
	error_set(err, "out of memory");
destroy:
	if (dev)
		testdev_destroy(dev);
	return NULL;
}

/* What mapping a large BAR costs a real host; it blocks the bus, as there. */
static void spend(uint32_t us)
{
	struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L };

	while (us && nanosleep(&left, &left))
		;
}

/* Copy the kept part of each BAR, but not MSI-X table and pending bits: the bus's. */
static void keep(struct testdev *dev, bool restore)
{
	unsigned int i;

	for (i = 0; i < TESTDEV_BARS; i++) {
		uint64_t bytes = dev->bar_bytes[i];
		uint8_t *bar;

		if (dev->msix && i == dev->msix_bar && dev->msix_table < bytes)
			bytes = dev->msix_table;
		if (bytes > PVPCI_TESTDEV_KEPT_BYTES)
			bytes = PVPCI_TESTDEV_KEPT_BYTES;
		bar = bytes ? function_bar(dev->fn, i, 0, bytes) : NULL;
		if (!bar)
			continue;
		if (restore)
			memcpy(bar, dev->memory->kept[i], bytes);
		else
			memcpy(dev->memory->kept[i], bar, bytes);
	}
}

static void testdev_attach(void *model)
{
	struct testdev *dev = model;

	spend(dev->attach_us);
	dev->regs = function_bar(dev->fn, dev->first, 0, sizeof(*dev->regs));
	if (!dev->regs)
		return;
	dev->attaches++;
	dev->stats.attaches++;
	keep(dev, true);
	publish_constants(dev);
	publish_mirror(dev);
	testdev_publish(dev);
}

static void testdev_detach(void *model)
{
	struct testdev *dev = model;

	if (dev->dma.active)
		testdev_dma_end(dev, PVPCI_TESTDEV_STOPPED);
	if (dev->regs) {
		dev->stats.detaches++;
		testdev_publish(dev);
		keep(dev, false);
	}
	dev->regs = NULL;
	spend(dev->detach_us);
}

static void testdev_reset(void *model)
{
	struct testdev *dev = model;

	dev->stats.resets++;
	power_on(dev);
	/* Zeros again, at no cost: the kernel takes the pages back. */
	if (madvise(dev->memory, sizeof(*dev->memory), MADV_DONTNEED))
		memset(dev->memory, 0, sizeof(*dev->memory));
	if (!dev->regs)
		return;
	keep(dev, true);
	publish_constants(dev);
	publish_mirror(dev);
	testdev_publish(dev);
}

static bool testdev_poll(void *model)
{
	struct testdev *dev = model;
	bool found = false;
	uint32_t seq;

	if (!dev->regs)
		return false;
	publish_constants(dev);
	found |= publish_mirror(dev);
	seq = load(&dev->regs->fire_seq);
	if (seq != dev->fire_seq) {
		fire(dev, seq);
		found = true;
	}
	seq = load(&dev->regs->dma_seq);
	if (dev->dma.active) {
		testdev_dma_run(dev);
		found = true;
	} else if (seq != dev->dma_ack) {
		testdev_dma_start(dev, seq);
		found = true;
	}
	if (found || load(&dev->regs->dma_ack) != dev->dma_ack ||
	    load(&dev->regs->fire_ack) != dev->fire_seq)
		testdev_publish(dev);
	return found;
}

static bool testdev_busy(void *model)
{
	const struct testdev *dev = model;

	return dev->dma.active;
}

static json_t *testdev_stats(void *model)
{
	const struct testdev *dev = model;
	const struct testdev_stats *stats = &dev->stats;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "attaches", (json_int_t)stats->attaches,
			 "detaches", (json_int_t)stats->detaches,
			 "attach_us", (json_int_t)dev->attach_us,
			 "detach_us", (json_int_t)dev->detach_us,
			 "resets", (json_int_t)stats->resets,
			 "fires", (json_int_t)stats->fires,
			 "transfers", (json_int_t)stats->transfers,
			 "transfer_bytes", (json_int_t)stats->bytes,
			 "errors", (json_int_t)stats->errors);
}

const struct model_ops testdev_model = {
	.name = "testdev",
	.create = testdev_create,
	.destroy = testdev_destroy,
	.attach = testdev_attach,
	.detach = testdev_detach,
	.reset = testdev_reset,
	.poll = testdev_poll,
	.busy = testdev_busy,
	.stats = testdev_stats,
	.read_block = testdev_read_block,
	.write_block = testdev_write_block,
	.keys = testdev_keys,
};
