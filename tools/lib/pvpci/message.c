// SPDX-License-Identifier: GPL-2.0
/*
 * Host end of the protocol: what each request asks for, and its answer.
 */
#include <endian.h>
#include <string.h>

#include "message.h"

static uint32_t do_version(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t version = le32toh(slot->version.version);
	uint64_t features = le64toh(slot->version.features);

	if (version < host->version_min || version > host->version_max) {
		slot->version.version = htole32(host->version_max);
		return PVPCI_STATUS_VERSION;
	}
	/* A new kernel may negotiate on a bus that its predecessor left in D0. */
	if (host->state == PVPCI_HOST_NEW)
		host->state = PVPCI_HOST_AGREED;
	host->version = version;
	host->in_force = features & host->features;
	if (version < PVPCI_VERSION_1_1)
		host->in_force &= PVPCI_FEATURES_1_0;
	slot->version.features = htole64(host->in_force);
	return PVPCI_STATUS_OK;
}

static uint32_t do_d0_entry(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t nr_vectors = le32toh(slot->d0_entry.nr_vectors);
	uint32_t status;

	if (!nr_vectors || nr_vectors > PVPCI_MAX_VECTORS)
		return PVPCI_STATUS_RANGE;
	status = host->ops->d0_entry(host->context, nr_vectors, host->state == PVPCI_HOST_D0);
	if (status == PVPCI_HOST_LATER)
		return status;
	host->state = status ? PVPCI_HOST_AGREED : PVPCI_HOST_D0;
	return status;
}

static uint32_t do_d0_exit(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t status = host->ops->d0_exit(host->context);

	(void)slot;
	if (status != PVPCI_HOST_LATER)
		host->state = PVPCI_HOST_AGREED;
	return status;
}

static uint32_t do_query_relations(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t seq, count;

	host->ops->relations(host->context, &seq, &count);
	slot->relations.seq = htole32(seq);
	slot->relations.count = htole32(count);
	return PVPCI_STATUS_OK;
}

static uint32_t do_query_resources(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint64_t need32, need64;
	uint32_t seq, count;

	host->ops->relations(host->context, &seq, &count);
	if (le32toh(slot->query_resources.seq) != seq)
		return PVPCI_STATUS_STALE;
	host->ops->needs(host->context, &need32, &need64);
	slot->query_resources.need32_bytes = htole64(need32);
	slot->query_resources.need64_bytes = htole64(need64);
	return PVPCI_STATUS_OK;
}

static uint32_t do_resources(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_resources resources = {
		.first = le32toh(slot->resources.first),
		.count = le32toh(slot->resources.count),
	};
	uint32_t status;
	unsigned int i;

	if (resources.first > host->rows || resources.count > host->rows - resources.first)
		return PVPCI_STATUS_RANGE;
	for (i = 0; i < 2; i++) {
		resources.window[i].offset = le64toh(slot->resources.window[i].offset);
		resources.window[i].bytes = le64toh(slot->resources.window[i].bytes);
		resources.window[i].bus_start = le64toh(slot->resources.window[i].bus_start);
	}
	resources.fault = resources.first;
	if (le16toh(slot->msg.type) == PVPCI_MSG_RESOURCES_ASSIGNED)
		status = host->ops->assigned(host->context, &resources);
	else
		status = host->ops->released(host->context, &resources);
	if (status)
		slot->resources.first = htole32(resources.fault);
	return status;
}

