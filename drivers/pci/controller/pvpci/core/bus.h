/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One paravirtual PCI bus.
 *
 * Locks, outermost first:
 *	PCI core's rescan lock (through rescan.h, never directly)
 *	pvpci_stop.busy
 *	pvpci_bus.topology
 *	irq_domain's mutex, pvpci_vectors.mutex
 *	pvpci_fn.lock (raw)
 *	pvpci_windows.lock (raw)
 *	pvpci_requests.lock (raw)
 *	pvpci_blocks.lock, pvpci_stop.lock (raw)
 *
 * pvpci_block_listener.lock is held over a driver's call, which may send
 * requests; nobody takes it inside any of these but the driver's own remove.
 */
#ifndef _PVPCI_BUS_H
#define _PVPCI_BUS_H

#include <linux/bitmap.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "core/arch.h"
#include "core/state.h"
#include "function/config_block.h"
#include "hotplug/eject.h"
#include "hotplug/host_rebalance.h"
#include "irq/vector.h"
#include "room/window.h"
#include "wire/layout.h"
#include "wire/request.h"
#include "wire/transport.h"

struct pvpci_fn;
struct pvpci_slot;

/**
 * struct pvpci_bus - one bus, from the probe of its ivshmem function on
 * @ref: held by the probed device and by the PCI host bridge
 * @pdev: the ivshmem function
 * @node: in the list of all buses (wake.c), RCU
 * @domain: PCI domain number; valid once the host bridge exists
 * @state: see state.h
 * @asleep: the machine suspends or resumes: the workers rest
 * @removing: the driver is being removed: nobody starts anything, waits end
 * @why: reason of the breaking, empty while the bus is well
 * @layout: checked copy of the header
 * @transport: BARs and vector 0
 * @requests: messages
 * @features: PVPCI_F_* in force
 * @version: protocol version agreed
 * @topology: protects what functions exist: @by_row, @by_devfn (written),
 *	@windows, @room and placement
 * @windows: bridge windows
 * @room: some has become free since functions that found none were tried
 * @by_row: function of each row of the table, or NULL
 * @by_devfn: the same by devfn; read under RCU by config accesses
 * @refused: instance that the guest has let go of, by row; not taken again
 * @relations_seq: relations sequence number last handled
 * @relations_pending: a RELATIONS event has come since
 * @off_devfn: where a refused one was that the user has switched off, by row
 * @eject: what the host wants back, by row
 * @slot: slots in sysfs, by device
 * @blocks: invalidations of config blocks
 * @stop: what the host wants to be stopped and moved
 * @wq: ordered; the only one that changes topology after the probe
 * @relations_work: handles relations and ejections
 * @look_again: runs it once more: something was in use, or is not decided yet
 * @forgotten: the host knows of some functions no more what became of them
 * @gone_work: takes the functions away when the host stops
 * @health_work: looks at the heartbeat
 * @beat: heartbeat last seen
 * @beat_at: jiffies when it changed
 * @suspect: a request was not answered in time: ask whatever the heartbeat says
 * @vectors: transport vectors and interrupt tokens
 * @msi_domain: of the functions' MSI and MSI-X
 * @msi_info: belongs to @msi_domain
 * @msi_fwnode: belongs to @msi_domain
 * @bridge: PCI host bridge, NULL until it is registered
 * @arch: what the architecture hangs on pci_bus.sysdata
 * @busn: bus number range of the bridge
 * @accesses: config reads and writes, for the statistics
 * @wakes: doorbells rung ahead of block I/O
 * @debugfs: directory
 */
struct pvpci_bus {
	struct kref ref;
	struct pci_dev *pdev;
	struct list_head node;
	int domain;
	atomic_t state;
	bool asleep;
	bool removing;
	char why[PVPCI_WHY_BYTES];

	struct pvpci_layout layout;
	struct pvpci_transport transport;
	struct pvpci_requests requests;
	u64 features;
	u32 version;

	struct mutex topology;
	struct pvpci_windows windows;
	bool room;
	struct pvpci_fn *by_row[PVPCI_MAX_FUNCTIONS];
	struct pvpci_fn __rcu *by_devfn[PVPCI_MAX_FUNCTIONS];
	u32 refused[PVPCI_MAX_FUNCTIONS];
	u32 relations_seq;
	u32 relations_pending;
	u8 off_devfn[PVPCI_MAX_FUNCTIONS];
	struct pvpci_eject eject[PVPCI_MAX_FUNCTIONS];
	struct pvpci_slot *slot[PVPCI_MAX_FUNCTIONS / 8];

	struct pvpci_blocks blocks;
	struct pvpci_stop stop;

	struct workqueue_struct *wq;
	struct work_struct relations_work;
	struct delayed_work look_again;
	bool forgotten;
	struct work_struct gone_work;
	struct delayed_work health_work;
	u32 beat;
	unsigned long beat_at;
	bool suspect;

	struct pvpci_vectors vectors;
	struct irq_domain *msi_domain;
	struct msi_domain_info msi_info;
	struct fwnode_handle *msi_fwnode;

	struct pci_host_bridge *bridge;
	struct pvpci_arch arch;
	struct resource busn;
	atomic64_t accesses[2];
	atomic64_t wakes;
	struct dentry *debugfs;
};

extern unsigned int pvpci_timeout_ms;
extern bool pvpci_expedite;
extern bool pvpci_old_habit;
extern unsigned int pvpci_commit_timeout_ms;
extern unsigned int pvpci_max_vectors;

struct pvpci_bus *pvpci_bus_alloc(struct pci_dev *pdev);
void pvpci_bus_get(struct pvpci_bus *bus);
void pvpci_bus_put(struct pvpci_bus *bus);
struct pvpci_bus *pvpci_bus_of(struct pci_bus *pci_bus);
int pvpci_bus_up(struct pvpci_bus *bus);
void pvpci_bus_down(struct pvpci_bus *bus);
void pvpci_bus_shutdown(struct pvpci_bus *bus);

#endif /* _PVPCI_BUS_H */
