// SPDX-License-Identifier: GPL-2.0
/*
 * A slot from its making to its end, and the files that the hotplug core makes
 * for it, whatever its registers are.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pciehp_pv.h"

static struct hpv_slot *to_slot(struct hotplug_slot *hotplug)
{
	return container_of(hotplug, struct hpv_slot, hotplug);
}

static int enable_slot(struct hotplug_slot *hotplug)
{
	return hpv_slot_request(to_slot(hotplug), true);
}

static int disable_slot(struct hotplug_slot *hotplug)
{
	return hpv_slot_request(to_slot(hotplug), false);
}

/* Call something that reads registers of a port that may sleep. */
static int awake(struct hpv_slot *slot, int (*read)(struct hpv_slot *slot, u8 *value),
		 u8 *value)
{
	int ret;

	*value = 0;
	pm_runtime_get_sync(&slot->port->dev);
	ret = read(slot, value);
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int get_power_status(struct hotplug_slot *hotplug, u8 *on)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret = awake(slot, slot->ops->read_power, on);

	/* An empty slot that was left with power (see state.c) is off to users. */
	if (READ_ONCE(slot->machine.kept_power))
		*on = 0;
	return ret;
}

static int read_occupied(struct hpv_slot *slot, u8 *occupied)
{
	*occupied = slot->ops->level(slot) != HPV_EV_GONE;
	return 0;
}

static int get_adapter_status(struct hotplug_slot *hotplug, u8 *occupied)
{
	return awake(to_slot(hotplug), read_occupied, occupied);
}

static int get_attention_status(struct hotplug_slot *hotplug, u8 *status)
{
	return awake(to_slot(hotplug), to_slot(hotplug)->ops->read_attention, status);
}

static int set_attention_status(struct hotplug_slot *hotplug, u8 status)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret;

	pm_runtime_get_sync(&slot->port->dev);
	ret = slot->ops->write_attention(slot, status);
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int get_latch_status(struct hotplug_slot *hotplug, u8 *open)
{
	return awake(to_slot(hotplug), to_slot(hotplug)->ops->read_latch, open);
}

static int reset_slot(struct hotplug_slot *hotplug, bool probe)
{
	struct hpv_slot *slot = to_slot(hotplug);

	if (!slot->ops->reset)
		return -ENOTTY;
	return probe ? 0 : slot->ops->reset(slot);
}

static const struct hotplug_slot_ops hotplug_ops = {
	.enable_slot = enable_slot,
	.disable_slot = disable_slot,
	.get_power_status = get_power_status,
	.get_adapter_status = get_adapter_status,
	.get_attention_status = get_attention_status,
	.set_attention_status = set_attention_status,
	.get_latch_status = get_latch_status,
	.reset_slot = reset_slot,
};

static unsigned int depth_of(struct pci_dev *port)
{
	unsigned int depth = 0;

	while ((port = pci_upstream_bridge(port)))
		depth++;
	return min(depth, MAX_LOCKDEP_SUBCLASSES - 1U);
}

/**
 * hpv_slot_create - make a slot
 * @port: the bridge that it is behind
 * @device: number of its device, or %HPV_WHOLE_BUS
 * @ops: its registers
 *
 * A virtual port is held awake until hpv_slot_destroy(): asleep it could not tell
 * of a new device.
 *
 * Return: the slot, or NULL without memory.
 */
struct hpv_slot *hpv_slot_create(struct pci_dev *port, int device,
				 const struct hpv_slot_ops *ops)
{
	struct hpv_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return NULL;
	hpv_slot_init(slot, &hpv_slot_ktype);
	slot->ops = ops;
	slot->port = pci_dev_get(port);
	/* Kept, because who looks at it may do so without a lock. */
	slot->bus = port->subordinate;
	get_device(&slot->bus->dev);
	slot->device = device;
	slot->depth = depth_of(port);
	slot->virtual_slot = hpv_is_virtual(port);
	slot->hotplug.ops = &hotplug_ops;
	if (slot->virtual_slot)
		pm_runtime_get_sync(&port->dev);
	return slot;
}

/**
 * hpv_slot_destroy - undo hpv_slot_create()
 * @slot: the slot; lives on until the consumer has let go of it
 */
void hpv_slot_destroy(struct hpv_slot *slot)
{
	if (slot->virtual_slot)
		pm_runtime_put(&slot->port->dev);
	kobject_put(&slot->kobj);
}

/**
 * hpv_slot_register - reserve the slot's name
 * @slot: the slot
 * @name: what it should be called; the core adds a number where that is taken
 *
 * Return: 0 or a negative errno, after a message.
 */
int hpv_slot_register(struct hpv_slot *slot, const char *name)
{
	int number = slot->device == HPV_WHOLE_BUS ? 0 : slot->device;
	int ret = pci_hp_initialize(&slot->hotplug, slot->bus, number, name);

	if (ret)
		pci_warn(slot->port, "slot %s cannot be registered (%d)%s\n", name, ret,
			 ret == -EBUSY ? ", another hotplug driver has it" : "");
	return ret;
}

/**
 * hpv_slot_show - show the slot to user space
 * @slot: the slot, registered
 *
 * Return: 0 or a negative errno.
 */
int hpv_slot_show(struct hpv_slot *slot)
{
	int ret = pci_hp_add(&slot->hotplug);

	if (ret)
		return ret;
	ret = hpv_sysfs_add(slot);
	if (ret)
		pci_hp_del(&slot->hotplug);
	return ret;
}

/**
 * hpv_slot_hide - undo hpv_slot_show(); nobody is in its files afterwards
 * @slot: the slot
 */
void hpv_slot_hide(struct hpv_slot *slot)
{
	hpv_sysfs_remove(slot);
	pci_hp_del(&slot->hotplug);
}
