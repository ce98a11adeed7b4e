/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply.h - carry out a plan
 */
#ifndef PCI_REBALANCE_APPLY_H
#define PCI_REBALANCE_APPLY_H

struct rebalance_snapshot;

int apply_plan(struct rebalance_snapshot *s);
int apply_ask(struct rebalance_snapshot *s);

#endif
