// SPDX-License-Identifier: GPL-2.0
/* The DMA engine: every command once, data and checksum compared. */

#include <linux/crc32.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>

#include "testdev.h"

/* One command, completed by interrupt vector 0; returns 0 and the checksum. */
static int testdev_dma(struct testdev *dev, u32 command, u64 source, u64 destination,
		       size_t bytes, u32 seed, u32 *crc)
{
	struct pvpci_testdev_regs __iomem *regs = dev->regs;
	u32 seq = readl(&regs->dma_seq) + 1;
	u32 ack, status;
	int ret;

	reinit_completion(&dev->done);
	writeq(source, &regs->dma_source);
	writeq(destination, &regs->dma_destination);
	writeq(bytes, &regs->dma_bytes);
	writel(command, &regs->dma_command);
	writel(seed, &regs->dma_seed);
	writel(dev->nr_vectors ? 0 : PVPCI_TESTDEV_NO_VECTOR, &regs->dma_vector);
	writel(seq, &regs->dma_seq);

	if (dev->nr_vectors &&
	    !wait_for_completion_timeout(&dev->done, msecs_to_jiffies(TESTDEV_TIMEOUT_MS))) {
		pci_err(dev->pdev, "DMA command %u: no interrupt in %u ms\n", command,
			TESTDEV_TIMEOUT_MS);
		return -ETIMEDOUT;
	}
	ret = readl_poll_timeout(&regs->dma_ack, ack, ack == seq, 100,
				 TESTDEV_TIMEOUT_MS * USEC_PER_MSEC);
	if (ret)
		return ret;
	status = readl(&regs->dma_status);
	if (status) {
		pci_err(dev->pdev, "DMA command %u ended with status %u\n", command, status);
		return -EIO;
	}
	*crc = readl(&regs->dma_crc32);
	return 0;
}

/* zlib's crc32() of memory */
static u32 testdev_crc32(const void *data, size_t bytes)
{
	return crc32_le(~0U, data, bytes) ^ ~0U;
}

/* Fill the device's memory, fetch it, hand it back, and copy it here. */
static int testdev_dma_steps(struct testdev *dev, u8 *cpu, dma_addr_t dma, size_t bytes)
{
	u32 seed = get_random_u32() & 0xff;
	u32 crc, wanted;
	size_t i;
	int ret;

	ret = testdev_dma(dev, PVPCI_TESTDEV_DMA_FILL, 0, 0, bytes, seed, &crc);
	if (ret)
		return ret;
	ret = testdev_dma(dev, PVPCI_TESTDEV_DMA_WRITE, 0, dma, bytes, 0, &crc);
	if (ret)
		return ret;
	for (i = 0; i < bytes; i++)
		if (cpu[i] != (u8)(seed + i))
			return -EILSEQ;
	wanted = testdev_crc32(cpu, bytes);
	if (crc != wanted)
		return -EBADMSG;

	ret = testdev_dma(dev, PVPCI_TESTDEV_DMA_READ, dma, 0, bytes, 0, &crc);
	if (ret)
		return ret;
	if (crc != wanted)
		return -EBADMSG;

	ret = testdev_dma(dev, PVPCI_TESTDEV_DMA_COPY, dma, dma + bytes, bytes, 0, &crc);
	if (ret)
		return ret;
	if (crc != wanted || memcmp(cpu, cpu + bytes, bytes))
		return -EBADMSG;
	return 0;
}

/**
 * testdev_dma_roundtrip - move data to the device, back, and beside itself
 * @dev: the function
 * @bytes: how much, 1 to PVPCI_TESTDEV_BUFFER_BYTES
 *
 * Context: process, sleeps; takes @dev->lock.
 * Return: 0; -EILSEQ for wrong data, -EBADMSG for a wrong checksum, -EIO for a
 * status of the device, -ETIMEDOUT.
 */
int testdev_dma_roundtrip(struct testdev *dev, size_t bytes)
{
	dma_addr_t dma;
	void *cpu;
	int ret;

	if (!bytes || bytes > PVPCI_TESTDEV_BUFFER_BYTES)
		return -EINVAL;
	cpu = dma_alloc_coherent(&dev->pdev->dev, 2 * bytes, &dma, GFP_KERNEL);
	if (!cpu)
		return -ENOMEM;
	mutex_lock(&dev->lock);
	ret = dev->regs ? testdev_dma_steps(dev, cpu, dma, bytes) : -ENODEV;
	mutex_unlock(&dev->lock);
	dma_free_coherent(&dev->pdev->dev, 2 * bytes, cpu, dma);
	return ret;
}
