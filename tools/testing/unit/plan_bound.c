// SPDX-License-Identifier: GPL-2.0
/*
 * plan_bound.c - a lower bound for the cost of making room on a large flat bus
 *
 * A request of size R takes R/t places of each smaller size t. Where f(t) of them are free, at
 * least d(t) = R/t - f(t) more must be cleared, and only clearing a place whose contents are all
 * smaller than t counts: a BAR of size t or more needs as many places as it leaves. Relax these
 * demands with a price l(t) for each size (Lagrange): the rest is a sum over aligned blocks, each
 * solved exactly from the bottom up. Any l >= 0 gives a bound; the best is sought by subgradients.
 * One window, functions of one BAR, no bridges: whoever calls this must see to it.
 */
#include "plan_oracle.h"

#include <string.h>

#define LEVELS	24

static const struct plan_space *space;
static double price[LEVELS];
static double used[LEVELS];
static u64 unit;

/* What one block looks like from above. */
struct block {
	double cost;		/* of lifting everything inside, infinite if something is pinned */
	double best;		/* least relaxed cost */
	double bonus;		/* what clearing it all is worth */
	double cleared[LEVELS];	/* places that @best clears, by size */
	double inside[LEVELS];	/* places that clearing it all clears */
	u64 largest;		/* largest BAR inside, 0 if it is free */
};

static const struct plan_node *bar_over(u64 start, u64 size)
{
	u16 i;

	for (i = 1; i < space->node_count; i++) {
		const struct plan_node *n = &space->nodes[i];

		if (!(n->flags & PLAN_REQUEST) && n->start < start + size &&
		    start < n->start + n->size)
			return n;
	}
	return NULL;
}

static void one_bar(struct block *out, const struct plan_node *n)
{
	out->largest = n->size;
	out->cost = n->flags & PLAN_PINNED ? 1e18 : n->cost + (double)space->owner_cost[n->owner];
}

static void solve(struct block *out, u64 start, u16 level)
{
	u64 size = unit << level, end = space->nodes[0].start + space->nodes[0].size;
	const struct plan_node *n = bar_over(start, size);
	struct block a, b;
	u16 k;

	memset(out, 0, sizeof(*out));
	if (start >= end || start + size > end)
		out->cost = 1e18;
	if (start >= end || (!n && start + size <= end))
		return;
	if (n && (n->size >= size || !level)) {
		one_bar(out, n);
		return;
	}
	solve(&a, start, level - 1);
	solve(&b, start + size / 2, level - 1);
	out->largest = a.largest > b.largest ? a.largest : b.largest;
	out->cost += a.cost + b.cost;
	out->bonus = a.bonus + b.bonus;
	out->best = a.best + b.best;
	for (k = 0; k < LEVELS; k++) {
		out->inside[k] = a.inside[k] + b.inside[k];
		out->cleared[k] = a.cleared[k] + b.cleared[k];
	}
	if (out->largest && out->largest < size) {
		out->inside[level]++;
		out->bonus += price[level];
	}
	if (out->cost - out->bonus < out->best) {
		out->best = out->cost - out->bonus;
		memcpy(out->cleared, out->inside, sizeof(out->cleared));
	}
}

static u64 free_places(u64 size)
{
	u64 at = (space->nodes[0].start + size - 1) & ~(size - 1), places = 0;

	for (; at + size <= space->nodes[0].start + space->nodes[0].size; at += size)
		places += !bar_over(at, size);
	return places;
}

/**
 * plan_bound - a cost that no plan can be below
 * @s: node 0 is the only window, the last node the only request, all else are BARs
 * @granule: smallest BAR
 *
 * Return: the bound.
 */
double plan_bound(const struct plan_space *s, u64 granule)
{
	u64 request = s->nodes[s->node_count - 1].size, start;
	double demand[LEVELS], best = 0, step = 600;
	u16 top = 0, k, round;

	space = s;
	unit = granule;
	while (unit << top < request)
		top++;
	memset(price, 0, sizeof(price));
	for (k = 0; k <= top; k++)
		demand[k] = (double)(request / (unit << k)) - (double)free_places(unit << k);
	for (round = 0; round < 60; round++, step *= 0.9) {
		double value = 0, most = 0;
		struct block out;

		memset(used, 0, sizeof(used));
		start = s->nodes[0].start & ~(request - 1);
		for (; start < s->nodes[0].start + s->nodes[0].size; start += request) {
			solve(&out, start, top);
			value += out.best;
			for (k = 0; k <= top; k++)
				used[k] += out.cleared[k];
		}
		for (k = 0; k <= top; k++) {
			double off = demand[k] - used[k];

			value += price[k] * demand[k];
			if (off > most || (-off > most && price[k] > 0))
				most = off < 0 ? -off : off;
		}
		if (value > best)
			best = value;
		if (most == 0)
			break;
		for (k = 0; k <= top; k++) {
			price[k] += step * (demand[k] - used[k]) / most;
			if (price[k] < 0)
				price[k] = 0;
		}
	}
	return best;
}
