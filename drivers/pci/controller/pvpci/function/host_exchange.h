/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking turns with what the host is asked about one function.
 */
#ifndef _PVPCI_HOST_EXCHANGE_H
#define _PVPCI_HOST_EXCHANGE_H

#include <linux/types.h>

struct pci_dev;
struct pvpci_fn;

/**
 * struct pvpci_host_exchange - who asks the host about a function
 * @taken: somebody does
 * @cpu: where it does so without sleeping, negative when it may sleep
 * @queued: somebody who may sleep does, or waits until it can
 * @out_of_sync: the host is to be told once more what the guest believes
 * @quiet: whose config space PCI core keeps user space off for that one, or NULL
 */
struct pvpci_host_exchange {
	bool taken;
	int cpu;
	bool queued;
	bool out_of_sync;
	struct pci_dev *quiet;
};

int pvpci_host_exchange_begin(struct pvpci_fn *fn, bool may_sleep);
void pvpci_host_exchange_end(struct pvpci_fn *fn, bool may_sleep);

#endif /* _PVPCI_HOST_EXCHANGE_H */
