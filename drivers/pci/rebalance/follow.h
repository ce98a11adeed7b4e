/* SPDX-License-Identifier: GPL-2.0 */
/*
 * follow.h - drivers that follow their BARs by the kernel's own callbacks
 */
#ifndef PCI_REBALANCE_FOLLOW_H
#define PCI_REBALANCE_FOLLOW_H

#include <linux/types.h>

struct rebalance_owner;

bool follow_find(struct rebalance_owner *owner);

#endif
