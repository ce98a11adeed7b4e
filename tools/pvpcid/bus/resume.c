// SPDX-License-Identifier: GPL-2.0
/*
 * One bus: going on where a pvpcid before us was.
 *
 * It may have died between any two instructions, and so may we in here: until the bus
 * is served again nothing is changed but what a second try would do as well.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "bus/bus.h"
#include "bus/guest.h"
#include "bus/guest_memory.h"
#include "bus/saved.h"
#include "io/keep.h"
#include "io/peer.h"
#include "shm.h"

/* Is it a snapshot of this bus, with this configuration? Why not, or NULL. */
static const char *check(const struct bus *bus, const struct saved_bus *saved, size_t bytes)
{
	struct pvpci_layout layout;

	if (bytes < sizeof(*saved) || saved->bytes != sizeof(*saved) ||
	    saved->function_bytes != sizeof(struct saved_function))
		return "it is of another build of pvpcid";
	if (saved->id != bus->conf->id || saved->rows != bus->conf->rows ||
	    saved->vectors != bus->conf->vectors)
		return "\"id\", \"rows\" or \"vectors\" of the configuration are others now";
	if (saved->nr_functions > PVPCI_MAX_FUNCTIONS || saved->nr_kept > PVPCI_HOST_KEPT ||
	    saved->nr_views > DMA_MAX_PIECES ||
	    bytes < saved_align(sizeof(*saved)) + saved->nr_views * sizeof(struct dma_view) ||
	    saved->host_state >= PVPCI_HOST_STATES || saved->nr_vectors > saved->vectors ||
	    pvpci_layout_make(&layout, &saved->layout.want) ||
	    memcmp(&layout, &saved->layout, sizeof(layout)))
		return "it is damaged";
	return NULL;
}

static void resume_host(struct bus *bus, const struct saved_bus *saved)
{
	bus_start_protocol(bus);
	bus->host.state = saved->host_state;
	bus->host.version = saved->version;
	bus->host.in_force = saved->in_force;
	bus->host.from_guest.index = saved->from_guest;
	bus->host.to_guest.index = saved->to_guest;
	bus->host.nr_kept = saved->nr_kept;
	memcpy(bus->host.kept, saved->kept, sizeof(bus->host.kept));
}

static const char *resume_bus(struct bus *bus, const struct saved_bus *saved)
{
	int fd = bus_find_memory(saved->generation);

	bus->layout = saved->layout;
	bus->generation = saved->generation;
	if (fd < 0 || memory_adopt(&bus->memory, fd, saved->layout.bar2_bytes))
		return "its shared memory is not there";
	if (vectors_adopt(&bus->vectors, saved->vectors, saved->generation))
		return "its interrupts are not there";
	bus->guest_state = saved->guest_state;
	bus->nr_vectors = saved->nr_vectors;
	bus->relations_seq = saved->relations_seq;
	bus->relations_pending = saved->relations_pending;
	bus->next_instance = saved->next_instance;
	bus->next_eject = saved->next_eject;
	memcpy(bus->window, saved->window, sizeof(bus->window));
	bus->beat = shm_load32(&bus_header(bus)->host.beat);
	resume_host(bus, saved);
	rebalance_resume(bus, &saved->rebalance);
	return NULL;
}

static bool bars_valid(const struct bus *bus, const struct function *fn)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		const struct bar *bar = &fn->bar[i];

		if (!bar->bytes != !bar->most || (bar->bytes & (bar->bytes - 1)) ||
		    bar->bytes > bar->most || bar->bytes < bar->least ||
		    (bar->bytes && bar->attached != PVPCI_BAR_UNASSIGNED &&
		     !bar_fits(bar->bytes, bar->attached, aperture)) ||
		    (bar->bytes && bar->assigned != PVPCI_BAR_UNASSIGNED &&
		     !bar_fits(bar->bytes, bar->assigned, aperture)) ||
		    bar->ones > bar->most || (bar->ones && !bar_fits(bar->most, bar->ones_at &
					~(bar->most - 1), aperture)))
			return false;
	}
	return true;
}

