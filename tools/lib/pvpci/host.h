/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host end of the protocol: negotiation, bus state, dispatch.
 *
 * Knows messages and their order. What a bus does with them is behind
 * struct pvpci_host_ops, in host byte order and already checked for form, so
 * a simulator and the fuzzers use the same code as the daemon.
 */
#ifndef PVPCI_HOST_H
#define PVPCI_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

#include "ring.h"

/**
 * enum pvpci_host_state - what the guest may ask for
 * @PVPCI_HOST_NEW: nothing agreed: VERSION and PING
 * @PVPCI_HOST_AGREED: a version is agreed, the bus is powered down: D0_ENTRY
 *	and DMA_PROBE too
 * @PVPCI_HOST_D0: powered up: everything
 * @PVPCI_HOST_DEAD: the guest broke the rules: nothing, until the bus is made anew
 * @PVPCI_HOST_STATES: number of states
 */
enum pvpci_host_state {
	PVPCI_HOST_NEW,
	PVPCI_HOST_AGREED,
	PVPCI_HOST_D0,
	PVPCI_HOST_DEAD,
	PVPCI_HOST_STATES
};

/*
 * What an operation returns that cannot be carried out yet: no status of the
 * wire. Its request is kept, and the operation called again with each
 * pvpci_host_poll() until it returns another.
 */
#define PVPCI_HOST_LATER	0xffffffffU

#define PVPCI_HOST_KEPT		64	/* requests that wait, at most; then the ring does */

/**
 * struct pvpci_commit - PVPCI_MSG_COMMIT in host byte order
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @command: new command register
 * @reason: PVPCI_REASON_*, below PVPCI_REASON_COUNT
 * @offset: aperture offsets, unchecked
 * @host_ns: result: how long it took
 */
struct pvpci_commit {
	uint32_t row;
	uint32_t instance;
	uint16_t command;
	uint16_t reason;
	uint64_t offset[PVPCI_NUM_BARS];
	uint64_t host_ns;
};

/**
 * struct pvpci_place_window - one bridge window in host byte order
 * @offset: aperture offset
 * @bytes: 0 for none
 * @bus_start: PCI bus address
 */
struct pvpci_place_window {
	uint64_t offset;
	uint64_t bytes;
	uint64_t bus_start;
};

/**
 * struct pvpci_resources - RESOURCES_ASSIGNED or RELEASED in host byte order
 * @first: first row
 * @count: rows; first + count does not pass the end of the table
 * @window: 32-bit and 64-bit window, unchecked
 * @fault: result, on an error: row at fault
 */
struct pvpci_resources {
	uint32_t first;
	uint32_t count;
	struct pvpci_place_window window[2];
	uint32_t fault;
};

/**
 * struct pvpci_block - READ_BLOCK or WRITE_BLOCK in host byte order
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @block: below PVPCI_NUM_BLOCKS
 * @bytes: of @data, to PVPCI_BLOCK_BYTES: wanted or sent; result of a read:
 *	those that there are, not more
 * @data: content
 */
struct pvpci_block {
	uint32_t row;
	uint32_t instance;
	unsigned int block;
	unsigned int bytes;
	uint8_t *data;
};

/**
 * struct pvpci_change - RESET or POWER in host byte order
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @value: PVPCI_RESET_* or PVPCI_POWER_*, one of those that exist
 * @host_ns: result: how long it took
 */
struct pvpci_change {
	uint32_t row;
	uint32_t instance;
	uint32_t value;
	uint64_t host_ns;
};

/**
 * struct pvpci_outcome - OUTCOME in host byte order
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @outcome: PVPCI_OUTCOME_*, one of those that exist
 * @error: the guest's errno, unchecked
 * @missing_bytes: see struct pvpci_msg_outcome
 * @missing_piece: the same
 * @driver: the guest's text, unchecked but for its end
 */
