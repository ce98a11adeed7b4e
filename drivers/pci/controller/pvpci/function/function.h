/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One PCI function of a bus.
 */
#ifndef _PVPCI_FUNCTION_H
#define _PVPCI_FUNCTION_H

#include <linux/kref.h>
#include <linux/pvpci.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "function/config_block.h"
#include "function/eject_veto.h"
#include "function/host_exchange.h"
#include "function/life.h"
#include "wire/layout.h"

struct pci_dev;
struct pvpci_bus;

/**
 * struct pvpci_bar_info - what one BAR needs, checked
 * @bytes: a power of two from 4096, 0 when not implemented; what the guest has chosen
 * @most: as the table says
 * @offset: aperture offset where the host decodes it at hand-off
 * @mem64: takes the next BAR too
 * @prefetch: prefetchable
 */
struct pvpci_bar_info {
	u64 bytes;
	u64 most;
	u64 offset;
	bool mem64;
	bool prefetch;
};

/**
 * struct pvpci_function_info - a row of the function table, copied and checked
 * @flags: PVPCI_FN_*
 * @instance: of the function in this row, never 0
 * @devfn: 0 to 255
 * @slot: physical slot number
 * @priority: higher keeps its place longer
 * @numa_node: as the host says it, PVPCI_NUMA_NONE for none
 * @nr_tokens: interrupt vectors it can use
 * @serial: serial number, 0 for none
 * @label: slot label, may be empty
 * @model: name of the device model
 * @bar: its BARs
 */
struct pvpci_function_info {
	u32 flags;
	u32 instance;
	u16 devfn;
	u16 slot;
	u16 priority;
	u32 numa_node;
	u32 nr_tokens;
	u64 serial;
	char label[32];
	char model[16];
	struct pvpci_bar_info bar[PVPCI_NUM_BARS];
};

/**
 * struct pvpci_edges - accounts of memory-enable
 * @count: edges that the host carried out, by PVPCI_REASON_*
 * @ns: time the guest waited for these, by PVPCI_REASON_*
 * @failed: edges that the host refused or did not answer
 * @absorbed: writes that changed the bit and were answered here, before the
 *	function was settled
 * @total_ns: time the guest waited
 * @max_ns: longest wait
 * @host_ns: time the host says it took
 */
struct pvpci_edges {
	u64 count[PVPCI_REASON_COUNT];
	u64 ns[PVPCI_REASON_COUNT];
	u64 failed;
	u64 absorbed;
	u64 total_ns;
	u64 max_ns;
	u64 host_ns;
};

/**
 * struct pvpci_fn - one PCI function
 * @ref: the row's, plus one for each config access under way
 * @rcu: frees it
 * @bus: the bus it is on
 * @row: its row in all tables
 * @name: how log lines call it, the name that PCI core gives it
 * @info: what the host said of it; constant
 * @config: its row of the config area, written by the host
 * @config_guest: its row of the config guest area, written here
 * @express: offset of its Express capability, 0 for none
 * @power_cap: offset of its power management capability, 0 for none
 * @lock: protects everything below; config reads do without, a register at a time
 * @life: where it stands; written by pvpci_life_set()
 * @told: what the host was told of what became of it; by pvpci_told_set()
 * @outcome: PVPCI_OUTCOME_*, see enum pvpci_told
 * @own: the guest's copy of the bits it owns, 4096 bytes
 * @mask: which bits it owns, 4096 bytes; constant
 * @command: command register
 * @attached: memory-enable as the host knows it
 * @exchange: who asks the host about it; whoever wants to, too, waits
 * @power: PVPCI_POWER_*
 * @attach_reason: of its next attach; other than ENABLE after a reset or resume
 * @pdev: PCI core's, while it has one
 * @bar: BAR registers without their type bits
 * @edges: accounts
 * @size_at: config register with the size of each BAR, 0 where there is none
 * @sizes: a bit for each size that can be chosen, from 1 MiB on
 * @offset: aperture offset of each BAR as planned; PVPCI_BAR_UNASSIGNED for
 *	none; protected by pvpci_bus.topology
 * @placed_bytes: size of each BAR when the host was told of its place; the same
 * @dropped: there was no room for its BARs; the same
 * @missing_bytes: what all free room lacked then; the same
 * @missing_piece: what the largest free piece lacked then; the same
 * @listener: hears of config blocks that change
 * @veto: is asked before it is ejected
 */
struct pvpci_fn {
	struct kref ref;
	struct rcu_head rcu;
	struct pvpci_bus *bus;
	u32 row;
	char name[24];
	struct pvpci_function_info info;
	const u8 *config;
	u8 *config_guest;
	u8 express;
	u8 power_cap;

	raw_spinlock_t lock;
	enum pvpci_life life;
	enum pvpci_told told;
	u32 outcome;
	u8 *own;
	u8 *mask;
	u16 command;
	bool attached;
	struct pvpci_host_exchange exchange;
	u32 power;
	unsigned int attach_reason;
	struct pci_dev *pdev;
	u32 bar[PVPCI_NUM_BARS];
	struct pvpci_edges edges;
	u16 size_at[PVPCI_NUM_BARS];
	u32 sizes[PVPCI_NUM_BARS];

	u64 offset[PVPCI_NUM_BARS];
	u64 placed_bytes[PVPCI_NUM_BARS];
	bool dropped;
	u64 missing_bytes;
	u64 missing_piece;

	struct pvpci_config_block_listener listener;
	struct pvpci_eject_vetoer veto;
};

int pvpci_function_check(const struct pvpci_function *copy, u64 aperture_bytes,
			 struct pvpci_function_info *info, char why[PVPCI_WHY_BYTES]);
struct pvpci_fn *pvpci_function_add(struct pvpci_bus *bus, u32 row,
				    const struct pvpci_function_info *info);
void pvpci_function_remove(struct pvpci_fn *fn);
struct pvpci_fn *pvpci_function_get(struct pvpci_bus *bus, unsigned int devfn);
void pvpci_function_put(struct pvpci_fn *fn);
void pvpci_function_set_bars(struct pvpci_fn *fn);
void pvpci_function_set_name(struct pvpci_fn *fn);
bool pvpci_function_has_driver(struct pvpci_fn *fn);
bool pvpci_function_has_siblings(struct pvpci_bus *bus, unsigned int devfn);

#endif /* _PVPCI_FUNCTION_H */
