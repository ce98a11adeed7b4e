// SPDX-License-Identifier: GPL-2.0
/*
 * The sandbox: what the daemon must not do any more is tried, in the thread
 * that entered it and in one that was there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox.h"
#include "unit.h"

/* Exit statuses of the child, which is in the sandbox. */
enum {
	AS_SAID,
	NO_SANDBOX,
	NETWORK,
	RING,
	NOT_PRIVATE,
	PRIVILEGES,
	CORE,
	UNUSABLE,
};

static int try_forbidden(void)
{
	uint8_t ring[256] = { 0 };
	struct rlimit core;
	int fd;

	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return NETWORK;
	if (!unshare(CLONE_NEWUSER) || errno != EPERM)
		return NOT_PRIVATE;
	/* Rings that are there are restricted, and there will be no others. */
	if (syscall(SYS_io_uring_setup, 1, ring) >= 0 || errno != EPERM)
		return RING;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return PRIVILEGES;
	if (getrlimit(RLIMIT_CORE, &core) || core.rlim_max)
		return CORE;
	/* And what it needs still works. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || close(fd))
		return UNUSABLE;
	return AS_SAID;
}

static void *early_thread(void *arg)
{
	int *state = arg;

	while (__atomic_load_n(state, __ATOMIC_ACQUIRE) < 0)
		sched_yield();
	__atomic_store_n(state, try_forbidden(), __ATOMIC_RELEASE);
	return NULL;
}

static int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_here(void)
{
	struct error err;

	return sandbox_enter(&err) ? NO_SANDBOX : try_forbidden();
}

/* Threads for block I/O are there before the sandbox: the first disk starts them. */
static int run_early(void)
{
	struct error err;
	pthread_t thread;
	int state = -1;

	if (pthread_create(&thread, NULL, early_thread, &state) || sandbox_enter(&err))
		return NO_SANDBOX;
	__atomic_store_n(&state, 0, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return state;
}

static void run_true(void)
{
	execl("/bin/true", "true", NULL);
}

static void trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void read_other(void)
{
	struct iovec none = { 0 };

	process_vm_readv(getppid(), &none, 1, &none, 1, 0);
}

static void change_user(void)
{
	if (setuid(getuid()))
		return;
}

static void mount_nothing(void)
{
	mount("none", "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static void (*last_deed)(void);

static int run_deed(void)
{
	struct error err;

	if (sandbox_enter(&err))
		return NO_SANDBOX;
	last_deed();
	return AS_SAID;
}

/* A file that only user 1 may open; root's test only. */
static int open_foreign(void)
{
	char path[] = "/tmp/pvpci-sandbox-XXXXXX";
	int fd = mkstemp(path), again;

	if (fd < 0 || fchown(fd, 1, 1))
		return -1;
	again = open(path, O_RDWR);
	unlink(path);
	return again;
}

static int run_dropped(void)
{
	bool root = !geteuid();
	struct error err;

	if (sandbox_drop(&err))
		return NO_SANDBOX;
	/* Without the filter, which would forbid most of it as well. */
	if (!chroot("/") || errno != EPERM)
		return NOT_PRIVATE;
	if (!mount("none", "/", NULL, MS_REMOUNT | MS_BIND, NULL) || errno != EPERM)
		return NOT_PRIVATE;
	if (root && (!setuid(1) || errno != EPERM))
		return PRIVILEGES;
	if (prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) && root)
		return PRIVILEGES;
	return root && open_foreign() < 0 ? UNUSABLE : AS_SAID;
}

static void test_dropped(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_dropped), AS_SAID);
}

static void test_here(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_here), AS_SAID);
}

static void test_early(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_early), AS_SAID);
}

/* What is never a mistake: the process ends. */
static void test_deadly(void **state)
{
	static void (*const deeds[])(void) = {
		run_true, trace, read_other, change_user, mount_nothing,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		last_deed = deeds[i];
		assert_int_equal(in_child(run_deed), 128 + SIGSYS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_here),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_deadly),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
