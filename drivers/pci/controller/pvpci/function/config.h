/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Config space of the functions.
 */
#ifndef _PVPCI_CONFIG_H
#define _PVPCI_CONFIG_H

#include <linux/pci.h>
#include <linux/types.h>

struct pvpci_fn;

/* Bits of the command register that can be written; there is no I/O space. */
#define PVPCI_COMMAND_WRITABLE	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | \
				 PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

extern struct pci_ops pvpci_config_ops;

void pvpci_config_ops_set(struct pci_host_bridge *bridge);
void pvpci_config_start(struct pvpci_fn *fn);
void pvpci_config_reset(struct pvpci_fn *fn);
void pvpci_config_hand_off(struct pvpci_fn *fn);
void pvpci_config_set_own(struct pvpci_fn *fn, int reg, u32 bits, u32 value);
void pvpci_config_mirror_command(struct pvpci_fn *fn);
int pvpci_config_read(struct pvpci_fn *fn, int where, int size, u32 *value);
int pvpci_config_write(struct pvpci_fn *fn, int where, int size, u32 value, bool may_sleep);
int pvpci_config_enable(struct pvpci_fn *fn);

#endif /* _PVPCI_CONFIG_H */
