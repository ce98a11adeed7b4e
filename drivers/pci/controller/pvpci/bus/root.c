// SPDX-License-Identifier: GPL-2.0
/*
 * The host bridge and its root bus: creation, functions that come and go,
 * removal.
 */
#define pr_fmt(fmt) "pvpci: " fmt

#include <linux/irqdomain.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/pci.h>

#include "bus/debugfs.h"
#include "bus/lifecycle.h"
#include "bus/probe.h"
#include "bus/root.h"
#include "bus/sysfs.h"
#include "core/bus.h"
#include "core/node.h"
#include "function/config.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "hotplug/remove.h"
#include "hotplug/report.h"
#include "hotplug/slot.h"
#include "irq/msi.h"
#include "room/window.h"

#define FIRST_DOMAIN	0x10000		/* above any ACPI segment */
#define DOMAIN_TRIES	256

static unsigned int first_domain = FIRST_DOMAIN;

static int domain_set(const char *text, const struct kernel_param *param)
{
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value > FIRST_DOMAIN) {
		pr_err("Parameter domain is \"%s\" but must be a number from 0 to %#x.\n", text,
		       FIRST_DOMAIN);
		return -EINVAL;
	}
	first_domain = value;
	return 0;
}

static int domain_get(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%#x\n", first_domain);
}

static const struct kernel_param_ops domain_ops = {
	.set = domain_set,
	.get = domain_get,
};
module_param_cb(domain, &domain_ops, NULL, 0444);
MODULE_PARM_DESC(domain,
		 "PCI domain of the bus with id 0, others follow; 0x10000 by default, lower for programs that know four digits only");

/* How many domains there are to choose from: below an ACPI segment's limit if that is wanted. */
static unsigned int domains(void)
{
	return first_domain < FIRST_DOMAIN ? FIRST_DOMAIN - first_domain : 0x10000;
}

static void bridge_released(struct pci_host_bridge *bridge)
{
	struct pvpci_bus **priv = pci_host_bridge_priv(bridge);

	pvpci_bus_put(*priv);
}

static struct pci_host_bridge *alloc_bridge(struct pvpci_bus *bus)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(sizeof(struct pvpci_bus *));
	struct pvpci_bus **priv;

	if (!bridge)
		return NULL;
	priv = pci_host_bridge_priv(bridge);
	*priv = bus;
	pvpci_bus_get(bus);
	pci_set_host_bridge_release(bridge, bridge_released, NULL);
	bridge->dev.parent = &bus->pdev->dev;
	pvpci_config_ops_set(bridge);
	bridge->busnr = 0;
	/* None of these is emulated. */
	bridge->native_aer = 0;
	bridge->native_pcie_hotplug = 0;
	bridge->native_shpc_hotplug = 0;
	bridge->native_pme = 0;
	bridge->native_ltr = 0;
	bridge->native_dpc = 0;
	bridge->msi_domain = 1;
	dev_set_msi_domain(&bridge->dev, bus->irq->domain);
	return bridge;
}

/**
 * pvpci_root_first_domain - PCI domain that a bus gets when it is free
 * @bus: with its layout
 *
 * Stable for a given host-given id; small ids are readable in it.
 *
 * Return: the domain number.
 */
int pvpci_root_first_domain(const struct pvpci_bus *bus)
{
	u64 id = bus->wire.layout.bus_id;

	return first_domain + ((id ^ id >> 16 ^ id >> 32 ^ id >> 48) & 0xffff) % domains();
}

static int register_bridge(struct pvpci_bus *bus, struct pci_host_bridge *bridge)
{
	int tries, domain = pvpci_root_first_domain(bus), ret = -EEXIST;
	unsigned int row;

	for (tries = 0; tries < DOMAIN_TRIES; tries++) {
		if (!pci_find_bus(domain, 0)) {
			bus->domain = domain;
			ret = pvpci_arch_bind(bus, bridge, domain) ?:
			      pci_scan_root_bus_bridge(bridge);
			if (ret != -EEXIST)
				break;
		}
		if (++domain == first_domain + domains())
			domain = first_domain;
	}
	if (ret)
		dev_err(&bus->pdev->dev, "PCI core refuses the bus (%d).\n", ret);
	else if (domain != pvpci_root_first_domain(bus))
		dev_info(&bus->pdev->dev, "PCI domain %04x is taken, %04x is used.\n",
			 pvpci_root_first_domain(bus), domain);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			pvpci_function_set_name(bus->by_row[row]);
	return ret;
}

static void set_pdev(struct pvpci_fn *fn, struct pci_dev *pdev)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fn->lock, flags);
	fn->pdev = pdev;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
}

/*
 * What PCI core has looked up in firmware tables for a function it has just
 * scanned, and found in those of the ivshmem function: on arm64 the domain of
 * the machine's interrupt controller. Also when user space rescans the bus.
 */
