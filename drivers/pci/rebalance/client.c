// SPDX-License-Identifier: GPL-2.0
/*
 * client.c - drivers that registered to be moved
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci-rebalance.h>
#include <linux/slab.h>

#include "client.h"

/**
 * struct client - a driver that registered one device
 * @entry: in clients
 * @dev: the device
 * @ops: the driver's
 * @data: for @ops
 */
struct client {
	struct list_head entry;
	struct pci_dev *dev;
	const struct pci_rebalance_ops *ops;
	void *data;
};

/* Protects clients. Ops are called under the device's lock, which unregistering needs, too. */
static DEFINE_MUTEX(clients_lock);
static LIST_HEAD(clients);

static struct client *client_of(const struct pci_dev *dev)
{
	struct client *c;

	lockdep_assert_held(&clients_lock);
	list_for_each_entry(c, &clients, entry)
		if (c->dev == dev)
			return c;
	return NULL;
}

/**
 * pci_rebalance_register - say that a bound device can be moved
 * @dev: device that the caller's driver is bound to
 * @ops: how
 * @data: for @ops
 *
 * Context: process, device lock held, as in probe.
 *
 * Return: 0, -EINVAL for missing ops, -EEXIST, -ENOMEM.
 */
int pci_rebalance_register(struct pci_dev *dev, const struct pci_rebalance_ops *ops, void *data)
{
	struct client *c;
	int error = 0;

	if (!ops->ask || !ops->stop || !ops->restart)
		return -EINVAL;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->dev = dev;
	c->ops = ops;
	c->data = data;
	mutex_lock(&clients_lock);
	if (client_of(dev))
		error = -EEXIST;
	else
		list_add_tail(&c->entry, &clients);
	mutex_unlock(&clients_lock);
	if (error)
		kfree(c);
	return error;
}
EXPORT_SYMBOL_GPL(pci_rebalance_register);

/**
 * pci_rebalance_unregister - take pci_rebalance_register() back
 * @dev: device
 *
 * Context: process, device lock held, as in remove.
 */
void pci_rebalance_unregister(struct pci_dev *dev)
{
	struct client *c;

	mutex_lock(&clients_lock);
	c = client_of(dev);
	if (c)
		list_del(&c->entry);
	mutex_unlock(&clients_lock);
	kfree(c);
}
EXPORT_SYMBOL_GPL(pci_rebalance_unregister);

/**
 * client_find - how the driver of a device is to be asked
 * @dev: device
 * @ops: set to its driver's
 * @data: set to what they want
 *
 * Context: process, device lock held: both are right as long as it is.
 *
 * Return: false if its driver has not registered.
 */
bool client_find(const struct pci_dev *dev, const struct pci_rebalance_ops **ops, void **data)
{
	struct client *c;

	mutex_lock(&clients_lock);
	c = client_of(dev);
	if (c) {
		*ops = c->ops;
		*data = c->data;
	}
	mutex_unlock(&clients_lock);
	return c;
}
