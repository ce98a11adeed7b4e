/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways in which the host lies: one row of a table for each.
 */
#ifndef LIAR_FAULT_H
#define LIAR_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct liar;

#define FAULT_PATCHES	4

/**
 * enum step - where in the conversation a fault strikes
 * @STEP_NONE: nowhere: it is in BAR2 from the start
 * @STEP_VERSION: the guest asked for a version
 * @STEP_D0_ENTRY: D0_ENTRY
 * @STEP_MEMORY: MEMORY
 * @STEP_DMA_PROBE: DMA_PROBE
 * @STEP_APERTURE_PROBE: APERTURE_PROBE
 * @STEP_QUERY_RELATIONS: QUERY_RELATIONS
 * @STEP_QUERY_RESOURCES: QUERY_RESOURCES
 * @STEP_ASSIGNED: RESOURCES_ASSIGNED
 * @STEP_ATTACH: COMMIT with memory-enable set
 * @STEP_DETACH: COMMIT with memory-enable clear
 * @STEP_EJECT_COMPLETE: EJECT_COMPLETE
 * @STEP_PING: PING
 * @STEP_RELEASED: RESOURCES_RELEASED
 * @STEP_D0_EXIT: D0_EXIT
 * @STEP_BOUND: no request: a driver of the guest is bound, and whoever runs
 *	the guest says so with the command "fire"
 * @STEPS: number of them
 */
enum step {
	STEP_NONE,
	STEP_VERSION,
	STEP_D0_ENTRY,
	STEP_MEMORY,
	STEP_DMA_PROBE,
	STEP_APERTURE_PROBE,
	STEP_QUERY_RELATIONS,
	STEP_QUERY_RESOURCES,
	STEP_ASSIGNED,
	STEP_ATTACH,
	STEP_DETACH,
	STEP_EJECT_COMPLETE,
	STEP_PING,
	STEP_RELEASED,
	STEP_D0_EXIT,
	STEP_BOUND,
	STEPS
};

/**
 * enum act - what the host does at that step
 * @ACT_NONE: only what the patches and the hook say
 * @ACT_SILENT: it answers nothing from here on, its heart beats
 * @ACT_FROZEN: the same, and its heart has stopped, as after SIGSTOP
 * @ACT_STOPPING: it says that it stops, and answers nothing
 * @ACT_BROKEN: it says that the guest broke the rules, and answers nothing
 * @ACT_KILLED: the process is gone
 * @ACT_TWICE: it answers everything twice
 * @ACT_LATE: it answers this request after @fault.value milliseconds, the first
 *	time; whoever loads the driver again afterwards has a bus
 * @ACT_AGAIN: from here on it sends the reply of each request once more
 *	with the next one
 * @ACT_UNSEEN: what it writes into the aperture does not arrive there
 * @ACT_CRUMBS: of memory it reaches one page more each time
 * @ACT_REDONE: it died before it told what it had read there, and does it once more
 */
enum act {
	ACT_NONE,
	ACT_SILENT,
	ACT_FROZEN,
	ACT_STOPPING,
	ACT_BROKEN,
	ACT_KILLED,
	ACT_TWICE,
	ACT_LATE,
	ACT_AGAIN,
	ACT_UNSEEN,
	ACT_CRUMBS,
	ACT_REDONE,
};

/**
 * enum place - what a patch changes
 * @AT_NOTHING: end of the patches
 * @AT_HEADER: the header page
 * @AT_ROW: a row of the function table
 * @AT_CONFIG: a row of the config area
 * @AT_MASK: a row of the config mask area
 * @AT_RING_TO_HOST: indices of that ring
 * @AT_RING_TO_GUEST: the same
 * @AT_PENDING: the bitmap of pending vectors
 * @AT_REPLY: each reply of the step, before it is sent
 */
enum place {
	AT_NOTHING,
	AT_HEADER,
	AT_ROW,
	AT_CONFIG,
	AT_MASK,
	AT_RING_TO_HOST,
	AT_RING_TO_GUEST,
	AT_PENDING,
	AT_REPLY,
};

/**
 * enum op - how
 * @OP_SET: @bytes bytes become @value, little endian
 * @OP_ADD: @value is added to them
 * @OP_FILL: each of @bytes bytes becomes @value
 * @OP_RANDOM: each of @bytes bytes becomes something
 */
