// SPDX-License-Identifier: GPL-2.0
/*
 * registers.c - the config registers of BARs and bridge windows
 *
 * Everything here is for functions whose memory-enable is clear, or for windows.
 */
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "registers.h"

static int bar_register(const struct pci_dev *dev, int resno)
{
	return resno == PCI_ROM_RESOURCE ? dev->rom_base_reg : PCI_BASE_ADDRESS_0 + 4 * resno;
}

static bool is_window(int resno)
{
	return resno == PCI_BRIDGE_MEM_WINDOW || resno == PCI_BRIDGE_PREF_MEM_WINDOW;
}

static u32 size_register(struct pci_dev *dev, int reg, u32 old)
{
	u32 mask;

	pci_write_config_dword(dev, reg, ~0u);
	pci_read_config_dword(dev, reg, &mask);
	pci_write_config_dword(dev, reg, old);
	return mask;
}

/**
 * registers_size_bar - find out what a BAR asks for, from the device itself
 * @dev: function without a driver that does not decode, its lock held
 * @resno: 0 to 5
 * @bytes: its size
 * @flags: its resource flags
 *
 * The core forgets the size of a BAR for which it found no room.
 *
 * Return: false if there is no memory BAR here.
 */
bool registers_size_bar(struct pci_dev *dev, int resno, u64 *bytes, unsigned long *flags)
{
	int reg = bar_register(dev, resno);
	u32 low, high = 0;
	u64 mask;

	pci_read_config_dword(dev, reg, &low);
	if (low & PCI_BASE_ADDRESS_SPACE_IO)
		return false;
	mask = size_register(dev, reg, low) & PCI_BASE_ADDRESS_MEM_MASK;
	*flags = IORESOURCE_MEM | IORESOURCE_SIZEALIGN | (low & ~PCI_BASE_ADDRESS_MEM_MASK);
	if (low & PCI_BASE_ADDRESS_MEM_PREFETCH)
		*flags |= IORESOURCE_PREFETCH;
	if ((low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64 && resno < 5) {
		*flags |= IORESOURCE_MEM_64;
		pci_read_config_dword(dev, reg + 4, &high);
		mask |= (u64)size_register(dev, reg + 4, high) << 32;
	} else if (mask) {
		mask |= 0xffffffffULL << 32;
	}
	if (!mask)
		return false;
	*bytes = mask & -mask;
	return is_power_of_2(*bytes);
}

/* A window that is closed in the tree has its base above its limit. */
static bool window_matches(struct pci_dev *bridge, int resno)
{
	struct resource *res = &bridge->resource[resno];
	u32 values[3] = { 0 };
	struct pci_bus_region region;
	u64 base, limit;

	registers_read(bridge, resno, values);
	if (!bridge->pref_64_window)
		memset(&values[1], 0, 2 * sizeof(values[1]));
	base = (u64)values[1] << 32 | (values[0] & 0xfff0) << 16;
	limit = (u64)values[2] << 32 | (values[0] & 0xfff00000) | 0xfffff;
	if (!res->parent)
		return base > limit;
	pcibios_resource_to_bus(bridge->bus, &region, res);
	return base == region.start && limit == region.end;
}

/**
 * registers_match - do the registers say what the resource says?
 * @dev: function or bridge
 * @resno: BAR, ROM or window
 *
 * Return: true if so.
 */
bool registers_match(struct pci_dev *dev, int resno)
{
	struct resource *res = &dev->resource[resno];
	struct pci_bus_region region;
	u32 low, high = 0;

	if (is_window(resno))
		return window_matches(dev, resno);
	pcibios_resource_to_bus(dev->bus, &region, res);
	pci_read_config_dword(dev, bar_register(dev, resno), &low);
	if (resno == PCI_ROM_RESOURCE)
		return !(low & PCI_ROM_ADDRESS_ENABLE) ||
		       (low & PCI_ROM_ADDRESS_MASK) == (u32)region.start;
	if (res->flags & IORESOURCE_MEM_64)
		pci_read_config_dword(dev, bar_register(dev, resno) + 4, &high);
	return (low & PCI_BASE_ADDRESS_MEM_MASK) == (u32)region.start &&
	       high == upper_32_bits(region.start);
}

/**
 * registers_read - read the registers of one resource, to be able to write them back
 * @dev: function or bridge
 * @resno: BAR, ROM or window
 * @values: up to three dwords
 *
 * Return: how many there are.
 */
unsigned int registers_read(struct pci_dev *dev, int resno, u32 *values)
{
	int reg = bar_register(dev, resno);

	if (resno == PCI_BRIDGE_MEM_WINDOW) {
		pci_read_config_dword(dev, PCI_MEMORY_BASE, &values[0]);
		return 1;
	}
	if (resno == PCI_BRIDGE_PREF_MEM_WINDOW) {
		pci_read_config_dword(dev, PCI_PREF_MEMORY_BASE, &values[0]);
		pci_read_config_dword(dev, PCI_PREF_BASE_UPPER32, &values[1]);
		pci_read_config_dword(dev, PCI_PREF_LIMIT_UPPER32, &values[2]);
		return 3;
	}
	pci_read_config_dword(dev, reg, &values[0]);
	if (!(dev->resource[resno].flags & IORESOURCE_MEM_64))
		return 1;
	pci_read_config_dword(dev, reg + 4, &values[1]);
	return 2;
}

/* Change the halves of a prefetchable window so that it is never larger than before or after. */
static void write_prefetch_window(struct pci_dev *bridge, const u32 *values)
{
	u32 old[3];

	registers_read(bridge, PCI_BRIDGE_PREF_MEM_WINDOW, old);
	if (old[1] != values[1] || old[2] != values[2]) {
		/* Base above limit closes it. Nothing behind it runs, or the halves would agree. */
		pci_write_config_dword(bridge, PCI_PREF_MEMORY_BASE, 0x0000fff0);
		pci_write_config_dword(bridge, PCI_PREF_LIMIT_UPPER32, 0);
		pci_write_config_dword(bridge, PCI_PREF_BASE_UPPER32, values[1]);
		pci_write_config_dword(bridge, PCI_PREF_LIMIT_UPPER32, values[2]);
	}
	pci_write_config_dword(bridge, PCI_PREF_MEMORY_BASE, values[0]);
}

/**
 * registers_write - write registers of one resource
 * @dev: function or bridge
 * @resno: BAR, ROM or window
 * @values: as registers_read() returned them
 */
void registers_write(struct pci_dev *dev, int resno, const u32 *values)
{
	int reg = bar_register(dev, resno);

	if (resno == PCI_BRIDGE_MEM_WINDOW) {
		pci_write_config_dword(dev, PCI_MEMORY_BASE, values[0]);
		return;
	}
	if (resno == PCI_BRIDGE_PREF_MEM_WINDOW) {
		write_prefetch_window(dev, values);
		return;
	}
	pci_write_config_dword(dev, reg, values[0]);
	if (dev->resource[resno].flags & IORESOURCE_MEM_64)
		pci_write_config_dword(dev, reg + 4, values[1]);
}

/**
 * registers_write_bar - make the register say what the resource says, and read it back
 * @dev: function with memory-enable clear
 * @resno: BAR or ROM
 *
 * A ROM that is not enabled has no address to change.
 *
 * Return: 0, or -EIO if the device does not take the address.
 */
int registers_write_bar(struct pci_dev *dev, int resno)
{
	struct pci_bus_region region;
	u32 values[3];

	registers_read(dev, resno, values);
	pcibios_resource_to_bus(dev->bus, &region, &dev->resource[resno]);
	if (resno == PCI_ROM_RESOURCE) {
		if (!(values[0] & PCI_ROM_ADDRESS_ENABLE))
			return 0;
		values[0] = (values[0] & ~PCI_ROM_ADDRESS_MASK) | (u32)region.start;
	} else {
		values[0] = (values[0] & ~PCI_BASE_ADDRESS_MEM_MASK) | (u32)region.start;
		values[1] = upper_32_bits(region.start);
	}
	registers_write(dev, resno, values);
	return registers_match(dev, resno) ? 0 : -EIO;
}

/**
 * registers_write_window - open a window of a bridge on a range, or close it
 * @bridge: the bridge
 * @resno: PCI_BRIDGE_MEM_WINDOW or PCI_BRIDGE_PREF_MEM_WINDOW
 * @first: first bus address
 * @bytes: size, 0 to close it
 *
 * Return: 0, or -EIO if the bridge does not take it.
 */
int registers_write_window(struct pci_dev *bridge, int resno, u64 first, u64 bytes)
{
	u64 last = first + bytes - 1;
	u32 values[3] = { 0x0000fff0 }, check[3] = { 0 };
	unsigned int count;

	if (bytes) {
		values[0] = ((u32)(first >> 16) & 0xfff0) | ((u32)last & 0xfff00000);
		if (resno == PCI_BRIDGE_PREF_MEM_WINDOW) {
			values[1] = upper_32_bits(first);
			values[2] = upper_32_bits(last);
		}
	}
	registers_write(bridge, resno, values);
	count = registers_read(bridge, resno, check);
	if ((check[0] ^ values[0]) & 0xfff0fff0)
		return -EIO;
	return count > 1 && bytes && (check[1] != values[1] || check[2] != values[2]) ? -EIO : 0;
}

/* QEMU's vendor capability of a port: how much to reserve for what is plugged in later. */
struct reserve_capability {
	u8 id;
	u8 next;
	u8 length;
	u8 type;
	__le32 buses;
	__le64 io;
	__le32 mem;
	__le32 mem_pref_32;
	__le64 mem_pref_64;
} __packed;

#define RESERVE_TYPE	1
#define RESERVE_VENDOR	PCI_VENDOR_ID_REDHAT

/**
 * registers_window_hint - bytes that the hypervisor wants reserved behind a port
 * @bridge: the port
 * @prefetch: in its prefetchable window
 *
 * Return: bytes, 0 if it says nothing.
 */
u64 registers_window_hint(struct pci_dev *bridge, bool prefetch)
{
	struct reserve_capability c;
	unsigned int i;
	u8 at;

	if (bridge->vendor != RESERVE_VENDOR)
		return 0;
	for (at = pci_find_capability(bridge, PCI_CAP_ID_VNDR); at;
	     at = pci_find_next_capability(bridge, at, PCI_CAP_ID_VNDR)) {
		for (i = 0; i < sizeof(c); i += 4)
			pci_read_config_dword(bridge, at + i, (u32 *)((u8 *)&c + i));
		if (c.length < sizeof(c) || c.type != RESERVE_TYPE)
			continue;
		if (!prefetch)
			return c.mem == cpu_to_le32(~0u) ? 0 : le32_to_cpu(c.mem);
		if (c.mem_pref_64 != cpu_to_le64(~0ULL))
			return le64_to_cpu(c.mem_pref_64);
		return c.mem_pref_32 == cpu_to_le32(~0u) ? 0 : le32_to_cpu(c.mem_pref_32);
	}
	return 0;
}
