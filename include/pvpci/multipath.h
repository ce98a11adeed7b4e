/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVMe multipath, seen from below: a namespace that several controllers may share is one
 * disk of its subsystem, nvmeXnZ, which is nobody's child on the PCI bus. Below each
 * controller there is a hidden disk, nvmeXcYnZ, its path, that nobody can open. Users of
 * the disk use the controllers.
 *
 * The driver exports nothing of this, so it is found by the names, which nvme-cli and
 * udev's rules rely on, and by the attributes that everybody can read.
 */
#ifndef _PVPCI_MULTIPATH_H
#define _PVPCI_MULTIPATH_H

#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#ifdef CONFIG_BLOCK

/** pvpci_is_path - is a device of class block a path, not a disk of its own? */
static inline bool pvpci_is_path(struct device *dev)
{
	return dev->type && !strcmp(dev->type->name, "disk") &&
	       dev_to_disk(dev)->flags & GENHD_FL_HIDDEN;
}

/* The numbers in nvmeXcYnZ; false for another name. */
static inline bool pvpci_path_numbers(const struct device *dev, unsigned int number[3])
{
	char end;

	return sscanf(dev_name(dev), "nvme%uc%un%u%c", &number[0], &number[1], &number[2],
		      &end) == 3;
}

/**
 * pvpci_path_disk - the disk that a path leads to
 * @path: for which pvpci_is_path()
 *
 * Context: process.
 * Return: its device, to be put; NULL when there is none, or it is not known.
 */
static inline struct device *pvpci_path_disk(struct device *path)
{
	unsigned int number[3];
	char name[DISK_NAME_LEN];

	if (!pvpci_path_numbers(path, number))
		return NULL;
	snprintf(name, sizeof(name), "nvme%un%u", number[0], number[2]);
	return class_find_device_by_name(path->class, name);
}

/* What an attribute that a driver has given a device reads; false if there is none. */
static inline bool pvpci_attribute_read(struct device *dev, const char *name, char *page)
{
	const struct attribute_group *const *group;
	struct device_attribute *attribute;
	struct attribute **attr;

	for (group = (const struct attribute_group *const *)dev->groups; group && *group; group++)
		for (attr = (struct attribute **)(*group)->attrs; attr && *attr; attr++) {
			if (strcmp((*attr)->name, name))
				continue;
			attribute = container_of(*attr, struct device_attribute, attr);
			return attribute->show && attribute->show(dev, attribute, page) > 0;
		}
	return false;
}

/* Does such an attribute read so? */
static inline bool pvpci_attribute_reads(struct device *dev, const char *name, const char *value)
{
	char *page = kzalloc(PAGE_SIZE, GFP_KERNEL);
	bool equal = page && pvpci_attribute_read(dev, name, page) && sysfs_streq(page, value);

	kfree(page);
	return equal;
}

/**
 * pvpci_disk_waits - for how long does a disk wait for a path when it has none?
 * @disk: from pvpci_path_disk()
 *
 * Linux 6.16 and later: "delayed_removal_secs". Its character device does not wait.
 *
 * Context: process.
 * Return: seconds; 0 when users have errors at once.
 */
static inline unsigned int pvpci_disk_waits(struct device *disk)
{
	char *page = kzalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int seconds = 0;

	if (page && pvpci_attribute_read(disk, "delayed_removal_secs", page) &&
	    kstrtouint(page, 10, &seconds))
		seconds = 0;
	kfree(page);
	return seconds;
}

static inline int pvpci_is_other_live_path(struct device *dev, const void *data)
{
	unsigned int mine[3], other[3];

	return pvpci_path_numbers(data, mine) && pvpci_path_numbers(dev, other) &&
	       mine[0] == other[0] && mine[1] != other[1] && mine[2] == other[2] &&
	       pvpci_is_path(dev) && dev->parent &&
	       pvpci_attribute_reads(dev->parent, "state", "live") &&
	       pvpci_attribute_reads(dev, "ana_state", "optimized");
}

/**
 * pvpci_path_has_other - would a disk go on without this path?
 * @path: for which pvpci_is_path()
 *
 * Another one is live, now.
 *
 * Context: process.
 */
static inline bool pvpci_path_has_other(struct device *path)
{
	struct device *other = class_find_device(path->class, NULL, path,
						 pvpci_is_other_live_path);

	put_device(other);
	return other;
}

#endif /* CONFIG_BLOCK */
#endif /* _PVPCI_MULTIPATH_H */
