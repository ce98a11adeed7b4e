// SPDX-License-Identifier: GPL-2.0
/*
 * plan_test.c - the rebalance planner against brute force, a judge and the clock
 *
 * Prints KTAP. `plan_test [case...]` runs only the cases named. PLAN_SEED and PLAN_ROUNDS change
 * the random ones, PLAN_STRIDE=n leaves out all but every n-th of the complete ones; PLAN_EFFORT,
 * PLAN_VERBOSE are for people.
 */
#include "plan_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct tree tree;
static u64 seed_now;
static u32 hurry;

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static u32 number(const char *name, u32 usual)
{
	const char *text = getenv(name);

	return text ? (u32)atoi(text) : usual;
}

static u32 rounds(u32 usual)
{
	return number("PLAN_ROUNDS", usual);
}

static u64 seed(u64 usual)
{
	const char *text = getenv("PLAN_SEED");

	return text ? strtoull(text, NULL, 0) : usual;
}

/* Plan on exactly as much memory as was asked for, filled with rubbish. */
static int plan(struct tree *t, struct plan_result *r)
{
	size_t bytes = plan_work_bytes(&t->space);
	void *work = malloc(bytes);
	int error;

	memset(work, 0xa5, bytes);
	error = plan_find(&t->space, work, r);
	free(work);
	return error;
}

static bool fail(const char *why, const struct plan_result *r, const struct truth *truth)
{
	fprintf(stderr, "# seed %#llx: %s; plan: cost %llu down %u optimal %d\n",
		(unsigned long long)seed_now, why, (unsigned long long)r->cost, r->down_at_once,
		r->optimal);
	if (truth)
		fprintf(stderr, "# brute force: found %d cost %llu down %u\n",
			truth->found, (unsigned long long)truth->cost, truth->down);
	tree_print(&tree);
	return false;
}

static u64 worse_cost, worse_down, gave_up, planned, impossible;

static void reset_counts(void)
{
	worse_cost = 0;
	worse_down = 0;
	gave_up = 0;
	planned = 0;
	impossible = 0;
}

/* Compare one plan with brute force; @exact demands the optimum. */
static bool against_brute(bool exact, bool secondary)
{
	struct plan_result r;
	struct truth truth;
	const char *wrong;
	int error;

	tree.space.effort = hurry;
	error = plan(&tree, &r);

	/* Given a plan, only what is cheaper is of interest, unless it has to be compared. */
	truth = plan_brute(&tree, MIB, secondary, error || secondary ? ~0ULL : r.cost + 1);
	if (error == -EINVAL)
		return fail("the planner refuses the tree", &r, &truth);
	if (!truth.found) {
		impossible++;
		return error ? true : fail("a plan for what is impossible", &r, &truth);
	}
	if (error == -ENOSPC)
		return fail("a proof of impossibility for what is possible", &r, &truth);
	if (error) {
		gave_up++;
		return exact ? fail("no plan within the effort", &r, &truth) : true;
	}
	planned++;
	wrong = plan_judge(&tree.space, &r);
	if (wrong)
		return fail(wrong, &r, &truth);
	if (r.cost < truth.cost || (r.optimal && r.cost > truth.cost))
		return fail("cheaper than brute force, or a wrong claim", &r, &truth);
	worse_cost += r.cost > truth.cost;
	if (exact && r.cost > truth.cost)
		return fail("not the cheapest plan", &r, &truth);
	worse_down += secondary && r.cost == truth.cost && r.down_at_once > truth.down;
	return true;
}

static u32 price(u32 kind, const struct plan_node *n, u32 index)
{
	static const u32 odd[] = { 5, 1, 9, 2, 7, 3, 8, 4 };

	return kind == 0 ? 10 : kind == 1 ? (u32)(n->size >> 20) * 10 : odd[index % 8];
}

