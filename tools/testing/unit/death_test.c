// SPDX-License-Identifier: GPL-2.0
/*
 * A bus whose process dies before any of its stores to memory that outlives it. The test is
 * guest and keeper; each life of the daemon is a child. Whatever a child was doing, the
 * next one does it, or has nothing to do: the guest sees what it would have seen.
 */
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/guest.h"
#include "death.h"
#include "io/keep.h"
#include "keeper.h"
#include "shm.h"
#include "stores.h"
#include "unit.h"

#define STRIDE		3	/* stores of a step for a death: see stores_stride() */
#define NEVER		0U
#define POLLS		6	/* enough for all that a step leaves to do */
#define MOST_STORES	1000000U

#define FUNCTIONS	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 4, " \
			"\"bars\": [{\"bar\": 0, \"bytes\": 131072, \"bits\": 64}]}," \
			" {\"slot\": \"04.0\", \"model\": \"nvme\", \"msi\": 2, " \
			"\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"bits\": 32}]}]"
#define BUS		"{\"socket\": \"unused\", \"rows\": 4, \"vectors\": 2, " \
			"\"aperture\": \"512K\", \"functions\": " FUNCTIONS "}"

/**
 * struct image - all that outlives a daemon
 * @memory: what the guest sees
 * @state: what it does not
 */
struct image {
	uint8_t *memory;
	uint8_t *state;
};

static struct conf conf;
static struct pvpci_layout layout;
static uint8_t *memory, *state;		/* of the bus */
static size_t state_bytes;
static struct image before, after, idle;
static unsigned int *stores;

/* ---- the daemon --------------------------------------------------------------- */
static void live(const struct step *step, bool from_birth, unsigned int last)
{
	static const struct bus_watch nobody;
	static struct bus bus;
	struct error err;
	unsigned int i;

	if (from_birth)
		stores_watch(last, stores);
	if (bus_open(&bus, &conf, &nobody, &err))
		_exit(3);
	if (!bus.connected)
		bus_connect(&bus, 0);
	if (!from_birth)
		stores_watch(last, stores);
	if (step->act)
		step->act(&bus);
	for (i = 0; i < POLLS; i++)
		bus_poll(&bus);
	_exit(0);
}

/* Whether it lived to the end. */
static bool give_life(const struct step *step, bool from_birth, unsigned int last)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		live(step, from_birth, last);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	keeper_collect();
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return false;
	assert_int_equal(status, 0);
	return true;
}

/* ---- what it leaves -------------------------------------------------------------- */
/* The state is large and mostly nothing: pages that the file does not have stay so. */
static void each_extent(uint8_t *to, const uint8_t *from)
{
	int fd = keeper_look(KEEP_PREFIX "state");
	off_t start = 0, end = 0;

	while ((start = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, start, SEEK_HOLE);
		memcpy(to + start, from + start, (size_t)(end - start));
	}
}

static void save(struct image *image)
{
	memcpy(image->memory, memory, layout.bar2_bytes);
	each_extent(image->state, state);
}

static void restore(const struct image *image)
{
	uint64_t count;

	memcpy(memory, image->memory, layout.bar2_bytes);
	each_extent(state, image->state);
	while (read(keeper_look(KEEP_PREFIX "vector"), &count, sizeof(count)) > 0)
		;
}

/* ---- the guest ------------------------------------------------------------------- */
void *death_area(unsigned int area)
{
	return memory + layout.area[area].offset;
}

uint32_t death_instance(unsigned int row)
{
	const struct pvpci_function *table = death_area(PVPCI_AREA_FUNCTIONS);

	return le32toh(table[row].instance);
}

const union slot *death_last_heard(void)
{
	const struct pvpci_ring *ring = death_area(PVPCI_AREA_RING_TO_GUEST);
	uint32_t last = (shm_load32(&ring->producer) - 1) % layout.want.ring_slots;

	return (const union slot *)((const uint8_t *)ring + PVPCI_PAGE_BYTES) + last;
}

