// SPDX-License-Identifier: GPL-2.0
/*
 * The host's heartbeat and its state word, looked at by a slow timer.
 *
 * A heartbeat that stands still proves little: the host may be busy attaching
 * a large BAR. One that goes on proves little, too, when a request was not
 * answered. So the host is asked, again and again: one that pauses, or is being
 * replaced, costs a pause. Drivers give up a request after 30 s and more; only when
 * the host has been silent for longer than they wait the bus is broken. A host that
 * says that it stops is taken at its word: its functions are removed.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "bus/health.h"
#include "bus/lifecycle.h"
#include "core/bus.h"
#include "wire/proto.h"

#define PERIOD		(2 * HZ)
#define SILENT_MS	(8 * PVPCI_BEAT_MS)

static unsigned int patience_s = 60;
module_param(patience_s, uint, 0644);
MODULE_PARM_DESC(patience_s,
		 "how long a host may be silent before its functions are given up, in s; drivers give up a request by themselves, nvme after 30");

static bool host_stopped(struct pvpci_bus *bus)
{
	u32 state = pvpci_transport_host_state(&bus->wire.transport);

	switch (state) {
	case PVPCI_HOST_READY:
		return false;
	case PVPCI_HOST_STOPPING:
		pvpci_bus_break(bus, "the host has stopped");
		pvpci_work_take_all_away(bus);
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

	pvpci_requests_stats(&bus->wire.requests, &stats);
	return stats.replies + stats.late;
}

/* One that works its way through a queue of slow requests is not silent. */
static bool is_silent(struct pvpci_bus *bus)
{
	u64 before = answers(bus);

	return pvpci_proto_ping(&bus->wire, pvpci_timeout_ms) && answers(bus) == before;
}

/* Whether to wait for a silent host a while longer. */
static bool bear(struct pvpci_bus *bus)
{
	struct pvpci_lifecycle *life = bus->life;
	unsigned int patience = min(READ_ONCE(patience_s), 86400U);

	if (!life->silent_since) {
		life->silent_since = jiffies ?: 1;
		if (patience)
			dev_warn(&bus->pdev->dev, "The host is silent, its functions wait for it.\n");
	}
	if (time_before(jiffies, life->silent_since + patience * HZ))
		return true;
	pvpci_bus_break(bus, "the host is silent, %u ms after its last heartbeat",
			jiffies_to_msecs(jiffies - life->beat_at));
	return false;
}

/* Whether to go on looking. */
static bool check(struct pvpci_bus *bus)
{
	bool suspect = xchg(&bus->work.host_suspect, false);
	struct pvpci_lifecycle *life = bus->life;
	u32 beat;

	if (READ_ONCE(bus->removing) || !pvpci_state_answers(bus) || host_stopped(bus))
		return false;
	beat = pvpci_transport_host_beat(&bus->wire.transport);
	if (beat != life->beat) {
		life->beat = beat;
		life->beat_at = jiffies;
	}
	if (!suspect && !life->silent_since &&
	    time_before(jiffies, life->beat_at + msecs_to_jiffies(SILENT_MS)))
		return true;
	if (is_silent(bus))
		return !host_stopped(bus) && bear(bus);
	if (life->silent_since)
		dev_info(&bus->pdev->dev, "The host answers again.\n");
	life->silent_since = 0;
	life->beat_at = jiffies;
	/* A ping that was late because others are served is no suspicion. */
	WRITE_ONCE(bus->work.host_suspect, false);
	return true;
}

static void work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(to_delayed_work(work), struct pvpci_bus, work.health);

	if (check(bus))
		pvpci_work_check_in(bus, PERIOD);
	pvpci_bus_put(bus);
}

/**
 * pvpci_health_init - prepare to look after a host
 * @bus: the bus
 */
void pvpci_health_init(struct pvpci_bus *bus)
{
	INIT_DEFERRABLE_WORK(&bus->work.health, work);
}

/**
 * pvpci_health_start - begin to look
 * @bus: the bus, in D0
 */
void pvpci_health_start(struct pvpci_bus *bus)
{
	bus->life->beat = pvpci_transport_host_beat(&bus->wire.transport);
	bus->life->beat_at = jiffies;
	bus->life->silent_since = 0;
	pvpci_work_check_in(bus, PERIOD);
}

/**
 * pvpci_health_stop - stop looking
 * @bus: with pvpci_bus.removing set
 *
 * Context: process context.
 */
void pvpci_health_stop(struct pvpci_bus *bus)
{
	if (cancel_delayed_work_sync(&bus->work.health))
		pvpci_bus_put(bus);
}
