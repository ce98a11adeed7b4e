// SPDX-License-Identifier: GPL-2.0
/*
 * Reads or writes at random places, so many in flight, for a time or until SIGTERM.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define LATENCIES	(4U << 20)
#define LOST_MS		30000

/* What a function has in flight: when each command was submitted. */
static uint64_t started[LOAD_FUNCTIONS][NVME_DEPTH_MAX];
static uint64_t seed = 88172645463325252ULL;
static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	(void)signo;
	stopped = 1;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* xorshift64: the place need not be unpredictable, only different each time */
static uint64_t random_lba(const struct nvme *nvme)
{
	uint64_t unit = nvme->bytes / nvme->block;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % (nvme->blocks / unit) * unit;
}

static void submit(struct load *load, unsigned int index, uint16_t cid, uint64_t now)
{
	started[index][cid] = now;
	nvme_submit(&load->nvme[index], load->write && index + load->readers < load->count,
		    random_lba(&load->nvme[index]), cid);
}

static void note(struct load *load, uint64_t ns)
{
	load->ios++;
	if (load->nr_latencies < LATENCIES)
		load->latency[load->nr_latencies++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* What one function has completed; each command is followed by another while it @goes_on. */
static unsigned int serve(struct load *load, unsigned int index, bool counted, bool goes_on)
{
	struct nvme *nvme = &load->nvme[index];
	unsigned int found = 0;
	uint64_t now = 0;
	uint16_t cid;

	while (found < load->depth && nvme_reap(nvme, &cid)) {
		if (cid >= load->depth)
			errx(1, "a completion of command %u, which was never sent", cid);
		if (!found++)
			now = now_ns();
		if (counted)
			note(load, now - started[index][cid]);
		if (goes_on)
			submit(load, index, cid, now);
	}
	if (!found)
		return 0;
	nvme_reaped(nvme);
	if (goes_on)
		nvme_ring(nvme);
	return found;
}

static void wait_for_interrupt(struct load *load)
{
	struct pollfd fds[CLIENT_VECTORS];
	unsigned int i, count = load->bus->client.nr_vectors - 1;
	uint64_t value;
	int ready;

	if (count > load->count)
		count = load->count;
	for (i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = load->bus->client.vector[i + 1], .events = POLLIN };
	ready = poll(fds, count, LOST_MS);
	if (ready < 0 && errno == EINTR)
		return;
	if (ready <= 0)
		errx(1, "no interrupt in %d ms with commands in flight", LOST_MS);
	for (i = 0; i < count; i++)
		if (fds[i].revents && read(fds[i].fd, &value, sizeof(value)) != sizeof(value))
			err(1, "vector %u", i + 1);
	load->waits++;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Until @until or SIGTERM, or until nothing is in flight; how many are then. */
static unsigned int go(struct load *load, uint64_t until, bool counted, unsigned int in_flight)
{
	uint64_t last = now_ns();
	unsigned int i, found;

	while (until ? last < until && !stopped : in_flight > 0) {
		for (found = 0, i = 0; i < load->count; i++)
			found += serve(load, i, counted, until);
		if (!until)
			in_flight -= found;
		if (found)
			last = now_ns();
		else if (load->interrupts && in_flight)
			wait_for_interrupt(load);
		else if (until && now_ns() > until)
			break;
		else if (now_ns() - last > LOST_MS * 1000000ULL)
			errx(1, "no completion in %d ms with commands in flight", LOST_MS);
	}
	return in_flight;
}

void load_run(struct load *load)
{
	unsigned int i, cid, in_flight;
	uint64_t begin = now_ns();

	load->latency = malloc(LATENCIES * sizeof(*load->latency));
	if (!load->latency)
		err(1, "latencies");
	signal(SIGTERM, stop);
	for (i = 0; i < load->count; i++) {
		for (cid = 0; cid < load->depth; cid++)
			submit(load, i, (uint16_t)cid, begin);
		nvme_ring(&load->nvme[i]);
	}
	in_flight = go(load, begin + load->warm_ns, false, load->count * load->depth);
	begin = now_ns();
	in_flight = go(load, begin + load->run_ns, true, in_flight);
	load->ns = now_ns() - begin;
	go(load, 0, false, in_flight);
	qsort(load->latency, load->nr_latencies, sizeof(*load->latency), by_size);
}
