// SPDX-License-Identifier: GPL-2.0
/*
 * The test function's config blocks.
 */
#include <errno.h>
#include <string.h>

#include "testdev.h"

static void put(struct testdev *dev, unsigned int block, const void *data, unsigned int bytes)
{
	memcpy(dev->block[block], data, bytes);
	dev->block_bytes[block] = bytes;
}

static void put_identity(struct testdev *dev)
{
	struct pvpci_testdev_identity identity = {
		.serial = htole64(function_serial(dev->fn)),
		.resets = htole32((uint32_t)dev->stats.resets),
	};

	put(dev, PVPCI_TESTDEV_BLOCK_IDENTITY, &identity, sizeof(identity));
}

static int invalidate(struct testdev *dev, const uint8_t *data, unsigned int bytes)
{
	unsigned int i;
	uint64_t mask;

	if (bytes != sizeof(mask))
		return -ERANGE;
	memcpy(&mask, data, sizeof(mask));
	mask = le64toh(mask);
	for (i = 0; i < PVPCI_NUM_BLOCKS; i++)
		if (mask >> i & 1)
			dev->block[i][0]++;
	put(dev, PVPCI_TESTDEV_BLOCK_INVALIDATE, data, bytes);
	function_invalidate_blocks(dev->fn, mask);
	return 0;
}

int testdev_read_block(void *model, unsigned int block, uint8_t *data, unsigned int bytes)
{
	struct testdev *dev = model;

	if (block == PVPCI_TESTDEV_BLOCK_IDENTITY)
		put_identity(dev);
	if (bytes > dev->block_bytes[block])
		bytes = dev->block_bytes[block];
	memcpy(data, dev->block[block], bytes);
	return (int)bytes;
}

int testdev_write_block(void *model, unsigned int block, const uint8_t *data, unsigned int bytes)
{
	struct testdev *dev = model;

	if (block == PVPCI_TESTDEV_BLOCK_IDENTITY)
		return -ERANGE;
	if (block == PVPCI_TESTDEV_BLOCK_INVALIDATE)
		return invalidate(dev, data, bytes);
	put(dev, block, data, bytes);
	return 0;
}
