// SPDX-License-Identifier: GPL-2.0
/*
 * Host end of the protocol: what the host says by itself.
 */
#include <errno.h>
#include <endian.h>

#include "host.h"

static int send_event(struct pvpci_host *host, const void *msg, uint32_t bytes)
{
	int ret;

	if (host->state == PVPCI_HOST_DEAD)
		return -EPROTO;
	ret = pvpci_ring_send(&host->to_guest, msg, bytes);
	if (ret == -EPROTO)
		pvpci_host_kill(host, "its index of the host's ring jumped");
	if (!ret)
		host->unnotified++;
	return ret;
}

int pvpci_host_send_relations(struct pvpci_host *host, uint32_t seq, uint32_t count)
{
	struct pvpci_msg_relations event = {
		.msg.type = htole16(PVPCI_MSG_RELATIONS),
		.msg.bytes = htole16(sizeof(event)),
		.seq = htole32(seq),
		.count = htole32(count),
	};

	return send_event(host, &event, sizeof(event));
}

int pvpci_host_send_eject(struct pvpci_host *host, uint32_t row, uint32_t instance, bool device)
{
	struct pvpci_msg_function event = {
		.msg.type = htole16(PVPCI_MSG_EJECT),
		.msg.bytes = htole16(sizeof(event)),
		.row = htole32(row),
		.instance = htole32(instance),
	};

	if (device && host->in_force & PVPCI_F_EJECT_DEVICE)
		event.flags = htole32(PVPCI_EJECT_DEVICE);

	return send_event(host, &event, sizeof(event));
}

int pvpci_host_send_invalidate(struct pvpci_host *host, uint32_t row, uint32_t instance,
			       uint64_t blocks)
{
	struct pvpci_msg_invalidate_blocks event = {
		.msg.type = htole16(PVPCI_MSG_INVALIDATE_BLOCKS),
		.msg.bytes = htole16(sizeof(event)),
		.row = htole32(row),
		.instance = htole32(instance),
		.blocks = htole64(blocks),
	};

	if (!(host->in_force & PVPCI_F_BLOCKS))
		return 0;
	return send_event(host, &event, sizeof(event));
}

int pvpci_host_send_query_stop(struct pvpci_host *host, uint32_t wish, uint32_t flags,
			       uint64_t bytes)
{
	struct pvpci_msg_query_stop event = {
		.msg.type = htole16(PVPCI_MSG_QUERY_STOP),
		.msg.bytes = htole16(sizeof(event)),
		.wish = htole32(wish),
		.flags = htole32(flags),
		.bytes = htole64(bytes),
	};

	return send_event(host, &event, sizeof(event));
}

int pvpci_host_send_stop(struct pvpci_host *host, uint32_t wish, bool cancel)
{
	struct pvpci_msg_stop event = {
		.msg.type = htole16(cancel ? PVPCI_MSG_CANCEL_STOP : PVPCI_MSG_STOP),
		.msg.bytes = htole16(sizeof(event)),
		.wish = htole32(wish),
	};

	return send_event(host, &event, sizeof(event));
}
