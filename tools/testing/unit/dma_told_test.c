// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM of which the guest tells: this process is its QEMU, with memory in many files.
 */
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "io/dma_told.h"
#include "unit.h"

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define NODES	3

static struct dma dma;
static struct error err;

/**
 * struct backend - a file of memory, as QEMU has it
 * @fd: of it
 * @address: guest-physical
 * @bytes: length
 * @at: where we have it mapped
 */
struct backend {
	int fd;
	uint64_t address;
	uint64_t bytes;
	uint8_t *at;
};

static void backend_open(struct backend *backend, const char *name, uint64_t address,
			 uint64_t bytes)
{
	backend->fd = memfd_create(name, MFD_CLOEXEC);
	assert_int_equal(ftruncate(backend->fd, (off_t)bytes), 0);
	backend->at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, backend->fd, 0);
	assert_ptr_not_equal(backend->at, MAP_FAILED);
	backend->address = address;
	backend->bytes = bytes;
}

static void backend_close(struct backend *backend)
{
	munmap(backend->at, backend->bytes);
	close(backend->fd);
}

/* Three nodes, of sizes that are not a multiple of much, one after the other. */
static void nodes_open(struct backend *node)
{
	static const uint64_t mib[NODES] = { 481, 482, 7 };
	uint64_t address = 0;
	unsigned int i;

	for (i = 0; i < NODES; i++) {
		backend_open(&node[i], "node", address, mib[i] * MIB);
		address += mib[i] * MIB;
	}
}

static void nodes_close(struct backend *node)
{
	unsigned int i;

	for (i = 0; i < NODES; i++)
		backend_close(&node[i]);
	dma_unmap(&dma);
	assert_int_equal(dma.files, 0);
}

static const uint8_t mark[33] = "0123456789abcdef0123456789abcdef";

/* The mark stands at @into of @backend while @range is asked for. */
static int tell(struct backend *backend, uint64_t into, struct dma_range *range)
{
	int ret;

	memcpy(backend->at + into, mark, 32);
	ret = dma_tell_marked(&dma, getpid(), range, backend->address + into, mark, &err);
	memset(backend->at + into, 0, 32);
	return ret;
}

static void assert_range(const struct dma_range *range, uint64_t address, uint64_t bytes)
{
	assert_int_equal(range->address, address);
	assert_int_equal(range->bytes, bytes);
}

/* Both ends see the same byte there. */
static void assert_same(struct backend *backend, uint64_t into)
{
	uint8_t *host = dma_at(&dma, backend->address + into, 1);

	assert_non_null(host);
	backend->at[into] = 0x5a;
	assert_int_equal(*host, 0x5a);
	*host = 0;
	assert_int_equal(backend->at[into], 0);
}

/* Each file is found, never by its size, and what lies before and behind it is left out. */
static void test_nodes(void **state)
{
	struct dma_range range = { MIB, 969 * MIB };
	struct backend node[NODES];

	(void)state;
	nodes_open(node);
	assert_int_equal(tell(&node[1], 5 * MIB + 4096, &range), 1);
	assert_range(&range, 481 * MIB, 482 * MIB);
	assert_null(dma_at(&dma, 481 * MIB - 1, 1));
	assert_null(dma_at(&dma, 963 * MIB, 1));
	assert_same(&node[1], 0);
	assert_same(&node[1], 482 * MIB - 1);
	range = (struct dma_range){ MIB, 480 * MIB };
	assert_int_equal(tell(&node[0], 300 * MIB, &range), 1);
	assert_range(&range, MIB, 480 * MIB);
	assert_null(dma_at(&dma, MIB - 1, 1));
	assert_same(&node[0], MIB);
	range = (struct dma_range){ 963 * MIB, 7 * MIB };
	assert_int_equal(tell(&node[2], 7 * MIB - 4096, &range), 1);
	assert_same(&node[2], 7 * MIB - 1);
	/* Nobody has it, or it is where nobody looks. */
	range = (struct dma_range){ 0, 970 * MIB };
	assert_int_equal(dma_tell_marked(&dma, getpid(), &range, MIB, mark, &err), 0);
	assert_int_equal(tell(&node[0], MIB + 64, &range), 1);
	memcpy(node[0].at + MIB + 4096, mark, 32);
	assert_int_equal(dma_tell_marked(&dma, getpid(), &range, MIB, mark, &err), 0);
	assert_int_equal(dma_tell_marked(&dma, 0, &range, MIB, mark, &err), -1);
	nodes_close(node);
}

