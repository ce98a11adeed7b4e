// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: what list, show and stats tell.
 */
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/pace.h"
#include "control/control.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* An aperture offset, or null. */
static json_t *offset_or_null(uint64_t offset)
{
	return offset == PVPCI_BAR_UNASSIGNED ? json_null() : number(offset);
}

/* What a function is to its user, the last word first: pvpcictl(1), list. */
enum shown {
	SHOWN_EJECTING,
	SHOWN_NO_ROOM,
	SHOWN_OFF,
	SHOWN_ATTACHED,
	SHOWN_ASSIGNED,
	SHOWN_PRESENT,
};

static const char *shown_name(enum shown shown)
{
	static const char * const names[] = {
		[SHOWN_EJECTING] = "ejecting",
		[SHOWN_ATTACHED] = "attached",
		[SHOWN_ASSIGNED] = "assigned",
		[SHOWN_PRESENT] = "present",
	};

	if (shown == SHOWN_NO_ROOM)
		return pvpci_outcome_name(PVPCI_OUTCOME_NO_ROOM);
	return shown == SHOWN_OFF ? pvpci_outcome_name(PVPCI_OUTCOME_OFF) : names[shown];
}

static enum shown shown(const struct function *fn)
{
	bool told = fn->outcome.since_ns;
	unsigned int i;

	if (fn->eject_id)
		return SHOWN_EJECTING;
	if (told && fn->outcome.what == PVPCI_OUTCOME_NO_ROOM)
		return SHOWN_NO_ROOM;
	if (told && fn->outcome.what == PVPCI_OUTCOME_OFF)
		return SHOWN_OFF;
	if (fn->attached)
		return SHOWN_ATTACHED;
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (fn->bar[i].bytes && fn->bar[i].assigned != PVPCI_BAR_UNASSIGNED)
			return SHOWN_ASSIGNED;
	return SHOWN_PRESENT;
}

static json_t *report_bar(const struct bar *bar, int index)
{
	return json_pack("{s:i, s:o, s:i, s:b, s:o, s:o}",
			 "bar", index, "bytes", number(bar->bytes),
			 "bits", bar->flags & PVPCI_BAR_MEM64 ? 64 : 32,
			 "prefetch", !!(bar->flags & PVPCI_BAR_PREFETCH),
			 "assigned", offset_or_null(bar->assigned),
			 "attached", offset_or_null(bar->attached));
}

static json_t *report_bars(const struct function *fn)
{
	json_t *bars = json_array();
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		const struct bar *bar = &fn->bar[i];

		if (!bar->bytes)
			continue;
		json_array_append_new(bars, report_bar(bar, (int)i));
	}
	return bars;
}

/* As the configuration says it: text stays text. */
static json_t *report_serial(const struct function *fn)
{
	json_t *serial = json_object_get(fn->conf, "serial");

	return serial ? json_incref(serial) : number(fn->serial);
}

/* What keeps it from its work and needs somebody's help, or null. */
static json_t *report_trouble(const struct function *fn)
{
	char text[256];

	return fn->ops->trouble && fn->ops->trouble(fn->model, text, sizeof(text)) ?
	       json_string(text) : json_null();
}

static json_t *report_row(const struct function *fn)
{
	char slot[8];

	function_slot(fn, slot);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:b, s:b, s:i, s:o, s:o}",
			 "slot", slot, "model", fn->ops->name, "label", fn->label,
			 "state", shown_name(shown(fn)), "trouble", report_trouble(fn),
			 "serial", report_serial(fn),
			 "numa_node", fn->numa_node == PVPCI_NUMA_NONE ? json_null() :
			 number(fn->numa_node), "priority", (int)fn->priority,
			 "boot_critical", !!(fn->flags & PVPCI_FN_BOOT_CRITICAL),
			 "hotplug", !!(fn->flags & PVPCI_FN_HOTPLUG),
			 "decoding", !!(fn->flags & PVPCI_FN_DECODING),
			 "vectors", (int)function_vectors(fn), "outcome", outcome_report(fn),
			 "bars", report_bars(fn));
}

/* Since it came onto the bus; null for what has not happened. */
static json_t *report_phase(const struct function *fn, uint64_t when_ns)
{
	if (!when_ns)
		return json_null();
	return number((when_ns - fn->stats.added_ns) / 1000);
}

static json_t *report_phases(const struct function *fn)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "told", report_phase(fn, fn->stats.told_ns),
			 "assigned", report_phase(fn, fn->stats.assigned_ns),
			 "attached", report_phase(fn, fn->stats.attached_ns),
			 "bound", report_phase(fn, fn->stats.bound_ns));
}

static json_t *report_function_stats(const struct function *fn)
{
	const struct function_stats *stats = &fn->stats;
	json_t *edges = json_object(), *edge_ns = json_object();
	json_t *report;
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < PVPCI_REASON_COUNT; i++) {
		json_object_set_new(edges, pvpci_reason_name(i), number(stats->edges[i]));
		json_object_set_new(edge_ns, pvpci_reason_name(i), number(stats->edge_ns[i]));
		total += stats->edges[i];
	}
	report = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			   "edges", number(total), "edges_by_reason", edges,
			   "edge_ns_by_reason", edge_ns,
			   "attaches", number(stats->attaches),
			   "detaches", number(stats->detaches),
			   "attach_ns", number(stats->attach_ns),
			   "detach_ns", number(stats->detach_ns),
			   "resets", number(stats->resets),
			   "power_changes", number(stats->power_changes),
			   "interrupts", number(stats->interrupts),
			   "interrupts_masked", number(stats->masked),
			   "interrupts_lost", number(stats->lost),
			   "phases_us", report_phases(fn));
	if (report && fn->ops->stats)
		json_object_set_new(report, "model", fn->ops->stats(fn->model));
	return report;
}

