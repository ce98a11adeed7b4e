/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What messages exist: one row for each, with its name and its length.
 */
#ifndef _PVPCI_MESSAGE_H
#define _PVPCI_MESSAGE_H

#include <linux/pvpci.h>
#include <linux/types.h>

/**
 * struct pvpci_message_kind - one message of the wire
 * @type: PVPCI_MSG_*
 * @name: as tracepoints, debugfs and log lines call it
 * @request_bytes: length of the request, 0 when the guest never sends it
 * @reply_bytes: shortest OK reply, 0 when the host never replies with it
 * @event_bytes: shortest event, 0 when the host never sends it by itself
 */
struct pvpci_message_kind {
	u16 type;
	const char *name;
	u16 request_bytes;
	u16 reply_bytes;
	u16 event_bytes;
};

const struct pvpci_message_kind *pvpci_message_kind(u16 type);
const char *pvpci_message_name(u16 type);
const char *pvpci_status_name(u32 status);
int pvpci_status_errno(u32 status);

#endif /* _PVPCI_MESSAGE_H */
