// SPDX-License-Identifier: GPL-2.0
/*
 * owners.c - who owns a function, who is pinned and why, and how each is stopped and restarted
 */
#include <linux/blkdev.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/vgaarb.h>

#include "rebalance.h"
#include "trace.h"

/* Base class 08h, sub-class 06h (PCI Code and ID Assignment); pci_ids.h does not know it. */
#define CLASS_SYSTEM_IOMMU	0x0806

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

/* Protects clients. Ops are called under the device's lock, which unregistering needs. */
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

static bool is_bridge(const struct rebalance_owner *o)
{
	return pci_is_bridge(o->dev) || o->dev->class >> 16 == PCI_BASE_CLASS_BRIDGE;
}

static bool is_iommu(const struct rebalance_owner *o)
{
	return o->dev->class >> 8 == CLASS_SYSTEM_IOMMU;
}

/* An I/O APIC or a timer: the kernel has mapped it long ago without being its driver. */
static bool is_system(const struct rebalance_owner *o)
{
	return o->dev->class >> 8 == PCI_CLASS_SYSTEM_PIC ||
	       o->dev->class >> 8 == PCI_CLASS_SYSTEM_TIMER;
}

static bool is_display(const struct rebalance_owner *o)
{
	return o->dev->class >> 16 == PCI_BASE_CLASS_DISPLAY ||
	       o->dev->class >> 8 == PCI_CLASS_NOT_DEFINED_VGA || vga_default_device() == o->dev;
}

static bool has_fixed_addresses(const struct rebalance_owner *o)
{
	return pci_find_capability(o->dev, PCI_CAP_ID_EA);
}

static int is_host_bridge_device(struct device *child, void *unused)
{
	return !strncmp(dev_name(child), "pci", 3) && strchr(dev_name(child), ':');
}

static bool is_host_bridge_endpoint(const struct rebalance_owner *o)
{
	return device_for_each_child(&o->dev->dev, NULL, is_host_bridge_device);
}

static bool has_virtual_functions(const struct rebalance_owner *o)
{
	return o->dev->is_virtfn || pci_num_vf(o->dev);
}

static bool has_peer_memory(const struct rebalance_owner *o)
{
#ifdef CONFIG_PCI_P2PDMA
	return rcu_access_pointer(o->dev->p2pdma);
#else
	return false;
#endif
}

static bool is_vfio(const struct rebalance_owner *o)
{
	return o->driver && strstr(o->driver->name, "vfio");
}

static bool is_enabled_without_driver(const struct rebalance_owner *o)
{
	return !o->driver && atomic_read(&o->dev->enable_cnt);
}

/* On such a kernel mappings of resourceN files cannot be revoked, nor be seen. */
static bool mappings_cannot_be_revoked(const struct rebalance_owner *o)
{
	return !IS_ENABLED(CONFIG_IO_STRICT_DEVMEM);
}

