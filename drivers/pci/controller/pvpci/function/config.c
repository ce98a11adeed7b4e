// SPDX-License-Identifier: GPL-2.0
/*
 * Config space. Reading it and sizing BARs costs no exit from the guest.
 *
 * Each register has one of four owners: the host (read live from the shadow),
 * the guest (kept here and mirrored to the host, which looks when it needs
 * the value), the bus (command, BARs: kept here, told to the host at the edge
 * of memory-enable), or nobody (expansion ROM, interrupt line and pin: zero).
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "function/reset.h"
#include "function/resize.h"

#define MULTIFUNCTION	(0x80 << 16)	/* in the dword of PCI_CACHE_LINE_SIZE */
#define HEADER_LAYOUT	(0x7fU << 16)	/* of the header type, in the same register */
#define VENDOR_RETRY	0x0001		/* PCIe 2.3.2: completion with retry status */

static u32 load_le32(const u8 *row, int reg)
{
	return le32_to_cpu(READ_ONCE(*(const __le32 *)(row + reg)));
}

static void store_le32(u8 *row, int reg, u32 value)
{
	WRITE_ONCE(*(__le32 *)(row + reg), cpu_to_le32(value));
}

/* Tell the host with one store of the size that was written. */
static void mirror(struct pvpci_fn *fn, int where, int size, u32 value)
{
	u8 *at = fn->config_guest + where;

	if (size == 1)
		WRITE_ONCE(*at, value);
	else if (size == 2)
		WRITE_ONCE(*(__le16 *)at, cpu_to_le16(value));
	else
		WRITE_ONCE(*(__le32 *)at, cpu_to_le32(value));
}

/**
 * pvpci_config_mirror_command - tell the host the command register
 * @fn: the function
 *
 * Its memory-enable bit means nothing there; the host looks at the others.
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_config_mirror_command(struct pvpci_fn *fn)
{
	lockdep_assert_held(&fn->lock);
	mirror(fn, PCI_COMMAND, 2, fn->command);
}

/**
 * pvpci_config_set_own - give bits of the guest's own a value, and tell the host
 * @fn: the function
 * @reg: register, a multiple of 4
 * @bits: which
 * @value: of these bits
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_config_set_own(struct pvpci_fn *fn, int reg, u32 bits, u32 value)
{
	lockdep_assert_held(&fn->lock);
	value |= load_le32(fn->own, reg) & ~bits;
	store_le32(fn->own, reg, value);
	mirror(fn, reg, 4, value);
}

/* What the guest owns becomes what the host shows. */
static void own_reset(struct pvpci_fn *fn)
{
	int reg;

	for (reg = 0; reg < PVPCI_PAGE_BYTES; reg += 4) {
		u32 own = load_le32(fn->config, reg) & load_le32(fn->mask, reg);

		store_le32(fn->own, reg, own);
		WRITE_ONCE(*(__le32 *)(fn->config_guest + reg), cpu_to_le32(own));
	}
	pvpci_resize_reset(fn);
}

/* Offset of a capability in the host's page, which may be anything; 0 for none. */
static u8 find_capability(const struct pvpci_fn *fn, u8 id)
{
	u8 at = READ_ONCE(fn->config[PCI_CAPABILITY_LIST]) & ~3;
	unsigned int left;

	for (left = 48; at >= PCI_STD_HEADER_SIZEOF && left; left--) {
		if (READ_ONCE(fn->config[at]) == id)
			return at;
		at = READ_ONCE(fn->config[at + 1]) & ~3;
	}
	return 0;
}

/**
 * pvpci_config_reset - the host has reset the function: its registers follow
 * @fn: detached
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_config_reset(struct pvpci_fn *fn)
{
	unsigned int i;

	lockdep_assert_held(&fn->lock);
	own_reset(fn);
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		WRITE_ONCE(fn->bar[i], 0);
	WRITE_ONCE(fn->command, 0);
	pvpci_config_mirror_command(fn);
}

/**
 * pvpci_config_hand_off - memory-enable becomes what the function was handed off with
 * @fn: as after a reset, or new
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_config_hand_off(struct pvpci_fn *fn)
{
	lockdep_assert_held(&fn->lock);
	fn->attached = fn->info.flags & PVPCI_FN_DECODING;
	if (fn->attached)
		WRITE_ONCE(fn->command, fn->command | PCI_COMMAND_MEMORY);
	else
		WRITE_ONCE(fn->command, fn->command & ~PCI_COMMAND_MEMORY);
	pvpci_config_mirror_command(fn);
}

/**
 * pvpci_config_start - config space of a function that has just arrived
 * @fn: being created, nobody else knows it
 *
 * The guest's own bits start as the host shows them, memory-enable as the
 * function was handed off.
 */
