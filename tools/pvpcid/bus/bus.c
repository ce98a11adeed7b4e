// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: what is on it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/error.h"
#include "bus/aperture.h"
#include "bus/bus.h"
#include "bus/saved.h"
#include "bus/slots.h"
#include "io/keep.h"
#include "shm.h"

struct function *bus_find(const struct bus *bus, unsigned int devfn)
{
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->devfn == devfn)
			return bus->row[i];
	return NULL;
}

struct function *bus_function(const struct bus *bus, uint32_t row, uint32_t instance)
{
	struct function *fn = bus->row[row];

	return fn && fn->instance == instance && !fn->leaving ? fn : NULL;
}

static int check_unique(const struct bus *bus, const struct function *fn, struct error *err)
{
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		const struct function *other = bus->row[i];

		if (!other)
			continue;
		if (other->devfn == fn->devfn) {
			error_at(err, "slot", "slot %02x.%u is in use by %s", fn->devfn >> 3,
				 fn->devfn & 7, other->name);
			return -1;
		}
		if (other->serial == fn->serial) {
			error_at(err, "serial", "%s has the same serial number", other->name);
			return -1;
		}
		if (!strcmp(other->label, fn->label)) {
			error_at(err, "label", "%s has the same label", other->name);
			return -1;
		}
	}
	return 0;
}

static int free_row(const struct bus *bus)
{
	unsigned int i;

	for (i = 0; i < bus->conf->rows; i++)
		if (!bus->row[i])
			return (int)i;
	return -1;
}

/* Bit 7 of the header type of each function of a device says whether it has several. */
void bus_mark_multifunction(struct bus *bus, unsigned int device)
{
	struct function *fn[8];
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->devfn >> 3 == device)
			fn[count++] = bus->row[i];
	for (i = 0; i < count; i++)
		function_set_multifunction(fn[i], count > 1);
}

static void table_changed(struct bus *bus, unsigned int device)
{
	bus_mark_multifunction(bus, device);
	bus->relations_seq++;
	bus->relations_pending = bus->host.state == PVPCI_HOST_D0;
}

static int check_function(const struct bus *bus, struct function *fn, struct error *err)
{
	int row = free_row(bus);

	if (check_unique(bus, fn, err))
		return -1;
	if (row < 0) {
		error_set(err, "all %u rows of the bus are taken", bus->conf->rows);
		return -1;
	}
	fn->row = (uint32_t)row;
	return 0;
}

static void hand_off(struct function *fn)
{
	uint64_t offset[PVPCI_NUM_BARS];
	unsigned int bar;

	if (!(fn->flags & PVPCI_FN_DECODING) || fn->attached)
		return;
	for (bar = 0; bar < PVPCI_NUM_BARS; bar++) {
		offset[bar] = fn->bar[bar].handoff;
		if (fn->bar[bar].bytes)
			fn->bar[bar].assigned = offset[bar];
	}
	function_attach(fn, offset);
}

static void eject_end(struct function *fn, int result)
{
	struct bus *bus = fn->bus;
	uint64_t id = fn->eject_id;

	fn->eject_id = 0;
	fn->eject_sent = false;
	if (id && bus->watch.eject_done)
		bus->watch.eject_done(bus->watch.context, id, result);
}

void bus_close_some(struct bus *bus)
{
	struct function **link = &bus->closing;
	struct function *fn;

	while ((fn = *link)) {
		if (fn->ops->close && !fn->ops->close(fn->model)) {
			link = &fn->next;
			continue;
		}
		*link = fn->next;
		eject_end(fn, 0);
		function_destroy(fn);
	}
}

/* Off the bus: until its files are closed, and whoever waits for that has heard of it. */
static void dispose(struct bus *bus, struct function *fn)
{
	fn->next = bus->closing;
	bus->closing = fn;
	bus_close_some(bus);
}

struct function *bus_add(struct bus *bus, json_t *conf, struct error *err)
{
	struct function *fn = function_create(bus, conf, -1, err);

