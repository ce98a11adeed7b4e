/* SPDX-License-Identifier: GPL-2.0 */
/*
 * users.h - what processes have open and mapped
 */
#ifndef PCI_REBALANCE_USERS_H
#define PCI_REBALANCE_USERS_H

#include <linux/types.h>
#include <linux/xarray.h>

struct pci_dev;

#define USERS_RANGES	16

/**
 * struct users - what all processes had open and mapped at one time
 * @devices: character devices that somebody has open or mapped, by number
 * @functions: PCI functions whose resource files somebody has mapped, by address
 * @ranges: of physical memory that somebody has mapped through /dev/mem
 * @range_count: used
 * @unknown: somebody could not be looked at
 */
struct users {
	struct xarray devices;
	struct xarray functions;
	struct {
		u64 first;
		u64 last;
	} ranges[USERS_RANGES];
	unsigned int range_count;
	bool unknown;
};

int users_look(struct users *users);
void users_free(struct users *users);
bool users_have_open(const struct users *users, dev_t device);
bool users_have_mapped(const struct users *users, struct pci_dev *dev);

#endif
