/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's ivshmem-doorbell function as the carrier of a bus.
 */
#ifndef _PVPCI_TRANSPORT_H
#define _PVPCI_TRANSPORT_H

#include <linux/io.h>
#include <linux/pvpci.h>
#include <linux/types.h>

struct pvpci_wire;

/**
 * struct pvpci_transport - BARs of the ivshmem function
 * @regs: BAR0
 * @header: first page of BAR2
 * @area: mapping of each control area; NULL for the aperture and absent ones
 * @bar2: physical address of BAR2
 * @claimed: areas that are requested in the resource tree, and the header page
 * @doorbell: what to write into the doorbell register to wake the daemon
 * @nr_vectors: MSI-X vectors allocated; vector 0 is the ring's
 * @irq0: Linux interrupt of vector 0, 0 while not requested
 */
struct pvpci_transport {
	void __iomem *regs;
	struct pvpci_header *header;
	void *area[PVPCI_AREA_COUNT];
	phys_addr_t bar2;
	unsigned long claimed;
	u32 doorbell;
	unsigned int nr_vectors;
	int irq0;
};

int pvpci_transport_init(struct pvpci_wire *wire);
void pvpci_transport_exit(struct pvpci_wire *wire);
int pvpci_transport_enable_irq(struct pvpci_wire *wire, unsigned int want);
void pvpci_transport_disable_irq(struct pvpci_wire *wire);
void pvpci_transport_doorbell(const struct pvpci_transport *transport);
u32 pvpci_transport_host_state(const struct pvpci_transport *transport);
u32 pvpci_transport_host_beat(const struct pvpci_transport *transport);
bool pvpci_transport_host_sleeps(const struct pvpci_transport *transport);
void pvpci_transport_set_guest(struct pvpci_transport *transport, u32 state);

#endif /* _PVPCI_TRANSPORT_H */
