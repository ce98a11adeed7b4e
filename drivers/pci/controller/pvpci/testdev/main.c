// SPDX-License-Identifier: GPL-2.0
/*
 * Guest driver of pvpcid's testdev model: registers, interrupts and DMA, moved
 * by hand through sysfs (Documentation/ABI/testing/sysfs-driver-pvpci_testdev).
 */

#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/interrupt.h>
#include <linux/module.h>

#include "testdev.h"

static unsigned int vectors = 2048;
module_param(vectors, uint, 0444);
MODULE_PARM_DESC(vectors, "interrupt vectors to allocate for each function at most");

static unsigned int probe_ms;
module_param(probe_ms, uint, 0444);
MODULE_PARM_DESC(probe_ms, "how long it takes to take a function, as drivers of real devices may");

static irqreturn_t testdev_irq(int irq, void *data)
{
	struct testdev_vector *vector = data;

	atomic_inc(&vector->count);
	WRITE_ONCE(vector->last_cpu, raw_smp_processor_id());
	if (vector == vector->dev->vector)
		complete(&vector->dev->done);
	return IRQ_HANDLED;
}

static struct testdev *to_testdev(struct device *dev)
{
	return pci_get_drvdata(to_pci_dev(dev));
}

/* Takes the lock for whoever wants the registers; NULL and no lock when there are none. */
static struct pvpci_testdev_regs __iomem *testdev_lock(struct testdev *dev)
{
	mutex_lock(&dev->lock);
	if (dev->regs)
		return dev->regs;
	mutex_unlock(&dev->lock);
	return NULL;
}

static ssize_t interrupts_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = to_testdev(device);
	unsigned int i;
	int len = 0;

	mutex_lock(&dev->lock);
	for (i = 0; i < dev->nr_vectors; i++)
		len += sysfs_emit_at(buf, len, "%u %d %u\n", pci_irq_vector(dev->pdev, i),
				     atomic_read(&dev->vector[i].count),
				     READ_ONCE(dev->vector[i].last_cpu));
	mutex_unlock(&dev->lock);
	return len;
}
static DEVICE_ATTR_RO(interrupts);

static ssize_t fire_store(struct device *device, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	struct testdev *dev = to_testdev(device);
	struct pvpci_testdev_regs __iomem *regs;
	unsigned int vector, times = 1;
	u32 seq, ack;
	int ret;

	if (sscanf(buf, "%u %u", &vector, &times) < 1)
		return -EINVAL;
	regs = testdev_lock(dev);
	if (!regs)
		return -ENODEV;
	seq = readl(&regs->fire_seq) + 1;
	writel(vector, &regs->fire_vector);
	writel(times, &regs->fire_count);
	writel(seq, &regs->fire_seq);
	ret = readl_poll_timeout(&regs->fire_ack, ack, ack == seq, 100,
				 TESTDEV_TIMEOUT_MS * USEC_PER_MSEC);
	if (!ret && readl(&regs->fire_status))
		ret = -ENXIO;
	mutex_unlock(&dev->lock);
	return ret ?: count;
}
static DEVICE_ATTR_WO(fire);

static ssize_t dma_store(struct device *device, struct device_attribute *attr,
			 const char *buf, size_t count)
{
	unsigned int bytes;
	int ret;

	ret = kstrtouint(buf, 0, &bytes);
	if (ret)
		return ret;
	return testdev_dma_roundtrip(to_testdev(device), bytes) ?: count;
}
static DEVICE_ATTR_WO(dma);

static ssize_t scratch_store(struct device *device, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	struct testdev *dev = to_testdev(device);
	u32 value, mirror;
	int ret;

	ret = kstrtou32(buf, 0, &value);
	if (ret)
		return ret;
	if (!testdev_lock(dev))
		return -ENODEV;
	writel(value, &dev->regs->scratch[0]);
	ret = readl_poll_timeout(&dev->regs->mirror[0], mirror, mirror == ~value, 100,
				 TESTDEV_TIMEOUT_MS * USEC_PER_MSEC);
	mutex_unlock(&dev->lock);
	return ret ?: count;
}

static ssize_t scratch_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = to_testdev(device);
	u32 value;

	if (!testdev_lock(dev))
		return -ENODEV;
	value = readl(&dev->regs->scratch[0]);
	mutex_unlock(&dev->lock);
	return sysfs_emit(buf, "%#x\n", value);
}
static DEVICE_ATTR_RW(scratch);

static struct attribute *testdev_attrs[] = {
	&dev_attr_interrupts.attr,
	&dev_attr_fire.attr,
	&dev_attr_dma.attr,
	&dev_attr_scratch.attr,
	NULL
};

static const struct attribute_group testdev_group = { .attrs = testdev_attrs };

static const struct attribute_group *testdev_groups[] = {
	&testdev_group,
	&testdev_block_group,
	&testdev_move_group,
	&testdev_eject_group,
	NULL
};