enum op {
	OP_SET,
	OP_ADD,
	OP_FILL,
	OP_RANDOM,
};

/**
 * struct span - some bytes of whatever a patch changes
 * @offset: where they begin
 * @bytes: how many; 1, 2, 4 or 8 for OP_SET and OP_ADD
 */
struct span {
	uint32_t offset;
	uint32_t bytes;
};

/**
 * struct patch - one thing that is not as an honest host would have it
 * @at: enum place
 * @op: enum op
 * @row: for those that have rows
 * @span: which bytes
 * @value: see enum op
 *
 * All but those of replies are made before the host says READY when the
 * step of the fault is STEP_NONE, otherwise when the step is reached.
 */
struct patch {
	uint8_t at;
	uint8_t op;
	uint16_t row;
	struct span span;
	uint64_t value;
};

/**
 * enum outcome - what must become of the bus
 * @WORKS: its functions work
 * @LEAVES: they work until the driver is removed, which is when it strikes
 * @REFUSED: the probe fails, there are no functions
 * @BROKEN: they are gone, or read all-ones, once the fault has struck
 * @DEGRADED: the bus lives, what the fault hit is absent or does not work
 * @ANY: any of these
 * @OUTCOMES: number of them
 */
enum outcome {
	WORKS,
	LEAVES,
	REFUSED,
	BROKEN,
	DEGRADED,
	ANY,
	OUTCOMES
};

/**
 * struct fault - one way to lie
 * @name: for options and reports
 * @expect: extended regular expression that one line of the guest's kernel log
 *	matches; NULL when there is nothing to say
 * @outcome: of the bus
 * @step: when it strikes
 * @act: what happens then
 * @value: of @act
 * @bar2_bytes: length of BAR2, when that is what is wrong
 * @patch: what is changed, see struct patch
 * @start: called when BAR2 is complete, before READY
 * @strike: called when the step is reached
 * @prompt: called at "fire", to make the guest take the step
 * @tick: called each millisecond or so once the fault has struck
 */
struct fault {
	const char *name;
	const char *expect;
	enum outcome outcome;
	enum step step;
	enum act act;
	unsigned int value;
	unsigned int bar2_bytes;
	struct patch patch[FAULT_PATCHES];
	void (*start)(struct liar *liar);
	void (*strike)(struct liar *liar);
	void (*prompt)(struct liar *liar);
	void (*tick)(struct liar *liar);
};

/**
 * struct fault_table - faults of one kind
 * @kind: heading
 * @fault: rows
 * @count: of them
 */
struct fault_table {
	const char *kind;
	const struct fault *fault;
	size_t count;
};

#define SPAN(offset_, bytes_)	((struct span){ .offset = offset_, .bytes = bytes_ })
/* A member of a structure of the wire. */
#define MEMBER(type, name)	SPAN(offsetof(type, name), sizeof(((type *)NULL)->name))

#define FAULT_TABLE(kind_, rows) { .kind = kind_, .fault = rows, \
	.count = sizeof(rows) / sizeof((rows)[0]) }

extern const struct fault_table header_faults;
extern const struct fault_table row_faults;
extern const struct fault_table config_faults;
extern const struct fault_table message_faults;
extern const struct fault_table step_faults;
extern const struct fault_table event_faults;

/** fault_needs_bus - does it take a process or a BAR2 of its own? */
bool fault_needs_bus(const struct fault *fault);
/** fault_find - by name, or NULL */
const struct fault *fault_find(const char *name);
/** fault_list - one line a fault: name, outcome, step, expected sentence, tabs between */
void fault_list(void);
/** fault_each - call @call with each fault until it returns something else than 0 */
int fault_each(int (*call)(const struct fault *fault, void *context), void *context);
/** outcome_name - for people */
const char *outcome_name(enum outcome outcome);
/** step_name - for people */
const char *step_name(enum step step);

/**
 * fault_patch - apply those patches of the fault that are not for replies
 * @liar: whose
 * @after: those of the ring to the guest, whose index the reply sets right again;
 *	otherwise all others
 */
void fault_patch(struct liar *liar, bool after);
/** fault_patch_reply - apply the others to a slot */
void fault_patch_reply(struct liar *liar, void *slot);

#endif /* LIAR_FAULT_H */
