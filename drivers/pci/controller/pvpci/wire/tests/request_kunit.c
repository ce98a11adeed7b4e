// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: replies, late ones, duplicates, wrong ones, none at all.
 */
#include <kunit/test.h>
#include <linux/ktime.h>

#include "wire/message.h"
#include "wire/tests/fake_host.h"

static int ping(struct fake_host *host, bool may_sleep, u64 *cookie)
{
	struct pvpci_msg_ping msg = {
		.msg.type = cpu_to_le16(PVPCI_MSG_PING),
		.cookie = cpu_to_le64(*cookie),
	};
	int ret = pvpci_request(&host->requests, &msg.msg, sizeof(msg), 50, may_sleep);

	*cookie = le64_to_cpu(msg.cookie);
	return ret;
}

static bool add_one(struct fake_host *host, union fake_message *message)
{
	message->ping.cookie = cpu_to_le64(le64_to_cpu(message->ping.cookie) + 1);
	return true;
}

static void request_replies(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0;
	u32 i;

	host->serve = add_one;
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, ping(host, i & 1, &cookie), 0);
	KUNIT_EXPECT_EQ(test, cookie, 100ULL);
	KUNIT_EXPECT_EQ(test, host->requests.stats.late, 0ULL);
	KUNIT_EXPECT_NULL(test, host->why);
}

static bool keep_silent(struct fake_host *host, union fake_message *message)
{
	return false;
}

static void request_timeout(struct kunit *test, bool may_sleep)
{
	struct fake_host *host = fake_host_create(test);
	union fake_message late = {};
	u64 cookie = 1, began;
	u32 old;

	host->serve = keep_silent;
	began = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, ping(host, may_sleep, &cookie), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns() - began, 50ULL * NSEC_PER_MSEC);
	KUNIT_EXPECT_GE_MSG(test, host->doorbells, 2U, "a waiter rings again");
	old = le32_to_cpu(host->last.msg.id);

	/* The reply comes after all, twice: nobody's any more. */
	late = host->last;
	late.msg.flags = cpu_to_le16(PVPCI_MSG_REPLY);
	fake_host_put(host, &late, sizeof(late));
	fake_host_put(host, &late, sizeof(late));
	host->serve = add_one;
	KUNIT_EXPECT_EQ(test, ping(host, may_sleep, &cookie), 0);
	KUNIT_EXPECT_EQ(test, cookie, 2ULL);
	KUNIT_EXPECT_NE(test, le32_to_cpu(host->last.msg.id), old);
	KUNIT_EXPECT_EQ(test, host->requests.stats.late, 2ULL);
	KUNIT_EXPECT_EQ(test, host->requests.stats.timeouts, 1ULL);
	KUNIT_EXPECT_NULL(test, host->why);
}

static void request_timeout_asleep(struct kunit *test)
{
	request_timeout(test, true);
}

static void request_timeout_awake(struct kunit *test)
{
	request_timeout(test, false);
}

/* It serves those before us, and they take longer than the timeout together. */
static void request_behind_others(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_msg msg = { .type = cpu_to_le16(PVPCI_MSG_D0_EXIT) };
	u64 cookie = 0;
	u32 i;

	host->deaf = true;
	for (i = 0; i < FAKE_SLOTS - 1; i++)
		KUNIT_ASSERT_EQ(test, pvpci_request_post(&host->requests, &msg), 0);
	host->deaf = false;
	host->slow_ms = 20;
	host->serve = add_one;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
	KUNIT_EXPECT_EQ(test, cookie, 1ULL);
	KUNIT_EXPECT_EQ(test, host->served, (unsigned int)FAKE_SLOTS);
}

/* One long request: nothing is taken and nobody answered, but the heart beats. */
static void request_long(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0;

	host->taken_at = ktime_get();
	host->slow_ms = 150;
	host->alive = true;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
	KUNIT_EXPECT_EQ(test, host->requests.stats.timeouts, 0ULL);
}

/* One that lives for ever and never answers is not waited for as long. */
static void request_pretends_to_live(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0, began = ktime_get_ns();

	host->serve = keep_silent;
	host->alive = true;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns() - began,
			50ULL * PVPCI_REQUEST_PATIENCE * NSEC_PER_MSEC);
	/* The next finds a host that is as it should be. */
	host->serve = add_one;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
}

