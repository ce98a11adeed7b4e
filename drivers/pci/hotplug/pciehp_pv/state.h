/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of one hotplug slot as a pure step function. Nothing here touches
 * hardware, sleeps or reads a clock, so the same file is tested under KUnit
 * and in user space with a clock that the test moves.
 */
#ifndef _PCIEHP_PV_STATE_H
#define _PCIEHP_PV_STATE_H

#ifdef __KERNEL__
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/compiler_attributes.h>
#include <linux/module.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#define BIT(n) (1U << (n))
#endif

/* What the PCI Express specification asks of hardware, in milliseconds. */
#define HPV_SPEC_SLOT_MS	5000	/* r6.0 6.7.1.5: time to press again */
#define HPV_SPEC_POWER_OFF_MS	1000	/* r6.0 6.7.1.8: power off to indicator off */
#define HPV_SPEC_LINK_MS	100	/* r6.0 6.6.1: link up to first request */
#define HPV_LINK_LIMIT_MS	1000	/* r6.0 6.6.1: power on to link up */
#define HPV_READY_LIMIT_MS	1000	/* r6.0 6.6.1: link up to first answer */
#define HPV_LINK_POLL_MS	20	/* in case the link reports no change */
#define HPV_READY_POLL_MS	20

/**
 * enum hpv_state - where a slot stands
 * @HPV_OFF: no functions, nothing wanted
 * @HPV_BLINK_ON: a press asked for power; another one within the delay cancels
 * @HPV_LINK: power is on, the link is not up yet
 * @HPV_SETTLE: the link is up, the function has not answered yet
 * @HPV_ADD: functions are being enumerated; only the outcome is awaited
 * @HPV_ON: functions are there
 * @HPV_BLINK_OFF: a press asked for removal; another one within the delay cancels
 * @HPV_REMOVE: functions are being removed; only the outcome is awaited
 * @HPV_DISCHARGE: power is off, the indicator follows when the delay is over
 * @HPV_STATES: number of states
 */
enum hpv_state {
	HPV_OFF,
	HPV_BLINK_ON,
	HPV_LINK,
	HPV_SETTLE,
	HPV_ADD,
	HPV_ON,
	HPV_BLINK_OFF,
	HPV_REMOVE,
	HPV_DISCHARGE,
	HPV_STATES,
};

/**
 * enum hpv_event - what can happen to a slot
 * @HPV_EV_BUTTON: attention button, alone (see hpv_decode())
 * @HPV_EV_LINK_UP: presence or link changed; the slot now has an active link
 * @HPV_EV_PRESENT: presence or link changed; occupied, but the link is down
 * @HPV_EV_GONE: presence or link changed; the slot is empty
 * @HPV_EV_FAULT: power fault
 * @HPV_EV_TIMER: time passed
 * @HPV_EV_REQ_ON: somebody wrote 1 to the slot's power attribute
 * @HPV_EV_REQ_OFF: somebody wrote 0 to the slot's power attribute
 * @HPV_EV_READY: answer to %HPV_ASK_READY: function 0 has a vendor ID
 * @HPV_EV_NOT_READY: answer to %HPV_ASK_READY: it has none yet
 * @HPV_EV_ADDED: answer to %HPV_ASK_ADD: functions are there
 * @HPV_EV_ADD_FAILED: answer to %HPV_ASK_ADD: occupied, but nothing was found
 * @HPV_EV_REMOVED: answer to %HPV_ASK_REMOVE and %HPV_ASK_REMOVE_GONE
 * @HPV_EV_SAME: answer to %HPV_ASK_SAME: the functions are those we knew
 * @HPV_EV_REPLACED: answer to %HPV_ASK_SAME: they are others, or were reset
 * @HPV_EV_DETACH: the port is given to another driver now
 * @HPV_EVENTS: number of events
 */
enum hpv_event {
	HPV_EV_BUTTON,
	HPV_EV_LINK_UP,
	HPV_EV_PRESENT,
	HPV_EV_GONE,
	HPV_EV_FAULT,
	HPV_EV_TIMER,
	HPV_EV_REQ_ON,
	HPV_EV_REQ_OFF,
	HPV_EV_READY,
	HPV_EV_NOT_READY,
	HPV_EV_ADDED,
	HPV_EV_ADD_FAILED,
	HPV_EV_REMOVED,
	HPV_EV_SAME,
	HPV_EV_REPLACED,
	HPV_EV_DETACH,
	HPV_EVENTS,
};

/*
 * Actions. Those of the first group go to the Slot Control register in one
 * write; those of the second are at most one in a step, come after the write
 * and are answered by an event.
 */
#define HPV_POWER_ON		BIT(0)
#define HPV_POWER_OFF		BIT(1)
#define HPV_IND_ON		BIT(2)
#define HPV_IND_BLINK		BIT(3)
#define HPV_IND_OFF		BIT(4)
#define HPV_ATTN_ON		BIT(5)
#define HPV_ATTN_OFF		BIT(6)

#define HPV_ASK_OCCUPIED	BIT(8)	/* LINK_UP, PRESENT or GONE */
#define HPV_ASK_READY		BIT(9)
#define HPV_ASK_ADD		BIT(10)
#define HPV_ASK_SAME		BIT(11)
#define HPV_ASK_REMOVE		BIT(12)
#define HPV_ASK_REMOVE_GONE	BIT(13)	/* without touching the functions */

