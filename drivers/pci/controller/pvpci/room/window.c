// SPDX-License-Identifier: GPL-2.0
/*
 * Bridge windows: parts of the aperture that PCI core may give to BARs.
 *
 * They are children of BAR2, plain memory without the PREFETCH and MEM_64
 * flags: with those PCI core would refuse BARs of the other kinds. The 32-bit
 * window has bus addresses below 4 GiB wherever BAR2 sits, because the 4 GiB
 * limit is one of bus addresses.
 */
#include <linux/kernel.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "room/window.h"

/* Of pci_bus.resource: number 0 is the I/O window, PREFETCH comes after memory. */
#define BRIDGE_MEM	1

static_assert(BRIDGE_MEM + PVPCI_NR_WINDOWS <= PCI_BRIDGE_RESOURCE_NUM);

static const char * const names[] = {
	[PVPCI_WINDOW_32] = "pvpci 32-bit window",
	[PVPCI_WINDOW_64] = "pvpci 64-bit window",
};

static int cut(struct resource *reserved, void *end)
{
	*(u64 *)end = min_t(u64, *(u64 *)end, reserved->start);
	return 0;
}

/**
 * pvpci_windows_usable - how much of the aperture windows may cover
 * @bus: its transport and layout are known
 *
 * Firmware reserves addresses wherever BAR2 comes to lie: on AMD's processors,
 * and those that QEMU makes by default, the 12 GiB below 1 TiB. The resource tree
 * gives nobody a piece of these, so the aperture ends where they begin.
 *
 * Return: bytes from its start.
 */
u64 pvpci_windows_usable(const struct pvpci_bus *bus)
{
	const struct pvpci_span *aperture = &bus->wire.layout.area[PVPCI_AREA_APERTURE];
	u64 start = bus->wire.transport.bar2 + aperture->offset, end = start + aperture->bytes;

	walk_iomem_res_desc(IORES_DESC_RESERVED, IORESOURCE_MEM, start, end - 1, &end, cut);
	return end > start ? ALIGN_DOWN(end - start, PVPCI_PAGE_BYTES) : 0;
}

static void set_res(struct pvpci_bus *bus, unsigned int i, u64 start, u64 end)
{
	u64 aperture = bus->wire.transport.bar2 + bus->wire.layout.area[PVPCI_AREA_APERTURE].offset;

	bus->room->res[i].start = aperture + start;
	bus->room->res[i].end = aperture + end - 1;
}

/*
 * Aperture offsets; what PCI core has in the window must stay inside. An empty
 * window is on the bridge but not in the resource tree.
 */
static int resize_one(struct pvpci_bus *bus, unsigned int i, u64 start, u64 end)
{
	struct resource *res = &bus->room->res[i];
	int ret;

	if (bus->room->claimed[i] && start < end)
		return adjust_resource(res, bus->wire.transport.bar2 + start +
				       bus->wire.layout.area[PVPCI_AREA_APERTURE].offset,
				       end - start);
	if (bus->room->claimed[i]) {
		if (res->child)
			return -EBUSY;
		release_resource(res);
		bus->room->claimed[i] = false;
	}
	set_res(bus, i, start, max(start, end));
	/* PCI core shows it by its size then, not by an end before its start. */
	res->flags |= IORESOURCE_UNSET;
	if (start >= end)
		return 0;
	res->flags &= ~IORESOURCE_UNSET;
	ret = request_resource(&bus->pdev->resource[2], res);
	if (ret)
		set_res(bus, i, start, start);
	bus->room->claimed[i] = !ret;
	return ret;
}

static int resize_all(struct pvpci_bus *bus, const struct pvpci_bridge_window *to, bool shrink)
{
	const struct pvpci_bridge_window *from = bus->windows.window;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		u64 start = to[i].offset, end = start + to[i].bytes;

		if (shrink) {
			start = max(start, from[i].offset);
			end = min(end, from[i].offset + from[i].bytes);
		}
		ret = resize_one(bus, i, start, end) ?: ret;
	}
	return ret;
}

/**
 * pvpci_windows_resize - make the windows as large as a plan says
 * @bus: known to PCI core, or not yet
 * @to: the plan's windows, with the same distance of CPU and bus addresses
 *
 * PCI core looks at the resources each time, so it need not be told.
 *
 * Context: PCI core's rescan lock and pvpci_bus.topology held.
 * Return: 0; an errno when the resource tree does not allow it, the windows
 * are as before then.
 */
int pvpci_windows_resize(struct pvpci_bus *bus,
			 const struct pvpci_bridge_window to[PVPCI_NR_WINDOWS])
{
	struct pvpci_bridge_window from[PVPCI_NR_WINDOWS];
	int ret;

	lockdep_assert_held(&bus->topology);
	memcpy(from, bus->windows.window, sizeof(from));
	if (!memcmp(from, to, sizeof(from)))
		return 0;
	/* One may need what the other gives up. */
	ret = resize_all(bus, to, true) ?: resize_all(bus, to, false);
	if (!ret) {
		pvpci_windows_set(&bus->windows, to);
		return 0;
	}
	resize_all(bus, from, false);
	if (resize_all(bus, from, false))
		dev_err(&bus->pdev->dev, "Windows cannot be put back.\n");
	return ret;
}

static void add(struct pvpci_bus *bus, struct pci_host_bridge *bridge, unsigned int i)
{
	struct resource *res = &bus->room->res[i];

	pci_add_resource_offset(&bridge->windows, res,
				res->start - bus->windows.window[i].bus_start);
}

/**
 * pvpci_windows_claim - put the windows into the resource tree and on a bridge
 * @bus: with a plan
 * @bridge: not registered yet
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_windows_claim(struct pvpci_bus *bus, struct pci_host_bridge *bridge)
{
	struct pvpci_windows *windows = &bus->windows;
	unsigned int i;
	int ret;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		const struct pvpci_bridge_window *w = &windows->window[i];
		struct resource *res = &bus->room->res[i];

		res->name = names[i];
		res->flags = IORESOURCE_MEM;
		/* PCI core would make one of two that touch and are alike. */
		if (i == PVPCI_WINDOW_64)
			res->flags |= IORESOURCE_WINDOW;
		ret = resize_one(bus, i, w->offset, w->offset + w->bytes);
		if (ret) {
			dev_err(&bus->pdev->dev, "Cannot claim the %s %pR (%d).\n",
				names[i], res, ret);
			return ret;
		}
		if (w->bytes)
			add(bus, bridge, i);
	}
	return 0;
}

/**
 * pvpci_windows_add_empty - let PCI core know the windows that may get bytes later
 * @bus: with claimed windows
 * @bridge: registered; no driver has seen its functions
 *
 * Registering a bridge lists all its windows in the log, where one without bytes says
 * nothing. So it comes afterwards, to where the memory windows of a bridge are.
 *
 * Context: rescan lock held.
 */
void pvpci_windows_add_empty(struct pvpci_bus *bus, struct pci_host_bridge *bridge)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		if (bus->windows.window[i].bytes)
			continue;
		add(bus, bridge, i);
		bridge->bus->resource[BRIDGE_MEM + i] = &bus->room->res[i];
	}
}

/**
 * pvpci_windows_release - take the windows out of the resource tree
 * @bus: whose PCI functions are gone
 */
void pvpci_windows_release(struct pvpci_bus *bus)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		if (bus->room->claimed[i])
			release_resource(&bus->room->res[i]);
		bus->room->claimed[i] = false;
	}
}
