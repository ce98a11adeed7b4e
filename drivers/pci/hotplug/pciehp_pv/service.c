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

#include "pciehp_pv.h"

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
		/*
		 * No access to the port: the consumer wakes its parent first. A
		 * slot that is being given up has none that would unmask it again.
		 */
		spin_lock(&slot->event_lock);
		if (!slot->dying && !slot->rerun) {
			disable_irq_nosync(irq);
			slot->rerun = true;
			ret = IRQ_HANDLED;
		}
		spin_unlock(&slot->event_lock);
		hpv_slot_queue(slot);
	} else if (slot->ops->collect(slot)) {
		hpv_slot_queue(slot);
		ret = IRQ_HANDLED;
	}
	pm_runtime_put(parent);
	return ret;
}

/* Not all ports are numbered: some managers leave it at 0, which means none. */
static int register_name(struct hpv_slot *slot)
{
	unsigned int number = FIELD_GET(PCI_EXP_SLTCAP_PSN, slot->slot_cap);
	char name[8];

	if (!number)
		return hpv_slot_register(slot, pci_name(slot->port));
	snprintf(name, sizeof(name), "%u", number);
	return hpv_slot_register(slot, name);
}

static int bring_up(struct hpv_slot *slot)
{
	int ret;

	ret = register_name(slot);
	if (ret)
		return ret;

	/* Nothing that was latched before us counts, see hpv_start(). */
	hpv_hpc_clear(slot, HPV_STA_EVENTS | PCI_EXP_SLTSTA_MRLSC | PCI_EXP_SLTSTA_CC);
	ret = request_irq(slot->irq, slot_irq, IRQF_SHARED, "pciehp_pv", slot);
	if (ret) {
		pci_warn(slot->port, "no interrupt %d (%d)\n", slot->irq, ret);
		goto destroy;
	}
	hpv_hpc_notify(slot, true);

	ret = hpv_slot_show(slot);
	if (ret)
		goto free_irq;
	return 0;

free_irq:
	hpv_hpc_notify(slot, false);
	free_irq(slot->irq, slot);
destroy:
	pci_hp_destroy(&slot->hotplug);
	return ret;
}

static int take(struct hpv_service *service)
{
	struct hpv_slot *slot;
	int ret;

	slot = hpv_slot_create(service->port, HPV_WHOLE_BUS, &hpv_hpc_ops);
	if (!slot)
		return -ENOMEM;
	slot->irq = service->irq;
	hpv_hpc_init(slot);
	ret = bring_up(slot);
	if (ret) {
		hpv_slot_destroy(slot);
		return ret;
	}

	service->driver_data = slot;
	hpv_slot_start(slot);
	pci_info(slot->port, "slot %s taken over: %s, delays %u/%u/%u ms\n",
		 hpv_name(slot), slot->virtual_slot ? "virtual" :
		 "not known to be virtual, the specification's delays are kept",
		 hpv_delay_ms(slot, HPV_DELAY_SLOT),
		 hpv_delay_ms(slot, HPV_DELAY_POWER_OFF),
		 hpv_delay_ms(slot, HPV_DELAY_LINK));
	return 0;
}

/*
 * The port driver calls the services' drivers when the port falls asleep, from the moment on that
 * a service has one until it has none: before probe() and after remove(), too. In between
 * the port is awake.
 */
static int probe(struct hpv_service *service)
{
	int ret;

	if (service->service != HPV_SERVICE_HP || !service->port->subordinate ||
	    !hpv_wanted(service->port))
		return -ENODEV;
	pm_runtime_get_sync(&service->port->dev);
	service->driver_data = NULL;
	ret = take(service);
	pm_runtime_put(&service->port->dev);
	return ret;
}

static void remove(struct hpv_service *service)
{
	struct hpv_slot *slot = service->driver_data;
	struct pci_dev *port = service->port;

	pm_runtime_get_sync(&port->dev);
	hpv_slot_stop(slot);
	hpv_hpc_notify(slot, false);
	free_irq(slot->irq, slot);
	hpv_slot_hide(slot);
	pci_info(slot->port, "slot %s given up, %s\n", hpv_name(slot),
		 hpv_state_name(slot->machine.state));
	pci_hp_destroy(&slot->hotplug);
	service->driver_data = NULL;
	hpv_slot_destroy(slot);
	pm_runtime_put(&port->dev);
}

static int suspend(struct hpv_service *service)
{
	struct hpv_slot *slot = service->driver_data;

	if (!slot)
		return 0;
	hpv_hpc_sleep(slot);
	WRITE_ONCE(slot->quiet, true);
	synchronize_irq(service->irq);
	return 0;
}

static int resume_noirq(struct hpv_service *service)
{
	if (service->driver_data)
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

	if (!slot)
		return 0;
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

	if (!slot)
		return 0;
	hpv_hpc_clear(slot, PCI_EXP_SLTSTA_DLLSC);
	if (slot->ops->level(slot) != HPV_EV_LINK_UP)
		hpv_slot_recheck(slot);
	return 0;
}

/* What the port driver does for its services where their bus does not. */
static int device_probe(struct device *dev)
{
	int ret = probe(to_hpv_service(dev));

	if (!ret)
		get_device(dev);
	return ret;
}

static int device_remove(struct device *dev)
{
	remove(to_hpv_service(dev));
	put_device(dev);
	return 0;
}

struct hpv_service_driver hpv_driver = {
	.name = "pciehp_pv",
	.probe = probe,
	.remove = remove,
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
	},
};

/**
 * hpv_driver_register - register the driver on the bus of the services
 * @service: any service
 *
 * Newer kernels' bus calls probe() and remove() by itself, and wants no others.
 *
 * Return: 0 or a negative errno.
 */
int hpv_driver_register(struct device *service)
{
	hpv_driver.driver.bus = service->bus;
	if (!service->bus->probe) {
		hpv_driver.driver.probe = device_probe;
		hpv_driver.driver.remove = device_remove;
	}
	return driver_register(&hpv_driver.driver);
}
