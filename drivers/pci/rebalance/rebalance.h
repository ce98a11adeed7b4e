/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rebalance.h - what the parts of pci_rebalance share
 *
 * Lock order: request_lock, rebalance_lock (both in main.c), the PCI rescan lock, device locks
 * (always tried, never waited for: drivers of host bridges take the rescan lock under theirs),
 * clients_lock.
 */
#ifndef PCI_REBALANCE_H
#define PCI_REBALANCE_H

#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>
#include <linux/seq_buf.h>

#include "plan.h"

/* What auto= and a request allow, each including those before it. */
enum rebalance_level {
	REBALANCE_OFF,		/* nothing at all */
	REBALANCE_IDLE,		/* functions without a driver, windows of empty ports */
	REBALANCE_COOPERATIVE,	/* drivers that registered to be moved */
	REBALANCE_REBIND,	/* drivers that the user allowed to be unbound */
	REBALANCE_LEVELS
};

/* What the user allowed for one function. */
enum rebalance_consent {
	REBALANCE_CONSENT_NONE,
	REBALANCE_CONSENT_MOVE,		/* unbind its driver if it is not in use */
	REBALANCE_CONSENT_IN_USE,	/* even if it is in use */
};

/**
 * struct rebalance_owner - one function of the snapshot
 * @dev: the function; a reference is held
 * @pinned: why it may not be moved, NULL if it may
 * @way: least level that allows to move it
 * @ops: its driver's, if that cooperates
 * @data: for @ops
 * @driver: bound at the time of the snapshot, NULL if none
 * @command: its command register before memory-enable was cleared
 * @locked: its device lock and config lock are held
 * @held: a reference to its driver's module is held
 * @stopped: it is stopped
 * @stopped_at: since when
 * @down_us: how long it was stopped in this move
 */
struct rebalance_owner {
	struct pci_dev *dev;
	const char *pinned;
	enum rebalance_level way;
	const struct pci_rebalance_ops *ops;
	void *data;
	struct device_driver *driver;
	u16 command;
	bool locked;
	bool held;
	bool stopped;
	ktime_t stopped_at;
	u64 down_us;
};

/**
 * struct rebalance_item - the kernel's side of one node of the plan
 * @dev: function or bridge; NULL for windows of the host bridge, for foreign ranges and holes
 * @res: its resource
 * @resno: index of @res in @dev
 * @was: @res at the time of the snapshot, or as it must be to get its place
 * @wanted: size of a BAR that is made smaller so that it fits, 0 for others
 */
struct rebalance_item {
	struct pci_dev *dev;
	struct resource *res;
	int resno;
	struct resource was;
	u64 wanted;
};

/**
 * struct rebalance_snapshot - one PCI host bridge and all behind it, as the planner sees it
 * @root: its root bus
 * @space: the planner's tree
 * @items: by node
 * @owners: by owner
 * @owner_cost: prices, for @space
 * @buses: by bus
 * @result: of the planner
 * @node_max: room in nodes and items
 * @request: function for which room is sought, NULL for a hole
 * @culprit: function whose owner ended the move, NULL if it was none
 * @fault: what that owner did
 * @changes: journal entries that applying the plan took
 * @plan_us: how long planning took
 * @apply_us: how long applying took
 *
 * Valid only while the rescan lock is held.
 */
struct rebalance_snapshot {
	struct pci_bus *root;
	struct plan_space space;
	struct rebalance_item *items;
	struct rebalance_owner *owners;
	u32 *owner_cost;
	struct pci_bus **buses;
	struct plan_result result;
	u32 node_max;
	struct pci_dev *request;
	struct pci_dev *culprit;
	const char *fault;
	unsigned int changes;
	u64 plan_us;
	u64 apply_us;
};

/**
 * struct rebalance_request - what is asked for
 * @dev: function whose memory BARs without an address shall get one, or
 * @domain: with @number, the bus on which a hole shall be made
 * @number: its number
 * @bus: that bus, found while the rescan lock is held
 * @bytes: size of that hole, 0 for none
 * @prefetch: it may be in a prefetchable window
 * @low: it must be below 4 GiB
 * @level: what may be moved
 * @dry: plan only
 * @patient: wait for another request instead of giving up
 * @room: the same request as the driver of a host bridge made it, or NULL
 */
