// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: what the guest asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "bus/aperture.h"
#include "bus/bus.h"
#include "bus/guest_memory.h"
#include "shm.h"

static uint32_t op_d0_entry(void *context, uint32_t nr_vectors, bool again)
{
	struct bus *bus = context;
	struct error err;

	if (again && !bus_quiesce(bus))
		return PVPCI_HOST_LATER;
	if (again) {
		log_some(&bus->chatter, LOG_LEVEL_INFO,
			 "bus %llu: another kernel has taken the bus over, it is started over",
			 (unsigned long long)bus->conf->id);
		bus_release_all(bus, PVPCI_REASON_REMOVE);
	}
	/* The file may be as young as the guest, or another than the last one's. */
	if (bus_map_memory(bus, &err)) {
		log_some(&bus->chatter, LOG_LEVEL_ERROR,
			 "bus %llu: %s", (unsigned long long)bus->conf->id, err.text);
		return PVPCI_STATUS_IO;
	}
	bus->nr_vectors = nr_vectors < bus->conf->vectors ? nr_vectors : bus->conf->vectors;
	bus->stats.d0_entries++;
	bus->guest_state = PVPCI_GUEST_ABSENT;
	bus_hand_off(bus);
	log_some(&bus->chatter, LOG_LEVEL_INFO,
		 "bus %llu: is up, %u functions, %u transport vectors",
		 (unsigned long long)bus->conf->id, bus->nr_functions, bus->nr_vectors);
	/* What QEMU and libvirt give where nobody asks for more. */
	if (bus->nr_vectors == 1 && bus->conf->vectors > 1)
		log_some(&bus->chatter, LOG_LEVEL_WARNING,
			 "bus %llu: there is one vector, which all functions share: write vectors=%u behind -device ivshmem-doorbell, or <msi vectors='%u'/> for libvirt",
			 (unsigned long long)bus->conf->id, bus->conf->vectors, bus->conf->vectors);
	return PVPCI_STATUS_OK;
}

static uint32_t op_d0_exit(void *context)
{
	struct bus *bus = context;

	if (!bus_quiesce(bus))
		return PVPCI_HOST_LATER;
	bus_release_all(bus, PVPCI_REASON_POWER);
	log_some(&bus->chatter, LOG_LEVEL_INFO,
		 "bus %llu: is down", (unsigned long long)bus->conf->id);
	return PVPCI_STATUS_OK;
}

static void op_relations(void *context, uint32_t *seq, uint32_t *count)
{
	struct bus *bus = context;

	*seq = bus->relations_seq;
	*count = bus->nr_functions;
	bus_told(bus);
}

static void op_needs(void *context, uint64_t *need32, uint64_t *need64)
{
	struct bus *bus = context;
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i])
			function_publish_bars(bus->row[i]);
	bus_needs(bus, need32, need64);
}

/**
 * struct plan - assigned rows while they are checked
 * @taken: row is part of the message
 * @offset: of each BAR of each row that is
 * @bytes: of the same
 * @range: all ranges of the bus, for the overlap check
 * @count: of @range
 */
struct plan {
	bool taken[PVPCI_MAX_FUNCTIONS];
	uint64_t offset[PVPCI_MAX_FUNCTIONS][PVPCI_NUM_BARS];
	uint64_t bytes[PVPCI_MAX_FUNCTIONS][PVPCI_NUM_BARS];
	struct bar_range range[PVPCI_MAX_FUNCTIONS * PVPCI_NUM_BARS];
	unsigned int count;
};

static void plan_range(struct plan *plan, uint64_t offset, uint64_t bytes, uint32_t row)
{
	plan->range[plan->count++] = (struct bar_range){
		.start = offset, .last = offset + bytes - 1, .row = row,
	};
}

