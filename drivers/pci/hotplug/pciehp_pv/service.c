// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of one port's hotplug service: brings a slot up, takes it down, and
 * sees the port through sleep and reset.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/bitfield.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pciehp_pv.h"

static LIST_HEAD(left_behind);	/* slots given up while the module leaves */
static bool leaving;

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

static int get_power_status(struct hotplug_slot *hotplug, u8 *on)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret;

	pm_runtime_get_sync(&slot->port->dev);
	ret = hpv_hpc_read_power(slot, on);
	/* An empty slot that was left with power (see state.c) is off to users. */
	if (READ_ONCE(slot->machine.kept_power))
		*on = 0;
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int get_adapter_status(struct hotplug_slot *hotplug, u8 *occupied)
{
	struct hpv_slot *slot = to_slot(hotplug);

	pm_runtime_get_sync(&slot->port->dev);
	*occupied = hpv_hpc_level(slot) != HPV_EV_GONE;
	pm_runtime_put(&slot->port->dev);
	return 0;
}

static int get_attention_status(struct hotplug_slot *hotplug, u8 *status)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret;

	*status = 0;
	if (!hpv_hpc_has(slot, PCI_EXP_SLTCAP_AIP))
		return -EOPNOTSUPP;
	pm_runtime_get_sync(&slot->port->dev);
	ret = hpv_hpc_read_attention(slot, status);
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int set_attention_status(struct hotplug_slot *hotplug, u8 status)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret;

	if (!hpv_hpc_has(slot, PCI_EXP_SLTCAP_AIP))
		return -EOPNOTSUPP;
	pm_runtime_get_sync(&slot->port->dev);
	ret = hpv_hpc_write_attention(slot, status);
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int get_latch_status(struct hotplug_slot *hotplug, u8 *open)
{
	struct hpv_slot *slot = to_slot(hotplug);
	int ret;

	*open = 0;
	if (!hpv_hpc_has(slot, PCI_EXP_SLTCAP_MRLSP))
		return -EOPNOTSUPP;
	pm_runtime_get_sync(&slot->port->dev);
	ret = hpv_hpc_read_latch(slot, open);
	pm_runtime_put(&slot->port->dev);
	return ret;
}

static int reset_slot(struct hotplug_slot *hotplug, bool probe)
{
	return probe ? 0 : hpv_hpc_reset(to_slot(hotplug));
}

static const struct hotplug_slot_ops slot_ops = {
	.enable_slot = enable_slot,
	.disable_slot = disable_slot,
	.get_power_status = get_power_status,
	.get_adapter_status = get_adapter_status,
	.get_attention_status = get_attention_status,
	.set_attention_status = set_attention_status,
	.get_latch_status = get_latch_status,
	.reset_slot = reset_slot,
};

/* The vector is shared with PME, AER and DPC. */
static irqreturn_t slot_irq(int irq, void *dev_id)
{
	struct hpv_slot *slot = dev_id;
	struct device *parent = slot->port->dev.parent;
	irqreturn_t ret = IRQ_NONE;

	if (READ_ONCE(slot->quiet) || slot->port->current_state == PCI_D3cold)
		return IRQ_NONE;

	pm_runtime_get_noresume(parent);
	if (!pm_runtime_active(parent)) {
		/* No access to the port: the consumer wakes its parent first. */
		disable_irq_nosync(irq);
		spin_lock(&slot->event_lock);
		slot->rerun = true;
		spin_unlock(&slot->event_lock);
		hpv_slot_queue(slot);
		ret = IRQ_HANDLED;
	} else if (hpv_hpc_collect(slot)) {
		hpv_slot_queue(slot);
		ret = IRQ_HANDLED;
	}
	pm_runtime_put(parent);
	return ret;
}

static unsigned int depth_of(struct pci_dev *port)
{
	unsigned int depth = 0;

	while ((port = pci_upstream_bridge(port)))
		if (port->is_hotplug_bridge)
			depth++;
	return min(depth, MAX_LOCKDEP_SUBCLASSES - 1U);
}

static struct hpv_slot *slot_create(struct hpv_service *service)
{
	struct hpv_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return NULL;
	hpv_slot_init(slot, &hpv_slot_ktype);
	slot->service = service;
	slot->port = pci_dev_get(service->port);
	slot->depth = depth_of(slot->port);
	slot->virtual_slot = hpv_port_is_virtual(slot->port);
	slot->hotplug.ops = &slot_ops;
	hpv_hpc_init(slot);
	return slot;
}

