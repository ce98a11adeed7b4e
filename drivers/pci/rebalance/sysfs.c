// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - /sys/kernel/pci_rebalance
 *
 * Reports longer than a page are binary attributes, which may be read in pieces.
 */
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "rebalance.h"

#define REPORT_BYTES	(64 * 1024)

static struct kobject *directory;

static int wrong(const char **why, int error, const char *reason)
{
	*why = reason;
	return error;
}

static int parse_level(const char *word, enum rebalance_level *level, const char **why)
{
	int parsed = rebalance_parse_level(word);

	if (parsed <= REBALANCE_OFF)
		return wrong(why, -EINVAL,
			     "an option is none of prefetch, 32bit (for a hole), idle, cooperative, rebind");
	*level = parsed;
	return 0;
}

static int parse_function(const char *word, struct rebalance_request *request, const char **why)
{
	unsigned int domain, bus, device, function;
	char rest;

	if (sscanf(word, "%x:%x:%x.%x%c", &domain, &bus, &device, &function, &rest) != 4 ||
	    strcspn(word, ":") > 8 || bus > 255 || device > 31 || function > 7)
		return wrong(why, -EINVAL, "a function is DOMAIN:BUS:DEVICE.FUNCTION");
	request->dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(device, function));
	return request->dev ? 0 : wrong(why, -ENODEV, "no such function");
}

static int parse_hole(const char *word, char **rest, struct rebalance_request *request,
		      const char **why)
{
	unsigned int domain, bus;
	char *size = strsep(rest, " "), *end;
	char tail;

	if (sscanf(word, "%x:%x%c", &domain, &bus, &tail) != 2 || strcspn(word, ":") > 8 ||
	    bus > 255)
		return wrong(why, -EINVAL, "a bus is DOMAIN:BUS");
	if (!size)
		return wrong(why, -EINVAL, "a bus is given without the size of the hole");
	request->bytes = memparse(size, &end);
	if (*end || !is_power_of_2(request->bytes))
		return wrong(why, -EINVAL,
			     "the size of a hole is a power of two, perhaps with K, M or G");
	request->domain = domain;
	request->number = bus;
	return 0;
}

/* FUNCTION [LEVEL], or BUS BYTES [prefetch] [32bit] [LEVEL] */
static int parse(char *text, struct rebalance_request *request, const char **why)
{
	char *rest = strim(text), *word = strsep(&rest, " ");
	int error;

	request->level = REBALANCE_REBIND;
	if (!word || !*word)
		return wrong(why, -EINVAL, "nothing is asked for");
	error = strchr(word, '.') ? parse_function(word, request, why) :
				    parse_hole(word, &rest, request, why);
	while (!error && (word = strsep(&rest, " "))) {
		if (request->bytes && !strcmp(word, "prefetch"))
			request->prefetch = true;
		else if (request->bytes && !strcmp(word, "32bit"))
			request->low = true;
		else
			error = parse_level(word, &request->level, why);
	}
	return error;
}

static ssize_t run(const char *buffer, size_t count, bool dry)
{
	struct rebalance_request request = { .dry = dry };
	char *text = kstrndup(buffer, count, GFP_KERNEL);
	const char *why;
	int error;

	if (!text)
		return -ENOMEM;
	error = parse(text, &request, &why);
	if (error)
		rebalance_refuse(error, why);
	else
		error = rebalance_run(&request);
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
	struct seq_buf result, plan;
	ssize_t bytes;

	mutex_lock(rebalance_mutex());
	rebalance_results(&result, &plan);
	bytes = sysfs_emit(buffer, "%s", result.buffer);
	mutex_unlock(rebalance_mutex());
	return bytes;
}

static ssize_t allow_show(struct kobject *object, struct kobj_attribute *attribute, char *buffer)
{
	struct seq_buf text;

	seq_buf_init(&text, buffer, PAGE_SIZE);
	mutex_lock(rebalance_mutex());
	consent_show(&text);
	mutex_unlock(rebalance_mutex());
	return seq_buf_used(&text);
}

/* FUNCTION idle|in-use|no; the function need not be there yet */
static ssize_t allow_store(struct kobject *object, struct kobj_attribute *attribute,
			   const char *buffer, size_t count)
{
	static const char * const words[] = {
		[REBALANCE_CONSENT_NONE] = "no", [REBALANCE_CONSENT_MOVE] = "idle",
		[REBALANCE_CONSENT_IN_USE] = "in-use",
	};
	unsigned int domain, bus, device, function;
	char word[8];
	int consent, error;

	if (sscanf(buffer, "%x:%x:%x.%x %7s", &domain, &bus, &device, &function, word) != 5 ||
	    domain > 0xffffff || bus > 255 || device > 31 || function > 7)
		return -EINVAL;
	consent = sysfs_match_string(words, word);
	if (consent < 0)
		return consent;
	mutex_lock(rebalance_mutex());
	error = consent_set(domain, bus, PCI_DEVFN(device, function), consent);
	mutex_unlock(rebalance_mutex());
	return error ? error : count;
}

static struct kobj_attribute request_attribute = __ATTR(request, 0200, NULL, request_store);
static struct kobj_attribute dry_run_attribute = __ATTR(dry_run, 0200, NULL, dry_run_store);
static struct kobj_attribute result_attribute = __ATTR_RO(result);
static struct kobj_attribute allow_attribute = __ATTR(allow, 0644, allow_show, allow_store);

/* Let @report see every host bridge. */
static void each_root(struct seq_buf *text,
		      void (*report)(const struct rebalance_snapshot *s, struct seq_buf *text))
{
	struct rebalance_request request = { .level = REBALANCE_REBIND, .bytes = PAGE_SIZE };
	struct rebalance_snapshot s;
	struct pci_bus *bus = NULL;

	mutex_lock(rebalance_mutex());
	pci_lock_rescan_remove();
	while ((bus = pci_find_next_bus(bus))) {
		request.bus = bus;
		if (!snapshot_take(&s, &request))
			report(&s, text);
		snapshot_free(&s);
	}
	pci_unlock_rescan_remove();
	mutex_unlock(rebalance_mutex());
}

static void put_plan(struct seq_buf *text)
{
	struct seq_buf result, plan;

	mutex_lock(rebalance_mutex());
	rebalance_results(&result, &plan);
	seq_buf_printf(text, "%s", plan.buffer);
	mutex_unlock(rebalance_mutex());
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
			   struct bin_attribute *attribute, char *buffer, loff_t offset,
			   size_t count)
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

#define REPORT(what)							\
static struct bin_attribute what##_attribute = {			\
	.attr = { .name = __stringify(what), .mode = 0444 },		\
	.private = put_##what,						\
	.read = report_read,						\
}

REPORT(plan);
REPORT(functions);
REPORT(space);

static struct attribute *attributes[] = {
	&request_attribute.attr, &dry_run_attribute.attr, &result_attribute.attr,
	&allow_attribute.attr, NULL,
};

static struct bin_attribute *bin_attributes[] = {
	&plan_attribute, &functions_attribute, &space_attribute, NULL,
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
