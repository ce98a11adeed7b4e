// SPDX-License-Identifier: GPL-2.0
/*
 * The state of each bus as text: pvpci/<domain>/{state,functions,stats}.
 * "name value" lines; a function is a block that starts at its address.
 */
#include <linux/debugfs.h>
#include <linux/pci.h>
#include <linux/seq_file.h>

#include "bus/blk_wake.h"
#include "bus/debugfs.h"
#include "bus/lifecycle.h"
#include "core/bus.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "irq/msi.h"

static struct dentry *top;

static int state_show(struct seq_file *s, void *unused)
{
	struct pvpci_bus *bus = s->private;
	unsigned int i;

	seq_printf(s, "state %s\n", pvpci_state_name(pvpci_state(bus)));
	if (pvpci_state(bus) == PVPCI_STATE_BROKEN)
		seq_printf(s, "why %s\n", bus->why);
	seq_printf(s, "transport %s\n", pci_name(bus->pdev));
	seq_printf(s, "bus_id %#llx\n", bus->wire.layout.bus_id);
	seq_printf(s, "version %u.%u\n", bus->wire.version >> 16, bus->wire.version & 0xffff);
	seq_printf(s, "features %#llx\n", bus->wire.features);
	seq_printf(s, "generation %u\n", bus->wire.layout.generation);
	seq_printf(s, "host_state %u\n", pvpci_transport_host_state(&bus->wire.transport));
	seq_printf(s, "host_beat %u\n", pvpci_transport_host_beat(&bus->wire.transport));
	seq_printf(s, "host_sleeping %u\n", pvpci_transport_host_sleeps(&bus->wire.transport));
	seq_printf(s, "relations_seq %u\n", bus->life->table_seq);
	seq_printf(s, "wake_tracepoint %u\n", pvpci_blk_wake_active());
	for (i = 0; i < PVPCI_NR_WINDOWS; i++) {
		const struct pvpci_bridge_window *w = &bus->windows.window[i];

		seq_printf(s, "window%u offset %#llx bytes %#llx bus %#llx\n",
			   i == PVPCI_WINDOW_32 ? 32 : 64, w->offset, w->bytes, w->bus_start);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static void show_function(struct seq_file *s, struct pvpci_fn *fn)
{
	struct pvpci_edges edges;
	unsigned long flags;
	unsigned int i;
	enum pvpci_life life;
	enum pvpci_told told;
	u16 command;
	bool attached;
	u32 power;
	u64 sum = 0;

	raw_spin_lock_irqsave(&fn->lock, flags);
	edges = fn->edges;
	life = fn->life;
	told = fn->told;
	command = fn->command;
	attached = fn->attached;
	power = fn->power;
	raw_spin_unlock_irqrestore(&fn->lock, flags);

	seq_printf(s, "%s row %u instance %u model %s label \"%s\" slot %u\n",
		   fn->name, fn->row, fn->info.instance, fn->info.model, fn->info.label,
		   fn->info.slot);
	seq_printf(s, "  serial %#llx priority %u numa %d tokens %u flags %#x%s\n",
		   fn->info.serial, fn->info.priority, (int)fn->info.numa_node,
		   fn->info.nr_tokens, fn->info.flags, fn->dropped ? " dropped" : "");
	seq_printf(s, "  life %s told %s command %#x attached %u power D%u\n",
		   pvpci_life_name(life), pvpci_told_name(told), command, attached, power);
	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (fn->info.bar[i].bytes)
			seq_printf(s, "  bar%u bytes %#llx offset %#llx%s%s\n", i,
				   fn->info.bar[i].bytes, fn->offset[i],
				   fn->info.bar[i].mem64 ? " mem64" : "",
				   fn->info.bar[i].prefetch ? " prefetch" : "");
	for (i = 0; i < PVPCI_REASON_COUNT; i++)
		sum += edges.count[i];
	seq_printf(s, "  edges %llu failed %llu absorbed %llu total_ns %llu max_ns %llu host_ns %llu\n",
		   sum, edges.failed, edges.absorbed, edges.total_ns, edges.max_ns, edges.host_ns);
	for (i = 0; i < PVPCI_REASON_COUNT; i++)
		if (edges.count[i])
			seq_printf(s, "  edges_%s %llu ns %llu\n", pvpci_reason_name(i),
				   edges.count[i], edges.ns[i]);
}

static int functions_show(struct seq_file *s, void *unused)
{
	struct pvpci_bus *bus = s->private;
	struct pvpci_fn *fn;
	unsigned int devfn;

	for (devfn = 0; devfn < PVPCI_MAX_FUNCTIONS; devfn++) {
		fn = pvpci_function_get(bus, devfn);
		if (!fn)
			continue;
		show_function(s, fn);
		pvpci_function_put(fn);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(functions);

static int stats_show(struct seq_file *s, void *unused)
{
	struct pvpci_bus *bus = s->private;
	struct pvpci_vector_usage usage;
	struct pvpci_request_stats stats;
	u64 reads = 0, writes = 0;
	int cpu;

	pvpci_requests_stats(&bus->wire.requests, &stats);
	pvpci_vectors_usage(&bus->irq->vectors, &usage);
	for_each_possible_cpu(cpu) {
		reads += per_cpu_ptr(bus->accesses, cpu)->reads;
		writes += per_cpu_ptr(bus->accesses, cpu)->writes;
	}
	seq_printf(s, "config_reads %llu\n", reads);
	seq_printf(s, "config_writes %llu\n", writes);
	seq_printf(s, "requests %llu\n", stats.sent);
	seq_printf(s, "replies %llu\n", stats.replies);
	seq_printf(s, "events %llu\n", stats.events);
	seq_printf(s, "stale %llu\n", stats.stale);
	seq_printf(s, "late %llu\n", stats.late);
	seq_printf(s, "unknown %llu\n", stats.unknown);
	seq_printf(s, "timeouts %llu\n", stats.timeouts);
	seq_printf(s, "doorbells %llu\n", stats.doorbells);
	seq_printf(s, "wakes %lld\n", atomic64_read(&bus->life->wakes));
	seq_printf(s, "vectors %u\n", usage.vectors);
	seq_printf(s, "vectors_active %u\n", usage.active);
	seq_printf(s, "vectors_shared %u\n", usage.shared);
	seq_printf(s, "tokens %u\n", usage.tokens);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * pvpci_debugfs_add - files of one bus
 * @bus: with its domain
 */
void pvpci_debugfs_add(struct pvpci_bus *bus)
{
	char name[16];

	snprintf(name, sizeof(name), "%04x", bus->domain);
	bus->life->debugfs = debugfs_create_dir(name, top);
	debugfs_create_file("state", 0400, bus->life->debugfs, bus, &state_fops);
	debugfs_create_file("functions", 0400, bus->life->debugfs, bus, &functions_fops);
	debugfs_create_file("stats", 0400, bus->life->debugfs, bus, &stats_fops);
}

/**
 * pvpci_debugfs_del - remove the files of one bus
 * @bus: may have none; nobody reads them when this returns
 */
void pvpci_debugfs_del(struct pvpci_bus *bus)
{
	debugfs_remove(bus->life->debugfs);
	bus->life->debugfs = NULL;
}

/**
 * pvpci_debugfs_init - make the directory
 */
void pvpci_debugfs_init(void)
{
	top = debugfs_create_dir("pvpci", NULL);
}

/**
 * pvpci_debugfs_exit - remove the directory
 */
void pvpci_debugfs_exit(void)
{
	debugfs_remove(top);
}
