// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's requests. All of them sleep; those that sometimes cannot,
 * an edge of memory-enable and a reset, are made where they belong.
 */
#define pr_fmt(fmt) "pvpci: " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/stringify.h>

#include "wire/message.h"
#include "wire/proto.h"
#include "wire/wire.h"

unsigned int pvpci_timeout_ms = 5000;
module_param_named(timeout_ms, pvpci_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms,
		 "how long the host may be silent while a request waits for its answer, in ms; one that shows signs of life but does not answer is given "
		 __stringify(PVPCI_REQUEST_PATIENCE) " times as long");

/**
 * struct version - one that this driver speaks
 * @version: PVPCI_VERSION_*
 * @name: as in the parameter
 * @features: PVPCI_F_* that it takes with it
 */
struct version {
	u32 version;
	const char *name;
	u64 features;
};

#define FEATURES_1_0	(PVPCI_F_DMA_SHARED | PVPCI_F_WAKE | PVPCI_F_SHARED_VECTORS)
#define FEATURES_1_1	(FEATURES_1_0 | PVPCI_F_BLOCKS | PVPCI_F_RESET | PVPCI_F_POWER | \
			 PVPCI_F_STOP | PVPCI_F_OUTCOME | PVPCI_F_EJECT_DEVICE | \
			 PVPCI_F_EJECT_WHY | PVPCI_F_RESIZE | PVPCI_F_RING_VECTOR | \
			 PVPCI_F_APERTURE_PROBE | PVPCI_F_MEMORY)

/* Best first. */
static const struct version versions[] = {
	{ PVPCI_VERSION_1_1, "1.1", FEATURES_1_1 },
	{ PVPCI_VERSION_1_0, "1.0", FEATURES_1_0 },
};

static const struct version *pinned;

static int protocol_set(const char *text, const struct kernel_param *param)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		if (!sysfs_streq(text, versions[i].name))
			continue;
		pinned = &versions[i];
		return 0;
	}
	pr_err("Parameter protocol is \"%s\" but must be 1.0 or 1.1.\n", text);
	return -EINVAL;
}

static int protocol_get(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%s\n", pinned ? pinned->name : "any");
}

static const struct kernel_param_ops protocol_ops = {
	.set = protocol_set,
	.get = protocol_get,
};
module_param_cb(protocol, &protocol_ops, NULL, 0444);
MODULE_PARM_DESC(protocol,
		 "speak this version of the protocol only, 1.0 or 1.1; by default the highest that the host serves");

/**
 * pvpci_proto_ask - ask, and log one sentence unless the status is one the caller handles
 * @wire: the connection
 * @msg: request; becomes the reply
 * @bytes: length of @msg
 * @handled: PVPCI_STATUS_* that is no reason for a log line
 *
 * Context: process context.
 * Return: 0 or an errno.
 */
int pvpci_proto_ask(struct pvpci_wire *wire, struct pvpci_msg *msg, size_t bytes, u32 handled)
{
	u16 type = le16_to_cpu(msg->type);
	u32 status;
	int ret;

	ret = pvpci_request(&wire->requests, msg, bytes, pvpci_timeout_ms, true);
	if (ret == -ETIMEDOUT)
		dev_err(&wire->pdev->dev, "Host did not answer %s in %u ms.\n",
			pvpci_message_name(type), pvpci_timeout_ms);
	else if (ret && !READ_ONCE(wire->requests.broken))
		dev_err(&wire->pdev->dev, "Host stopped before it answered %s.\n",
			pvpci_message_name(type));
	if (ret)
		return ret;
	status = le32_to_cpu(msg->status);
	if (status && status != handled)
		dev_err(&wire->pdev->dev, "Host refused %s: %s.\n", pvpci_message_name(type),
			pvpci_status_name(status));
	return pvpci_status_errno(status);
}

/* Return 0, -EPROTONOSUPPORT without a log line, or another errno with one. */
static int ask_version(struct pvpci_wire *wire, const struct version *v)
{
	struct pvpci_msg_version msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_VERSION),
		.version = cpu_to_le32(v->version),
		.features = cpu_to_le64(wire->layout.features & v->features),
	};
	int ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_VERSION);

	if (ret)
		return ret;
	if (le32_to_cpu(msg.version) != v->version) {
		dev_err(&wire->pdev->dev, "Host agreed to protocol %#x but was asked for %#x.\n",
			le32_to_cpu(msg.version), v->version);
		return -EPROTO;
	}
	wire->version = v->version;
	wire->features = le64_to_cpu(msg.features) & wire->layout.features & v->features;
	return 0;
}