/* In a window of those that were told; a guest may tell of none. */
static bool in_window(const struct pvpci_place_window *window, uint64_t offset, uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (offset >= window[i].offset && offset - window[i].offset < window[i].bytes &&
		    bytes <= window[i].bytes - (offset - window[i].offset))
			return true;
	return !window[0].bytes && !window[1].bytes;
}

/* One row of the message, from shared memory to the plan. */
static uint32_t plan_row(const struct bus *bus, struct plan *plan, uint32_t index,
			 const struct pvpci_place_window *window)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	const struct function *fn = bus->row[index];
	struct pvpci_assigned row;
	unsigned int i;

	shm_copy_out(&row, (struct pvpci_assigned *)bus_area(bus, PVPCI_AREA_ASSIGNED) + index,
		     sizeof(row));
	if (!row.instance)
		return PVPCI_STATUS_OK;
	if (!fn || le32toh(row.instance) != fn->instance)
		return PVPCI_STATUS_FUNCTION;
	if (row.flags)
		return PVPCI_STATUS_RANGE;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		const struct bar *bar = &fn->bar[i];
		uint64_t offset = le64toh(row.offset[i]);
		uint64_t bytes = function_chosen_bytes(fn, i);

		plan->offset[index][i] = bytes ? offset : PVPCI_BAR_UNASSIGNED;
		plan->bytes[index][i] = bytes;
		if (!bytes || offset == PVPCI_BAR_UNASSIGNED)
			continue;
		if (!bar_fits(bytes, offset, aperture) || !in_window(window, offset, bytes))
			return PVPCI_STATUS_RANGE;
		/* What decodes does not move. */
		if (fn->attached && bar->attached != offset)
			return PVPCI_STATUS_STATE;
	}
	plan->taken[index] = true;
	return PVPCI_STATUS_OK;
}

/* All ranges as they would be: rows of the message as it says, others as they are. */
static uint32_t plan_check(const struct bus *bus, struct plan *plan, uint32_t *fault)
{
	unsigned int i, bar;
	int overlap;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *fn = bus->row[i];

		for (bar = 0; fn && bar < PVPCI_NUM_BARS; bar++) {
			uint64_t offset = plan->taken[i] ? plan->offset[i][bar] :
							   fn->bar[bar].assigned;
			uint64_t bytes = plan->taken[i] ? plan->bytes[i][bar] :
							  fn->bar[bar].bytes;

			if (fn->attached)
				offset = fn->bar[bar].attached;
			if (bytes && offset != PVPCI_BAR_UNASSIGNED)
				plan_range(plan, offset, bytes, i);
		}
	}
	overlap = bar_find_overlap(plan->range, plan->count);
	if (overlap < 0)
		return PVPCI_STATUS_OK;
	*fault = plan->range[overlap].row;
	/* Name a row of the message: the other of the two may be at fault. */
	if (!plan->taken[*fault])
		*fault = plan->range[overlap - 1].row;
	return PVPCI_STATUS_OVERLAP;
}

static bool windows_valid(const struct bus *bus, const struct pvpci_place_window *window)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (window[i].bytes && (window[i].bytes > aperture ||
					window[i].offset > aperture - window[i].bytes))
			return false;
	return !window[0].bytes || !window[1].bytes ||
	       !bar_meets(window[0].offset, window[0].bytes, window[1].offset, window[1].bytes);
}

static void plan_apply(struct bus *bus, const struct plan *plan)
{
	uint64_t now = clock_ns();
	unsigned int i;

	/* First give back the old places, then mark the new ones. Who decodes is there already. */
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		if (!plan->taken[i])
			continue;
		for (unsigned int bar = 0; bar < PVPCI_NUM_BARS; bar++) {
			struct bar *b = &bus->row[i]->bar[bar];

			if (b->ones && b->ones_at != plan->offset[i][bar])
				function_forget_ones(bus->row[i]);
			function_resize(bus->row[i], bar, plan->bytes[i][bar]);
			b->assigned = plan->offset[i][bar];
		}
	}
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		if (!plan->taken[i])
			continue;
		if (!bus->row[i]->attached)
			function_fill_ones(bus->row[i]);
		if (!bus->row[i]->stats.assigned_ns)
			bus->row[i]->stats.assigned_ns = now;
	}
}

