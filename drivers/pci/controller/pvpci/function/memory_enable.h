/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Edges of memory-enable.
 */
#ifndef _PVPCI_MEMORY_ENABLE_H
#define _PVPCI_MEMORY_ENABLE_H

#include <linux/types.h>

struct pvpci_fn;

extern unsigned int pvpci_commit_timeout_ms;

void pvpci_memory_enable_account(struct pvpci_fn *fn, unsigned int reason, u64 ns, u64 host_ns);
int pvpci_command_write(struct pvpci_fn *fn, u16 mask, u16 value, unsigned int reason,
			bool may_sleep);
void pvpci_memory_enable_resync(struct pvpci_fn *fn, unsigned int reason);
int pvpci_memory_enable_settle(struct pvpci_fn *fn);
int pvpci_memory_enable_move(struct pvpci_fn *fn, bool may_sleep);
void pvpci_memory_enable_hide(struct pvpci_fn *fn);
void pvpci_memory_enable_off(struct pvpci_fn *fn, unsigned int reason);
const char *pvpci_reason_name(unsigned int reason);

#endif /* _PVPCI_MEMORY_ENABLE_H */
