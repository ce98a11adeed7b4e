// SPDX-License-Identifier: GPL-2.0
/*
 * What the bus does for a model at work: BARs, guest RAM, configuration
 * space, descriptors to sleep on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus/aperture.h"
#include "sim.h"
#include "unit.h"

#define ONE	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msix\": 4, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}]"
#define RAM		0x40000000ULL
#define RAM_BYTES	65536
#define ON		(CFGSPACE_COMMAND_MEMORY | CFGSPACE_COMMAND_MASTER)

static struct sim sim;
static struct function *fn;
static char path[32];
static int watched[8];
static unsigned int nr_watched;

static int watch(void *context, int fd)
{
	(void)context;
	watched[nr_watched++] = fd;
	return 0;
}

static void forget(void *context, int fd)
{
	unsigned int i;

	(void)context;
	for (i = 0; i < nr_watched; i++) {
		if (watched[i] == fd) {
			watched[i] = watched[--nr_watched];
			return;
		}
	}
	fail_msg("%d is not watched", fd);
}

static int start(void **state)
{
	char memory[128];
	int ret, fd;

	(void)state;
	strcpy(path, "/tmp/pvpci-ram-XXXXXX");
	fd = mkstemp(path);
	snprintf(memory, sizeof(memory), "\"memory\": {\"file\": \"%s\", \"machine\": \"virt\"},",
		 path);
	ret = fd < 0 || ftruncate(fd, RAM_BYTES) || pwrite(fd, "8 bytes!", 8, 4096) != 8 ||
	      sim_open(&sim, ONE, memory) || sim_up(&sim);
	if (fd >= 0)
		close(fd);
	fn = sim.bus.row[0];
	nr_watched = 0;
	sim.bus.watch.add = watch;
	sim.bus.watch.remove = forget;
	return ret ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	unlink(path);
	return 0;
}

static void test_bar(void **state)
{
	(void)state;
	assert_null(function_bar(fn, 0, 0, 1));
	assert_int_equal(sim_commit(&sim, 0, ON, 65536), 0);
	assert_ptr_equal(function_bar(fn, 0, 0, 16384), bus_aperture(&sim.bus, 65536));
	assert_ptr_equal(function_bar(fn, 0, 16383, 1), bus_aperture(&sim.bus, 65536 + 16383));
	assert_null(function_bar(fn, 0, 0, 16385));
	assert_null(function_bar(fn, 0, 16383, 2));
	assert_null(function_bar(fn, 0, 16385, 0));
	assert_null(function_bar(fn, 0, ~0ULL, 2));
	assert_null(function_bar(fn, 1, 0, 1));
	assert_null(function_bar(fn, PVPCI_NUM_BARS, 0, 1));
	assert_int_equal(sim_commit(&sim, 0, 0, 65536), 0);
	assert_null(function_bar(fn, 0, 0, 1));
}

/* Guest RAM is there while the function decodes and is a bus master. */
static void test_dma(void **state)
{
	(void)state;
	assert_null(function_dma(fn, RAM, 8));
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MEMORY, 0), 0);
	assert_null(function_dma(fn, RAM, 8));
	assert_int_equal(sim_commit(&sim, 0, 0, 0), 0);
	assert_int_equal(sim_commit(&sim, 0, ON, 0), 0);
	assert_memory_equal(function_dma(fn, RAM + 4096, 8), "8 bytes!", 8);
	assert_non_null(function_dma(fn, RAM, RAM_BYTES));
	assert_null(function_dma(fn, RAM, RAM_BYTES + 1));
	assert_null(function_dma(fn, RAM, 0));
	assert_null(function_dma(fn, RAM - 1, 1));
	assert_int_equal(sim.bus.stats.dma_refused, 5);
	assert_int_equal(sim_commit(&sim, 0, CFGSPACE_COMMAND_MASTER, 0), 0);
	assert_null(function_dma(fn, RAM, 8));
}

