// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: room that somebody wants the guest to make.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/values.h"
#include "bus/bus.h"
#include "control/control.h"

#define TIMEOUT_MS	30000
#define STAY_TEXTS	8	/* in an error; more than that are counted */

/**
 * struct want - a request
 * @bytes: of the hole, 0 for as much as can be
 * @low: for a 32-bit BAR
 * @dry: plan only
 * @online: as if controllers that are in use had other paths already
 * @timeout_ms: until then
 */
struct want {
	uint64_t bytes;
	bool low;
	bool dry;
	bool online;
	unsigned int timeout_ms;
};

static json_t *parse(const struct bus *bus, json_t *request, struct want *want)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int bits = 64;
	struct error err;

	want->timeout_ms = TIMEOUT_MS;
	if (value_bytes(request, "room", &want->bytes, &err) ||
	    value_either(request, "bits", 32, 64, &bits, &err) ||
	    value_flag(request, "dry_run", &want->dry, &err) ||
	    value_flag(request, "online", &want->online, &err) ||
	    value_number(request, "timeout_ms", 1, CONTROL_WAIT_MAX_MS, &want->timeout_ms, &err))
		return control_error("%s", err.text);
	if (json_object_get(request, "room") &&
	    (want->bytes < PVPCI_PAGE_BYTES || want->bytes & (want->bytes - 1)))
		return control_error("\"room\" must be a power of two from 4K");
	if (want->bytes > aperture)
		return control_error("\"room\" is %llu bytes, the whole aperture has %llu",
				     (unsigned long long)want->bytes,
				     (unsigned long long)aperture);
	if (want->online && !want->dry)
		return control_error("\"online\" is for a \"dry_run\": the paths come first");
	want->low = bits == 32;
	return NULL;
}

json_t *control_rebalance_start(struct control_client *client, json_t *request)
{
	struct bus *bus = client->control->bus;
	struct want want = { 0 };
	json_t *refusal = parse(bus, request, &want);
	int ret;

	if (refusal)
		return refusal;
	if (bus->host.state != PVPCI_HOST_D0)
		return control_error("no guest uses the bus");
	if (!(bus->host.in_force & PVPCI_F_STOP))
		return control_error("the guest's driver cannot make room for the host: it is too old, or only protocol 1.0 is spoken");
	ret = rebalance_start(bus, want.bytes, (want.low ? PVPCI_STOP_LOW : 0) |
			      (want.online ? PVPCI_STOP_ONLINE : 0), want.dry);
	if (ret == -EBUSY)
		return control_error("the guest is still busy with another \"rebalance\"");
	if (ret)
		return control_error("out of memory");
	client->wish = bus->rebalance.wish;
	client->wish_timeout_ms = want.timeout_ms;
	client->wish_deadline_ns = clock_ns() + want.timeout_ms * 1000000ULL;
	return NULL;
}

/* The guest's reason, and what it says of those that stay: in words, and for programs. */
static json_t *refused(const struct bus *bus, int result)
{
	const struct rebalance *r = &bus->rebalance;
	json_t *answer, *stays = json_array();
	size_t used = 0, count;
	char text[512] = "";
	unsigned int i;
	char slot[8];

	for (i = 0; i < r->count; i++) {
		const struct function *fn = bus_find(bus, r->note[i].devfn);

		if (r->note[i].step || !fn)
			continue;
		json_array_append_new(stays, json_pack("{s:s, s:s}",
						       "slot", function_slot(fn, slot),
						       "why", r->note[i].words));
		if (json_array_size(stays) > STAY_TEXTS)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "; %s stays: %s",
					 function_slot(fn, slot), r->note[i].words);
		if (used >= sizeof(text))
			used = sizeof(text) - 1;
	}
	count = json_array_size(stays);
	if (count > STAY_TEXTS)
		snprintf(text + used, sizeof(text) - used, "; and %zu more", count - STAY_TEXTS);
	answer = control_error("the guest refuses: %s%s", r->why[0] ? r->why : strerror(result),
			       text);
	json_object_set_new(answer, "stays", stays);
	return answer;
}

static void answer(struct control_client *client, json_t *text)
{
	client->wish = 0;
	control_answer(client, text);
}

void control_rebalance_done(struct control *control, uint32_t wish, int result)
{
	struct bus *bus = control->bus;
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0 || client->wish != wish)
			continue;
		if (result < 0)
			answer(client,
			       control_error("the bus went down before the guest was done"));
		else if (result)
			answer(client, refused(bus, result));
		else
			answer(client, json_pack("{s:b, s:o}", "ok", 1, "rebalance",
						 rebalance_report(bus)));
		return;
	}
}

void control_rebalance_tick(struct control_client *client, uint64_t now_ns)
{
	struct bus *bus = client->control->bus;
	bool moving = bus->rebalance.phase == REBALANCE_STOPPED;
	unsigned int ms = client->wish_timeout_ms;

	if (now_ns < client->wish_deadline_ns)
		return;
	rebalance_cancel(bus);
	if (moving)
		answer(client, control_error("the guest is not done within %u ms, it may still be moving functions",
					     ms));
	else
		answer(client, control_error("the guest has not answered within %u ms, nothing was moved",
					     ms));
}

void control_rebalance_forget(struct control_client *client)
{
	if (client->wish)
		rebalance_cancel(client->control->bus);
	client->wish = 0;
}
