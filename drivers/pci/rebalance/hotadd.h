/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hotadd.h - functions that found no room
 */
#ifndef PCI_REBALANCE_HOTADD_H
#define PCI_REBALANCE_HOTADD_H

#include "level.h"

int hotadd_init(void);
void hotadd_exit(void);
void hotadd_look_again(void);
enum rebalance_level hotadd_level(void);

#endif