static int probe(uint64_t address, void *value)
{
	union {
		struct pvpci_msg_dma_probe probe;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = { .probe.address = htole64(address) };
	int status = sim_ask(&sim, &slot, PVPCI_MSG_DMA_PROBE, sizeof(slot.probe));

	memcpy(value, &slot.probe.value, 8);
	return status;
}

/* The guest asks what we see at an address: 8 bytes of RAM, or nothing. */
static void test_probe(void **state)
{
	static const uint8_t none[8];
	uint8_t value[8];

	(void)state;
	assert_int_equal(probe(RAM + 4096, value), 0);
	assert_memory_equal(value, "8 bytes!", 8);
	assert_int_equal(probe(RAM + RAM_BYTES - 8, value), 0);
	assert_int_equal(probe(RAM + 4097, value), PVPCI_STATUS_RANGE);
	assert_memory_equal(value, none, 8);
	assert_int_equal(probe(RAM + RAM_BYTES, value), PVPCI_STATUS_RANGE);
	assert_int_equal(probe(RAM - 8, value), PVPCI_STATUS_RANGE);
	assert_int_equal(probe(~7ULL, value), PVPCI_STATUS_RANGE);
	/* Not mapped now, and the file has gone. */
	dma_unmap(&sim.bus.dma);
	unlink(path);
	assert_int_equal(probe(RAM, value), PVPCI_STATUS_IO);
}

#define NODE		0x100000000ULL
#define NODE_BYTES	(3ULL << 20)

/* As the guest asks; @range: start and length, and what the answer makes of them. */
static int tell(uint32_t what, uint64_t *range, uint64_t at, const char *mark)
{
	union {
		struct pvpci_msg_memory memory;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = {
		.memory.what = htole32(what), .memory.at = htole64(at),
		.memory.address = htole64(range[0]), .memory.bytes = htole64(range[1]),
	};
	static const uint8_t none[PVPCI_MARK_BYTES];
	int status;

	memcpy(slot.memory.mark, mark, PVPCI_MARK_BYTES);
	status = sim_ask(&sim, &slot, PVPCI_MSG_MEMORY, sizeof(slot.memory));
	range[0] = le64toh(slot.memory.address);
	range[1] = le64toh(slot.memory.bytes);
	if (!status)
		assert_memory_equal(slot.memory.mark, none, PVPCI_MARK_BYTES);
	return status;
}

#define TELL(what, start, bytes, at)	tell(what, (uint64_t[]){ start, bytes }, at, mark)

/* The guest tells where its memory is: found by its mark, refused unless it makes sense. */
static void test_memory(void **state)
{
	static const char mark[PVPCI_MARK_BYTES + 1] = "nobody can guess what stands here";
	uint64_t range[2] = { NODE, 64ULL << 20 };
	int file = memfd_create("node1", MFD_CLOEXEC);
	union {
		struct pvpci_msg_d0_entry d0_entry;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} entry = { 0 };
	uint8_t *node;

	(void)state;
	assert_int_equal(ftruncate(file, (off_t)NODE_BYTES), 0);
	node = mmap(NULL, NODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	assert_ptr_not_equal(node, MAP_FAILED);
	assert_int_equal(sim_commit(&sim, 0, ON, 0), 0);
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE, 4096, NODE), PVPCI_STATUS_UNKNOWN);
	sim.bus.host.in_force |= PVPCI_F_MEMORY;
	sim.bus.peer = getpid();
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE, 4096, NODE), PVPCI_STATUS_RANGE);
	assert_null(function_dma(fn, NODE + 4096, 8));
	memcpy(node + 4096, mark, PVPCI_MARK_BYTES);
	assert_int_equal(tell(PVPCI_MEMORY_MARKED, range, NODE + 4096, mark), 0);
	assert_int_equal(range[0], NODE);
	assert_int_equal(range[1], NODE_BYTES);
	assert_memory_equal(function_dma(fn, NODE + 4096, 8), mark, 8);
	assert_non_null(function_dma(fn, NODE, NODE_BYTES));
	assert_null(function_dma(fn, NODE, NODE_BYTES + 1));
	/* Where the mark is not, in no range, of no kind. */
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE, 8192, NODE + 4064), PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE, 4127, NODE + 4096), PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE + 8192, 4096, NODE + 4096),
			 PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_MARKED, NODE, 0, NODE), PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_GONE, 2, UINT64_MAX, 0), PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_COUNT, NODE, 4096, NODE), PVPCI_STATUS_RANGE);
	assert_int_equal(TELL(PVPCI_MEMORY_ALIKE, NODE + NODE_BYTES, 4096, 0),
			 PVPCI_STATUS_RANGE);
	/* It holds over a power-down; the host who follows is told what is not true any more. */
	entry.d0_entry.nr_vectors = htole32(1);
	assert_int_equal(sim_ask(&sim, &entry, PVPCI_MSG_D0_ENTRY, sizeof(entry.d0_entry)), 0);
	assert_int_equal(sim_commit(&sim, 0, ON, 0), 0);
	assert_non_null(function_dma(fn, NODE, 8));
	assert_int_equal(TELL(PVPCI_MEMORY_GONE, NODE, 4096, 0), 0);
	assert_null(function_dma(fn, NODE, 8));
	assert_non_null(function_dma(fn, NODE + 4096, 8));
	assert_int_equal(TELL(PVPCI_MEMORY_GONE, 0, UINT64_MAX, 0), 0);
	assert_null(function_dma(fn, NODE + 4096, 8));
	munmap(node, NODE_BYTES);
	close(file);
}

