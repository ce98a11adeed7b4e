// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of a PCI Express hotplug port: Slot Control, Slot Status, Link Status.
 * What to write and what a reading means is decided elsewhere.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include "pciehp_pv.h"
#include "trace.h"

static_assert(HPV_STA_ABP == PCI_EXP_SLTSTA_ABP);
static_assert(HPV_STA_PFD == PCI_EXP_SLTSTA_PFD);
static_assert(HPV_STA_PDC == PCI_EXP_SLTSTA_PDC);
static_assert(HPV_STA_DLLSC == PCI_EXP_SLTSTA_DLLSC);

#define COMMAND_TIMEOUT_MS	1000	/* r6.0 6.7.3.2 */
#define COLLECT_ROUNDS		8	/* a status bit that is stuck must not keep us */

/* Changes that every port confirms with Command Completed (see Intel CF118). */
#define COMMAND_BITS	(PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PIC | \
			 PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_EIC)

#define NOTIFY_BITS	(PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PFDE | \
			 PCI_EXP_SLTCTL_MRLSCE | PCI_EXP_SLTCTL_PDCE | \
			 PCI_EXP_SLTCTL_CCIE | PCI_EXP_SLTCTL_HPIE | \
			 PCI_EXP_SLTCTL_DLLSCE)

/**
 * hpv_hpc_init - learn what the slot can do
 * @slot: the slot, with @slot->port set
 */
void hpv_hpc_init(struct hpv_slot *slot)
{
	pcie_capability_read_dword(slot->port, PCI_EXP_SLTCAP, &slot->slot_cap);
	if (slot->port->hotplug_user_indicators)
		slot->slot_cap &= ~(PCI_EXP_SLTCAP_AIP | PCI_EXP_SLTCAP_PIP);
	if (slot->port->is_thunderbolt)
		slot->slot_cap |= PCI_EXP_SLTCAP_NCCS;
	slot->link_reporting = slot->port->link_active_reporting;
	slot->power_ctrl = slot->slot_cap & PCI_EXP_SLTCAP_PCP;
}

/* Does the slot have all of these abilities (PCI_EXP_SLTCAP_*)? */
static bool has(struct hpv_slot *slot, u32 slot_cap_bits)
{
	return (slot->slot_cap & slot_cap_bits) == slot_cap_bits;
}

/* Where the port does not report its link, presence stands for it. */
static enum hpv_event level(struct hpv_slot *slot)
{
	u16 status, link;

	pcie_capability_read_word(slot->port, PCI_EXP_SLTSTA, &status);
	pcie_capability_read_word(slot->port, PCI_EXP_LNKSTA, &link);
	if (PCI_POSSIBLE_ERROR(status) || PCI_POSSIBLE_ERROR(link))
		return HPV_EV_GONE;
	if (!slot->link_reporting)
		return hpv_level(status & PCI_EXP_SLTSTA_PDS,
				 status & PCI_EXP_SLTSTA_PDS);
	return hpv_level(status & PCI_EXP_SLTSTA_PDS || link & PCI_EXP_LNKSTA_DLLLA,
			 link & PCI_EXP_LNKSTA_DLLLA &&
			 !(link & PCI_EXP_LNKSTA_LT));
}

static void wait_command(struct hpv_slot *slot)
{
	unsigned long end = slot->command_jiffies +
			    msecs_to_jiffies(COMMAND_TIMEOUT_MS) + 1;
	u16 status;

	while (slot->command_busy) {
		bool late = time_after(jiffies, end);

		pcie_capability_read_word(slot->port, PCI_EXP_SLTSTA, &status);
		if (PCI_POSSIBLE_ERROR(status))
			break;
		if (status & PCI_EXP_SLTSTA_CC) {
			pcie_capability_write_word(slot->port, PCI_EXP_SLTSTA,
						   PCI_EXP_SLTSTA_CC);
			break;
		}
		if (late) {
			pci_info(slot->port, "slot %s: no Command Completed after %u ms\n",
				 hpv_name(slot), COMMAND_TIMEOUT_MS);
			break;
		}
		usleep_range(50, 200);
	}
	slot->command_busy = false;
}

/* Change some bits of Slot Control; nothing is written when nothing changes. */
static void write_control(struct hpv_slot *slot, u16 mask, u16 value)
{
	u16 old, new;

	lockdep_assert_held(&slot->control_lock);
	wait_command(slot);
	pcie_capability_read_word(slot->port, PCI_EXP_SLTCTL, &old);
	if (PCI_POSSIBLE_ERROR(old))
		return;
	new = (old & ~mask) | (value & mask);
	if (new == old)
		return;
	pcie_capability_write_word(slot->port, PCI_EXP_SLTCTL, new);
	slot->command_busy = !has(slot, PCI_EXP_SLTCAP_NCCS) &&
			     (new ^ old) & COMMAND_BITS;
	slot->command_jiffies = jiffies;
}