static void found(struct pvpci_fn *fn, struct pci_dev *dev)
{
	set_pdev(fn, dev);
	dev_set_msi_domain(&dev->dev, fn->bus->irq->domain);
	pvpci_arch_setup_device(dev);
	pvpci_sysfs_add(dev);
	/* When the rescan is over memory-enable is the host's business again. */
	if (pvpci_life(fn) == PVPCI_LIFE_HIDDEN)
		pvpci_work_look(fn->bus);
}

static void lost(struct pvpci_fn *fn)
{
	set_pdev(fn, NULL);
	pvpci_memory_enable_hide(fn);
}

/* What a program has its function do to memory nobody translates, whatever IOMMU there is. */
static void warn_of_program(struct pvpci_fn *fn, struct pci_dev *dev)
{
	if (dev->driver && strstr(dev->driver->name, "vfio"))
		dev_warn(&fn->bus->pdev->dev,
			 "%s is for a program now, and no IOMMU is before it: who drives it can read and write all memory of this machine.\n",
			 fn->name);
}

/* What the machine runs from keeps the module while a driver has it. */
static void driver_event(struct pvpci_fn *fn, struct pci_dev *dev, unsigned long action)
{
	bool needed = fn->info.flags & PVPCI_FN_BOOT_CRITICAL;

	if (needed && action == BUS_NOTIFY_BOUND_DRIVER)
		__module_get(THIS_MODULE);
	else if (needed && action == BUS_NOTIFY_UNBOUND_DRIVER)
		module_put(THIS_MODULE);
	if (action == BUS_NOTIFY_BOUND_DRIVER)
		warn_of_program(fn, dev);
	pvpci_report_driver(fn, dev, action);
}

/* PCI core and the driver core have something to say of a device. */
static int notified(struct notifier_block *block, unsigned long action, void *data)
{
	struct pci_dev *dev = to_pci_dev(data);
	struct pvpci_fn *fn;

	if (dev->bus->ops != &pvpci_config_ops)
		return NOTIFY_DONE;
	fn = pvpci_function_get(pvpci_bus_of(dev->bus), dev->devfn);
	if (!fn)
		return NOTIFY_OK;
	if (action == BUS_NOTIFY_ADD_DEVICE)
		found(fn, dev);
	else if (action == BUS_NOTIFY_DEL_DEVICE)
		lost(fn);
	else if (action == BUS_NOTIFY_BIND_DRIVER && pvpci_life(fn) == PVPCI_LIFE_HIDDEN)
		pvpci_memory_enable_settle(fn);
	else
		driver_event(fn, dev, action);
	pvpci_function_put(fn);
	return NOTIFY_OK;
}

static struct notifier_block function_notifier = { .notifier_call = notified };

/**
 * pvpci_root_init - watch for functions of our buses
 *
 * Return: 0 or an errno.
 */
int pvpci_root_init(void)
{
	return bus_register_notifier(&pci_bus_type, &function_notifier);
}

/**
 * pvpci_root_exit - undo pvpci_root_init()
 */
void pvpci_root_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &function_notifier);
}

static void setup_function(struct pvpci_fn *fn)
{
	struct pci_bus *pci_bus = fn->bus->bridge->bus;
	struct pci_dev *dev = pci_get_slot(pci_bus, fn->info.devfn);
	int node = pvpci_node_of(fn->info.numa_node);

	/* A function without a function 0 beside it, or one that came later. */
	if (!dev) {
		dev = pci_scan_single_device(pci_bus, fn->info.devfn);
		if (!dev) {
			dev_err(&fn->bus->pdev->dev, "PCI core does not find %s.\n",
				fn->name);
			pvpci_report_outcome(fn, PVPCI_OUTCOME_FAILED, -ENODEV, NULL);
			return;
		}
		dev->multifunction = pvpci_function_has_siblings(fn->bus, fn->info.devfn);
		pci_dev_get(dev);
	}
	if (node != NUMA_NO_NODE)
		set_dev_node(&dev->dev, node);
	else if (fn->info.numa_node != PVPCI_NUMA_NONE)
		dev_info(&fn->bus->pdev->dev, "The host says that %s is on NUMA node %u, which this machine does not have.\n",
			 fn->name, fn->info.numa_node);
	pci_dev_put(dev);
}

/* Functions PCI core has just scanned: claim, then let drivers see them. */
static void introduce(struct pvpci_bus *bus)
{
	struct pci_bus *pci_bus = bus->bridge->bus;
	struct pvpci_fn *fn;
	unsigned int row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		fn = bus->by_row[row];
		if (fn && pvpci_life(fn) == PVPCI_LIFE_PLACED)
			setup_function(fn);
	}
	/* Every BAR is where it was planned: nothing is left to be assigned. */
	pci_bus_claim_resources(pci_bus);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		fn = bus->by_row[row];
		if (fn && pvpci_life(fn) == PVPCI_LIFE_PLACED)
			pvpci_memory_enable_settle(fn);
	}
	pvpci_probe_new(bus);
}