#define HPV_CONTROLS		0x7fU
#define HPV_ASKS		0x3f00U

/**
 * enum hpv_note - what a step was, for counters and the log
 * @HPV_NOTE_NONE: nothing to tell
 * @HPV_NOTE_BLINKING: a press was taken; it can be cancelled until the delay is over
 * @HPV_NOTE_CANCELLED: a press cancelled the one before
 * @HPV_NOTE_IGNORED: a press that means nothing in this state
 * @HPV_NOTE_ABORTED: an add was given up because removal was asked for or the
 *	device was taken back; nobody has to be called for that
 * @HPV_NOTE_ADDING: an add begins
 * @HPV_NOTE_ADDED: an add succeeded
 * @HPV_NOTE_FAILED: an add failed, or was asked for in an empty slot
 * @HPV_NOTE_FLAP: presence or link changed, but the functions are the same
 * @HPV_NOTE_REMOVING: a safe removal begins
 * @HPV_NOTE_SURPRISE: functions vanished
 * @HPV_NOTE_FAULT: power fault
 * @HPV_NOTE_UNEXPECTED: the event is not possible in this state; nothing was done
 * @HPV_NOTES: number of notes
 */
enum hpv_note {
	HPV_NOTE_NONE,
	HPV_NOTE_BLINKING,
	HPV_NOTE_CANCELLED,
	HPV_NOTE_IGNORED,
	HPV_NOTE_ABORTED,
	HPV_NOTE_ADDING,
	HPV_NOTE_ADDED,
	HPV_NOTE_FAILED,
	HPV_NOTE_FLAP,
	HPV_NOTE_REMOVING,
	HPV_NOTE_SURPRISE,
	HPV_NOTE_FAULT,
	HPV_NOTE_UNEXPECTED,
	HPV_NOTES,
};

/**
 * struct hpv_params - what a step depends on besides state and event
 * @slot_delay_ms: time in which a second press cancels; 0 acts at once
 * @power_off_delay_ms: power off to indicator off; only with @power_ctrl
 * @link_delay_ms: link up to the first config request
 * @power_ctrl: the slot has a power controller
 * @virtual_slot: both sides are software. Such a host takes power off together
 *	with indicator off as "ejection complete" and deletes what is in the
 *	slot, so both are never off for another reason once we drove the slot.
 */
struct hpv_params {
	u32 slot_delay_ms;
	u32 power_off_delay_ms;
	u32 link_delay_ms;
	bool power_ctrl;
	bool virtual_slot;
};

/**
 * struct hpv_machine - all that is remembered of a slot between steps
 * @state: enum hpv_state
 * @wake_ms: when a TIMER event is due; 0 for never
 * @limit_ms: when the wait of this state is given up
 * @again: look at the slot once more when the removal is over
 * @emptied: the removal under way began because the functions vanished
 * @gone_seen: the slot was seen empty since power went off
 * @kept_power: state OFF, but power was left on (virtual slots only)
 * @seen: a device was in the slot since the add under way began
 */
struct hpv_machine {
	enum hpv_state state;
	u64 wake_ms;
	u64 limit_ms;
	bool again;
	bool emptied;
	bool gone_seen;
	bool kept_power;
	bool seen;
};

/**
 * struct hpv_step - outcome of one step
 * @next: the slot afterwards
 * @actions: HPV_* action bits
 * @saved_ms: waiting time that the specification asks for and that was not spent
 * @note: enum hpv_note
 */
struct hpv_step {
	struct hpv_machine next;
	u32 actions;
	u32 saved_ms;
	enum hpv_note note;
};

/* Latched bits of Slot Status that hpv_decode() knows (PCI_EXP_SLTSTA_*). */
#define HPV_STA_ABP	0x0001
#define HPV_STA_PFD	0x0002
#define HPV_STA_PDC	0x0008
#define HPV_STA_DLLSC	0x0100
#define HPV_STA_EVENTS	(HPV_STA_ABP | HPV_STA_PFD | HPV_STA_PDC | HPV_STA_DLLSC)

#define HPV_DECODE_MAX	3	/* events that one reading can hold */
#define HPV_QUEUE	64	/* readings that are kept until they are consumed */

/**
 * struct hpv_queue - readings of latched Slot Status bits, each by itself
 * @status: HPV_STA_* bits that were set together
 * @head: where the next reading goes, modulo %HPV_QUEUE
 * @tail: the oldest reading
 */
struct hpv_queue {
	u16 status[HPV_QUEUE];
	unsigned int head;
	unsigned int tail;
};

bool hpv_queue_push(struct hpv_queue *queue, u16 status);
u16 hpv_queue_pop(struct hpv_queue *queue);

struct hpv_step hpv_step(struct hpv_machine m, enum hpv_event event,
			 const struct hpv_params *params, u64 now_ms);
struct hpv_step hpv_start(const struct hpv_params *params, bool functions,
			  bool occupied, bool powered);
int hpv_decode(u16 latched, enum hpv_event level, enum hpv_event *events);
enum hpv_event hpv_level(bool present, bool link_active);
bool hpv_stable(enum hpv_state state);
const char *hpv_state_name(enum hpv_state state);
const char *hpv_event_name(enum hpv_event event);

#endif /* _PCIEHP_PV_STATE_H */
