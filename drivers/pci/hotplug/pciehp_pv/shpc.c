// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of a bridge with a Standard Hot-Plug Controller: brings its slots up,
 * takes them down, and sees them through sleep. In a guest that is QEMU's
 * pci-bridge or pcie-pci-bridge; each slot lives as that of a port does.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "pciehp_pv.h"
#include "shpc.h"

#define COLLECT_ROUNDS	8	/* a bit that is stuck must not keep us */

/*
 * With MSI the controller sends no other interrupt before nothing is pending any
 * more, so this looks again.
 */
static irqreturn_t shpc_irq(int irq, void *dev_id)
{
	struct hpv_shpc *shpc = dev_id;
	unsigned int index, round;
	irqreturn_t ret = IRQ_NONE;
	u32 pending;

	for (round = 0; round < COLLECT_ROUNDS; round++) {
		pending = hpv_shpc_pending(shpc);
		if (!pending)
			break;
		for (index = 0; index < shpc->nr_slots; index++) {
			struct hpv_slot *slot = shpc->slots[index];

			if (!(pending & BIT(index)) || READ_ONCE(slot->quiet) ||
			    !slot->ops->collect(slot))
				continue;
			hpv_slot_queue(slot);
			ret = IRQ_HANDLED;
		}
	}
	return ret;
}

static struct hpv_slot *make_slot(struct hpv_shpc *shpc, unsigned int index)
{
	struct hpv_slot *slot = hpv_slot_create(shpc->bridge, shpc->first_device + index,
						&hpv_shpc_ops);
	char name[12];

	if (!slot)
		return NULL;
	slot->shpc = shpc;
	slot->index = index;
	slot->irq = pci_irq_vector(shpc->bridge, 0);
	slot->power_ctrl = true;
	snprintf(name, sizeof(name), "%u", shpc->numbers_up ? shpc->first_number + index :
							       shpc->first_number - index);
	if (hpv_slot_register(slot, name)) {
		hpv_slot_destroy(slot);
		return NULL;
	}
	return slot;
}

static void destroy_slots(struct hpv_shpc *shpc, unsigned int made)
{
	while (made--) {
		pci_hp_destroy(&shpc->slots[made]->hotplug);
		hpv_slot_destroy(shpc->slots[made]);
	}
}

static int make_slots(struct hpv_shpc *shpc)
{
	unsigned int index;

	for (index = 0; index < shpc->nr_slots; index++) {
		shpc->slots[index] = make_slot(shpc, index);
		if (!shpc->slots[index]) {
			destroy_slots(shpc, index);
			return -ENOMEM;
		}
	}
	return 0;
}

static void hide_slots(struct hpv_shpc *shpc, unsigned int shown)
{
	while (shown--)
		hpv_slot_hide(shpc->slots[shown]);
}

static int show_slots(struct hpv_shpc *shpc)
{
	unsigned int index;
	int ret;

	for (index = 0; index < shpc->nr_slots; index++) {
		ret = hpv_slot_show(shpc->slots[index]);
		if (ret) {
			hide_slots(shpc, index);
			return ret;
		}
	}
	return 0;
}

