/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus's side of one PCI function.
 */
#ifndef PVPCID_FUNCTION_H
#define PVPCID_FUNCTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

#include "base/log.h"
#include "bus/bar.h"
#include "bus/cfgspace.h"
#include "bus/outcome.h"
#include "models/model.h"

struct bus;
struct error;

#define FUNCTION_MAX_VECTORS	2048
#define FUNCTION_HOME_BYTES	(64U << 10)	/* of a home; the rest is the model's */

/**
 * struct function_stats - accounts of one function
 * @edges: changes of memory-enable that the guest caused, by PVPCI_REASON_*
 * @edge_ns: what they took, by PVPCI_REASON_*
 * @attaches: times the BARs came into the aperture
 * @detaches: times they left
 * @attach_ns: spent in all attaches
 * @detach_ns: spent in all detaches
 * @resets: of the function alone
 * @power_changes: between D0 and D3hot
 * @interrupts: vectors raised
 * @masked: vectors that had to wait because they were masked
 * @lost: vectors whose message or vector map entry was nonsense
 * @added_ns: when it came onto the bus
 * @told_ns: when the guest first heard of it, 0 for not yet, as the next two
 * @assigned_ns: when the guest first gave it resources
 * @attached_ns: when it was first attached
 * @bound_ns: when the guest first said that a driver has it
 */
struct function_stats {
	uint64_t edges[PVPCI_REASON_COUNT];
	uint64_t edge_ns[PVPCI_REASON_COUNT];
	uint64_t attaches;
	uint64_t detaches;
	uint64_t attach_ns;
	uint64_t detach_ns;
	uint64_t resets;
	uint64_t power_changes;
	uint64_t interrupts;
	uint64_t masked;
	uint64_t lost;
	uint64_t added_ns;
	uint64_t told_ns;
	uint64_t assigned_ns;
	uint64_t attached_ns;
	uint64_t bound_ns;
};

/**
 * struct function_home - what of a function must outlive us and is bound to the aperture
 * @attached: memory-enable is set; true after the BARs are in the aperture, and false
 *	before they leave it
 * @offset: where they decode while it is
 * @bytes: and how many
 * @msix: MSI-X table while it is not
 *
 * It lies in the bus's state, where the next pvpcid finds it as it is at any instant.
 */
struct function_home {
	bool attached;
	uint64_t offset[PVPCI_NUM_BARS];
	uint64_t bytes[PVPCI_NUM_BARS];
	uint8_t msix[FUNCTION_MAX_VECTORS * 16];
};

_Static_assert(sizeof(struct function_home) <= FUNCTION_HOME_BYTES, "the model's part follows");

/**
 * struct function - one function; everything here is private to the daemon
 * @bus: bus it is on
 * @next: in the list of those whose files are being closed
 * @row: row in the function table
 * @instance: never 0, never used again on this bus
 * @devfn: device << 3 | function
 * @flags: PVPCI_FN_* as published
 * @slot: physical slot number
 * @priority: see struct pvpci_function
 * @numa_node: see struct pvpci_function
 * @serial: number in the table and in the serial number capability
 * @label: slot label
 * @name: how log lines call it
 * @conf: its JSON object; owned
 * @conf_text: the same as text; owned
 * @home: what of it outlives us
 * @home_index: its number
 * @found: a pvpcid before us has used @home
 * @ops: its model
 * @model: the model's state
 * @want: what create() declared
 * @cfg: configuration space
 * @bar: BARs
 * @attached: memory-enable is set
 * @hot_until_ns: it had work a moment ago
 * @quiesce_ns: since when it is to become idle, 0 for not at all
 * @leaving: it goes off the bus when it is idle; gone as far as the guest is concerned
 * @in_reset: the guest holds the reset bit
 * @reset_due: it has set it, and the reset is done when the function is idle
 * @power: PVPCI_POWER_*
 * @invalid_blocks: config blocks the guest has to hear of, a bit for each
 * @pending: one bit a vector: raised but masked
 * @any_pending: a bit of @pending may be set
 * @list_index: place in the array of attached functions
 * @eject_id: of the eject that is under way, 0 for none
 * @eject_sent: the guest has been told
 * @eject_device: the whole device is ejected
 * @eject_why: why the guest has refused the last eject, or empty
 * @outcome: what the guest says became of it, see outcome.h
 * @chatter: limits log lines that a guest can provoke
 * @complaints: the same for lost interrupts
 * @watched: file descriptors the bus sleeps on for it
 * @nr_watched: number of them
 * @stats: accounts
 */
struct function {
	struct bus *bus;
	struct function *next;
	uint32_t row;
	uint32_t instance;
	uint8_t devfn;
	uint32_t flags;
	uint16_t slot;
	uint16_t priority;
	uint32_t numa_node;
	uint64_t serial;
	char label[32];
	char name[48];
	json_t *conf;
	char *conf_text;
	struct function_home *home;
	unsigned int home_index;
	bool found;
	const struct model_ops *ops;
	void *model;
	struct cfgspace_want want;
	struct cfgspace cfg;
	struct bar bar[PVPCI_NUM_BARS];
	bool attached;
	uint64_t hot_until_ns;
	uint64_t quiesce_ns;
	bool leaving;
	bool in_reset;
	bool reset_due;
	uint32_t power;
	uint64_t invalid_blocks;
	uint64_t pending[FUNCTION_MAX_VECTORS / 64];
	bool any_pending;
	unsigned int list_index;
	uint64_t eject_id;
	bool eject_sent;
	bool eject_device;
	char eject_why[96];
	struct function_outcome outcome;
	struct log_limit chatter;
	struct log_limit complaints;
	int *watched;
	unsigned int nr_watched;
	struct function_stats stats;
};

