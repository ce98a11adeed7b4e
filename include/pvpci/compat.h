/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between kernels that the modules must know, and the only
 * file that includes the results of the compile probes.
 *
 * To ask a new question add include/pvpci/probe/<name>.c, a file that compiles
 * only where the answer is yes, and use HAVE_<NAME> here. The drivers use what
 * this file defines and never HAVE_* or a kernel version themselves.
 */
#ifndef _PVPCI_COMPAT_H
#define _PVPCI_COMPAT_H

#include <generated/pvpci-config.h>

#include <linux/device/bus.h>
#ifdef HAVE_HEX_HEADER
#include <linux/hex.h>
#endif

/* A bus_type pointer as bus_register_notifier() wants it. */
#ifdef HAVE_CONST_BUS_NOTIFIER
#define pvpci_bus_type_ptr(bus)	(bus)
#else
#define pvpci_bus_type_ptr(bus)	((struct bus_type *)(bus))
#endif

/* What a binary attribute is to its callbacks and to its group. */
#ifdef HAVE_CONST_BIN_ATTRIBUTE
#define pvpci_bin_const	const
#else
#define pvpci_bin_const
#endif

/* A status flag, where affinity is not set at once without being asked to. */
#ifdef HAVE_IRQ_MOVE_PCNTXT
#define PVPCI_IRQ_MOVE_AT_ONCE	IRQ_MOVE_PCNTXT
#else
#define PVPCI_IRQ_MOVE_AT_ONCE	0
#endif

/* Our interrupt domain is the parent of one that PCI core makes for each function. */
#ifdef HAVE_MSI_PARENT_DOMAIN
#define PVPCI_MSI_PARENT	1
#endif

/* A host bridge is told before memory-enable is written for a driver. */
#ifdef HAVE_BRIDGE_ENABLE_DEVICE
#define PVPCI_BRIDGE_ENABLE_DEVICE	1
#endif

/* PCI core wants to be asked for the domain of a bridge that firmware does not know. */
#ifdef HAVE_EMUL_DOMAIN
#define PVPCI_EMUL_DOMAIN	1
#endif

/* The kernel has the tracepoint pci:pci_hp_event. */
#ifdef HAVE_PCI_HP_EVENT
#define PVPCI_PCI_HP_EVENT	1
#endif

/* Drivers have callbacks by which they follow BARs that move (tools/patches/rebalance). */
#ifdef HAVE_MOVE_CALLBACKS
#define PVPCI_MOVE_CALLBACKS	1
#endif

#endif /* _PVPCI_COMPAT_H */
