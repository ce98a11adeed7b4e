/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NUMA nodes: the host speaks of proximity domains, Linux numbers its nodes as it meets them.
 */
#ifndef _PVPCI_NODE_H
#define _PVPCI_NODE_H

#include <linux/types.h>

int pvpci_node_of(u32 domain);

#endif /* _PVPCI_NODE_H */
