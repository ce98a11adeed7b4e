// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: what there is to do now.
 */
#include "base/clock.h"
#include "bus/bus.h"
#include "bus/saved.h"

#define HOT_NS		1000000ULL
#define SCAN_MAX_NS	500000ULL	/* a model that was slow once is not slow always */
#define FEW		4	/* functions: to look at the clock costs as much as at them */
#define WATCHED_NS	20000000ULL
#define POLL_MESSAGES	32	/* of the ring, before the functions get their turn */

static void send_invalidations(struct bus *bus)
{
	unsigned int i;

	bus->blocks_pending = false;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		struct function *fn = bus->row[i];

		if (!fn || !fn->invalid_blocks)
			continue;
		if (!pvpci_host_send_invalidate(&bus->host, fn->row, fn->instance,
						fn->invalid_blocks))
			fn->invalid_blocks = 0;
		else
			bus->blocks_pending = true;
	}
}

static void send_events(struct bus *bus)
{
	unsigned int i;

	if (bus->relations_pending &&
	    !pvpci_host_send_relations(&bus->host, bus->relations_seq, bus->nr_functions)) {
		bus->relations_pending = false;
		bus_told(bus);
	}
	if (bus->blocks_pending)
		send_invalidations(bus);
	rebalance_send(bus);
	if (!bus->next_eject)
		return;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		struct function *fn = bus->row[i];

		if (fn && fn->eject_id && !fn->eject_sent &&
		    !pvpci_host_send_eject(&bus->host, fn->row, fn->instance,
					   fn->eject_device))
			fn->eject_sent = true;
	}
}

static bool poll_function(struct function *fn)
{
	bool worked = fn->ops->poll(fn->model);

	if (fn->any_pending)
		worked |= function_check_pending(fn);
	return worked;
}

/*
 * Functions that had work a moment ago are looked at every time; all of them
 * at most half of the time, and always before and during a sleep. With 256
 * functions a look at all takes longer than a request.
 */
static bool poll_many(struct bus *bus)
{
	uint64_t now = clock_ns();
	bool all = bus->sleeping || now - bus->scanned_ns >= bus->scan_ns;
	bool worked = false;
	unsigned int i;

	for (i = 0; i < bus->nr_attached; i++) {
		struct function *fn = bus->attached[i];

		if (!all && fn->hot_until_ns <= now && !fn->any_pending)
			continue;
		if (poll_function(fn)) {
			fn->hot_until_ns = now + HOT_NS;
			worked = true;
		}
	}
	if (all) {
		bus->scanned_ns = clock_ns();
		bus->scan_ns = bus->scanned_ns - now;
		if (bus->scan_ns > SCAN_MAX_NS)
			bus->scan_ns = SCAN_MAX_NS;
	}
	return worked;
}

static bool poll_functions(struct bus *bus)
{
	bool worked = false;
	unsigned int i;

	if (bus->nr_attached > FEW)
		return poll_many(bus);
	for (i = 0; i < bus->nr_attached; i++)
		worked |= poll_function(bus->attached[i]);
	return worked;
}

/* What the guest has asked and heard is safe before it hears of it. */
static void publish(struct bus *bus, bool answered)
{
	if (answered || bus->host.unnotified || bus->dirty)
		bus_save(bus);
	if (answered || bus->host.unnotified)
		pvpci_host_publish(&bus->host);
}

bool bus_poll(struct bus *bus)
{
	int answered;
	bool worked;

	bus_settle(bus);
	if (bus->closing)
		bus_close_some(bus);
	if (!bus->connected || bus->host.state == PVPCI_HOST_DEAD)
		return false;
	bus->answering = true;
	answered = pvpci_host_poll(&bus->host, POLL_MESSAGES);
	bus->answering = false;
	worked = answered > 0;
	if (bus->host.state == PVPCI_HOST_D0)
		send_events(bus);
	publish(bus, worked);
	if (bus->host.state == PVPCI_HOST_D0)
		worked |= poll_functions(bus);
	if (bus->host.state == PVPCI_HOST_DEAD) {
		bus_break(bus, bus->host.why_dead);
		return true;
	}
	if (bus->host.unnotified) {
		bus->host.unnotified = 0;
		bus->stats.notifies++;
		vectors_ring(&bus->vectors, BUS_RING_VECTOR);
	}
	return worked;
}

uint64_t bus_cap_sleep(const struct bus *bus, uint64_t wait_ns)
{
	unsigned int i;

	/* Of those that are asked for often this is all. */
	if (wait_ns <= WATCHED_NS)
		return wait_ns;
	/* How much the guest has touched, where that may be too much. */
	if (bus->memory.bytes > bus->conf->touched_bytes)
		return WATCHED_NS;
	/* Nobody says when an interrupt is unmasked. */
	for (i = 0; i < bus->nr_attached; i++)
		if (bus->attached[i]->any_pending)
			return WATCHED_NS;
	return wait_ns;
}

bool bus_busy(const struct bus *bus)
{
	unsigned int i;

	for (i = 0; i < bus->nr_attached; i++) {
		const struct function *fn = bus->attached[i];

		if (!fn->nr_watched && fn->ops->busy && fn->ops->busy(fn->model))
			return true;
	}
	return false;
}