void pvpci_config_start(struct pvpci_fn *fn)
{
	unsigned long flags;

	own_reset(fn);
	pvpci_resize_start(fn);
	fn->express = find_capability(fn, PCI_CAP_ID_EXP);
	fn->power_cap = find_capability(fn, PCI_CAP_ID_PM);
	raw_spin_lock_irqsave(&fn->lock, flags);
	WRITE_ONCE(fn->command, load_le32(fn->config, PCI_COMMAND) & PVPCI_COMMAND_WRITABLE);
	pvpci_config_hand_off(fn);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
}

static u32 read_bar(const struct pvpci_fn *fn, unsigned int i)
{
	const struct pvpci_bar_info *bar = &fn->info.bar[i];
	u64 bytes = READ_ONCE(bar->bytes);
	u32 value = READ_ONCE(fn->bar[i]);

	if (bytes) {
		value &= lower_32_bits(~(bytes - 1));
		if (bar->mem64)
			value |= PCI_BASE_ADDRESS_MEM_TYPE_64;
		if (bar->prefetch)
			value |= PCI_BASE_ADDRESS_MEM_PREFETCH;
		return value;
	}
	bytes = i && bar[-1].mem64 ? READ_ONCE(bar[-1].bytes) : 0;
	return bytes ? value & upper_32_bits(~(bytes - 1)) : 0;
}

/*
 * There are only endpoints, whatever the host says: of a header it does not know
 * PCI core leaks the name, and a bridge would have it scan a bus that is not there.
 */
static u32 header_type(const struct pvpci_fn *fn, u32 value)
{
	value &= ~HEADER_LAYOUT;
	if (!PCI_FUNC(fn->info.devfn) &&
	    pvpci_function_has_siblings(fn->bus, fn->info.devfn))
		value |= MULTIFUNCTION;
	return value;
}

/* The whole register that holds @reg. Each of its sources is read once. */
static u32 read_register(const struct pvpci_fn *fn, int reg)
{
	u32 mask, value = load_le32(fn->config, reg);

	switch (reg) {
	case PCI_COMMAND:
		return (value & 0xffff0000) | READ_ONCE(fn->command);
	case PCI_BASE_ADDRESS_0 ... PCI_BASE_ADDRESS_5:
		return read_bar(fn, (reg - PCI_BASE_ADDRESS_0) / 4);
	case PCI_ROM_ADDRESS:
		return 0;
	case PCI_INTERRUPT_LINE:
		return value & 0xffff0000;
	}
	mask = load_le32(fn->mask, reg);
	value = (value & ~mask) | (load_le32(fn->own, reg) & mask);
	/* "Retry later": PCI core would wait a minute for a host that never means it. */
	if (reg == PCI_VENDOR_ID && (value & 0xffff) == VENDOR_RETRY)
		return ~0U;
	return reg == PCI_CACHE_LINE_SIZE ? header_type(fn, value) : value;
}

static bool access_ok_pci(int where, int size)
{
	return (size == 1 || size == 2 || size == 4) && where >= 0 &&
	       where + size <= PVPCI_PAGE_BYTES && !(where & (size - 1));
}

/**
 * pvpci_config_read - read a function's config space
 * @fn: the function
 * @where: register, aligned to @size
 * @size: 1, 2 or 4 bytes
 * @value: filled, also on an error
 *
 * Waits for nobody. What is written meanwhile is read as before or as after, as on a
 * device that is read and written at the same time.
 *
 * Context: any.
 * Return: PCIBIOS_*.
 */
int pvpci_config_read(struct pvpci_fn *fn, int where, int size, u32 *value)
{
	*value = ~0U;
	if (!access_ok_pci(where, size))
		return PCIBIOS_BAD_REGISTER_NUMBER;
	if (pvpci_life(fn) == PVPCI_LIFE_DEAD || !pvpci_state_answers(fn->bus))
		return PCIBIOS_SUCCESSFUL;
	*value = read_register(fn, where & ~3);
	*value >>= (where & 3) * 8;
	if (size < 4)
		*value &= (1U << size * 8) - 1;
	return PCIBIOS_SUCCESSFUL;
}

/* PCI core keeps user space off the config space of a function it resets. */
static bool in_reset(struct pvpci_fn *fn)
{
	unsigned long flags;
	bool ret;

	raw_spin_lock_irqsave(&fn->lock, flags);
	ret = fn->pdev && fn->pdev->block_cfg_access && !fn->exchange.quiet;
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return ret;
}