/**
 * function_ready - is there nothing that function_create() would wait for?
 * @conf: JSON object; not checked
 * @found: for the home of a pvpcid before us
 *
 * The first call begins with what it would wait for. Never waits.
 */
bool function_ready(json_t *conf, bool found);

/** function_forget - no function_create() follows a function_ready() */
void function_forget(json_t *conf);

/**
 * function_create - make a function from its configuration
 * @bus: it is not on the bus yet
 * @conf: JSON object; a reference is taken
 * @home: number of the one that a pvpcid before us has used for it; -1 for a new one
 * @err: on failure; @err->where is below @conf
 */
struct function *function_create(struct bus *bus, json_t *conf, int home, struct error *err);

/** function_resume - go on with a function that was found: nobody but the model notices */
void function_resume(struct function *fn);

/** function_destroy - free it; it is detached and off the bus */
void function_destroy(struct function *fn);

/** function_slot - "03.0", where it is on the bus: @text is 8 bytes long; returns @text */
const char *function_slot(const struct function *fn, char *text);

/** function_vectors - interrupt vectors it can use */
unsigned int function_vectors(const struct function *fn);

/**
 * function_publish - write its row and its configuration space to BAR2
 * @fn: the function
 *
 * The guest's page starts from the reset values, so that a function reads the
 * same whether or not the guest has written to it.
 */
void function_publish(struct function *fn);

/** function_publish_bars - write the BARs of its row, once more */
void function_publish_bars(struct function *fn);

/** function_set_multifunction - whether its device has other functions, in header type */
void function_set_multifunction(struct function *fn, bool several);

/** function_clear_row - a row becomes empty */
void function_clear_row(struct bus *bus, uint32_t row);

/**
 * function_attach - BARs into the aperture
 * @fn: detached
 * @offset: of each BAR, checked
 */
void function_attach(struct function *fn, const uint64_t *offset);

/** function_detach - BARs out of the aperture, which then reads all-ones; harmless when detached */
void function_detach(struct function *fn);

/**
 * function_quiesce - finish what is under way, before a detach, a reset or the end
 * @fn: takes no work until the next attach or reset
 * @last: it is the end: flush, too
 *
 * Never blocks. Who gets 0 asks again, with each poll of the bus or tick.
 * Return: when it was first asked (clock_ns()), or 0 while it is not idle.
 */
uint64_t function_quiesce(struct function *fn, bool last);

/**
 * function_edge - attach or detach because the guest has caused it: on the accounts
 * @fn: the function; nothing happens when it is so already
 * @offset: of each BAR, checked; NULL to detach
 * @reason: PVPCI_REASON_*
 * @start_ns: when the guest asked (clock_ns())
 */
void function_edge(struct function *fn, const uint64_t *offset, unsigned int reason,
		   uint64_t start_ns);

/** function_reset - function level reset; in D0 afterwards */
void function_reset(struct function *fn);

/** function_check_reset - has a guest of 1.0 asked for a reset through device control? */
void function_check_reset(struct function *fn);

/**
 * function_fill_ones - unclaimed reads give all-ones
 * @fn: detached; what its assigned ranges held before is gone
 */
void function_fill_ones(struct function *fn);

/** function_forget_ones - give back the memory that all-ones took */
void function_forget_ones(struct function *fn);

/**
 * function_leave_ones - the same for a function that goes, but for what its driver looks at
 * @fn: detached
 *
 * A guest that has not let go of it learns from all-ones that it is gone; zeroes
 * make a driver wait for ever so long. Up to 64 KiB of each BAR stay, on nobody's
 * accounts, until the next one who decodes there.
 */
void function_leave_ones(struct function *fn);

/** function_config16 - 16 bits the guest sees at @offset of configuration space, read once */
uint16_t function_config16(const struct function *fn, unsigned int offset);
/** function_config32 - 32 bits */
uint32_t function_config32(const struct function *fn, unsigned int offset);

/**
 * function_chosen_bytes - the size that the guest has chosen for a BAR, read once
 * @fn: the function
 * @bar: 0 to 5
 *
 * Return: one that it offers; that of now while it is attached or what was chosen is nonsense
 */
uint64_t function_chosen_bytes(const struct function *fn, unsigned int bar);

/** function_resize - a BAR of a detached function has another size */
void function_resize(struct function *fn, unsigned int bar, uint64_t bytes);

/** function_check_pending - raise what was masked and no longer is; return whether any was */
bool function_check_pending(struct function *fn);

/** function_forget_interrupts - nothing is pending any more */
void function_forget_interrupts(struct function *fn);

#endif /* PVPCID_FUNCTION_H */