/* A doorbell leaves the guest: not for a host that looks anyway, and never under the lock. */
static void request_doorbells(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_msg msg = { .type = cpu_to_le16(PVPCI_MSG_D0_EXIT) };
	u64 cookie = 0;

	host->awake = true;
	host->serve = add_one;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
	host->serve = keep_silent;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, ping(host, false, &cookie), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, host->doorbells, 0U);
	host->awake = false;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, pvpci_request_post(&host->requests, &msg), 0);
	KUNIT_EXPECT_GE(test, host->doorbells, 3U);
	KUNIT_EXPECT_EQ(test, host->locked, 0U);
	KUNIT_EXPECT_EQ(test, host->requests.stats.doorbells, (u64)host->doorbells);
}

static void request_host_gone(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0;

	host->gone = true;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -EPIPE);
	KUNIT_EXPECT_EQ(test, host->requests.stats.sent, 0ULL);
}

static bool go_away(struct fake_host *host, union fake_message *message)
{
	host->gone = true;
	return false;
}

static void request_host_goes(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0;

	host->serve = go_away;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -EPIPE);
}

static void request_ring_full(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_msg msg = { .type = cpu_to_le16(PVPCI_MSG_D0_EXIT) };
	u64 cookie = 0;
	u32 i;

	host->deaf = true;
	for (i = 0; i < FAKE_SLOTS; i++)
		KUNIT_ASSERT_EQ(test, pvpci_request_post(&host->requests, &msg), 0);
	KUNIT_EXPECT_EQ(test, pvpci_request_post(&host->requests, &msg), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -ETIMEDOUT);
	host->deaf = false;
	fake_host_run(host);
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
	KUNIT_EXPECT_EQ(test, host->requests.stats.late, (u64)FAKE_SLOTS);
}

static bool wrong_type(struct fake_host *host, union fake_message *message)
{
	message->msg.type = cpu_to_le16(PVPCI_MSG_COMMIT);
	return true;
}

static bool short_reply(struct fake_host *host, union fake_message *message)
{
	message->msg.bytes = cpu_to_le16(sizeof(struct pvpci_msg));
	return true;
}

static bool tiny_reply(struct fake_host *host, union fake_message *message)
{
	message->msg.bytes = cpu_to_le16(8);
	fake_host_put(host, message, 16);
	return false;
}

static bool huge_reply(struct fake_host *host, union fake_message *message)
{
	message->msg.bytes = cpu_to_le16(257);
	fake_host_put(host, message, PVPCI_SLOT_BYTES);
	return false;
}

static bool producer_jumps(struct fake_host *host, union fake_message *message)
{
	host->to_guest->producer = cpu_to_le32(host->put + FAKE_SLOTS + 1);
	return false;
}

static bool consumer_jumps(struct fake_host *host, union fake_message *message)
{
	host->to_host->consumer = cpu_to_le32(host->taken + 1);
	return true;
}

static bool short_event(struct fake_host *host, union fake_message *message)
{
	struct pvpci_msg event = {
		.type = cpu_to_le16(PVPCI_MSG_RELATIONS),
		.bytes = cpu_to_le16(sizeof(event)),
	};

	fake_host_put(host, &event, sizeof(event));
	return true;
}

/* Each of these ends the bus, and the second request does not even start. */
static void request_breaks(struct kunit *test)
{
	bool (*const bad[])(struct fake_host *, union fake_message *) = {
		wrong_type, short_reply, tiny_reply, huge_reply, producer_jumps, short_event,
	};
	u64 cookie = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fake_host *host = fake_host_create(test);

		host->serve = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, ping(host, true, &cookie), -EPIPE, "case %u", i);
		KUNIT_EXPECT_NOT_NULL(test, host->why);
		KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -EPIPE);
		KUNIT_EXPECT_EQ(test, host->requests.stats.sent, 1ULL);
	}
}

static void request_consumer_breaks(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	u64 cookie = 0;

	host->serve = consumer_jumps;
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), 0);
	KUNIT_EXPECT_EQ(test, ping(host, true, &cookie), -EPIPE);
	KUNIT_EXPECT_NOT_NULL(test, host->why);
}

static bool refuse(struct fake_host *host, union fake_message *message)
{
	message->msg.status = cpu_to_le32(PVPCI_STATUS_STATE);
	message->msg.bytes = cpu_to_le16(sizeof(struct pvpci_msg));
	return true;
}

