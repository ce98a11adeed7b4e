// SPDX-License-Identifier: GPL-2.0
/*
 * Which file of another process is a guest's RAM.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "io/memory.h"
#include "io/peer.h"
#include "unit.h"

#define BYTES	(1 << 20)

static bool map(int fd, size_t bytes, int flags)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0) == MAP_FAILED;
}

/* A process that has the file at @fd mapped, beside larger ones that are not RAM. */
static pid_t start_peer(int fd, int flags)
{
	char name[] = "/tmp/peer_test-XXXXXX";
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		int disk = mkstemp(name);
		int bar2 = memfd_create(MEMORY_NAME, 0);

		unlink(name);
		if (ftruncate(disk, 8 * BYTES) || ftruncate(bar2, 4 * BYTES) ||
		    map(bar2, 4 * BYTES, MAP_SHARED) || map(fd, BYTES, flags) ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fd);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end_peer(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int make_ram(const char *directory)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%s/peer_test-XXXXXX", directory);
	fd = mkstemp(name);
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(ftruncate(fd, BYTES), 0);
	return fd;
}

static void expect_ram(int fd)
{
	struct error err = {};
	struct stat st, found;
	char path[64];
	pid_t pid;

	assert_int_equal(fstat(fd, &st), 0);
	pid = start_peer(fd, MAP_SHARED);
	assert_int_equal(peer_find_ram(pid, path, sizeof(path), &err), 0);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_ino, st.st_ino);
	end_peer(pid);
}

static void wherever_it_lies(void **state)
{
	int fd = memfd_create("memory-backend-memfd", 0);

	(void)state;
	assert_int_equal(ftruncate(fd, BYTES), 0);
	expect_ram(fd);
	expect_ram(make_ram("/dev/shm"));
	/* As libvirt has it in a directory of its own. */
	expect_ram(make_ram("/tmp"));
}

static void not_shared(void **state)
{
	struct error err = {};
	char path[64];
	pid_t pid;

	(void)state;
	pid = start_peer(make_ram("/tmp"), MAP_PRIVATE);
	assert_int_equal(peer_find_ram(pid, path, sizeof(path), &err), -1);
	assert_non_null(strstr(err.text, "no shared memory open"));
	end_peer(pid);
}

/* Of the same user, but not of the same group: the kernel hides its files. */
static void of_another_group(void **state)
{
	struct error err = {};
	char path[64];
	pid_t pid;
	int status;

	(void)state;
	if (geteuid())
		skip();
	pid = start_peer(make_ram("/tmp"), MAP_SHARED);
	if (!fork()) {
		if (setgroups(0, NULL) || setresgid(12345, 12345, 12345) ||
		    setresuid(12345, 12345, 12345))
			_exit(1);
		_exit(peer_find_ram(pid, path, sizeof(path), &err) != -1 ||
		      !strstr(err.text, "needs its user and its group, 0:0, and has 12345:12345"));
	}
	wait(&status);
	assert_int_equal(status, 0);
	end_peer(pid);
}

static void unknown(void **state)
{
	struct error err = {};
	char path[64];

	(void)state;
	assert_int_equal(peer_find_ram(0, path, sizeof(path), &err), -1);
	assert_non_null(strstr(err.text, "not known"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_it_lies),
		cmocka_unit_test(not_shared),
		cmocka_unit_test(of_another_group),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
