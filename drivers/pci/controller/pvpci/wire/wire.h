/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection of a bus with its host, and all that is known of the host
 * without looking at functions.
 */
#ifndef _PVPCI_WIRE_H
#define _PVPCI_WIRE_H

#include <linux/types.h>

#include "wire/layout.h"
#include "wire/request.h"
#include "wire/transport.h"

struct pci_dev;

extern unsigned int pvpci_timeout_ms;

/**
 * struct pvpci_wire - the connection of a bus with its host
 * @pdev: the ivshmem function
 * @layout: checked copy of the header
 * @transport: BARs and vector 0
 * @requests: messages; they have a lock and rings from when the header was found good
 * @features: PVPCI_F_* in force
 * @version: protocol version agreed, 0 before
 */
struct pvpci_wire {
	struct pci_dev *pdev;
	struct pvpci_layout layout;
	struct pvpci_transport transport;
	struct pvpci_requests requests;
	u64 features;
	u32 version;
};

#endif /* _PVPCI_WIRE_H */