/* 1 s at most, and only behind a port that is slow to complete the command before. */
static void control(struct hpv_slot *slot, u32 actions)
{
	u16 mask = 0, value = 0;

	if (has(slot, PCI_EXP_SLTCAP_PCP) &&
	    actions & (HPV_POWER_ON | HPV_POWER_OFF)) {
		mask |= PCI_EXP_SLTCTL_PCC;
		value |= actions & HPV_POWER_ON ? PCI_EXP_SLTCTL_PWR_ON :
						  PCI_EXP_SLTCTL_PWR_OFF;
	}
	if (has(slot, PCI_EXP_SLTCAP_PIP) &&
	    actions & (HPV_IND_ON | HPV_IND_BLINK | HPV_IND_OFF)) {
		mask |= PCI_EXP_SLTCTL_PIC;
		value |= actions & HPV_IND_ON ? PCI_EXP_SLTCTL_PWR_IND_ON :
			 actions & HPV_IND_BLINK ? PCI_EXP_SLTCTL_PWR_IND_BLINK :
						   PCI_EXP_SLTCTL_PWR_IND_OFF;
	}
	if (has(slot, PCI_EXP_SLTCAP_AIP) &&
	    actions & (HPV_ATTN_ON | HPV_ATTN_OFF)) {
		mask |= PCI_EXP_SLTCTL_AIC;
		value |= actions & HPV_ATTN_ON ? PCI_EXP_SLTCTL_ATTN_IND_ON :
						 PCI_EXP_SLTCTL_ATTN_IND_OFF;
	}

	mutex_lock(&slot->control_lock);
	if (actions & HPV_POWER_ON) {
		spin_lock_irq(&slot->event_lock);
		slot->fault = false;
		spin_unlock_irq(&slot->event_lock);
		pcie_capability_clear_word(slot->port, PCI_EXP_LNKCTL,
					   PCI_EXP_LNKCTL_LD);
	}
	if (mask)
		write_control(slot, mask, value);
	mutex_unlock(&slot->control_lock);
}

/**
 * hpv_hpc_notify - let the port interrupt, or not
 * @slot: the slot
 * @on: whether
 *
 * A physical slot with a button announces no presence changes: plugging the
 * device is not yet the request. Power faults are not announced because some
 * ports raise them without end.
 */
void hpv_hpc_notify(struct hpv_slot *slot, bool on)
{
	u16 value = 0;

	if (on) {
		value = PCI_EXP_SLTCTL_HPIE;
		if (has(slot, PCI_EXP_SLTCAP_ABP))
			value |= PCI_EXP_SLTCTL_ABPE;
		if (slot->virtual_slot || !has(slot, PCI_EXP_SLTCAP_ABP))
			value |= PCI_EXP_SLTCTL_PDCE;
		if (slot->link_reporting)
			value |= PCI_EXP_SLTCTL_DLLSCE;
	}
	mutex_lock(&slot->control_lock);
	write_control(slot, NOTIFY_BITS, value);
	mutex_unlock(&slot->control_lock);
}

/**
 * hpv_hpc_sleep - the port is about to sleep
 * @slot: the slot
 *
 * The events that stay enabled wake it where it can (PME).
 */
void hpv_hpc_sleep(struct hpv_slot *slot)
{
	mutex_lock(&slot->control_lock);
	write_control(slot, PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE, 0);
	mutex_unlock(&slot->control_lock);
}

/**
 * hpv_hpc_woken - the port slept and its saved registers were written back
 * @slot: the slot
 */
void hpv_hpc_woken(struct hpv_slot *slot)
{
	mutex_lock(&slot->control_lock);
	slot->command_busy = !has(slot, PCI_EXP_SLTCAP_NCCS);
	slot->command_jiffies = jiffies;
	mutex_unlock(&slot->control_lock);
}

/**
 * hpv_hpc_clear - drop latched events
 * @slot: the slot
 * @status_bits: PCI_EXP_SLTSTA_* events to drop
 *
 * Only bits that are set are written: QEMU takes a write of 1 to a bit that is
 * clear for a guest that means something else, and keeps them all.
 */
void hpv_hpc_clear(struct hpv_slot *slot, u16 status_bits)
{
	u16 status;

	spin_lock_irq(&slot->event_lock);
	pcie_capability_read_word(slot->port, PCI_EXP_SLTSTA, &status);
	if (!PCI_POSSIBLE_ERROR(status) && status & status_bits)
		pcie_capability_write_word(slot->port, PCI_EXP_SLTSTA,
					   status & status_bits);
	spin_unlock_irq(&slot->event_lock);
}

/*
 * Each reading is kept apart, because bits that were set together mean
 * something else than the same bits one after the other (hpv_decode()).
 * In MSI mode the port sends no other interrupt before all bits were seen
 * zero (r6.0 6.7.3.4), so this reads again.
 */
