/* SPDX-License-Identifier: GPL-2.0 */
/*
 * snapshot.h - a PCI host bridge and all behind it, as the planner sees it
 */
#ifndef PCI_REBALANCE_SNAPSHOT_H
#define PCI_REBALANCE_SNAPSHOT_H

#include <linux/pci.h>

#include "level.h"
#include "owner.h"
#include "plan.h"

struct rebalance_request;

/**
 * struct rebalance_item - the kernel's side of one node of the plan
 * @dev: function or bridge; NULL for windows of the host bridge, for foreign ranges and holes
 * @res: its resource
 * @resno: index of @res in @dev
 * @was: @res at the time of the snapshot, or as it must be to get its place
 * @wanted: size of a BAR that is made smaller so that it fits, 0 for others
 */
struct rebalance_item {
	struct pci_dev *dev;
	struct resource *res;
	int resno;
	struct resource was;
	u64 wanted;
};

/**
 * struct rebalance_snapshot - one PCI host bridge and all behind it
 * @root: its root bus
 * @space: the planner's tree
 * @items: by node
 * @owners: by owner
 * @owner_cost: prices, for @space
 * @buses: by bus
 * @result: of the planner
 * @node_max: room in nodes and items
 * @planned: @result is meant
 * @request: function for which room is sought, NULL for a hole
 * @refused: why the request was refused without a plan, NULL if for another reason
 * @culprit: function whose owner ended the move, NULL if it was none
 * @fault: what that owner did
 * @why: why it did, NULL if that is all there is to say
 * @left: first function that could not be brought back, NULL if all were
 * @left_error: what it said
 * @left_stuck: it could not be stopped where it is now
 * @changes: journal entries that applying the plan took
 * @plan_us: how long planning took
 * @apply_us: how long applying took
 *
 * Valid only while the rescan lock is held.
 */
struct rebalance_snapshot {
	struct pci_bus *root;
	struct plan_space space;
	struct rebalance_item *items;
	struct rebalance_owner *owners;
	u32 *owner_cost;
	struct pci_bus **buses;
	struct plan_result result;
	u32 node_max;
	bool planned;
	struct pci_dev *request;
	const char *refused;
	struct pci_dev *culprit;
	const char *fault;
	const char *why;
	struct pci_dev *left;
	int left_error;
	bool left_stuck;
	unsigned int changes;
	u64 plan_us;
	u64 apply_us;
};

int snapshot_take(struct rebalance_snapshot *s, const struct rebalance_request *request);
void snapshot_free(struct rebalance_snapshot *s);
bool snapshot_shrink(struct rebalance_snapshot *s);
u64 snapshot_to_cpu(const struct rebalance_snapshot *s, u16 node, u64 bus_address);

#endif
