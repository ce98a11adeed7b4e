// SPDX-License-Identifier: GPL-2.0
/*
 * The choke point: nothing but RAM, and all of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/dma.h"
#include "base/error.h"
#include "unit.h"

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

static void check_pieces(enum dma_machine machine, uint64_t bytes, unsigned int count,
			 uint64_t address, uint64_t offset)
{
	struct dma_segment pieces[DMA_MAX_SEGMENTS];

	assert_int_equal(dma_layout(machine, bytes, pieces), count);
	assert_int_equal(pieces[count - 1].address, address);
	assert_int_equal(pieces[count - 1].offset, offset);
	assert_int_equal(pieces[count - 1].offset + pieces[count - 1].bytes, bytes);
}

static void test_presets(void **state)
{
	(void)state;
	check_pieces(DMA_MACHINE_Q35, 256 * MIB, 2, MIB, MIB);
	check_pieces(DMA_MACHINE_Q35, 0xb0000000ULL - MIB, 2, MIB, MIB);
	check_pieces(DMA_MACHINE_Q35, 0xb0000000ULL, 3, 4 * GIB, 0x80000000ULL);
	check_pieces(DMA_MACHINE_Q35, 16 * GIB, 3, 4 * GIB, 0x80000000ULL);
	check_pieces(DMA_MACHINE_PC, 0xe0000000ULL - MIB, 2, MIB, MIB);
	check_pieces(DMA_MACHINE_PC, 0xe0000000ULL, 3, 4 * GIB, 0xc0000000ULL);
	check_pieces(DMA_MACHINE_VIRT, 8 * GIB, 1, 0x40000000ULL, 0);
	check_pieces(DMA_MACHINE_Q35, 0x80000, 1, 0, 0);
	assert_int_equal(dma_machine_parse("q35"), DMA_MACHINE_Q35);
	assert_int_equal(dma_machine_parse("microvm"), DMA_MACHINE_NONE);
	assert_int_equal(dma_machine_parse(""), DMA_MACHINE_NONE);
}

static int ram_file(char *path, uint64_t bytes)
{
	int fd;

	strcpy(path, "/tmp/pvpci-dma-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}

static void test_machine(void **state)
{
	struct dma_conf conf = { .machine = DMA_MACHINE_Q35 };
	uint64_t bytes = 0xb0000000ULL;
	struct dma dma = { 0 };
	struct error err;
	char path[32];
	void *host;
	int fd;

	(void)state;
	fd = ram_file(path, bytes);
	assert_int_equal(pwrite(fd, "high", 4, 0x80000000LL), 4);
	conf.file = strdup(path);
	assert_int_equal(dma_map(&dma, &conf, 0, &err), 0);
	assert_memory_equal(dma_at(&dma, 4 * GIB, 4), "high", 4);
	assert_non_null(dma_at(&dma, 0, 0xa0000));
	assert_null(dma_at(&dma, 0, 0xa0001));
	assert_null(dma_at(&dma, 0xa0000, 1));
	assert_null(dma_at(&dma, 0xfffff, 1));
	assert_non_null(dma_at(&dma, MIB, 0x80000000ULL - MIB));
	assert_null(dma_at(&dma, 0x7fffffffULL, 2));
	assert_null(dma_at(&dma, 0x80000000ULL, 1));
	assert_null(dma_at(&dma, 4 * GIB - 1, 1));
	assert_non_null(dma_at(&dma, 4 * GIB, 0x30000000));
	assert_null(dma_at(&dma, 4 * GIB, 0x30000001));
	assert_null(dma_at(&dma, 4 * GIB + 0x30000000ULL, 1));
	assert_null(dma_at(&dma, ~0ULL, 2));
	assert_null(dma_at(&dma, ~0ULL, 1));
	assert_null(dma_at(&dma, MIB, ~0ULL));
	/* Not here, and not in our address space either. */
	host = dma_at(&dma, MIB, 1);
	dma_unmap(&dma);
	assert_null(dma_at(&dma, MIB, 1));
	assert_int_equal(msync(host, 4096, MS_ASYNC), -1);
	dma_conf_free(&conf);
	close(fd);
	unlink(path);
}

static void test_map(void **state)
{
	struct dma_conf conf = { .count = 2 };
	struct dma dma = { 0 };
	struct error err;
	char path[32];
	int fd;

	(void)state;
	fd = ram_file(path, 8 * MIB);
	assert_int_equal(pwrite(fd, "deep", 4, (off_t)(5 * MIB)), 4);
	conf.map[0] = (struct dma_segment){ .address = 0, .bytes = MIB, .file = strdup(path) };
	conf.map[1] = (struct dma_segment){ .address = 7 * GIB, .offset = 4 * MIB,
					    .file = strdup(path) };
	assert_int_equal(dma_map(&dma, &conf, 0, &err), 0);
	assert_memory_equal(dma_at(&dma, 7 * GIB + MIB, 4), "deep", 4);
	assert_non_null(dma_at(&dma, 7 * GIB, 4 * MIB));
	assert_null(dma_at(&dma, 7 * GIB, 4 * MIB + 1));
	assert_null(dma_at(&dma, MIB, 1));
	/* Past the end of the file, and not aligned. */
	conf.map[1].bytes = 5 * MIB;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_int_equal(dma.count, 0);
	conf.map[1].bytes = 0;
	conf.map[1].offset = 100;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "not page aligned"));
	/* Which of the two would an address be? */
	conf.map[1].offset = 0;
	conf.map[1].address = MIB / 2;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "overlap"));
	conf.map[1].address = 7 * GIB;
	/* Nothing is left of the file, or less than nothing. */
	conf.map[1].offset = 8 * MIB;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	conf.map[1].offset = 9 * MIB;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	dma_conf_free(&conf);
	close(fd);
	unlink(path);
}

