/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One hotplug slot that pciehp_pv drives (hpv_: hotplug of virtual ports): the
 * slot of a PCI Express port, or one of those of a Standard Hot-Plug Controller.
 *
 * Many producers tell a slot what happened: the interrupt handler, sysfs,
 * timers, resume. One work item of the slot consumes: only there does it change
 * state, and do its functions come and go. Slots do not wait for each other but
 * for the rescan lock, and nobody holds that while a driver lets go.
 *
 * Lock order: pci_lock_rescan_remove(), then hpv_slot.run of a port and of the
 * ports behind it (lockdep subclass: depth), then hpv_slot.reset_lock, then
 * hpv_slot.control_lock or hpv_shpc.command_lock, then hpv_slot.event_lock. A
 * reset comes with the device locks of what it resets, outside reset_lock. The
 * consumer lets go of run while it waits for the rescan lock or for a device
 * lock, so a port that is removed under the rescan lock never waits for a
 * consumer that waits for it.
 */
#ifndef _PCIEHP_PV_H
#define _PCIEHP_PV_H

#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "expedite.h"
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

struct hpv_slot;

/**
 * struct hpv_slot_ops - registers of what a slot belongs to
 * @level: what the slot looks like now: %HPV_EV_LINK_UP, %HPV_EV_PRESENT or
 *	%HPV_EV_GONE, which is also the answer where nobody answers. May sleep.
 * @control: power and indicators in one write: HPV_POWER_*, HPV_IND_* and
 *	HPV_ATTN_* bits, others are ignored. May sleep, 1 s at most.
 * @collect: take latched events into hpv_slot.queue; true when there were any.
 *	Any context; takes hpv_slot.event_lock.
 * @update_speed: tell the bus how fast its link is now; may be NULL
 * @read_power: is power on? 0 or a negative errno
 * @read_attention: 0 off, 1 on, 2 blinking
 * @write_attention: the same values
 * @read_latch: is the retention latch open?
 * @reset: reset what is in the slot without it looking unplugged; may be NULL
 */
struct hpv_slot_ops {
	enum hpv_event (*level)(struct hpv_slot *slot);
	void (*control)(struct hpv_slot *slot, u32 actions);
	bool (*collect)(struct hpv_slot *slot);
	void (*update_speed)(struct hpv_slot *slot);
	int (*read_power)(struct hpv_slot *slot, u8 *on);
	int (*read_attention)(struct hpv_slot *slot, u8 *status);
	int (*write_attention)(struct hpv_slot *slot, u8 status);
	int (*read_latch)(struct hpv_slot *slot, u8 *open);
	int (*reset)(struct hpv_slot *slot);
};

#define HPV_WHOLE_BUS	(-1)	/* hpv_slot.device of a PCI Express port */

/**
 * struct hpv_slot - a slot and what it belongs to
 * @kobj: directory pciehp_pv below the slot in sysfs; owns this struct
 * @hotplug: what the PCI hotplug core knows
 * @ops: registers
 * @shpc: the controller of a slot that is not a PCI Express port's
 * @index: of the slot in @shpc
 * @port: the bridge that the slot is behind, with a reference
 * @bus: the bus that the slot is on, which is @port's, with a reference
 * @device: number of the slot's device on @bus, or %HPV_WHOLE_BUS
 * @irq: the interrupt of the slot, shared
 * @depth: bridges above @port
 * @virtual_slot: of an emulated port: delays below the spec's are allowed
 * @link_reporting: the port says when its link is up
 * @power_ctrl: power can be switched
 * @slot_cap: Slot Capabilities of a PCI Express port
 * @override_ms: delays set for this slot in sysfs; -1 where the module's hold
 * @reset_lock: a reset holds it for writing, who looks at the slot for reading
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
 * @work: the consumer; also its timer
 * @started: @machine is valid
 * @machine: state of the slot
 * @since: when the operation under way began
 * @expedite: grace periods while functions are removed; the consumer's
 * @counters: see enum hpv_counter
 */
struct hpv_slot {
	struct kobject kobj;
	struct hotplug_slot hotplug;
	const struct hpv_slot_ops *ops;
	struct hpv_shpc *shpc;
	unsigned int index;
	struct pci_dev *port;
	struct pci_bus *bus;
	int device;
	int irq;
	unsigned int depth;
	bool virtual_slot;
	bool link_reporting;
	bool power_ctrl;
	u32 slot_cap;
	int override_ms[HPV_DELAYS];

