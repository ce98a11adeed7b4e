/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads or writes at random places, so many in flight, for a time.
 */
#ifndef INITIATOR_LOAD_H
#define INITIATOR_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "nvme.h"

#define LOAD_FUNCTIONS	256

/**
 * struct load - what to do, and what came of it
 * @bus: in D0
 * @nvme: open controllers
 * @count: number of them
 * @depth: commands in flight on each
 * @write: write, or read
 * @readers: so many of the last ones read in any case
 * @interrupts: wait for the transport vectors; look without a pause otherwise
 * @warm_ns: do not count that long at first
 * @run_ns: count so long
 * @ios: result: commands that completed while it was counted
 * @ns: result: how long that was
 * @waits: result: how often it waited for an interrupt
 * @latency: result: nanoseconds of each, sorted; of the first ones if there are very many
 * @nr_latencies: length of @latency
 */
struct load {
	struct native_bus *bus;
	struct nvme *nvme;
	unsigned int count;
	unsigned int depth;
	bool write;
	unsigned int readers;
	bool interrupts;
	uint64_t warm_ns;
	uint64_t run_ns;
	uint64_t ios;
	uint64_t ns;
	uint64_t waits;
	uint32_t *latency;
	uint64_t nr_latencies;
};

/** load_run - do it; ends the program with a sentence when a command fails or is lost */
void load_run(struct load *load);

#endif /* INITIATOR_LOAD_H */
