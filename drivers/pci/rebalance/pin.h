/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pin.h - who may not be moved, and why
 */
#ifndef PCI_REBALANCE_PIN_H
#define PCI_REBALANCE_PIN_H

struct rebalance_owner;
struct users;

void pin_judge(struct rebalance_owner *owner, const struct users *users);
int pin_judge_again(struct rebalance_owner *owner);

#endif
