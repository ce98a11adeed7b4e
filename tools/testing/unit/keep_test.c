// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcid-keep: what it stores comes back, and when it ends. The test is its own
 * pvpcid: pvpcid-keep runs this program with the name of a role.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char self[256], keep[272];

/* What libsystemd sends: sd_pid_notify_with_fds(3). */
static void notify(const char *message, int fd)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)message, strlen(message) };
	struct msghdr msg = { .msg_name = &address, .msg_iov = &iov, .msg_iovlen = 1 };
	int out = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct cmsghdr *cmsg;

	memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
	msg.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	if (sendmsg(out, &msg, 0) < 0)
		_exit(99);
	close(out);
}

static int stored(void)
{
	const char *count = getenv("LISTEN_FDS");
	const char *pid = getenv("LISTEN_PID");

	return count && pid && atoi(pid) == getpid() ? atoi(count) : 0;
}

/* Die with what was counted in a memfd, three times; then look at it and end well. */
static int role_counts(void)
{
	char lives = 0;
	int fd = 3;

	if (!stored())
		fd = memfd_create("lives", 0);
	if (pread(fd, &lives, 1, 0) < 0)
		return 90;
	lives++;
	if (pwrite(fd, &lives, 1, 0) != 1)
		return 91;
	if (lives == 1) {
		int other = memfd_create("other", 0);

		notify("FDSTORE=1\nFDNAME=lives", fd);
		notify("FDSTORE=1\nFDNAME=other", other);
		/* In the place of the first of that name. */
		notify("FDSTORE=1\nFDNAME=other", other);
		notify("READY=1\nSTATUS=lives", -1);
		raise(SIGKILL);
	}
	if (lives == 2) {
		if (stored() != 2 || strcmp(getenv("LISTEN_FDNAMES"), "lives:other"))
			return 2;
		notify("FDSTOREREMOVE=1\nFDNAME=other\nREADY=1", -1);
		raise(SIGSEGV);
	}
	if (lives == 3) {
		notify("READY=1", -1);
		return 1;
	}
	return stored() == 1 && !strcmp(getenv("LISTEN_FDNAMES"), "lives") ? 0 : 2;
}

/* Comes up once, and never again. */
static int role_fails(void)
{
	char lives = 0;
	int fd = stored() ? 3 : memfd_create("lives", 0);

	if (pread(fd, &lives, 1, 0) < 0 || lives == 20)
		return 2;
	lives++;
	if (pwrite(fd, &lives, 1, 0) != 1)
		return 2;
	if (lives == 1)
		notify("FDSTORE=1\nFDNAME=lives\nREADY=1", fd);
	return 40 + lives;
}

static int play(const char *role)
{
	if (!strcmp(role, "counts"))
		return role_counts();
	if (!strcmp(role, "fails"))
		return role_fails();
	if (!strcmp(role, "waits")) {
		notify("READY=1", -1);
		kill(getppid(), SIGTERM);
		pause();
	}
	return atoi(role);
}

/* The exit status of pvpcid-keep, which runs us in that role. */
static int kept(const char *role)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(98);
		execl(keep, keep, self, "--role", role, NULL);
		_exit(97);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_stores(void **state)
{
	(void)state;
	assert_int_equal(kept("counts"), 0);
}

/* What never came up is not tried again, and a clean end is the end. */
static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(kept("0"), 0);
	assert_int_equal(kept("1"), 1);
	assert_int_equal(kept("2"), 2);
}

static void test_gives_up(void **state)
{
	(void)state;
	/* The first of them served; five more did not. */
	assert_int_equal(kept("fails"), 46);
}

static void test_stops(void **state)
{
	(void)state;
	assert_int_equal(kept("waits"), 128 + SIGTERM);
}

/* Without a command there is nothing to keep. */
static void test_usage(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(98);
		execl(keep, keep, NULL);
		_exit(97);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_usage),
	};
	const char *slash = strrchr(argv[0], '/');

	if (argc == 3 && !strcmp(argv[1], "--role"))
		return play(argv[2]);
	snprintf(self, sizeof(self), "%s", argv[0]);
	snprintf(keep, sizeof(keep), "%.*s/pvpcid-keep", slash ? (int)(slash - argv[0]) : 1,
		 slash ? argv[0] : ".");
	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