	if (!fn)
		return NULL;
	if (check_function(bus, fn, err) ||
	    (bus->layout.bar2_bytes && aperture_check(bus, fn, err)))
		goto destroy;
	fn->instance = bus->next_instance++;
	bus->row[fn->row] = fn;
	bus->nr_functions++;
	if (bus->memory.base && fn->flags & PVPCI_FN_DECODING && aperture_hand_off(bus, fn, err))
		goto remove;
	if (bus->memory.base) {
		function_publish(fn);
		hand_off(fn);
	}
	table_changed(bus, fn->devfn >> 3);
	if (bus->memory.base)
		bus_save(bus);
	return fn;
remove:
	bus->row[fn->row] = NULL;
	bus->nr_functions--;
destroy:
	dispose(bus, fn);
	return NULL;
}

static void take_off(struct bus *bus, struct function *fn)
{
	unsigned int device = fn->devfn >> 3;

	if (bus->memory.base) {
		/* Detached and still there is nothing that a driver could make sense of. */
		fn->leaving = true;
		if (fn->attached && !bus->answering)
			bus_save(bus);
		function_detach(fn);
		function_leave_ones(fn);
	}
	bus->row[fn->row] = NULL;
	bus->nr_functions--;
	table_changed(bus, device);
	bus->dirty = true;
	/*
	 * With the event that the guest is owed, and before its row is empty: one that is known
	 * and has none would be half of a function.
	 */
	if (bus->memory.base && !bus->answering)
		bus_save(bus);
	if (bus->memory.base)
		function_clear_row(bus, fn->row);
	log_info("%s: is off the bus", fn->name);
	dispose(bus, fn);
}

/* bus_settle() takes it off. */
static void leave_later(struct bus *bus, struct function *fn)
{
	fn->leaving = true;
	bus->unsettled = true;
	bus->dirty = true;
}

void bus_remove(struct bus *bus, struct function *fn)
{
	if (function_quiesce(fn, true))
		take_off(bus, fn);
	else
		leave_later(bus, fn);
}

/* The end of it is told, and the guest not asked. */
static uint64_t number_eject(struct bus *bus, struct function *fn)
{
	if (!fn->eject_id)
		fn->eject_id = ++bus->next_eject;
	fn->eject_sent = true;
	return fn->eject_id;
}

void bus_take_away(struct bus *bus, struct function *fn, uint64_t *eject_id)
{
	*eject_id = number_eject(bus, fn);
	bus_remove(bus, fn);
}

bool bus_quiesce(struct bus *bus)
{
	bool idle = true;
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && !function_quiesce(bus->row[i], false))
			idle = false;
	return idle;
}

static bool is_ejecting(const struct bus *bus, uint64_t eject_id)
{
	const struct function *fn;
	unsigned int i;

	for (fn = bus->closing; fn; fn = fn->next)
		if (fn->eject_id == eject_id)
			return true;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->eject_id == eject_id)
			return true;
	return false;
}

int bus_eject(struct bus *bus, struct function *fn, bool device, uint64_t *eject_id)
{
	if (fn->eject_id || fn->leaving)
		return -EBUSY;
	*eject_id = 0;
	if (bus->host.state != PVPCI_HOST_D0) {
		*eject_id = number_eject(bus, fn);
		bus_remove(bus, fn);
		if (!is_ejecting(bus, *eject_id))
			*eject_id = 0;
		return 0;
	}
	fn->eject_id = ++bus->next_eject;
	fn->eject_sent = false;
	fn->eject_device = device;
	fn->eject_why[0] = '\0';
	bus->dirty = true;
	*eject_id = fn->eject_id;
	return 0;
}

void bus_eject_refused(struct bus *bus, struct function *fn, int result)
{
	(void)bus;
	eject_end(fn, result);
}

void bus_eject_forget(struct bus *bus, uint64_t eject_id)
{
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && bus->row[i]->eject_id == eject_id)
			bus->row[i]->eject_id = 0;
}

