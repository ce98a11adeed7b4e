/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drivers that want to be asked before their function is ejected.
 */
#ifndef _PVPCI_EJECT_VETO_H
#define _PVPCI_EJECT_VETO_H

#include <linux/mutex.h>
#include <linux/pvpci.h>

#include "wire/layout.h"

struct pvpci_fn;

/**
 * struct pvpci_eject_vetoer - who is asked before a function is ejected
 * @lock: held while @ask runs, and to change it; inside pvpci_bus.topology
 * @ask: NULL for nobody
 * @context: its argument
 */
struct pvpci_eject_vetoer {
	struct mutex lock;
	pvpci_eject_veto ask;
	void *context;
};

int pvpci_eject_veto_ask(struct pvpci_fn *fn, char why[PVPCI_WHY_BYTES]);

#endif /* _PVPCI_EJECT_VETO_H */
