/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room that the host wants: asking the guest for a plan, and for its moves.
 */
#ifndef PVPCID_REBALANCE_H
#define PVPCID_REBALANCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bus;
struct pvpci_restart;
struct pvpci_stop_complete;
struct pvpci_stop_plan;

/**
 * enum rebalance_phase - how far a wish has come
 * @REBALANCE_IDLE: there is none
 * @REBALANCE_ASK: QUERY_STOP has to be sent
 * @REBALANCE_ASKED: it was; QUERY_STOP_COMPLETE will come
 * @REBALANCE_STOP: STOP has to be sent
 * @REBALANCE_STOPPED: it was; STOP_COMPLETE will come, whoever waits for it
 * @REBALANCE_CANCEL: CANCEL_STOP has to be sent
 */
enum rebalance_phase {
	REBALANCE_IDLE,
	REBALANCE_ASK,
	REBALANCE_ASKED,
	REBALANCE_STOP,
	REBALANCE_STOPPED,
	REBALANCE_CANCEL
};

/**
 * struct rebalance_note - a BAR that moves, or a function that cannot
 * @devfn: of the function
 * @bar: its number
 * @step: 0 for a function that stays
 * @instance: of the function
 * @from: aperture offset, or PVPCI_BAR_UNASSIGNED
 * @to: the same
 * @bytes: of the BAR
 * @cost: in the guest's unit
 * @expected_us: how long the function is expected to stop, or PVPCI_DOWN_UNKNOWN
 * @down_us: how long it did, or PVPCI_DOWN_UNKNOWN
 * @words: of the guest, printable
 */
struct rebalance_note {
	uint8_t devfn;
	uint16_t bar;
	uint16_t step;
	uint32_t instance;
	uint64_t from;
	uint64_t to;
	uint64_t bytes;
	uint64_t cost;
	uint64_t expected_us;
	uint64_t down_us;
	char words[56];
};

/**
 * struct rebalance - the wish of a bus that is under way, or was the last
 * @phase: how far it is
 * @wish: its number
 * @flags: PVPCI_STOP_*
 * @bytes: of the hole, 0 for as much as can be; what it became, with a plan
 * @dry: plan only
 * @note: what the guest has told; NULL when it was asked nothing yet
 * @count: of @note
 * @offset: where the hole is, or PVPCI_BAR_UNASSIGNED
 * @cost: of the plan
 * @plan_us: that planning took
 * @move_us: that all moves took
 * @steps: of the plan
 * @why: the guest's words, printable
 */
struct rebalance {
	enum rebalance_phase phase;
	uint32_t wish;
	uint32_t flags;
	uint64_t bytes;
	bool dry;
	struct rebalance_note *note;
	unsigned int count;
	uint64_t offset;
	uint64_t cost;
	uint64_t plan_us;
	uint64_t move_us;
	uint32_t steps;
	char why[160];
};

/**
 * rebalance_start - ask the guest for room
 * @bus: in D0, with PVPCI_F_STOP in force
 * @bytes: of the hole, a power of two, or 0 for as much as can be
 * @flags: PVPCI_STOP_*
 * @dry: plan only
 *
 * Ends with watch.rebalance_done.
 * Return: 0; -EBUSY when the guest carries out another wish; -ENOMEM.
 */
int rebalance_start(struct bus *bus, uint64_t bytes, uint32_t flags, bool dry);
/** rebalance_cancel - nobody waits for it any more; what is being moved is moved */
void rebalance_cancel(struct bus *bus);
/** rebalance_resume - go on where a daemon was killed: @saved is without notes */
void rebalance_resume(struct bus *bus, const struct rebalance *saved);
/** rebalance_send - tell the guest what it has to be told */
void rebalance_send(struct bus *bus);
/** rebalance_reset - the bus goes down */
void rebalance_reset(struct bus *bus);
/** rebalance_close - forget everything */
void rebalance_close(struct bus *bus);
/** rebalance_report - the plan or what became of it; a new reference */
json_t *rebalance_report(const struct bus *bus);

/* as in struct pvpci_host_ops */
uint32_t bus_stop_plan(void *context, const struct pvpci_stop_plan *message);
uint32_t bus_restart(void *context, const struct pvpci_restart *message);
uint32_t bus_stop_complete(void *context, const struct pvpci_stop_complete *message);

#endif /* PVPCID_REBALANCE_H */
