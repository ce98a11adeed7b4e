/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reset and power states of one function.
 */
#ifndef _PVPCI_RESET_H
#define _PVPCI_RESET_H

#include <linux/types.h>

struct pvpci_fn;

bool pvpci_reset_asked(const struct pvpci_fn *fn, int reg, u32 bits, u32 value);
int pvpci_reset(struct pvpci_fn *fn, unsigned int kind, bool may_sleep);
bool pvpci_power_asked(const struct pvpci_fn *fn, int reg, u32 bits);
int pvpci_power_write(struct pvpci_fn *fn, u32 *value, bool may_sleep);

#endif /* _PVPCI_RESET_H */
