// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a function, and what the host was told of it: for each one table
 * says what may follow, and one function makes the transition.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "function/function.h"
#include "function/life.h"

static const char * const life_names[] = {
	[PVPCI_LIFE_NEW]	= "new",
	[PVPCI_LIFE_PLACED]	= "placed",
	[PVPCI_LIFE_HIDDEN]	= "hidden",
	[PVPCI_LIFE_LIVE]	= "live",
	[PVPCI_LIFE_LEAVING]	= "leaving",
	[PVPCI_LIFE_DEAD]	= "dead",
};

static_assert(ARRAY_SIZE(life_names) == PVPCI_LIFE_COUNT);

/*
 * What may follow, and who makes it so. All but one hold PCI core's rescan lock;
 * on the way down of the machine everybody else is frozen instead.
 *
 *	new -> placed		the host has taken its places: room/assign.c
 *	placed -> live		PCI core has found and claimed it: bus/root.c
 *	... -> hidden		PCI core has forgotten it: bus/root.c
 *	hidden -> live		a rescan has found it, or a driver is bound: bus/root.c
 *	... -> leaving		the host or the user wants it back, there is room for it
 *				after all, or the bus goes: hotplug/remove.c, bus/root.c
 *	... -> dead		the host has taken it, or has stopped: hotplug/remove.c;
 *				it did not come back from sleep: bus/pm.c, room/assign.c
 */
static const u8 life_next[PVPCI_LIFE_COUNT] = {
	[PVPCI_LIFE_NEW]	= BIT(PVPCI_LIFE_PLACED) | BIT(PVPCI_LIFE_LEAVING) |
				  BIT(PVPCI_LIFE_DEAD),
	[PVPCI_LIFE_PLACED]	= BIT(PVPCI_LIFE_HIDDEN) | BIT(PVPCI_LIFE_LIVE) |
				  BIT(PVPCI_LIFE_LEAVING) | BIT(PVPCI_LIFE_DEAD),
	[PVPCI_LIFE_HIDDEN]	= BIT(PVPCI_LIFE_LIVE) | BIT(PVPCI_LIFE_LEAVING) |
				  BIT(PVPCI_LIFE_DEAD),
	[PVPCI_LIFE_LIVE]	= BIT(PVPCI_LIFE_HIDDEN) | BIT(PVPCI_LIFE_LEAVING) |
				  BIT(PVPCI_LIFE_DEAD),
	[PVPCI_LIFE_LEAVING]	= BIT(PVPCI_LIFE_DEAD),
	[PVPCI_LIFE_DEAD]	= 0,
};

static const char * const told_names[] = {
	[PVPCI_TOLD_NOTHING]	= "nothing",
	[PVPCI_TOLD_OUTCOME]	= "outcome",
	[PVPCI_TOLD_SEARCHING]	= "searching",
	[PVPCI_TOLD_FORGOTTEN]	= "forgotten",
};

static_assert(ARRAY_SIZE(told_names) == PVPCI_TOLD_COUNT);

/* hotplug/report.c tells; a host that is powered up again has forgotten: bus/pm.c. */
static const u8 told_next[PVPCI_TOLD_COUNT] = {
	[PVPCI_TOLD_NOTHING]	= BIT(PVPCI_TOLD_OUTCOME) | BIT(PVPCI_TOLD_SEARCHING),
	[PVPCI_TOLD_OUTCOME]	= BIT(PVPCI_TOLD_OUTCOME) | BIT(PVPCI_TOLD_SEARCHING) |
				  BIT(PVPCI_TOLD_FORGOTTEN),
	[PVPCI_TOLD_SEARCHING]	= BIT(PVPCI_TOLD_OUTCOME) | BIT(PVPCI_TOLD_SEARCHING) |
				  BIT(PVPCI_TOLD_FORGOTTEN),
	[PVPCI_TOLD_FORGOTTEN]	= BIT(PVPCI_TOLD_OUTCOME) | BIT(PVPCI_TOLD_SEARCHING) |
				  BIT(PVPCI_TOLD_FORGOTTEN),
};

/**
 * pvpci_life_name - name of a stage
 * @life: one of enum pvpci_life
 *
 * Return: a constant string.
 */
const char *pvpci_life_name(enum pvpci_life life)
{
	return life < PVPCI_LIFE_COUNT ? life_names[life] : "unknown";
}

/**
 * pvpci_life_allowed - may one stage follow another?
 * @from: stage now
 * @to: stage wanted
 *
 * Return: whether it may.
 */
bool pvpci_life_allowed(enum pvpci_life from, enum pvpci_life to)
{
	return from < PVPCI_LIFE_COUNT && to < PVPCI_LIFE_COUNT && life_next[from] & BIT(to);
}

/**
 * pvpci_life - where a function stands now
 * @fn: the function
 *
 * Context: any; it may be the next moment's past without pvpci_fn.lock.
 * Return: the stage.
 */
enum pvpci_life pvpci_life(const struct pvpci_fn *fn)
{
	return READ_ONCE(fn->life);
}

/**
 * pvpci_life_set - make a transition
 * @fn: the function
 * @to: new stage
 *
 * Context: any, pvpci_fn.lock not held.
 * Return: whether this call made it; false when it is not allowed from where
 * the function stands.
 */
bool pvpci_life_set(struct pvpci_fn *fn, enum pvpci_life to)
{
	unsigned long flags;
	bool allowed;

	raw_spin_lock_irqsave(&fn->lock, flags);
	allowed = pvpci_life_allowed(fn->life, to);
	if (allowed)
		WRITE_ONCE(fn->life, to);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return allowed;
}

/**
 * pvpci_life_settles - are discovery and assignment of a function not over?
 * @fn: the function
 *
 * Context: any.
 * Return: true while memory-enable is answered here.
 */
bool pvpci_life_settles(const struct pvpci_fn *fn)
{
	return pvpci_life(fn) < PVPCI_LIFE_LIVE;
}

/**
 * pvpci_life_is_going - is a function on its way out, or gone?
 * @fn: the function
 *
 * Context: any.
 * Return: whether it is.
 */
bool pvpci_life_is_going(const struct pvpci_fn *fn)
{
	return pvpci_life(fn) > PVPCI_LIFE_LIVE;
}

/**
 * pvpci_told_name - name of what the host was told
 * @told: one of enum pvpci_told
 *
 * Return: a constant string.
 */
const char *pvpci_told_name(enum pvpci_told told)
{
	return told < PVPCI_TOLD_COUNT ? told_names[told] : "unknown";
}

/**
 * pvpci_told_allowed - may one follow another?
 * @from: what the host was told
 * @to: what it is told
 *
 * Return: whether it may.
 */
bool pvpci_told_allowed(enum pvpci_told from, enum pvpci_told to)
{
	return from < PVPCI_TOLD_COUNT && to < PVPCI_TOLD_COUNT && told_next[from] & BIT(to);
}

/**
 * pvpci_told_set - make a transition
 * @fn: the function
 * @to: what the host is told, or that it has forgotten
 *
 * Context: any, pvpci_fn.lock not held.
 * Return: whether this call made it.
 */
bool pvpci_told_set(struct pvpci_fn *fn, enum pvpci_told to)
{
	unsigned long flags;
	bool allowed;

	raw_spin_lock_irqsave(&fn->lock, flags);
	allowed = pvpci_told_allowed(fn->told, to);
	if (allowed)
		WRITE_ONCE(fn->told, to);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return allowed;
}
