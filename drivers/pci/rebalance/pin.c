// SPDX-License-Identifier: GPL-2.0
/*
 * pin.c - who may not be moved, and why
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/vgaarb.h>

#include "client.h"
#include "follow.h"
#include "in_use.h"
#include "owner.h"
#include "pin.h"
#include "users.h"

/* Base class 08h, sub-class 06h (PCI Code and ID Assignment); pci_ids.h does not know it. */
#define CLASS_SYSTEM_IOMMU	0x0806

/* What can be allowed for whoever is not to be moved for a passing reason. */
#define LATER			REBALANCE_CONSENT_NONE

static bool is_bridge(const struct rebalance_owner *o, const struct users *users)
{
	return pci_is_bridge(o->dev) || o->dev->class >> 16 == PCI_BASE_CLASS_BRIDGE;
}

static bool is_iommu(const struct rebalance_owner *o, const struct users *users)
{
	return o->dev->class >> 8 == CLASS_SYSTEM_IOMMU;
}

/* An I/O APIC or a timer: the kernel has mapped it long ago without being its driver. */
static bool is_system(const struct rebalance_owner *o, const struct users *users)
{
	return o->dev->class >> 8 == PCI_CLASS_SYSTEM_PIC ||
	       o->dev->class >> 8 == PCI_CLASS_SYSTEM_TIMER;
}

static bool is_display(const struct rebalance_owner *o, const struct users *users)
{
	return o->dev->class >> 16 == PCI_BASE_CLASS_DISPLAY ||
	       o->dev->class >> 8 == PCI_CLASS_NOT_DEFINED_VGA || vga_default_device() == o->dev;
}

static bool has_fixed_addresses(const struct rebalance_owner *o, const struct users *users)
{
	return pci_find_capability(o->dev, PCI_CAP_ID_EA);
}

static int is_host_bridge_device(struct device *child, void *unused)
{
	return !strncmp(dev_name(child), "pci", 3) && strchr(dev_name(child), ':');
}

static bool is_host_bridge_endpoint(const struct rebalance_owner *o, const struct users *users)
{
	return device_for_each_child(&o->dev->dev, NULL, is_host_bridge_device);
}

static bool has_virtual_functions(const struct rebalance_owner *o, const struct users *users)
{
	return o->dev->is_virtfn || pci_num_vf(o->dev);
}

static bool has_peer_memory(const struct rebalance_owner *o, const struct users *users)
{
#ifdef CONFIG_PCI_P2PDMA
	return rcu_access_pointer(o->dev->p2pdma);
#else
	return false;
#endif
}

static bool is_vfio(const struct rebalance_owner *o, const struct users *users)
{
	return o->driver && strstr(o->driver->name, "vfio");
}

/* A peer of a VFIO container or a guest of KVM may know its address from there, too. */
static bool is_mapped(const struct rebalance_owner *o, const struct users *users)
{
	return users_have_mapped(users, o->dev);
}

static bool is_enabled_without_driver(const struct rebalance_owner *o, const struct users *users)
{
	return !o->driver && atomic_read(&o->dev->enable_cnt);
}

/* On such a kernel a mapping of a resourceN file that is made during the move cannot be revoked. */
static bool mappings_cannot_be_revoked(const struct rebalance_owner *o, const struct users *users)
{
	return !IS_ENABLED(CONFIG_IO_STRICT_DEVMEM);
}