static int probe_aperture(uint64_t offset, uint64_t *value)
{
	union {
		struct pvpci_msg_aperture_probe probe;
		uint8_t bytes[PVPCI_SLOT_BYTES];
	} slot = { .probe.offset = htole64(offset) };
	int status = sim_ask(&sim, &slot, PVPCI_MSG_APERTURE_PROBE, sizeof(slot.probe));

	*value = le64toh(slot.probe.value);
	return status;
}

/* The guest asks what we see in the aperture, and what it sees of us. */
static void test_aperture_probe(void **state)
{
	uint64_t bytes = sim.bus.layout.want.aperture_bytes, value;
	__le64 *at = (__le64 *)bus_aperture(&sim.bus, 4096);

	(void)state;
	*at = htole64(0x123456789abcdef0ULL);
	assert_int_equal(probe_aperture(4096, &value), PVPCI_STATUS_UNKNOWN);
	sim.bus.host.in_force |= PVPCI_F_APERTURE_PROBE;
	assert_int_equal(probe_aperture(4096, &value), 0);
	assert_int_equal(value, 0x123456789abcdef0ULL);
	assert_int_equal(le64toh(*at), ~0x123456789abcdef0ULL);
	assert_int_equal(probe_aperture(bytes - 8, &value), 0);
	assert_int_equal(probe_aperture(4097, &value), PVPCI_STATUS_RANGE);
	assert_int_equal(probe_aperture(bytes, &value), PVPCI_STATUS_RANGE);
	assert_int_equal(probe_aperture(~7ULL, &value), PVPCI_STATUS_RANGE);
	/* Registers of a function are its own. */
	assert_int_equal(sim_commit(&sim, 0, ON, 0), 0);
	assert_int_equal(probe_aperture(8, &value), PVPCI_STATUS_STATE);
	assert_int_equal(value, 0);
}

/* Where nothing decodes: from the top of the aperture, below what decodes there. */
static void test_aperture_unused(void **state)
{
	uint64_t bytes = sim.bus.layout.want.aperture_bytes;
	const struct bar *bar = &sim.bus.row[0]->bar[0];

	(void)state;
	assert_int_equal(aperture_unused_page(&sim.bus), bytes - PVPCI_PAGE_BYTES);
	assert_int_equal(sim_commit(&sim, 0, ON, bytes - bar->bytes), 0);
	assert_int_equal(aperture_unused_page(&sim.bus), bytes - bar->bytes - PVPCI_PAGE_BYTES);
	assert_ptr_equal(aperture_decoding(&sim.bus, bytes - 1, 1), bar);
	assert_null(aperture_decoding(&sim.bus, bytes - bar->bytes - 8, 8));
}

/* Bits that are not the guest's read as the host gave them. */
static void test_config(void **state)
{
	(void)state;
	memset(sim_config(&sim, 0), 0xff, PVPCI_PAGE_BYTES);
	assert_int_equal(function_config16(fn, CFGSPACE_MSIX_CONTROL), 0xc003);
	assert_int_equal(function_config16(fn, CFGSPACE_COMMAND), 0x0546);
	assert_int_equal(function_config32(fn, CFGSPACE_PCIE + 4), 0x10008020);
	assert_int_equal(function_config32(fn, CFGSPACE_MSIX + 4), 0x800);
	memset(sim_config(&sim, 0), 0, PVPCI_PAGE_BYTES);
	assert_int_equal(function_config16(fn, CFGSPACE_MSIX_CONTROL), 3);
	assert_int_equal(function_config32(fn, CFGSPACE_PCIE + 4), 0x10008020);
}

static void test_watch(void **state)
{
	(void)state;
	assert_int_equal(function_watch(fn, 100), 0);
	assert_int_equal(function_watch(fn, 101), 0);
	assert_int_equal(function_watch(fn, 102), 0);
	function_unwatch(fn, 101);
	function_unwatch(fn, 99);
	assert_int_equal(nr_watched, 2);
	assert_int_equal(watched[0] + watched[1], 100 + 102);
	/* The rest goes with the function. */
	bus_remove(&sim.bus, fn);
	assert_int_equal(nr_watched, 0);
}

/* QEMU holds these too: whatever it reads or writes, we never wait. */
static void test_descriptors(void **state)
{
	unsigned int i;

	(void)state;
	assert_true(fcntl(sim.bus.vectors.doorbell, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(sim.bus.vectors.doorbell, F_GETFD) & FD_CLOEXEC);
	for (i = 0; i < sim.bus.vectors.count; i++) {
		assert_true(fcntl(sim.bus.vectors.fd[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(sim.bus.vectors.fd[i], F_GETFD) & FD_CLOEXEC);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bar), TEST(test_dma), TEST(test_probe),
		TEST(test_memory), TEST(test_aperture_probe), TEST(test_aperture_unused),
		TEST(test_config), TEST(test_watch), TEST(test_descriptors),
	};

	log_setup(LOG_LEVEL_ERROR - 1);
	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
