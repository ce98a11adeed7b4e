/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which functions there are, and where they are placed.
 */
#ifndef _PVPCI_RELATIONS_H
#define _PVPCI_RELATIONS_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "wire/layout.h"

struct pvpci_bus;
struct pvpci_fn;
struct pvpci_function_info;

/**
 * struct pvpci_relations - a snapshot of the function table, checked
 * @seq: relations sequence number
 * @count: functions present
 * @info: one for each row; instance is 0 where no function is present
 */
struct pvpci_relations {
	u32 seq;
	u32 count;
	struct pvpci_function_info *info;
};

int pvpci_relations_check(const struct pvpci_function *table, u32 rows, u32 count,
			  u64 aperture_bytes, struct pvpci_function_info *info,
			  char why[PVPCI_WHY_BYTES]);
int pvpci_relations_snapshot(struct pvpci_bus *bus, struct pvpci_relations *relations,
			     unsigned int max_tries, char why[PVPCI_WHY_BYTES]);
int pvpci_relations_start(struct pvpci_bus *bus);
void pvpci_relations_event(struct pvpci_bus *bus, const struct pvpci_msg *msg);
void pvpci_relations_look(struct pvpci_bus *bus);
void pvpci_relations_look_later(struct pvpci_bus *bus);
void pvpci_relations_init(struct pvpci_bus *bus);
void pvpci_relations_stop(struct pvpci_bus *bus);
int pvpci_relations_create(struct pvpci_bus *bus, u32 row,
			   const struct pvpci_function_info *info);
void pvpci_relations_forget(struct pvpci_fn *fn);

#endif /* _PVPCI_RELATIONS_H */
