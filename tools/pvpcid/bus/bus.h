/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One bus: its functions, its shared memory and its guest.
 *
 * Nothing here waits or owns an event loop: bus_poll() does what there is to
 * do and returns. All of it runs in one thread.
 */
#ifndef PVPCID_BUS_H
#define PVPCID_BUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "conf/conf.h"
#include "bus/function.h"
#include "bus/rebalance.h"
#include "host.h"
#include "io/dma.h"
#include "io/memory.h"
#include "io/state.h"
#include "io/vector.h"
#include "layout.h"

#define BUS_PEER_ID		1	/* of the daemon; 0 would be ambiguous */
#define BUS_GUEST_ID		2
#define BUS_DOORBELL_VECTOR	0
#define BUS_RING_VECTOR		0

/**
 * struct bus_stats - accounts of one bus since the daemon started
 * @guests: connections served
 * @d0_entries: times a guest powered the bus up
 * @broken: guests that broke the rules
 * @notifies: interrupts for ring messages
 * @dma_refused: guest addresses that were not RAM
 */
struct bus_stats {
	uint64_t guests;
	uint64_t d0_entries;
	uint64_t broken;
	uint64_t notifies;
	uint64_t dma_refused;
};

/**
 * struct bus_watch - what the event loop does for the bus
 * @add: sleep on @fd too; returns 0 or negative errno
 * @remove: no more
 * @eject_done: an eject ended: @result 0, or the guest's errno, or negative
 *	when the bus went away
 * @rebalance_done: a wish for room ended: @result as for an eject
 * @context: passed to each
 */
struct bus_watch {
	int (*add)(void *context, int fd);
	void (*remove)(void *context, int fd);
	void (*eject_done)(void *context, uint64_t eject_id, int result);
	void (*rebalance_done)(void *context, uint32_t wish, int result);
	void *context;
};

/**
 * struct bus - one bus
 * @conf: not owned
 * @watch: event loop
 * @layout: of BAR2; the truth, the header is only a copy
 * @memory: BAR2
 * @state: what outlives us
 * @dirty: bus_save() has something to do before the guest hears anything
 * @answering: requests of the guest are being answered: they are asked again after a death
 * @client: QEMU's connection, when a pvpcid before us had it; -1 once it is taken
 * @host: protocol
 * @vectors: eventfds of the guest that is connected, or of the next
 * @dma: guest RAM
 * @peer: QEMU's process, 0 when not connected
 * @connected: a QEMU is there
 * @sleeping: published as host.sleeping
 * @guest_state: last PVPCI_GUEST_* seen
 * @generation: of the header
 * @beat: heartbeat
 * @beat_ns: when it last went up
 * @relations_seq: goes up with each change of the function table
 * @relations_pending: the guest must be told
 * @blocks_pending: the guest must hear of config blocks of some function
 * @next_instance: for the next function
 * @next_eject: for the next eject
 * @rebalance: room that the guest shall make
 * @nr_vectors: transport vectors the guest has enabled
 * @window: as the guest announced them
 * @row: functions, NULL for empty rows
 * @nr_functions: of them
 * @attached: functions whose memory-enable is set
 * @nr_attached: of them
 * @attached_ns: when the last one was attached
 * @scanned_ns: when all functions were looked at last
 * @scan_ns: how long that took
 * @ones_bytes: memory that all-ones take
 * @unsettled: bus_settle() has something to do
 * @closing: functions that are off it and whose files are being closed
 * @releasing: it is broken, and all is released when the functions are idle
 * @chatter: limits log lines that a guest can provoke
 * @stats: accounts
 */
struct bus {
	const struct conf *conf;
	struct bus_watch watch;
	struct pvpci_layout layout;
	struct memory memory;
	struct state state;
	bool dirty;
	bool answering;
	int client;
	struct pvpci_host host;
	struct vectors vectors;
	struct dma dma;
	pid_t peer;
	bool connected;
	bool sleeping;
	uint32_t guest_state;
	uint32_t generation;
	uint32_t beat;
	uint64_t beat_ns;
	uint32_t relations_seq;
	bool relations_pending;
	bool blocks_pending;
	uint32_t next_instance;
	uint64_t next_eject;
	struct rebalance rebalance;
	uint32_t nr_vectors;
	struct pvpci_place_window window[2];
	struct function *row[PVPCI_MAX_FUNCTIONS];
	unsigned int nr_functions;
	struct function *attached[PVPCI_MAX_FUNCTIONS];
	unsigned int nr_attached;
	uint64_t attached_ns;
	uint64_t scanned_ns;
	uint64_t scan_ns;
	uint64_t ones_bytes;
	bool unsettled;
	struct function *closing;
	bool releasing;
	struct log_limit chatter;
	struct bus_stats stats;
};

/**
 * bus_open - create the functions of a configuration, and the shared memory
 * @bus: filled
 * @conf: checked; must outlive the bus
 * @watch: event loop; copied
 * @err: on failure; @err->where is a pointer into the configuration
 *
 * Return: 0, or -1 with nothing left behind.
 */
int bus_open(struct bus *bus, const struct conf *conf, const struct bus_watch *watch,
	     struct error *err);

/** bus_close - the reverse */
void bus_close(struct bus *bus);

/** bus_connect - a QEMU is there and gets bus->memory and bus->vectors */
void bus_connect(struct bus *bus, pid_t peer);

/**
 * bus_disconnect - it is gone: detach all and make the bus anew
 * @bus: the bus
 * @err: filled on failure
 *
 * Return: 0; 1 when functions are not idle yet, to be called again until they
 * are; -1 with @err filled: there is no bus any more.
 */
int bus_disconnect(struct bus *bus, struct error *err);

