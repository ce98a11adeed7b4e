// SPDX-License-Identifier: GPL-2.0
/*
 * BARs into the aperture and out of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/function.h"
#include "bus/saved.h"
#include "shm.h"

/*
 * A detached BAR reads all-ones, as unclaimed reads do. The aperture is
 * memory, so somebody has to write them: the first part of each BAR, which is
 * where drivers look for a device that is gone.
 */
#define ONES_PER_BAR_BYTES	(16ULL << 20)
#define ONES_PER_BUS_BYTES	(256ULL << 20)
#define ONES_WHEN_SCARCE_BYTES	(64ULL << 10)

#define MSIX_ENTRY_MASKED	0x1

/* All but the first @left of them become zeroes and give their memory back. */
static void forget_ones(struct function *fn, struct bar *bar, uint64_t left)
{
	if (bar->ones > left)
		memory_clear(&fn->bus->memory, fn->bus->layout.area[PVPCI_AREA_APERTURE].offset +
			     bar->ones_at + left, bar->ones - left);
	fn->bus->ones_bytes -= bar->ones;
	bar->ones = 0;
}

void function_forget_ones(struct function *fn)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		forget_ones(fn, &fn->bar[i], 0);
}

void function_leave_ones(struct function *fn)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		forget_ones(fn, &fn->bar[i],
			    fn->bar[i].assigned == PVPCI_BAR_UNASSIGNED ? 0 :
			    ONES_WHEN_SCARCE_BYTES);
}

static void fill_ones(struct function *fn, struct bar *bar, uint64_t offset)
{
	struct bus *bus = fn->bus;
	uint64_t bytes = bar->bytes < ONES_PER_BAR_BYTES ? bar->bytes : ONES_PER_BAR_BYTES;

	if (bus->ones_bytes + bytes > ONES_PER_BUS_BYTES && bytes > ONES_WHEN_SCARCE_BYTES)
		bytes = ONES_WHEN_SCARCE_BYTES;
	/* What is behind the ones gives its memory back and reads zeroes. */
	if (bytes < bar->bytes)
		memory_clear(&bus->memory, bus->layout.area[PVPCI_AREA_APERTURE].offset + offset +
			     bytes, bar->bytes - bytes);
	memset(bus_aperture(bus, offset), 0xff, bytes);
	bar->ones = bytes;
	bar->ones_at = offset;
	bus->ones_bytes += bytes;
}

void function_fill_ones(struct function *fn)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		struct bar *bar = &fn->bar[i];

		if (bar->bytes && !bar->ones && bar->assigned != PVPCI_BAR_UNASSIGNED)
			fill_ones(fn, bar, bar->assigned);
	}
}

/* A range is about to hold registers: nobody may take ones out of it any more. */
static void claim_range(struct bus *bus, uint64_t offset, uint64_t bytes)
{
	unsigned int i, j;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		for (j = 0; bus->row[i] && j < PVPCI_NUM_BARS; j++) {
			struct bar *bar = &bus->row[i]->bar[j];

			if (!bar->ones || !bar_meets(offset, bytes, bar->ones_at, bar->ones))
				continue;
			bus->ones_bytes -= bar->ones;
			bar->ones = 0;
		}
	}
}

static uint8_t *msix_table(struct function *fn)
{
	if (!fn->want.msix)
		return NULL;
	return function_bar(fn, fn->want.msix_bar, fn->want.msix_table, fn->want.msix * 16ULL);
}

void function_forget_interrupts(struct function *fn)
{
	uint8_t *table = msix_table(fn);
	unsigned int i;

	memset(fn->pending, 0, sizeof(fn->pending));
	fn->any_pending = false;
	memset(fn->home->msix, 0, fn->want.msix * 16);
	for (i = 0; i < fn->want.msix; i++)
		fn->home->msix[i * 16 + 12] = MSIX_ENTRY_MASKED;
	if (table)
		memcpy(table, fn->home->msix, fn->want.msix * 16);
}

/* Put each BAR at its place: zeroes, then the MSI-X table as it was. */
static void place_bars(struct function *fn, const uint64_t *offset)
{
	struct bus *bus = fn->bus;
	uint8_t *table;
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		struct bar *bar = &fn->bar[i];

		if (!bar->bytes)
			continue;
		claim_range(bus, offset[i], bar->bytes);
		memory_clear(&bus->memory, bus->layout.area[PVPCI_AREA_APERTURE].offset +
			     offset[i], bar->bytes);
		bar->attached = offset[i];
	}
	table = msix_table(fn);
	if (table)
		memcpy(table, fn->home->msix, fn->want.msix * 16);
}

static void put_on_list(struct function *fn)
{
	struct bus *bus = fn->bus;

	fn->attached = true;
	fn->list_index = bus->nr_attached;
	bus->attached[bus->nr_attached++] = fn;
}