static unsigned int edge_reason(struct pvpci_fn *fn, u16 command)
{
	if (pvpci_life(fn) == PVPCI_LIFE_LEAVING)
		return PVPCI_REASON_REMOVE;
	if (pvpci_life_settles(fn))
		return PVPCI_REASON_SIZING;
	if (READ_ONCE(fn->bus->moving))
		return PVPCI_REASON_MOVE;
	if (command & PCI_COMMAND_MEMORY && fn->attach_reason != PVPCI_REASON_ENABLE)
		return fn->attach_reason;
	if (in_reset(fn))
		return PVPCI_REASON_RESET;
	return pvpci_arch_user_access() ? PVPCI_REASON_USER : PVPCI_REASON_ENABLE;
}

/**
 * pvpci_config_enable - memory-enable is about to be set for a driver
 * @fn: the function
 *
 * The edge is made now, where its wait can sleep. That PCI core then writes the
 * register, which may be with interrupts off, is no edge any more. Of a function that
 * has no place, or that nobody answers for, the write decides.
 *
 * Context: process context, PCI core's lock not held.
 * Return: 0, or an errno when the host did not follow.
 */
int pvpci_config_enable(struct pvpci_fn *fn)
{
	if (pvpci_life(fn) != PVPCI_LIFE_LIVE || READ_ONCE(fn->dropped) ||
	    !pvpci_state_answers(fn->bus))
		return 0;
	return pvpci_command_write(fn, PCI_COMMAND_MEMORY, PCI_COMMAND_MEMORY,
				   edge_reason(fn, PCI_COMMAND_MEMORY), true);
}

/* True when the function decodes and the BAR was somewhere else. */
static bool write_bar(struct pvpci_fn *fn, unsigned int i, u32 bits, u32 value)
{
	u32 before = read_bar(fn, i);

	lockdep_assert_held(&fn->lock);
	WRITE_ONCE(fn->bar[i], (fn->bar[i] & ~bits) | (value & bits));
	return fn->life == PVPCI_LIFE_LIVE && fn->command & PCI_COMMAND_MEMORY &&
	       read_bar(fn, i) != before;
}

/**
 * pvpci_config_write - write a function's config space
 * @fn: the function
 * @where: register, aligned to @size
 * @size: 1, 2 or 4 bytes
 * @value: to write
 * @may_sleep: how to wait at an edge of memory-enable
 *
 * Context: any when @may_sleep is false.
 * Return: PCIBIOS_*; PCIBIOS_SET_FAILED when an edge of memory-enable did not
 * happen, the command register is as before then, or when BARs that decode could
 * not be moved.
 */
int pvpci_config_write(struct pvpci_fn *fn, int where, int size, u32 value, bool may_sleep)
{
	unsigned int shift = (where & 3) * 8;
	u32 bits = size < 4 ? ((1U << size * 8) - 1) << shift : ~0U;
	int reg = where & ~3;
	unsigned long flags;
	bool moves = false;
	int ret = 0;
	u32 mask;

	if (!access_ok_pci(where, size))
		return PCIBIOS_BAD_REGISTER_NUMBER;
	if (pvpci_life(fn) == PVPCI_LIFE_DEAD || !pvpci_state_answers(fn->bus))
		return PCIBIOS_SET_FAILED;
	value <<= shift;
	if (reg == PCI_COMMAND && bits & 0xffff)
		return pvpci_command_write(fn, bits & 0xffff, value & 0xffff,
					   edge_reason(fn, value), may_sleep) ?
			PCIBIOS_SET_FAILED : PCIBIOS_SUCCESSFUL;
	if (pvpci_reset_asked(fn, reg, bits, value))
		return pvpci_reset(fn, PVPCI_RESET_FUNCTION, may_sleep) ?
			PCIBIOS_SET_FAILED : PCIBIOS_SUCCESSFUL;
	if (pvpci_power_asked(fn, reg, bits))
		ret = pvpci_power_write(fn, &value, may_sleep);
	/* One that came too late counts as done: the register follows. */
	if (ret && ret != -ETIMEDOUT)
		return PCIBIOS_SET_FAILED;

	raw_spin_lock_irqsave(&fn->lock, flags);
	switch (reg) {
	case PCI_BASE_ADDRESS_0 ... PCI_BASE_ADDRESS_5:
		moves = write_bar(fn, (reg - PCI_BASE_ADDRESS_0) / 4, bits, value);
		break;
	case PCI_COMMAND:
	case PCI_ROM_ADDRESS:
	case PCI_INTERRUPT_LINE:
		break;
	default:
		mask = load_le32(fn->mask, reg) & bits;
		value = (load_le32(fn->own, reg) & ~mask) | (value & mask);
		if (pvpci_resize_refused(fn, reg, value))
			break;
		store_le32(fn->own, reg, value);
		mirror(fn, where, size, value >> shift);
	}
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	if (moves)
		ret = pvpci_memory_enable_move(fn, may_sleep);
	return ret ? PCIBIOS_SET_FAILED : PCIBIOS_SUCCESSFUL;
}
