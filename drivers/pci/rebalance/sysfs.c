// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - /sys/kernel/pci_rebalance
 *
 * Reports longer than a page are binary attributes, which may be read in pieces.
 */
#include <linux/kobject.h>
#include <linux/pci.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <pvpci/compat.h>

#include "answer.h"
#include "hotadd.h"
#include "parse.h"
#include "record.h"
#include "report.h"
#include "request.h"
#include "snapshot.h"
#include "sysfs.h"

#define REPORT_BYTES	(256 * 1024)

static struct kobject *directory;

static ssize_t run(const char *buffer, size_t count, bool dry)
{
	struct rebalance_request request = { .dry = dry };
	char *text = kstrndup(buffer, count, GFP_KERNEL);
	const char *why;
	int error;

	if (!text)
		return -ENOMEM;
	error = parse_request(text, &request, &why);
	if (error)
		answer_refuse(error, why);
	else
		error = request_run(&request);
	pci_dev_put(request.dev);
	kfree(text);
	return error ? error : count;
}

static ssize_t request_store(struct kobject *object, struct kobj_attribute *attribute,
			     const char *buffer, size_t count)
{
	return run(buffer, count, false);
}

static ssize_t dry_run_store(struct kobject *object, struct kobj_attribute *attribute,
			     const char *buffer, size_t count)
{
	return run(buffer, count, true);
}

static ssize_t result_show(struct kobject *object, struct kobj_attribute *attribute, char *buffer)
{
	struct seq_buf text;

	seq_buf_init(&text, buffer, PAGE_SIZE);
	answer_result(&text);
	return seq_buf_used(&text);
}

static struct kobj_attribute request_attribute = __ATTR(request, 0200, NULL, request_store);
static struct kobj_attribute dry_run_attribute = __ATTR(dry_run, 0200, NULL, dry_run_store);
static struct kobj_attribute result_attribute = __ATTR_RO(result);

/* Let @report see every host bridge. */
static void each_root(struct seq_buf *text,
		      void (*report)(const struct rebalance_snapshot *s, struct seq_buf *text))
{
	struct rebalance_request request = { .level = hotadd_level(), .bytes = PAGE_SIZE };
	struct rebalance_snapshot s;
	struct pci_bus *bus = NULL;

	pci_lock_rescan_remove();
	while ((bus = pci_find_next_bus(bus))) {
		request.bus = bus;
		if (!snapshot_take(&s, &request))
			report(&s, text);
		snapshot_free(&s);
	}
	pci_unlock_rescan_remove();
}

static void put_functions(struct seq_buf *text)
{
	each_root(text, report_functions);
}

static void put_space(struct seq_buf *text)
{
	each_root(text, report_space);
}

static ssize_t report_read(struct file *file, struct kobject *object,
			   pvpci_bin_const struct bin_attribute *attribute, char *buffer,
			   loff_t offset, size_t count)
{
	void (*put)(struct seq_buf *text) = attribute->private;
	char *memory = kvmalloc(REPORT_BYTES, GFP_KERNEL);
	struct seq_buf text;
	ssize_t bytes;

	if (!memory)
		return -ENOMEM;
	seq_buf_init(&text, memory, REPORT_BYTES);
	put(&text);
	bytes = memory_read_from_buffer(buffer, count, &offset, memory, seq_buf_used(&text));
	kvfree(memory);
	return bytes;
}

/* FUNCTION idle|in-use|no */
static ssize_t allow_write(struct file *file, struct kobject *object,
			   pvpci_bin_const struct bin_attribute *attribute, char *buffer,
			   loff_t offset, size_t count)
{
	char *text = kstrndup(buffer, count, GFP_KERNEL);
	enum rebalance_consent consent;
	struct pci_dev *dev = NULL;
	int error;

	if (!text)
		return -ENOMEM;
	error = parse_consent(text, &dev, &consent);
	/* Not for the next one at its address. */
	pci_lock_rescan_remove();
	if (!error)
		error = device_is_registered(&dev->dev) ? record_consent(dev, consent) : -ENODEV;
	pci_unlock_rescan_remove();
	pci_dev_put(dev);
	kfree(text);
	if (!error)
		hotadd_look_again();
	return error ? error : count;
}

#define REPORT(what, put, bits, ...)					\
static pvpci_bin_const struct bin_attribute what##_attribute = {			\
	.attr = { .name = __stringify(what), .mode = bits },		\
	.private = put,							\
	.read = report_read,						\
	__VA_ARGS__							\
}

REPORT(plan, answer_plan, 0444);
REPORT(functions, put_functions, 0444);
REPORT(space, put_space, 0444);
REPORT(allow, record_show, 0644, .write = allow_write);

static struct attribute *attributes[] = {
	&request_attribute.attr, &dry_run_attribute.attr, &result_attribute.attr, NULL,
};

static pvpci_bin_const struct bin_attribute *pvpci_bin_const bin_attributes[] = {
	&plan_attribute, &functions_attribute, &space_attribute, &allow_attribute, NULL,
};

static const struct attribute_group group = {
	.attrs = attributes,
	.bin_attrs = bin_attributes,
};

/**
 * sysfs_init - create the directory
 *
 * Return: 0 or a negative errno.
 */
int sysfs_init(void)
{
	int error;

	directory = kobject_create_and_add("pci_rebalance", kernel_kobj);
	if (!directory)
		return -ENOMEM;
	error = sysfs_create_group(directory, &group);
	if (error)
		kobject_put(directory);
	return error;
}

/**
 * sysfs_exit - remove it
 */
void sysfs_exit(void)
{
	sysfs_remove_group(directory, &group);
	kobject_put(directory);
}
