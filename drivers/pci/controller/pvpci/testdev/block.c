// SPDX-License-Identifier: GPL-2.0
/*
 * Config blocks, read and written by hand.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/pvpci.h>
#include <linux/string.h>

#include <pvpci/compat.h>

#include "testdev.h"

static struct testdev *to_testdev(struct device *dev)
{
	return pci_get_drvdata(to_pci_dev(dev));
}

static void invalidated(void *context, u64 blocks)
{
	struct testdev *dev = context;

	mutex_lock(&dev->lock);
	dev->invalidations++;
	dev->invalid_blocks |= blocks;
	mutex_unlock(&dev->lock);
}

/* "N" chooses the block to read, "N HEX" writes it. */
static ssize_t block_store(struct device *device, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct testdev *dev = to_testdev(device);
	char hex[2 * PVPCI_BLOCK_BYTES + 1] = "";
	u8 data[PVPCI_BLOCK_BYTES];
	unsigned int block;
	size_t bytes;

	if (sscanf(buf, "%u %256s", &block, hex) < 1 || block >= PVPCI_NUM_BLOCKS)
		return -EINVAL;
	WRITE_ONCE(dev->block, block);
	bytes = strlen(hex) / 2;
	if (!bytes)
		return count;
	if (hex2bin(data, hex, bytes))
		return -EINVAL;
	return pvpci_write_config_block(dev->pdev, block, data, bytes) ?: count;
}

static ssize_t block_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = to_testdev(device);
	u8 data[PVPCI_BLOCK_BYTES];
	int bytes;

	bytes = pvpci_read_config_block(dev->pdev, READ_ONCE(dev->block), data, sizeof(data));
	if (bytes < 0)
		return bytes;
	return sysfs_emit(buf, "%*phN\n", bytes, data);
}
static DEVICE_ATTR_RW(block);

static ssize_t invalidations_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = to_testdev(device);
	ssize_t len;

	mutex_lock(&dev->lock);
	len = sysfs_emit(buf, "%u %#llx\n", dev->invalidations, dev->invalid_blocks);
	mutex_unlock(&dev->lock);
	return len;
}
static DEVICE_ATTR_RO(invalidations);

static struct attribute *block_attrs[] = {
	&dev_attr_block.attr,
	&dev_attr_invalidations.attr,
	NULL
};

const struct attribute_group testdev_block_group = { .attrs = block_attrs };

/**
 * testdev_init_blocks - hear of invalidations where there are blocks
 * @dev: the function
 */
void testdev_init_blocks(struct testdev *dev)
{
	int ret = pvpci_register_block_invalidate(dev->pdev, invalidated, dev);

	dev->listening = !ret;
	if (ret && ret != -ENODEV && ret != -EOPNOTSUPP)
		pci_warn(dev->pdev, "No invalidations of config blocks (%d)\n", ret);
}

/**
 * testdev_exit_blocks - no more of them
 * @dev: the function
 */
void testdev_exit_blocks(struct testdev *dev)
{
	if (dev->listening)
		pvpci_unregister_block_invalidate(dev->pdev);
}