static bool test_flat_all(void)
{
	u32 all = tree_tiling(&tree, 8, 0, false, 0), index, kind, size, i;

	reset_counts();
	for (index = 0; index < all; index += number("PLAN_STRIDE", 1)) {
		for (size = 1; size <= 8; size *= 2) {
			for (kind = 0; kind < 3; kind++) {
				tree_init(&tree);
				tree_root(&tree, tree_bus(&tree), 0x80000000, 8 * MIB, 0);
				tree_tiling(&tree, 8, index, true, 0x80000000);
				for (i = 0; i < tree.space.node_count; i++)
					if (tree.nodes[i].owner != PLAN_NONE)
						tree.cost[tree.nodes[i].owner] =
							price(kind, &tree.nodes[i], i);
				tree_request(&tree, 0, size * MIB, 0);
				seed_now = index;
				if (!against_brute(true, true))
					return false;
			}
		}
	}
	printf("# %u layouts x 4 sizes x 3 prices: %llu plans, %llu impossible\n",
	       all, (unsigned long long)planned, (unsigned long long)impossible);
	return true;
}

/* Two windows of the host bridge, one of them prefetchable; BARs with limits. */
static bool flat_mixed(u32 count, bool exact)
{
	u64 s = seed(0x1234567);
	u32 round, i;

	reset_counts();
	for (round = 0; round < rounds(count); round++) {
		seed_now = s;
		tree_init(&tree);
		tree_bus(&tree);
		tree_root(&tree, 0, 0xfe000000 + MIB * rnd(&s, 3), (4 + rnd(&s, 5)) * MIB, 0);
		tree_root(&tree, 0, 0x100000000 + MIB * rnd(&s, 3), (2 + rnd(&s, 4)) * MIB,
			  rnd(&s, 2) ? PLAN_PREFETCH : 0);
		random_bars(&tree, &s, 0, tree.nodes[0].start,
			    tree.nodes[0].start + tree.nodes[0].size,
			    1 + rnd(&s, 6), 3, rnd(&s, 2) ? PLAN_PREFETCH : 0);
		random_bars(&tree, &s, 0, tree.nodes[1].start,
			    tree.nodes[1].start + tree.nodes[1].size,
			    rnd(&s, 3), 3, PLAN_PREFETCH);
		for (i = 2; i < tree.space.node_count; i++)
			if (tree.nodes[i].start < 0x100000000 && rnd(&s, 2))
				tree.nodes[i].last_max = 0xffffffff;
		tree_request(&tree, 0, MIB << rnd(&s, 3), rnd(&s, 2) ? PLAN_PREFETCH : 0);
		if (!rnd(&s, 3))
			tree_request(&tree, 0, MIB << rnd(&s, 2), 0);
		if (!against_brute(exact, true))
			return false;
	}
	printf("# flat: %llu plans, %llu impossible, more down in %llu\n",
	       (unsigned long long)planned, (unsigned long long)impossible,
	       (unsigned long long)worse_down);
	return true;
}

static bool test_flat_mixed(void)
{
	return flat_mixed(4000, true);
}

static bool nested(u32 granules, u32 count, bool exact)
{
	u64 s = seed(0xabcdef + granules);
	u32 round;

	reset_counts();
	for (round = 0; round < rounds(count); round++) {
		seed_now = s;
		random_nested(&tree, &s, granules);
		if (!against_brute(exact, false))
			return false;
	}
	printf("# %u MiB: %llu plans, %llu impossible, %llu not the cheapest, %llu gave up\n",
	       granules, (unsigned long long)planned, (unsigned long long)impossible,
	       (unsigned long long)worse_cost, (unsigned long long)gave_up);
	return true;
}

static bool test_nested_small(void)
{
	return nested(5, 6000, true) && nested(8, 1500, true);
}

/* Two windows a bridge, pinned contents, limits: no plan is wrong, no claim is, none is missing. */
static bool bridges(u32 count, u32 spare)
{
	u64 s = seed(0xb71d6e5);
	u32 round;

	reset_counts();
	for (round = 0; round < rounds(count); round++) {
		seed_now = s;
		random_bridges(&tree, &s, spare);
		if (!against_brute(false, false))
			return false;
		if (round && round % 100000 == 0)
			printf("# %u of %u trees\n", round, rounds(count));
	}
	printf("# %u bridged trees, %u MiB to spare: %llu plans, %llu impossible, %llu not the cheapest, %llu gave up\n",
	       round, spare, (unsigned long long)planned, (unsigned long long)impossible,
	       (unsigned long long)worse_cost, (unsigned long long)gave_up);
	return true;
}

