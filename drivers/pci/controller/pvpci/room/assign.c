// SPDX-License-Identifier: GPL-2.0
/*
 * From a plan to BAR registers, and from those to the host.
 *
 * All of this happens before PCI core looks at a function, so that it finds
 * every BAR where it shall be, claims it, and has nothing to assign.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/function.h"
#include "room/assign.h"
#include "room/place.h"
#include "room/window.h"
#include "wire/proto.h"

static bool is_placed(const struct pvpci_fn *fn)
{
	return pvpci_life(fn) != PVPCI_LIFE_NEW;
}

static void plan_function(const struct pvpci_fn *fn, bool settled, struct pvpci_place_function *f)
{
	unsigned int b;

	*f = (struct pvpci_place_function){
		.devfn = fn->info.devfn,
		.priority = fn->info.priority,
		.keep = fn->info.flags & PVPCI_FN_BOOT_CRITICAL,
		.settled = settled,
	};
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		f->bar[b].bytes = fn->info.bar[b].bytes;
		f->bar[b].mem64 = fn->info.bar[b].mem64;
		f->bar[b].offset = is_placed(fn) ? fn->offset[b] : fn->info.bar[b].offset;
	}
}

/* All functions, in the order of their rows; those of @anew as if they had no place. */
static int plan_init(struct pvpci_bus *bus, struct pvpci_plan *plan, bool handoff,
		     const unsigned long *anew)
{
	const struct pvpci_span *aperture = &bus->wire.layout.area[PVPCI_AREA_APERTURE];
	unsigned int row;

	*plan = (struct pvpci_plan){
		.cpu_base = bus->wire.transport.bar2 + aperture->offset,
		.aperture_bytes = aperture->bytes - bus->room->reserved_bytes,
		.spare32_bytes = bus->wire.layout.spare32_bytes,
		.spare64_bytes = bus->wire.layout.spare64_bytes,
	};
	memcpy(plan->window, bus->windows.window, sizeof(plan->window));
	plan->function = kvcalloc(bus->wire.layout.nr_functions, sizeof(*plan->function),
				  GFP_KERNEL);
	if (!plan->function)
		return -ENOMEM;
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		const struct pvpci_fn *fn = bus->by_row[row];
		bool settled;

		if (!fn)
			continue;
		settled = (is_placed(fn) && !(anew && test_bit(row, anew))) ||
			  (handoff && fn->info.flags & PVPCI_FN_DECODING);
		plan_function(fn, settled, &plan->function[plan->nr_functions++]);
	}
	return 0;
}

static void log_loser(struct pvpci_bus *bus, const struct pvpci_fn *fn,
		      const struct pvpci_place_function *f)
{
	dev_warn(&bus->pdev->dev, "No room for %s (%s, priority %u): its BARs need %#llx bytes and get none, %#llx bytes are missing in one piece, %#llx in total.\n",
		 fn->name, fn->info.model, f->priority, pvpci_place_need(f), f->missing_piece,
		 f->missing_bytes);
}

static void note_sizes(struct pvpci_fn *fn)
{
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		WRITE_ONCE(fn->placed_bytes[b], fn->info.bar[b].bytes);
}

/* Put the plan into the functions that have no place yet. */
static void plan_apply(struct pvpci_bus *bus, const struct pvpci_plan *plan)
{
	unsigned int row, b, i = 0;

	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		const struct pvpci_place_function *f;
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn)
			continue;
		f = &plan->function[i++];
		if (is_placed(fn))
			continue;
		fn->dropped = f->dropped;
		fn->missing_bytes = f->missing_bytes;
		fn->missing_piece = f->missing_piece;
		for (b = 0; b < PVPCI_NUM_BARS; b++)
			fn->offset[b] = f->bar[b].bytes && !f->dropped ?
				f->bar[b].offset : PVPCI_BAR_UNASSIGNED;
		note_sizes(fn);
		if (fn->dropped)
			log_loser(bus, fn, f);
		pvpci_function_set_bars(fn);
	}
}

