/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BARs whose size the guest chooses.
 */
#ifndef _PVPCI_RESIZE_H
#define _PVPCI_RESIZE_H

#include <linux/types.h>

struct pvpci_fn;

void pvpci_resize_start(struct pvpci_fn *fn);
void pvpci_resize_reset(struct pvpci_fn *fn);
void pvpci_resize_restore(struct pvpci_fn *fn, const u64 *bytes);
bool pvpci_resize_refused(struct pvpci_fn *fn, int reg, u32 value);

#endif /* _PVPCI_RESIZE_H */