static uint32_t op_assigned(void *context, struct pvpci_resources *resources)
{
	struct bus *bus = context;
	struct plan *plan;
	uint32_t status = PVPCI_STATUS_OK;
	uint32_t i;

	if (!windows_valid(bus, resources->window))
		return PVPCI_STATUS_RANGE;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return PVPCI_STATUS_NO_MEMORY;
	for (i = 0; i < resources->count && !status; i++) {
		status = plan_row(bus, plan, resources->first + i, resources->window);
		resources->fault = resources->first + i;
	}
	if (!status)
		status = plan_check(bus, plan, &resources->fault);
	if (!status) {
		plan_apply(bus, plan);
		memcpy(bus->window, resources->window, sizeof(bus->window));
	}
	free(plan);
	return status;
}

static uint32_t op_released(void *context, struct pvpci_resources *resources)
{
	struct bus *bus = context;
	uint32_t i;
	unsigned int bar;

	for (i = resources->first; i < resources->first + resources->count; i++)
		if (bus->row[i] && bus->row[i]->attached) {
			resources->fault = i;
			return PVPCI_STATUS_STATE;
		}
	for (i = resources->first; i < resources->first + resources->count; i++)
		for (bar = 0; bus->row[i] && bar < PVPCI_NUM_BARS; bar++)
			bus->row[i]->bar[bar].assigned = PVPCI_BAR_UNASSIGNED;
	return PVPCI_STATUS_OK;
}

static uint32_t check_offsets(const struct bus *bus, const struct function *fn,
			      const uint64_t *offset, const uint64_t *size)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int i, j, k;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		uint64_t bytes = size[i];

		if (bytes && (!bar_fits(bytes, offset[i], aperture) ||
			      !in_window(bus->window, offset[i], bytes)))
			return PVPCI_STATUS_RANGE;
		for (j = 0; bytes && j < i; j++)
			if (size[j] && bar_meets(offset[i], bytes, offset[j], size[j]))
				return PVPCI_STATUS_OVERLAP;
		for (j = 0; bytes && j < bus->nr_attached; j++)
			for (k = 0; k < PVPCI_NUM_BARS; k++) {
				const struct bar *other = &bus->attached[j]->bar[k];

				if (bus->attached[j] != fn && other->bytes &&
				    bar_meets(offset[i], bytes, other->attached, other->bytes))
					return PVPCI_STATUS_OVERLAP;
			}
	}
	return PVPCI_STATUS_OK;
}

static bool same_place(const struct function *fn, const uint64_t *offset)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (fn->bar[i].bytes && fn->bar[i].attached != offset[i])
			return false;
	return true;
}

/* Attach it; BARs have the size that the guest has chosen meanwhile. */
static uint32_t commit_attach(struct bus *bus, struct function *fn,
			      const struct pvpci_commit *commit)
{
	uint64_t bytes[PVPCI_NUM_BARS];
	unsigned int i;
	uint32_t status;

	if (fn->power != PVPCI_POWER_D0)
		return PVPCI_STATUS_STATE;
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		bytes[i] = function_chosen_bytes(fn, i);
	status = check_offsets(bus, fn, commit->offset, bytes);
	if (status)
		return status;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		if (bytes[i] == fn->bar[i].bytes)
			continue;
		/* What was announced was for another size. */
		fn->bar[i].assigned = commit->offset[i];
		function_resize(fn, i, bytes[i]);
	}
	function_edge(fn, commit->offset, commit->reason, clock_ns());
	return PVPCI_STATUS_OK;
}

