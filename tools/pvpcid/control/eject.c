// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: ejects, of one function or of a whole device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/values.h"
#include "bus/bus.h"
#include "bus/function_conf.h"
#include "control/control.h"

#define TIMEOUT_MS	5000
#define AGAIN_NS	500000000ULL	/* with force, until the timeout */

static struct function *find(const struct control_client *client, unsigned int i)
{
	const struct control_eject *eject = &client->eject;
	struct function *fn = bus_find(client->control->bus, eject->device << 3 | i);

	return fn && fn->instance == eject->instance[i] ? fn : NULL;
}

static uint64_t elapsed_ms(const struct control_eject *eject)
{
	return (clock_ns() - eject->start_ns) / 1000000;
}

/* The errno in words, and more when the guest says more. */
static const char *reason(const struct control_eject *eject, char text[256])
{
	snprintf(text, 256, "%s%s%s", strerror(eject->refused), *eject->why ? ", " : "",
		 eject->why);
	return text;
}

static json_t *done(const struct control_eject *eject)
{
	char text[256];

	return json_pack("{s:b, s:s, s:I, s:b, s:o}", "ok", 1, "slot", eject->slot,
			 "milliseconds", (json_int_t)elapsed_ms(eject), "forced", eject->forced,
			 "refused", eject->refused ? json_string(reason(eject, text)) :
						     json_null());
}

/* Nothing more is expected of the guest. */
static void finish(struct control_client *client, json_t *answer)
{
	memset(&client->eject, 0, sizeof(client->eject));
	control_answer(client, answer);
}

void control_eject_forget(struct control_client *client)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (client->eject.id[i])
			bus_eject_forget(client->control->bus, client->eject.id[i]);
	memset(&client->eject, 0, sizeof(client->eject));
}

static json_t *refusal(const struct control_eject *eject)
{
	char text[256];

	return control_error("the guest refuses to let go of %s: %s", eject->refused_slot,
			     reason(eject, text));
}

/* The bus's eject of function @i has ended. */
static void ended(struct control_client *client, unsigned int i, int result)
{
	struct control_eject *eject = &client->eject;
	unsigned int j, under_way = 0;

	eject->id[i] = 0;
	if (result <= 0)
		eject->pending &= ~(1U << i);
	if (result < 0) {
		json_t *error = control_error("the bus went down before the guest let go of %s",
					      eject->slot);

		control_eject_forget(client);
		control_answer(client, error);
		return;
	}
	if (result) {
		const struct function *fn = find(client, i);

		eject->refused = result;
		snprintf(eject->why, sizeof(eject->why), "%s",
			 fn && *fn->eject_why ? fn->eject_why :
			 result == EBUSY ? "it is in use" : "");
		snprintf(eject->refused_slot, sizeof(eject->refused_slot), "%02x.%u",
			 eject->device & 0x1f, i & 7);
		eject->again_ns = clock_ns() + AGAIN_NS;
	}
	for (j = 0; j < 8; j++)
		under_way |= eject->id[j] ? 1U << j : 0;
	if (!eject->pending)
		finish(client, done(eject));
	else if (!under_way && eject->refused && !eject->force)
		finish(client, refusal(eject));
}

void control_eject_done(struct control *control, uint64_t eject_id, int result)
{
	unsigned int i, f;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		for (f = 0; client->fd >= 0 && f < 8; f++)
			if (client->eject.pending && client->eject.id[f] == eject_id) {
				ended(client, f, result);
				return;
			}
	}
}

/* Surprise removal. The bus reports the end of each: at once, or when it is idle. */
static void take_away(struct control_client *client)
{
	struct control_eject *eject = &client->eject;
	struct bus *bus = client->control->bus;
	unsigned int i, left = eject->pending;
	struct function *fn[8];

	if (eject->forced)
		return;
	eject->forced = true;
	for (i = 0; i < 8; i++) {
		fn[i] = left & 1U << i ? find(client, i) : NULL;
		if (!fn[i])
			eject->pending &= ~(1U << i);
	}
	if (!eject->pending) {
		finish(client, done(eject));
		return;
	}
	/* With the last of them the answer goes, and @eject is another. */
	for (i = 8; i--;)
		if (fn[i]) {
			log_info("%s: is taken away from the guest", fn[i]->name);
			bus_take_away(bus, fn[i], &eject->id[i]);
		}
}

/* Ask for those that were refused once more; what has gone meanwhile is gone. */
static void ask_again(struct control_client *client)
{
	struct control_eject *eject = &client->eject;
	unsigned int i;

	eject->again_ns = 0;
	for (i = 0; i < 8; i++) {
		struct function *fn;

		if (!(eject->pending & 1U << i) || eject->id[i])
			continue;
		fn = find(client, i);
		if (!fn)
			eject->pending &= ~(1U << i);
		else if (bus_eject(client->control->bus, fn, eject->whole, &eject->id[i]))
			eject->again_ns = clock_ns() + AGAIN_NS;
	}
	if (!eject->pending)
		finish(client, done(eject));
}