/* What the snapshot says of a function that has just been made, and its home. */
static void take_saved(struct function *fn, const struct saved_function *saved)
{
	unsigned int i;

	fn->row = saved->row;
	fn->instance = saved->instance;
	fn->power = saved->power;
	fn->leaving = saved->leaving;
	fn->in_reset = saved->in_reset;
	fn->reset_due = saved->reset_due;
	fn->eject_sent = saved->eject_sent;
	fn->eject_device = saved->eject_device;
	fn->eject_id = saved->eject_id;
	fn->invalid_blocks = saved->invalid_blocks;
	fn->outcome = saved->outcome;
	fn->stats = saved->stats;
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		struct bar *bar = &fn->bar[i];

		bar->handoff = saved->bar[i].handoff;
		bar->assigned = saved->bar[i].assigned;
		bar->bytes = saved->bar[i].bytes;
		bar->ones = saved->bar[i].ones;
		bar->ones_at = saved->bar[i].ones_at;
		bar->attached = PVPCI_BAR_UNASSIGNED;
		if (!fn->home->attached)
			continue;
		bar->bytes = fn->home->bytes[i];
		bar->attached = fn->home->offset[i];
		bar->ones = 0;
	}
}

static struct function *make_function(struct bus *bus, const struct saved_function *saved,
				      struct error *err)
{
	json_t *conf = json_loads((const char *)(saved + 1), JSON_REJECT_DUPLICATES, NULL);
	struct function *fn = NULL;

	if (conf && !state_take_back(&bus->state, saved->home))
		fn = function_create(bus, conf, (int)saved->home, err);
	else
		error_set(err, "its part of the state is damaged");
	if (!fn)
		function_forget(conf);
	json_decref(conf);
	if (!fn)
		return NULL;
	take_saved(fn, saved);
	if (bars_valid(bus, fn))
		return fn;
	error_set(err, "its part of the state is damaged");
	function_destroy(fn);
	return NULL;
}

/* A driver that waits for its registers learns that they are gone. */
static void leave_ones(const struct bus *bus, const struct saved_function *saved)
{
	uint64_t aperture = bus->layout.area[PVPCI_AREA_APERTURE].bytes;
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (saved->bar[i].bytes &&
		    bar_fits(saved->bar[i].bytes, saved->bar[i].attached, aperture))
			memset(bus_aperture(bus, saved->bar[i].attached), 0xff,
			       saved->bar[i].bytes < PVPCI_PAGE_BYTES ? saved->bar[i].bytes :
									PVPCI_PAGE_BYTES);
}

/* One that cannot be made again goes off the bus; the others stay. */
static void resume_function(struct bus *bus, const struct saved_function *saved)
{
	struct error err = { 0 };
	struct function *fn = make_function(bus, saved, &err);

	if (!fn) {
		log_error("bus %llu: the function in row %u is taken off the bus: %s",
			  (unsigned long long)bus->conf->id, saved->row, err.text);
		leave_ones(bus, saved);
		bus->relations_seq++;
		bus->relations_pending = bus->host.state == PVPCI_HOST_D0;
		return;
	}
	bus->row[fn->row] = fn;
	bus->nr_functions++;
	bus->unsettled |= fn->leaving;
	bus->blocks_pending |= !!fn->invalid_blocks;
}

/* Whoever of them waits for files does so while the others do. */
static void begin_function(struct bus *bus, const struct saved_function *saved)
{
	json_t *conf = json_loads((const char *)(saved + 1), JSON_REJECT_DUPLICATES, NULL);

	(void)bus;
	function_ready(conf, true);
	json_decref(conf);
}