/* What can be known before there is a guest. */
static void test_check(void **state)
{
	struct dma_conf conf = { .count = 1 };
	struct error err = { 0 };
	char path[32];
	int fd;

	(void)state;
	fd = ram_file(path, 4 * MIB);
	conf.map[0] = (struct dma_segment){ .bytes = 8 * MIB, .file = strdup(path) };
	assert_int_equal(dma_check(&conf, &err), -1);
	assert_non_null(strstr(err.text, "the map asks for"));
	conf.map[0].bytes = 4 * MIB;
	assert_int_equal(dma_check(&conf, &err), 0);
	close(fd);
	unlink(path);
	/* QEMU makes it when it starts. */
	assert_int_equal(dma_check(&conf, &err), 0);
	dma_conf_free(&conf);
}

/* The file shrinks under a running bus: zeroes, and a flag, instead of SIGBUS. */
static void test_shrinks(void **state)
{
	struct dma_conf conf = { .machine = DMA_MACHINE_VIRT };
	struct dma dma = { 0 };
	struct error err;
	volatile uint8_t *byte;
	char path[32];
	int fd;

	(void)state;
	fd = ram_file(path, 4 * MIB);
	conf.file = strdup(path);
	assert_int_equal(dma_map(&dma, &conf, 0, &err), 0);
	dma_guard(&dma);
	byte = dma_at(&dma, 0x40000000ULL + 2 * MIB, 1);
	*byte = 7;
	assert_false(dma_faulted());
	assert_int_equal(ftruncate(fd, MIB), 0);
	assert_int_equal(*byte, 0);
	assert_true(dma_faulted());
	assert_false(dma_faulted());
	dma_unmap(&dma);
	dma_conf_free(&conf);
	close(fd);
	unlink(path);
}

/* Any other file that shrinks is a fault of ours, and ends the process. */
static void test_other_shrinks(void **state)
{
	struct dma_conf conf = { .machine = DMA_MACHINE_VIRT };
	struct dma dma = { 0 };
	struct error err;
	volatile uint8_t *byte;
	char path[32], other[32];
	int fd, status;
	pid_t child;

	(void)state;
	fd = ram_file(path, MIB);
	conf.file = strdup(path);
	assert_int_equal(dma_map(&dma, &conf, 0, &err), 0);
	close(fd);
	fd = ram_file(other, 4096);
	byte = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	child = fork();
	if (!child) {
		alarm(20);
		close(STDERR_FILENO);
		dma_guard(&dma);
		_exit(*byte);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	munmap((void *)byte, 4096);
	dma_unmap(&dma);
	dma_conf_free(&conf);
	close(fd);
	unlink(path);
	unlink(other);
}

/* The file is found among those of the process that connects: not a disk, not BAR2. */
static void test_peer(void **state)
{
	struct dma_conf conf = { .machine = DMA_MACHINE_VIRT, .peer = true };
	int ram = memfd_create("guest-ram", MFD_CLOEXEC);
	int bar2 = memfd_create("pvpci-bar2", MFD_CLOEXEC);
	struct dma dma = { 0 };
	struct error err;
	char path[32];
	void *mapped;
	int disk;

	(void)state;
	disk = ram_file(path, 64 * MIB);
	assert_int_equal(ftruncate(bar2, (off_t)(32 * MIB)), 0);
	assert_int_equal(dma_map(&dma, &conf, getpid(), &err), -1);
	assert_int_equal(ftruncate(ram, (off_t)(16 * MIB)), 0);
	assert_int_equal(pwrite(ram, "ours", 4, 4096), 4);
	/* As QEMU has it, and no disk. */
	mapped = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, ram, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_int_equal(dma_map(&dma, &conf, getpid(), &err), 0);
	assert_memory_equal(dma_at(&dma, 0x40000000ULL + 4096, 4), "ours", 4);
	assert_null(dma_at(&dma, 0x40000000ULL + 16 * MIB, 1));
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_null(dma_at(&dma, 0x40000000ULL, 1));
	munmap(mapped, 16 * MIB);
	close(ram);
	close(bar2);
	close(disk);
	unlink(path);
}

static void test_no_file(void **state)
{
	struct dma_conf conf = { .machine = DMA_MACHINE_Q35, .file = "/nonexistent/ram" };
	struct dma dma = { 0 };
	struct error err;
	char path[32];
	int fd;

	(void)state;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent/ram"));
	conf.file = "/dev/null";
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "not a regular file"));
	fd = memfd_create("empty", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf.file = path;
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "is empty"));
	/* More than an address space has. */
	assert_int_equal(ftruncate(fd, 1LL << 60), 0);
	assert_int_equal(dma_map(&dma, &conf, 0, &err), -1);
	assert_non_null(strstr(err.text, "cannot map"));
	assert_int_equal(dma.files, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets), cmocka_unit_test(test_machine),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_check), cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_other_shrinks),
		cmocka_unit_test(test_peer), cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
