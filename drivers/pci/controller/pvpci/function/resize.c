// SPDX-License-Identifier: GPL-2.0
/*
 * BARs whose size the guest chooses (Resizable BAR, PCI Express 5.0 section 7.8.6).
 *
 * The field with the size is one of the guest's own bits. The host reads it
 * from its copy when it is told of the BAR's place, or attaches it.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"
#include "function/resize.h"

#define ENTRY_BYTES	8	/* of the capability: sizes and control of one BAR */
#define SIZES		GENMASK(31, 4)	/* linux/pci_regs.h has those to 512 GiB */
#define SIZE		GENMASK(12, 8)
#define MAX_LIST	((PVPCI_PAGE_BYTES - PCI_CFG_SPACE_SIZE) / 8)

static u32 load(const u8 *page, unsigned int at)
{
	return le32_to_cpu(READ_ONCE(*(const __le32 *)(page + at)));
}

/* In the host's page, which may be anything; 0 for none. */
static unsigned int find(const struct pvpci_fn *fn)
{
	unsigned int at = PCI_CFG_SPACE_SIZE, left;
	u32 header;

	for (left = MAX_LIST; at >= PCI_CFG_SPACE_SIZE && left; left--) {
		header = load(fn->config, at);
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_REBAR)
			return at;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

/* Sizes, a bit for each from 1 MiB on, that are no larger than what the table says. */
static u32 offered(const struct pvpci_fn *fn, unsigned int at, const struct pvpci_bar_info *bar)
{
	u32 sizes = FIELD_GET(SIZES, load(fn->config, at + PCI_REBAR_CAP));

	if (bar->most < SZ_1M || load(fn->mask, at + PCI_REBAR_CTRL) != SIZE)
		return 0;
	return sizes & GENMASK(ilog2(bar->most) - ilog2(SZ_1M), 0);
}

/**
 * pvpci_resize_start - learn what sizes the BARs of a function offer
 * @fn: being created, nobody else knows it
 *
 * Of a capability that makes no sense only what does is used. What is offered
 * without PVPCI_F_RESIZE can be read, but not chosen.
 */
void pvpci_resize_start(struct pvpci_fn *fn)
{
	unsigned int at = find(fn), count, i, b;

	if (!at || at + PCI_REBAR_CTRL + 4 > PVPCI_PAGE_BYTES)
		return;
	count = FIELD_GET(PCI_REBAR_CTRL_NBAR_MASK, load(fn->config, at + PCI_REBAR_CTRL));
	for (i = 0; i < count; i++, at += ENTRY_BYTES) {
		if (at + PCI_REBAR_CTRL + 4 > PVPCI_PAGE_BYTES)
			return;
		b = FIELD_GET(PCI_REBAR_CTRL_BAR_IDX, load(fn->config, at + PCI_REBAR_CTRL));
		if (b >= PVPCI_NUM_BARS || !fn->info.bar[b].bytes || fn->size_at[b])
			continue;
		fn->size_at[b] = at + PCI_REBAR_CTRL;
		/* One that begins anew may have had another. */
		fn->info.bar[b].bytes = fn->info.bar[b].most;
		if (fn->bus->wire.features & PVPCI_F_RESIZE)
			fn->sizes[b] = offered(fn, at, &fn->info.bar[b]);
	}
}

/* Who places BARs looks without the lock, and tells the host of another size. */
static void set(struct pvpci_fn *fn, unsigned int b, u64 bytes)
{
	WRITE_ONCE(fn->info.bar[b].bytes, bytes);
}

/**
 * pvpci_resize_reset - all BARs have the size of the table
 * @fn: its own bits are as after a reset
 *
 * Context: pvpci_fn.lock held, or nobody else knows it.
 */
void pvpci_resize_reset(struct pvpci_fn *fn)
{
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		if (fn->size_at[b] && fn->info.bar[b].bytes != fn->info.bar[b].most)
			set(fn, b, fn->info.bar[b].most);
}

/**
 * pvpci_resize_restore - BARs have the sizes again that they had before a reset
 * @fn: the function
 * @bytes: PVPCI_NUM_BARS sizes
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_resize_restore(struct pvpci_fn *fn, const u64 *bytes)
{
	unsigned int b;

	lockdep_assert_held(&fn->lock);
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		if (bytes[b] == fn->info.bar[b].bytes || !fn->size_at[b])
			continue;
		set(fn, b, bytes[b]);
		pvpci_config_set_own(fn, fn->size_at[b], SIZE,
				     FIELD_PREP(SIZE, ilog2(bytes[b]) - ilog2(SZ_1M)));
	}
}

/**
 * pvpci_resize_refused - somebody writes a register: if it is a BAR's size, it is changed
 * @fn: the function
 * @reg: the register
 * @value: what it would become
 *
 * Context: pvpci_fn.lock held.
 * Return: whether the register stays as it is: a size that is not offered, or a BAR that decodes or
 * may do so soon.
 */
bool pvpci_resize_refused(struct pvpci_fn *fn, int reg, u32 value)
{
	unsigned int size = FIELD_GET(SIZE, value);
	unsigned int b;

	lockdep_assert_held(&fn->lock);
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		if (reg != fn->size_at[b] || !reg)
			continue;
		if (!(fn->sizes[b] & BIT(size)) || fn->attached || fn->exchange.taken)
			return true;
		if (fn->info.bar[b].bytes != (u64)SZ_1M << size)
			set(fn, b, (u64)SZ_1M << size);
		return false;
	}
	return false;
}
