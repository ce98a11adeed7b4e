// SPDX-License-Identifier: GPL-2.0
/*
 * States of a bus: one table says which follow which, one function sets them.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "core/bus.h"

static const char * const names[] = {
	[PVPCI_STATE_PROBING]	= "probing",
	[PVPCI_STATE_D0]	= "D0",
	[PVPCI_STATE_RUNNING]	= "running",
	[PVPCI_STATE_SUSPENDED]	= "suspended",
	[PVPCI_STATE_STOPPING]	= "stopping",
	[PVPCI_STATE_BROKEN]	= "broken",
	[PVPCI_STATE_GONE]	= "gone",
};

static_assert(ARRAY_SIZE(names) == PVPCI_STATE_COUNT);

/* What may follow. */
static const u8 next[PVPCI_STATE_COUNT] = {
	[PVPCI_STATE_PROBING]	= BIT(PVPCI_STATE_D0) | BIT(PVPCI_STATE_BROKEN) |
				  BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_D0]	= BIT(PVPCI_STATE_RUNNING) | BIT(PVPCI_STATE_STOPPING) |
				  BIT(PVPCI_STATE_BROKEN) | BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_RUNNING]	= BIT(PVPCI_STATE_SUSPENDED) | BIT(PVPCI_STATE_STOPPING) |
				  BIT(PVPCI_STATE_BROKEN) | BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_SUSPENDED]	= BIT(PVPCI_STATE_RUNNING) | BIT(PVPCI_STATE_BROKEN) |
				  BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_STOPPING]	= BIT(PVPCI_STATE_BROKEN) | BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_BROKEN]	= BIT(PVPCI_STATE_GONE),
	[PVPCI_STATE_GONE]	= 0,
};

/**
 * pvpci_state_name - name of a state
 * @state: one of enum pvpci_state
 *
 * Return: a constant string.
 */
const char *pvpci_state_name(enum pvpci_state state)
{
	return state < PVPCI_STATE_COUNT ? names[state] : "unknown";
}

/**
 * pvpci_state_allowed - may one state follow another?
 * @from: state now
 * @to: state wanted
 *
 * Return: whether it may.
 */
bool pvpci_state_allowed(enum pvpci_state from, enum pvpci_state to)
{
	return from < PVPCI_STATE_COUNT && to < PVPCI_STATE_COUNT && next[from] & BIT(to);
}

/**
 * pvpci_state - state of a bus now
 * @bus: the bus
 *
 * Context: any.
 * Return: the state.
 */
enum pvpci_state pvpci_state(const struct pvpci_bus *bus)
{
	return atomic_read(&bus->state);
}

/**
 * pvpci_state_set - make a transition
 * @bus: the bus
 * @to: new state
 *
 * Context: any.
 * Return: whether this call made it; false when it is not allowed from where
 * the bus stands.
 */
bool pvpci_state_set(struct pvpci_bus *bus, enum pvpci_state to)
{
	int from = atomic_read(&bus->state);

	do {
		if (!pvpci_state_allowed(from, to))
			return false;
	} while (!atomic_try_cmpxchg(&bus->state, &from, to));
	return true;
}

/**
 * pvpci_state_answers - do the functions answer config accesses?
 * @bus: the bus
 *
 * Context: any.
 * Return: false when they read all-ones.
 */
bool pvpci_state_answers(const struct pvpci_bus *bus)
{
	enum pvpci_state state = pvpci_state(bus);

	return state == PVPCI_STATE_D0 || state == PVPCI_STATE_RUNNING ||
	       state == PVPCI_STATE_STOPPING;
}

static __printf(2, 0) bool note_broken(struct pvpci_bus *bus, const char *fmt, va_list args)
{
	if (!pvpci_state_set(bus, PVPCI_STATE_BROKEN))
		return false;
	vsnprintf(bus->why, sizeof(bus->why), fmt, args);
	dev_err(&bus->pdev->dev, "Bus is broken: %s.\n", bus->why);
	pvpci_transport_set_guest(&bus->wire.transport, PVPCI_GUEST_BROKEN);
	pvpci_work_look(bus);
	return true;
}

/**
 * pvpci_bus_break - stop using a bus whose host cannot be trusted or reached
 * @bus: the bus
 * @fmt: what is wrong, a sentence without a full stop
 *
 * Says so once, tells the host through the guest's state word, ends all waits
 * and makes all functions read all-ones.
 *
 * Context: any; not with pvpci_requests.lock held.
 */
void pvpci_bus_break(struct pvpci_bus *bus, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (note_broken(bus, fmt, args))
		pvpci_requests_break(&bus->wire.requests);
	va_end(args);
}

/**
 * pvpci_bus_broken - the same, found out by the message code itself
 * @bus: the bus
 * @fmt: what is wrong, a sentence without a full stop
 *
 * Context: with pvpci_requests.lock held, which has stopped already.
 */
void pvpci_bus_broken(struct pvpci_bus *bus, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note_broken(bus, fmt, args);
	va_end(args);
}
