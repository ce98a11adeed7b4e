/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to spin, when to nap, when to sleep: a pure function of time and work.
 */
#ifndef PVPCID_PACE_H
#define PVPCID_PACE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct pace - how busy the bus has been
 * @cap_ns: longest time to spin without work
 * @gap_ns: average time from one find of work to the next, of those below @cap_ns
 * @share: how many gaps of late were below @cap_ns, of 1024
 * @last_work_ns: when work was found last
 * @quick: how many requests of late came within a short spin, of 1024
 * @rung_ns: when a doorbell was rung last, before its request
 * @awake_until_ns: which is there before that at the latest
 * @attach_until_ns: a function was attached: its driver shakes hands until that
 * @grace_until_ns: sleeping is published, but the scan goes on until that
 * @crowded_until_ns: somebody else needs the processor, believed until that
 * @spun_ns: when the last scan ended, if another was to follow at once, or 0
 * @sleeping: what is published
 * @unrung: functions are attached whose guest does not ring before it asks (no
 *	PVPCI_F_WAKE): a sleep is short; set by the caller before pace_next()
 * @tick_ns: length of the next sleep
 * @polls: scans of ring and functions
 * @finds: scans that found work
 * @naps: short waits
 * @sleeps: times the bus went to sleep
 * @ticks: waits while asleep
 * @wakes: times work ended a sleep
 * @doorbells: doorbells received
 * @taken: times the processor was taken from the spin
 */
struct pace {
	uint64_t cap_ns;
	uint64_t gap_ns;
	unsigned int share;
	uint64_t last_work_ns;
	unsigned int quick;
	uint64_t rung_ns;
	uint64_t awake_until_ns;
	uint64_t attach_until_ns;
	uint64_t grace_until_ns;
	uint64_t crowded_until_ns;
	uint64_t spun_ns;
	bool sleeping;
	bool unrung;
	uint64_t tick_ns;
	uint64_t polls;
	uint64_t finds;
	uint64_t naps;
	uint64_t sleeps;
	uint64_t ticks;
	uint64_t wakes;
	uint64_t doorbells;
	uint64_t taken;
};

/** pace_init - awake and without a past; @cap_us: see struct pace */
void pace_init(struct pace *pace, unsigned int cap_us, uint64_t now_ns);

/**
 * pace_begin - a scan begins
 * @pace: pace
 * @now_ns: time; much later than the end of the scan before it, after which no wait was
 *	asked for, it tells that somebody else had the processor
 */
void pace_begin(struct pace *pace, uint64_t now_ns);

/**
 * pace_yields - is the processor offered to others between two scans?
 * @pace: pace
 * @now_ns: time
 *
 * Not to one who is known to need it: he would keep it for milliseconds, and gets what the
 * naps leave.
 */
bool pace_yields(const struct pace *pace, uint64_t now_ns);

/**
 * pace_next - what to do after a scan
 * @now_ns: time when the scan ended
 * @pace: @pace->sleeping says afterwards what must be published before the wait
 * @worked: the scan found work
 *
 * Return: how long to wait for file descriptors, in ns; 0 to scan again at once.
 */
uint64_t pace_next(struct pace *pace, uint64_t now_ns, bool worked);

/** pace_doorbell - the guest rang: stay awake for what it is about to ask */
void pace_doorbell(struct pace *pace, uint64_t now_ns);

/** pace_attach - a function was attached at @when_ns: its driver will poll registers */
void pace_attach(struct pace *pace, uint64_t when_ns);

#endif /* PVPCID_PACE_H */