/* One file below and above 4 GiB; small ranges beside what is known. */
static void test_split(void **state)
{
	struct backend ram, high;
	struct dma_range range;

	(void)state;
	backend_open(&ram, "ram", 0, 3 * GIB);
	high = ram;
	high.address = 2 * GIB;
	range = (struct dma_range){ MIB, 2 * GIB - MIB };
	assert_int_equal(tell(&ram, 77 * MIB, &range), 1);
	range = (struct dma_range){ 4 * GIB, GIB };
	assert_int_equal(tell(&high, 2 * GIB + 4096, &range), 1);
	assert_range(&range, 4 * GIB, GIB);
	assert_same(&high, 3 * GIB - 1);
	range = (struct dma_range){ 4096, 0x9e000 };
	assert_int_equal(dma_tell_alike(&dma, &range, &err), 1);
	assert_range(&range, 4096, 0x9e000);
	assert_same(&ram, 4096);
	/* Beyond the file; nothing is where nothing was told. */
	range = (struct dma_range){ 5 * GIB - MIB, 2 * MIB };
	assert_int_equal(dma_tell_alike(&dma, &range, &err), 1);
	assert_range(&range, 5 * GIB - MIB, MIB);
	range = (struct dma_range){ 5 * GIB, MIB };
	assert_int_equal(dma_tell_alike(&dma, &range, &err), 0);
	assert_null(dma_at(&dma, 3 * GIB, 1));
	assert_null(dma_at(&dma, 0x9f000, 1));
	backend_close(&ram);
	dma_unmap(&dma);
	assert_int_equal(dma_tell_alike(&dma, &range, &err), 0);
}

static unsigned int mapped(const char *name)
{
	unsigned int count = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps))
		count += !!strstr(line, name);
	fclose(maps);
	return count;
}

/* A module of memory that goes is let go, and one that comes in its place is the one. */
static void test_replaced(void **state)
{
	struct backend first, second, third;
	struct dma_range range = { 4 * GIB, 128 * MIB };
	uint8_t *stale;

	(void)state;
	backend_open(&first, "first", 4 * GIB, 128 * MIB);
	assert_int_equal(tell(&first, 0, &range), 1);
	assert_same(&first, MIB);
	stale = dma_at(&dma, 4 * GIB + MIB, 1);
	assert_int_equal(mapped("memfd:first"), 2);
	range = (struct dma_range){ 0, UINT64_MAX };
	assert_int_equal(dma_tell_gone(&dma, &range, &err), 0);
	assert_null(dma_at(&dma, 4 * GIB + MIB, 1));
	assert_int_equal(mapped("memfd:first"), 1);
	/* Whoever is still at work there harms nobody. */
	*stale = 1;
	assert_int_equal(first.at[MIB], 0);
	backend_close(&first);

	backend_open(&second, "second", 4 * GIB, 128 * MIB);
	range = (struct dma_range){ 4 * GIB, 128 * MIB };
	assert_int_equal(tell(&second, 0, &range), 1);
	assert_same(&second, 128 * MIB - 1);
	assert_int_equal(dma.files, 1);
	/* Not told that it has gone: what is found last is right. */
	backend_open(&third, "third", 4 * GIB + 64 * MIB, 32 * MIB);
	range = (struct dma_range){ 4 * GIB + 64 * MIB, 64 * MIB };
	assert_int_equal(tell(&third, 0, &range), 1);
	assert_range(&range, 4 * GIB + 64 * MIB, 32 * MIB);
	assert_same(&third, 0);
	assert_same(&second, 64 * MIB - 1);
	assert_same(&second, 96 * MIB);
	backend_close(&second);
	backend_close(&third);
	dma_unmap(&dma);
}

