/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the architecture wants of a PCI host bridge; the only such place.
 */
#ifndef _PVPCI_ARCH_H
#define _PVPCI_ARCH_H

#include <linux/pci.h>
#ifdef CONFIG_X86
#include <asm/pci.h>
#else
#include <linux/pci-ecam.h>
#endif

struct pvpci_bus;

/**
 * struct pvpci_arch - what hangs on pci_bus.sysdata
 * @sysdata: x86: the domain number and the NUMA node are read from here
 * @window: elsewhere: PCI core looks for the parent of a config window
 *
 * Its type is fixed by the architecture's PCI code, which reads it.
 */
struct pvpci_arch {
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#else
	struct pci_config_window window;
#endif
};

int pvpci_arch_bind(struct pvpci_bus *bus, struct pci_host_bridge *bridge, int domain);
void pvpci_arch_setup_device(struct pci_dev *dev);
bool pvpci_arch_user_access(void);
unsigned int pvpci_arch_vector_budget(void);

#endif /* _PVPCI_ARCH_H */