static void ask(const struct step *step)
{
	static uint32_t id = 1000;
	struct pvpci_ring *ring = death_area(PVPCI_AREA_RING_TO_HOST);
	struct pvpci_ring_end end;
	union slot slot = { 0 };

	if (!step->type)
		return;
	if (step->fill)
		step->fill(&slot);
	slot.msg.type = htole16(step->type);
	slot.msg.bytes = htole16(step->bytes);
	slot.msg.id = htole32(id++);
	pvpci_ring_open(&end, ring, layout.want.ring_slots, shm_load32(&ring->producer));
	assert_int_equal(pvpci_ring_send(&end, &slot, sizeof(slot)), 0);
}

static bool rang(void)
{
	uint64_t count = 0;

	return read(keeper_look(KEEP_PREFIX "vector"), &count, sizeof(count)) > 0 && count;
}

static bool same(struct image *expected)
{
	return view_heard_same(&layout, memory, expected->memory) &&
	       view_differs(&layout, memory, expected->memory) < 0;
}

/* ---- a step, and all of its deaths -------------------------------------------------- */
/* Both sides are the other way round when it was done twice: see the message. */
static bool probed_same(const struct image *expected)
{
	__le64 *at = (__le64 *)((uint8_t *)death_area(PVPCI_AREA_APERTURE) + PROBED);
	static union slot heard[VIEW_MESSAGES];
	unsigned int count = view_hear(&layout, memory, heard);
	uint64_t written = ~shm_load64((__le64 *)(expected->memory + ((uint8_t *)at - memory)));
	uint64_t found = le64toh(heard[0].probe.value);

	return count == 1 && (found == written || found == ~written) && shm_load64(at) == ~found;
}

static const struct step nothing = { .name = "nothing" };

/* It is done, nobody has died. */
static void check_reply(const struct step *step)
{
	static union slot heard[VIEW_MESSAGES];
	unsigned int i, count = view_hear(&layout, memory, heard);

	if (!step->type)
		return;
	for (i = 0; i < count; i++)
		if (heard[i].msg.id)
			assert_int_equal(le32toh(heard[i].msg.status), PVPCI_STATUS_OK);
	assert_true(count > 0);
	assert_true(rang());
}

static void die(const struct step *step, bool from_birth, unsigned int last)
{
	bool lived;

	restore(&before);
	lived = give_life(step, from_birth, last);
	assert_true(!lived || last > *stores);
	assert_true(give_life(&nothing, false, NEVER));
	if (same(&after) || (step->act && same(&idle)) ||
	    (step->type == PVPCI_MSG_APERTURE_PROBE && probed_same(&after)))
		return;
	if (!view_heard_same(&layout, memory, after.memory))
		fail_msg("%s: died before store %u: the guest hears something else", step->name,
			 last);
	fail_msg("%s: died before store %u: the guest sees something else at %#lx", step->name,
		 last, view_differs(&layout, memory, after.memory));
}

/* What becomes of it when nobody dies: in the life in which it is done, and in the next. */
static unsigned int undisturbed(const struct step *step, bool from_birth, struct image *image)
{
	unsigned int count;

	restore(&before);
	assert_true(give_life(step, from_birth, NEVER));
	count = *stores;
	if (!step->act && step != &nothing)
		check_reply(step);
	assert_true(give_life(&nothing, false, NEVER));
	save(image);
	return count;
}

static void die_everywhere(const struct step *step, bool from_birth)
{
	unsigned int count, stride, last, first;

	save(&before);
	undisturbed(&nothing, false, &idle);
	count = undisturbed(step, from_birth, &after);
	assert_true(count < MOST_STORES);
	stride = stores_stride(STRIDE, &first);
	for (last = first; last <= count; last += stride)
		die(step, from_birth, last);
	print_message("%s: %u stores, one in %u from %u\n", step->name, count, stride, first);
	restore(&after);
	if (step->check)
		step->check();
}

/* The guest has taken what was said. */
static void take_all(void)
{
	struct pvpci_ring *ring = death_area(PVPCI_AREA_RING_TO_GUEST);

	shm_store32(&ring->consumer, shm_load32(&ring->producer));
}

static void run(const struct step *steps, size_t count, bool from_birth)
{
	size_t i;

	for (i = 0; i < count; i++) {
		take_all();
		ask(&steps[i]);
		die_everywhere(&steps[i], from_birth);
	}
}