/* Blocks of one file become one piece; a guest that asks for more than there may be is told. */
static void test_pieces(void **state)
{
	struct dma_range range;
	struct backend ram;
	unsigned int i;
	int ret = 0;

	(void)state;
	backend_open(&ram, "ram", 4 * GIB, 1024 * MIB);
	for (i = 0; i < 8; i++) {
		range = (struct dma_range){ 4 * GIB + (i ^ 1) * 128 * MIB, 128 * MIB };
		assert_int_equal(tell(&ram, (i ^ 1) * 128 * MIB, &range), 1);
	}
	assert_int_equal(dma.count, 1);
	assert_non_null(dma_at(&dma, 4 * GIB, 1024 * MIB));
	for (i = 0; i < 200 && !ret; i++) {
		range = (struct dma_range){ 4 * GIB + i * 4 * MIB + MIB, MIB };
		ret = dma_tell_gone(&dma, &range, &err);
	}
	assert_int_equal(ret, -1);
	assert_int_equal(i, DMA_MAX_PIECES);
	assert_string_equal(err.text, "guest memory lies in more than 128 pieces");
	/* Nothing has changed. */
	assert_non_null(dma_at(&dma, 4 * GIB + (i - 1) * 4 * MIB, 4 * MIB));
	backend_close(&ram);
	dma_unmap(&dma);
}

/* A file that may not be opened is the reason when no other has the mark. */
static void test_shut(void **state)
{
	struct dma_range range = { 0, MIB };
	int flags = FS_IMMUTABLE_FL;
	char path[] = "/tmp/pvpci-ram-XXXXXX";
	struct backend ram = { .bytes = MIB, .fd = mkstemp(path) }, other;

	(void)state;
	assert_int_equal(ftruncate(ram.fd, (off_t)MIB), 0);
	ram.at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, ram.fd, 0);
	assert_ptr_not_equal(ram.at, MAP_FAILED);
	unlink(path);
	if (ioctl(ram.fd, FS_IOC_SETFLAGS, &flags)) {
		backend_close(&ram);
		skip();
	}
	assert_int_equal(dma_tell_marked(&dma, getpid(), &range, 4096, mark, &err), -1);
	assert_non_null(strstr(err.text, "cannot open guest memory /proc/"));
	backend_open(&other, "other", 0, MIB);
	assert_int_equal(tell(&other, 4096, &range), 1);
	flags = 0;
	assert_int_equal(ioctl(ram.fd, FS_IOC_SETFLAGS, &flags), 0);
	backend_close(&ram);
	backend_close(&other);
	dma_unmap(&dma);
}

/* Another process knows the same, or that it cannot. */
static void test_views(void **state)
{
	struct dma_range range = { 0, 970 * MIB };
	struct backend node[NODES];
	struct dma_view views[NODES];
	unsigned int i;

	(void)state;
	nodes_open(node);
	for (i = 0; i < NODES; i++) {
		/* Mappings go downwards: side by side, in the order of addresses. */
		range = (struct dma_range){ 0, 970 * MIB };
		assert_int_equal(tell(&node[NODES - 1 - i], MIB, &range), 1);
	}
	assert_int_equal(dma.count, NODES);
	dma_views_get(&dma, views);
	dma_unmap(&dma);
	assert_int_equal(dma_views_set(&dma, views, NODES, getpid(), &err), 0);
	for (i = 0; i < NODES; i++)
		assert_same(&node[i], node[i].bytes - 1);
	dma_unmap(&dma);
	views[1].range.bytes = 483 * MIB;
	assert_int_equal(dma_views_set(&dma, views, NODES, getpid(), &err), -1);
	assert_string_equal(err.text,
			    "guest memory at 0x1e100000 is not in the same file any more");
	assert_int_equal(dma.count + dma.files, 0);
	views[0].range.bytes = 0;
	assert_int_equal(dma_views_set(&dma, views, NODES, getpid(), &err), -1);
	assert_int_equal(dma_views_set(&dma, views, 0, getpid(), &err), 0);
	nodes_close(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes), cmocka_unit_test(test_split),
		cmocka_unit_test(test_replaced), cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_shut), cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests_name("dma_told", tests, NULL, NULL);
}
