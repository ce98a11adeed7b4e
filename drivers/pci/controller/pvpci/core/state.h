/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a bus.
 */
#ifndef _PVPCI_STATE_H
#define _PVPCI_STATE_H

#include <linux/types.h>

struct pvpci_bus;

/**
 * enum pvpci_state - where a bus stands
 * @PVPCI_STATE_PROBING: messages may flow; no function is known
 * @PVPCI_STATE_D0: the host has powered the bus up; functions may be known,
 *	the PCI core knows none yet
 * @PVPCI_STATE_RUNNING: the PCI core knows the bus
 * @PVPCI_STATE_SUSPENDED: PCI core knows the bus, the host has powered it down;
 *	messages flow again while it is resumed; config space reads all-ones
 * @PVPCI_STATE_STOPPING: the driver is taking the bus down in good order;
 *	messages flow, config space works
 * @PVPCI_STATE_BROKEN: the host broke the rules, is silent or has stopped: no
 *	message flows, all functions read all-ones; only removal leads out
 * @PVPCI_STATE_GONE: D0 was left, or the driver let go; reads all-ones
 * @PVPCI_STATE_COUNT: number of states
 */
enum pvpci_state {
	PVPCI_STATE_PROBING,
	PVPCI_STATE_D0,
	PVPCI_STATE_RUNNING,
	PVPCI_STATE_SUSPENDED,
	PVPCI_STATE_STOPPING,
	PVPCI_STATE_BROKEN,
	PVPCI_STATE_GONE,
	PVPCI_STATE_COUNT,
};

const char *pvpci_state_name(enum pvpci_state state);
bool pvpci_state_allowed(enum pvpci_state from, enum pvpci_state to);
enum pvpci_state pvpci_state(const struct pvpci_bus *bus);
bool pvpci_state_set(struct pvpci_bus *bus, enum pvpci_state to);
bool pvpci_state_answers(const struct pvpci_bus *bus);
__printf(2, 3) void pvpci_bus_break(struct pvpci_bus *bus, const char *fmt, ...);
__printf(2, 3) void pvpci_bus_broken(struct pvpci_bus *bus, const char *fmt, ...);

#endif /* _PVPCI_STATE_H */