static bool test_bridges(void)
{
	/*
	 * One in ten thousand may be too much work, but must say so. How many of other trees
	 * are is chance: of those only what is wrong counts.
	 */
	return bridges(100000, 0) &&
	       (getenv("PLAN_SEED") || (worse_cost + gave_up) * 10000 <= planned);
}

/* What one tree in a hundred thousand needs: a window that leaves the one around it in time. */
static bool test_rare(void)
{
	static const u64 seeds[] = { 0x59113177b3cce81a };
	u32 i;

	reset_counts();
	for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		u64 s = seeds[i];

		seed_now = s;
		random_bridges(&tree, &s, 0);
		if (!against_brute(true, false))
			return false;
	}
	return true;
}

/* With next to no effort plans may be dear, but not wrong, nor may the bound be. */
static bool test_hurried(void)
{
	bool good;

	hurry = 30;
	good = nested(8, 1500, false) && flat_mixed(1500, false) && bridges(10000, 0);
	hurry = 0;
	return good;
}

/* Beyond 16 granules the planner looks at a choice of places only: say how good that is. */
static bool test_nested_thinned(void)
{
	if (!nested(18, 150, false) || worse_cost * 20 > planned + 20 || gave_up)
		return false;
	return bridges(60, 70) && worse_cost * 20 <= planned + 20 && !gave_up;
}

static bool large(bool bridges)
{
	u64 s = seed(0x5eed), slowest = 0, cost = 0, bound = 0;
	u32 round, count = 0, proven = 0, none = 0, gave = 0, nodes = 0, far = 0;

	for (round = 0; round < rounds(60); round++) {
		struct plan_result r;
		const char *wrong;
		u64 from, least;
		int error;

		seed_now = s;
		random_large(&tree, &s, 280, 80 + rnd(&s, 19), bridges);
		tree.space.effort = number("PLAN_EFFORT", 0);
		nodes += tree.space.node_count;
		from = now_us();
		error = plan(&tree, &r);
		from = now_us() - from;
		if (from > slowest)
			slowest = from;
		none += error == -ENOSPC;
		gave += error == -ETIME;
		if (error == -EINVAL)
			return fail("the planner refuses the tree", &r, NULL);
		if (error && getenv("PLAN_VERBOSE"))
			fail("no plan", &r, NULL);
		if (error)
			continue;
		wrong = plan_judge(&tree.space, &r);
		if (wrong)
			return fail(wrong, &r, NULL);
		count++;
		proven += r.optimal;
		if (r.places > 3 * PLAN_EFFORT && !tree.space.effort)
			return fail("more places than it was allowed", &r, NULL);
		/* There is no bound for trees. */
		least = bridges || r.optimal ? r.cost : (u64)plan_bound(&tree.space, 64 << 10);
		if (getenv("PLAN_VERBOSE"))
			printf("# request %llu MiB: cost %llu bound %llu moved %u places %u\n",
			       (unsigned long long)tree.nodes[tree.space.node_count - 1].size / MIB,
			       (unsigned long long)r.cost, (unsigned long long)least,
			       r.moved_functions, r.places);
		if (least > r.cost)
			return fail("cheaper than the bound", &r, NULL);
		cost += r.cost;
		bound += least;
		far += r.cost * 10 > least * 11;
	}
	printf("# %s: %u nodes on average, %u plans, %u proven cheapest, cost/bound %.4f, more than 10 %% above: %u, impossible %u, gave up %u, slowest %llu us\n",
	       bridges ? "bridges" : "flat", nodes / round, count, proven,
	       bound ? (double)cost / bound : 1.0, far, none, gave, (unsigned long long)slowest);
	/* One in a hundred, and that one in a sample that is smaller. */
	return !gave && (bridges || ((far <= 1 || far * 100 <= count) && cost * 50 <= bound * 51));
}