static void request_error_may_be_short(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_msg_ping msg = { .msg.type = cpu_to_le16(PVPCI_MSG_PING) };

	host->serve = refuse;
	KUNIT_EXPECT_EQ(test, pvpci_request(&host->requests, &msg.msg, sizeof(msg), 20, true), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(msg.msg.status), (u32)PVPCI_STATUS_STATE);
	KUNIT_EXPECT_NULL(test, host->why);
}

static void fake_d0(struct kunit *test, struct fake_host *host, u16 type, size_t bytes)
{
	struct pvpci_msg_d0_entry msg = { .msg.type = cpu_to_le16(type) };

	KUNIT_ASSERT_EQ(test, pvpci_request(&host->requests, &msg.msg, bytes, 1000, true), 0);
}

static void request_events(struct kunit *test)
{
	struct fake_host *host = fake_host_create(test);
	struct pvpci_msg_relations event = {
		.msg.type = cpu_to_le16(PVPCI_MSG_RELATIONS),
		.msg.bytes = cpu_to_le16(sizeof(event)),
	};

	/* Left in the ring by the kernel before us, and said before we are up. */
	fake_host_put(host, &event, sizeof(event));
	KUNIT_EXPECT_TRUE(test, pvpci_requests_poll(&host->requests));
	fake_host_put(host, &event, sizeof(event));
	fake_d0(test, host, PVPCI_MSG_D0_ENTRY, sizeof(struct pvpci_msg_d0_entry));
	KUNIT_EXPECT_EQ(test, host->events, 0U);
	KUNIT_EXPECT_EQ(test, host->requests.stats.stale, 2ULL);

	fake_host_put(host, &event, sizeof(event));
	event.msg.type = cpu_to_le16(0x0177);	/* of a newer host */
	fake_host_put(host, &event, sizeof(event));
	event.msg.type = cpu_to_le16(PVPCI_MSG_PING);	/* not an event */
	fake_host_put(host, &event, sizeof(event));
	KUNIT_EXPECT_TRUE(test, pvpci_requests_poll(&host->requests));
	KUNIT_EXPECT_FALSE(test, pvpci_requests_poll(&host->requests));
	KUNIT_EXPECT_EQ(test, host->events, 1U);
	KUNIT_EXPECT_EQ(test, host->requests.stats.unknown, 2ULL);
	KUNIT_EXPECT_NULL(test, host->why);

	event.msg.type = cpu_to_le16(PVPCI_MSG_RELATIONS);
	fake_d0(test, host, PVPCI_MSG_D0_EXIT, sizeof(struct pvpci_msg));
	fake_host_put(host, &event, sizeof(event));
	KUNIT_EXPECT_TRUE(test, pvpci_requests_poll(&host->requests));
	KUNIT_EXPECT_EQ(test, host->events, 1U);
}

static void request_names(struct kunit *test)
{
	u32 status;

	KUNIT_EXPECT_STREQ(test, pvpci_message_name(PVPCI_MSG_COMMIT), "COMMIT");
	KUNIT_EXPECT_STREQ(test, pvpci_message_name(0xffff), "unknown");
	KUNIT_EXPECT_EQ(test, pvpci_status_errno(PVPCI_STATUS_OK), 0);
	for (status = 1; status < PVPCI_STATUS_COUNT + 1; status++)
		KUNIT_EXPECT_LT(test, pvpci_status_errno(status), 0);
	KUNIT_EXPECT_EQ(test, pvpci_status_errno(0xffffffff), -EPROTO);
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE(request_replies),
	KUNIT_CASE(request_timeout_asleep),
	KUNIT_CASE(request_timeout_awake),
	KUNIT_CASE(request_behind_others),
	KUNIT_CASE(request_long),
	KUNIT_CASE(request_pretends_to_live),
	KUNIT_CASE(request_doorbells),
	KUNIT_CASE(request_host_gone),
	KUNIT_CASE(request_host_goes),
	KUNIT_CASE(request_ring_full),
	KUNIT_CASE(request_breaks),
	KUNIT_CASE(request_consumer_breaks),
	KUNIT_CASE(request_error_may_be_short),
	KUNIT_CASE(request_events),
	KUNIT_CASE(request_names),
	{ }
};

static struct kunit_suite request_suite = {
	.name = "pvpci-request",
	.test_cases = request_cases,
};

kunit_test_suite(request_suite);