struct pvpci_outcome {
	uint32_t row;
	uint32_t instance;
	uint32_t outcome;
	uint32_t error;
	uint64_t missing_bytes;
	uint64_t missing_piece;
	char driver[32];
};

/**
 * struct pvpci_stop_plan - STOP_PLAN in host byte order
 * @wish: of the query
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @bar: below PVPCI_NUM_BARS
 * @step: 0 for a function that stays
 * @from: aperture offset, unchecked
 * @to: the same
 * @cost: in the guest's unit
 * @down_us: expected, or PVPCI_DOWN_UNKNOWN
 * @words: the guest's text, unchecked but for its end
 */
struct pvpci_stop_plan {
	uint32_t wish;
	uint32_t row;
	uint32_t instance;
	uint16_t bar;
	uint16_t step;
	uint64_t from;
	uint64_t to;
	uint64_t cost;
	uint64_t down_us;
	char words[56];
};

/**
 * struct pvpci_restart - RESTART in host byte order
 * @wish: of the stop
 * @row: function table row, below the number of rows
 * @instance: instance the guest means
 * @down_us: measured by the guest
 */
struct pvpci_restart {
	uint32_t wish;
	uint32_t row;
	uint32_t instance;
	uint64_t down_us;
};

/**
 * struct pvpci_stop_complete - QUERY_STOP_COMPLETE or STOP_COMPLETE in host byte order
 * @stopped: it is the latter
 * @wish: of the query
 * @result: 0 or the guest's errno, unchecked
 * @bytes: see struct pvpci_msg_stop_complete, unchecked as all that follows
 * @offset: the same
 * @cost: the same
 * @time_us: the same
 * @steps: the same
 * @why: the guest's text, unchecked but for its end
 */
struct pvpci_stop_complete {
	bool stopped;
	uint32_t wish;
	uint32_t result;
	uint64_t bytes;
	uint64_t offset;
	uint64_t cost;
	uint64_t time_us;
	uint32_t steps;
	char why[160];
};

/**
 * struct pvpci_memory - see struct pvpci_msg_memory; @what is valid, and the range is not
 *	empty, ends at 2^64 at most, and holds @at, which is a multiple of 4096
 * @what: PVPCI_MEMORY_*
 * @address: guest-physical; becomes that of what is reached
 * @bytes: becomes the length of it
 * @at: MARKED: where the mark is
 * @mark: MARKED: what is there
 */
struct pvpci_memory {
	uint32_t what;
	uint64_t address;
	uint64_t bytes;
	uint64_t at;
	uint8_t mark[PVPCI_MARK_BYTES];
};

/**
 * struct pvpci_host_ops - what a bus does
 * @d0_entry: power up; @again: it was up, start over
 * @d0_exit: power down: detach and release all
 * @relations: the sequence number and count that the table shows now
 * @needs: fill the BARs of all rows; total needs of 32-bit and 64-bit BARs
 * @assigned: take the assigned rows, all or none
 * @released: forget them
 * @commit: an edge of memory-enable
 * @dma_probe: read 8 bytes of guest memory
 * @aperture_probe: read 8 bytes of the aperture, write their complement there; or say
 *	where nothing decodes
 * @memory: where a range of guest memory is
 * @eject_complete: the guest let go of a function, or @result says why not
 * @eject_why: it will not, for that reason: the guest's text, unchecked but for its end
 * @read_block: content of a config block
 * @write_block: new content of one
 * @reset: reset a function
 * @power: power state of a function
 * @outcome: what became of a function
 * @stop_plan: a BAR that would move, or a function that cannot
 * @restart: a function that was stopped works again
 * @stop_complete: the end of a query or of a stop
 *
 * Each returns a PVPCI_STATUS_*; @d0_entry, @d0_exit, @commit, @eject_complete,
 * @reset and @power may return PVPCI_HOST_LATER, with nothing changed that
 * matters to a second call. All are called from pvpci_host_poll().
 */
