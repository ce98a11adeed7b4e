// SPDX-License-Identifier: GPL-2.0
/*
 * Requests and replies.
 *
 * A request takes an entry of a fixed table in the bus, so that a reply that
 * comes after its owner gave up finds an id that nobody has any more and is
 * dropped: nothing of a request ever lies on a stack. Whoever has time takes
 * messages out of the ring: the interrupt, or a waiter (QEMU drops doorbells,
 * and a waiter may have interrupts off). Every wait has an end: the reply, the
 * time, the host's state word, or the breaking of the bus.
 *
 * The host serves one request after the other, and one may take it seconds. So
 * the time of a waiter that sleeps begins anew with each sign of life: a message
 * taken or sent, to whomever, or the heartbeat. A host that only pretends to live
 * is given PVPCI_REQUEST_PATIENCE times as much, and no more.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/random.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "wire/message.h"
#include "wire/request.h"

#define RING_AGAIN_US	2000	/* a waiter rings again: a doorbell may be lost */
#define SPIN_US		50	/* an answer comes within, or costs a sleep anyway */

/**
 * struct patience - how long one waits
 * @timeout_ms: for a host that shows no sign of life
 * @signs: of life, when they were last looked at
 * @silence: when it will have been silent for that long
 * @end: of the wait, whatever the host does
 */
struct patience {
	unsigned int timeout_ms;
	u32 signs;
	ktime_t silence;
	ktime_t end;
};

/**
 * pvpci_requests_init - start with the rings where the last driver left them
 * @requests: zeroed memory
 * @ops: transport
 * @ctx: argument of @ops
 * @to_host: area of the ring to the host
 * @to_guest: area of the ring to the guest
 * @nr_slots: slots of each
 *
 * Return: 0, or -EPROTO when the indices of a ring contradict each other.
 */
int pvpci_requests_init(struct pvpci_requests *requests, const struct pvpci_request_ops *ops,
			void *ctx, void *to_host, void *to_guest, u32 nr_slots)
{
	unsigned int i;
	int ret;

	raw_spin_lock_init(&requests->lock);
	requests->ops = ops;
	requests->ctx = ctx;
	/* Replies to another driver's requests must not fit ours. */
	requests->next_id = get_random_u32();
	for (i = 0; i < PVPCI_MAX_REQUESTS; i++)
		init_completion(&requests->table[i].done);
	ret = pvpci_ring_open_producer(&requests->to_host, to_host, nr_slots);
	return ret ?: pvpci_ring_open_consumer(&requests->to_guest, to_guest, nr_slots);
}

/**
 * pvpci_requests_reopen - go on where the rings are now
 * @requests: nobody waits for a reply
 * @to_host: area of the ring to the host
 * @to_guest: area of the ring to the guest
 * @nr_slots: slots of each
 *
 * Return: 0, or -EPROTO when the indices of a ring contradict each other.
 */
int pvpci_requests_reopen(struct pvpci_requests *requests, void *to_host, void *to_guest,
			  u32 nr_slots)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&requests->lock, flags);
	requests->next_id = get_random_u32();
	ret = pvpci_ring_open_producer(&requests->to_host, to_host, nr_slots);
	ret = ret ?: pvpci_ring_open_consumer(&requests->to_guest, to_guest, nr_slots);
	raw_spin_unlock_irqrestore(&requests->lock, flags);
	return ret;
}

static void break_locked(struct pvpci_requests *requests, const char *why)
{
	unsigned int i;

	lockdep_assert_held(&requests->lock);
	if (requests->broken)
		return;
	requests->broken = true;
	for (i = 0; i < PVPCI_MAX_REQUESTS; i++)
		if (requests->table[i].state == PVPCI_REQUEST_SENT)
			complete(&requests->table[i].done);
	if (why)
		requests->ops->broken(requests->ctx, why);
}

/**
 * pvpci_requests_break - no more messages; whoever waits gets -EPIPE
 * @requests: of the bus
 *
 * Context: any.
 */
void pvpci_requests_break(struct pvpci_requests *requests)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&requests->lock, flags);
	break_locked(requests, NULL);
	raw_spin_unlock_irqrestore(&requests->lock, flags);
}

