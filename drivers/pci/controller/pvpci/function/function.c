// SPDX-License-Identifier: GPL-2.0
/*
 * Functions: rows of the host's table, checked, and what the guest keeps of
 * each.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"

#define KNOWN_FLAGS	(PVPCI_FN_PRESENT | PVPCI_FN_DECODING | PVPCI_FN_HOTPLUG | \
			 PVPCI_FN_BOOT_CRITICAL)
#define KNOWN_BAR_FLAGS	(PVPCI_BAR_MEM64 | PVPCI_BAR_PREFETCH)

#define fault(why, fmt, ...) \
	(snprintf(why, PVPCI_WHY_BYTES, fmt, ##__VA_ARGS__), -EINVAL)

/* A string of printable characters that ends inside its field. */
static bool text_ok(const u8 *text, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes && text[i]; i++)
		if (text[i] >= 0x80 || !isprint(text[i]))
			return false;
	return i < bytes;
}

static int check_bar(const struct pvpci_function *copy, unsigned int i, u64 aperture_bytes,
		     struct pvpci_bar_info *bar, char *why)
{
	u32 flags = le32_to_cpu(copy->bar[i].flags);

	*bar = (struct pvpci_bar_info){
		.bytes = le64_to_cpu(copy->bar[i].bytes),
		.offset = le64_to_cpu(copy->bar[i].offset),
		.mem64 = flags & PVPCI_BAR_MEM64,
		.prefetch = flags & PVPCI_BAR_PREFETCH,
	};
	bar->most = bar->bytes;
	if (i && bar[-1].mem64 && bar[-1].bytes && (bar->bytes || flags))
		return fault(why, "BAR%u is the upper half of BAR%u but has a size of its own",
			     i, i - 1);
	if (flags & ~KNOWN_BAR_FLAGS)
		return fault(why, "BAR%u has unknown flags %#x", i, flags & ~KNOWN_BAR_FLAGS);
	if (!bar->bytes)
		return 0;
	if (!is_power_of_2(bar->bytes) || bar->bytes < PVPCI_PAGE_BYTES)
		return fault(why, "size %#llx of BAR%u is not a power of two from 4096",
			     bar->bytes, i);
	if (bar->mem64 && i == PVPCI_NUM_BARS - 1)
		return fault(why, "BAR%u cannot be a 64-bit one", i);
	if (!bar->mem64 && bar->bytes > SZ_2G)
		return fault(why, "size %#llx of BAR%u is too large for 32 bits", bar->bytes, i);
	if (!(le32_to_cpu(copy->flags) & PVPCI_FN_DECODING))
		return 0;
	if (!IS_ALIGNED(bar->offset, bar->bytes) || bar->offset >= aperture_bytes ||
	    bar->bytes > aperture_bytes - bar->offset)
		return fault(why, "BAR%u decodes %#llx bytes at a wrong place, %#llx",
			     i, bar->bytes, bar->offset);
	return 0;
}

/**
 * pvpci_function_check - check a private copy of a present row
 * @copy: the row as it was in shared memory, copied once
 * @aperture_bytes: length of the aperture
 * @info: filled
 * @why: gets one sentence, without a full stop, when something is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int pvpci_function_check(const struct pvpci_function *copy, u64 aperture_bytes,
			 struct pvpci_function_info *info, char why[PVPCI_WHY_BYTES])
{
	unsigned int i;
	int ret = 0;

	*info = (struct pvpci_function_info){
		.flags = le32_to_cpu(copy->flags),
		.instance = le32_to_cpu(copy->instance),
		.devfn = le16_to_cpu(copy->devfn),
		.slot = le16_to_cpu(copy->slot),
		.priority = le16_to_cpu(copy->priority),
		.numa_node = le32_to_cpu(copy->numa_node),
		.nr_tokens = le32_to_cpu(copy->nr_tokens),
		.serial = le64_to_cpu(copy->serial),
	};
	if (info->flags & ~KNOWN_FLAGS)
		return fault(why, "unknown flags %#x", info->flags & ~KNOWN_FLAGS);
	if (!info->instance)
		return fault(why, "instance is 0");
	if (info->devfn > 0xff)
		return fault(why, "devfn %#x is above 0xff", info->devfn);
	if (info->nr_tokens > PVPCI_MAX_VECTORS)
		return fault(why, "%u interrupt vectors are more than %u",
			     info->nr_tokens, PVPCI_MAX_VECTORS);
	if (!text_ok(copy->label, sizeof(copy->label)))
		return fault(why, "slot label is not a string of printable characters");
	if (!text_ok(copy->model, sizeof(copy->model)))
		return fault(why, "model is not a string of printable characters");
	memcpy(info->label, copy->label, sizeof(info->label));
	memcpy(info->model, copy->model, sizeof(info->model));
	for (i = 0; i < PVPCI_NUM_BARS && !ret; i++)
		ret = check_bar(copy, i, aperture_bytes, &info->bar[i], why);
	return ret;
}

/**
 * pvpci_function_set_name - name a function after the domain of its bus
 * @fn: the function
 */
void pvpci_function_set_name(struct pvpci_fn *fn)
{
	snprintf(fn->name, sizeof(fn->name), "%04x:00:%02x.%x", fn->bus->domain,
		 PCI_SLOT(fn->info.devfn), PCI_FUNC(fn->info.devfn));
}

/**
 * pvpci_function_add - a function has come onto the bus
 * @bus: the bus
 * @row: its row, which is free
 * @info: checked; its devfn is free
 *
 * Config accesses find it from now on; it answers memory-enable by itself.
 *
 * Context: process context, pvpci_bus.topology held.
 * Return: the function, which its row has a reference to, or NULL without memory.
 */