struct pvpci_host_ops {
	uint32_t (*d0_entry)(void *context, uint32_t nr_vectors, bool again);
	uint32_t (*d0_exit)(void *context);
	void (*relations)(void *context, uint32_t *seq, uint32_t *count);
	void (*needs)(void *context, uint64_t *need32, uint64_t *need64);
	uint32_t (*assigned)(void *context, struct pvpci_resources *resources);
	uint32_t (*released)(void *context, struct pvpci_resources *resources);
	uint32_t (*commit)(void *context, struct pvpci_commit *commit);
	uint32_t (*dma_probe)(void *context, uint64_t address, uint64_t *value);
	uint32_t (*aperture_probe)(void *context, uint64_t *offset, uint64_t *value);
	uint32_t (*memory)(void *context, struct pvpci_memory *memory);
	uint32_t (*eject_complete)(void *context, uint32_t row, uint32_t instance,
				   uint32_t result);
	uint32_t (*eject_why)(void *context, uint32_t row, uint32_t instance, const char *why);
	uint32_t (*read_block)(void *context, struct pvpci_block *block);
	uint32_t (*write_block)(void *context, struct pvpci_block *block);
	uint32_t (*reset)(void *context, struct pvpci_change *change);
	uint32_t (*power)(void *context, struct pvpci_change *change);
	uint32_t (*outcome)(void *context, const struct pvpci_outcome *outcome);
	uint32_t (*stop_plan)(void *context, const struct pvpci_stop_plan *plan);
	uint32_t (*restart)(void *context, const struct pvpci_restart *restart);
	uint32_t (*stop_complete)(void *context, const struct pvpci_stop_complete *complete);
};

#define PVPCI_HOST_VERSION_MIN	PVPCI_VERSION_1_0
#define PVPCI_HOST_VERSION_MAX	PVPCI_VERSION_1_1

/**
 * struct pvpci_host - host end of one bus
 * @ops: what the bus does
 * @context: passed to @ops
 * @rows: rows of the function table
 * @version_min: lowest version served
 * @version_max: highest version served
 * @features: offered
 * @state: see enum pvpci_host_state
 * @version: agreed
 * @in_force: features agreed
 * @from_guest: consumer end
 * @to_guest: producer end
 * @kept: requests that wait for their operation, or for an earlier one of the
 *	same function; in their order
 * @nr_kept: number of them
 * @unnotified: messages sent since the guest was last interrupted
 * @received: messages taken, by row of the dispatch table
 * @refused: replies with a status other than OK
 * @why_dead: the rule that was broken, for the log
 */
struct pvpci_host {
	const struct pvpci_host_ops *ops;
	void *context;
	uint32_t rows;
	uint32_t version_min;
	uint32_t version_max;
	uint64_t features;
	enum pvpci_host_state state;
	uint32_t version;
	uint64_t in_force;
	struct pvpci_ring_end from_guest;
	struct pvpci_ring_end to_guest;
	uint64_t kept[PVPCI_HOST_KEPT][PVPCI_SLOT_BYTES / sizeof(uint64_t)];
	unsigned int nr_kept;
	uint32_t unnotified;
	uint64_t received[32];
	uint64_t refused;
	const char *why_dead;
};

/**
 * pvpci_host_start - a fresh bus: nothing agreed, rings empty
 * @host: @ops, @context, @rows, versions and @features are set by the caller
 * @ring_to_host: area of the ring that the guest fills
 * @ring_to_guest: area of the ring that the host fills
 * @slots: of each ring
 */
void pvpci_host_start(struct pvpci_host *host, void *ring_to_host, void *ring_to_guest,
		      uint32_t slots);

/**
 * pvpci_host_hold - from now on the guest hears of nothing before pvpci_host_publish()
 * @host: started
 */
void pvpci_host_hold(struct pvpci_host *host);

