/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Suspend, resume and hibernation of a whole bus.
 */
#ifndef _PVPCI_PM_H
#define _PVPCI_PM_H

#include <linux/pm.h>

extern const struct dev_pm_ops pvpci_pm_ops;

#endif /* _PVPCI_PM_H */
