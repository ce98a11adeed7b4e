/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking turns with what the host is asked about one function.
 */
#ifndef _PVPCI_TURN_H
#define _PVPCI_TURN_H

#include <linux/types.h>

struct pci_dev;
struct pvpci_fn;

/**
 * struct pvpci_turn - who asks the host about a function
 * @taken: somebody does
 * @cpu: where it does so without sleeping, negative when it may sleep
 * @queued: somebody who may sleep does, or waits until it can
 * @quiet: whose config space PCI core keeps user space off for that one, or NULL
 */
struct pvpci_turn {
	bool taken;
	int cpu;
	bool queued;
	struct pci_dev *quiet;
};

int pvpci_turn_begin(struct pvpci_fn *fn, bool may_sleep);
void pvpci_turn_end(struct pvpci_fn *fn, bool may_sleep);

#endif /* _PVPCI_TURN_H */
