/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One hotplug slot of a port that pciehp_pv drives.
 *
 * Many producers tell a slot what happened: the interrupt handler, sysfs,
 * timers, resume. One ordered workqueue consumes: only there do slots change
 * state and functions come and go.
 *
 * Lock order: pci_lock_rescan_remove(), then hpv_slot.run of a port and of the
 * ports behind it (lockdep subclass: depth), then hpv_slot.control_lock, then
 * hpv_slot.event_lock. The consumer lets go of run while it waits for the
 * rescan lock, so a port that is removed under that lock never waits for a
 * consumer that waits for the lock.
 */
#ifndef _PCIEHP_PV_H
#define _PCIEHP_PV_H

#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "port.h"
#include "state.h"

enum hpv_delay {
	HPV_DELAY_SLOT,
	HPV_DELAY_POWER_OFF,
	HPV_DELAY_LINK,
	HPV_DELAYS,
};

enum hpv_counter {
	HPV_N_PRESSES,
	HPV_N_CANCELLED,
	HPV_N_IGNORED,
	HPV_N_ABORTED,
	HPV_N_ADDS,
	HPV_N_ADD_FAILURES,
	HPV_N_REMOVES,
	HPV_N_SURPRISES,
	HPV_N_FLAPS,
	HPV_N_FAULTS,
	HPV_N_RESETS,
	HPV_N_UNEXPECTED,
	HPV_N_SAVED_MS,
	HPV_N_LAST_ADD_US,
	HPV_N_LAST_REMOVE_US,
	HPV_COUNTERS,
};

/**
 * struct hpv_request - somebody waits for a slot to be on or off
 * @node: in hpv_slot.requests, under hpv_slot.event_lock
 * @on: what is asked for
 * @taken: the consumer has started on it
 * @result: 0 or a negative errno
 * @done: completed when @result is valid
 */
struct hpv_request {
	struct list_head node;
	bool on;
	bool taken;
	int result;
	struct completion done;
};

/**
 * struct hpv_slot - a slot and its port
 * @kobj: directory pciehp_pv below the slot in sysfs; owns this struct
 * @hotplug: what the PCI hotplug core knows
 * @node: in the list of all slots, under the lock of core.c
 * @service: the hotplug service of the port; valid until we are unbound
 * @port: the port, with a reference
 * @depth: hotplug ports above this one
 * @virtual_slot: a known emulated port: delays below the spec's are allowed
 * @link_reporting: the port says when its link is up
 * @slot_cap: Slot Capabilities
 * @override_ms: delays set for this slot in sysfs; -1 where the module's hold
 * @control_lock: protects Slot Control, @command_busy and @command_jiffies
 * @command_busy: a command was written and its completion not yet seen
 * @command_jiffies: when it was written
 * @event_lock: protects what follows, up to @quiet
 * @queue: readings of latched Slot Status bits
 * @requests: list of &struct hpv_request
 * @recheck: look at the slot as if something had changed
 * @dying: no new work; set once
 * @fault: a power fault was reported and not yet handled
 * @rerun: the interrupt is masked until the consumer has read the status
 * @ignore: status bits not to be reported (during a reset)
 * @quiet: the port sleeps; the interrupt is not ours
 * @run: held by whoever runs the state machine; protects @machine and @started
 * @work: the consumer's turn for this slot; also its timer
 * @started: @machine is valid
 * @machine: state of the slot
 * @since: when the operation under way began
 * @counters: see enum hpv_counter
 */
struct hpv_slot {
	struct kobject kobj;
	struct hotplug_slot hotplug;
	struct list_head node;
	struct hpv_service *service;
	struct pci_dev *port;
	unsigned int depth;
	bool virtual_slot;
	bool link_reporting;
	u32 slot_cap;
	int override_ms[HPV_DELAYS];

	struct mutex control_lock;	/* see above */
	bool command_busy;
	unsigned long command_jiffies;

	spinlock_t event_lock;		/* see above */
	struct hpv_queue queue;
	struct list_head requests;
	bool recheck;
	bool dying;
	bool fault;
	bool rerun;
	u16 ignore;
	bool quiet;

