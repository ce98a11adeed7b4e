// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of functions are memory that the guest has mapped as a device and the host
 * as memory. Where a processor does not keep the two alike (AArch64 without
 * FEAT_S2FWB), a doorbell stays in nobody's sight. So the host is asked what it reads
 * where the guest has written, and the guest reads what the host has written, through
 * the mapping that drivers use: twice, since the host may have had no copy of the
 * line in its cache at first.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/random.h>

#include "wire/aperture_probe.h"
#include "wire/proto.h"
#include "wire/wire.h"

static u64 read_there(const u8 __iomem *at)
{
	return (u64)readl(at + 4) << 32 | readl(at);
}

static void write_there(u64 value, u8 __iomem *at)
{
	writel((u32)value, at);
	writel((u32)(value >> 32), at + 4);
}

static int ask(struct pvpci_wire *wire, u64 offset, u8 __iomem *at)
{
	u64 nonce = get_random_u64(), seen, back;
	int ret;

	write_there(nonce, at);
	ret = pvpci_proto_aperture_probe(wire, &offset, &seen);
	if (ret)
		return ret;
	back = read_there(at);
	/* A host that dies before it replies leaves its successor what it has written. */
	if ((seen == nonce || seen == ~nonce) && back == ~seen)
		return 0;
	dev_err(&wire->pdev->dev, "Host and guest do not see the same bytes in the aperture (guest wrote %#llx, host read %#llx, guest read %#llx back): registers of functions would not work. On arm64 this takes a processor with FEAT_S2FWB.\n",
		nonce, seen, back);
	return -EIO;
}

/* A page in which nothing decodes, as the host says; functions may have been handed off so. */
static int find_place(struct pvpci_wire *wire, u64 *offset)
{
	u64 bytes = wire->layout.area[PVPCI_AREA_APERTURE].bytes, value;
	int ret;

	*offset = PVPCI_BAR_UNASSIGNED;
	ret = pvpci_proto_aperture_probe(wire, offset, &value);
	if (ret || (*offset < bytes && !(*offset % PVPCI_PAGE_BYTES)))
		return ret;
	dev_err(&wire->pdev->dev, "Host wants to be asked at %#llx of an aperture of %#llx bytes.\n",
		*offset, bytes);
	return -EPROTO;
}

/**
 * pvpci_aperture_probe - compare what both ends see in the aperture
 * @wire: of a bus in D0
 *
 * What was there is put back.
 *
 * Context: process context.
 * Return: 0, also when the host does not know the question, or functions decode
 * everywhere; an errno with a sentence logged otherwise.
 */
int pvpci_aperture_probe(struct pvpci_wire *wire)
{
	u64 start = pci_resource_start(wire->pdev, 2) +
		    wire->layout.area[PVPCI_AREA_APERTURE].offset;
	u64 offset, before;
	u8 __iomem *at;
	int ret;

	if (!(wire->features & PVPCI_F_APERTURE_PROBE))
		return 0;
	ret = find_place(wire, &offset);
	if (ret)
		return ret == -EBUSY ? 0 : ret;
	at = ioremap(start + offset, PVPCI_PAGE_BYTES);
	if (!at)
		return -ENOMEM;
	before = read_there(at);
	ret = ask(wire, offset, at) ?: ask(wire, offset, at);
	write_there(before, at);
	iounmap(at);
	return ret;
}
