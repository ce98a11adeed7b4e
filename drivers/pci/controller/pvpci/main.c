// SPDX-License-Identifier: GPL-2.0
/*
 * pvpci: a PCI bus that the host serves through shared memory.
 *
 * The bus is carried by QEMU's ivshmem-doorbell function. Its functions are
 * ordinary PCI functions in a PCI domain of their own, driven by stock
 * drivers. See Documentation/PCI/pvpci.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>

#include <pvpci/release.h>

#include "bus/debugfs.h"
#include "bus/lifecycle.h"
#include "bus/pm.h"
#include "bus/root.h"
#include "core/bus.h"
#include "hotplug/host_rebalance.h"

static int pvpci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pvpci_bus *bus;
	int ret;

	ret = pci_enable_device_mem(pdev);
	if (ret)
		return ret;
	bus = pvpci_bus_alloc(pdev);
	if (!bus) {
		ret = -ENOMEM;
		goto disable;
	}
	/* MSI-X is a write to memory, too. */
	pci_set_master(pdev);
	pci_set_drvdata(pdev, bus);
	ret = pvpci_bus_up(bus);
	if (!ret)
		return 0;

	pvpci_bus_down(bus);
	pci_set_drvdata(pdev, NULL);
	pci_clear_master(pdev);
	pvpci_bus_put(bus);
disable:
	pci_disable_device(pdev);
	return ret;
}

static void pvpci_remove(struct pci_dev *pdev)
{
	struct pvpci_bus *bus = pci_get_drvdata(pdev);

	pvpci_bus_down(bus);
	pci_set_drvdata(pdev, NULL);
	pci_clear_master(pdev);
	pvpci_bus_put(bus);
	pci_disable_device(pdev);
}

static void pvpci_shutdown(struct pci_dev *pdev)
{
	pvpci_bus_shutdown(pci_get_drvdata(pdev));
	pci_clear_master(pdev);
}

static const struct pci_device_id pvpci_ids[] = {
	{ PCI_DEVICE(PVPCI_IVSHMEM_VENDOR, PVPCI_IVSHMEM_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, pvpci_ids);

static struct pci_driver pvpci_driver = {
	.name		= "pvpci",
	.id_table	= pvpci_ids,
	.probe		= pvpci_probe,
	.remove		= pvpci_remove,
	.shutdown	= pvpci_shutdown,
	.driver.pm	= pm_sleep_ptr(&pvpci_pm_ops),
	/* bus/lifecycle.c says why. */
	.driver.suppress_bind_attrs = true,
};

static int __init pvpci_init(void)
{
	int ret;

	ret = pvpci_work_init();
	if (ret)
		return ret;
	ret = pvpci_host_rebalances_init();
	if (ret)
		goto exit_work;
	pvpci_debugfs_init();
	ret = pvpci_root_init();
	if (ret)
		goto exit_debugfs;
	ret = pci_register_driver(&pvpci_driver);
	if (ret)
		goto exit_root;
	pvpci_buses_await();
	return 0;

exit_root:
	pvpci_root_exit();
exit_debugfs:
	pvpci_debugfs_exit();
	pvpci_host_rebalances_exit();
exit_work:
	pvpci_work_exit();
	return ret;
}

static void __exit pvpci_exit(void)
{
	pvpci_buses_down();
	pci_unregister_driver(&pvpci_driver);
	pvpci_root_exit();
	pvpci_debugfs_exit();
	pvpci_host_rebalances_exit();
	pvpci_work_exit();
	/* Functions are freed after a grace period, by code of this module. */
	rcu_barrier();
}

module_init(pvpci_init);
module_exit(pvpci_exit);

MODULE_DESCRIPTION("Paravirtual PCI host bridge over ivshmem-doorbell");
MODULE_AUTHOR("The pvpci authors");
MODULE_VERSION(PVPCI_RELEASE);
MODULE_LICENSE("GPL");