/**
 * testdev_init_vectors - allocate as many as the function and the parameter allow
 * @dev: the function, without vectors
 *
 * Return: 0, also when there are none; an errno.
 */
int testdev_init_vectors(struct testdev *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int i, ret, nr;

	nr = pci_alloc_irq_vectors(pdev, 1, vectors, PCI_IRQ_MSIX | PCI_IRQ_MSI);
	if (nr < 0)
		return nr == -ENOSPC || nr == -EINVAL ? 0 : nr;
	dev->vector = devm_kcalloc(&pdev->dev, nr, sizeof(*dev->vector), GFP_KERNEL);
	if (!dev->vector) {
		pci_free_irq_vectors(pdev);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		dev->vector[i].dev = dev;
		ret = pci_request_irq(pdev, i, testdev_irq, NULL, &dev->vector[i],
				      "testdev %s %d", pci_name(pdev), i);
		if (ret)
			goto err_free;
	}
	dev->nr_vectors = nr;
	return 0;

err_free:
	while (i--)
		pci_free_irq(pdev, i, &dev->vector[i]);
	pci_free_irq_vectors(pdev);
	return ret;
}

/**
 * testdev_exit_vectors - the opposite
 * @dev: the function
 */
void testdev_exit_vectors(struct testdev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nr_vectors; i++)
		pci_free_irq(dev->pdev, i, &dev->vector[i]);
	if (dev->nr_vectors)
		pci_free_irq_vectors(dev->pdev);
	dev->nr_vectors = 0;
	if (dev->vector)
		devm_kfree(&dev->pdev->dev, dev->vector);
	dev->vector = NULL;
}

/**
 * testdev_map - map the registers where they are now
 * @dev: the function, enabled
 *
 * Return: 0; -ENODEV when there is no testdev, an errno.
 */
int testdev_map(struct testdev *dev)
{
	resource_size_t start = pci_resource_start(dev->pdev, dev->bar);
	resource_size_t bytes = pci_resource_len(dev->pdev, dev->bar);
	u32 magic;

	if (!devm_request_mem_region(&dev->pdev->dev, start, bytes, KBUILD_MODNAME))
		return -EBUSY;
	dev->regs = devm_ioremap(&dev->pdev->dev, start, bytes);
	if (!dev->regs) {
		devm_release_mem_region(&dev->pdev->dev, start, bytes);
		return -ENOMEM;
	}
	magic = readl(&dev->regs->magic);
	if (magic == PVPCI_TESTDEV_MAGIC)
		return 0;
	pci_err(dev->pdev, "no testdev: BAR %d starts with %#x\n", dev->bar, magic);
	testdev_unmap(dev);
	return -ENODEV;
}

/**
 * testdev_unmap - leave the registers alone
 * @dev: the function, its BAR where it was mapped
 */
void testdev_unmap(struct testdev *dev)
{
	if (!dev->regs)
		return;
	devm_iounmap(&dev->pdev->dev, dev->regs);
	devm_release_mem_region(&dev->pdev->dev, pci_resource_start(dev->pdev, dev->bar),
				pci_resource_len(dev->pdev, dev->bar));
	dev->regs = NULL;
}

static int testdev_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct testdev *dev;
	int bars, ret;

	dev = devm_kzalloc(&pdev->dev, sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->pdev = pdev;
	mutex_init(&dev->lock);
	init_completion(&dev->done);

	msleep(probe_ms);
	bars = pci_select_bars(pdev, IORESOURCE_MEM);
	if (!bars)
		return -ENODEV;
	dev->bar = __ffs(bars);
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = testdev_map(dev);
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	pci_set_master(pdev);
	pci_set_drvdata(pdev, dev);
	ret = testdev_init_vectors(dev);
	if (ret)
		return ret;
	testdev_init_blocks(dev);
	testdev_init_eject(dev);
	return 0;
}

static void testdev_remove(struct pci_dev *pdev)
{
	testdev_exit_eject(pci_get_drvdata(pdev));
	testdev_exit_move(pci_get_drvdata(pdev));
	testdev_exit_blocks(pci_get_drvdata(pdev));
	testdev_exit_vectors(pci_get_drvdata(pdev));
	pci_clear_master(pdev);
}

static const struct pci_device_id testdev_ids[] = {
	{ PCI_DEVICE(PVPCI_VENDOR, PVPCI_DEVICE_TESTDEV) },
	{ }
};
MODULE_DEVICE_TABLE(pci, testdev_ids);

static struct pci_driver testdev_driver = {
	.name = KBUILD_MODNAME,
	.id_table = testdev_ids,
	.probe = testdev_probe,
	.remove = testdev_remove,
	.dev_groups = testdev_groups,
};
module_pci_driver(testdev_driver);

MODULE_DESCRIPTION("Driver of pvpcid's testdev model");
MODULE_LICENSE("GPL");
