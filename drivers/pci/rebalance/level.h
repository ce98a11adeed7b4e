/* SPDX-License-Identifier: GPL-2.0 */
/*
 * level.h - what may be moved
 */
#ifndef PCI_REBALANCE_LEVEL_H
#define PCI_REBALANCE_LEVEL_H

/* What auto= and a request allow, each including those before it. */
enum rebalance_level {
	REBALANCE_OFF,		/* nothing at all */
	REBALANCE_IDLE,		/* functions without a driver, windows of empty ports */
	REBALANCE_COOPERATIVE,	/* drivers that registered to be moved */
	REBALANCE_REBIND,	/* drivers that the user allowed to be unbound */
	REBALANCE_ONLINE,	/* nvme, wherever NVMe multipath has another path to its disks */
	REBALANCE_LEVELS
};

int level_parse(const char *word);
const char *level_name(enum rebalance_level level);

#endif
