// SPDX-License-Identifier: GPL-2.0
/*
 * A guest in this process walks through each fault: every one of them must
 * strike, and the host without a fault must be one that a guest can live with.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "liar.h"
#include "shm.h"

static struct liar liar;
static struct pvpci_ring_end to_host;
static struct pvpci_ring_end to_guest;
static unsigned int number;
static unsigned int failed;

void bus_connect(struct bus *bus, pid_t peer)
{
	bus->peer = peer;
}

/* Late replies come at once: time runs faster here. */
uint64_t clock_ns(void)
{
	static uint64_t now = 1;

	return now += 100000000;
}

static void result(bool ok, const char *name)
{
	number++;
	failed += !ok;
	printf("%sok %u %s\n", ok ? "" : "not ", number, name);
}

static const struct {
	uint16_t type;
	uint16_t bytes;
	uint16_t command;
	bool fire;
} walk[] = {
	{ .type = PVPCI_MSG_VERSION, .bytes = sizeof(struct pvpci_msg_version) },
	{ .type = PVPCI_MSG_D0_ENTRY, .bytes = sizeof(struct pvpci_msg_d0_entry) },
	{ .type = PVPCI_MSG_MEMORY, .bytes = sizeof(struct pvpci_msg_memory) },
	{ .type = PVPCI_MSG_DMA_PROBE, .bytes = sizeof(struct pvpci_msg_dma_probe) },
	{ .type = PVPCI_MSG_APERTURE_PROBE, .bytes = sizeof(struct pvpci_msg_aperture_probe) },
	{ .type = PVPCI_MSG_QUERY_RELATIONS, .bytes = sizeof(struct pvpci_msg) },
	{ .type = PVPCI_MSG_QUERY_RESOURCES, .bytes = sizeof(struct pvpci_msg_query_resources) },
	{ .type = PVPCI_MSG_RESOURCES_ASSIGNED, .bytes = sizeof(struct pvpci_msg_resources) },
	{ .type = PVPCI_MSG_COMMIT, .bytes = sizeof(struct pvpci_msg_commit), .command = 2 },
	{ .type = PVPCI_MSG_PING, .bytes = sizeof(struct pvpci_msg_ping) },
	{ .type = PVPCI_MSG_COMMIT, .bytes = sizeof(struct pvpci_msg_commit), .fire = true },
	{ .type = PVPCI_MSG_RESOURCES_RELEASED, .bytes = sizeof(struct pvpci_msg_resources) },
	{ .type = PVPCI_MSG_EJECT_COMPLETE, .bytes = sizeof(struct pvpci_msg_function) },
	{ .type = PVPCI_MSG_D0_EXIT, .bytes = sizeof(struct pvpci_msg) },
};

#define STEPS_OF_WALK	(sizeof(walk) / sizeof(walk[0]))

static union slot request(unsigned int step)
{
	struct pvpci_msg_version version = {
		.version = htole32(PVPCI_VERSION_1_1), .features = htole64(~0ULL),
	};
	union slot slot = { 0 };

	slot.msg.type = htole16(walk[step].type);
	slot.msg.bytes = htole16(walk[step].bytes);
	slot.msg.id = htole32(step + 1);
	switch (walk[step].type) {
	case PVPCI_MSG_VERSION:
		version.msg = slot.msg;
		memcpy(&slot, &version, sizeof(version));
		break;
	case PVPCI_MSG_D0_ENTRY:
	case PVPCI_MSG_QUERY_RESOURCES:
		slot.bytes[16] = 1;	/* one vector; sequence number */
		break;
	case PVPCI_MSG_COMMIT:
		slot.commit.instance = liar.row[0].instance;
		slot.commit.command = htole16(walk[step].command);
		slot.commit.offset[0] = htole64(0x200000);
		slot.commit.offset[2] = htole64(0x300000);
		break;
	case PVPCI_MSG_EJECT_COMPLETE:
		slot.function.row = htole32(1);
		slot.function.instance = liar.row[1].instance;
		break;
	}
	return slot;
}

/* Send each request, take whatever comes. Return the number of good replies. */
static unsigned int play(void)
{
	unsigned int step, good = 0, tick;
	union slot slot;

	pvpci_ring_open(&to_host, bus_area(&liar.bus, PVPCI_AREA_RING_TO_HOST), LIAR_SLOTS, 0);
	pvpci_ring_open(&to_guest, bus_area(&liar.bus, PVPCI_AREA_RING_TO_GUEST), LIAR_SLOTS, 0);
	for (step = 0; step < STEPS_OF_WALK; step++) {
		if (walk[step].fire)
			wire_fire(&liar);
		slot = request(step);
		/* A guest that does not believe in its own end being broken. */
		to_host.broken = false;
		pvpci_ring_send(&to_host, &slot, walk[step].bytes);
		for (tick = 0; tick < 30; tick++) {
			wire_poll(&liar);
			wire_tick(&liar);
			while (pvpci_ring_receive(&to_guest, &slot) > 0)
				good += le32toh(slot.msg.id) == step + 1 && !slot.msg.status &&
					le16toh(slot.msg.flags) == PVPCI_MSG_REPLY &&
					le16toh(slot.msg.type) == walk[step].type;
		}
	}
	return good;
}

static int try(const struct fault *fault, void *context)
{
	unsigned int good;
	int status = 0;
	pid_t child;

	(void)context;
	if (fault->bar2_bytes) {
		static struct liar other = { .conf.vectors = 4 };

		if (!liar_open(&other, fault))
			liar_start(&other, fault);
		result(other.struck && other.bus.memory.bytes == fault->bar2_bytes, fault->name);
		liar_close(&other);
		return 0;
	}
	if (fault->act == ACT_KILLED) {
		child = fork();
		if (!child) {
			liar_start(&liar, fault);
			play();
			_exit(0);
		}
		waitpid(child, &status, 0);
		result(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, fault->name);
		return 0;
	}
	liar_start(&liar, fault);
	good = play();
	if (!strcmp(fault->name, "none"))
		/* Without memory two of them have no answer that is good. */
		result(good == STEPS_OF_WALK - 2 && !liar.struck && !liar.complaint, "none");
	else
		result(liar.struck, fault->name);
	liar_stop(&liar);
	return 0;
}

static int count(const struct fault *fault, void *context)
{
	(void)fault;
	++*(unsigned int *)context;
	return 0;
}

int main(void)
{
	unsigned int planned = 0;

	log_setup(LOG_LEVEL_ERROR);
	liar.conf.vectors = 4;
	if (liar_open(&liar, fault_find("none")))
		return 1;
	fault_each(count, &planned);
	printf("KTAP version 1\n1..%u\n", planned);
	fflush(stdout);
	fault_each(try, NULL);
	liar_close(&liar);
	return failed ? 1 : 0;
}
