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

#include "bus/debugfs.h"
#include "bus/pm.h"
#include "bus/root.h"
#include "core/bus.h"
#include "core/rescan_lock.h"
#include "function/veto.h"
#include "hotplug/host_rebalance.h"

unsigned int pvpci_timeout_ms = 5000;
module_param_named(timeout_ms, pvpci_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "how long to wait for the host's answer to a request, in ms");

unsigned int pvpci_commit_timeout_ms = 4000;
module_param_named(commit_timeout_ms, pvpci_commit_timeout_ms, uint, 0644);
MODULE_PARM_DESC(commit_timeout_ms,
		 "the same for memory-enable where the kernel writes config space with interrupts off, in ms");

unsigned int pvpci_max_vectors;
module_param_named(max_vectors, pvpci_max_vectors, uint, 0444);
MODULE_PARM_DESC(max_vectors,
		 "transport interrupt vectors for one bus at most, 0: what the machine can spare");

bool pvpci_expedite = true;
module_param_named(expedite, pvpci_expedite, bool, 0644);
MODULE_PARM_DESC(expedite,
		 "expedite RCU grace periods while functions are added or removed; costs every processor some interrupts");

bool pvpci_old_habit;
module_param_named(old_habit, pvpci_old_habit, bool, 0444);
MODULE_PARM_DESC(old_habit,
		 "for measurements: set memory-enable before discovery and toggle it around each BAR, as pci-hyperv and Linux did");

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
};

static const struct pvpci_api_ops api_ops = {
	.read = pvpci_block_read,
	.write = pvpci_block_write,
	.listen = pvpci_block_listen,
	.veto = pvpci_veto_set,
};

static int __init pvpci_init(void)
{
	int ret;

	ret = pvpci_rescan_init();
	if (ret)
		return ret;
	ret = pvpci_stops_init();
	if (ret)
		goto exit_rescan;
	pvpci_debugfs_init();
	ret = pvpci_root_init();
	if (ret)
		goto exit_debugfs;
	pvpci_set_api_ops(&api_ops);
	ret = pci_register_driver(&pvpci_driver);
	if (ret)
		goto exit_api;
	return 0;

exit_api:
	pvpci_set_api_ops(NULL);
	pvpci_root_exit();
exit_debugfs:
	pvpci_debugfs_exit();
	pvpci_stops_exit();
exit_rescan:
	pvpci_rescan_exit();
	return ret;
}

static void __exit pvpci_exit(void)
{
	pci_unregister_driver(&pvpci_driver);
	pvpci_set_api_ops(NULL);
	pvpci_root_exit();
	pvpci_debugfs_exit();
	pvpci_stops_exit();
	pvpci_rescan_exit();
	/* Functions are freed after a grace period, by code of this module. */
	rcu_barrier();
}

module_init(pvpci_init);
module_exit(pvpci_exit);

MODULE_DESCRIPTION("Paravirtual PCI host bridge over ivshmem-doorbell");
MODULE_AUTHOR("The pvpci authors");
MODULE_LICENSE("GPL");