void bus_release_all(struct bus *bus, unsigned int reason)
{
	unsigned int i, bar;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		struct function *fn = bus->row[i];

		if (!fn)
			continue;
		function_edge(fn, NULL, reason, clock_ns());
		function_reset(fn);
		fn->in_reset = false;
		memset(&fn->outcome, 0, sizeof(fn->outcome));
		for (bar = 0; bar < PVPCI_NUM_BARS; bar++) {
			fn->bar[bar].assigned = PVPCI_BAR_UNASSIGNED;
			function_resize(fn, bar, fn->bar[bar].most);
		}
		if (!fn->leaving)
			eject_end(fn, -ECANCELED);
	}
	memset(bus->window, 0, sizeof(bus->window));
	bus->relations_pending = false;
	rebalance_reset(bus);
}

void bus_hand_off(struct bus *bus)
{
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i])
			hand_off(bus->row[i]);
}

void bus_told(struct bus *bus)
{
	uint64_t now = clock_ns();
	unsigned int i;

	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++)
		if (bus->row[i] && !bus->row[i]->stats.told_ns)
			bus->row[i]->stats.told_ns = now;
}

void bus_needs(const struct bus *bus, uint64_t *need32, uint64_t *need64)
{
	unsigned int i, bar;

	*need32 = 0;
	*need64 = 0;
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		for (bar = 0; bus->row[i] && bar < PVPCI_NUM_BARS; bar++) {
			const struct bar *b = &bus->row[i]->bar[bar];

			*(b->flags & PVPCI_BAR_MEM64 ? need64 : need32) += b->most;
		}
	}
}

const char *bus_state_name(const struct bus *bus)
{
	static const char * const names[] = {
		[PVPCI_HOST_NEW] = "connected",
		[PVPCI_HOST_AGREED] = "agreed",
		[PVPCI_HOST_D0] = "up",
		[PVPCI_HOST_DEAD] = "broken",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == PVPCI_HOST_STATES,
		       "a name for each state");
	return bus->connected ? names[bus->host.state] : "waiting";
}

static void close_functions(struct bus *bus)
{
	struct function *fn;
	unsigned int i;

	while ((fn = bus->closing)) {
		bus->closing = fn->next;
		function_destroy(fn);
	}
	for (i = 0; i < PVPCI_MAX_FUNCTIONS; i++) {
		if (bus->row[i])
			function_destroy(bus->row[i]);
		bus->row[i] = NULL;
	}
	bus->nr_functions = 0;
}

static int open_functions(struct bus *bus, struct error *err)
{
	json_t *conf;
	char where[32];
	size_t i;

	if (!slots_choose(bus, bus->conf->functions, &i, err))
		json_array_foreach(bus->conf->functions, i, conf)
			if (!bus_add(bus, conf, err))
				break;
	if (i == json_array_size(bus->conf->functions))
		return 0;
	snprintf(where, sizeof(where), "functions/%zu", i);
	error_below(err, where);
	return -1;
}

/* From nothing, whatever was tried before. */
static int bus_start(struct bus *bus, struct error *err)
{
	close_functions(bus);
	dma_unmap(&bus->dma);
	vectors_close(&bus->vectors);
	memory_close(&bus->memory);
	keep_drop_all(KEEP_PREFIX "socket");
	if (state_renew(&bus->state, err))
		return -1;
	bus->nr_attached = 0;
	bus->ones_bytes = 0;
	bus->next_instance = 1;
	bus->relations_seq = 1;
	/* Not what a daemon before this one used; odd, so never 0. */
	if (getrandom(&bus->generation, sizeof(bus->generation), 0) < 0)
		bus->generation = (uint32_t)clock_ns();
	bus->generation |= 1;
	return open_functions(bus, err) || aperture_lay_out(bus, err) || bus_power_on(bus, err) ?
	       -1 : 0;
}

int bus_open(struct bus *bus, const struct conf *conf, const struct bus_watch *watch,
	     struct error *err)
{
	memset(bus, 0, sizeof(*bus));
	bus->conf = conf;
	bus->watch = *watch;
	bus->memory.fd = -1;
	bus->client = -1;
	if (state_open(&bus->state, err))
		return -1;
	if (bus_resume(bus))
		return 0;
	if (!bus_start(bus, err))
		return 0;
	close_functions(bus);
	state_close(&bus->state);
	return -1;
}

void bus_close(struct bus *bus)
{
	bus_power_off(bus);
	rebalance_close(bus);
	close_functions(bus);
	state_close(&bus->state);
}