/**
 * pvpci_host_publish - requests are taken, and replies and events sent, for the guest too
 * @host: held
 *
 * What is known of them is safe now: one who dies before is asked again.
 */
void pvpci_host_publish(struct pvpci_host *host);

/**
 * pvpci_host_poll - answer what the guest has asked, at most @budget messages
 * @host: host end
 * @budget: most messages to answer
 *
 * A request is taken only when there is room for its reply. One that has to
 * wait (PVPCI_HOST_LATER) holds up those of its function, and no others.
 * Return: number answered, or -EPROTO when the guest broke the rules (now or
 * before); @host->why_dead then says how.
 */
int pvpci_host_poll(struct pvpci_host *host, unsigned int budget);

/**
 * pvpci_host_send_relations - tell the guest that the table changed
 * @host: host end
 * @seq: relations sequence number
 * @count: number of functions
 *
 * Return: 0, -EAGAIN when the ring is full, -EPROTO.
 */
int pvpci_host_send_relations(struct pvpci_host *host, uint32_t seq, uint32_t count);

/**
 * pvpci_host_send_eject - ask the guest to let go of a function
 * @host: host end
 * @row: row of the function
 * @instance: instance of the function
 * @device: none of the functions of its device may be in use
 *
 * Return: 0, -EAGAIN when the ring is full, -EPROTO.
 */
int pvpci_host_send_eject(struct pvpci_host *host, uint32_t row, uint32_t instance, bool device);

/**
 * pvpci_host_send_invalidate - config blocks have other content now
 * @host: host end
 * @row: row of the function
 * @instance: instance of the function
 * @blocks: a bit for each
 *
 * Return: 0, also for a guest that knows no blocks; -EAGAIN when the ring is
 * full, -EPROTO.
 */
int pvpci_host_send_invalidate(struct pvpci_host *host, uint32_t row, uint32_t instance,
			       uint64_t blocks);

/**
 * pvpci_host_send_query_stop - may functions be stopped, to make room?
 * @host: host end, PVPCI_F_STOP in force
 * @wish: number of the wish, not 0
 * @flags: PVPCI_STOP_*
 * @bytes: of the hole, 0 for as much as can be
 *
 * Return: 0, -EAGAIN when the ring is full, -EPROTO.
 */
int pvpci_host_send_query_stop(struct pvpci_host *host, uint32_t wish, uint32_t flags,
			       uint64_t bytes);

/**
 * pvpci_host_send_stop - carry the plan out, or forget it
 * @host: host end, PVPCI_F_STOP in force
 * @wish: of the query
 * @cancel: forget it
 *
 * Return: 0, -EAGAIN when the ring is full, -EPROTO.
 */
int pvpci_host_send_stop(struct pvpci_host *host, uint32_t wish, bool cancel);

/** pvpci_host_kill - the guest broke a rule outside the rings */
void pvpci_host_kill(struct pvpci_host *host, const char *why);

/** pvpci_message_count - rows of the dispatch table, for statistics */
unsigned int pvpci_message_count(void);
/** pvpci_message_name - name of dispatch row @index ("COMMIT") */
const char *pvpci_message_name(unsigned int index);
/** pvpci_status_name - name of a PVPCI_STATUS_* ("RANGE") */
const char *pvpci_status_name(uint32_t status);
/** pvpci_reason_name - name of a PVPCI_REASON_* ("enable") */
const char *pvpci_reason_name(uint32_t reason);
/** pvpci_outcome_name - name of a PVPCI_OUTCOME_* ("bound") */
const char *pvpci_outcome_name(uint32_t outcome);
/** pvpci_version_name - name of a PVPCI_VERSION_* ("1.1") */
const char *pvpci_version_name(uint32_t version);
/** pvpci_version_parse - the reverse, 0 for a name of none that is served */
uint32_t pvpci_version_parse(const char *name);

#endif /* PVPCI_HOST_H */
