/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_oracle.h - what the tests and the fuzzer of the rebalance planner share
 *
 * Trees to plan on, a judge of plans that shares no code with the planner, and brute force.
 */
#ifndef PLAN_ORACLE_H
#define PLAN_ORACLE_H

#include "../../../drivers/pci/rebalance/plan.h"

#define MIB	(1ULL << 20)

/**
 * struct tree - a space with room for its nodes
 * @space: what is given to the planner
 * @nodes: its nodes
 * @cost: its owners' prices
 */
struct tree {
	struct plan_space space;
	struct plan_node nodes[PLAN_MAX_NODES];
	u32 cost[PLAN_MAX_NODES];
};

/**
 * struct truth - what brute force found
 * @found: a layout exists
 * @cost: of the cheapest
 * @down: least functions down at once among the cheapest
 */
struct truth {
	bool found;
	u64 cost;
	u16 down;
};

void tree_init(struct tree *t);
u16 tree_bus(struct tree *t);
u16 tree_root(struct tree *t, u16 behind, u64 start, u64 size, u32 flags);
u16 tree_window(struct tree *t, u16 bus, u16 behind, u64 start, u64 size, u32 flags);
u16 tree_bar(struct tree *t, u16 bus, u64 start, u64 size, u32 cost, u32 flags);
u16 tree_request(struct tree *t, u16 bus, u64 size, u32 flags);
u32 tree_tiling(struct tree *t, u32 unit, u32 index, bool build, u64 at);
void tree_switch(struct tree *t, u32 bridges, u32 ports);
void tree_print(const struct tree *t);

/* xorshift, so that a seed means the same everywhere. */
u32 rnd(u64 *seed, u32 below);

void random_bars(struct tree *t, u64 *seed, u16 bus, u64 start, u64 end, u32 count, u32 largest,
		 u32 flags);
void random_nested(struct tree *t, u64 *seed, u32 granules);
void random_bridges(struct tree *t, u64 *seed, u32 spare);
void random_large(struct tree *t, u64 *seed, u32 bars, u32 full_percent, bool bridges);

/* Carry out the steps as apply.c does; what is wrong at any instant, NULL if nothing is. */
const char *plan_replay(const struct plan_space *space, u16 steps);

/* What is wrong with a plan; NULL if nothing is. */
const char *plan_judge(const struct plan_space *space, const struct plan_result *result);

/* What a plan for a large flat bus must cost at least. */
double plan_bound(const struct plan_space *space, u64 granule);

/* Every layout of a small tree that costs less than @limit, in units of @granule. */
struct truth plan_brute(const struct tree *t, u64 granule, bool secondary, u64 limit);

#endif
