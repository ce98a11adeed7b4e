/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting go of functions politely.
 */
#ifndef _PVPCI_EJECT_H
#define _PVPCI_EJECT_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "wire/layout.h"

struct pvpci_bus;
struct pvpci_fn;

/**
 * struct pvpci_eject - what the host wants back, one for each row
 * @instance: of the function, 0 for none; written when the event comes
 * @flags: PVPCI_EJECT_*; the same
 * @busy_since: jiffies when it was first found in use, 0 for not yet; protected
 *	by pvpci_bus.topology
 */
struct pvpci_eject {
	u32 instance;
	u32 flags;
	unsigned long busy_since;
};

int pvpci_eject_check(struct pvpci_fn *fn, bool device, char why[PVPCI_WHY_BYTES]);
void pvpci_eject_let_go(struct pvpci_fn *fn);
void pvpci_eject_event(struct pvpci_bus *bus, const struct pvpci_msg_function *msg);
void pvpci_eject_run(struct pvpci_bus *bus);

#endif /* _PVPCI_EJECT_H */
