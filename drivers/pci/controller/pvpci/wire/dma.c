// SPDX-License-Identifier: GPL-2.0
/*
 * Shared DMA: the host reaches guest RAM through a file that QEMU has mapped
 * too. A wrong file or a wrong memory map corrupts data silently, so the host
 * is asked to read a number that nobody can guess before anything depends on
 * it: once in low memory and once above 4 GiB, where maps differ, and once in
 * each NUMA node, whose memory may lie in a file of its own.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>

#include "wire/dma.h"
#include "wire/proto.h"
#include "wire/wire.h"

static int probe_page(struct pvpci_wire *wire, struct page *page)
{
	u64 *nonce = page_address(page), value;
	u64 address = page_to_phys(page);
	int ret;

	get_random_bytes(nonce, sizeof(*nonce));
	ret = pvpci_proto_dma_probe(wire, address, &value);
	if (ret == -ERANGE || (!ret && value != *nonce)) {
		dev_err(&wire->pdev->dev, "Guest RAM at %#llx is not shared with the host or is mapped differently there: give QEMU a shared memory backend (share=on) and the daemon the same file and machine type.\n",
			address);
		return -EIO;
	}
	return ret;
}

static int probe_nodes(struct pvpci_wire *wire)
{
	struct page *page;
	int ret = 0;
	int node;

	for_each_online_node(node) {
		page = alloc_pages_node(node, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 0);
		/* One without memory, or whose memory is in use, to the last page. */
		if (!page)
			continue;
		ret = probe_page(wire, page);
		__free_page(page);
		if (ret)
			break;
	}
	return ret;
}

/**
 * pvpci_dma_probe - compare what the host sees in guest RAM with what is there
 * @wire: of a bus in D0
 *
 * Context: process context.
 * Return: 0, also when the mode is not in force; an errno with a sentence
 * logged otherwise.
 */
int pvpci_dma_probe(struct pvpci_wire *wire)
{
	static const gfp_t zones[] = { GFP_KERNEL | GFP_DMA32, GFP_KERNEL };
	unsigned int i;
	int ret = 0;

	if (!(wire->features & PVPCI_F_DMA_SHARED)) {
		dev_warn(&wire->pdev->dev, "Host does not offer shared DMA; functions cannot reach memory.\n");
		return 0;
	}
	for (i = 0; !ret && i < ARRAY_SIZE(zones); i++) {
		struct page *page = alloc_page(zones[i] | __GFP_NOWARN);

		/* A machine without RAM below 4 GiB is fine. */
		if (!page)
			continue;
		/* Without RAM above 4 GiB the second page is a low one again. */
		if (!i || page_to_phys(page) >= SZ_4G)
			ret = probe_page(wire, page);
		__free_page(page);
	}
	if (!ret && num_online_nodes() > 1)
		ret = probe_nodes(wire);
	return ret;
}
