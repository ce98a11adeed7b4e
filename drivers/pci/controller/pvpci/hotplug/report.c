// SPDX-License-Identifier: GPL-2.0
/*
 * What became of each function, told to the host.
 *
 * Drivers come and go at any time, so the driver core's notifications are what
 * is told. Nobody waits for the replies.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/function.h"
#include "hotplug/await_rebalance.h"
#include "hotplug/report.h"
#include "wire/proto.h"

static void tell(struct pvpci_bus *bus, struct pvpci_msg_outcome *msg)
{
	msg->msg.type = cpu_to_le16(PVPCI_MSG_OUTCOME);
	if (!(bus->wire.features & PVPCI_F_OUTCOME) || !pvpci_state_answers(bus))
		return;
	/* A full ring: wait until there is room. The host may have forgotten the function. */
	if (pvpci_request_post(&bus->wire.requests, &msg->msg) == -EAGAIN)
		pvpci_proto_ask(&bus->wire, &msg->msg, sizeof(*msg), PVPCI_STATUS_FUNCTION);
}

static bool lacks_bar(const struct pci_dev *dev)
{
	unsigned int bar;

	for (bar = 0; bar < PVPCI_NUM_BARS; bar++)
		if (dev->resource[bar].flags & IORESOURCE_MEM && !dev->resource[bar].parent)
			return true;
	return false;
}

/*
 * A bound one may have got its BARs from somebody else, or have a driver that does without. Until
 * that has enabled it, it may still find that it cannot: nvme of Linux 6.1 binds first and looks
 * later.
 */
static bool has_no_room(const struct pvpci_fn *fn, u32 outcome)
{
	const struct pci_dev *dev = READ_ONCE(fn->pdev);

	if (outcome != PVPCI_OUTCOME_BOUND)
		return fn->dropped;
	return fn->dropped && dev && lacks_bar(dev) && !atomic_read(&dev->enable_cnt);
}

/**
 * pvpci_report_outcome - what became of a function?
 * @fn: the function; one without room for its BARs stays so, whatever its driver says
 * @outcome: PVPCI_OUTCOME_*
 * @err: 0 or a negative errno
 * @driver: its name, or NULL
 *
 * Context: process context.
 */
void pvpci_report_outcome(struct pvpci_fn *fn, u32 outcome, int err, const char *driver)
{
	struct pvpci_msg_outcome msg = {
		.row = cpu_to_le32(fn->row),
		.instance = cpu_to_le32(fn->info.instance),
		.error = cpu_to_le32(-err),
	};

	if (pvpci_life_is_going(fn))
		return;
	pvpci_told_set(fn, PVPCI_TOLD_OUTCOME);
	if (has_no_room(fn, outcome)) {
		msg.error = cpu_to_le32(pvpci_await_rebalance_begin(fn, outcome));
		outcome = PVPCI_OUTCOME_NO_ROOM;
		msg.missing_bytes = cpu_to_le64(fn->missing_bytes);
		msg.missing_piece = cpu_to_le64(fn->missing_piece);
	}
	msg.outcome = cpu_to_le32(outcome);
	if (driver)
		strscpy(msg.driver, driver, sizeof(msg.driver));
	tell(fn->bus, &msg);
}

/**
 * pvpci_report_off - the user of the guest has switched the slot of a function off
 * @bus: the bus
 * @row: row of the function, which is no longer here
 * @instance: of the function
 *
 * Context: process context.
 */
void pvpci_report_off(struct pvpci_bus *bus, u32 row, u32 instance)
{
	struct pvpci_msg_outcome msg = {
		.row = cpu_to_le32(row),
		.instance = cpu_to_le32(instance),
		.outcome = cpu_to_le32(PVPCI_OUTCOME_OFF),
	};

	tell(bus, &msg);
}

/**
 * pvpci_report_driver - the driver core has something to say of a function
 * @fn: the function
 * @dev: PCI core's
 * @action: BUS_NOTIFY_*
 *
 * Context: process context, device lock held.
 */
void pvpci_report_driver(struct pvpci_fn *fn, struct pci_dev *dev, unsigned long action)
{
	struct device_driver *driver = dev->dev.driver;

	if (action == BUS_NOTIFY_BOUND_DRIVER)
		pvpci_report_outcome(fn, PVPCI_OUTCOME_BOUND, 0, driver ? driver->name : NULL);
	else if (action == BUS_NOTIFY_UNBOUND_DRIVER)
		pvpci_report_outcome(fn, PVPCI_OUTCOME_NO_DRIVER, 0, NULL);
	else if (action == BUS_NOTIFY_DRIVER_NOT_BOUND)
		pvpci_report_outcome(fn, PVPCI_OUTCOME_FAILED, 0, driver ? driver->name : NULL);
}

/* False: somebody is at work with its driver, and tells the host or lets us try again. */
static bool repeat(struct pvpci_fn *fn, struct pci_dev *dev)
{
	struct device_driver *driver;

	if (!device_trylock(&dev->dev))
		return false;
	driver = dev->dev.driver;
	pvpci_report_outcome(fn, driver ? PVPCI_OUTCOME_BOUND : PVPCI_OUTCOME_NO_DRIVER, 0,
			     driver ? driver->name : NULL);
	device_unlock(&dev->dev);
	return true;
}

/**
 * pvpci_report_again - the host has forgotten what became of the functions
 * @bus: known to PCI core, with pvpci_work.reports_lost set
 *
 * It forgets when the bus goes down, and there may be another one when it comes up
 * again; drivers stay bound meanwhile.
 *
 * Context: on the bus's workqueue, rescan lock and pvpci_bus.topology held.
 */
void pvpci_report_again(struct pvpci_bus *bus)
{
	bool again = false;
	u32 row;

	lockdep_assert_held(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++) {
		struct pvpci_fn *fn = bus->by_row[row];
		struct pci_dev *dev;

		if (!fn || READ_ONCE(fn->told) != PVPCI_TOLD_FORGOTTEN)
			continue;
		dev = pci_get_slot(bus->bridge->bus, fn->info.devfn);
		if (dev)
			again |= !repeat(fn, dev);
		pci_dev_put(dev);
	}
	WRITE_ONCE(bus->work.reports_lost, again);
	if (again)
		pvpci_work_look_later(bus);
}
