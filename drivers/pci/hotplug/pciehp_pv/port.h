/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a module must know of drivers/pci/pcie/portdrv.h and drivers/pci/pci.h,
 * which kernel header packages do not carry. The two structs are laid out as
 * the port driver's; hpv_layout_ok() compares them with a driver that the
 * running kernel has bound, before anything relies on them.
 */
#ifndef _PCIEHP_PV_PORT_H
#define _PCIEHP_PV_PORT_H

#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/stddef.h>

#define HPV_SERVICE_HP	BIT(2)	/* the hotplug service of a port */

/**
 * struct hpv_service - one service of a PCI Express port (struct pcie_device)
 * @irq: vector of this service
 * @port: the port
 * @service: which service
 * @driver_data: ours while we are bound
 * @device: on the bus "pci_express"
 */
struct hpv_service {
	int irq;
	struct pci_dev *port;
	u32 service;
	void *driver_data;
	struct device device;
};

#define to_hpv_service(d)	container_of(d, struct hpv_service, device)

/**
 * struct hpv_service_driver - driver of a service (struct pcie_port_service_driver)
 * @name: same pointer as @driver.name
 * @probe: called where the bus probes by itself, else see &device_driver.probe
 * @remove: called where the bus probes by itself, else see &device_driver.remove
 * @suspend: system suspend of the port
 * @resume_noirq: system resume, interrupts off
 * @resume: system resume
 * @runtime_suspend: runtime suspend of the port
 * @runtime_resume: runtime resume of the port
 * @slot_reset: the port came out of a reset that error recovery caused
 * @port_type: type of port, ~0 for any
 * @service: which service
 * @driver: what the bus knows
 *
 * The bus's match function and the port driver's PM callbacks cast every
 * driver on the bus to this.
 */
struct hpv_service_driver {
	const char *name;
	int (*probe)(struct hpv_service *service);
	void (*remove)(struct hpv_service *service);
	int (*suspend)(struct hpv_service *service);
	int (*resume_noirq)(struct hpv_service *service);
	int (*resume)(struct hpv_service *service);
	int (*runtime_suspend)(struct hpv_service *service);
	int (*runtime_resume)(struct hpv_service *service);
	int (*slot_reset)(struct hpv_service *service);
	int port_type;
	u32 service;
	struct device_driver driver;
};

#define to_hpv_service_driver(d) \
	container_of_const(d, struct hpv_service_driver, driver)

static_assert(offsetof(struct hpv_service, port) == sizeof(void *));
static_assert(offsetof(struct hpv_service, device) == 4 * sizeof(void *));
static_assert(offsetof(struct hpv_service_driver, port_type) == 9 * sizeof(void *));
static_assert(offsetof(struct hpv_service_driver, driver) ==
	      9 * sizeof(void *) + 2 * sizeof(int));

/* Exported by drivers/pci, declared in its private header. */
int pci_hp_add_bridge(struct pci_dev *dev);

#endif /* _PCIEHP_PV_PORT_H */
