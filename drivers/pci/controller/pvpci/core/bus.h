/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One paravirtual PCI bus.
 *
 * Locks, outermost first:
 *	PCI core's rescan lock
 *	pvpci_bus.in_use (read by who uses the bus without the rescan lock)
 *	pvpci_bus.topology
 *	irq_domain's mutex, pvpci_vectors.mutex
 *	pvpci_fn.lock (raw)
 *	pvpci_windows.lock (raw)
 *	pvpci_requests.lock (raw)
 *	pvpci_config_blocks.lock, pvpci_host_rebalance.lock (raw)
 *
 * pvpci_config_block_listener.lock is held over a driver's call, which may send
 * requests; nobody takes it inside any of these but the driver's own remove.
 */
#ifndef _PVPCI_BUS_H
#define _PVPCI_BUS_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pvpci.h>
#include <linux/rwsem.h>

#include "core/arch.h"
#include "core/state.h"
#include "core/work.h"
#include "wire/aperture.h"
#include "wire/wire.h"

struct pvpci_config_blocks;
struct pvpci_fn;
struct pvpci_hotplug;
struct pvpci_irq;
struct pvpci_lifecycle;
struct pvpci_room;

/**
 * struct pvpci_accesses - config accesses of one processor, for the statistics
 * @reads: so many
 * @writes: so many
 */
struct pvpci_accesses {
	u64 reads;
	u64 writes;
};

/**
 * struct pvpci_bus - one bus, from the probe of its ivshmem function on
 * @ref: held by the probed device, by the PCI host bridge and by queued work
 * @pdev: the ivshmem function
 * @domain: PCI domain number; valid once the host bridge exists
 * @state: see core/state.h
 * @asleep: the machine suspends or resumes: the workers rest
 * @removing: the driver is being removed: nobody starts anything, waits end
 * @moving: BARs are being moved at the host's wish
 * @why: reason of the breaking, empty while the bus is well
 * @in_use: read by who talks to the host without holding the rescan lock;
 *	written by who takes the bus down
 * @topology: protects what functions exist: @by_row, @by_devfn (written),
 *	@windows, @room and placement
 * @windows: bridge windows
 * @by_row: function of each row of the table, or NULL
 * @by_devfn: the same by devfn; read under RCU by config accesses
 * @bridge: PCI host bridge, NULL until it is registered
 * @arch: what the architecture hangs on pci_bus.sysdata
 * @accesses: config accesses, for each processor
 * @wire: the connection with the host
 * @memory: hears of memory that is plugged in: core/memory.c
 * @work: what is left to the workers
 * @blocks: invalidations of config blocks: function/config_block.h
 * @irq: interrupts of the functions: irq/msi.h
 * @room: what the windows cover: room/window.h
 * @hotplug: functions that come and go: hotplug/hotplug.h
 * @life: bringing the bus up and down: bus/lifecycle.h
 */
struct pvpci_bus {
	struct kref ref;
	struct pci_dev *pdev;
	int domain;
	atomic_t state;
	bool asleep;
	bool removing;
	bool moving;
	char why[PVPCI_WHY_BYTES];

	struct rw_semaphore in_use;
	struct mutex topology;
	struct pvpci_windows windows;
	struct pvpci_fn *by_row[PVPCI_MAX_FUNCTIONS];
	struct pvpci_fn __rcu *by_devfn[PVPCI_MAX_FUNCTIONS];

	struct pci_host_bridge *bridge;
	struct pvpci_arch arch;
	struct pvpci_accesses __percpu *accesses;

	struct pvpci_wire wire;
	struct notifier_block memory;
	struct pvpci_work work;
	struct pvpci_config_blocks *blocks;
	struct pvpci_irq *irq;
	struct pvpci_room *room;
	struct pvpci_hotplug *hotplug;
	struct pvpci_lifecycle *life;
};

void pvpci_bus_get(struct pvpci_bus *bus);
void pvpci_bus_put(struct pvpci_bus *bus);
struct pvpci_bus *pvpci_bus_of(struct pci_bus *pci_bus);

#endif /* _PVPCI_BUS_H */