struct rebalance_request {
	struct pci_dev *dev;
	int domain;
	u8 number;
	struct pci_bus *bus;
	u64 bytes;
	bool prefetch;
	bool low;
	enum rebalance_level level;
	bool dry;
	bool patient;
	struct pci_rebalance_room *room;
};

/* main.c */
int rebalance_run(struct rebalance_request *request);
int rebalance_plan(struct rebalance_snapshot *s, struct rebalance_request *request);
int rebalance_apply(struct rebalance_snapshot *s);
void rebalance_refuse(int error, const char *why);
int rebalance_parse_level(const char *word);
struct mutex *rebalance_mutex(void);
void rebalance_results(struct seq_buf *result, struct seq_buf *plan);

/* snapshot.c */
int snapshot_take(struct rebalance_snapshot *s, const struct rebalance_request *request);
void snapshot_free(struct rebalance_snapshot *s);
bool snapshot_shrink(struct rebalance_snapshot *s);
int snapshot_still_true(const struct rebalance_snapshot *s);
u64 snapshot_to_cpu(const struct rebalance_snapshot *s, u16 node, u64 bus_address);

/* registers.c */
bool registers_size_bar(struct pci_dev *dev, int resno, u64 *bytes, unsigned long *flags);
bool registers_bar_matches(struct pci_dev *dev, int resno);
unsigned int registers_read(struct pci_dev *dev, int resno, u32 *values);
void registers_write(struct pci_dev *dev, int resno, const u32 *values);
int registers_write_bar(struct pci_dev *dev, int resno);
int registers_write_window(struct pci_dev *bridge, int resno, u64 first, u64 bytes);
u64 registers_window_hint(struct pci_dev *bridge, bool prefetch);

/* resize.c */
u64 resize_smaller(struct pci_dev *dev, int resno, u64 bytes);
u32 resize_read(struct pci_dev *dev, int resno);
int resize_write(struct pci_dev *dev, int resno, u32 control);
u32 resize_control(u32 control, u64 bytes);

/* owners.c */
void owner_judge(struct rebalance_owner *owner);
int owner_ask(struct rebalance_owner *owner);
int owner_stop(struct rebalance_owner *owner);
int owner_restart(struct rebalance_owner *owner);
int owner_lock(struct rebalance_owner *owner);
void owner_unlock(struct rebalance_owner *owner);
void owner_release(struct rebalance_owner *owner);
u32 owner_cost(const struct rebalance_owner *owner);
const char *owner_way_name(const struct rebalance_owner *owner);

/* consent.c */
int consent_set(u32 domain, u8 bus, u8 devfn, enum rebalance_consent consent);
enum rebalance_consent consent_of(const struct pci_dev *dev);
void consent_show(struct seq_buf *text);
void consent_note_down(const struct pci_dev *dev, u64 us);
bool consent_last_down(const struct pci_dev *dev, u64 *us);
void consent_exit(void);

/* apply.c */
int apply_plan(struct rebalance_snapshot *s);
int apply_ask(struct rebalance_snapshot *s);

/* room.c */
int room_run(struct rebalance_snapshot *s, struct rebalance_request *request);
void room_tell(const struct rebalance_snapshot *s, struct pci_rebalance_room *room, int error);

/* report.c */
void report_plan(const struct rebalance_snapshot *s, struct seq_buf *text);
void report_reason(const struct rebalance_snapshot *s, int error, struct seq_buf *text);
void report_result(const struct rebalance_snapshot *s, int error, bool dry, struct seq_buf *text);
void report_functions(const struct rebalance_snapshot *s, struct seq_buf *text);
void report_space(const struct rebalance_snapshot *s, struct seq_buf *text);

/* sysfs.c */
int sysfs_init(void);
void sysfs_exit(void);

#endif