/* A death before is one with the BARs out of the aperture, or in it: never in between. */
static void settle_home(struct function *fn, bool attached)
{
	unsigned int i;

	for (i = 0; attached && i < PVPCI_NUM_BARS; i++) {
		fn->home->offset[i] = fn->bar[i].attached;
		fn->home->bytes[i] = fn->bar[i].bytes;
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	fn->home->attached = attached;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* A pvpcid before us may have died while it took them away. */
static bool ones_there(const struct bus *bus, const struct bar *bar)
{
	const uint8_t *ones = bus_aperture(bus, bar->ones_at);
	uint64_t left = bar->ones > ONES_WHEN_SCARCE_BYTES ? ONES_WHEN_SCARCE_BYTES : 0;

	return ones[0] == 0xff && ones[left] == 0xff && ones[bar->ones - 1] == 0xff;
}

void function_resume(struct function *fn)
{
	unsigned int i;

	cfgspace_build(&fn->cfg, &fn->want);
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		if (fn->bar[i].ones && !ones_there(fn->bus, &fn->bar[i]))
			fn->bar[i].ones = 0;
		fn->bus->ones_bytes += fn->bar[i].ones;
	}
	if (fn->home->attached)
		put_on_list(fn);
	if (fn->ops->adopt)
		fn->ops->adopt(fn->model);
	else if (fn->attached)
		fn->ops->attach(fn->model);
}

void function_attach(struct function *fn, const uint64_t *offset)
{
	struct bus *bus = fn->bus;
	uint64_t start = clock_ns();

	if (fn->attached)
		return;
	place_bars(fn, offset);
	put_on_list(fn);
	fn->ops->attach(fn->model);
	settle_home(fn, true);
	fn->stats.attaches++;
	fn->stats.attach_ns += clock_ns() - start;
	bus->attached_ns = clock_ns();
	/* One request may attach or detach all of them, each of which may take seconds. */
	bus_beat(bus, bus->attached_ns);
	if (!fn->stats.attached_ns)
		fn->stats.attached_ns = bus->attached_ns;
}

void function_detach(struct function *fn)
{
	struct bus *bus = fn->bus;
	uint64_t start = clock_ns();
	uint8_t *table;
	unsigned int i;

	if (!fn->attached)
		return;
	fn->ops->detach(fn->model);
	table = msix_table(fn);
	if (table)
		shm_copy_out(fn->home->msix, table, fn->want.msix * 16);
	settle_home(fn, false);
	fn->attached = false;
	bus->attached[fn->list_index] = bus->attached[--bus->nr_attached];
	bus->attached[fn->list_index]->list_index = fn->list_index;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		uint64_t offset = fn->bar[i].attached;

		fn->bar[i].attached = PVPCI_BAR_UNASSIGNED;
		if (!fn->bar[i].bytes || offset == PVPCI_BAR_UNASSIGNED)
			continue;
		forget_ones(fn, &fn->bar[i], 0);
		fill_ones(fn, &fn->bar[i], offset);
	}
	fn->stats.detaches++;
	fn->stats.detach_ns += clock_ns() - start;
	bus_beat(bus, clock_ns());
}

uint64_t function_quiesce(struct function *fn, bool last)
{
	uint64_t start;

	if (!fn->quiesce_ns)
		fn->quiesce_ns = clock_ns();
	if (fn->ops->quiesce && !fn->ops->quiesce(fn->model, last))
		return 0;
	start = fn->quiesce_ns;
	fn->quiesce_ns = 0;
	return start;
}

void function_edge(struct function *fn, const uint64_t *offset, unsigned int reason,
		   uint64_t start_ns)
{
	if (fn->attached == !!offset)
		return;
	if (offset)
		function_attach(fn, offset);
	else
		function_detach(fn);
	fn->stats.edges[reason]++;
	fn->stats.edge_ns[reason] += clock_ns() - start_ns;
}

void function_reset(struct function *fn)
{
	fn->power = PVPCI_POWER_D0;
	fn->reset_due = false;
	function_forget_interrupts(fn);
	fn->ops->reset(fn->model);
}

void function_check_reset(struct function *fn)
{
	bool wanted = function_config16(fn, CFGSPACE_DEVCTL) & CFGSPACE_DEVCTL_FLR;

	if (fn->leaving)
		return;
	/* It takes no work from now on: it is reset even if the guest clears the bit. */
	if (wanted && !fn->in_reset && !fn->reset_due) {
		fn->reset_due = true;
		bus_save(fn->bus);
	}
	if (fn->reset_due) {
		if (!function_quiesce(fn, false))
			return;
		function_reset(fn);
		fn->stats.resets++;
		log_some(&fn->chatter, LOG_LEVEL_INFO,
			 "%s: function level reset", fn->name);
	}
	fn->in_reset = wanted;
}