static uint32_t op_commit(void *context, struct pvpci_commit *commit)
{
	struct bus *bus = context;
	struct function *fn = bus_function(bus, commit->row, commit->instance);
	bool enable = commit->command & CFGSPACE_COMMAND_MEMORY;
	uint64_t start = clock_ns();
	uint32_t status;

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (enable == fn->attached)
		return enable && !same_place(fn, commit->offset) ? PVPCI_STATUS_STATE :
								   PVPCI_STATUS_OK;
	if (enable) {
		status = commit_attach(bus, fn, commit);
		if (status)
			return status;
	} else {
		start = function_quiesce(fn, false);
		if (!start)
			return PVPCI_HOST_LATER;
		function_edge(fn, NULL, commit->reason, start);
	}
	commit->host_ns = clock_ns() - start;
	log_debug("%s: memory-enable %s (%s), %llu us", fn->name, enable ? "set" : "cleared",
		  pvpci_reason_name(commit->reason),
		  (unsigned long long)commit->host_ns / 1000);
	return PVPCI_STATUS_OK;
}

/* What the guest writes there is nobody's while nothing decodes. */
static uint32_t op_aperture_probe(void *context, uint64_t *offset, uint64_t *value)
{
	struct bus *bus = context;
	__le64 *at;

	if (*offset == PVPCI_BAR_UNASSIGNED) {
		*offset = aperture_unused_page(bus);
		return *offset == PVPCI_BAR_UNASSIGNED ? PVPCI_STATUS_STATE : PVPCI_STATUS_OK;
	}
	if (*offset % 8 || *offset >= bus->layout.want.aperture_bytes)
		return PVPCI_STATUS_RANGE;
	if (aperture_decoding(bus, *offset, 8))
		return PVPCI_STATUS_STATE;
	at = (__le64 *)bus_aperture(bus, *offset);
	*value = shm_load64(at);
	shm_store64(at, ~*value);
	return PVPCI_STATUS_OK;
}

static uint32_t op_eject_complete(void *context, uint32_t row, uint32_t instance, uint32_t result)
{
	struct bus *bus = context;
	struct function *fn = bus_function(bus, row, instance);

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (!fn->eject_sent)
		return PVPCI_STATUS_STATE;
	if (!result) {
		if (!function_quiesce(fn, true))
			return PVPCI_HOST_LATER;
		bus_remove(bus, fn);
		return PVPCI_STATUS_OK;
	}
	log_some(&fn->chatter, LOG_LEVEL_INFO,
		 "%s: the guest does not let go of it: %s%s%s", fn->name,
		 strerror(result < 4096 ? (int)result : 4095), *fn->eject_why ? ", " : "",
		 fn->eject_why);
	bus_eject_refused(bus, fn, result < 4096 ? (int)result : 4095);
	return PVPCI_STATUS_OK;
}

static uint32_t op_eject_why(void *context, uint32_t row, uint32_t instance, const char *why)
{
	struct bus *bus = context;
	struct function *fn = bus_function(bus, row, instance);

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (!fn->eject_sent)
		return PVPCI_STATUS_STATE;
	text_clean(fn->eject_why, sizeof(fn->eject_why), why);
	return PVPCI_STATUS_OK;
}

const struct pvpci_host_ops bus_host_ops = {
	.d0_entry = op_d0_entry,
	.d0_exit = op_d0_exit,
	.relations = op_relations,
	.needs = op_needs,
	.assigned = op_assigned,
	.released = op_released,
	.commit = op_commit,
	.dma_probe = bus_dma_probe,
	.memory = bus_memory,
	.aperture_probe = op_aperture_probe,
	.eject_complete = op_eject_complete,
	.eject_why = op_eject_why,
	.read_block = bus_read_block,
	.write_block = bus_write_block,
	.reset = bus_reset_function,
	.power = bus_set_power,
	.outcome = bus_outcome,
	.stop_plan = bus_stop_plan,
	.restart = bus_restart,
	.stop_complete = bus_stop_complete,
};