	struct rw_semaphore reset_lock;	/* see above */
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
	struct hpv_expedite expedite;
	atomic64_t counters[HPV_COUNTERS];
};

static inline const char *hpv_name(struct hpv_slot *slot)
{
	return hotplug_slot_name(&slot->hotplug);
}

/* service.c: driver of one PCI Express port's hotplug service */
extern struct hpv_service_driver hpv_driver;
int hpv_driver_register(struct device *service);

/* shpc.c: driver of a Standard Hot-Plug Controller */
extern struct pci_driver hpv_shpc_driver;

/* slot.c: a slot from its making to its end */
struct hpv_slot *hpv_slot_create(struct pci_dev *port, int device,
				 const struct hpv_slot_ops *ops);
int hpv_slot_register(struct hpv_slot *slot, const char *name);
int hpv_slot_show(struct hpv_slot *slot);
void hpv_slot_hide(struct hpv_slot *slot);
void hpv_slot_destroy(struct hpv_slot *slot);

/* ctrl.c: the consumer */
int hpv_ctrl_init(void);
void hpv_ctrl_exit(void);
void hpv_ctrl_flush(void);
void hpv_slot_init(struct hpv_slot *slot, const struct kobj_type *ktype);
void hpv_slot_start(struct hpv_slot *slot);
void hpv_slot_stop(struct hpv_slot *slot);
void hpv_slot_queue(struct hpv_slot *slot);
void hpv_slot_recheck(struct hpv_slot *slot);

/* tell.c: the log, counters and tracepoints */
void hpv_tell(struct hpv_slot *slot, const struct hpv_step *step,
	      enum hpv_state from, enum hpv_event event);

/* announce.c: the kernel's own tracepoint for hotplug */
void hpv_announce_init(void);
void hpv_announce(struct hpv_slot *slot, enum hpv_note note, enum hpv_event event);

/* request.c: who waits for a slot to be on or off */
int hpv_slot_request(struct hpv_slot *slot, bool on);
int hpv_requests_take(struct hpv_slot *slot, enum hpv_event *event);
void hpv_requests_finish(struct hpv_slot *slot, bool all);

/* hpc.c: registers of a PCI Express port */
extern const struct hpv_slot_ops hpv_hpc_ops;
void hpv_hpc_init(struct hpv_slot *slot);
void hpv_hpc_notify(struct hpv_slot *slot, bool on);
void hpv_hpc_sleep(struct hpv_slot *slot);
void hpv_hpc_woken(struct hpv_slot *slot);
void hpv_hpc_clear(struct hpv_slot *slot, u16 status_bits);

/* pci.c: functions in the slot */
enum hpv_event hpv_pci_ready(struct hpv_slot *slot);
enum hpv_event hpv_pci_add(struct hpv_slot *slot);
void hpv_pci_remove(struct hpv_slot *slot, bool vanished);
bool hpv_pci_has_functions(struct hpv_slot *slot);
bool hpv_pci_owns(struct hpv_slot *slot, struct pci_dev *dev);

/* driver.c: drivers of the functions in the slot */
void hpv_drivers_release(struct hpv_slot *slot, bool vanished, struct list_head *released);
void hpv_drivers_attach(struct list_head *released);
void hpv_drivers_forget(struct list_head *released);
enum hpv_event hpv_drivers_same(struct hpv_slot *slot);

/* params.c: delays and their ranges */
bool hpv_delay_fixed(struct hpv_slot *slot, enum hpv_delay delay);
u32 hpv_delay_ms(struct hpv_slot *slot, enum hpv_delay delay);
void hpv_params(struct hpv_slot *slot, struct hpv_params *params);
const char *hpv_delay_name(enum hpv_delay delay);
int hpv_delay_parse(const char *what, enum hpv_delay delay, const char *text,
		    unsigned int *value);

/* match.c: virtual ports and the parameters that choose among them */
bool hpv_is_port(struct pci_dev *dev);
bool hpv_is_shpc(struct pci_dev *dev);
bool hpv_is_virtual(struct pci_dev *dev);
bool hpv_wanted(struct pci_dev *dev);
bool hpv_allowed(struct pci_dev *dev);
bool hpv_named(struct pci_dev *dev);
int hpv_match_check(void);

/* sysfs.c: /sys/bus/pci/slots/N/pciehp_pv */
extern const struct kobj_type hpv_slot_ktype;
int hpv_sysfs_add(struct hpv_slot *slot);
void hpv_sysfs_remove(struct hpv_slot *slot);

#endif /* _PCIEHP_PV_H */
