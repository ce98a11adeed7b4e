// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon gives up once it is set up.
 */
#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox.h"

/* Whatever is not here fails with EPERM. */
static const char * const allowed[] = {
	/* the loop */
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "epoll_create1", "poll", "ppoll",
	"read", "write", "readv", "writev", "close", "eventfd2", "timerfd_settime", "signalfd4",
	"clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "restart_syscall",
	/* sockets that exist */
	"accept4", "accept", "recvfrom", "recvmsg", "sendto", "sendmsg", "getsockopt", "connect",
	"shutdown", "getsockname",
	/* memory */
	"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "memfd_create", "ftruncate",
	"fallocate",
	/* backing files, also those of functions added later */
	"openat", "fstat", "newfstatat", "statx", "lseek", "fcntl", "flock", "pread64", "pwrite64",
	"preadv", "pwritev", "preadv2", "pwritev2", "fsync", "fdatasync", "sync_file_range",
	"ioctl", "readlink", "readlinkat", "getdents64", "unlink", "unlinkat", "fadvise64",
	"statfs", "fstatfs", "fgetxattr", "fsetxattr", "fremovexattr",
	"lstat", "stat", "access", "faccessat", "faccessat2",
	"io_uring_enter", "io_uring_register",
	/* threads that do I/O where io_uring is not there */
	"futex", "clone", "clone3", "set_robust_list", "rseq", "exit", "exit_group", "gettid",
	"getpid", "tgkill", "sched_yield", "sched_getaffinity", "prctl", "set_tid_address",
	"membarrier", "sched_getparam", "sched_getscheduler", "getrandom", "prlimit64", "getuid",
	"geteuid", "getgid", "getegid", "uname", "sysinfo", "umask",
	/* signals */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "rt_sigtimedwait",
};

/* These are never a mistake: the process ends. */
static const char * const deadly[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "init_module",
	"finit_module", "kexec_load", "mount", "umount2", "pivot_root", "chroot", "setuid",
	"setgid", "setresuid", "setresgid", "bpf", "userfaultfd", "keyctl",
};

void sandbox_prepare(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Disks and memory of other users, the group of a socket, and QEMU's files in /proc. */
static const unsigned int kept[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_SYS_PTRACE,
};

int sandbox_drop(struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2], mask[2] = { { 0 } };
	unsigned int i, cap;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		mask[kept[i] / 32].effective |= 1U << kept[i] % 32;
	/* Only root can, and only root has to. */
	for (cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(mask[cap / 32].effective & 1U << cap % 32))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capget, &header, now)) {
		error_set(err, "cannot read capabilities: %s", strerror(errno));
		return -1;
	}
	for (i = 0; i < 2; i++) {
		now[i].permitted &= mask[i].effective;
		now[i].effective = now[i].permitted;
		now[i].inheritable = 0;
	}
	if (!syscall(SYS_capset, &header, now))
		return 0;
	error_set(err, "cannot drop capabilities: %s", strerror(errno));
	return -1;
}

static int add_rules(scmp_filter_ctx filter, uint32_t action, const char *const *names,
		     unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		/* Not every architecture has every call. */
		if (nr != __NR_SCMP_ERROR && seccomp_rule_add(filter, action, nr, 0))
			return -1;
	}
	return 0;
}

int sandbox_enter(struct error *err)
{
	const struct scmp_arg_cmp unix_only = { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_UNIX };
	struct rlimit none = { 0, 0 };
	scmp_filter_ctx filter;
	int ret = -1;

	setrlimit(RLIMIT_CORE, &none);	/* a core would hold guest memory */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		error_set(err, "cannot give up new privileges: %s", strerror(errno));
		return -1;
	}
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	/* Threads that do block I/O are there already: the filter is for them, too. */
	if (filter && !seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) &&
	    !add_rules(filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(allowed[0])) &&
	    !add_rules(filter, SCMP_ACT_KILL_PROCESS, deadly, sizeof(deadly) / sizeof(deadly[0])) &&
	    /* syslog() and a probe of a stale socket; no network. */
	    !seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &unix_only))
		ret = seccomp_load(filter);
	if (ret)
		error_set(err, "cannot load the system call filter: %s",
			  strerror(ret < -1 ? -ret : errno));
	if (filter)
		seccomp_release(filter);
	return ret ? -1 : 0;
}