static void take_reply(struct pvpci_requests *requests, const struct pvpci_msg *msg)
{
	const struct pvpci_message_kind *kind;
	struct pvpci_request *request = NULL;
	u16 bytes = le16_to_cpu(msg->bytes);
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_REQUESTS; i++)
		if (requests->table[i].state == PVPCI_REQUEST_SENT &&
		    requests->table[i].id == le32_to_cpu(msg->id))
			request = &requests->table[i];
	if (!request) {
		requests->stats.late++;
		return;
	}
	kind = pvpci_message_kind(request->type);
	if (le16_to_cpu(msg->type) != request->type) {
		break_locked(requests, "a reply has another type than its request");
		return;
	}
	if (!msg->status && bytes < kind->reply_bytes) {
		break_locked(requests, "a reply is too short for its type");
		return;
	}
	memcpy(request->reply.bytes, msg, bytes);
	memset(request->reply.bytes + bytes, 0, PVPCI_SLOT_BYTES - bytes);
	if (!msg->status && request->type == PVPCI_MSG_D0_ENTRY)
		requests->listens = true;
	else if (!msg->status && request->type == PVPCI_MSG_D0_EXIT)
		requests->listens = false;
	WRITE_ONCE(request->state, PVPCI_REQUEST_DONE);
	requests->stats.replies++;
	complete(&request->done);
}

static void take_message(struct pvpci_requests *requests, const struct pvpci_msg *msg)
{
	const struct pvpci_message_kind *kind = pvpci_message_kind(le16_to_cpu(msg->type));
	u16 bytes = le16_to_cpu(msg->bytes);

	if (bytes < sizeof(*msg)) {
		break_locked(requests, "a message is shorter than its header");
		return;
	}
	if (bytes > PVPCI_SLOT_BYTES) {
		break_locked(requests, "a message is longer than its slot");
		return;
	}
	if (requests->ops->trace)
		requests->ops->trace(requests->ctx, false, msg);
	if (le16_to_cpu(msg->flags) & PVPCI_MSG_REPLY) {
		take_reply(requests, msg);
	} else if (!kind || !kind->event_bytes) {
		/* Perhaps of a newer host: it knows that we cannot answer. */
		requests->stats.unknown++;
	} else if (bytes < kind->event_bytes) {
		break_locked(requests, "an event is too short for its type");
	} else if (!requests->listens) {
		/* For a kernel before us, or us before we slept; the host has forgotten it. */
		requests->stats.stale++;
	} else {
		requests->stats.events++;
		requests->ops->event(requests->ctx, msg);
	}
}

static bool poll_locked(struct pvpci_requests *requests)
{
	union {
		struct pvpci_msg msg;
		u8 bytes[PVPCI_SLOT_BYTES];
	} slot;
	u32 budget = requests->to_guest.nr_slots;
	bool any = false;
	int ret;

	lockdep_assert_held(&requests->lock);
	/* One ring full at a time: a host that never stops must not hold us. */
	while (!requests->broken && budget--) {
		ret = pvpci_ring_get(&requests->to_guest, &slot);
		if (ret < 0)
			break_locked(requests, "the index of the ring to the guest jumped");
		if (ret <= 0)
			break;
		take_message(requests, &slot.msg);
		any = true;
	}
	return any;
}

/**
 * pvpci_requests_poll - take what the host has put into its ring
 * @requests: of the bus
 *
 * Context: any.
 * Return: whether there was anything.
 */
bool pvpci_requests_poll(struct pvpci_requests *requests)
{
	unsigned long flags;
	bool any;

	raw_spin_lock_irqsave(&requests->lock, flags);
	any = poll_locked(requests);
	raw_spin_unlock_irqrestore(&requests->lock, flags);
	return any;
}

/**
 * pvpci_requests_stats - copy the counters
 * @requests: of the bus
 * @stats: filled
 */
void pvpci_requests_stats(struct pvpci_requests *requests, struct pvpci_request_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&requests->lock, flags);
	*stats = requests->stats;
	raw_spin_unlock_irqrestore(&requests->lock, flags);
}

