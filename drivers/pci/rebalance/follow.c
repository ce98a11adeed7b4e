// SPDX-License-Identifier: GPL-2.0
/*
 * follow.c - drivers that follow their BARs by the kernel's own callbacks
 *
 * Where the kernel has them (tools/patches/rebalance), a driver with move_prepare and move_done is
 * moved as one that registered here is. The kernel remembers who has let go: restarting one that
 * refused to does nothing, and neither does stopping one once more that could not be restarted.
 */
#include <linux/pci.h>
#include <linux/pci-rebalance.h>

#include <pvpci/compat.h>

#include "follow.h"
#include "owner.h"
#include "record.h"

#ifdef PVPCI_MOVE_CALLBACKS

/* A driver refuses when it is to let go. */
static int follow_ask(struct pci_dev *dev, void *data)
{
	return 0;
}

static int follow_stop(struct pci_dev *dev, void *data)
{
	struct rebalance_owner *owner = data;
	int error = pci_move_prepare(dev);

	/* Another time it is one of those that can only be unbound. */
	if (error == -EOPNOTSUPP)
		record_fact(dev, RECORD_STAYS, true);
	if (error)
		owner->pinned = "its driver does not let go of its BARs";
	return error;
}

static int follow_restart(struct pci_dev *dev, void *data)
{
	return pci_move_done(dev);
}

static const struct pci_rebalance_ops follow_ops = {
	.ask = follow_ask, .stop = follow_stop, .restart = follow_restart,
};

/**
 * follow_find - can the driver of a function follow its BARs?
 * @owner: its @dev is set; @ops and @data are set if so
 *
 * Context: process, device lock held.
 *
 * Return: true if so.
 */
bool follow_find(struct rebalance_owner *owner)
{
	const struct pci_driver *driver = owner->dev->driver;

	if (!owner->dev->dev.driver || !driver || !driver->move_prepare || !driver->move_done ||
	    record_fact_of(owner->dev, RECORD_STAYS))
		return false;
	owner->ops = &follow_ops;
	owner->data = owner;
	return true;
}

#else

bool follow_find(struct rebalance_owner *owner)
{
	return false;
}

#endif