/** bus_poll - do what there is to do; return whether there was anything */
bool bus_poll(struct bus *bus);

/** bus_beat - show the guest that the daemon lives, also in the midst of long work */
void bus_beat(struct bus *bus, uint64_t now_ns);
/** bus_tick - heartbeat and what is looked at only now and then; after each sleep */
void bus_tick(struct bus *bus, uint64_t now_ns);

/** bus_cap_sleep - may the bus sleep for @wait_ns? That, or less: what it has to look at */
uint64_t bus_cap_sleep(const struct bus *bus, uint64_t wait_ns);

/** bus_busy - does a function work that has no descriptor to say when it is done? */
bool bus_busy(const struct bus *bus);

/** bus_set_sleeping - publish whether the guest must ring before I/O; a full barrier when set */
void bus_set_sleeping(struct bus *bus, bool sleeping);

/** bus_stop - clean stop: say so, ring the guest, detach everything */
void bus_stop(struct bus *bus);

/** bus_break - the guest broke the rules: it has no bus any more; says so once */
void bus_break(struct bus *bus, const char *why);

/** bus_find - function at @devfn, or NULL */
struct function *bus_find(const struct bus *bus, unsigned int devfn);

/** bus_function - function that a message names: in @row, NULL when it is not @instance */
struct function *bus_function(const struct bus *bus, uint32_t row, uint32_t instance);

/**
 * bus_add - put one more function on the bus; a guest in D0 is told at the next poll
 * @bus: the bus
 * @conf: JSON object
 * @err: on failure; @err->where is below @conf
 *
 * Return: the function or NULL.
 */
struct function *bus_add(struct bus *bus, json_t *conf, struct error *err);

/** bus_remove - take a function off the bus: at once when it is idle, or as soon as it is */
void bus_remove(struct bus *bus, struct function *fn);

/**
 * bus_take_away - the same, and watch.eject_done tells when it is off the bus
 * @bus: the bus
 * @fn: the function
 * @eject_id: result: passed to watch.eject_done, which may be called in here
 */
void bus_take_away(struct bus *bus, struct function *fn, uint64_t *eject_id);

/** bus_quiesce - function_quiesce() for all; return whether all are idle */
bool bus_quiesce(struct bus *bus);

/** bus_settle - take off the bus and release what is idle now; with each bus_poll() */
void bus_settle(struct bus *bus);

/** bus_close_some - end those whose files are closed now; with each bus_poll() */
void bus_close_some(struct bus *bus);

/**
 * bus_eject - ask the guest to let go of a function
 * @bus: the bus
 * @fn: the function
 * @device: none of the functions of its device may be in use
 * @eject_id: result: passed to watch.eject_done later; 0 when the function
 *	was removed at once because no guest uses the bus and it was idle
 *
 * Return: 0, -EBUSY when an eject is under way.
 */
int bus_eject(struct bus *bus, struct function *fn, bool device, uint64_t *eject_id);

/** bus_eject_forget - nobody waits for that eject any more: it may be asked for again */
void bus_eject_forget(struct bus *bus, uint64_t eject_id);

/** bus_eject_refused - the guest does not let go of @fn; @result is its errno */
void bus_eject_refused(struct bus *bus, struct function *fn, int result);

/** bus_header - the start of BAR2; the guest may write it */
static inline struct pvpci_header *bus_header(const struct bus *bus)
{
	return (struct pvpci_header *)bus->memory.base;
}

/** bus_area - a part of BAR2 */
static inline void *bus_area(const struct bus *bus, unsigned int area)
{
	return bus->memory.base + bus->layout.area[area].offset;
}

/** bus_aperture - @offset in the aperture */
static inline uint8_t *bus_aperture(const struct bus *bus, uint64_t offset)
{
	return (uint8_t *)bus_area(bus, PVPCI_AREA_APERTURE) + offset;
}

/** bus_state_name - for people: "waiting", "connected", "up", "broken" */
const char *bus_state_name(const struct bus *bus);

/* requests.c: what the guest asks for, see struct pvpci_host_ops */
extern const struct pvpci_host_ops bus_host_ops;

/** bus_start_protocol - nothing agreed, rings empty; the layout and the memory are there */
void bus_start_protocol(struct bus *bus);

/** bus_mark_multifunction - bit 7 of the header type of each function of @device */
void bus_mark_multifunction(struct bus *bus, unsigned int device);

/** bus_power_on - make memory and eventfds, publish everything, say READY */
int bus_power_on(struct bus *bus, struct error *err);

/** bus_power_off - detach everything, drop memory and eventfds */
void bus_power_off(struct bus *bus);

/**
 * bus_release_all - all functions detached, reset and without resources
 * @bus: the bus
 * @reason: PVPCI_REASON_* for the accounts of those that were attached
 */
void bus_release_all(struct bus *bus, unsigned int reason);

/* config_blocks.c and function_power.c: as in struct pvpci_host_ops */
uint32_t bus_read_block(void *context, struct pvpci_block *block);
uint32_t bus_write_block(void *context, struct pvpci_block *block);
uint32_t bus_reset_function(void *context, struct pvpci_change *change);
/* outcome.c: the same */
uint32_t bus_outcome(void *context, const struct pvpci_outcome *outcome);
uint32_t bus_set_power(void *context, struct pvpci_change *change);

/** bus_hand_off - attach the functions that are handed off decoding */
void bus_hand_off(struct bus *bus);

/** bus_told - the guest has heard of all functions that are there now */
void bus_told(struct bus *bus);

/** bus_needs - what all functions need of the two windows */
void bus_needs(const struct bus *bus, uint64_t *need32, uint64_t *need64);

#endif /* PVPCID_BUS_H */
