// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses what a function provides.
 *
 * A driver's remove cannot say no, so this is found out before it is called, from
 * the devices below the function: disks that somebody has open, network interfaces
 * that are configured. A function that a program drives through VFIO is in use, too:
 * its remove would wait for that program. Nobody counts the openers of a character
 * device; a driver for whose users that matters asks to be asked (eject_veto.c).
 */
#include <linux/blkdev.h>
#include <linux/inetdevice.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <net/addrconf.h>

#include <pvpci/multipath.h>

#include "hotplug/in_use.h"

#define MAX_DEPTH	8	/* controller, namespace, disk: three are usual */

/**
 * struct search - for somebody who uses a function
 * @depth: below the function
 * @why: gets a sentence
 */
struct search {
	unsigned int depth;
	char *why;
};

static bool is_of_class(const struct device *dev, const char *name)
{
	return dev->class && !strcmp(dev->class->name, name);
}

#ifdef CONFIG_BLOCK
static bool is_open(struct device *disk, char *why)
{
	if (!disk_openers(dev_to_disk(disk)))
		return false;
	snprintf(why, PVPCI_WHY_BYTES, "disk %s is open", dev_name(disk));
	return true;
}

/* A path of a multipath disk has no users, its disk has, and goes on if there is another path. */
static bool is_open_disk(struct device *dev, char *why)
{
	struct device *disk;
	bool open;

	if (!is_of_class(dev, "block") || !dev->type || strcmp(dev->type->name, "disk"))
		return false;
	if (!pvpci_is_path(dev))
		return is_open(dev, why);
	if (pvpci_path_has_other(dev))
		return false;
	disk = pvpci_path_disk(dev);
	open = disk && is_open(disk, why);
	put_device(disk);
	return open;
}
#else
static bool is_open_disk(struct device *dev, char *why)
{
	return false;
}
#endif

#ifdef CONFIG_INET
/* Link-local addresses come by themselves. */
static bool has_address(struct net_device *net)
{
	struct in_device *in = __in_dev_get_rcu(net);
#if IS_ENABLED(CONFIG_IPV6)
	struct inet6_dev *in6 = __in6_dev_get(net);
	struct inet6_ifaddr *address;

	if (in6)
		list_for_each_entry_rcu(address, &in6->addr_list, if_list)
			if (!(ipv6_addr_type(&address->addr) & IPV6_ADDR_LINKLOCAL))
				return true;
#endif
	return in && rcu_access_pointer(in->ifa_list);
}

static bool is_used_interface(struct device *dev, char *why)
{
	struct list_head *iter;
	struct net_device *net, *upper;
	bool ret = false;

	if (!is_of_class(dev, "net"))
		return false;
	net = to_net_dev(dev);
	rcu_read_lock();
	iter = &net->adj_list.upper;
	upper = netdev_upper_get_next_dev_rcu(net, &iter);
	if (upper) {
		snprintf(why, PVPCI_WHY_BYTES, "interface %s is part of %s", net->name,
			 upper->name);
		ret = true;
	} else if (READ_ONCE(net->flags) & IFF_UP && has_address(net)) {
		snprintf(why, PVPCI_WHY_BYTES, "interface %s is up and has an address", net->name);
		ret = true;
	}
	rcu_read_unlock();
	return ret;
}
#else
static bool is_used_interface(struct device *dev, char *why)
{
	return false;
}
#endif

static int search_child(struct device *dev, void *data)
{
	struct search *search = data;
	int ret = 0;

	if (is_open_disk(dev, search->why) || is_used_interface(dev, search->why))
		return 1;
	if (++search->depth < MAX_DEPTH)
		ret = device_for_each_child(dev, search, search_child);
	search->depth--;
	return ret;
}

/* A driver that is being unbound may wait for its users for ever; not so this one. */
static bool is_driven_by_program(struct pci_dev *dev, char *why)
{
	bool ret;

	if (!device_trylock(&dev->dev)) {
		strscpy(why, "its driver is coming or going", PVPCI_WHY_BYTES);
		return true;
	}
	ret = dev->dev.driver && !strcmp(dev->dev.driver->name, "vfio-pci") && pci_is_enabled(dev);
	device_unlock(&dev->dev);
	if (ret)
		strscpy(why, "a program drives it through VFIO", PVPCI_WHY_BYTES);
	return ret;
}

/**
 * pvpci_in_use - does somebody use what a function provides?
 * @dev: the function
 * @why: gets one sentence, without a full stop, when somebody does
 *
 * Context: process context.
 * Return: whether somebody does.
 */
bool pvpci_in_use(struct pci_dev *dev, char why[PVPCI_WHY_BYTES])
{
	struct search search = { .why = why };

	if (is_driven_by_program(dev, why))
		return true;
	return device_for_each_child(&dev->dev, &search, search_child);
}