static bool firmware_owns(const struct rebalance_owner *o)
{
	u16 command;

	if (o->driver)
		return false;
	pci_read_config_word(o->dev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MEMORY;
}

static bool has_driver_that_cannot_move(const struct rebalance_owner *o)
{
	return o->driver && !o->ops;
}

/* A path of a multipath disk is hidden; who has opened the disk cannot be seen from here. */
static bool is_disk_in_use(struct device *child)
{
	return atomic_read(&dev_to_bdev(child)->bd_openers) ||
	       dev_to_disk(child)->flags & GENHD_FL_HIDDEN;
}

static int is_child_in_use(struct device *child, void *unused)
{
	const char *class = child->class ? child->class->name : "";

	if (!strcmp(class, "block") && is_disk_in_use(child))
		return 1;
	if (!strcmp(class, "net") && (to_net_dev(child)->flags & IFF_UP))
		return 1;
	return device_for_each_child(child, NULL, is_child_in_use);
}

static bool is_in_use(const struct rebalance_owner *o)
{
	return o->driver && !o->ops && device_for_each_child(&o->dev->dev, NULL, is_child_in_use);
}

/*
 * Who is pinned, in the order in which the reasons are given. The last column says what the user
 * can allow for this function to lift the rule; NONE: nothing.
 */
static const struct {
	bool (*applies)(const struct rebalance_owner *o);
	const char *why;
	enum rebalance_consent unless;
} rules[] = {
	{is_bridge, "a bridge keeps its own BARs", REBALANCE_CONSENT_NONE},
	{is_iommu, "an IOMMU", REBALANCE_CONSENT_NONE},
	{is_system, "an interrupt controller or a timer", REBALANCE_CONSENT_NONE},
	{is_display, "display or legacy VGA", REBALANCE_CONSENT_NONE},
	{has_fixed_addresses, "fixed addresses (Enhanced Allocation)", REBALANCE_CONSENT_NONE},
	{is_host_bridge_endpoint, "a PCI host bridge is behind it", REBALANCE_CONSENT_NONE},
	{has_virtual_functions, "virtual functions are in use", REBALANCE_CONSENT_NONE},
	{has_peer_memory, "its memory is used by peers", REBALANCE_CONSENT_NONE},
	{is_vfio, "given to user space by VFIO", REBALANCE_CONSENT_NONE},
	{is_enabled_without_driver, "enabled by somebody who is not its driver",
	 REBALANCE_CONSENT_NONE},
	{mappings_cannot_be_revoked, "user mappings cannot be revoked", REBALANCE_CONSENT_MOVE},
	{firmware_owns, "decodes without a driver, firmware may use it", REBALANCE_CONSENT_MOVE},
	{has_driver_that_cannot_move, "its driver cannot move it", REBALANCE_CONSENT_MOVE},
	{is_in_use, "in use", REBALANCE_CONSENT_IN_USE},
};

/**
 * owner_judge - find out whether a function may be moved, and how
 * @owner: its @dev is set; the rest is filled in
 */
void owner_judge(struct rebalance_owner *owner)
{
	enum rebalance_consent consent = consent_of(owner->dev);
	struct client *c;
	unsigned int i;

	owner->driver = owner->dev->dev.driver;
	owner->way = owner->driver ? REBALANCE_REBIND : REBALANCE_IDLE;
	mutex_lock(&clients_lock);
	c = client_of(owner->dev);
	if (c) {
		owner->ops = c->ops;
		owner->data = c->data;
		owner->way = REBALANCE_COOPERATIVE;
	}
	mutex_unlock(&clients_lock);
	for (i = 0; i < ARRAY_SIZE(rules) && !owner->pinned; i++)
		if ((rules[i].unless == REBALANCE_CONSENT_NONE || consent < rules[i].unless) &&
		    rules[i].applies(owner))
			owner->pinned = rules[i].why;
}

/**
 * owner_cost - price of stopping a function
 * @owner: judged
 *
 * Return: weight; a function in use costs more than any number of idle ones is likely to.
 */
u32 owner_cost(const struct rebalance_owner *owner)
{
	static const u32 cost[REBALANCE_LEVELS] = {
		[REBALANCE_IDLE] = 10, [REBALANCE_COOPERATIVE] = 100, [REBALANCE_REBIND] = 1000,
	};

	return is_in_use(owner) ? 10000 : cost[owner->way];
}

/**
 * owner_way_name - how a function would be moved
 * @owner: judged
 *
 * Return: words for a report.
 */
const char *owner_way_name(const struct rebalance_owner *owner)
{
	static const char * const names[REBALANCE_LEVELS] = {
		[REBALANCE_IDLE] = "without a driver",
		[REBALANCE_COOPERATIVE] = "with its driver's help",
		[REBALANCE_REBIND] = "by unbinding and rebinding its driver",
	};

	return names[owner->way];
}

/**
 * owner_lock - lock a function against its driver and user space
 * @owner: judged
 *
 * Never waits: whoever holds the lock may be waiting for the rescan lock.
 *
 * Return: 0 or -EBUSY.
 */
int owner_lock(struct rebalance_owner *owner)
{
	if (owner->locked)
		return 0;
	if (!pci_dev_trylock(owner->dev)) {
		pci_info(owner->dev, "rebalance: somebody else holds the device\n");
		return -EBUSY;
	}
	owner->locked = true;
	return 0;
}

/**
 * owner_unlock - take owner_lock() back
 * @owner: locked or not
 */
void owner_unlock(struct rebalance_owner *owner)
{
	if (owner->locked)
		pci_dev_unlock(owner->dev);
	owner->locked = false;
}

/**
 * owner_release - let go of all that owner_ask() took
 * @owner: asked or not
 */
void owner_release(struct rebalance_owner *owner)
{
	owner_unlock(owner);
	if (owner->held)
		module_put(owner->driver->owner);
	owner->held = false;
}

/**
 * owner_ask - ask whether a function may be stopped
 * @owner: judged
 *
 * Locks it for the rest of the move, except where its driver is to be unbound.
 *
 * Return: 0 or the veto.
 */
int owner_ask(struct rebalance_owner *owner)
{
	int error = 0;

	if (owner->way != REBALANCE_REBIND)
		error = owner_lock(owner);
	else if (try_module_get(owner->driver->owner))
		owner->held = true;
	else
		error = -EBUSY;
	if (!error && owner->dev->dev.driver != owner->driver)
		error = -ESTALE;
	if (!error && owner->ops)
		error = owner->ops->ask(owner->dev, owner->data);
	trace_rebalance_owner(owner->dev, "ask", error);
	return error;
}

static int unbind(struct rebalance_owner *owner)
{
	device_release_driver(&owner->dev->dev);
	if (owner_lock(owner) || owner->dev->dev.driver) {
		owner_unlock(owner);
		return -EBUSY;
	}
	return 0;
}

/**
 * owner_stop - make a function leave its BARs alone
 * @owner: asked
 *
 * Return: 0 or a negative errno; owner_restart() is right after either.
 */
int owner_stop(struct rebalance_owner *owner)
{
	int error = 0;

	owner->stopped_at = ktime_get();
	owner->stopped = true;
	if (owner->way == REBALANCE_REBIND)
		error = unbind(owner);
	else if (owner->ops)
		error = owner->ops->stop(owner->dev, owner->data);
	trace_rebalance_owner(owner->dev, "stop", error);
	return error;
}

static int rebind(struct rebalance_owner *owner)
{
	int error;

	owner_unlock(owner);
	if (owner->dev->dev.driver == owner->driver)
		return 0;
	error = device_driver_attach(owner->driver, &owner->dev->dev);
	if (!error && owner->dev->dev.driver != owner->driver)
		error = -ENODEV;
	return error;
}

/**
 * owner_restart - let a function use its BARs again, wherever they are now
 * @owner: stopped
 *
 * Return: 0 or a negative errno.
 */
int owner_restart(struct rebalance_owner *owner)
{
	int error = 0;

	if (owner->way == REBALANCE_REBIND)
		error = rebind(owner);
	else if (owner->ops)
		error = owner->ops->restart(owner->dev, owner->data);
	owner->stopped = false;
	owner->down_us += ktime_us_delta(ktime_get(), owner->stopped_at);
	trace_rebalance_owner(owner->dev, "restart", error);
	return error;
}