/* Has the host to be woken? The doorbell is for when the lock is no longer held. */
static bool needs_doorbell(struct pvpci_requests *requests)
{
	lockdep_assert_held(&requests->lock);
	/* The message is in the ring before we look whether the host sleeps. */
	virt_mb();
	if (!requests->ops->host_sleeps(requests->ctx))
		return false;
	requests->stats.doorbells++;
	return true;
}

/* Put a message with a fresh id. -EAGAIN when there is no room now. */
static int put_locked(struct pvpci_requests *requests, struct pvpci_msg *msg)
{
	size_t bytes = pvpci_message_kind(le16_to_cpu(msg->type))->request_bytes;
	int ret;

	lockdep_assert_held(&requests->lock);
	if (requests->broken)
		return -EPIPE;
	if (!requests->next_id)
		requests->next_id++;
	msg->id = cpu_to_le32(requests->next_id);
	msg->bytes = cpu_to_le16(bytes);
	ret = pvpci_ring_put(&requests->to_host, msg, bytes);
	if (ret == -EPROTO) {
		break_locked(requests, "the index of the ring to the host jumped");
		return -EPIPE;
	}
	if (ret)
		return ret;
	requests->next_id++;
	requests->stats.sent++;
	if (requests->ops->trace)
		requests->ops->trace(requests->ctx, true, msg);
	return 0;
}

static int try_send(struct pvpci_requests *requests, struct pvpci_msg *msg,
		    struct pvpci_request **request)
{
	bool doorbell = false;
	unsigned long flags;
	int ret = -EAGAIN;
	unsigned int i;

	raw_spin_lock_irqsave(&requests->lock, flags);
	poll_locked(requests);
	for (i = 0; i < PVPCI_MAX_REQUESTS; i++)
		if (requests->table[i].state == PVPCI_REQUEST_FREE)
			break;
	if (i < PVPCI_MAX_REQUESTS)
		ret = put_locked(requests, msg);
	if (!ret) {
		*request = &requests->table[i];
		WRITE_ONCE((*request)->state, PVPCI_REQUEST_SENT);
		(*request)->type = le16_to_cpu(msg->type);
		(*request)->id = le32_to_cpu(msg->id);
		reinit_completion(&(*request)->done);
		doorbell = needs_doorbell(requests);
	} else if (requests->broken) {
		ret = -EPIPE;
	}
	raw_spin_unlock_irqrestore(&requests->lock, flags);
	if (doorbell)
		requests->ops->doorbell(requests->ctx);
	return ret;
}

/* Look whether the reply is there; give the entry back when @last. */
static int collect(struct pvpci_requests *requests, struct pvpci_request *request,
		   struct pvpci_msg *msg, size_t bytes, bool again, bool last)
{
	bool doorbell = false;
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&requests->lock, flags);
	poll_locked(requests);
	if (request->state == PVPCI_REQUEST_DONE) {
		memcpy(msg, request->reply.bytes, bytes);
		ret = 0;
	} else if (requests->broken || requests->ops->host_gone(requests->ctx)) {
		ret = -EPIPE;
	} else if (last) {
		requests->stats.timeouts++;
		ret = -ETIMEDOUT;
	} else if (again) {
		doorbell = needs_doorbell(requests);
	}
	if (ret != -EAGAIN)
		request->state = PVPCI_REQUEST_FREE;
	raw_spin_unlock_irqrestore(&requests->lock, flags);
	if (doorbell)
		requests->ops->doorbell(requests->ctx);
	return ret;
}

/* Each of them only counts up, so the sum changes with any. */
static u32 signs_of_life(const struct pvpci_requests *requests)
{
	return READ_ONCE(requests->to_guest.index) + pvpci_ring_taken(&requests->to_host) +
	       requests->ops->host_beat(requests->ctx);
}

static struct patience begin_patience(const struct pvpci_requests *requests,
				      unsigned int timeout_ms, bool may_sleep)
{
	u64 most_ms = (u64)timeout_ms * (may_sleep ? PVPCI_REQUEST_PATIENCE : 1);
	ktime_t now = ktime_get();

	return (struct patience){
		.timeout_ms = timeout_ms,
		.signs = signs_of_life(requests),
		.silence = ktime_add_ms(now, timeout_ms),
		.end = ktime_add_ms(now, most_ms),
	};
}

