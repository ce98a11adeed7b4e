// SPDX-License-Identifier: GPL-2.0
/*
 * The host's heartbeat and its state word, looked at by a slow timer.
 *
 * A heartbeat that stands still proves little: the host may be busy attaching
 * a large BAR. One that goes on proves little, too, when a request was not
 * answered. So the host is asked, and only when it does not answer either the
 * bus is broken. A host that says that it stops is taken at its word: its
 * functions are removed.
 */
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "bus/health.h"
#include "bus/root.h"
#include "core/bus.h"
#include "wire/proto.h"

#define PERIOD		(2 * HZ)
#define SILENT_MS	(8 * PVPCI_BEAT_MS)

static void take_away(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_bus, gone_work);

	pvpci_root_surprise(bus);
}

static bool host_stopped(struct pvpci_bus *bus)
{
	u32 state = pvpci_transport_host_state(&bus->transport);

	switch (state) {
	case PVPCI_HOST_READY:
		return false;
	case PVPCI_HOST_STOPPING:
		pvpci_bus_break(bus, "the host has stopped");
		queue_work(bus->wq, &bus->gone_work);
		return true;
	case PVPCI_HOST_BROKEN:
		pvpci_bus_break(bus, "the host says that this guest broke the rules");
		return true;
	default:
		pvpci_bus_break(bus, "the state word of the host is %u", state);
		return true;
	}
}

static u64 answers(struct pvpci_bus *bus)
{
	struct pvpci_request_stats stats;

	pvpci_requests_stats(&bus->requests, &stats);
	return stats.replies + stats.late;
}

/* One that works its way through a queue of slow requests is not silent. */
static bool is_silent(struct pvpci_bus *bus)
{
	u64 before = answers(bus);

	return pvpci_proto_ping(bus, pvpci_timeout_ms) && answers(bus) == before;
}

static void check(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(to_delayed_work(work), struct pvpci_bus, health_work);
	u32 beat = pvpci_transport_host_beat(&bus->transport);
	bool suspect = xchg(&bus->suspect, false);

	if (READ_ONCE(bus->removing) || !pvpci_state_answers(bus) || host_stopped(bus))
		return;
	if (beat != bus->beat) {
		bus->beat = beat;
		bus->beat_at = jiffies;
	}
	if (suspect || time_after(jiffies, bus->beat_at + msecs_to_jiffies(SILENT_MS))) {
		if (is_silent(bus) && !host_stopped(bus)) {
			pvpci_bus_break(bus, "the host is silent, %u ms after its last heartbeat",
					jiffies_to_msecs(jiffies - bus->beat_at));
			return;
		}
		bus->beat_at = jiffies;
	}
	queue_delayed_work(system_wq, &bus->health_work, PERIOD);
}

/**
 * pvpci_health_init - prepare to look after a host
 * @bus: the bus
 */
void pvpci_health_init(struct pvpci_bus *bus)
{
	INIT_DEFERRABLE_WORK(&bus->health_work, check);
	INIT_WORK(&bus->gone_work, take_away);
}

/**
 * pvpci_health_start - begin to look
 * @bus: the bus, in D0
 */
void pvpci_health_start(struct pvpci_bus *bus)
{
	bus->beat = pvpci_transport_host_beat(&bus->transport);
	bus->beat_at = jiffies;
	queue_delayed_work(system_wq, &bus->health_work, PERIOD);
}

/**
 * pvpci_health_stop - stop looking
 * @bus: with pvpci_bus.removing set
 *
 * Context: process context.
 */
void pvpci_health_stop(struct pvpci_bus *bus)
{
	cancel_delayed_work_sync(&bus->health_work);
	cancel_work_sync(&bus->gone_work);
}

/**
 * pvpci_health_check_now - something took too long: look before the timer does
 * @bus: the bus; nothing happens while it is brought up or taken down
 *
 * Context: any.
 */
void pvpci_health_check_now(struct pvpci_bus *bus)
{
	if (READ_ONCE(bus->removing) || pvpci_state(bus) != PVPCI_STATE_RUNNING)
		return;
	WRITE_ONCE(bus->suspect, true);
	mod_delayed_work(system_wq, &bus->health_work, 0);
}
