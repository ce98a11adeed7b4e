// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: namespaces of a function that come and go while it is in use.
 *
 * As with functions that are added, a thread opens the file; and who removes one waits
 * until its file is closed.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/values.h"
#include "bus/bus.h"
#include "control/control.h"

#define NSID_MAX	0xfffffffeU

static struct function *find_instance(const struct bus *bus, uint32_t instance)
{
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->instance == instance)
			return bus->row[i];
	return NULL;
}

/* The function, if its model has namespaces that come and go. */
static struct function *find(struct control_client *client, json_t *request, json_t **answer)
{
	struct function *fn = control_find(client->control->bus, request, answer);

	if (!fn || (fn->ops->ns_add && !fn->leaving))
		return fn;
	*answer = control_error(fn->leaving ? "%s is being taken away" :
					      "%s is no function with namespaces", fn->name);
	return NULL;
}

static json_t *end(struct control_client *client, json_t *answer)
{
	struct control_ns *ns = &client->ns;

	if (ns->opening)
		function_forget(ns->opening);
	json_decref(ns->opening);
	memset(ns, 0, sizeof(*ns));
	client->control->opening--;
	return answer;
}

static json_t *check_opening(struct control_client *client, uint64_t now_ns)
{
	struct control_ns *ns = &client->ns;
	struct function *fn = find_instance(client->control->bus, ns->instance);
	json_t *conf = json_array_get(json_object_get(ns->opening, "namespaces"), 0);
	unsigned int nsid = ns->nsid;
	struct error err = { 0 };

	(void)now_ns;
	if (!function_ready(ns->opening, false))
		return NULL;
	if (!fn || fn->leaving)
		return end(client, control_error("the function has gone meanwhile"));
	if (!fn->ops->ns_add(fn->model, conf, &nsid, &err))
		return end(client, json_pack("{s:b, s:i}", "ok", 1, "nsid", (int)nsid));
	if (err.where[0])
		return end(client, control_error("%s, %s: %s", fn->name, err.where, err.text));
	return end(client, control_error("%s: %s", fn->name, err.text));
}

static json_t *check_removal(struct control_client *client, uint64_t now_ns)
{
	struct control_ns *ns = &client->ns;
	struct function *fn = find_instance(client->control->bus, ns->instance);
	unsigned int nsid = ns->nsid;

	if (!fn || fn->ops->ns_gone(fn->model, nsid))
		return end(client, json_pack("{s:b, s:i}", "ok", 1, "nsid", (int)nsid));
	if (now_ns < ns->deadline_ns)
		return NULL;
	return end(client, control_error("%s: namespace %u is gone for the guest, but its file has not answered yet: it is closed when it does",
					 fn->name, nsid));
}

static json_t *check_growth(struct control_client *client, uint64_t now_ns)
{
	struct control_ns *ns = &client->ns;
	struct function *fn = find_instance(client->control->bus, ns->instance);
	int grown = fn && !fn->leaving ? fn->ops->ns_grown(fn->model, ns->nsid) : -ENOENT;

	if (!grown)
		return end(client, json_pack("{s:b, s:i}", "ok", 1, "nsid", (int)ns->nsid));
	if (grown < 0)
		return end(client, control_error("namespace %u does not grow: %s", ns->nsid,
						 strerror(-grown)));
	if (now_ns < ns->deadline_ns)
		return NULL;
	return end(client, control_error("the file of namespace %u has not answered yet: it grows when it does",
					 ns->nsid));
}

/* The answer, if there is one already. */
static json_t *begin(struct control_client *client, const struct control_ns *ns)
{
	client->ns = *ns;
	client->control->opening++;
	return ns->check(client, clock_ns());
}

json_t *control_ns_add(struct control_client *client, json_t *request)
{
	json_t *conf = json_object_get(request, "namespace"), *answer = NULL;
	struct function *fn = find(client, request, &answer);
	unsigned int nsid = 0;
	struct error err;

	if (!fn)
		return answer;
	if (value_number(request, "nsid", 1, NSID_MAX, &nsid, &err))
		return control_error("%s", err.text);
	if (!json_is_object(conf))
		return control_error("\"namespace_add\" needs \"namespace\", an object");
	/* The model opens what such a function would have. */
	conf = json_pack("{s:s, s:[O]}", "model", fn->ops->name, "namespaces", conf);
	if (!conf)
		return control_error("out of memory");
	return begin(client, &(struct control_ns){
		.check = check_opening, .opening = conf, .instance = fn->instance, .nsid = nsid,
	});
}

json_t *control_ns_remove(struct control_client *client, json_t *request)
{
	unsigned int nsid = 0, timeout_ms = CONTROL_NS_MS;
	json_t *answer = NULL;
	struct function *fn = find(client, request, &answer);
	struct error err;

	if (!fn)
		return answer;
	if (value_number(request, "nsid", 1, NSID_MAX, &nsid, &err) ||
	    value_number(request, "timeout_ms", 0, CONTROL_WAIT_MAX_MS, &timeout_ms, &err))
		return control_error("%s", err.text);
	if (!nsid)
		return control_error("\"namespace_remove\" needs \"nsid\"");
	if (fn->ops->ns_remove(fn->model, nsid, &err))
		return control_error("%s: %s", fn->name, err.text);
	return begin(client, &(struct control_ns){
		.check = check_removal, .instance = fn->instance, .nsid = nsid,
		.deadline_ns = clock_ns() + timeout_ms * 1000000ULL,
	});
}

json_t *control_ns_resize(struct control_client *client, json_t *request)
{
	unsigned int nsid = 0;
	uint64_t bytes = 0;
	json_t *answer = NULL;
	struct function *fn = find(client, request, &answer);
	struct error err;

	if (!fn)
		return answer;
	if (value_number(request, "nsid", 1, NSID_MAX, &nsid, &err) ||
	    value_bytes(request, "bytes", &bytes, &err))
		return control_error("%s", err.text);
	if (!nsid || !bytes)
		return control_error("\"namespace_resize\" needs \"nsid\" and \"bytes\"");
	if (fn->ops->ns_grow(fn->model, nsid, bytes, &err))
		return control_error("%s: %s", fn->name, err.text);
	return begin(client, &(struct control_ns){
		.check = check_growth, .instance = fn->instance, .nsid = nsid,
		.deadline_ns = clock_ns() + CONTROL_NS_MS * 1000000ULL,
	});
}

void control_ns_forget(struct control_client *client)
{
	if (client->ns.check)
		end(client, NULL);
}