static void write_row(struct pvpci_bus *bus, u32 row, const struct pvpci_fn *fn)
{
	struct pvpci_assigned *table = bus->wire.transport.area[PVPCI_AREA_ASSIGNED];
	struct pvpci_assigned copy = {};
	unsigned int b;

	for (b = 0; b < PVPCI_NUM_BARS; b++)
		copy.offset[b] = cpu_to_le64(fn ? fn->offset[b] : PVPCI_BAR_UNASSIGNED);
	if (fn)
		copy.instance = cpu_to_le32(fn->info.instance);
	memcpy(&table[row], &copy, sizeof(copy));
}

/* Report rows [first, first + count): one message. @fault gets the row that is. */
static int report_rows(struct pvpci_bus *bus, u32 first, u32 count, u32 *fault)
{
	u32 row;
	int ret;

	for (row = first; row < first + count; row++) {
		const struct pvpci_fn *fn = bus->by_row[row];

		write_row(bus, row, fn && pvpci_life(fn) != PVPCI_LIFE_DEAD ? fn : NULL);
	}
	ret = pvpci_proto_assigned(&bus->wire, bus->windows.window, first, count, fault);
	for (row = first; !ret && row < first + count; row++)
		if (bus->by_row[row])
			pvpci_life_set(bus->by_row[row], PVPCI_LIFE_PLACED);
	return ret;
}

static int report(struct pvpci_bus *bus, u32 first, u32 count)
{
	u32 fault;
	int ret = report_rows(bus, first, count, &fault);

	if (ret)
		dev_err(&bus->pdev->dev, "Host did not take the places of the BARs, row %u is at fault.\n",
			fault);
	return ret;
}

static void log_windows(struct pvpci_bus *bus, const struct pvpci_plan *plan)
{
	u64 bytes = bus->wire.layout.area[PVPCI_AREA_APERTURE].bytes;
	const struct pvpci_bridge_window *w = plan->window;

	if (plan->aperture_bytes < bytes)
		dev_info(&bus->pdev->dev, "Firmware reserves the end of the aperture: %#llx of %#llx bytes are left.\n",
			 plan->aperture_bytes, bytes);
	if (plan->spare_dropped)
		dev_warn(&bus->pdev->dev, "Aperture of %#llx bytes is too small to keep the room free that the host asks for.\n",
			 plan->aperture_bytes);
	dev_info(&bus->pdev->dev, "Windows: 32-bit %#llx bytes at bus address %#llx, 64-bit %#llx bytes at %#llx.\n",
		 w[PVPCI_WINDOW_32].bytes, w[PVPCI_WINDOW_32].bus_start,
		 w[PVPCI_WINDOW_64].bytes, w[PVPCI_WINDOW_64].bus_start);
}

/**
 * pvpci_assign_all - place all functions of a bus and make its windows
 * @bus: its functions are known, none to PCI core
 *
 * Context: process context, pvpci_bus.topology held.
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_assign_all(struct pvpci_bus *bus)
{
	struct pvpci_plan plan;
	unsigned int i;
	int ret;

	lockdep_assert_held(&bus->topology);
	bus->room->reserved_bytes = bus->wire.layout.area[PVPCI_AREA_APERTURE].bytes -
				      pvpci_windows_usable(bus);
	ret = plan_init(bus, &plan, true, NULL);
	if (ret)
		return ret;
	ret = pvpci_place(&plan);
	if (ret == -ENOSPC) {
		dev_err(&bus->pdev->dev, "Aperture of %#llx bytes is too small even for the functions needed to boot.\n",
			plan.aperture_bytes);
		for (i = 0; i < plan.nr_functions; i++)
			plan.function[i].keep = false;
		ret = pvpci_place(&plan);
	}
	if (ret == -EINVAL)
		dev_err(&bus->pdev->dev, "Functions that the host handed off decoding overlap.\n");
	else if (ret)
		dev_err(&bus->pdev->dev, "BARs cannot be placed (%d).\n", ret);
	if (!ret) {
		log_windows(bus, &plan);
		pvpci_windows_set(&bus->windows, plan.window);
		plan_apply(bus, &plan);
		ret = report(bus, 0, bus->wire.layout.nr_functions);
	}
	kvfree(plan.function);
	return ret;
}

/* Take over where the BAR registers say that a function is; true if that is news. */
static bool adopt_moved(struct pvpci_fn *fn)
{
	struct pvpci_windows *windows = &fn->bus->windows;
	u64 address, offset[PVPCI_NUM_BARS];
	unsigned long flags;
	bool moved = false;
	unsigned int b;
	u64 bytes;

	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		offset[b] = fn->offset[b];
		bytes = READ_ONCE(fn->info.bar[b].bytes);
		if (!bytes)
			continue;
		raw_spin_lock_irqsave(&fn->lock, flags);
		address = fn->bar[b];
		if (fn->info.bar[b].mem64)
			address |= (u64)fn->bar[b + 1] << 32;
		raw_spin_unlock_irqrestore(&fn->lock, flags);
		offset[b] = pvpci_windows_place_of(windows, address & ~(bytes - 1), bytes);
		/* Half written, sized or cleared: it is not there, and will be seen again. */
		if (offset[b] == PVPCI_BAR_UNASSIGNED)
			return false;
		/* The host has to hear of another size, too. */
		moved |= offset[b] != fn->offset[b] || bytes != fn->placed_bytes[b];
	}
	memcpy(fn->offset, offset, sizeof(offset));
	note_sizes(fn);
	fn->dropped &= !moved;
	fn->bus->room->freed |= moved;
	return moved;
}