static int slot_bring_up(struct hpv_slot *slot)
{
	char name[8];
	int ret;

	snprintf(name, sizeof(name), "%u",
		 (u32)FIELD_GET(PCI_EXP_SLTCAP_PSN, slot->slot_cap));
	ret = pci_hp_initialize(&slot->hotplug, slot->port->subordinate, 0, name);
	if (ret) {
		pci_warn(slot->port, "slot %s cannot be registered (%d)%s\n", name, ret,
			 ret == -EBUSY ? ", another hotplug driver has it" : "");
		return ret;
	}

	/* Nothing that was latched before us counts, see hpv_start(). */
	hpv_hpc_clear(slot, HPV_STA_EVENTS | PCI_EXP_SLTSTA_MRLSC | PCI_EXP_SLTSTA_CC);
	ret = request_irq(slot->service->irq, slot_irq, IRQF_SHARED, "pciehp_pv", slot);
	if (ret) {
		pci_warn(slot->port, "no interrupt %d (%d)\n", slot->service->irq, ret);
		goto destroy;
	}
	hpv_hpc_notify(slot, true);

	ret = pci_hp_add(&slot->hotplug);
	if (ret)
		goto free_irq;
	ret = hpv_sysfs_add(slot);
	if (ret)
		goto del;
	return 0;

del:
	pci_hp_del(&slot->hotplug);
free_irq:
	hpv_hpc_notify(slot, false);
	free_irq(slot->service->irq, slot);
destroy:
	pci_hp_destroy(&slot->hotplug);
	return ret;
}

static int probe(struct device *dev)
{
	struct hpv_service *service = to_hpv_service(dev);
	struct hpv_slot *slot;
	int ret;

	if (service->service != HPV_SERVICE_HP || !service->port->subordinate ||
	    !hpv_wanted(service->port))
		return -ENODEV;

	slot = slot_create(service);
	if (!slot)
		return -ENOMEM;
	/* A virtual port that sleeps could not tell of a new device: hold it. */
	if (slot->virtual_slot)
		pm_runtime_get_sync(&slot->port->dev);
	ret = slot_bring_up(slot);
	if (ret)
		goto put;

	get_device(dev);
	service->driver_data = slot;
	hpv_slot_start(slot);
	pci_info(slot->port, "slot %s taken over: %s, delays %u/%u/%u ms\n",
		 hpv_name(slot), slot->virtual_slot ? "virtual" :
		 "not known to be virtual, the specification's delays are kept",
		 hpv_delay_ms(slot, HPV_DELAY_SLOT),
		 hpv_delay_ms(slot, HPV_DELAY_POWER_OFF),
		 hpv_delay_ms(slot, HPV_DELAY_LINK));
	return 0;

put:
	if (slot->virtual_slot)
		pm_runtime_put(&slot->port->dev);
	kobject_put(&slot->kobj);
	return ret;
}

static int remove(struct device *dev)
{
	struct hpv_service *service = to_hpv_service(dev);
	struct hpv_slot *slot = service->driver_data;

	hpv_slot_stop(slot);
	hpv_hpc_notify(slot, false);
	free_irq(service->irq, slot);
	hpv_sysfs_remove(slot);
	pci_hp_del(&slot->hotplug);
	pci_info(slot->port, "slot %s given up, %s\n", hpv_name(slot),
		 hpv_state_name(slot->machine.state));
	pci_hp_destroy(&slot->hotplug);
	if (slot->virtual_slot)
		pm_runtime_put(&slot->port->dev);

	service->driver_data = NULL;
	if (leaving) {
		list_add_tail(&slot->node, &left_behind);	/* with references */
	} else {
		put_device(dev);
		kobject_put(&slot->kobj);
	}
	return 0;
}

static int suspend(struct hpv_service *service)
{
	struct hpv_slot *slot = service->driver_data;

	hpv_hpc_sleep(slot);
	WRITE_ONCE(slot->quiet, true);
	synchronize_irq(service->irq);
	return 0;
}

static int resume_noirq(struct hpv_service *service)
{
	hpv_hpc_woken(service->driver_data);
	return 0;
}

/*
 * Finding the functions again changed presence and link; a button that was
 * pressed meanwhile is real. What is in the slot decides about the rest.
 */
static int resume(struct hpv_service *service)
{
	struct hpv_slot *slot = service->driver_data;

	hpv_hpc_clear(slot, PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	WRITE_ONCE(slot->quiet, false);
	hpv_hpc_notify(slot, true);
	hpv_slot_recheck(slot);
	return 0;
}

static int runtime_resume(struct hpv_service *service)
{
	resume_noirq(service);
	return resume(service);
}

/* Error recovery reset the port's bus: its link change is not news. */
static int slot_reset(struct hpv_service *service)
{
	struct hpv_slot *slot = service->driver_data;

	hpv_hpc_clear(slot, PCI_EXP_SLTSTA_DLLSC);
	if (hpv_hpc_level(slot) != HPV_EV_LINK_UP)
		hpv_slot_recheck(slot);
	return 0;
}

struct hpv_service_driver hpv_driver = {
	.name = "pciehp_pv",
	.suspend = suspend,
	.resume_noirq = resume_noirq,
	.resume = resume,
	.runtime_suspend = suspend,
	.runtime_resume = runtime_resume,
	.slot_reset = slot_reset,
	.port_type = ~0,
	.service = HPV_SERVICE_HP,
	.driver = {
		.name = "pciehp_pv",
		.owner = THIS_MODULE,
		.probe = probe,
		.remove = remove,
	},
};

/**
 * hpv_driver_leave - unregister the driver
 *
 * Return: the slots it had, each with a reference to its service's device and
 * to itself, for the caller to find them another driver.
 */
struct list_head *hpv_driver_leave(void)
{
	leaving = true;
	driver_unregister(&hpv_driver.driver);
	return &left_behind;
}
