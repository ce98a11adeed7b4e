// SPDX-License-Identifier: GPL-2.0
/*
 * rebalance_plan.c - time and quality of plans, for bench/rebalance
 *
 * Prints "BARS US MOVED-BYTES BOUND-BYTES" for seeded random flat buses, 64 KiB to 2 MiB BARs, nine
 * tenths of the space taken. Only bytes cost, so the bound is the optimum's; plan_bound.c finds it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/plan_oracle.h"

#define UNIT	65536ULL

static struct tree tree;

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* Replace BARs by smaller ones in their place, which is how months of replacements leave holes. */
static void fill(u64 *seed, u32 bars)
{
	u64 at = 0x4000000000ULL;
	u32 i;

	tree_init(&tree);
	tree_root(&tree, tree_bus(&tree), at, 0, 0);
	for (i = 0; i < bars; i++) {
		u64 size = UNIT << rnd(seed, 6);
		u64 now = rnd(seed, 5) ? size : size >> (size > UNIT);
		u16 bar;

		at = (at + size - 1) & ~(size - 1);
		bar = tree_bar(&tree, 0, at, now, 0, 0);
		tree.nodes[bar].cost = now / UNIT;
		at += size;
	}
	tree.nodes[0].size = at - tree.nodes[0].start;
	tree_request(&tree, 0, 2 * MIB, 0);
}

int main(void)
{
	u64 seed = 0x25c0ffee;
	u32 bars, round;

	for (bars = 8; bars <= 512; bars *= 2) {
		for (round = 0; round < 20; round++) {
			struct plan_result r;
			const char *wrong;
			void *work;
			u64 from;
			int error;

			fill(&seed, bars);
			work = malloc(plan_work_bytes(&tree.space));
			from = now_us();
			error = plan_find(&tree.space, work, &r);
			from = now_us() - from;
			free(work);
			wrong = error ? NULL : plan_judge(&tree.space, &r);
			if (wrong) {
				fprintf(stderr, "%s\n", wrong);
				return 1;
			}
			if (!error)
				printf("%u %llu %llu %llu\n", bars, (unsigned long long)from,
				       (unsigned long long)r.moved_bytes,
				       (unsigned long long)(plan_bound(&tree.space, UNIT) * UNIT));
		}
	}
	return 0;
}