/**
 * pvpci_assign_adopt_moved - tell the host of BARs that somebody has moved
 * @bus: known to PCI core
 *
 * Whoever moves BARs (pci_rebalance, user space) writes their registers, as on any bus. All
 * functions there are must have been reported already.
 *
 * Context: process context, PCI core's rescan lock and pvpci_bus.topology held.
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_assign_adopt_moved(struct pvpci_bus *bus)
{
	u32 row, first = U32_MAX, last = 0;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn || !is_placed(fn) || pvpci_life_is_going(fn) || !adopt_moved(fn))
			continue;
		first = min(first, row);
		last = row;
	}
	/* One message, since BARs may have changed places. */
	return first > last ? 0 : report(bus, first, last - first + 1);
}

/**
 * pvpci_assign_windows - give the windows other sizes, and tell the host
 * @bus: known to PCI core
 * @to: PVPCI_NR_WINDOWS windows, which hold all BARs
 *
 * Context: process context, PCI core's rescan lock and pvpci_bus.topology held.
 * Return: 0 or an errno; the windows are as before then.
 */
int pvpci_assign_windows(struct pvpci_bus *bus, const struct pvpci_bridge_window *to)
{
	struct pvpci_bridge_window before[PVPCI_NR_WINDOWS];
	u32 fault;
	int ret;

	lockdep_assert_held(&bus->topology);
	memcpy(before, bus->windows.window, sizeof(before));
	if (!memcmp(to, before, sizeof(before)))
		return 0;
	ret = pvpci_windows_resize(bus, to);
	if (ret)
		return ret;
	/* No row, only windows. */
	ret = pvpci_proto_assigned(&bus->wire, to, 0, 0, &fault);
	if (ret)
		pvpci_windows_resize(bus, before);
	return ret;
}

/**
 * pvpci_assign_spread - let the windows take all of the aperture
 * @bus: known to PCI core
 * @first: PVPCI_WINDOW_*, the one that takes what both could
 *
 * Context: process context, PCI core's rescan lock and pvpci_bus.topology held.
 * Return: 0 or an errno; the windows are as before then.
 */
int pvpci_assign_spread(struct pvpci_bus *bus, unsigned int first)
{
	struct pvpci_plan plan;
	int ret = plan_init(bus, &plan, false, NULL);

	if (ret)
		return ret;
	ret = pvpci_place_spread(&plan, first) ?: pvpci_assign_windows(bus, plan.window);
	kvfree(plan.function);
	return ret;
}

static int plan_new(struct pvpci_bus *bus, struct pvpci_plan *plan, bool fixed_windows,
		    const unsigned long *anew)
{
	int ret = plan_init(bus, plan, false, anew);

	if (ret)
		return ret;
	plan->fixed_windows = fixed_windows;
	ret = pvpci_place_more(plan);
	if (ret)
		kvfree(plan->function);
	return ret;
}

