/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the host and their replies, and the host's events.
 */
#ifndef _PVPCI_REQUEST_H
#define _PVPCI_REQUEST_H

#include <linux/completion.h>
#include <linux/pvpci.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "wire/ring.h"

#define PVPCI_MAX_REQUESTS	16	/* under way at once, on one bus */

/*
 * A host that shows signs of life and does not answer is given that many times
 * the timeout: 100 s of 5, which is what 55 functions take whose BARs are attached
 * in 1.8 s each, and less than the 120 s after which Linux reports whoever waits
 * for a lock that the waiter holds.
 */
#define PVPCI_REQUEST_PATIENCE	20

/**
 * struct pvpci_request_ops - what carries the requests, and who hears of the host
 * @doorbell: make the host look at its ring; any context, without the lock: it
 *	is an exit from the guest
 * @host_sleeps: whether the host has to be woken before it looks
 * @host_gone: whether the host has said that it no longer serves
 * @host_beat: a number that changes while the host lives; any context
 * @event: an event of the host, checked for its length; called with the lock
 *	held and interrupts off, must only take note
 * @broken: the host broke the rules, @why says how; same context as @event
 * @suspect: the host did not answer in time, or says that it stops: somebody
 *	should look at it; any context, no lock held
 * @trace: a message was sent (@to_host) or taken from the ring; optional
 */
struct pvpci_request_ops {
	void (*doorbell)(void *ctx);
	bool (*host_sleeps)(void *ctx);
	bool (*host_gone)(void *ctx);
	u32 (*host_beat)(void *ctx);
	void (*event)(void *ctx, const struct pvpci_msg *msg);
	void (*broken)(void *ctx, const char *why);
	void (*suspect)(void *ctx);
	void (*trace)(void *ctx, bool to_host, const struct pvpci_msg *msg);
};

/**
 * enum pvpci_request_state - life of an entry of the request table
 * @PVPCI_REQUEST_FREE: nobody's
 * @PVPCI_REQUEST_SENT: in the ring or with the host; the reply may come any time
 * @PVPCI_REQUEST_DONE: the reply was copied, its owner has not looked yet
 */
enum pvpci_request_state {
	PVPCI_REQUEST_FREE,
	PVPCI_REQUEST_SENT,
	PVPCI_REQUEST_DONE,
};

/**
 * struct pvpci_request - one request under way
 * @state: protected by pvpci_requests.lock, as all fields
 * @type: PVPCI_MSG_*
 * @id: of the message
 * @done: completed when @state becomes DONE or the bus breaks
 * @reply: private copy of the reply
 */
struct pvpci_request {
	enum pvpci_request_state state;
	u16 type;
	u32 id;
	struct completion done;
	union {
		struct pvpci_msg msg;
		u8 bytes[PVPCI_SLOT_BYTES];
	} reply;
};

/**
 * struct pvpci_request_stats - what happened so far
 * @sent: requests put into the ring
 * @replies: replies taken by their owners
 * @events: events of the host
 * @stale: events that were for a kernel before this one, or for this one before it slept
 * @late: replies nobody waits for any more, duplicates among them
 * @unknown: messages of a type that does not exist
 * @timeouts: requests without a reply in time
 * @doorbells: doorbells rung for messages
 */
struct pvpci_request_stats {
	u64 sent;
	u64 replies;
	u64 events;
	u64 stale;
	u64 late;
	u64 unknown;
	u64 timeouts;
	u64 doorbells;
};

/**
 * struct pvpci_requests - both rings of a bus and what is under way
 * @lock: protects everything below it; innermost of all locks, taken with
 *	interrupts off from any context
 * @ops: transport
 * @ctx: its argument
 * @to_host: producing end
 * @to_guest: consuming end
 * @next_id: id of the next request; starts anywhere, never 0
 * @broken: no message is sent or taken any more
 * @listens: the host has taken our D0 entry, and not yet our D0 exit
 * @table: requests under way
 * @stats: counters
 */
struct pvpci_requests {
	raw_spinlock_t lock;
	const struct pvpci_request_ops *ops;
	void *ctx;
	struct pvpci_ring_end to_host;
	struct pvpci_ring_end to_guest;
	u32 next_id;
	bool broken;
	bool listens;
	struct pvpci_request table[PVPCI_MAX_REQUESTS];
	struct pvpci_request_stats stats;
};

int pvpci_requests_init(struct pvpci_requests *requests, const struct pvpci_request_ops *ops,
			void *ctx, void *to_host, void *to_guest, u32 nr_slots);
int pvpci_requests_reopen(struct pvpci_requests *requests, void *to_host, void *to_guest,
			  u32 nr_slots);
int pvpci_request(struct pvpci_requests *requests, struct pvpci_msg *msg, size_t bytes,
		  unsigned int timeout_ms, bool may_sleep);
int pvpci_request_post(struct pvpci_requests *requests, struct pvpci_msg *msg);
bool pvpci_requests_poll(struct pvpci_requests *requests);
void pvpci_requests_break(struct pvpci_requests *requests);
void pvpci_requests_stats(struct pvpci_requests *requests, struct pvpci_request_stats *stats);

#endif /* _PVPCI_REQUEST_H */
