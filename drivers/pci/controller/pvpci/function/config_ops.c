// SPDX-License-Identifier: GPL-2.0
/*
 * PCI core's config accesses, and its word before it enables a function.
 *
 * A read finds its function under RCU and leaves nothing behind; a write may
 * sleep, so it holds the function.
 */
#include <linux/pci.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include <pvpci/compat.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"

static int ops_read(struct pci_bus *pci_bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct pvpci_bus *bus = pvpci_bus_of(pci_bus);
	int ret = PCIBIOS_DEVICE_NOT_FOUND;
	struct pvpci_fn *fn;

	this_cpu_inc(bus->accesses->reads);
	*value = ~0U;
	if (pci_bus->number || devfn >= PVPCI_MAX_FUNCTIONS)
		return ret;
	rcu_read_lock();
	fn = rcu_dereference(bus->by_devfn[devfn]);
	if (fn)
		ret = pvpci_config_read(fn, where, size, value);
	rcu_read_unlock();
	return ret;
}

/*
 * Only a kernel that counts preemption knows whether a spinlock is held. Without
 * that preemptible() is 0, and who cannot tell has to look at the ring.
 */
static int ops_write(struct pci_bus *pci_bus, unsigned int devfn, int where, int size, u32 value)
{
	struct pvpci_bus *bus = pvpci_bus_of(pci_bus);
	struct pvpci_fn *fn;
	int ret;

	this_cpu_inc(bus->accesses->writes);
	fn = pci_bus->number ? NULL : pvpci_function_get(bus, devfn);
	if (!fn)
		return PCIBIOS_DEVICE_NOT_FOUND;
	ret = pvpci_config_write(fn, where, size, value, preemptible());
	pvpci_function_put(fn);
	return ret;
}

struct pci_ops pvpci_config_ops = {
	.read = ops_read,
	.write = ops_write,
};

#ifdef PVPCI_BRIDGE_ENABLE_DEVICE
static int enable_device(struct pci_host_bridge *bridge, struct pci_dev *dev)
{
	struct pvpci_fn *fn = pvpci_function_get(pvpci_bus_of(dev->bus), dev->devfn);
	int ret;

	if (!fn)
		return -ENODEV;
	ret = pvpci_config_enable(fn);
	pvpci_function_put(fn);
	return ret;
}
#endif

/**
 * pvpci_config_ops_set - have PCI core come here
 * @bridge: of the bus, not registered yet
 *
 * pci_disable_device() leaves memory-enable as it is, so it is not listened to.
 */
void pvpci_config_ops_set(struct pci_host_bridge *bridge)
{
	bridge->ops = &pvpci_config_ops;
#ifdef PVPCI_BRIDGE_ENABLE_DEVICE
	bridge->enable_device = enable_device;
#endif
}