/**
 * pvpci_proto_version - agree on a version and on features
 * @wire: gets both; one that has a version asks for the same
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_version(struct pvpci_wire *wire)
{
	const struct version *v;
	int ret;

	for (v = versions; v < versions + ARRAY_SIZE(versions); v++) {
		if (v->version > wire->layout.version_max || v->version < wire->layout.version_min)
			continue;
		if ((pinned && v != pinned) || (wire->version && v->version != wire->version))
			continue;
		ret = ask_version(wire, v);
		if (ret != -EPROTONOSUPPORT)
			return ret;
	}
	dev_err(&wire->pdev->dev, "Host serves no protocol version that this driver speaks%s%s.\n",
		pinned ? ": it is told to speak only " : "", pinned ? pinned->name : "");
	return -EPROTONOSUPPORT;
}

/**
 * pvpci_proto_d0_entry - power the bus up
 * @wire: the connection
 * @nr_vectors: transport vectors enabled
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_d0_entry(struct pvpci_wire *wire, u32 nr_vectors)
{
	struct pvpci_msg_d0_entry msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_D0_ENTRY),
		.nr_vectors = cpu_to_le32(nr_vectors),
	};
	int ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_IO);

	if (ret == -EIO)
		dev_err(&wire->pdev->dev, "The host cannot reach this guest's memory: give QEMU a shared memory backend (share=on) and the daemon the same file.\n");
	if (!ret)
		pvpci_transport_set_guest(&wire->transport, PVPCI_GUEST_D0);
	return ret;
}

/**
 * pvpci_proto_d0_exit - power the bus down; everything is detached
 * @wire: the connection
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_d0_exit(struct pvpci_wire *wire)
{
	struct pvpci_msg msg = { .type = cpu_to_le16(PVPCI_MSG_D0_EXIT) };

	return pvpci_proto_ask(wire, &msg, sizeof(msg), PVPCI_STATUS_OK);
}

/**
 * pvpci_proto_query_relations - what functions are there?
 * @wire: the connection
 * @seq: gets the relations sequence number
 * @count: gets the number of functions
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_query_relations(struct pvpci_wire *wire, u32 *seq, u32 *count)
{
	struct pvpci_msg_relations msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_QUERY_RELATIONS),
	};
	int ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_OK);

	*seq = le32_to_cpu(msg.seq);
	*count = le32_to_cpu(msg.count);
	return ret;
}

/**
 * pvpci_proto_query_resources - have the host fill in what the BARs need
 * @wire: the connection
 * @seq: relations sequence number worked on
 *
 * Return: 0; -ESTALE when relations have changed; another errno with a
 * sentence logged.
 */
int pvpci_proto_query_resources(struct pvpci_wire *wire, u32 seq)
{
	struct pvpci_msg_query_resources msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_QUERY_RESOURCES),
		.seq = cpu_to_le32(seq),
	};

	return pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_STALE);
}

/**
 * pvpci_proto_assigned - tell where the BARs of some rows are
 * @wire: with the rows of the assigned table written
 * @windows: the bridge windows, which the host is told with them
 * @first: first row
 * @count: rows
 * @fault: gets the row that the host does not like
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_assigned(struct pvpci_wire *wire,
			 const struct pvpci_bridge_window windows[PVPCI_NR_WINDOWS],
			 u32 first, u32 count, u32 *fault)
{
	struct pvpci_msg_resources msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_RESOURCES_ASSIGNED),
		.first = cpu_to_le32(first),
		.count = cpu_to_le32(count),
	};
	unsigned int i;
	int ret;

	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		msg.window[i].offset = cpu_to_le64(windows[i].offset);
		msg.window[i].bytes = cpu_to_le64(windows[i].bytes);
		msg.window[i].bus_start = cpu_to_le64(windows[i].bus_start);
	}
	ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_OK);
	*fault = le32_to_cpu(msg.first);
	return ret;
}

/**
 * pvpci_proto_released - tell that the BARs of some rows are nowhere any more
 * @wire: the connection
 * @first: first row
 * @count: rows
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_proto_released(struct pvpci_wire *wire, u32 first, u32 count)
{
	struct pvpci_msg_resources msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_RESOURCES_RELEASED),
		.first = cpu_to_le32(first),
		.count = cpu_to_le32(count),
	};

	return pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_OK);
}

/**
 * pvpci_proto_memory - tell where guest RAM is
 * @wire: the connection
 * @what: PVPCI_MEMORY_*
 * @range: not empty; becomes the part of it that the host reaches
 * @at: MARKED: guest-physical address of the mark, in the range
 * @mark: MARKED: PVPCI_MARK_BYTES of it; NULL for none
 *
 * Return: 0; -ERANGE when the host has no such memory; another errno with a sentence
 * logged.
 */
