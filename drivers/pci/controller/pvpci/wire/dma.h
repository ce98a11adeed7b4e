/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does the host see this guest's RAM?
 */
#ifndef _PVPCI_DMA_H
#define _PVPCI_DMA_H

struct pvpci_wire;

int pvpci_dma_probe(struct pvpci_wire *wire);

#endif /* _PVPCI_DMA_H */
