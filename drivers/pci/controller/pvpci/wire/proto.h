/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's requests, one function each.
 */
#ifndef _PVPCI_PROTO_H
#define _PVPCI_PROTO_H

#include <linux/pvpci.h>
#include <linux/types.h>

#include "wire/aperture.h"

#define PVPCI_GUEST_VERSION_MIN	PVPCI_VERSION_1_0
#define PVPCI_GUEST_VERSION_MAX	PVPCI_VERSION_1_1

struct pvpci_wire;

int pvpci_proto_ask(struct pvpci_wire *wire, struct pvpci_msg *msg, size_t bytes, u32 handled);
int pvpci_proto_version(struct pvpci_wire *wire);
int pvpci_proto_d0_entry(struct pvpci_wire *wire, u32 nr_vectors);
int pvpci_proto_d0_exit(struct pvpci_wire *wire);
int pvpci_proto_query_relations(struct pvpci_wire *wire, u32 *seq, u32 *count);
int pvpci_proto_query_resources(struct pvpci_wire *wire, u32 seq);
int pvpci_proto_assigned(struct pvpci_wire *wire,
			 const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS],
			 u32 first, u32 count, u32 *fault);
int pvpci_proto_released(struct pvpci_wire *wire, u32 first, u32 count);
/**
 * struct pvpci_ram - a range of guest-physical addresses
 * @start: first
 * @end: behind the last
 */
struct pvpci_ram {
	u64 start;
	u64 end;
};

int pvpci_proto_memory(struct pvpci_wire *wire, unsigned int what, struct pvpci_ram *range,
		       u64 at, const u8 *mark);
int pvpci_proto_dma_probe(struct pvpci_wire *wire, u64 address, u64 *value);
int pvpci_proto_aperture_probe(struct pvpci_wire *wire, u64 *offset, u64 *value);
int pvpci_proto_ping(struct pvpci_wire *wire, unsigned int timeout_ms);
void pvpci_proto_eject_why(struct pvpci_wire *wire, u32 row, u32 instance, const char *why);
int pvpci_proto_eject_complete(struct pvpci_wire *wire, u32 row, u32 instance, int result);

#endif /* _PVPCI_PROTO_H */
