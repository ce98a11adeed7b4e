/* SPDX-License-Identifier: GPL-2.0 */
/*
 * owner.h - who owns a function, and how it is stopped and restarted
 */
#ifndef PCI_REBALANCE_OWNER_H
#define PCI_REBALANCE_OWNER_H

#include <linux/ktime.h>
#include <linux/types.h>

#include "level.h"
#include "record.h"

struct device_driver;
struct pci_dev;
struct pci_rebalance_ops;
struct users;

/**
 * struct rebalance_owner - one function of the snapshot
 * @dev: the function; a reference is held
 * @asks: room is sought for it
 * @pinned: why it may not be moved, NULL if it may
 * @unless: what the user can allow to lift that, NONE: nothing
 * @level: what the request allows
 * @online: it will have another path to its NVMe disks before it is stopped
 * @way: least level that allows to move it
 * @used: somebody uses it, which the user allowed to end
 * @ops: its driver's, if that cooperates; right while @locked
 * @data: for @ops
 * @driver: bound at the time of the snapshot, NULL if none; only to be compared, unless @held
 * @command: its command register before memory-enable was cleared
 * @locked: its device lock and config lock are held
 * @held: a reference to its driver's module is held
 * @awake: it is kept from sleeping
 * @stopped: it is stopped
 * @unbound: its driver was unbound here, and is to be bound again
 * @stopped_at: since when
 * @down_us: how long it was stopped in this move
 */
struct rebalance_owner {
	struct pci_dev *dev;
	bool asks;
	const char *pinned;
	enum rebalance_consent unless;
	enum rebalance_level level;
	bool online;
	enum rebalance_level way;
	bool used;
	const struct pci_rebalance_ops *ops;
	void *data;
	struct device_driver *driver;
	u16 command;
	bool locked;
	bool held;
	bool awake;
	bool stopped;
	bool unbound;
	ktime_t stopped_at;
	u64 down_us;
};

int owner_ask(struct rebalance_owner *owner);
int owner_stop(struct rebalance_owner *owner);
int owner_restart(struct rebalance_owner *owner);
int owner_stop_again(struct rebalance_owner *owner);
void owner_release(struct rebalance_owner *owner);
u32 owner_cost(const struct rebalance_owner *owner);
const char *owner_way_name(const struct rebalance_owner *owner);

#endif