struct pvpci_fn *pvpci_function_add(struct pvpci_bus *bus, u32 row,
				    const struct pvpci_function_info *info)
{
	struct pvpci_fn *fn = kzalloc(sizeof(*fn), GFP_KERNEL);
	size_t at = (size_t)row * PVPCI_PAGE_BYTES;
	unsigned int i;

	lockdep_assert_held(&bus->topology);
	if (!fn)
		return NULL;
	kref_init(&fn->ref);
	raw_spin_lock_init(&fn->lock);
	mutex_init(&fn->listener.lock);
	mutex_init(&fn->veto.lock);
	fn->bus = bus;
	fn->row = row;
	fn->info = *info;
	fn->config = (u8 *)bus->wire.transport.area[PVPCI_AREA_CONFIG] + at;
	fn->config_guest = (u8 *)bus->wire.transport.area[PVPCI_AREA_CONFIG_GUEST] + at;
	fn->own = kzalloc(PVPCI_PAGE_BYTES, GFP_KERNEL);
	fn->mask = kmemdup((u8 *)bus->wire.transport.area[PVPCI_AREA_CONFIG_MASK] + at,
			   PVPCI_PAGE_BYTES, GFP_KERNEL);
	if (!fn->own || !fn->mask) {
		pvpci_function_put(fn);
		return NULL;
	}
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		fn->offset[i] = PVPCI_BAR_UNASSIGNED;
	pvpci_function_set_name(fn);
	pvpci_config_start(fn);
	bus->by_row[row] = fn;
	rcu_assign_pointer(bus->by_devfn[info->devfn], fn);
	return fn;
}

static void function_free(struct rcu_head *rcu)
{
	struct pvpci_fn *fn = container_of(rcu, struct pvpci_fn, rcu);

	kfree(fn->own);
	kfree(fn->mask);
	kfree(fn);
}

static void function_release(struct kref *ref)
{
	struct pvpci_fn *fn = container_of(ref, struct pvpci_fn, ref);

	call_rcu(&fn->rcu, function_free);
}

/**
 * pvpci_function_put - drop a reference
 * @fn: the function
 *
 * Context: any.
 */
void pvpci_function_put(struct pvpci_fn *fn)
{
	kref_put(&fn->ref, function_release);
}

/**
 * pvpci_function_get - find a function and hold it
 * @bus: the bus
 * @devfn: 0 to 255
 *
 * Context: any.
 * Return: the function with a reference, or NULL.
 */
struct pvpci_fn *pvpci_function_get(struct pvpci_bus *bus, unsigned int devfn)
{
	struct pvpci_fn *fn;

	if (devfn >= PVPCI_MAX_FUNCTIONS)
		return NULL;
	rcu_read_lock();
	fn = rcu_dereference(bus->by_devfn[devfn]);
	if (fn && !kref_get_unless_zero(&fn->ref))
		fn = NULL;
	rcu_read_unlock();
	return fn;
}

/**
 * pvpci_function_remove - a function is no longer on the bus
 * @fn: on it; may be freed when this returns
 *
 * Context: pvpci_bus.topology held.
 */
void pvpci_function_remove(struct pvpci_fn *fn)
{
	lockdep_assert_held(&fn->bus->topology);
	fn->bus->by_row[fn->row] = NULL;
	RCU_INIT_POINTER(fn->bus->by_devfn[fn->info.devfn], NULL);
	pvpci_function_put(fn);
}

/**
 * pvpci_function_has_driver - has a function a driver, or is one looking at it?
 * @fn: known to PCI core
 *
 * Context: process context, rescan lock held.
 * Return: whether it has.
 */
bool pvpci_function_has_driver(struct pvpci_fn *fn)
{
	struct pci_dev *dev = pci_get_slot(fn->bus->bridge->bus, fn->info.devfn);
	bool ret = dev && READ_ONCE(dev->dev.driver);

	pci_dev_put(dev);
	return ret;
}

/**
 * pvpci_function_has_siblings - is there another function in the same device?
 * @bus: the bus
 * @devfn: of one function
 *
 * Context: any.
 * Return: whether there is.
 */
bool pvpci_function_has_siblings(struct pvpci_bus *bus, unsigned int devfn)
{
	unsigned int i, first = devfn & ~7U;

	for (i = first; i < first + 8; i++)
		if (i != devfn && rcu_access_pointer(bus->by_devfn[i]))
			return true;
	return false;
}

/**
 * pvpci_function_set_bars - put the planned places into the BAR registers
 * @fn: with its offsets planned
 *
 * Context: pvpci_bus.topology held; before PCI core sees the function.
 */
void pvpci_function_set_bars(struct pvpci_fn *fn)
{
	unsigned long flags;
	unsigned int i;

	lockdep_assert_held(&fn->bus->topology);
	raw_spin_lock_irqsave(&fn->lock, flags);
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		u64 address = 0;

		if (!fn->info.bar[i].bytes)
			continue;
		if (fn->offset[i] != PVPCI_BAR_UNASSIGNED)
			address = pvpci_window_to_bus(fn->bus->windows.window, fn->offset[i]);
		WRITE_ONCE(fn->bar[i], lower_32_bits(address));
		if (fn->info.bar[i].mem64)
			WRITE_ONCE(fn->bar[i + 1], upper_32_bits(address));
	}
	raw_spin_unlock_irqrestore(&fn->lock, flags);
}