static bool firmware_owns(const struct rebalance_owner *o, const struct users *users)
{
	u16 command;

	if (o->driver)
		return false;
	pci_read_config_word(o->dev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MEMORY;
}

static bool has_driver_that_cannot_move(const struct rebalance_owner *o, const struct users *users)
{
	return o->driver && !o->ops;
}

/* Another path to its disks would not help. */
static bool is_used_past_paths(const struct rebalance_owner *o, const struct users *users)
{
	return o->used && o->online && in_use(o->dev, users, true);
}

static bool is_used(const struct rebalance_owner *o, const struct users *users)
{
	return o->used && !o->online;
}

/**
 * struct rule - who is pinned
 * @applies: to this function?
 * @why: words for it
 * @unless: what the user can allow for this function to lift the rule; NONE: nothing
 */
struct rule {
	bool (*applies)(const struct rebalance_owner *o, const struct users *users);
	const char *why;
	enum rebalance_consent unless;
};

/* In the order in which the reasons are given. */
static const struct rule rules[] = {
	{is_bridge, "a bridge keeps its own BARs", REBALANCE_CONSENT_NONE},
	{is_iommu, "an IOMMU", REBALANCE_CONSENT_NONE},
	{is_system, "an interrupt controller or a timer", REBALANCE_CONSENT_NONE},
	{is_display, "display or legacy VGA", REBALANCE_CONSENT_NONE},
	{has_fixed_addresses, "fixed addresses (Enhanced Allocation)", REBALANCE_CONSENT_NONE},
	{is_host_bridge_endpoint, "a PCI host bridge is behind it", REBALANCE_CONSENT_NONE},
	{has_virtual_functions, "virtual functions are in use", REBALANCE_CONSENT_NONE},
	{has_peer_memory, "its memory is used by peers", REBALANCE_CONSENT_NONE},
	{is_vfio, "given to user space by VFIO", REBALANCE_CONSENT_NONE},
	{is_mapped, "a process has its BARs mapped", LATER},
	{is_enabled_without_driver, "enabled by somebody who is not its driver",
	 REBALANCE_CONSENT_NONE},
	{mappings_cannot_be_revoked, "user mappings cannot be revoked", REBALANCE_CONSENT_MOVE},
	{firmware_owns, "decodes without a driver, firmware may use it", REBALANCE_CONSENT_MOVE},
	{has_driver_that_cannot_move, "its driver cannot move it", REBALANCE_CONSENT_MOVE},
	{is_used_past_paths, "in use, not by NVMe multipath alone", REBALANCE_CONSENT_IN_USE},
	{is_used, "in use", REBALANCE_CONSENT_IN_USE},
};

/* Who asks for room and has no driver is only pinned by these. */
static const struct rule asker_rules[] = {
	{is_mapped, "a process has its BARs mapped", LATER},
};

/* Whoever wants what has another path to be moved does not name it first. */
static enum rebalance_consent consent_for(const struct rebalance_owner *owner)
{
	enum rebalance_consent consent = record_consent_of(owner->dev);

	if (consent == REBALANCE_CONSENT_NONE && owner->level >= REBALANCE_ONLINE &&
	    owner->way == REBALANCE_REBIND && in_use_leads_to_paths(owner->dev))
		return REBALANCE_CONSENT_MOVE;
	return consent;
}

static void apply_rules(struct rebalance_owner *owner, const struct rule *rule, unsigned int count,
			const struct users *users)
{
	enum rebalance_consent consent = consent_for(owner);

	for (; count--; rule++) {
		if ((rule->unless != REBALANCE_CONSENT_NONE && consent >= rule->unless) ||
		    !rule->applies(owner, users))
			continue;
		owner->pinned = rule->why;
		owner->unless = rule->unless;
		return;
	}
}

/* Device lock held. */
static void judge(struct rebalance_owner *owner, const struct users *users)
{
	owner->pinned = NULL;
	owner->unless = REBALANCE_CONSENT_NONE;
	owner->driver = owner->dev->dev.driver;
	owner->way = owner->driver ? REBALANCE_REBIND : REBALANCE_IDLE;
	owner->ops = NULL;
	if (client_find(owner->dev, &owner->ops, &owner->data) || follow_find(owner))
		owner->way = REBALANCE_COOPERATIVE;
	owner->used = owner->way == REBALANCE_REBIND && in_use(owner->dev, users, false);
	if (owner->asks && !owner->driver)
		apply_rules(owner, asker_rules, ARRAY_SIZE(asker_rules), users);
	else
		apply_rules(owner, rules, ARRAY_SIZE(rules), users);
	if (!owner->pinned && owner->way > owner->level)
		owner->pinned = "more is needed to move it than this request allows";
}

/**
 * pin_judge - find out whether a function may be moved, and how
 * @owner: its @dev, @asks, @level and @online are set; the rest is filled in
 * @users: what processes have open and mapped
 *
 * Context: process; rescan lock held, the device's lock is tried.
 */
void pin_judge(struct rebalance_owner *owner, const struct users *users)
{
	if (!device_trylock(&owner->dev->dev)) {
		owner->pinned = "it is being bound, unbound or reset: try again";
		return;
	}
	judge(owner, users);
	device_unlock(&owner->dev->dev);
}

/**
 * pin_judge_again - is a function still as it was judged?
 * @owner: judged; ops and data are set anew
 *
 * Context: process; rescan lock and device lock held.
 *
 * Return: 0; -EBUSY if it is pinned now, which @owner tells; -ESTALE if it has another driver;
 * -ENOMEM.
 */
int pin_judge_again(struct rebalance_owner *owner)
{
	struct device_driver *driver = owner->driver;
	enum rebalance_level way = owner->way;
	struct users users;
	int error = users_look(&users);

	if (error)
		return error;
	judge(owner, &users);
	users_free(&users);
	if (owner->driver == driver && owner->way == way)
		return owner->pinned ? -EBUSY : 0;
	/* Only who it was can be given back what is held of it. */
	owner->driver = driver;
	owner->way = way;
	owner->pinned = "it has another driver now";
	return -ESTALE;
}
