// SPDX-License-Identifier: GPL-2.0
/*
 * The table of messages.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "wire/message.h"

static const struct pvpci_message_kind kinds[] = {
	{ PVPCI_MSG_VERSION, "VERSION",
	  sizeof(struct pvpci_msg_version), sizeof(struct pvpci_msg_version), 0 },
	{ PVPCI_MSG_D0_ENTRY, "D0_ENTRY",
	  sizeof(struct pvpci_msg_d0_entry), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_D0_EXIT, "D0_EXIT",
	  sizeof(struct pvpci_msg), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_QUERY_RELATIONS, "QUERY_RELATIONS",
	  sizeof(struct pvpci_msg), sizeof(struct pvpci_msg_relations), 0 },
	{ PVPCI_MSG_QUERY_RESOURCES, "QUERY_RESOURCES",
	  sizeof(struct pvpci_msg_query_resources), sizeof(struct pvpci_msg_query_resources), 0 },
	{ PVPCI_MSG_RESOURCES_ASSIGNED, "RESOURCES_ASSIGNED",
	  sizeof(struct pvpci_msg_resources), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_RESOURCES_RELEASED, "RESOURCES_RELEASED",
	  sizeof(struct pvpci_msg_resources), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_COMMIT, "COMMIT",
	  sizeof(struct pvpci_msg_commit), sizeof(struct pvpci_msg_commit), 0 },
	{ PVPCI_MSG_DMA_PROBE, "DMA_PROBE",
	  sizeof(struct pvpci_msg_dma_probe), sizeof(struct pvpci_msg_dma_probe), 0 },
	{ PVPCI_MSG_PING, "PING",
	  sizeof(struct pvpci_msg_ping), sizeof(struct pvpci_msg_ping), 0 },
	{ PVPCI_MSG_EJECT_COMPLETE, "EJECT_COMPLETE",
	  sizeof(struct pvpci_msg_function), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_READ_BLOCK, "READ_BLOCK",
	  sizeof(struct pvpci_msg_block), sizeof(struct pvpci_msg_block), 0 },
	{ PVPCI_MSG_WRITE_BLOCK, "WRITE_BLOCK",
	  sizeof(struct pvpci_msg_block), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_RESET, "RESET",
	  sizeof(struct pvpci_msg_change), sizeof(struct pvpci_msg_change), 0 },
	{ PVPCI_MSG_POWER, "POWER",
	  sizeof(struct pvpci_msg_change), sizeof(struct pvpci_msg_change), 0 },
	{ PVPCI_MSG_STOP_PLAN, "STOP_PLAN",
	  sizeof(struct pvpci_msg_stop_plan), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_QUERY_STOP_COMPLETE, "QUERY_STOP_COMPLETE",
	  sizeof(struct pvpci_msg_stop_complete), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_RESTART, "RESTART",
	  sizeof(struct pvpci_msg_restart), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_STOP_COMPLETE, "STOP_COMPLETE",
	  sizeof(struct pvpci_msg_stop_complete), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_OUTCOME, "OUTCOME",
	  sizeof(struct pvpci_msg_outcome), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_EJECT_WHY, "EJECT_WHY",
	  sizeof(struct pvpci_msg_why), sizeof(struct pvpci_msg), 0 },
	{ PVPCI_MSG_APERTURE_PROBE, "APERTURE_PROBE",
	  sizeof(struct pvpci_msg_aperture_probe), sizeof(struct pvpci_msg_aperture_probe), 0 },
	{ PVPCI_MSG_MEMORY, "MEMORY",
	  sizeof(struct pvpci_msg_memory), sizeof(struct pvpci_msg_memory), 0 },
	{ PVPCI_MSG_RELATIONS, "RELATIONS",
	  0, 0, sizeof(struct pvpci_msg_relations) },
	{ PVPCI_MSG_EJECT, "EJECT",
	  0, 0, sizeof(struct pvpci_msg_function) },
	{ PVPCI_MSG_INVALIDATE_BLOCKS, "INVALIDATE_BLOCKS",
	  0, 0, sizeof(struct pvpci_msg_invalidate_blocks) },
	{ PVPCI_MSG_QUERY_STOP, "QUERY_STOP",
	  0, 0, sizeof(struct pvpci_msg_query_stop) },
	{ PVPCI_MSG_STOP, "STOP",
	  0, 0, sizeof(struct pvpci_msg_stop) },
	{ PVPCI_MSG_CANCEL_STOP, "CANCEL_STOP",
	  0, 0, sizeof(struct pvpci_msg_stop) },
};

static const struct {
	const char *name;
	int err;
} statuses[] = {
	[PVPCI_STATUS_OK]	 = { "OK", 0 },
	[PVPCI_STATUS_UNKNOWN]	 = { "UNKNOWN", -EOPNOTSUPP },
	[PVPCI_STATUS_LENGTH]	 = { "LENGTH", -EMSGSIZE },
	[PVPCI_STATUS_VERSION]	 = { "VERSION", -EPROTONOSUPPORT },
	[PVPCI_STATUS_STATE]	 = { "STATE", -EBUSY },
	[PVPCI_STATUS_FUNCTION]	 = { "FUNCTION", -ENODEV },
	[PVPCI_STATUS_RANGE]	 = { "RANGE", -ERANGE },
	[PVPCI_STATUS_OVERLAP]	 = { "OVERLAP", -EADDRINUSE },
	[PVPCI_STATUS_NO_MEMORY] = { "NO_MEMORY", -ENOMEM },
	[PVPCI_STATUS_IO]	 = { "IO", -EIO },
	[PVPCI_STATUS_STALE]	 = { "STALE", -ESTALE },
};

static_assert(ARRAY_SIZE(statuses) == PVPCI_STATUS_COUNT);

/**
 * pvpci_message_kind - look a message type up
 * @type: PVPCI_MSG_*, from anywhere
 *
 * Return: its row, or NULL for a type that does not exist.
 */
const struct pvpci_message_kind *pvpci_message_kind(u16 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/**
 * pvpci_message_name - name of a message type
 * @type: PVPCI_MSG_*, from anywhere
 *
 * Return: a constant string.
 */
const char *pvpci_message_name(u16 type)
{
	const struct pvpci_message_kind *kind = pvpci_message_kind(type);

	return kind ? kind->name : "unknown";
}

/**
 * pvpci_status_name - name of a reply's status
 * @status: PVPCI_STATUS_*, from anywhere
 *
 * Return: a constant string.
 */
const char *pvpci_status_name(u32 status)
{
	return status < PVPCI_STATUS_COUNT ? statuses[status].name : "unknown status";
}

/**
 * pvpci_status_errno - the one errno of each status
 * @status: PVPCI_STATUS_*, from anywhere
 *
 * Return: 0 for OK, -EPROTO for a status that does not exist.
 */
int pvpci_status_errno(u32 status)
{
	return status < PVPCI_STATUS_COUNT ? statuses[status].err : -EPROTO;
}
