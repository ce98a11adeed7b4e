/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does the host see this guest's RAM?
 */
#ifndef _PVPCI_DMA_H
#define _PVPCI_DMA_H

struct pvpci_bus;

int pvpci_dma_probe(struct pvpci_bus *bus);

#endif /* _PVPCI_DMA_H */