/* ---- tests ----------------------------------------------------------------------- */
static uint8_t *room(size_t bytes)
{
	uint8_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(at != MAP_FAILED);
	return at;
}

static void make_room(struct image *image)
{
	image->memory = room(layout.bar2_bytes);
	image->state = room(state_bytes);
}

static void connect_guest(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	keep_put(GUEST_KEEP_NAME, fd);
	close(fd);
	keeper_collect();
}

/* Where things lie is the daemon's choice, which the header tells. */
static void look(void)
{
	struct pvpci_header *header;
	unsigned int i;

	state_bytes = (size_t)lseek(keeper_look(KEEP_PREFIX "state"), 0, SEEK_END);
	layout.bar2_bytes = (uint64_t)lseek(keeper_look(KEEP_PREFIX "bar2"), 0, SEEK_END);
	memory = stores_map(keeper_look(KEEP_PREFIX "bar2"), layout.bar2_bytes);
	state = stores_map(keeper_look(KEEP_PREFIX "state"), state_bytes);
	assert_true(memory != MAP_FAILED && state != MAP_FAILED);
	header = (struct pvpci_header *)memory;
	layout.want.rows = le32toh(header->nr_functions);
	layout.want.ring_slots = le32toh(header->ring_slots);
	for (i = 0; i < PVPCI_AREA_COUNT; i++) {
		layout.area[i].offset = le64toh(header->area[i].offset);
		layout.area[i].bytes = le64toh(header->area[i].bytes);
	}
	make_room(&before);
	make_room(&after);
	make_room(&idle);
}

/* A bus that nobody has asked for anything, after a first life that ends before @last. */
static void begin(unsigned int last)
{
	keeper_open();
	give_life(&nothing, true, last);
	connect_guest();
	if (last)
		assert_true(give_life(&nothing, true, NEVER));
	look();
}

static int start(void **unused)
{
	(void)unused;
	if (stores_possible())
		begin(NEVER);
	return 0;
}

static int end(void **unused)
{
	struct image *images[] = { &before, &after, &idle };
	unsigned int i;

	(void)unused;
	if (!stores_possible())
		return 0;
	for (i = 0; i < 3; i++) {
		munmap(images[i]->memory, layout.bar2_bytes);
		munmap(images[i]->state, state_bytes);
	}
	munmap(memory, layout.bar2_bytes);
	munmap(state, state_bytes);
	keeper_close();
	return 0;
}

/* While it does what it is asked for. */
static void at_work(void **unused)
{
	(void)unused;
	if (!stores_possible())
		skip();
	run(death_script, death_steps, false);
}

/* While it goes on where another one was, which had been asked for the same. */
static void at_birth(void **unused)
{
	(void)unused;
	if (!stores_possible())
		skip();
	run(death_script, death_steps, true);
}

/* The very first one: the next begins anew, or goes on; both serve. */
static void at_first(void **unused)
{
	unsigned int last, i, count = 0, first, stride = stores_stride(STRIDE, &first);

	(void)unused;
	if (!stores_possible())
		skip();
	for (last = 0; !last || last <= count; last += last ? stride : first) {
		end(NULL);
		begin(last);
		if (!last)
			count = *stores;
		for (i = 0; i < 2; i++) {
			take_all();
			ask(&death_script[i]);
			assert_true(give_life(&nothing, false, NEVER));
			check_reply(&death_script[i]);
		}
		assert_true(death_instance(0) && death_instance(1) && !death_instance(2));
	}
	print_message("first life: %u stores, one in %u from %u\n", count, stride, first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(at_work), TEST(at_birth), TEST(at_first),
	};
	struct error err;
	int ret;

	stores = mmap(NULL, sizeof(*stores), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	/* One of them: for whoever looks for a fault. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	log_setup(LOG_LEVEL_ERROR - 1);
	conf_init(&conf);
	if (stores == MAP_FAILED || conf_parse(&conf, "unit.json", BUS, &err) ||
	    conf_check(&conf, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ret = cmocka_run_group_tests_name("death", tests, NULL, NULL);
	conf_free(&conf);
	return ret;
}
