// SPDX-License-Identifier: GPL-2.0
/*
 * What others are told of a slot: the log, its counters, and tracepoints.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/ktime.h>
#include <linux/pci.h>

#include "pciehp_pv.h"
#include "trace.h"

static void count(struct hpv_slot *slot, enum hpv_counter counter)
{
	atomic64_inc(&slot->counters[counter]);
}

static void done(struct hpv_slot *slot, bool added)
{
	s64 us = ktime_us_delta(ktime_get(), slot->since);

	atomic64_set(&slot->counters[added ? HPV_N_LAST_ADD_US :
					     HPV_N_LAST_REMOVE_US], us);
	trace_pciehp_pv_done(slot, added, us);
	pci_info(slot->port, "slot %s: %s after %lld us\n", hpv_name(slot),
		 added ? "added" : "removed", us);
}

/**
 * hpv_tell - one sentence in the log for each thing that matters, and its counter
 * @slot: the slot, with hpv_slot.run held
 * @step: what was decided
 * @from: the state before
 * @event: what happened
 */
void hpv_tell(struct hpv_slot *slot, const struct hpv_step *step,
	      enum hpv_state from, enum hpv_event event)
{
	struct pci_dev *port = slot->port;
	const char *name = hpv_name(slot);

	trace_pciehp_pv_step(slot, from, event, step);
	hpv_announce(slot, step->note, event);
	atomic64_add(step->saved_ms, &slot->counters[HPV_N_SAVED_MS]);
	if (event == HPV_EV_BUTTON)
		count(slot, HPV_N_PRESSES);

	switch (step->note) {
	case HPV_NOTE_BLINKING:
		pci_info(port, "slot %s: button pressed, will power %s in %u ms\n",
			 name, step->next.state == HPV_BLINK_ON ? "on" : "off",
			 hpv_delay_ms(slot, HPV_DELAY_SLOT));
		break;
	case HPV_NOTE_CANCELLED:
		count(slot, HPV_N_CANCELLED);
		pci_info(port, "slot %s: request to power %s cancelled\n", name,
			 from == HPV_BLINK_ON ? "on" : "off");
		break;
	case HPV_NOTE_IGNORED:
		count(slot, HPV_N_IGNORED);
		pci_info(port, "slot %s: button press ignored in state %s\n",
			 name, hpv_state_name(from));
		break;
	case HPV_NOTE_ABORTED:
		count(slot, HPV_N_ABORTED);
		pci_info(port, "slot %s: add given up, %s\n", name,
			 event == HPV_EV_GONE ? "the device was taken back" :
						"removal was asked for");
		break;
	case HPV_NOTE_ADDED:
		count(slot, HPV_N_ADDS);
		done(slot, true);
		break;
	case HPV_NOTE_FAILED:
		count(slot, HPV_N_ADD_FAILURES);
		pci_info(port, "slot %s: add failed in state %s (%s)\n", name,
			 hpv_state_name(from), hpv_event_name(event));
		break;
	case HPV_NOTE_FLAP:
		count(slot, HPV_N_FLAPS);
		break;
	case HPV_NOTE_SURPRISE:
		count(slot, HPV_N_SURPRISES);
		pci_warn(port, "slot %s: functions vanished\n", name);
		break;
	case HPV_NOTE_FAULT:
		count(slot, HPV_N_FAULTS);
		pci_err(port, "slot %s: power fault\n", name);
		break;
	case HPV_NOTE_UNEXPECTED:
		count(slot, HPV_N_UNEXPECTED);
		pci_warn_once(port, "slot %s: %s is not possible in state %s\n", name,
			      hpv_event_name(event), hpv_state_name(from));
		break;
	case HPV_NOTE_ADDING:
	case HPV_NOTE_REMOVING:
	case HPV_NOTE_NONE:
	case HPV_NOTES:
		break;
	}

	if (step->note == HPV_NOTE_ADDING || step->note == HPV_NOTE_REMOVING ||
	    step->note == HPV_NOTE_SURPRISE)
		slot->since = ktime_get();
	if (event == HPV_EV_REMOVED)
		count(slot, HPV_N_REMOVES);
	if (step->next.state == HPV_OFF && (from == HPV_REMOVE || from == HPV_DISCHARGE))
		done(slot, false);
}
