// SPDX-License-Identifier: GPL-2.0
/*
 * Messages between BAR2 and the honest host: where they are lost, changed,
 * sent twice or late.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "liar.h"
#include "shm.h"

#define BEAT_NS		500000000ULL	/* above bad-host's timeout: a silent host is silent */

uint64_t wire_random(void)
{
	static uint64_t state = 88172645463325252ULL;

	/* xorshift64: the same in each run. */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static enum step step_of(const union slot *slot)
{
	switch (le16toh(slot->msg.type)) {
	case PVPCI_MSG_VERSION:
		return STEP_VERSION;
	case PVPCI_MSG_D0_ENTRY:
		return STEP_D0_ENTRY;
	case PVPCI_MSG_D0_EXIT:
		return STEP_D0_EXIT;
	case PVPCI_MSG_QUERY_RELATIONS:
		return STEP_QUERY_RELATIONS;
	case PVPCI_MSG_QUERY_RESOURCES:
		return STEP_QUERY_RESOURCES;
	case PVPCI_MSG_RESOURCES_ASSIGNED:
		return STEP_ASSIGNED;
	case PVPCI_MSG_RESOURCES_RELEASED:
		return STEP_RELEASED;
	case PVPCI_MSG_COMMIT:
		return le16toh(slot->commit.command) & 0x2 ? STEP_ATTACH : STEP_DETACH;
	case PVPCI_MSG_MEMORY:
		return STEP_MEMORY;
	case PVPCI_MSG_DMA_PROBE:
		return STEP_DMA_PROBE;
	case PVPCI_MSG_APERTURE_PROBE:
		return STEP_APERTURE_PROBE;
	case PVPCI_MSG_PING:
		return STEP_PING;
	case PVPCI_MSG_EJECT_COMPLETE:
		return STEP_EJECT_COMPLETE;
	default:
		return STEP_NONE;
	}
}

void wire_interrupt(struct liar *liar)
{
	vectors_ring(&liar->bus.vectors, BUS_RING_VECTOR);
}

bool wire_send(struct liar *liar, const void *msg, uint32_t bytes)
{
	int ret = pvpci_ring_send(&liar->to_guest, msg, bytes);

	/* A fault that moves the indices breaks our own end too. */
	if (ret)
		return false;
	wire_interrupt(liar);
	return true;
}

bool wire_room(struct liar *liar)
{
	return pvpci_ring_room(&liar->to_guest) > LIAR_SLOTS / 4;
}

void wire_struck(struct liar *liar)
{
	if (!liar->struck++)
		log_info("fault %s strikes", liar->fault->name);
}

static void act(struct liar *liar)
{
	switch (liar->fault->act) {
	case ACT_FROZEN:
		liar->frozen = true;
		liar->silent = true;
		break;
	case ACT_SILENT:
		liar->silent = true;
		break;
	case ACT_STOPPING:
		liar_set_state(liar, PVPCI_HOST_STOPPING);
		wire_interrupt(liar);
		liar->silent = true;
		break;
	case ACT_BROKEN:
		liar_set_state(liar, PVPCI_HOST_BROKEN);
		wire_interrupt(liar);
		liar->silent = true;
		break;
	case ACT_KILLED:
		kill(getpid(), SIGKILL);
		break;
	default:
		break;
	}
}

static void strike(struct liar *liar)
{
	wire_struck(liar);
	fault_patch(liar, false);
	if (liar->fault->strike)
		liar->fault->strike(liar);
	act(liar);
}

/* Send a reply as the fault will have it; @struck: it is one of its step. */
static void reply(struct liar *liar, union slot *slot, uint32_t bytes, bool struck)
{
	enum act act = struck ? liar->fault->act : ACT_NONE;

	/* Whoever was late once is in time when asked again. */
	if (act == ACT_LATE && liar->struck > 1)
		act = ACT_NONE;
	/* What is sent when a fault changes the length is the whole slot. */
	if (struck) {
		fault_patch_reply(liar, slot);
		bytes = PVPCI_SLOT_BYTES;
	}
	if (liar->held_bytes && liar->fault->act == ACT_AGAIN) {
		wire_send(liar, &liar->held, liar->held_bytes);
		liar->held_bytes = 0;
	}
	if (act == ACT_LATE || act == ACT_AGAIN) {
		liar->held = *slot;
		liar->held_bytes = bytes;
		liar->held_until_ns = act == ACT_AGAIN ? UINT64_MAX :
			clock_ns() + liar->fault->value * 1000000ULL;
		if (act == ACT_LATE)
			return;
	}
	liar->replies += wire_send(liar, slot, bytes);
	if (act == ACT_TWICE)
		wire_send(liar, slot, bytes);
}

/* Ask the honest host. Return the length of its reply, 0 when it gave none. */
static uint32_t ask_honest(struct liar *liar, union slot *slot)
{
	if (pvpci_ring_send(&liar->ask, slot, PVPCI_SLOT_BYTES) ||
	    pvpci_host_poll(&liar->bus.host, 1) != 1 ||
	    pvpci_ring_receive(&liar->answer, slot) != 1) {
		if (!liar->complaint)
			liar->complaint = liar->bus.host.why_dead ? : "a request had no reply";
		return 0;
	}
	if (le32toh(slot->msg.status) == PVPCI_STATUS_LENGTH ||
	    le32toh(slot->msg.status) == PVPCI_STATUS_UNKNOWN)
		liar->complaint = "a request was malformed";
	return le16toh(slot->msg.bytes);
}

static void take(struct liar *liar, union slot *slot)
{
	enum step step = step_of(slot);
	bool struck = step == liar->fault->step && step != STEP_NONE;
	uint32_t bytes;

	liar->requests[step]++;
	liar->active_ns = clock_ns();
	if (struck)
		strike(liar);
	if (liar->silent)
		return;
	bytes = ask_honest(liar, slot);
	if (bytes)
		reply(liar, slot, bytes, struck);
	if (struck)
		fault_patch(liar, true);
}

void wire_poll(struct liar *liar)
{
	union slot slot;
	unsigned int i;
	int ret = 0;

	if (!liar->from_guest.shared)
		return;
	for (i = 0; i < LIAR_SLOTS; i++) {
		ret = pvpci_ring_receive(&liar->from_guest, &slot);
		if (ret <= 0)
			break;
		take(liar, &slot);
	}
	if (ret < 0 && !liar->complaint)
		liar->complaint = "the index of the ring to the host jumped";
}

void wire_tick(struct liar *liar)
{
	uint64_t now = clock_ns();

	if (!liar->frozen && now - liar->beat_ns > BEAT_NS) {
		liar->beat_ns = now;
		shm_store32(&liar_header(liar)->host.beat, ++liar->bus.beat);
	}
	if (liar->held_bytes && now > liar->held_until_ns) {
		wire_send(liar, &liar->held, liar->held_bytes);
		liar->held_bytes = 0;
	}
	if (liar->fault->tick && liar->struck)
		liar->fault->tick(liar);
}

void wire_fire(struct liar *liar)
{
	liar->active_ns = clock_ns();
	if (liar->fault->prompt)
		liar->fault->prompt(liar);
	if (liar->fault->step != STEP_BOUND)
		return;
	strike(liar);
	fault_patch(liar, true);
	wire_interrupt(liar);
}
