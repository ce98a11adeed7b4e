// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: adding functions.
 *
 * First their files are opened, by threads, since that may take as long as a server
 * likes; then the functions are made; and then, if the client wants, it is waited for
 * what the guest does with them.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/values.h"
#include "bus/bus.h"
#include "bus/slots.h"
#include "control/control.h"

/* All or none: what was added before the one that fails is taken off again. NULL: all. */
static json_t *add_all(struct bus *bus, json_t *functions)
{
	size_t count = json_array_size(functions);
	json_t *added = json_array();
	struct function *fn;
	struct error err;
	size_t i;

	if (slots_choose(bus, functions, &i, &err))
		goto failed;
	for (i = 0; i < count; i++) {
		fn = bus_add(bus, json_array_get(functions, i), &err);
		if (!fn)
			goto failed;
		json_array_append_new(added, json_integer(fn->devfn));
	}
	json_decref(added);
	log_info("bus %llu: %zu functions added", (unsigned long long)bus->conf->id, count);
	return NULL;
failed:
	while (json_array_size(added)) {
		size_t last = json_array_size(added) - 1;

		bus_remove(bus, bus_find(bus, (unsigned int)
					 json_integer_value(json_array_get(added, last))));
		json_array_remove(added, last);
	}
	json_decref(added);
	if (err.where[0])
		return control_error("function %zu, %s: %s", i, err.where, err.text);
	return control_error("function %zu: %s", i, err.text);
}

static bool all_ready(json_t *functions)
{
	bool ready = true;
	json_t *conf;
	size_t i;

	json_array_foreach(functions, i, conf)
		ready &= function_ready(conf, false);
	return ready;
}

static void forget_all(json_t *functions)
{
	json_t *conf;
	size_t i;

	json_array_foreach(functions, i, conf)
		function_forget(conf);
}

/* The functions are made; answer now, or when the guest has said what became of them. */
static json_t *add_now(struct control_client *client, json_t *functions, unsigned int wait_ms)
{
	struct bus *bus = client->control->bus;
	uint32_t first = bus->next_instance;
	json_t *refused;

	refused = bus->host.state == PVPCI_HOST_DEAD ?
		  control_error("the bus is broken until another guest connects") :
		  add_all(bus, functions);
	forget_all(functions);
	if (refused)
		return refused;
	if (!wait_ms || bus->host.state != PVPCI_HOST_D0)
		return json_pack("{s:b, s:o}", "ok", 1, "functions",
				 report_added(bus, first, bus->next_instance - first));
	client->add_first = first;
	client->add_count = bus->next_instance - first;
	client->add_deadline_ns = clock_ns() + wait_ms * 1000000ULL;
	client->control->adding++;
	return NULL;
}

json_t *control_add_start(struct control_client *client, json_t *request)
{
	json_t *function = json_object_get(request, "function");
	json_t *functions = json_object_get(request, "functions");
	unsigned int wait_ms = 0;
	struct error err;
	json_t *answer;

	if (value_number(request, "wait_ms", 0, CONTROL_WAIT_MAX_MS, &wait_ms, &err))
		return control_error("%s", err.text);
	if (!function == !functions || (functions && !json_array_size(functions)))
		return control_error("\"add\" needs \"function\", or \"functions\", an array");
	functions = function ? json_pack("[O]", function) : json_incref(functions);
	if (!all_ready(functions)) {
		client->opening = functions;
		client->add_wait_ms = wait_ms;
		client->control->opening++;
		return NULL;
	}
	answer = add_now(client, functions, wait_ms);
	json_decref(functions);
	return answer;
}

static json_t *end_opening(struct control_client *client)
{
	json_t *functions = client->opening;

	client->opening = NULL;
	client->control->opening--;
	return functions;
}

static void opening_check(struct control_client *client)
{
	json_t *functions, *answer;

	if (!all_ready(client->opening))
		return;
	functions = end_opening(client);
	answer = add_now(client, functions, client->add_wait_ms);
	json_decref(functions);
	if (answer)
		control_answer(client, answer);
}

static void end_adding(struct control_client *client)
{
	client->add_count = 0;
	client->control->adding--;
}

void control_add_forget(struct control_client *client)
{
	json_t *functions;

	if (client->opening) {
		functions = end_opening(client);
		forget_all(functions);
		json_decref(functions);
	}
	if (client->add_count)
		end_adding(client);
}

bool control_adding(const struct control *control, uint32_t instance)
{
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *client = &control->clients[i];

		if (client->fd >= 0 && instance - client->add_first < client->add_count)
			return true;
	}
	return false;
}

/* Has the guest said of all what became of them, or are they gone? */
static bool add_complete(const struct control_client *client, uint64_t now_ns)
{
	const struct bus *bus = client->control->bus;
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *fn = bus->row[i];

		if (fn && fn->instance - client->add_first < client->add_count &&
		    !outcome_is_final(fn, now_ns))
			return false;
	}
	return true;
}

static void adding_check(struct control_client *client, uint64_t now_ns)
{
	struct bus *bus = client->control->bus;
	bool complete = add_complete(client, now_ns);
	json_t *functions;

	if (!complete && now_ns < client->add_deadline_ns && bus->host.state == PVPCI_HOST_D0)
		return;
	functions = report_added(bus, client->add_first, client->add_count);
	end_adding(client);
	control_answer(client, json_pack("{s:b, s:b, s:o}", "ok", 1, "complete", complete,
					 "functions", functions));
}

static void ns_check(struct control_client *client, uint64_t now_ns)
{
	json_t *answer = client->ns.check(client, now_ns);

	if (answer)
		control_answer(client, answer);
}

void control_check(struct control *control, uint64_t now_ns)
{
	unsigned int i;

	for (i = 0; (control->adding || control->opening) && i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			continue;
		if (client->ns.check)
			ns_check(client, now_ns);
		else if (client->opening)
			opening_check(client);
		else if (client->add_count)
			adding_check(client, now_ns);
	}
}
