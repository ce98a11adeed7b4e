// SPDX-License-Identifier: GPL-2.0
/*
 * NUMA nodes: the host speaks of proximity domains, Linux numbers its nodes as it meets them.
 */
#include <linux/acpi.h>
#include <linux/nodemask.h>
#include <linux/numa.h>

#include "core/node.h"

/**
 * pvpci_node_of - Linux's number of a proximity domain
 * @domain: as in the tables of firmware (ACPI 6.5, 5.2.16; numa-node-id in a device tree)
 *
 * A processor's domain comes first when Linux numbers nodes, so that those of a machine whose
 * processors are all in domain 1 are numbered the other way round (drivers/acpi/numa/srat.c).
 *
 * Return: a node that is online, or NUMA_NO_NODE.
 */
int pvpci_node_of(u32 domain)
{
	int node = NUMA_NO_NODE;

	if (domain > INT_MAX)
		return NUMA_NO_NODE;
	if (acpi_disabled)
		node = domain;
	else if (IS_ENABLED(CONFIG_ACPI_NUMA))
		node = pxm_to_node(domain);
	/* Without a table there is one node, and what is not said is in it. */
	if (node == NUMA_NO_NODE && !domain && num_online_nodes() == 1)
		node = first_online_node;
	return node >= 0 && node < MAX_NUMNODES && node_online(node) ? node : NUMA_NO_NODE;
}
