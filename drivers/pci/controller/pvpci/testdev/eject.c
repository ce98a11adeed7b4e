// SPDX-License-Identifier: GPL-2.0
/*
 * A say before the function is ejected, and things that make it busy.
 */
#include <linux/device.h>
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pvpci.h>
#include <linux/string.h>

#include "testdev.h"

#ifdef CONFIG_INET
static bool net;
module_param(net, bool, 0444);
MODULE_PARM_DESC(net, "a network interface for each function, which drops what it is to send");

static netdev_tx_t drop(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops net_ops = { .ndo_start_xmit = drop };

static void add_interface(struct testdev *dev)
{
	struct net_device *netdev = net ? alloc_etherdev(0) : NULL;

	if (!netdev)
		return;
	netdev->netdev_ops = &net_ops;
	eth_hw_addr_random(netdev);
	SET_NETDEV_DEV(netdev, &dev->pdev->dev);
	if (register_netdev(netdev))
		free_netdev(netdev);
	else
		dev->netdev = netdev;
}

static void remove_interface(struct testdev *dev)
{
	if (!dev->netdev)
		return;
	unregister_netdev(dev->netdev);
	free_netdev(dev->netdev);
}
#else
static void add_interface(struct testdev *dev)
{
}

static void remove_interface(struct testdev *dev)
{
}
#endif

static int asked(void *context, char *why, size_t bytes)
{
	struct testdev *dev = context;
	int ret;

	mutex_lock(&dev->lock);
	dev->asked++;
	strscpy(why, dev->why, bytes);
	ret = dev->why[0] ? -EPERM : 0;
	mutex_unlock(&dev->lock);
	return ret;
}

static ssize_t eject_veto_store(struct device *device, struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct testdev *dev = pci_get_drvdata(to_pci_dev(device));

	mutex_lock(&dev->lock);
	strscpy(dev->why, buf, sizeof(dev->why));
	strim(dev->why);
	mutex_unlock(&dev->lock);
	return count;
}

static ssize_t eject_veto_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct testdev *dev = pci_get_drvdata(to_pci_dev(device));
	ssize_t len;

	mutex_lock(&dev->lock);
	len = sysfs_emit(buf, "%u %s\n", dev->asked, dev->why);
	mutex_unlock(&dev->lock);
	return len;
}
static DEVICE_ATTR_RW(eject_veto);

static struct attribute *eject_attrs[] = {
	&dev_attr_eject_veto.attr,
	NULL
};

const struct attribute_group testdev_eject_group = { .attrs = eject_attrs };

/**
 * testdev_init_eject - be asked from now on
 * @dev: the function
 */
void testdev_init_eject(struct testdev *dev)
{
	int ret = pvpci_register_eject_veto(dev->pdev, asked, dev);

	dev->has_say = !ret;
	if (ret && ret != -ENODEV)
		pci_warn(dev->pdev, "Will not be asked before an eject (%d)\n", ret);
	add_interface(dev);
}

/**
 * testdev_exit_eject - the opposite
 * @dev: the function
 */
void testdev_exit_eject(struct testdev *dev)
{
	remove_interface(dev);
	if (dev->has_say)
		pvpci_unregister_eject_veto(dev->pdev);
}