static bool collect(struct hpv_slot *slot)
{
	unsigned long flags;
	bool any = false;
	u16 status, keep;
	int round;

	spin_lock_irqsave(&slot->event_lock, flags);
	for (round = 0; round < COLLECT_ROUNDS; round++) {
		pcie_capability_read_word(slot->port, PCI_EXP_SLTSTA, &status);
		if (PCI_POSSIBLE_ERROR(status))
			break;
		status &= HPV_STA_EVENTS;
		if (slot->fault)
			status &= ~PCI_EXP_SLTSTA_PFD;
		if (!status)
			break;
		pcie_capability_write_word(slot->port, PCI_EXP_SLTSTA, status);
		any = true;
		slot->fault |= status & PCI_EXP_SLTSTA_PFD;
		keep = status & ~slot->ignore;
		trace_pciehp_pv_status(slot, status);
		if (keep && !slot->port->ignore_hotplug &&
		    !hpv_queue_push(&slot->queue, keep))
			slot->recheck = true;
	}
	spin_unlock_irqrestore(&slot->event_lock, flags);
	return any;
}

static void update_speed(struct hpv_slot *slot)
{
	unsigned int speed;
	u16 link;

	pcie_capability_read_word(slot->port, PCI_EXP_LNKSTA, &link);
	if (PCI_POSSIBLE_ERROR(link))
		return;
	speed = FIELD_GET(PCI_EXP_LNKSTA_CLS, link);
	slot->bus->cur_bus_speed = speed >= 1 && speed <= 6 ? PCIE_SPEED_2_5GT + speed - 1 :
							     PCI_SPEED_UNKNOWN;
}

static int read_control(struct hpv_slot *slot, u16 *control)
{
	pcie_capability_read_word(slot->port, PCI_EXP_SLTCTL, control);
	return PCI_POSSIBLE_ERROR(*control) ? -EIO : 0;
}

static int read_power(struct hpv_slot *slot, u8 *on)
{
	u16 control;
	int ret = read_control(slot, &control);

	*on = !(control & PCI_EXP_SLTCTL_PCC) ||
	      !has(slot, PCI_EXP_SLTCAP_PCP);
	return ret;
}

static int read_attention(struct hpv_slot *slot, u8 *status)
{
	u16 control;
	int ret;

	*status = 0;
	if (!has(slot, PCI_EXP_SLTCAP_AIP))
		return -EOPNOTSUPP;
	ret = read_control(slot, &control);
	switch (FIELD_GET(PCI_EXP_SLTCTL_AIC, control)) {
	case 1:
	case 2:
		*status = FIELD_GET(PCI_EXP_SLTCTL_AIC, control);
		break;
	}
	return ret;
}

static int write_attention(struct hpv_slot *slot, u8 status)
{
	if (!has(slot, PCI_EXP_SLTCAP_AIP))
		return -EOPNOTSUPP;
	if (status > 2)
		return -EINVAL;
	mutex_lock(&slot->control_lock);
	write_control(slot, PCI_EXP_SLTCTL_AIC,
		      FIELD_PREP(PCI_EXP_SLTCTL_AIC, status ?: 3));
	mutex_unlock(&slot->control_lock);
	return 0;
}

static int read_latch(struct hpv_slot *slot, u8 *open)
{
	u16 status;

	*open = 0;
	if (!has(slot, PCI_EXP_SLTCAP_MRLSP))
		return -EOPNOTSUPP;
	pcie_capability_read_word(slot->port, PCI_EXP_SLTSTA, &status);
	*open = !!(status & PCI_EXP_SLTSTA_MRLSS);
	return PCI_POSSIBLE_ERROR(status) ? -EIO : 0;
}

/*
 * Changes of presence and link that come meanwhile are the reset's own and are
 * dropped, and nobody looks at the slot until it is over: what was latched before
 * is judged by what is there then. If the slot is empty afterwards, it is looked
 * at again. The caller holds the device locks of what is reset.
 */
static int reset(struct hpv_slot *slot)
{
	const u16 changes = PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC;
	bool gone;
	int ret;

	down_write(&slot->reset_lock);
	spin_lock_irq(&slot->event_lock);
	slot->ignore = changes;
	spin_unlock_irq(&slot->event_lock);

	mutex_lock(&slot->control_lock);
	write_control(slot, PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE, 0);
	mutex_unlock(&slot->control_lock);

	ret = pci_bridge_secondary_bus_reset(slot->port);

	hpv_hpc_clear(slot, changes);
	spin_lock_irq(&slot->event_lock);
	slot->ignore = 0;
	spin_unlock_irq(&slot->event_lock);
	hpv_hpc_notify(slot, true);
	gone = level(slot) == HPV_EV_GONE;
	up_write(&slot->reset_lock);

	if (gone)
		hpv_slot_recheck(slot);
	atomic64_inc(&slot->counters[HPV_N_RESETS]);
	return ret;
}

const struct hpv_slot_ops hpv_hpc_ops = {
	.level = level,
	.control = control,
	.collect = collect,
	.update_speed = update_speed,
	.read_power = read_power,
	.read_attention = read_attention,
	.write_attention = write_attention,
	.read_latch = read_latch,
	.reset = reset,
};
