/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify.h - do the registers say what the resource tree says?
 */
#ifndef PCI_REBALANCE_VERIFY_H
#define PCI_REBALANCE_VERIFY_H

struct rebalance_snapshot;

int verify_before(const struct rebalance_snapshot *s);
int verify_after(const struct rebalance_snapshot *s);

#endif
