/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host end of the protocol: one request and its answer.
 */
#ifndef PVPCI_MESSAGE_H
#define PVPCI_MESSAGE_H

#include "host.h"

/* One message, private copy; @msg is the start of each, @bytes all of it. */
union pvpci_slot {
	struct pvpci_msg msg;
	struct pvpci_msg_version version;
	struct pvpci_msg_d0_entry d0_entry;
	struct pvpci_msg_relations relations;
	struct pvpci_msg_query_resources query_resources;
	struct pvpci_msg_resources resources;
	struct pvpci_msg_commit commit;
	struct pvpci_msg_dma_probe dma_probe;
	struct pvpci_msg_aperture_probe aperture_probe;
	struct pvpci_msg_memory memory;
	struct pvpci_msg_ping ping;
	struct pvpci_msg_function function;
	struct pvpci_msg_outcome outcome;
	struct pvpci_msg_why why;
	struct pvpci_msg_block block;
	struct pvpci_msg_change change;
	struct pvpci_msg_stop_plan stop_plan;
	struct pvpci_msg_restart restart;
	struct pvpci_msg_stop_complete stop_complete;
	uint8_t bytes[PVPCI_SLOT_BYTES];
};

/**
 * struct pvpci_rows - the functions that a request is about
 * @first: row
 * @count: of rows; 0 for a request that is about none
 */
struct pvpci_rows {
	uint32_t first;
	uint64_t count;
};

/** pvpci_message_rows - the functions that a request is about */
struct pvpci_rows pvpci_message_rows(const union pvpci_slot *slot);

/**
 * pvpci_message_answer - turn a request into its reply
 * @host: host end
 * @slot: private copy of the request; the reply afterwards
 *
 * Return: length of the reply; 0 when it has to wait (PVPCI_HOST_LATER), and
 * @slot is still the request.
 */
uint32_t pvpci_message_answer(struct pvpci_host *host, union pvpci_slot *slot);

#endif /* PVPCI_MESSAGE_H */
