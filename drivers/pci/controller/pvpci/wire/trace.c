// SPDX-License-Identifier: GPL-2.0
/*
 * Messages as text.
 */
#include "wire/message.h"

#define CREATE_TRACE_POINTS
#include "wire/trace.h"

static void decode_commit(struct trace_seq *p, const struct pvpci_msg_commit *msg)
{
	unsigned int i;

	trace_seq_printf(p, " row=%u instance=%u command=%#x reason=%u host_ns=%llu bars=",
			 le32_to_cpu(msg->row), le32_to_cpu(msg->instance),
			 le16_to_cpu(msg->command), le16_to_cpu(msg->reason),
			 le64_to_cpu(msg->host_ns));
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		u64 offset = le64_to_cpu(msg->offset[i]);

		if (offset == PVPCI_BAR_UNASSIGNED)
			trace_seq_puts(p, i ? ",-" : "-");
		else
			trace_seq_printf(p, "%s%#llx", i ? "," : "", offset);
	}
}

static void decode_body(struct trace_seq *p, const u8 *bytes, u16 type, bool to_host)
{
	const union {
		struct pvpci_msg_version version;
		struct pvpci_msg_d0_entry d0_entry;
		struct pvpci_msg_relations relations;
		struct pvpci_msg_query_resources query;
		struct pvpci_msg_resources resources;
		struct pvpci_msg_commit commit;
		struct pvpci_msg_dma_probe dma_probe;
		struct pvpci_msg_aperture_probe aperture_probe;
		struct pvpci_msg_memory memory;
		struct pvpci_msg_function function;
		struct pvpci_msg_outcome outcome;
		struct pvpci_msg_block block;
		struct pvpci_msg_invalidate_blocks invalidate;
		struct pvpci_msg_change change;
		struct pvpci_msg_query_stop query_stop;
		struct pvpci_msg_stop_plan stop_plan;
		struct pvpci_msg_restart restart;
		struct pvpci_msg_stop_complete stop_complete;
	} *m = (const void *)bytes;

	switch (type) {
	case PVPCI_MSG_VERSION:
		trace_seq_printf(p, " version=%u.%u features=%#llx",
				 le32_to_cpu(m->version.version) >> 16,
				 le32_to_cpu(m->version.version) & 0xffff,
				 le64_to_cpu(m->version.features));
		break;
	case PVPCI_MSG_D0_ENTRY:
		if (to_host)
			trace_seq_printf(p, " vectors=%u", le32_to_cpu(m->d0_entry.nr_vectors));
		break;
	case PVPCI_MSG_QUERY_RELATIONS:
		if (to_host)
			break;
		fallthrough;
	case PVPCI_MSG_RELATIONS:
		trace_seq_printf(p, " seq=%u count=%u", le32_to_cpu(m->relations.seq),
				 le32_to_cpu(m->relations.count));
		break;
	case PVPCI_MSG_QUERY_RESOURCES:
		trace_seq_printf(p, " seq=%u need32=%#llx need64=%#llx", le32_to_cpu(m->query.seq),
				 le64_to_cpu(m->query.need32_bytes),
				 le64_to_cpu(m->query.need64_bytes));
		break;
	case PVPCI_MSG_RESOURCES_ASSIGNED:
	case PVPCI_MSG_RESOURCES_RELEASED:
		trace_seq_printf(p, " first=%u count=%u", le32_to_cpu(m->resources.first),
				 le32_to_cpu(m->resources.count));
		break;
	case PVPCI_MSG_COMMIT:
		decode_commit(p, &m->commit);
		break;
	case PVPCI_MSG_DMA_PROBE:
		trace_seq_printf(p, " address=%#llx", le64_to_cpu(m->dma_probe.address));
		break;
	case PVPCI_MSG_APERTURE_PROBE:
		trace_seq_printf(p, " offset=%#llx", le64_to_cpu(m->aperture_probe.offset));
		break;
	case PVPCI_MSG_MEMORY:
		trace_seq_printf(p, " what=%u address=%#llx memory_bytes=%#llx at=%#llx",
				 le32_to_cpu(m->memory.what), le64_to_cpu(m->memory.address),
				 le64_to_cpu(m->memory.bytes), le64_to_cpu(m->memory.at));
		break;
	case PVPCI_MSG_READ_BLOCK:
	case PVPCI_MSG_WRITE_BLOCK:
		if (to_host || type == PVPCI_MSG_READ_BLOCK)
			trace_seq_printf(p, " row=%u instance=%u block=%u block_bytes=%u",
					 le32_to_cpu(m->block.row), le32_to_cpu(m->block.instance),
					 le16_to_cpu(m->block.block), le16_to_cpu(m->block.bytes));
		break;
	case PVPCI_MSG_RESET:
	case PVPCI_MSG_POWER:
		trace_seq_printf(p, " row=%u instance=%u value=%u host_ns=%llu",
				 le32_to_cpu(m->change.row), le32_to_cpu(m->change.instance),
				 le32_to_cpu(m->change.value), le64_to_cpu(m->change.host_ns));
		break;
	case PVPCI_MSG_INVALIDATE_BLOCKS:
		trace_seq_printf(p, " row=%u instance=%u blocks=%#llx",
				 le32_to_cpu(m->invalidate.row),
				 le32_to_cpu(m->invalidate.instance),
				 le64_to_cpu(m->invalidate.blocks));
		break;
	case PVPCI_MSG_OUTCOME:
		trace_seq_printf(p, " row=%u instance=%u outcome=%u", le32_to_cpu(m->outcome.row),
				 le32_to_cpu(m->outcome.instance),
				 le32_to_cpu(m->outcome.outcome));
		break;
	case PVPCI_MSG_EJECT_WHY:
		trace_seq_printf(p, " row=%u instance=%u", le32_to_cpu(m->function.row),
				 le32_to_cpu(m->function.instance));
		break;
	case PVPCI_MSG_QUERY_STOP:
		trace_seq_printf(p, " wish=%u flags=%#x room=%#llx",
				 le32_to_cpu(m->query_stop.wish),
				 le32_to_cpu(m->query_stop.flags),
				 le64_to_cpu(m->query_stop.bytes));
		break;
	case PVPCI_MSG_STOP:
	case PVPCI_MSG_CANCEL_STOP:
		trace_seq_printf(p, " wish=%u", le32_to_cpu(m->query_stop.wish));
		break;
	case PVPCI_MSG_STOP_PLAN:
		trace_seq_printf(p, " wish=%u row=%u bar=%u step=%u from=%#llx to=%#llx",
				 le32_to_cpu(m->stop_plan.wish), le32_to_cpu(m->stop_plan.row),
				 le16_to_cpu(m->stop_plan.bar), le16_to_cpu(m->stop_plan.step),
				 le64_to_cpu(m->stop_plan.from), le64_to_cpu(m->stop_plan.to));
		break;
	case PVPCI_MSG_RESTART:
		trace_seq_printf(p, " wish=%u row=%u down_us=%llu", le32_to_cpu(m->restart.wish),
				 le32_to_cpu(m->restart.row), le64_to_cpu(m->restart.down_us));
		break;
	case PVPCI_MSG_QUERY_STOP_COMPLETE:
	case PVPCI_MSG_STOP_COMPLETE:
		trace_seq_printf(p, " wish=%u result=%u room=%#llx at=%#llx",
				 le32_to_cpu(m->stop_complete.wish),
				 le32_to_cpu(m->stop_complete.result),
				 le64_to_cpu(m->stop_complete.bytes),
				 le64_to_cpu(m->stop_complete.offset));
		break;
	case PVPCI_MSG_EJECT:
	case PVPCI_MSG_EJECT_COMPLETE:
		trace_seq_printf(p, " row=%u instance=%u result=%u", le32_to_cpu(m->function.row),
				 le32_to_cpu(m->function.instance),
				 le32_to_cpu(m->function.result));
		break;
	}
}

/**
 * pvpci_trace_decode - text of a message, for TP_printk()
 * @p: where text of the event is gathered
 * @bytes: PVPCI_TRACE_BYTES bytes of the message, filled up with zeroes
 * @to_host: direction
 *
 * Return: the text.
 */
const char *pvpci_trace_decode(struct trace_seq *p, const u8 *bytes, bool to_host)
{
	const char *text = trace_seq_buffer_ptr(p);
	const struct pvpci_msg *msg = (const void *)bytes;
	u16 type = le16_to_cpu(msg->type);
	u32 status = le32_to_cpu(msg->status);

	trace_seq_printf(p, "%s id=%u bytes=%u", pvpci_message_name(type), le32_to_cpu(msg->id),
			 le16_to_cpu(msg->bytes));
	if (le16_to_cpu(msg->flags) & PVPCI_MSG_REPLY)
		trace_seq_printf(p, " reply %s", pvpci_status_name(status));
	decode_body(p, bytes, type, to_host);
	trace_seq_putc(p, 0);
	return text;
}