static int bring_up(struct hpv_shpc *shpc)
{
	struct pci_dev *bridge = shpc->bridge;
	int ret;

	ret = pci_alloc_irq_vectors(bridge, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return ret;
	pci_set_master(bridge);		/* for MSI */
	ret = make_slots(shpc);
	if (ret)
		goto free_vectors;
	/* Nothing that was latched before us counts, see hpv_start(). */
	hpv_shpc_notify(shpc, false);
	hpv_shpc_clear(shpc);
	ret = request_irq(pci_irq_vector(bridge, 0), shpc_irq, IRQF_SHARED, "pciehp_pv", shpc);
	if (ret)
		goto destroy_slots;
	ret = show_slots(shpc);
	if (ret)
		goto free_irq;
	hpv_shpc_notify(shpc, true);
	return 0;

free_irq:
	free_irq(pci_irq_vector(bridge, 0), shpc);
destroy_slots:
	destroy_slots(shpc, shpc->nr_slots);
free_vectors:
	pci_free_irq_vectors(bridge);
	return ret;
}

static int probe(struct pci_dev *bridge, const struct pci_device_id *id)
{
	struct hpv_shpc *shpc;
	unsigned int index;
	int ret;

	if (!hpv_is_shpc(bridge) || !bridge->subordinate || !hpv_wanted(bridge) ||
	    acpi_get_hp_hw_control_from_firmware(bridge))
		return -ENODEV;
	shpc = kzalloc(sizeof(*shpc), GFP_KERNEL);
	if (!shpc)
		return -ENOMEM;
	shpc->bridge = bridge;
	mutex_init(&shpc->command_lock);
	ret = pci_enable_device(bridge);
	if (ret)
		goto free;
	ret = hpv_shpc_map(shpc);
	if (ret)
		goto disable;
	ret = bring_up(shpc);
	if (ret)
		goto unmap;

	pci_set_drvdata(bridge, shpc);
	bridge->shpc_managed = 1;
	for (index = 0; index < shpc->nr_slots; index++)
		hpv_slot_start(shpc->slots[index]);
	pci_info(bridge, "%u slots taken over from slot %s on: virtual, delays %u/%u/%u ms\n",
		 shpc->nr_slots, hpv_name(shpc->slots[0]),
		 hpv_delay_ms(shpc->slots[0], HPV_DELAY_SLOT),
		 hpv_delay_ms(shpc->slots[0], HPV_DELAY_POWER_OFF),
		 hpv_delay_ms(shpc->slots[0], HPV_DELAY_LINK));
	return 0;

unmap:
	hpv_shpc_unmap(shpc);
disable:
	pci_disable_device(bridge);
free:
	kfree(shpc);
	return ret;
}

static void remove(struct pci_dev *bridge)
{
	struct hpv_shpc *shpc = pci_get_drvdata(bridge);
	unsigned int index;

	bridge->shpc_managed = 0;
	for (index = 0; index < shpc->nr_slots; index++)
		hpv_slot_stop(shpc->slots[index]);
	hpv_shpc_notify(shpc, false);
	free_irq(pci_irq_vector(bridge, 0), shpc);
	hide_slots(shpc, shpc->nr_slots);
	pci_info(bridge, "%u slots given up\n", shpc->nr_slots);
	destroy_slots(shpc, shpc->nr_slots);
	pci_free_irq_vectors(bridge);
	hpv_shpc_unmap(shpc);
	/* The bridge stays on: what is behind it is at work. */
	kfree(shpc);
}

static void set_quiet(struct hpv_shpc *shpc, bool quiet)
{
	unsigned int index;

	for (index = 0; index < shpc->nr_slots; index++)
		WRITE_ONCE(shpc->slots[index]->quiet, quiet);
}

static int suspend(struct device *dev)
{
	struct hpv_shpc *shpc = dev_get_drvdata(dev);

	hpv_shpc_notify(shpc, false);
	set_quiet(shpc, true);
	synchronize_irq(pci_irq_vector(shpc->bridge, 0));
	return 0;
}

/*
 * The registers may be as after a reset; a button that was pressed meanwhile is
 * real. What is in the slots decides about the rest.
 */
static int resume(struct device *dev)
{
	struct hpv_shpc *shpc = dev_get_drvdata(dev);
	unsigned int index;

	set_quiet(shpc, false);
	hpv_shpc_notify(shpc, true);
	for (index = 0; index < shpc->nr_slots; index++)
		hpv_slot_recheck(shpc->slots[index]);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(pm_ops, suspend, resume);

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE_CLASS(PCI_CLASS_BRIDGE_PCI_NORMAL, ~0) },
	{ }
};

struct pci_driver hpv_shpc_driver = {
	.name = "pciehp_pv",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.driver = {
		.pm = pm_sleep_ptr(&pm_ops),
	},
};
