// SPDX-License-Identifier: GPL-2.0
/*
 * resize.c - BARs that can be smaller (Resizable BAR, PCI Express 5.0 section 7.8.6)
 *
 * The capability is a list of pairs: a register with the sizes that a BAR offers, and one with the
 * size that it has. The core has its own functions for this, but exports only one of them.
 */
#include <linux/bitfield.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "resize.h"

/* Where the pair of a BAR would be if it were the first; 0 if the BAR has none. */
static int find_pair(struct pci_dev *dev, int resno)
{
	int at = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_REBAR);
	unsigned int count, i;
	u32 control;

	if (!at || resno >= PCI_STD_NUM_BARS)
		return 0;
	pci_read_config_dword(dev, at + PCI_REBAR_CTRL, &control);
	count = FIELD_GET(PCI_REBAR_CTRL_NBAR_MASK, control);
	for (i = 0; i < count && i < PCI_STD_NUM_BARS; i++, at += 8) {
		pci_read_config_dword(dev, at + PCI_REBAR_CTRL, &control);
		if (FIELD_GET(PCI_REBAR_CTRL_BAR_IDX, control) == resno)
			return at;
	}
	return 0;
}

/**
 * resize_smaller - the next size that a BAR offers
 * @dev: function
 * @resno: 0 to 5
 * @bytes: a size
 *
 * Return: the largest size below @bytes, 0 if there is none.
 */
u64 resize_smaller(struct pci_dev *dev, int resno, u64 bytes)
{
	int at = find_pair(dev, resno);
	u32 sizes;

	if (!at || bytes <= SZ_1M)
		return 0;
	pci_read_config_dword(dev, at + PCI_REBAR_CAP, &sizes);
	/* Bit 0 of the field is 1 MiB. */
	sizes = FIELD_GET(PCI_REBAR_CAP_SIZES, sizes);
	if (ilog2(bytes) - 20 < 32)
		sizes &= BIT(ilog2(bytes) - 20) - 1;
	return sizes ? (u64)SZ_1M << __fls(sizes) : 0;
}

/**
 * resize_read - the register that says what size a BAR has
 * @dev: function
 * @resno: a BAR with a smaller size
 *
 * Return: its value, to be written back by resize_write().
 */
u32 resize_read(struct pci_dev *dev, int resno)
{
	u32 control = 0;

	pci_read_config_dword(dev, find_pair(dev, resno) + PCI_REBAR_CTRL, &control);
	return control;
}

/**
 * resize_write - write that register and read it back
 * @dev: function with memory-enable clear
 * @resno: a BAR with a smaller size
 * @control: value
 *
 * Return: 0 or -EIO.
 */
int resize_write(struct pci_dev *dev, int resno, u32 control)
{
	int at = find_pair(dev, resno);

	if (!at)
		return -EIO;
	pci_write_config_dword(dev, at + PCI_REBAR_CTRL, control);
	return resize_read(dev, resno) == control ? 0 : -EIO;
}

/**
 * resize_control - what to write for another size
 * @control: value now
 * @bytes: size that the BAR offers
 *
 * Return: value.
 */
u32 resize_control(u32 control, u64 bytes)
{
	return (control & ~PCI_REBAR_CTRL_BAR_SIZE) |
	       FIELD_PREP(PCI_REBAR_CTRL_BAR_SIZE, ilog2(bytes) - 20);
}