json_t *report_function(const struct bus *bus, unsigned int devfn)
{
	const struct function *fn = bus_find(bus, devfn);
	json_t *report = fn ? report_row(fn) : NULL;
	char id[16];

	if (!report)
		return NULL;
	snprintf(id, sizeof(id), "%04x:%04x", fn->want.vendor, fn->want.device);
	json_object_set_new(report, "id", json_string(id));
	snprintf(id, sizeof(id), "%06x", fn->want.class_code);
	json_object_set_new(report, "class", json_string(id));
	json_object_set_new(report, "row", number(fn->row));
	json_object_set_new(report, "instance", number(fn->instance));
	json_object_set_new(report, "msi", number(fn->want.msi));
	json_object_set_new(report, "msix", number(fn->want.msix));
	json_object_set_new(report, "configuration", json_incref(fn->conf));
	json_object_set_new(report, "stats", report_function_stats(fn));
	return report;
}

json_t *report_added(const struct bus *bus, uint32_t first, uint32_t count)
{
	json_t *list = json_array();
	uint32_t instance;
	unsigned int i;

	for (instance = first; instance < first + count; instance++)
		for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
			if (bus->row[i] && bus->row[i]->instance == instance)
				json_array_append_new(list,
						      report_function(bus, bus->row[i]->devfn));
	return list;
}

json_t *report_list(const struct bus *bus)
{
	json_t *list = json_array();
	unsigned int devfn;

	for (devfn = 0; devfn < 256; devfn++) {
		const struct function *fn = bus_find(bus, devfn);

		if (fn)
			json_array_append_new(list, report_row(fn));
	}
	return list;
}

static json_t *report_window(const struct pvpci_place_window *window, int bits)
{
	return json_pack("{s:i, s:o, s:o, s:o}", "bits", bits, "offset", number(window->offset),
			 "bytes", number(window->bytes), "bus_start", number(window->bus_start));
}

static json_t *report_windows(const struct bus *bus)
{
	json_t *windows = json_array();
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (bus->window[i].bytes)
			json_array_append_new(windows, report_window(&bus->window[i], i ? 64 : 32));
	return windows;
}

json_t *report_bus(const struct bus *bus)
{
	uint64_t need32, need64;

	bus_needs(bus, &need32, &need64);
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "id", number(bus->conf->id), "state", bus_state_name(bus),
			 "protocol", bus->host.version ?
			 pvpci_version_name(bus->host.version) : "none",
			 "generation", number(bus->generation),
			 "relations", number(bus->relations_seq),
			 "functions", number(bus->nr_functions),
			 "attached", number(bus->nr_attached),
			 "bar2_bytes", number(bus->layout.bar2_bytes),
			 "aperture_bytes", number(bus->layout.area[PVPCI_AREA_APERTURE].bytes),
			 "need32_bytes", number(need32), "need64_bytes", number(need64),
			 "windows", report_windows(bus));
}

static json_t *report_messages(const struct bus *bus, uint64_t *total)
{
	json_t *messages = json_object();
	unsigned int i;

	*total = 0;
	for (i = 0; i < pvpci_message_count(); i++) {
		json_object_set_new(messages, pvpci_message_name(i),
				    number(bus->host.received[i]));
		*total += bus->host.received[i];
	}
	return messages;
}

static json_t *report_pace(const struct bus *bus, const struct pace *pace)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
			 "scan_ns", number(bus->scan_ns),
			 "polls", number(pace->polls), "finds", number(pace->finds),
			 "naps", number(pace->naps), "sleeps", number(pace->sleeps),
			 "ticks", number(pace->ticks), "wakes", number(pace->wakes),
			 "taken", number(pace->taken), "gap_ns", number(pace->gap_ns),
			 "gaps_short", number(pace->share), "sleeping", pace->sleeping);
}

json_t *report_stats(const struct bus *bus, const struct pace *pace)
{
	json_t *functions = json_object();
	json_t *messages;
	uint64_t total;
	unsigned int i;
	char slot[8];

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *fn = bus->row[i];

		if (!fn)
			continue;
		function_slot(fn, slot);
		json_object_set_new(functions, slot, report_function_stats(fn));
	}
	messages = report_messages(bus, &total);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "guests", number(bus->stats.guests),
			 "d0_entries", number(bus->stats.d0_entries),
			 "broken", number(bus->stats.broken),
			 "doorbells", number(pace->doorbells),
			 "messages", number(total), "messages_by_type", messages,
			 "messages_refused", number(bus->host.refused),
			 "notifies", number(bus->stats.notifies),
			 "interrupts", number(bus->vectors.rings),
			 "dma_refused", number(bus->stats.dma_refused),
			 "poll", report_pace(bus, pace), "functions", functions);
}
