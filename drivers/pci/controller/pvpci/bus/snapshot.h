/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's function table, copied and checked.
 */
#ifndef _PVPCI_SNAPSHOT_H
#define _PVPCI_SNAPSHOT_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "wire/layout.h"

struct pvpci_bus;
struct pvpci_function_info;

/**
 * struct pvpci_snapshot - the function table, checked
 * @seq: relations sequence number
 * @count: functions present
 * @info: one for each row; instance is 0 where no function is present
 */
struct pvpci_snapshot {
	u32 seq;
	u32 count;
	struct pvpci_function_info *info;
};

int pvpci_snapshot_check(const struct pvpci_function *table, u32 rows, u32 count,
			 u64 aperture_bytes, struct pvpci_function_info *info,
			 char why[PVPCI_WHY_BYTES]);
int pvpci_snapshot_take(struct pvpci_bus *bus, struct pvpci_snapshot *snapshot,
			unsigned int max_tries, char why[PVPCI_WHY_BYTES]);
void pvpci_snapshot_free(struct pvpci_snapshot *snapshot);

#endif /* _PVPCI_SNAPSHOT_H */
