/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Edges of memory-enable.
 */
#ifndef _PVPCI_COMMIT_H
#define _PVPCI_COMMIT_H

#include <linux/types.h>

struct pvpci_fn;

void pvpci_commit_account(struct pvpci_fn *fn, unsigned int reason, u64 ns, u64 host_ns);
int pvpci_commit(struct pvpci_fn *fn, u16 mask, u16 value, unsigned int reason, bool may_sleep);
void pvpci_commit_old_habit(struct pvpci_fn *fn);
int pvpci_commit_settle(struct pvpci_fn *fn);
void pvpci_commit_detach(struct pvpci_fn *fn, unsigned int reason);
const char *pvpci_reason_name(unsigned int reason);

#endif /* _PVPCI_COMMIT_H */
