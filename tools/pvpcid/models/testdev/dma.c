// SPDX-License-Identifier: GPL-2.0
/*
 * The test function's DMA engine: a little in each poll, so that a long copy
 * does not hold up the bus.
 */
#include <string.h>

#include "testdev.h"

#define PART_BYTES	(256 * 1024)	/* moved in one poll */
#define PAGE_BYTES	4096

/* IEEE 802.3, reflected, as zlib's crc32(). */
static uint32_t crc32_update(uint32_t crc, const uint8_t *data, size_t bytes)
{
	static uint32_t table[256];
	uint32_t i, bit;

	if (!table[1]) {
		for (i = 0; i < 256; i++) {
			uint32_t value = i;

			for (bit = 0; bit < 8; bit++)
				value = value >> 1 ^ (value & 1 ? 0xedb88320U : 0);
			table[i] = value;
		}
	}
	crc = ~crc;
	while (bytes--)
		crc = crc >> 8 ^ table[(crc ^ *data++) & 0xff];
	return ~crc;
}

static uint32_t check(const struct testdev_dma *dma)
{
	uint64_t limit = PVPCI_TESTDEV_BUFFER_BYTES;
	uint64_t own;

	if (dma->command == PVPCI_TESTDEV_DMA_COPY) {
		if (!dma->bytes || dma->bytes > PVPCI_TESTDEV_COPY_BYTES)
			return PVPCI_TESTDEV_LENGTH;
		if (dma->source + dma->bytes < dma->source)
			return PVPCI_TESTDEV_SOURCE;
		if (dma->destination + dma->bytes < dma->destination)
			return PVPCI_TESTDEV_DESTINATION;
		if (dma->source < dma->destination + dma->bytes &&
		    dma->destination < dma->source + dma->bytes)
			return PVPCI_TESTDEV_OVERLAP;
		return PVPCI_TESTDEV_OK;
	}
	switch (dma->command) {
	case PVPCI_TESTDEV_DMA_READ:
	case PVPCI_TESTDEV_DMA_FILL:
		own = dma->destination;
		break;
	case PVPCI_TESTDEV_DMA_WRITE:
		own = dma->source;
		break;
	default:
		return PVPCI_TESTDEV_COMMAND;
	}
	if (!dma->bytes || dma->bytes > limit || own > limit - dma->bytes)
		return PVPCI_TESTDEV_LENGTH;
	return PVPCI_TESTDEV_OK;
}

void testdev_dma_start(struct testdev *dev, uint32_t seq)
{
	struct pvpci_testdev_regs regs;
	struct testdev_dma *dma = &dev->dma;
	uint32_t status;

	memcpy(&regs, dev->regs, sizeof(regs));
	*dma = (struct testdev_dma){
		.active = true,
		.command = le32toh(regs.dma_command),
		.seed = le32toh(regs.dma_seed),
		.vector = le32toh(regs.dma_vector),
		.seq = seq,
		.source = le64toh(regs.dma_source),
		.destination = le64toh(regs.dma_destination),
		.bytes = le64toh(regs.dma_bytes),
	};
	status = check(dma);
	if (!status && dma->vector != PVPCI_TESTDEV_NO_VECTOR &&
	    dma->vector >= testdev_vectors(dev))
		status = PVPCI_TESTDEV_VECTOR;
	if (status)
		testdev_dma_end(dev, status);
	else
		testdev_dma_run(dev);
}

/* As much as lies in one page on both sides. */
static uint32_t move_page(struct testdev *dev)
{
	struct testdev_dma *dma = &dev->dma;
	uint64_t source = dma->source + dma->done;
	uint64_t destination = dma->destination + dma->done;
	uint64_t part = dma->bytes - dma->done;
	const uint8_t *from;
	uint8_t *to;
	uint64_t i;

	if (part > PAGE_BYTES - source % PAGE_BYTES)
		part = PAGE_BYTES - source % PAGE_BYTES;
	if (part > PAGE_BYTES - destination % PAGE_BYTES)
		part = PAGE_BYTES - destination % PAGE_BYTES;
	if (dma->command == PVPCI_TESTDEV_DMA_WRITE || dma->command == PVPCI_TESTDEV_DMA_COPY)
		to = function_dma(dev->fn, destination, part);
	else
		to = dev->memory->buffer + destination;
	if (!to)
		return PVPCI_TESTDEV_DESTINATION;
	if (dma->command == PVPCI_TESTDEV_DMA_FILL) {
		for (i = 0; i < part; i++)
			to[i] = (uint8_t)(dma->seed + dma->done + i);
	} else {
		if (dma->command == PVPCI_TESTDEV_DMA_WRITE)
			from = dev->memory->buffer + source;
		else
			from = function_dma(dev->fn, source, part);
		if (!from)
			return PVPCI_TESTDEV_SOURCE;
		memcpy(to, from, part);
	}
	dma->crc32 = crc32_update(dma->crc32, to, part);
	dma->done += part;
	dev->stats.bytes += part;
	return PVPCI_TESTDEV_OK;
}

void testdev_dma_run(struct testdev *dev)
{
	struct testdev_dma *dma = &dev->dma;
	uint64_t most = dma->done + PART_BYTES;
	uint32_t status;

	while (dma->done < dma->bytes && dma->done < most) {
		status = move_page(dev);
		if (status) {
			testdev_dma_end(dev, status);
			return;
		}
	}
	if (dma->done == dma->bytes)
		testdev_dma_end(dev, PVPCI_TESTDEV_OK);
}

void testdev_dma_end(struct testdev *dev, uint32_t status)
{
	struct testdev_dma *dma = &dev->dma;

	dma->active = false;
	dev->dma_ack = dma->seq;
	dev->dma_status = status;
	dev->dma_crc32 = dma->crc32;
	dev->dma_done = dma->done;
	if (status)
		dev->stats.errors++;
	else
		dev->stats.transfers++;
	if (!dev->regs)
		return;
	/* The registers are right before the interrupt comes. */
	testdev_publish(dev);
	if (dma->vector < testdev_vectors(dev))
		testdev_raise(dev, dma->vector);
}