static bool test_large_flat(void)
{
	return large(false);
}

static bool test_large_bridges(void)
{
	return large(true);
}

/* Plan, and demand a plan at no more than this price that takes no more than needed. */
static bool is_modest(u64 cost, u64 window_bytes)
{
	struct plan_result r;
	const char *wrong;
	u16 i;

	if (plan(&tree, &r))
		return fail("no plan", &r, NULL);
	wrong = plan_judge(&tree.space, &r);
	if (wrong || r.cost > cost)
		return fail(wrong ? wrong : "dearer than need be", &r, NULL);
	for (i = 0; i < tree.space.node_count; i++)
		if (tree.nodes[i].bus != PLAN_NONE && tree.nodes[i].to_size > window_bytes)
			return fail("a window that takes more than it needs", &r, NULL);
	return true;
}

/* Room below a switch, with a neighbour in use: all that changes is the windows above it. */
static bool test_switch(void)
{
	u32 bridges, busy;
	u64 size;

	for (bridges = 1; bridges <= 5; bridges++) {
		for (busy = 0; busy < 2; busy++) {
			for (size = 4 * MIB; size <= 512 * MIB; size *= 2) {
				tree_switch(&tree, bridges, 4);
				if (busy)
					tree_bar(&tree, bridges + 1, 0xfb000000, 16384, 10,
						 PLAN_PINNED);
				tree_request(&tree, bridges + 3, size, PLAN_PREFETCH);
				if (!is_modest(bridges + 1, 2 * size + 16 * MIB))
					return false;
			}
		}
	}
	return true;
}

/* A hole of 64 MiB in the default windows of a q35 machine does not swallow all that is free. */
static bool test_hole(void)
{
	tree_switch(&tree, 0, 4);
	tree_request(&tree, 2, 64 * MIB, PLAN_PREFETCH);
	return is_modest(1, 64 * MIB + 8 * MIB);
}

/* Large holes stay large: of all that cost nothing the tightest is taken, be there few or many. */
static bool test_tightest(void)
{
	static const u64 size[] = { 16 * MIB, 1024 * MIB };
	u32 i;

	for (i = 0; i < 2; i++) {
		struct plan_result r;
		u16 request;

		tree_init(&tree);
		tree_root(&tree, tree_bus(&tree), 0x80000000, size[i], 0);
		tree_bar(&tree, 0, 0x80400000, MIB, 10, 0);
		tree_bar(&tree, 0, 0x80600000, MIB, 10, 0);
		request = tree_request(&tree, 0, MIB, 0);
		if (plan(&tree, &r) || !r.optimal || r.cost ||
		    tree.nodes[request].to_start != 0x80500000)
			return fail("not the tightest hole", &r, NULL);
	}
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "flat_all", test_flat_all },
	{ "flat_mixed", test_flat_mixed },
	{ "nested_small", test_nested_small },
	{ "bridges", test_bridges },
	{ "rare", test_rare },
	{ "hurried", test_hurried },
	{ "nested_thinned", test_nested_thinned },
	{ "switch", test_switch },
	{ "hole", test_hole },
	{ "tightest", test_tightest },
	{ "large_flat", test_large_flat },
	{ "large_bridges", test_large_bridges },
};

int main(int argc, char **argv)
{
	size_t i, total = sizeof(cases) / sizeof(cases[0]);
	int bad = 0, k, count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	for (i = 0; i < total; i++) {
		bool wanted = argc < 2, good;

		for (k = 1; k < argc; k++)
			wanted |= !strcmp(argv[k], cases[i].name);
		if (!wanted)
			continue;
		good = cases[i].run();
		bad += !good;
		printf("%sok %d plan_%s\n", good ? "" : "not ", ++count, cases[i].name);
	}
	printf("1..%d\n", count);
	return bad ? 1 : 0;
}