	struct mutex run;		/* see above */
	struct delayed_work work;
	bool started;
	struct hpv_machine machine;
	ktime_t since;
	atomic64_t counters[HPV_COUNTERS];
};

static inline const char *hpv_name(struct hpv_slot *slot)
{
	return hotplug_slot_name(&slot->hotplug);
}

/* takeover.c: which ports, taking over and handing back */
bool hpv_wanted(struct pci_dev *port);

/* service.c: driver of one port's hotplug service */
extern struct hpv_service_driver hpv_driver;
struct list_head *hpv_driver_leave(void);

/* ctrl.c: the consumer */
int hpv_ctrl_init(void);
void hpv_ctrl_exit(void);
void hpv_ctrl_flush(void);
void hpv_slot_init(struct hpv_slot *slot, const struct kobj_type *ktype);
void hpv_slot_start(struct hpv_slot *slot);
void hpv_slot_stop(struct hpv_slot *slot);
void hpv_slot_queue(struct hpv_slot *slot);
void hpv_slot_recheck(struct hpv_slot *slot);
bool hpv_slot_enter_rescan(struct hpv_slot *slot);
void hpv_slot_leave_rescan(struct hpv_slot *slot);

/* request.c: who waits for a slot to be on or off */
int hpv_slot_request(struct hpv_slot *slot, bool on);
int hpv_requests_take(struct hpv_slot *slot, enum hpv_event *event);
void hpv_requests_finish(struct hpv_slot *slot, bool all);

/* hpc.c: registers of the port */
void hpv_hpc_init(struct hpv_slot *slot);
bool hpv_hpc_has(struct hpv_slot *slot, u32 slot_cap_bits);
enum hpv_event hpv_hpc_level(struct hpv_slot *slot);
void hpv_hpc_control(struct hpv_slot *slot, u32 actions);
void hpv_hpc_notify(struct hpv_slot *slot, bool on);
void hpv_hpc_sleep(struct hpv_slot *slot);
void hpv_hpc_woken(struct hpv_slot *slot);
void hpv_hpc_clear(struct hpv_slot *slot, u16 status_bits);
bool hpv_hpc_collect(struct hpv_slot *slot);
void hpv_hpc_update_speed(struct hpv_slot *slot);
int hpv_hpc_read_power(struct hpv_slot *slot, u8 *on);
int hpv_hpc_read_attention(struct hpv_slot *slot, u8 *status);
int hpv_hpc_write_attention(struct hpv_slot *slot, u8 status);
int hpv_hpc_read_latch(struct hpv_slot *slot, u8 *open);
int hpv_hpc_reset(struct hpv_slot *slot);

/* pci.c: functions behind the port */
enum hpv_event hpv_pci_ready(struct hpv_slot *slot);
enum hpv_event hpv_pci_add(struct hpv_slot *slot);
enum hpv_event hpv_pci_remove(struct hpv_slot *slot, bool vanished);
enum hpv_event hpv_pci_same(struct hpv_slot *slot);
bool hpv_pci_has_functions(struct hpv_slot *slot);

/* params.c: delays and their ranges */
u32 hpv_delay_ms(struct hpv_slot *slot, enum hpv_delay delay);
void hpv_params(struct hpv_slot *slot, struct hpv_params *params);
const char *hpv_delay_name(enum hpv_delay delay);
int hpv_delay_parse(const char *what, enum hpv_delay delay, const char *text,
		    unsigned int *value);

/* match.c: virtual ports and the lists ports= and exclude= */
bool hpv_is_port(struct pci_dev *dev);
bool hpv_port_is_virtual(struct pci_dev *port);
int hpv_match_check(const char *name, const char *list);
bool hpv_match_list(const char *list, struct pci_dev *port);

/* sysfs.c: /sys/bus/pci/slots/N/pciehp_pv */
extern const struct kobj_type hpv_slot_ktype;
int hpv_sysfs_add(struct hpv_slot *slot);
void hpv_sysfs_remove(struct hpv_slot *slot);

#endif /* _PCIEHP_PV_H */
