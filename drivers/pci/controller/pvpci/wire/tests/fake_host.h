/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host in memory: what is behind the transport operations in tests.
 */
#ifndef _PVPCI_FAKE_HOST_H
#define _PVPCI_FAKE_HOST_H

#include <kunit/test.h>

#include "core/bus.h"
#include "wire/request.h"

#define FAKE_SLOTS	8

struct pvpci_function_info;

union fake_message {
	struct pvpci_msg msg;
	struct pvpci_msg_version version;
	struct pvpci_msg_relations relations;
	struct pvpci_msg_commit commit;
	struct pvpci_msg_function function;
	struct pvpci_msg_ping ping;
	struct pvpci_msg_block block;
	struct pvpci_msg_change change;
	u8 bytes[PVPCI_SLOT_BYTES];
};

/**
 * struct fake_host - serves requests from within the doorbell
 * @requests: the guest's end
 * @to_host: area of one ring
 * @to_guest: area of the other
 * @taken: requests consumed
 * @put: messages produced
 * @serve: answers one request by changing it in place; returns false for none
 * @gone: what the host_gone operation says
 * @deaf: does not look at its ring
 * @awake: looks at its ring when the guest asks whether it sleeps: no doorbell
 * @alive: its heart beats whenever somebody looks
 * @beat: heartbeat
 * @slow_ms: time between one request and the next
 * @taken_at: when it took the last one
 * @served: requests answered
 * @doorbells: how often it was rung for
 * @locked: how often of these with the guest's lock held
 * @events: events the guest has seen
 * @suspected: how often the guest has wanted it to be looked at
 * @why: what the guest says is broken, or NULL
 * @last: last request
 */
struct fake_host {
	struct pvpci_requests requests;
	struct pvpci_ring *to_host;
	struct pvpci_ring *to_guest;
	u32 taken;
	u32 put;
	bool (*serve)(struct fake_host *host, union fake_message *message);
	bool gone;
	bool deaf;
	bool awake;
	bool alive;
	u32 beat;
	unsigned int slow_ms;
	ktime_t taken_at;
	unsigned int served;
	unsigned int doorbells;
	unsigned int locked;
	unsigned int events;
	unsigned int suspected;
	const char *why;
	union fake_message last;
};

struct fake_host *fake_host_create(struct kunit *test);
void fake_host_put(struct fake_host *host, const void *message, size_t bytes);
void fake_host_run(struct fake_host *host);
struct pvpci_bus *fake_bus_create(struct kunit *test, struct fake_host *host);
struct pvpci_fn *fake_function_publish(struct kunit *test, struct pvpci_bus *bus, u32 row,
				       const struct pvpci_function_info *info);
struct pvpci_fn *fake_function_live(struct kunit *test, struct pvpci_bus *bus, u32 row,
				    const struct pvpci_function_info *info);
void fake_functions_unpublish(struct pvpci_bus *bus);

#endif /* _PVPCI_FAKE_HOST_H */
