/* SPDX-License-Identifier: GPL-2.0 */
/*
 * search.h - is room being sought, and who waits for the end of it
 */
#ifndef PCI_REBALANCE_SEARCH_H
#define PCI_REBALANCE_SEARCH_H

#include <linux/types.h>

void search_begin(void);
unsigned int search_announced(void);
bool search_end(unsigned int announced);
void search_exit(void);

#endif