static uint32_t do_commit(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_commit commit = {
		.row = le32toh(slot->commit.row),
		.instance = le32toh(slot->commit.instance),
		.command = le16toh(slot->commit.command),
		.reason = le16toh(slot->commit.reason),
	};
	uint32_t status;
	unsigned int i;

	if (commit.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (commit.reason >= PVPCI_REASON_COUNT || slot->commit.reserved)
		return PVPCI_STATUS_RANGE;
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		commit.offset[i] = le64toh(slot->commit.offset[i]);
	status = host->ops->commit(host->context, &commit);
	slot->commit.host_ns = htole64(commit.host_ns);
	return status;
}

static uint32_t do_dma_probe(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint64_t value = 0;
	uint32_t status;

	status = host->ops->dma_probe(host->context, le64toh(slot->dma_probe.address), &value);
	/* The bytes as they lie in guest memory, not a number. */
	memcpy(&slot->dma_probe.value, &value, sizeof(value));
	return status;
}

static uint32_t do_memory(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_memory memory = {
		.what = le32toh(slot->memory.what), .address = le64toh(slot->memory.address),
		.bytes = le64toh(slot->memory.bytes), .at = le64toh(slot->memory.at),
	};
	uint32_t status;

	if (memory.what >= PVPCI_MEMORY_COUNT || slot->memory.reserved || !memory.bytes ||
	    memory.bytes - 1 > UINT64_MAX - memory.address)
		return PVPCI_STATUS_RANGE;
	if (memory.what == PVPCI_MEMORY_MARKED &&
	    (memory.at % 4096 || memory.at < memory.address || memory.bytes < PVPCI_MARK_BYTES ||
	     memory.at - memory.address > memory.bytes - PVPCI_MARK_BYTES))
		return PVPCI_STATUS_RANGE;
	memcpy(memory.mark, slot->memory.mark, sizeof(memory.mark));
	status = host->ops->memory(host->context, &memory);
	slot->memory.address = htole64(memory.address);
	slot->memory.bytes = htole64(memory.bytes);
	/* It is for the guest's page alone. */
	memset(slot->memory.mark, 0, sizeof(slot->memory.mark));
	return status;
}

static uint32_t do_aperture_probe(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint64_t offset = le64toh(slot->aperture_probe.offset), value = 0;
	uint32_t status = host->ops->aperture_probe(host->context, &offset, &value);

	slot->aperture_probe.offset = htole64(offset);
	slot->aperture_probe.value = htole64(value);
	return status;
}

static uint32_t do_eject_complete(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t row = le32toh(slot->function.row);

	if (row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (slot->function.flags)
		return PVPCI_STATUS_RANGE;
	return host->ops->eject_complete(host->context, row, le32toh(slot->function.instance),
					 le32toh(slot->function.result));
}

static uint32_t do_block(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_block block = {
		.row = le32toh(slot->block.row),
		.instance = le32toh(slot->block.instance),
		.block = le16toh(slot->block.block),
		.bytes = le16toh(slot->block.bytes),
		.data = slot->block.data,
	};
	uint32_t status;

	if (block.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (block.block >= PVPCI_NUM_BLOCKS || block.bytes > PVPCI_BLOCK_BYTES ||
	    slot->block.reserved)
		return PVPCI_STATUS_RANGE;
	if (le16toh(slot->msg.type) == PVPCI_MSG_WRITE_BLOCK)
		return host->ops->write_block(host->context, &block);
	memset(slot->block.data, 0, sizeof(slot->block.data));
	status = host->ops->read_block(host->context, &block);
	if (status)
		block.bytes = 0;
	else if (block.bytes > le16toh(slot->block.bytes))
		block.bytes = le16toh(slot->block.bytes);
	memset(slot->block.data + block.bytes, 0, sizeof(slot->block.data) - block.bytes);
	slot->block.bytes = htole16((uint16_t)block.bytes);
	return status;
}

static uint32_t do_change(struct pvpci_host *host, union pvpci_slot *slot)
{
	bool reset = le16toh(slot->msg.type) == PVPCI_MSG_RESET;
	struct pvpci_change change = {
		.row = le32toh(slot->change.row),
		.instance = le32toh(slot->change.instance),
		.value = le32toh(slot->change.value),
	};
	uint32_t status;

	if (change.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (slot->change.reserved ||
	    (reset ? change.value > PVPCI_RESET_SLOT :
		     change.value != PVPCI_POWER_D0 && change.value != PVPCI_POWER_D3HOT))
		return PVPCI_STATUS_RANGE;
	status = (reset ? host->ops->reset : host->ops->power)(host->context, &change);
	slot->change.host_ns = htole64(change.host_ns);
	return status;
}

static uint32_t do_outcome(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_outcome outcome = {
		.row = le32toh(slot->outcome.row),
		.instance = le32toh(slot->outcome.instance),
		.outcome = le32toh(slot->outcome.outcome),
		.error = le32toh(slot->outcome.error),
		.missing_bytes = le64toh(slot->outcome.missing_bytes),
		.missing_piece = le64toh(slot->outcome.missing_piece),
	};

	if (outcome.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (outcome.outcome >= PVPCI_OUTCOME_COUNT)
		return PVPCI_STATUS_RANGE;
	memcpy(outcome.driver, slot->outcome.driver, sizeof(outcome.driver) - 1);
	return host->ops->outcome(host->context, &outcome);
}

static uint32_t do_eject_why(struct pvpci_host *host, union pvpci_slot *slot)
{
	uint32_t row = le32toh(slot->why.row);
	char why[sizeof(slot->why.why)];

	if (row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	memcpy(why, slot->why.why, sizeof(why));
	why[sizeof(why) - 1] = '\0';
	return host->ops->eject_why(host->context, row, le32toh(slot->why.instance), why);
}

static uint32_t do_stop_plan(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_stop_plan plan = {
		.wish = le32toh(slot->stop_plan.wish),
		.row = le32toh(slot->stop_plan.row),
		.instance = le32toh(slot->stop_plan.instance),
		.bar = le16toh(slot->stop_plan.bar),
		.step = le16toh(slot->stop_plan.step),
		.from = le64toh(slot->stop_plan.from),
		.to = le64toh(slot->stop_plan.to),
		.cost = le64toh(slot->stop_plan.cost),
		.down_us = le64toh(slot->stop_plan.down_us),
	};

	if (plan.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (plan.bar >= PVPCI_NUM_BARS)
		return PVPCI_STATUS_RANGE;
	memcpy(plan.words, slot->stop_plan.words, sizeof(plan.words) - 1);
	return host->ops->stop_plan(host->context, &plan);
}

static uint32_t do_restart(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_restart restart = {
		.wish = le32toh(slot->restart.wish),
		.row = le32toh(slot->restart.row),
		.instance = le32toh(slot->restart.instance),
		.down_us = le64toh(slot->restart.down_us),
	};

	if (restart.row >= host->rows)
		return PVPCI_STATUS_FUNCTION;
	if (slot->restart.reserved)
		return PVPCI_STATUS_RANGE;
	return host->ops->restart(host->context, &restart);
}

static uint32_t do_stop_complete(struct pvpci_host *host, union pvpci_slot *slot)
{
	struct pvpci_stop_complete complete = {
		.stopped = le16toh(slot->msg.type) == PVPCI_MSG_STOP_COMPLETE,
		.wish = le32toh(slot->stop_complete.wish),
		.result = le32toh(slot->stop_complete.result),
		.bytes = le64toh(slot->stop_complete.bytes),
		.offset = le64toh(slot->stop_complete.offset),
		.cost = le64toh(slot->stop_complete.cost),
		.time_us = le64toh(slot->stop_complete.time_us),
		.steps = le32toh(slot->stop_complete.steps),
	};

	if (slot->stop_complete.reserved)
		return PVPCI_STATUS_RANGE;
	memcpy(complete.why, slot->stop_complete.why, sizeof(complete.why) - 1);
	return host->ops->stop_complete(host->context, &complete);
}

/**
 * struct message - one row of the dispatch table
 * @type: PVPCI_MSG_*
 * @min_bytes: shortest form
 * @max_bytes: longest form
 * @reply_bytes: length of the reply
 * @state: earliest state in which it is answered
 * @feature: PVPCI_F_* without which there is no such message, or 0
 * @name: for logs and statistics
 * @handle: changes the slot into its reply and returns the status; NULL for an echo
 */
struct message {
	uint16_t type;
	uint16_t min_bytes;
	uint16_t max_bytes;
	uint16_t reply_bytes;
	enum pvpci_host_state state;
	uint64_t feature;
	const char *name;
	uint32_t (*handle)(struct pvpci_host *host, union pvpci_slot *slot);
};

#define MESSAGE(type_, request, reply, state_, handler) \
	FEATURE(0, type_, request, reply, state_, handler)
#define FEATURE(feature_, type_, request, reply, state_, handler) {	\
	.type = PVPCI_MSG_##type_,				\
	.min_bytes = sizeof(struct request),			\
	.max_bytes = sizeof(struct reply),			\
	.reply_bytes = sizeof(struct reply),			\
	.state = PVPCI_HOST_##state_,				\
	.feature = feature_,					\
	.name = #type_,						\
	.handle = handler,					\
}

static const struct message messages[] = {
	MESSAGE(VERSION, pvpci_msg_version, pvpci_msg_version, NEW, do_version),
	MESSAGE(D0_ENTRY, pvpci_msg_d0_entry, pvpci_msg_d0_entry, AGREED, do_d0_entry),
	MESSAGE(D0_EXIT, pvpci_msg, pvpci_msg, AGREED, do_d0_exit),
	MESSAGE(QUERY_RELATIONS, pvpci_msg, pvpci_msg_relations, D0, do_query_relations),
	MESSAGE(QUERY_RESOURCES, pvpci_msg_query_resources, pvpci_msg_query_resources, D0,
		do_query_resources),
	MESSAGE(RESOURCES_ASSIGNED, pvpci_msg_resources, pvpci_msg_resources, D0, do_resources),
	MESSAGE(RESOURCES_RELEASED, pvpci_msg_resources, pvpci_msg_resources, D0, do_resources),
	MESSAGE(COMMIT, pvpci_msg_commit, pvpci_msg_commit, D0, do_commit),
	MESSAGE(DMA_PROBE, pvpci_msg_dma_probe, pvpci_msg_dma_probe, AGREED, do_dma_probe),
	MESSAGE(PING, pvpci_msg_ping, pvpci_msg_ping, NEW, NULL),
	MESSAGE(EJECT_COMPLETE, pvpci_msg_function, pvpci_msg_function, D0, do_eject_complete),
	FEATURE(PVPCI_F_BLOCKS, READ_BLOCK, pvpci_msg_block, pvpci_msg_block, D0, do_block),
	FEATURE(PVPCI_F_BLOCKS, WRITE_BLOCK, pvpci_msg_block, pvpci_msg_block, D0, do_block),
	FEATURE(PVPCI_F_RESET, RESET, pvpci_msg_change, pvpci_msg_change, D0, do_change),
	FEATURE(PVPCI_F_STOP, STOP_PLAN, pvpci_msg_stop_plan, pvpci_msg_stop_plan, D0,
		do_stop_plan),
	FEATURE(PVPCI_F_STOP, QUERY_STOP_COMPLETE, pvpci_msg_stop_complete,
		pvpci_msg_stop_complete, D0, do_stop_complete),
	FEATURE(PVPCI_F_STOP, RESTART, pvpci_msg_restart, pvpci_msg_restart, D0, do_restart),
	FEATURE(PVPCI_F_STOP, STOP_COMPLETE, pvpci_msg_stop_complete, pvpci_msg_stop_complete, D0,
		do_stop_complete),
	FEATURE(PVPCI_F_OUTCOME, OUTCOME, pvpci_msg_outcome, pvpci_msg_outcome, D0,
		do_outcome),
	FEATURE(PVPCI_F_EJECT_WHY, EJECT_WHY, pvpci_msg_why, pvpci_msg_why, D0, do_eject_why),
	FEATURE(PVPCI_F_APERTURE_PROBE, APERTURE_PROBE, pvpci_msg_aperture_probe,
		pvpci_msg_aperture_probe, D0, do_aperture_probe),
	FEATURE(PVPCI_F_MEMORY, MEMORY, pvpci_msg_memory, pvpci_msg_memory, D0, do_memory),
	FEATURE(PVPCI_F_POWER, POWER, pvpci_msg_change, pvpci_msg_change, D0, do_change),
};

#define NR_MESSAGES	(sizeof(messages) / sizeof(messages[0]))

_Static_assert(sizeof(((struct pvpci_host *)0)->received) / sizeof(uint64_t) >= NR_MESSAGES,
	       "a counter for each message");

unsigned int pvpci_message_count(void)
{
	return NR_MESSAGES;
}

const char *pvpci_message_name(unsigned int index)
{
	return index < NR_MESSAGES ? messages[index].name : "?";
}

/* A message of a feature that is not in force is as unknown as any. */
static const struct message *find_message(const struct pvpci_host *host, uint16_t type)
{
	unsigned int i;

	for (i = 0; i < NR_MESSAGES; i++)
		if (messages[i].type == type && !(messages[i].feature & ~host->in_force))
			return &messages[i];
	return NULL;
}

struct pvpci_rows pvpci_message_rows(const union pvpci_slot *slot)
{
	switch (le16toh(slot->msg.type)) {
	case PVPCI_MSG_D0_ENTRY:
	case PVPCI_MSG_D0_EXIT:
		return (struct pvpci_rows){ 0, PVPCI_MAX_FUNCTIONS };
	case PVPCI_MSG_RESOURCES_ASSIGNED:
	case PVPCI_MSG_RESOURCES_RELEASED:
		return (struct pvpci_rows){ le32toh(slot->resources.first),
				      le32toh(slot->resources.count) };
	case PVPCI_MSG_COMMIT:
		return (struct pvpci_rows){ le32toh(slot->commit.row), 1 };
	case PVPCI_MSG_EJECT_COMPLETE:
		return (struct pvpci_rows){ le32toh(slot->function.row), 1 };
	case PVPCI_MSG_EJECT_WHY:
		return (struct pvpci_rows){ le32toh(slot->why.row), 1 };
	case PVPCI_MSG_READ_BLOCK:
	case PVPCI_MSG_WRITE_BLOCK:
		return (struct pvpci_rows){ le32toh(slot->block.row), 1 };
	case PVPCI_MSG_RESET:
	case PVPCI_MSG_POWER:
		return (struct pvpci_rows){ le32toh(slot->change.row), 1 };
	case PVPCI_MSG_OUTCOME:
		return (struct pvpci_rows){ le32toh(slot->outcome.row), 1 };
	case PVPCI_MSG_STOP_PLAN:
		return (struct pvpci_rows){ le32toh(slot->stop_plan.row), 1 };
	case PVPCI_MSG_RESTART:
		return (struct pvpci_rows){ le32toh(slot->restart.row), 1 };
	default:
		return (struct pvpci_rows){ 0, 0 };
	}
}

/* Well-formed? Return PVPCI_STATUS_OK and the row of the table, or why not. */
static uint32_t check(struct pvpci_host *host, union pvpci_slot *slot, const struct message **found)
{
	const struct message *message = find_message(host, le16toh(slot->msg.type));
	uint16_t bytes = le16toh(slot->msg.bytes);

	*found = NULL;
	if (!message)
		return PVPCI_STATUS_UNKNOWN;
	if (bytes < message->min_bytes || bytes > message->max_bytes)
		return PVPCI_STATUS_LENGTH;
	*found = message;
	/* What the guest did not send is zero, whatever lies in the slot. */
	memset(slot->bytes + bytes, 0, PVPCI_SLOT_BYTES - bytes);
	return host->state < message->state ? PVPCI_STATUS_STATE : PVPCI_STATUS_OK;
}

uint32_t pvpci_message_answer(struct pvpci_host *host, union pvpci_slot *slot)
{
	const struct message *message;
	uint32_t status = check(host, slot, &message);

	if (!status)
		status = message->handle ? message->handle(host, slot) : PVPCI_STATUS_OK;
	if (status == PVPCI_HOST_LATER)
		return 0;
	if (message)
		host->received[message - messages]++;
	if (status)
		host->refused++;
	slot->msg.bytes = htole16(message ? message->reply_bytes : sizeof(slot->msg));
	slot->msg.status = htole32(status);
	slot->msg.flags = htole16(PVPCI_MSG_REPLY);
	slot->msg.reserved = 0;
	return le16toh(slot->msg.bytes);
}