static int create(struct pvpci_bus *bus)
{
	struct pci_host_bridge *bridge = alloc_bridge(bus);
	int ret;

	lockdep_assert_held(&bus->topology);
	if (!bridge)
		return -ENOMEM;
	ret = pvpci_windows_claim(bus, bridge);
	if (ret)
		goto free_bridge;
	bus->life->busn = (struct resource){ .name = "pvpci bus", .flags = IORESOURCE_BUS };
	pci_add_resource(&bridge->windows, &bus->life->busn);
	ret = register_bridge(bus, bridge);
	if (ret)
		goto free_bridge;
	pvpci_windows_add_empty(bus, bridge);
	bus->bridge = bridge;
	pvpci_state_set(bus, PVPCI_STATE_RUNNING);
	pvpci_slots_update(bus, NULL);
	introduce(bus);
	return 0;

free_bridge:
	pvpci_windows_release(bus);
	pci_free_host_bridge(bridge);
	return ret;
}

static unsigned int count_functions(const struct pvpci_bus *bus)
{
	unsigned int row, nr = 0;

	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		nr += !!bus->by_row[row];
	return nr;
}

/**
 * pvpci_root_create - show a bus to PCI core
 * @bus: its functions are placed
 *
 * What became of it is noted in its lifecycle; a bus that PCI core refuses is broken.
 *
 * Context: process context, rescan lock held.
 */
void pvpci_root_create(struct pvpci_bus *bus)
{
	struct pvpci_lifecycle *life = bus->life;

	mutex_lock(&bus->topology);
	life->error = create(bus);
	if (!life->error)
		dev_info(&bus->pdev->dev, "Bus %#llx is PCI domain %04x with %u functions, up in %lld us.\n",
			 bus->wire.layout.bus_id, bus->domain, count_functions(bus),
			 ktime_us_delta(ktime_get(), life->began));
	mutex_unlock(&bus->topology);
	if (life->error) {
		pvpci_bus_break(bus, "PCI core does not take it (%d)", life->error);
	} else {
		pvpci_debugfs_add(bus);
		/* Whatever the host has reported meanwhile. */
		pvpci_work_look(bus);
	}
	complete_all(&life->shown);
}

/**
 * pvpci_root_add - show functions that have arrived later
 * @bus: with functions that are placed
 *
 * Context: rescan lock and pvpci_bus.topology held.
 */
void pvpci_root_add(struct pvpci_bus *bus)
{
	introduce(bus);
}

/*
 * Nobody waits for a reset of them. Drivers are not told: nvme would wait for a recovery
 * that never comes, with its requests.
 */
static void forbid_reset(struct pvpci_bus *bus)
{
	struct pci_dev *dev;

	list_for_each_entry(dev, &bus->bridge->bus->devices, bus_list)
		dev->dev_flags |= PCI_DEV_FLAGS_NO_FLR_RESET;
}

/**
 * pvpci_root_disconnect - the functions of a bus answer nobody any more
 * @bus: broken
 *
 * PCI core waits for a minute for a function to come back from a reset, with its
 * lock held, unless it knows better.
 *
 * Context: process context, rescan lock held.
 */
void pvpci_root_disconnect(struct pvpci_bus *bus)
{
	mutex_lock(&bus->topology);
	if (bus->bridge)
		forbid_reset(bus);
	mutex_unlock(&bus->topology);
}

/**
 * pvpci_root_surprise - the host has stopped: take all functions away
 * @bus: broken
 *
 * Drivers are told that their devices are gone, so that they do not wait for
 * them. The empty bus stays until the driver lets go.
 *
 * Context: process context, rescan lock held.
 */
void pvpci_root_surprise(struct pvpci_bus *bus)
{
	struct pci_dev *dev;
	unsigned int row;

	mutex_lock(&bus->topology);
	/* The host may stop before there is a bridge, too. */
	if (!bus->bridge)
		goto unlock;
	list_for_each_entry(dev, &bus->bridge->bus->devices, bus_list)
		WRITE_ONCE(dev->error_state, pci_channel_io_perm_failure);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			pvpci_remove_gone(bus->by_row[row]);
	pvpci_slots_update(bus, NULL);
unlock:
	mutex_unlock(&bus->topology);
}

/**
 * pvpci_root_remove - take a bus away from PCI core
 * @bus: with pvpci_bus.removing set; nothing happens when PCI core does not know it
 *
 * Context: process context, rescan lock held.
 */
void pvpci_root_remove(struct pvpci_bus *bus)
{
	unsigned int row;

	mutex_lock(&bus->topology);
	if (!bus->bridge)
		goto unlock;
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			pvpci_life_set(bus->by_row[row], PVPCI_LIFE_LEAVING);
	pci_stop_root_bus(bus->bridge->bus);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			pvpci_memory_enable_off(bus->by_row[row], PVPCI_REASON_REMOVE);
	pvpci_slots_remove(bus);
	pci_remove_root_bus(bus->bridge->bus);
	pvpci_windows_release(bus);
	pci_free_host_bridge(bus->bridge);
	bus->bridge = NULL;
unlock:
	mutex_unlock(&bus->topology);
}
