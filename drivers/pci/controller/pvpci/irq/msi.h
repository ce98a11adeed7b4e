/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MSI and MSI-X of the functions.
 */
#ifndef _PVPCI_MSI_H
#define _PVPCI_MSI_H

#include <linux/msi.h>

#include "irq/vector.h"

struct pvpci_bus;

/**
 * struct pvpci_irq - interrupts of the functions of a bus
 * @vectors: transport vectors and interrupt tokens
 * @domain: of the functions' MSI and MSI-X
 * @info: belongs to @domain
 * @fwnode: belongs to @domain
 */
struct pvpci_irq {
	struct pvpci_vectors vectors;
	struct irq_domain *domain;
	struct msi_domain_info info;
	struct fwnode_handle *fwnode;
};

int pvpci_msi_init(struct pvpci_bus *bus);
void pvpci_msi_exit(struct pvpci_bus *bus);

#endif /* _PVPCI_MSI_H */