static const char *each_function(struct bus *bus, const struct saved_bus *saved, size_t bytes,
				 void (*call)(struct bus *bus, const struct saved_function *fn))
{
	const uint8_t *at = (const uint8_t *)(saved_views(saved) + saved->nr_views);
	const uint8_t *end = (const uint8_t *)saved + bytes;
	unsigned int i;

	for (i = 0; i < saved->nr_functions; i++) {
		const struct saved_function *fn = (const struct saved_function *)at;

		if (at + sizeof(*fn) > end || at + sizeof(*fn) + fn->conf_bytes > end ||
		    !fn->conf_bytes || ((const char *)(fn + 1))[fn->conf_bytes - 1] ||
		    fn->row >= saved->rows || bus->row[fn->row])
			return "it is damaged";
		call(bus, fn);
		at += saved_align(sizeof(*fn) + fn->conf_bytes);
	}
	return NULL;
}

static const char *resume_functions(struct bus *bus, const struct saved_bus *saved, size_t bytes)
{
	const char *why = each_function(bus, saved, bytes, begin_function);

	return why ? why : each_function(bus, saved, bytes, resume_function);
}

/* All vectors once more: nobody knows which of them the guest has heard of. */
static void raise_all(struct function *fn)
{
	unsigned int i;

	for (i = 0; i < function_vectors(fn); i++)
		fn->pending[i / 64] |= 1ULL << (i % 64);
	fn->any_pending = true;
}

static void go_on(struct bus *bus)
{
	unsigned int i;

	for (i = 0; i < bus->conf->rows; i++) {
		struct function *fn = bus->row[i];

		if (!fn) {
			function_clear_row(bus, i);
			continue;
		}
		function_resume(fn);
		if (fn->attached)
			raise_all(fn);
		else
			function_fill_ones(fn);
	}
	for (i = 0; i < 32; i++)
		bus_mark_multifunction(bus, i);
	bus->sleeping = true;
	bus_set_sleeping(bus, false);
	bus_beat(bus, clock_ns());
	pvpci_host_publish(&bus->host);
	vectors_ring(&bus->vectors, BUS_RING_VECTOR);
}

static const char *resume(struct bus *bus, const struct saved_bus *saved, size_t bytes)
{
	struct error err = { 0 };
	const char *why = check(bus, saved, bytes);

	if (!why)
		why = resume_bus(bus, saved);
	if (!why)
		why = resume_functions(bus, saved, bytes);
	if (why)
		return why;
	bus->client = keep_find(GUEST_KEEP_NAME);
	bus->connected = bus->client >= 0;
	bus->peer = bus->connected ? peer_of_socket(bus->client) : 0;
	if (bus->connected && bus->host.state != PVPCI_HOST_NEW &&
	    bus_resume_memory(bus, saved_views(saved), saved->nr_views, &err)) {
		log_error("bus %llu: %s", (unsigned long long)bus->conf->id, err.text);
		return "the guest's memory is not there";
	}
	return NULL;
}

bool bus_resume(struct bus *bus)
{
	const struct saved_bus *saved;
	const char *why;
	size_t bytes;

	saved = bus->state.found ? state_saved(&bus->state, &bytes) : NULL;
	if (!saved)
		return false;
	why = resume(bus, saved, bytes);
	if (!why) {
		go_on(bus);
		log_info("bus %llu: goes on with %u functions, generation %#x",
			 (unsigned long long)bus->conf->id, bus->nr_functions, bus->generation);
		return true;
	}
	log_error("bus %llu: the state that was kept is not used, %s: it starts anew",
		  (unsigned long long)bus->conf->id, why);
	if (bus->memory.base)
		shm_store32(&bus_header(bus)->host.state, PVPCI_HOST_BROKEN);
	if (bus->vectors.count)
		vectors_ring(&bus->vectors, BUS_RING_VECTOR);
	if (bus->client >= 0)
		close(bus->client);
	bus->client = -1;
	bus->connected = false;
	return false;
}