/**
 * pvpci_assign_new - place functions that have arrived later
 * @bus: its windows exist; they grow when that helps
 *
 * Context: process context, PCI core's rescan lock and pvpci_bus.topology held.
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_assign_new(struct pvpci_bus *bus)
{
	u32 row, first, nr = bus->wire.layout.nr_functions;
	struct pvpci_plan plan;
	int ret;

	lockdep_assert_held(&bus->topology);
	ret = plan_new(bus, &plan, false, NULL);
	if (ret)
		return ret;
	if (memcmp(plan.window, bus->windows.window, sizeof(plan.window))) {
		ret = pvpci_windows_resize(bus, plan.window);
		if (!ret) {
			log_windows(bus, &plan);
		} else {
			dev_err(&bus->pdev->dev, "Windows cannot grow (%d).\n", ret);
			kvfree(plan.function);
			ret = plan_new(bus, &plan, true, NULL);
			if (ret)
				return ret;
		}
	}
	plan_apply(bus, &plan);
	kvfree(plan.function);
	/* One message for each run of new rows. */
	for (row = 0; !ret && row < nr; row++) {
		if (!bus->by_row[row] || is_placed(bus->by_row[row]))
			continue;
		for (first = row; row < nr; row++)
			if (!bus->by_row[row] || is_placed(bus->by_row[row]))
				break;
		ret = report(bus, first, row - first);
	}
	return ret;
}

/**
 * pvpci_assign_try - would functions that found no room find some?
 * @bus: known to PCI core
 * @rows: those to be considered; those that would find some are left. What is missing
 *	for the others is noted in them.
 *
 * Context: process context, pvpci_bus.topology held.
 * Return: 0 or an errno.
 */
int pvpci_assign_try(struct pvpci_bus *bus, unsigned long *rows)
{
	unsigned int row, i = 0;
	struct pvpci_plan plan;
	int ret;

	lockdep_assert_held(&bus->topology);
	ret = plan_new(bus, &plan, false, rows);
	if (ret)
		return ret;
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];

		if (!fn)
			continue;
		if (test_bit(row, rows) && plan.function[i].dropped) {
			__clear_bit(row, rows);
			fn->missing_bytes = plan.function[i].missing_bytes;
			fn->missing_piece = plan.function[i].missing_piece;
		}
		i++;
	}
	kvfree(plan.function);
	return 0;
}

/**
 * pvpci_assign_again - tell a host that has been powered up again what is where
 * @bus: resumed; functions that are gone are marked dead
 *
 * Context: process context, pvpci_bus.topology held.
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_assign_again(struct pvpci_bus *bus)
{
	u32 nr = bus->wire.layout.nr_functions, left = nr, fault;
	int ret;

	lockdep_assert_held(&bus->topology);
	/* A function may go at any time; then without it. */
	while ((ret = report_rows(bus, 0, nr, &fault)) == -ENODEV && left--) {
		if (fault >= nr || !bus->by_row[fault] ||
		    !pvpci_life_set(bus->by_row[fault], PVPCI_LIFE_DEAD))
			break;
	}
	return ret;
}

/**
 * pvpci_assign_release - a function's BARs are nowhere any more
 * @fn: placed, and detached or dead
 *
 * Context: process context, pvpci_bus.topology held.
 */
void pvpci_assign_release(struct pvpci_fn *fn)
{
	struct pvpci_bus *bus = fn->bus;
	unsigned int b;

	lockdep_assert_held(&bus->topology);
	for (b = 0; b < PVPCI_NUM_BARS; b++)
		bus->room->freed |= fn->offset[b] != PVPCI_BAR_UNASSIGNED;
	if (pvpci_life(fn) != PVPCI_LIFE_DEAD && pvpci_state_answers(bus))
		pvpci_proto_released(&bus->wire, fn->row, 1);
	write_row(bus, fn->row, NULL);
}

/**
 * pvpci_assign_release_all - no BAR of the bus is anywhere any more
 * @bus: all its functions are detached
 *
 * Context: process context, pvpci_bus.topology held.
 */
void pvpci_assign_release_all(struct pvpci_bus *bus)
{
	bool any = false;
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		any |= bus->by_row[row] && is_placed(bus->by_row[row]);
	if (any && pvpci_state_answers(bus))
		pvpci_proto_released(&bus->wire, 0, bus->wire.layout.nr_functions);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		write_row(bus, row, NULL);
}
