// SPDX-License-Identifier: GPL-2.0
/*
 * When to spin, when to nap, when to sleep.
 *
 * Spinning finds the next request soonest, but on a small host it takes the
 * processor that the guest needs to make it. So the bus spins about as long
 * as requests have lately been apart; when they come further apart than that,
 * a doorbell costs less than the spin. In the midst of a burst it naps instead
 * of asking for a doorbell: the guest is about to go on, and a doorbell costs
 * it an exit.
 */
#include <string.h>

#include "bus/pace.h"

#define US(n)			((n) * 1000ULL)
#define MS(n)			((n) * 1000000ULL)

#define SPIN_MIN_NS		US(20)
#define SHARE_ALL		1024
#define SHARE_PAYS		(SHARE_ALL / 4)
#define AWAKE_NS		MS(1)	/* from doorbell to the driver's register write */
#define RUNG_NS			US(200)	/* most of them come within that: spin for them */
#define NAP_NS			US(30)
#define BURST_RUN		16	/* requests close to each other make a burst */
#define BURST_NS		MS(20)	/* and this long without one ends it */
#define BURST_NAP_NS		US(200)
#define ATTACH_NS		MS(100)
#define SHORT_TICK_NS		US(250)
#define GRACE_NS		US(100)
#define TICK_FIRST_NS		MS(1)
#define TICK_LAST_NS		MS(20)

void pace_init(struct pace *pace, unsigned int cap_us, uint64_t now_ns)
{
	memset(pace, 0, sizeof(*pace));
	pace->cap_ns = US(cap_us);
	pace->gap_ns = pace->cap_ns;
	pace->share = SHARE_ALL / 2;
	pace->last_work_ns = now_ns;
	pace->tick_ns = TICK_FIRST_NS;
}

static void found_work(struct pace *pace, uint64_t now_ns)
{
	uint64_t gap = now_ns - pace->last_work_ns;

	pace->finds++;
	if (gap >= BURST_NS)
		pace->run = 0;
	else if (gap < pace->cap_ns && pace->run < BURST_RUN)
		pace->run++;
	/*
	 * Two figures: how often the next work comes soon enough to spin for,
	 * and how soon it then comes. One average of both would be ruled by the
	 * few long gaps that a busy host inserts.
	 */
	if (gap < pace->cap_ns) {
		pace->gap_ns = (pace->gap_ns * 7 + gap) / 8;
		pace->share += (SHARE_ALL - pace->share) / 16;
	} else {
		pace->share -= pace->share / 16;
	}
	pace->last_work_ns = now_ns;
	pace->tick_ns = TICK_FIRST_NS;
	if (pace->sleeping)
		pace->wakes++;
	pace->sleeping = false;
	pace->grace_until_ns = 0;
}

/* Four times the usual gap covers nearly all; where most are longer it does not pay. */
static uint64_t spin_budget(const struct pace *pace)
{
	uint64_t budget = pace->gap_ns * 4;

	if (pace->share < SHARE_PAYS || budget < SPIN_MIN_NS)
		budget = SPIN_MIN_NS;
	return budget < pace->cap_ns ? budget : pace->cap_ns;
}

/* The longer nothing has come, the longer the nap. 0: this is no burst. */
static uint64_t burst_nap(const struct pace *pace, uint64_t now_ns)
{
	uint64_t idle = now_ns - pace->last_work_ns;

	if (pace->run < BURST_RUN || idle >= BURST_NS)
		return 0;
	if (idle / 8 < NAP_NS)
		return NAP_NS;
	return idle / 8 < BURST_NAP_NS ? idle / 8 : BURST_NAP_NS;
}

static uint64_t sleep_tick(struct pace *pace, uint64_t now_ns)
{
	uint64_t wait = pace->tick_ns;

	pace->ticks++;
	if (pace->unrung || now_ns < pace->attach_until_ns)
		return SHORT_TICK_NS;
	pace->tick_ns = wait * 2 < TICK_LAST_NS ? wait * 2 : TICK_LAST_NS;
	return wait;
}

uint64_t pace_next(struct pace *pace, uint64_t now_ns, bool worked)
{
	uint64_t nap;

	pace->polls++;
	if (worked) {
		found_work(pace, now_ns);
		return 0;
	}
	if (pace->sleeping) {
		if (now_ns < pace->grace_until_ns)
			return 0;
		return sleep_tick(pace, now_ns);
	}
	if (now_ns - pace->last_work_ns < spin_budget(pace) || now_ns < pace->rung_until_ns)
		return 0;
	nap = now_ns < pace->awake_until_ns ? NAP_NS : burst_nap(pace, now_ns);
	if (nap) {
		pace->naps++;
		return nap;
	}
	/* The last look around, for a guest that saw us awake a moment ago. */
	pace->sleeping = true;
	pace->sleeps++;
	pace->grace_until_ns = now_ns + GRACE_NS;
	return 0;
}

void pace_doorbell(struct pace *pace, uint64_t now_ns)
{
	pace->doorbells++;
	if (pace->sleeping)
		pace->wakes++;
	pace->sleeping = false;
	pace->rung_until_ns = now_ns + RUNG_NS;
	pace->awake_until_ns = now_ns + AWAKE_NS;
	pace->tick_ns = TICK_FIRST_NS;
}

void pace_attach(struct pace *pace, uint64_t when_ns)
{
	pace->attach_until_ns = when_ns + ATTACH_NS;
}