int pvpci_proto_memory(struct pvpci_wire *wire, unsigned int what, struct pvpci_ram *range,
		       u64 at, const u8 *mark)
{
	struct pvpci_msg_memory msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_MEMORY),
		.what = cpu_to_le32(what), .at = cpu_to_le64(at),
		.address = cpu_to_le64(range->start),
		.bytes = cpu_to_le64(range->end - range->start),
	};
	struct pvpci_ram told;
	bool odd;
	int ret;

	if (mark)
		memcpy(msg.mark, mark, sizeof(msg.mark));
	ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_RANGE);
	memzero_explicit(msg.mark, sizeof(msg.mark));
	if (ret)
		return ret;
	told.start = le64_to_cpu(msg.address);
	told.end = told.start + le64_to_cpu(msg.bytes);
	/* Files have whole pages. */
	odd = (told.start != range->start && !PAGE_ALIGNED(told.start)) ||
	      (told.end != range->end && !PAGE_ALIGNED(told.end));
	/* Of a range with a mark, the part with the mark; otherwise, its beginning. */
	if (!mark)
		at = range->start;
	if (odd || told.start < range->start || told.start > at || told.end <= at ||
	    told.end > range->end || (!mark && told.start != at)) {
		dev_err(&wire->pdev->dev, "Host says that guest RAM is at %#llx to %#llx but was asked for %#llx to %#llx.\n",
			told.start, told.end, range->start, range->end);
		return -EPROTO;
	}
	*range = told;
	return 0;
}

/**
 * pvpci_proto_dma_probe - what does the host see in guest RAM?
 * @wire: the connection
 * @address: guest-physical, a multiple of 8
 * @value: gets the 8 bytes found there
 *
 * Return: 0; -ERANGE when the host has no RAM there; another errno with a
 * sentence logged.
 */
int pvpci_proto_dma_probe(struct pvpci_wire *wire, u64 address, u64 *value)
{
	struct pvpci_msg_dma_probe msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_DMA_PROBE),
		.address = cpu_to_le64(address),
	};
	int ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_RANGE);

	/* Compared as bytes in memory: no conversion. */
	*value = (__force u64)msg.value;
	return ret;
}

/**
 * pvpci_proto_aperture_probe - what does the host see in the aperture?
 * @wire: the connection
 * @offset: aperture offset, a multiple of 8, or PVPCI_BAR_UNASSIGNED, which becomes that
 *	of a page in which nothing decodes, as the host says
 * @value: gets the 8 bytes found there; the host has replaced them by their complement
 *
 * Return: 0; -EBUSY when a function decodes there, or everywhere; another errno with a
 * sentence logged.
 */
int pvpci_proto_aperture_probe(struct pvpci_wire *wire, u64 *offset, u64 *value)
{
	struct pvpci_msg_aperture_probe msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_APERTURE_PROBE),
		.offset = cpu_to_le64(*offset),
	};
	int ret = pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_STATE);

	*offset = le64_to_cpu(msg.offset);
	*value = le64_to_cpu(msg.value);
	return ret;
}

/**
 * pvpci_proto_ping - is anybody there?
 * @wire: the connection
 * @timeout_ms: how long to wait
 *
 * Return: 0 or an errno; nothing is logged.
 */
int pvpci_proto_ping(struct pvpci_wire *wire, unsigned int timeout_ms)
{
	struct pvpci_msg_ping msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_PING),
		.cookie = cpu_to_le64(ktime_get_ns()),
	};

	return pvpci_request(&wire->requests, &msg.msg, sizeof(msg), timeout_ms, true);
}

/**
 * pvpci_proto_eject_why - why the guest keeps what the host wants
 * @wire: the connection
 * @row: row of the function
 * @instance: of the function
 * @why: one sentence, without a full stop
 */
void pvpci_proto_eject_why(struct pvpci_wire *wire, u32 row, u32 instance, const char *why)
{
	struct pvpci_msg_why msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_EJECT_WHY),
		.row = cpu_to_le32(row),
		.instance = cpu_to_le32(instance),
	};

	if (!(wire->features & PVPCI_F_EJECT_WHY))
		return;
	strscpy(msg.why, why, sizeof(msg.why));
	pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_FUNCTION);
}

/**
 * pvpci_proto_eject_complete - the answer to the host's wish for a function
 * @wire: the connection
 * @row: row of the function
 * @instance: of the function
 * @result: 0, or a negative errno when the guest keeps it
 *
 * Return: 0; -ENODEV when the host has forgotten it; another errno with a
 * sentence logged.
 */
int pvpci_proto_eject_complete(struct pvpci_wire *wire, u32 row, u32 instance, int result)
{
	struct pvpci_msg_function msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_EJECT_COMPLETE),
		.row = cpu_to_le32(row),
		.instance = cpu_to_le32(instance),
		.result = cpu_to_le32(-result),
	};

	return pvpci_proto_ask(wire, &msg.msg, sizeof(msg), PVPCI_STATUS_FUNCTION);
}
