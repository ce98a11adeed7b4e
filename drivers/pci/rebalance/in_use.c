// SPDX-License-Identifier: GPL-2.0
/*
 * in_use.c - is what a driver makes of a function in use?
 *
 * A driver makes devices: disks, interfaces, nodes in /dev, or devices of another bus (virtio,
 * SCSI, USB) whose drivers make those. All of them are looked at.
 */
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <pvpci/multipath.h>

#include "bind.h"
#include "in_use.h"
#include "users.h"

/**
 * struct look - what devices are looked at for
 * @users: what processes have open
 * @online: before it is unbound there will be another path to what is behind an NVMe path
 */
struct look {
	const struct users *users;
	bool online;
};

static bool is_open(struct device *disk)
{
	return atomic_read(&dev_to_bdev(disk)->bd_openers);
}

/* Whose character device might be in use. */
struct node_search {
	const struct device *disk;
	const struct users *users;
};

static int is_node_in_use(struct device *node, void *data)
{
	const struct node_search *search = data;
	const char *numbers = dev_name(search->disk) + strlen("nvme");

	return !strncmp(dev_name(node), "ng", 2) && !strcmp(dev_name(node) + 2, numbers) &&
	       users_have_open(search->users, node->devt);
}

/* Its users wait for the path to come back, for longer than a move may take. */
static bool waits_for_path(struct device *disk)
{
	return pvpci_disk_waits(disk) > bind_limit();
}

/* The disk and its character device are children of its subsystem. */
static bool is_multipath_disk_in_use(struct device *disk, const struct users *users)
{
	struct node_search search = { .disk = disk, .users = users };

	return (is_open(disk) && !waits_for_path(disk)) ||
	       device_for_each_child(disk->parent, &search, is_node_in_use);
}

/* A disk with another path goes on; of a path whose disk is not known anybody may be a user. */
static bool is_disk_in_use(struct device *child, const struct look *look)
{
	struct device *disk;
	bool used;

	if (!pvpci_is_path(child))
		return is_open(child);
	if (look->online || pvpci_path_has_other(child))
		return false;
	disk = pvpci_path_disk(child);
	used = !disk || is_multipath_disk_in_use(disk, look->users);
	put_device(disk);
	return used;
}

static bool is_interface_in_use(struct device *child, const struct look *look)
{
	return to_net_dev(child)->flags & IFF_UP;
}

/* Its users in the kernel are not to be seen from here, and hardly anybody has it for nothing. */
static bool is_always_in_use(struct device *child, const struct look *look)
{
	return true;
}

/* What a class of devices knows of its users. */
static const struct {
	const char *class;
	bool (*applies)(struct device *child, const struct look *look);
} classes[] = {
	{"block", is_disk_in_use},
	{"net", is_interface_in_use},
	{"infiniband", is_always_in_use},
};

/*
 * Drivers whose device is used by something that is no device: a file system, a family of sockets.
 * Each user holds the driver's module. Those of memory that the kernel has are always in use.
 */
static const struct {
	const char *driver;
	bool always;
} modules[] = {
	{"virtiofs", false},
	{"9pnet_virtio", false},
	{"vmw_vsock_virtio_transport", false},
	{"virtio_balloon", true},
	{"virtio_mem", true},
};

static bool is_driver_in_use(const struct device_driver *driver)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modules); i++)
		if (!strcmp(driver->name, modules[i].driver))
			return modules[i].always || !driver->owner ||
			       module_refcount(driver->owner) > 0;
	return false;
}

/* Whoever holds its lock binds it, or uses it. */
static bool is_bound_and_in_use(struct device *child)
{
	bool used;

	if (!child->bus)
		return false;
	if (!device_trylock(child))
		return true;
	used = child->driver && is_driver_in_use(child->driver);
	device_unlock(child);
	return used;
}

static int is_child_in_use(struct device *child, void *data)
{
	const struct look *look = data;
	const char *class = child->class ? child->class->name : "";
	bool block = !strcmp(class, "block");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(class, classes[i].class) && classes[i].applies(child, look))
			return 1;
	/* The numbers of disks are others than those of character devices. */
	if (child->devt && !block && users_have_open(look->users, child->devt))
		return 1;
	return is_bound_and_in_use(child) ||
	       device_for_each_child(child, data, is_child_in_use);
}

/* What is behind a function. */
struct disks {
	unsigned int paths;
	unsigned int others;
};

static int count_disk(struct device *child, void *data)
{
	struct disks *disks = data;

	if (child->class && !strcmp(child->class->name, "block")) {
		if (pvpci_is_path(child))
			disks->paths++;
		else
			disks->others++;
	}
	return device_for_each_child(child, data, count_disk);
}

/**
 * in_use_leads_to_paths - is a function there for disks of NVMe multipath, and for nothing else?
 * @dev: function with a driver
 *
 * Context: process, device lock held.
 *
 * Return: true if it has at least one, and no disk that others cannot lead to.
 */
bool in_use_leads_to_paths(struct pci_dev *dev)
{
	struct disks disks = { };

	device_for_each_child(&dev->dev, &disks, count_disk);
	return disks.paths && !disks.others;
}

/**
 * in_use - does anybody use what a driver has made of a function?
 * @dev: function with a driver
 * @users: what processes have open
 * @online: NVMe paths do not count: there will be others
 *
 * Context: process, device lock held.
 *
 * Return: whether unbinding the driver would be noticed.
 */
bool in_use(struct pci_dev *dev, const struct users *users, bool online)
{
	struct look look = { .users = users, .online = online };

	return device_for_each_child(&dev->dev, &look, is_child_in_use);
}
