// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of a test guest.
 *
 * It mounts what every program expects, tells the host that it runs, starts
 * the guest script, serves commands of the host (agent.c) and powers the guest
 * off when told. It loads no module and touches no device on its own. Its
 * serial ports carry nothing else, so no noise on the console looks like a
 * result. The host names the ports on the kernel command line:
 *
 *	vmtest.report=TTY	lines between this program and the host
 *	vmtest.output=TTY	what the guest script prints
 *	vmtest.exec=TTY		commands of the host, see agent.c
 *	vmtest.shell		an interactive shell on the console, no script
 *
 * Report lines, guest to host: "start", "exit STATUS", "off", "leak TEXT".
 * Host to guest: "run BOOT" (how often this guest has started), "off",
 * "leaks" (look for memory leaks first).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"

#define SCRIPT	"/vmtest/script"

static char cmdline[4096];

static const struct {
	const char *type, *where, *options;
} mounts[] = {
	{ "proc", "/proc", "" },
	{ "sysfs", "/sys", "" },
	{ "devtmpfs", "/dev", "" },
	{ "devpts", "/dev/pts", "" },
	{ "tmpfs", "/tmp", "" },
	{ "tmpfs", "/run", "" },
	{ "tmpfs", "/dev/shm", "" },
	{ "debugfs", "/sys/kernel/debug", "" },
	{ "tracefs", "/sys/kernel/tracing", "" },
	{ "configfs", "/sys/kernel/config", "" },
};

/* Mounts that a kernel does not have are left out. */
static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
		      mounts[i].options);
	}
}

/* Where the value of a "name=value" or "name" on the command line begins. */
static const char *option(const char *name)
{
	size_t length = strlen(name);
	const char *at = cmdline;

	while ((at = strstr(at, name))) {
		bool begins = at == cmdline || at[-1] == ' ';

		at += length;
		if (begins && (*at == '=' || *at == ' ' || *at == '\0'))
			return *at == '=' ? at + 1 : at;
	}
	return NULL;
}

static void read_cmdline(void)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, cmdline, sizeof(cmdline) - 1);

	cmdline[length > 0 ? length : 0] = '\0';
	cmdline[strcspn(cmdline, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

/* A serial port as a plain pipe of bytes. */
static int open_port(const char *name)
{
	const char *value = option(name);
	struct termios raw;
	char path[64];
	int fd;

	if (!value)
		return -1;
	snprintf(path, sizeof(path), "/dev/%.*s", (int)strcspn(value, " "), value);
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "vmtest: cannot open %s: %m\n", path);
		return -1;
	}
	if (!tcgetattr(fd, &raw)) {
		cfmakeraw(&raw);
		cfsetspeed(&raw, B115200);
		raw.c_cflag |= CLOCAL;
		tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

static void report(int fd, const char *line)
{
	if (fd >= 0 && write(fd, line, strlen(line)) < 0)
		fprintf(stderr, "vmtest: the host does not listen: %m\n");
}

/* One line of the host within wait_ms, without its newline. */
static bool receive(int fd, char *line, size_t size, int wait_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	while (used < size - 1) {
		if (poll(&ready, 1, used ? 1000 : wait_ms) <= 0)
			return false;
		if (read(fd, line + used, 1) != 1)
			return false;
		if (line[used] == '\n') {
			line[used] = '\0';
			return true;
		}
		used++;
	}
	return false;
}

static pid_t start_script(int output)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	if (!access(SCRIPT, X_OK))
		execl(SCRIPT, SCRIPT, NULL);
	execl("/bin/sh", "sh", SCRIPT, NULL);
	_exit(127);
}

static pid_t start_shell(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	ioctl(STDIN_FILENO, TIOCSCTTY, 1);
	execl("/bin/bash", "-bash", NULL);
	execl("/bin/sh", "-sh", NULL);
	_exit(127);
}

static pid_t start_agent(int fd)
{
	const char *boot = getenv("VMTEST_BOOT");
	pid_t pid = fork();

	if (pid)
		return pid;
	agent_serve(fd, boot ? boot : "");
	_exit(1);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "vmtest: cannot write %s: %m\n", path);
	close(fd);
}

/* kmemleak reports only what is older than five seconds. */
static void report_leaks(int fd)
{
	static const char kmemleak[] = "/sys/kernel/debug/kmemleak";
	char text[512], line[600];
	FILE *file;

	sleep(6);
	write_file(kmemleak, "scan");
	write_file(kmemleak, "scan");
	file = fopen(kmemleak, "r");
	while (file && fgets(text, sizeof(text), file)) {
		snprintf(line, sizeof(line), "leak %s", text);
		report(fd, line);
	}
	if (file)
		fclose(file);
	report(fd, "leaks\n");
}

/* File systems on disks are written back and let go, as a shutdown does. */
static void unmount_disks(void)
{
	FILE *file = fopen("/proc/mounts", "r");
	char line[512], where[32][256];
	int count = 0;

	while (file && count < 32 && fgets(line, sizeof(line), file))
		if (sscanf(line, "/dev/%*s %255s", where[count]) == 1)
			count++;
	if (file)
		fclose(file);
	while (count--)
		umount2(where[count], 0);
}

static void power_off(int fd)
{
	kill(-1, SIGTERM);
	usleep(100000);
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	unmount_disks();
	sync();
	report(fd, "off\n");
	if (fd >= 0)
		tcdrain(fd);
	reboot(RB_POWER_OFF);
}

/* Tell the host until it answers: its side may be a moment late. */
static void say_start(int fd)
{
	char line[64] = "";

	for (int i = 0; i < 30; i++) {
		report(fd, "start\n");
		if (receive(fd, line, sizeof(line), 1000) && !strncmp(line, "run ", 4)) {
			setenv("VMTEST_BOOT", line + 4, 1);
			return;
		}
	}
}

/* Reap children, among them whatever lost its parent; report the script's end. */
static void reap(int fd, pid_t script, bool shell)
{
	char line[64];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != script)
			continue;
		snprintf(line, sizeof(line), "exit %d\n", WIFEXITED(status) ?
			 WEXITSTATUS(status) : 128 + WTERMSIG(status));
		report(fd, line);
		if (shell)
			power_off(fd);
	}
}

static void no_op(int signal)
{
	(void)signal;
}

int main(void)
{
	int report_fd, output, exec_fd;
	char line[64];
	pid_t script;
	bool shell;

	mount_all();
	read_cmdline();
	/* A signal that only ends poll(); SIGCHLD without it is not noticed. */
	signal(SIGCHLD, no_op);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0);
	if (chdir("/tmp"))
		fprintf(stderr, "vmtest: no /tmp: %m\n");

	report_fd = open_port("vmtest.report");
	output = open_port("vmtest.output");
	exec_fd = open_port("vmtest.exec");
	shell = !!option("vmtest.shell");
	if (report_fd >= 0)
		say_start(report_fd);
	if (exec_fd >= 0)
		start_agent(exec_fd);
	if (shell)
		script = start_shell();
	else if (!access(SCRIPT, R_OK))
		script = start_script(output);
	else
		script = -1;

	for (;;) {
		reap(report_fd, script, shell);
		if (!receive(report_fd, line, sizeof(line), 500))
			continue;
		if (!strcmp(line, "leaks"))
			report_leaks(report_fd);
		else if (!strcmp(line, "off"))
			power_off(report_fd);
	}
}