static bool is_gone(const struct control_client *client)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (client->eject.pending & 1U << i && find(client, i))
			return false;
	return true;
}

void control_eject_tick(struct control_client *client, uint64_t now_ns)
{
	struct control_eject *eject = &client->eject;
	json_t *error;

	if (now_ns < eject->deadline_ns) {
		if (eject->again_ns && now_ns >= eject->again_ns)
			ask_again(client);
		return;
	}
	if (eject->force && !is_gone(client)) {
		take_away(client);
		return;
	}
	/* Its files have as long again to be closed: the guest has used up the time. */
	if (eject->forced && !eject->closing) {
		eject->closing = true;
		eject->deadline_ns = now_ns + eject->timeout_ms * 1000000ULL;
		return;
	}
	error = is_gone(client) ?
		control_error("%s is off the bus, but its files are not closed within %u ms",
			      eject->slot, eject->timeout_ms) :
		control_error("the guest has not let go of %s within %u ms", eject->slot,
			      eject->timeout_ms);
	control_eject_forget(client);
	control_answer(client, error);
}

/* "03": a whole device; its number, or -1 when it is no such text. */
static int parse_device(const char *text)
{
	char slot[8];
	uint8_t devfn;

	if (!text || !*text || strlen(text) > 2)
		return -1;
	snprintf(slot, sizeof(slot), "%.2s.0", text);
	return function_parse_slot(slot, &devfn) ? -1 : devfn >> 3;
}

static unsigned int functions_of(const struct bus *bus, unsigned int device)
{
	unsigned int i, mask = 0;

	for (i = 0; i < 8; i++)
		if (bus_find(bus, device << 3 | i))
			mask |= 1U << i;
	return mask;
}

/* One function, or a whole device. Return functions as bits, 0 with @answer set. */
static unsigned int parse_slot(struct control_client *client, json_t *request, json_t **answer)
{
	int device = parse_device(json_string_value(json_object_get(request, "slot")));
	struct control_eject *eject = &client->eject;
	struct bus *bus = client->control->bus;
	struct function *fn;
	unsigned int mask;

	eject->whole = device >= 0;
	if (!eject->whole) {
		fn = control_find(bus, request, answer);
		if (!fn)
			return 0;
		eject->device = fn->devfn >> 3;
		function_slot(fn, eject->slot);
		return 1U << (fn->devfn & 7);
	}
	eject->device = (unsigned int)device;
	snprintf(eject->slot, sizeof(eject->slot), "%02x", eject->device & 0x1f);
	mask = functions_of(bus, eject->device);
	if (!mask)
		*answer = control_error("there is no function at %s", eject->slot);
	return mask;
}

/* NULL when the function may be ejected now. */
static json_t *forbidden(const struct control_client *client, const struct function *fn)
{
	const struct bus *bus = client->control->bus;

	if (!(fn->flags & PVPCI_FN_HOTPLUG) && bus->host.state == PVPCI_HOST_D0)
		return control_error("%s is not hot-pluggable", fn->name);
	if (fn->eject_id || fn->leaving)
		return control_error("%02x.%u is being ejected already", fn->devfn >> 3 & 0x1f,
				     fn->devfn & 7);
	if (!client->eject.force && bus->host.state == PVPCI_HOST_D0 &&
	    (control_adding(client->control, fn->instance) || outcome_is_due(fn)))
		return control_error("%02x.%u is still being added", fn->devfn >> 3 & 0x1f,
				     fn->devfn & 7);
	return NULL;
}

static json_t *parse_options(struct control_client *client, json_t *request)
{
	unsigned int ms = TIMEOUT_MS;
	bool force = false;
	struct error err;

	if (value_number(request, "timeout_ms", 1, CONTROL_WAIT_MAX_MS, &ms, &err) ||
	    value_flag(request, "force", &force, &err))
		return control_error("%s", err.text);
	client->eject = (struct control_eject){
		.start_ns = clock_ns(),
		.timeout_ms = ms,
		.force = force,
	};
	client->eject.deadline_ns = client->eject.start_ns + ms * 1000000ULL;
	return NULL;
}

json_t *control_eject_start(struct control_client *client, json_t *request)
{
	struct control_eject *eject = &client->eject;
	json_t *answer = parse_options(client, request);
	unsigned int i, mask = answer ? 0 : parse_slot(client, request, &answer);
	struct function *fn;

	for (i = 0; i < 8 && !answer; i++)
		if (mask & 1U << i)
			answer = forbidden(client, bus_find(client->control->bus,
							    eject->device << 3 | i));
	/* From the last to the first: function 0 goes when it is alone. */
	for (i = 8; i-- && !answer;) {
		if (!(mask & 1U << i))
			continue;
		fn = bus_find(client->control->bus, eject->device << 3 | i);
		eject->instance[i] = fn->instance;
		bus_eject(client->control->bus, fn, eject->whole, &eject->id[i]);
		if (eject->id[i])
			eject->pending |= 1U << i;
	}
	if (!answer && !eject->pending)
		answer = done(eject);
	if (answer)
		memset(eject, 0, sizeof(*eject));
	return answer;
}