static bool is_over(const struct pvpci_requests *requests, struct patience *patience, ktime_t now)
{
	u32 signs = signs_of_life(requests);

	if (signs != patience->signs) {
		patience->signs = signs;
		patience->silence = ktime_add_ms(now, patience->timeout_ms);
	}
	return ktime_after(now, patience->silence) || ktime_after(now, patience->end);
}

/* Look at the ring, for a moment. */
static void spin(struct pvpci_requests *requests, struct pvpci_request *request)
{
	ktime_t end = ktime_add_us(ktime_get(), SPIN_US);

	while (READ_ONCE(request->state) == PVPCI_REQUEST_SENT &&
	       !pvpci_ring_waiting(&requests->to_guest) && ktime_before(ktime_get(), end))
		cpu_relax();
}

static int await(struct pvpci_requests *requests, struct pvpci_request *request,
		 struct pvpci_msg *msg, size_t bytes, struct patience *patience, bool may_sleep)
{
	ktime_t now, again = ktime_add_us(ktime_get(), RING_AGAIN_US);
	bool ring;
	int ret;

	/* The host is awake, or about to be: most answers come within this. */
	spin(requests, request);
	for (;;) {
		now = ktime_get();
		ring = ktime_after(now, again);
		if (ring)
			again = ktime_add_us(now, RING_AGAIN_US);
		ret = collect(requests, request, msg, bytes, ring,
			      is_over(requests, patience, now));
		if (ret != -EAGAIN)
			return ret;
		if (may_sleep)
			wait_for_completion_timeout(&request->done, msecs_to_jiffies(1));
		else
			spin(requests, request);
	}
}

/**
 * pvpci_request - ask the host and wait for its reply
 * @requests: of the bus
 * @msg: request, without id and length; becomes the reply's copy
 * @bytes: length of @msg, enough for the request and for what of the reply is
 *	wanted
 * @timeout_ms: how long the host may be silent. While it shows signs of life a
 *	waiter that sleeps waits on, up to PVPCI_REQUEST_PATIENCE times as long; one
 *	that does not sleep waits for @timeout_ms at most, whatever the host does.
 * @may_sleep: false to look at the ring all the time instead
 *
 * Context: process context that may sleep, or any when @may_sleep is false.
 * Return: 0 when there is a reply, whatever its status; -ETIMEDOUT; -EPIPE
 * when the bus is broken or the host no longer serves.
 */
int pvpci_request(struct pvpci_requests *requests, struct pvpci_msg *msg, size_t bytes,
		  unsigned int timeout_ms, bool may_sleep)
{
	struct patience patience = begin_patience(requests, timeout_ms, may_sleep);
	struct pvpci_request *request;
	int ret;

	if (requests->ops->host_gone(requests->ctx))
		return -EPIPE;
	while ((ret = try_send(requests, msg, &request)) == -EAGAIN) {
		if (requests->ops->host_gone(requests->ctx))
			return -EPIPE;
		if (is_over(requests, &patience, ktime_get())) {
			requests->ops->suspect(requests->ctx);
			return -ETIMEDOUT;
		}
		if (may_sleep)
			usleep_range(100, 200);
		else
			cpu_relax();
	}
	ret = ret ?: await(requests, request, msg, bytes, &patience, may_sleep);
	if (ret == -ETIMEDOUT)
		requests->ops->suspect(requests->ctx);
	return ret;
}

/**
 * pvpci_request_post - send a request whose reply nobody waits for
 * @requests: of the bus
 * @msg: request, without id and length
 *
 * Context: any.
 * Return: 0, -EAGAIN when the ring is full, -EPIPE when the bus is broken.
 */
int pvpci_request_post(struct pvpci_requests *requests, struct pvpci_msg *msg)
{
	bool doorbell = false;
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&requests->lock, flags);
	ret = put_locked(requests, msg);
	if (!ret)
		doorbell = needs_doorbell(requests);
	raw_spin_unlock_irqrestore(&requests->lock, flags);
	if (doorbell)
		requests->ops->doorbell(requests->ctx);
	return ret;
}
