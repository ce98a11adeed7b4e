/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pci-rebalance.h - for drivers whose device can be moved while they are bound to it, and for
 * drivers of host bridges that want room
 *
 * A device is moved by giving its BARs other addresses, so that a new function finds room. A driver
 * that registers here is asked, stopped and restarted instead of being unbound. See
 * Documentation/PCI/pci_rebalance.rst.
 */
#ifndef _LINUX_PCI_REBALANCE_H
#define _LINUX_PCI_REBALANCE_H

#include <linux/list.h>
#include <linux/types.h>

struct pci_dev;

/**
 * struct pci_rebalance_ops - what a driver that can be moved provides
 * @ask: may the device be moved now? A negative errno is a veto. Nothing is stopped yet, and
 *	nothing may be: after it a veto of another driver can end the move without @stop or
 *	@restart.
 * @stop: leave the BARs alone until @restart: no register access, no interrupt handler that makes
 *	one, no DMA that ends in one (a doorbell). Memory-enable will be clear. In detail:
 *
 *	- every mapping of a BAR is undone (pci_iounmap()), none is in use elsewhere: not by user
 *	  space, not by a peer (dma_map_resource(), DMA buffers, VFIO)
 *	- every region that was requested is released (pci_release_regions()): one that is kept ends
 *	  the move
 *	- MSI-X vectors are freed (pci_free_irq_vectors()): the table lies in a BAR and PCI core has
 *	  it mapped. MSI and INTx vectors may stay, with their handlers silent
 *	- bus mastering, power state, and config space but for memory-enable and the BARs are left
 *	  as they are
 *
 *	A negative errno is a late veto, undoes the whole move, and @restart follows all the same:
 *	what @stop did before it failed is undone there.
 * @restart: pci_resource_start() may have changed, pci_resource_len() has not: request, map, and
 *	allocate vectors again, go on. Also called when the move was undone, then with the former
 *	address. A negative errno says that the device does not work where it is now. The move is
 *	undone: @stop is called once more, although @restart has failed, and then @restart with the
 *	former address. If that fails, too, the device stays bound and stopped, and the user is told
 *	so.
 *
 * So each @stop is followed by one @restart, whatever either returns, and no other is called
 * between them. A device may be stopped and restarted more than once in one move.
 *
 * All are called in process context with the PCI rescan lock and the device's lock held, so the
 * driver cannot be unbound meanwhile, and must take neither, nor wait for somebody who does: @stop
 * and @restart end in bounded time. All are needed. Between @stop and @restart other devices are
 * stopped and moved; that takes as long as their drivers take.
 */
struct pci_rebalance_ops {
	int (*ask)(struct pci_dev *dev, void *data);
	int (*stop)(struct pci_dev *dev, void *data);
	int (*restart)(struct pci_dev *dev, void *data);
};

int pci_rebalance_register(struct pci_dev *dev, const struct pci_rebalance_ops *ops, void *data);
void pci_rebalance_unregister(struct pci_dev *dev);

#define PCI_REBALANCE_UNKNOWN	(~0ULL)
#define PCI_REBALANCE_WHY_BYTES	256

/**
 * struct pci_rebalance_note - one thing to know of a plan
 * @bus: number of the function's bus
 * @devfn: the function
 * @resno: BAR that moves
 * @step: when, from 1; 0 for a function that cannot be moved, of which only @words is more
 * @from: bus address now
 * @to: bus address then
 * @bytes: of the BAR
 * @cost: price
 * @down_us: for how long the function was stopped, or is expected to be, or PCI_REBALANCE_UNKNOWN
 * @words: how it is moved, or why it cannot be
 */
struct pci_rebalance_note {
	u8 bus;
	u8 devfn;
	u8 resno;
	u16 step;
	u64 from;
	u64 to;
	u64 bytes;
	u64 cost;
	u64 down_us;
	char words[64];
};

/**
 * struct pci_rebalance_room - a hole that the driver of a host bridge asks for
 * @domain: of the host bridge
 * @number: of its root bus
 * @low: below 4 GiB
 * @online: plan as if NVMe controllers whose users can use another path had one; not with @apply
 * @apply: make it; otherwise only plan, and ask the owners of all that would move
 * @expect: with @apply: fingerprint of the plan that is agreed to, 0 for any
 * @begin: called before anything is looked at: windows may grow here; an error ends it all
 * @end: called in the end, @moved tells whether anything has
 * @context: for both
 * @bytes: of the hole, a power of two; 0 for as much as there can be, and set then
 * @start: result: its bus address, if there is a plan
 * @fingerprint: result: of the plan, never 0
 * @cost: result: of the plan
 * @steps: result: of the plan, in which something moves
 * @time_us: result: that planning took, or with @apply the whole move
 * @notes: result: to be freed with kvfree(): what moves, or who cannot
 * @count: result: of @notes
 * @why: result: one line about it
 *
 * @begin and @end are called with the rescan lock held all the time in between.
 */
struct pci_rebalance_room {
	int domain;
	u8 number;
	bool low;
	bool online;
	bool apply;
	u32 expect;
	int (*begin)(void *context);
	void (*end)(void *context, bool moved);
	void *context;
	u64 bytes;
	u64 start;
	u32 fingerprint;
	u64 cost;
	unsigned int steps;
	u64 time_us;
	struct pci_rebalance_note *notes;
	unsigned int count;
	char why[PCI_REBALANCE_WHY_BYTES];
};

int pci_rebalance_make_room(struct pci_rebalance_room *room);

/**
 * struct pci_rebalance_search - wait until room is not being sought any more
 * @entry: used by pci_rebalance
 * @dev: function without room, of which a reference is held, or NULL
 * @over: called once when it is not; @found tells whether all BARs of @dev have a place then.
 *	Called with the rescan lock held; must not call pci_rebalance_await() or
 *	pci_rebalance_forget(), so it queues whatever has to be done
 *
 * Drivers are bound to functions that found room before @over is called.
 */
struct pci_rebalance_search {
	struct list_head entry;
	struct pci_dev *dev;
	void (*over)(struct pci_rebalance_search *search, bool found);
};

bool pci_rebalance_is_seeking(void);
bool pci_rebalance_lacks_paths(struct pci_dev *dev);
bool pci_rebalance_await(struct pci_rebalance_search *search);
bool pci_rebalance_forget(struct pci_rebalance_search *search);

#endif
