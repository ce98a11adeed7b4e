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
 *
 * All this gives way when somebody else needs the processor: most likely it
 * is the guest, whose next request is what the spin waits for. Then the bus
 * looks once after its work and sleeps; and a doorbell, which comes before its
 * request, is answered with a nap, so that the guest gets there. That the
 * processor was taken shows in the clock: Documentation/PCI/pvpci/polling.rst.
 */
#include <string.h>

#include "bus/pace.h"

#define US(n)			((n) * 1000ULL)
#define MS(n)			((n) * 1000000ULL)

#define SPIN_MIN_NS		US(20)
#define SHARE_ALL		1024
#define SHARE_PAYS		(SHARE_ALL / 4)
#define SHARE_QUICK		(SHARE_ALL * 3 / 4)
#define PROBE_FINDS		16
#define AWAKE_NS		MS(1)	/* from doorbell to the driver's register write */
#define RUNG_NS			US(200)	/* most of them come within that: spin for them */
#define NAP_NS			US(30)
#define BURST_NS		MS(20)	/* this long without a request ends a burst */
#define TAKEN_NS		US(60)	/* nobody takes so long from one scan to the next */
#define CROWDED_NS		MS(20)	/* that another needs the processor is believed so long */
#define BURST_NAP_NS		US(200)
#define CROWDED_NAP_NS		US(100)	/* the driver gets to its write, and to waiting for us */
#define ATTACH_NS		MS(100)
#define SHORT_TICK_NS		US(250)
#define GRACE_NS		US(100)
#define TICK_FIRST_NS		MS(1)
#define TICK_LAST_NS		MS(100)

void pace_init(struct pace *pace, unsigned int cap_us, uint64_t now_ns)
{
	memset(pace, 0, sizeof(*pace));
	pace->cap_ns = US(cap_us);
	pace->gap_ns = pace->cap_ns;
	pace->share = SHARE_PAYS;
	pace->last_work_ns = now_ns;
	pace->tick_ns = TICK_FIRST_NS;
}

static bool is_crowded(const struct pace *pace, uint64_t now_ns)
{
	return now_ns < pace->crowded_until_ns;
}

/*
 * In a crowd a short spin pays if the next request most often comes sooner than somebody
 * else could run. What is not done teaches nothing: now and then it is tried.
 */
static bool spins_shortly(const struct pace *pace)
{
	return pace->quick > SHARE_QUICK || pace->finds % PROBE_FINDS == 0;
}

/* A share of the last sixteen or so. */
static void count(unsigned int *share, bool yes)
{
	if (yes)
		*share += (SHARE_ALL - *share) / 16;
	else
		*share -= *share / 16;
}

/* Time since the last work, or since a doorbell said that there will be some. */
static uint64_t since(const struct pace *pace, uint64_t now_ns)
{
	return now_ns - (pace->rung_ns > pace->last_work_ns ? pace->rung_ns : pace->last_work_ns);
}

static void learn(struct pace *pace, uint64_t now_ns)
{
	bool crowded = is_crowded(pace, now_ns);

	if (!crowded || spins_shortly(pace))
		count(&pace->quick, since(pace, now_ns) < SPIN_MIN_NS);
	/* What the doorbell was for is here: another nap would be a guess. */
	if (crowded)
		pace->awake_until_ns = now_ns;
}

static void found_work(struct pace *pace, uint64_t now_ns)
{
	uint64_t gap = now_ns - pace->last_work_ns;

	learn(pace, now_ns);
	pace->finds++;
	/*
	 * Two figures: how often the next work comes soon enough to spin for,
	 * and how soon it then comes. One average of both would be ruled by the
	 * few long gaps that a busy host inserts.
	 */
	if (gap < pace->cap_ns) {
		pace->gap_ns = (pace->gap_ns * 7 + gap) / 8;
		count(&pace->share, true);
	} else if (gap < BURST_NS) {
		count(&pace->share, false);
	} else {
		pace->share = 0;
	}
	pace->last_work_ns = now_ns;
	pace->tick_ns = TICK_FIRST_NS;
	if (pace->sleeping)
		pace->wakes++;
	pace->sleeping = false;
	pace->grace_until_ns = 0;
}

/* Four times the usual gap covers nearly all; where most are longer it does not pay. */
static bool spin_pays(const struct pace *pace, uint64_t now_ns)
{
	uint64_t idle = now_ns - pace->last_work_ns;
	uint64_t budget = pace->gap_ns * 4;

	if (is_crowded(pace, now_ns))
		return spins_shortly(pace) && since(pace, now_ns) < SPIN_MIN_NS &&
		       since(pace, now_ns) < pace->cap_ns;
	if (pace->share < SHARE_PAYS || budget < SPIN_MIN_NS)
		budget = SPIN_MIN_NS;
	if (budget > pace->cap_ns)
		budget = pace->cap_ns;
	return idle < budget || now_ns < pace->rung_ns + RUNG_NS;
}

/* The longer nothing has come, the longer the nap. 0: the guest may ring. */
static uint64_t nap(const struct pace *pace, uint64_t now_ns)
{
	uint64_t idle = now_ns - pace->last_work_ns;
	bool burst = pace->share > SHARE_PAYS && idle < BURST_NS;

	if (is_crowded(pace, now_ns))
		return now_ns < pace->awake_until_ns ? CROWDED_NAP_NS : 0;
	if (!burst && now_ns >= pace->awake_until_ns)
		return 0;
	if (burst && idle / 8 > BURST_NAP_NS)
		return BURST_NAP_NS;
	return burst && idle / 8 > NAP_NS ? idle / 8 : NAP_NS;
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

void pace_begin(struct pace *pace, uint64_t now_ns)
{
	if (!pace->spun_ns || now_ns - pace->spun_ns <= TAKEN_NS)
		return;
	pace->taken++;
	pace->crowded_until_ns = now_ns + CROWDED_NS;
}

bool pace_yields(const struct pace *pace, uint64_t now_ns)
{
	return !is_crowded(pace, now_ns);
}

static uint64_t next_wait(struct pace *pace, uint64_t now_ns, bool worked)
{
	uint64_t wait;

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
	if (spin_pays(pace, now_ns))
		return 0;
	wait = nap(pace, now_ns);
	if (wait) {
		pace->naps++;
		return wait;
	}
	/* The last look around, for a guest that saw us awake a moment ago. */
	pace->sleeping = true;
	pace->sleeps++;
	pace->grace_until_ns = is_crowded(pace, now_ns) ? 0 : now_ns + GRACE_NS;
	return 0;
}

uint64_t pace_next(struct pace *pace, uint64_t now_ns, bool worked)
{
	uint64_t wait = next_wait(pace, now_ns, worked);

	pace->spun_ns = wait ? 0 : now_ns;
	return wait;
}

void pace_doorbell(struct pace *pace, uint64_t now_ns)
{
	pace->doorbells++;
	if (pace->sleeping)
		pace->wakes++;
	pace->sleeping = false;
	pace->rung_ns = now_ns;
	pace->awake_until_ns = now_ns + AWAKE_NS;
	pace->tick_ns = TICK_FIRST_NS;
}

void pace_attach(struct pace *pace, uint64_t when_ns)
{
	pace->attach_until_ns = when_ns + ATTACH_NS;
}
