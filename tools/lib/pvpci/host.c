// SPDX-License-Identifier: GPL-2.0
/*
 * Host end of the protocol: requests from the ring, and those that wait.
 *
 * An operation that cannot be carried out yet holds up what is asked of its
 * function, in order, and nothing else.
 */
#include <errno.h>
#include <string.h>

#include "host.h"
#include "message.h"

void pvpci_host_start(struct pvpci_host *host, void *ring_to_host, void *ring_to_guest,
		      uint32_t slots)
{
	host->state = PVPCI_HOST_NEW;
	host->version = 0;
	host->in_force = 0;
	host->unnotified = 0;
	host->why_dead = NULL;
	host->nr_kept = 0;
	pvpci_ring_open(&host->from_guest, ring_to_host, slots, 0);
	pvpci_ring_open(&host->to_guest, ring_to_guest, slots, 0);
}

void pvpci_host_hold(struct pvpci_host *host)
{
	host->from_guest.held = true;
	host->to_guest.held = true;
}

void pvpci_host_publish(struct pvpci_host *host)
{
	pvpci_ring_sent(&host->to_guest);
	pvpci_ring_taken(&host->from_guest);
}

void pvpci_host_kill(struct pvpci_host *host, const char *why)
{
	if (host->state == PVPCI_HOST_DEAD)
		return;
	host->state = PVPCI_HOST_DEAD;
	host->why_dead = why;
}

static int host_dead(struct pvpci_host *host, const char *why)
{
	pvpci_host_kill(host, why);
	return -EPROTO;
}

/* Is it about a function that one of the first @count kept requests is about, too? */
static bool must_wait(const struct pvpci_host *host, const union pvpci_slot *slot,
		      unsigned int count)
{
	struct pvpci_rows rows = pvpci_message_rows(slot);
	unsigned int i;

	for (i = 0; i < count; i++) {
		const void *kept = host->kept[i];
		struct pvpci_rows other = pvpci_message_rows(kept);

		if (rows.first < other.first + other.count &&
		    other.first < rows.first + rows.count)
			return true;
	}
	return false;
}

/* Return 1 when it was answered, 0 when it has to wait, -EPROTO. */
static int serve(struct pvpci_host *host, union pvpci_slot *slot, unsigned int before)
{
	uint32_t bytes = must_wait(host, slot, before) ? 0 : pvpci_message_answer(host, slot);

	if (!bytes)
		return 0;
	if (pvpci_ring_send(&host->to_guest, slot, bytes))
		return host_dead(host, "its index of the host's ring jumped");
	host->unnotified++;
	return 1;
}

/* Is there room for one more reply? 1, 0, -EPROTO. */
static int has_room(struct pvpci_host *host)
{
	int room = pvpci_ring_room(&host->to_guest);

	if (room < 0)
		return host_dead(host, "its index of the host's ring jumped");
	return room > 0;
}

/* Try those that wait once more. Return how many were answered, or -EPROTO. */
static int poll_kept(struct pvpci_host *host)
{
	unsigned int i, left = 0;
	int done = 0;

	for (i = 0; i < host->nr_kept; i++) {
		int ret = has_room(host);
		union pvpci_slot slot;

		memcpy(&slot, host->kept[i], sizeof(slot));
		if (ret > 0)
			ret = serve(host, &slot, left);
		if (ret < 0)
			return ret;
		if (ret)
			done++;
		else
			memmove(host->kept[left++], host->kept[i], sizeof(slot));
	}
	host->nr_kept = left;
	return done;
}

int pvpci_host_poll(struct pvpci_host *host, unsigned int budget)
{
	unsigned int done = 0;
	union pvpci_slot slot;
	int ret;

	if (host->state == PVPCI_HOST_DEAD)
		return -EPROTO;
	ret = poll_kept(host);
	if (ret < 0)
		return ret;
	done += (unsigned int)ret;
	while (done < budget && host->nr_kept < PVPCI_HOST_KEPT) {
		ret = pvpci_ring_waiting(&host->from_guest);
		if (ret < 0)
			return host_dead(host, "the index of its ring jumped");
		if (!ret)
			break;
		ret = has_room(host);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		if (pvpci_ring_receive(&host->from_guest, &slot) < 0)
			return host_dead(host, "the index of its ring jumped");
		if (!slot.msg.id || slot.msg.flags || slot.msg.reserved || slot.msg.status)
			return host_dead(host, "a request had no id or a reserved field set");
		ret = serve(host, &slot, host->nr_kept);
		if (ret < 0)
			return ret;
		if (!ret)
			memcpy(host->kept[host->nr_kept++], &slot, sizeof(slot));
		done++;
	}
	return (int)done;
}
