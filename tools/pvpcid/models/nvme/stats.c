// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: counters for `pvpcictl stats`.
 */
#include <string.h>

#include "nvme.h"

static const char *state_name(const struct nvme_ctrl *ctrl)
{
	static const char *const names[] = {
		[NVME_OFF] = "off",
		[NVME_READY] = "ready",
		[NVME_STOPPING] = "stopping",
		[NVME_FATAL] = "fatal",
	};

	return names[ctrl->state];
}

static void put(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *ns_stats(const struct nvme_ns *ns)
{
	const struct blockio_stats *io = blockio_stats(ns->io);
	json_t *object = json_object();

	put(object, "namespace", ns->id);
	json_object_set_new(object, "file", json_string(ns->path));
	json_object_set_new(object, "engine", json_string(blockio_engine_name(ns->io)));
	put(object, "blocks", ns->blocks);
	put(object, "block_bytes", 1U << ns->shift);
	json_object_set_new(object, "readonly", json_boolean(ns->readonly));
	put(object, "reads", ns->count.reads);
	put(object, "read_bytes", ns->count.read_blocks * 512);
	put(object, "reads_from_cache", io->reads_now);
	put(object, "writes", ns->count.writes);
	put(object, "written_bytes", ns->count.written_blocks * 512);
	put(object, "flushes", io->flushes);
	put(object, "zeroes", io->zeroes);
	put(object, "bounced", io->bounced);
	put(object, "media_errors", ns->count.media_errors);
	json_object_set_new(object, "flush_error", blockio_lost(ns->io) ?
			    json_string(strerror(blockio_lost(ns->io))) : json_null());
	return object;
}

/**
 * nvme_stats - counters
 * @model: the controller
 *
 * Return: a new reference.
 */
json_t *nvme_stats(void *model)
{
	const struct nvme_ctrl *ctrl = model;
	const struct nvme_totals *totals = &ctrl->totals;
	json_t *object = json_object(), *list = json_array();
	const struct nvme_ns *ns = NULL;
	unsigned int i, queues = 0;

	while ((ns = nvme_ns_next(ctrl, ns)))
		json_array_append_new(list, ns_stats(ns));
	for (i = 1; i <= ctrl->queues; i++)
		queues += ctrl->sq[i].live;
	json_object_set_new(object, "state", json_string(state_name(ctrl)));
	put(object, "queues", ctrl->queues);
	put(object, "queues_in_use", queues);
	put(object, "polls", totals->polls);
	put(object, "admin_commands", totals->admin);
	put(object, "io_commands", totals->io);
	put(object, "errors", totals->errors);
	put(object, "interrupts", totals->interrupts);
	put(object, "resets", totals->resets);
	put(object, "completion_queue_full", totals->full);
	put(object, "bad_doorbells", totals->bad_doorbells);
	put(object, "under_way", ctrl->backend);
	put(object, "outstanding_events", ctrl->aers);
	put(object, "critical_warning", ctrl->warning);
	json_object_set_new(object, "namespaces", list);
	return object;
}
