// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcid-keep: keeps what pvpcid must not lose, and starts it again when it dies.
 *
 * The file descriptor store of systemd, without systemd: sd_pid_notify_with_fds(3)
 * towards us, sd_listen_fds(3) towards the next pvpcid.
 */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/version.h"
#include "store.h"

#define MESSAGE_BYTES	4096
#define MESSAGE_FDS	253	/* what one message of a UNIX socket carries */
#define LAST_MESSAGES	1024U	/* far more than a socket queues */
#define STATUS_FAILED	1
#define STATUS_CONFIG	2	/* of pvpcid: starting it again changes nothing */
#define STATUS_EXEC	127
#define TRIES		5U
#define PAUSE_NS	200000000L

const char *argp_program_version = "pvpcid-keep " PVPCI_RELEASE;

static const char doc[] =
"Run pvpcid, keep its descriptors, and start it again when it dies.\n"
"\vEnds when pvpcid ends with status 0 or 2, when it never came up, or when it fails five\n"
"times in a row. Exit status: that of pvpcid, 128 + N when signal N ended it, 1 when\n"
"something failed here, 2 when the command line is wrong.";

/**
 * struct keeper - pvpcid and what is kept for it
 * @command: how it is started
 * @store: its descriptors
 * @notify: datagrams of it
 * @signals: signalfd
 * @child: its process
 * @ready: this one has said so
 * @served: one of them has
 * @failures: starts in a row that came to nothing
 * @stopping: it was asked to end
 */
struct keeper {
	char **command;
	struct store store;
	int notify;
	int signals;
	pid_t child;
	bool ready;
	bool served;
	unsigned int failures;
	bool stopping;
};

static void say(const char *what)
{
	fprintf(stderr, "pvpcid-keep: %s\n", what);
}

/* An abstract name of the kernel's choice; who else writes there is not heard. */
static int open_notify(struct keeper *keeper)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t bytes = sizeof(address);
	char name[sizeof(address.sun_path) + 1];
	int on = 1;

	keeper->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (keeper->notify < 0 ||
	    setsockopt(keeper->notify, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
	    bind(keeper->notify, (struct sockaddr *)&address, sizeof(sa_family_t)) ||
	    getsockname(keeper->notify, (struct sockaddr *)&address, &bytes))
		return -1;
	bytes -= sizeof(sa_family_t) + 1;
	snprintf(name, sizeof(name), "@%.*s", (int)bytes, address.sun_path + 1);
	return setenv("NOTIFY_SOCKET", name, 1);
}

static int open_signals(struct keeper *keeper)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	keeper->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return keeper->signals < 0 ? -1 : 0;
}

/* The value of KEY in a message of lines KEY=VALUE, or NULL; @text has the room of a message. */
static const char *value_of(const char *message, const char *key, char *text)
{
	size_t bytes = strlen(key);
	const char *line, *end;

	for (line = message; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (!strncmp(line, key, bytes) && line[bytes] == '=') {
			snprintf(text, MESSAGE_BYTES, "%.*s",
				 (int)strcspn(line + bytes + 1, "\n"), line + bytes + 1);
			return text;
		}
	}
	return NULL;
}

static void take_message(struct keeper *keeper, const char *message, const int *fds,
			 unsigned int count)
{
	char text[MESSAGE_BYTES], name[MESSAGE_BYTES];
	unsigned int i;

	if (!value_of(message, "FDNAME", name))
		snprintf(name, sizeof(name), "stored");
	if (value_of(message, "READY", text)) {
		keeper->ready = true;
		keeper->served = true;
		keeper->failures = 0;
	}
	if (value_of(message, "FDSTOREREMOVE", text))
		store_drop(&keeper->store, name);
	if (!value_of(message, "FDSTORE", text)) {
		for (i = 0; i < count; i++)
			close(fds[i]);
		return;
	}
	for (i = 0; i < count; i++)
		if (store_put(&keeper->store, name, fds[i]))
			say("no room for a descriptor: the next death costs the guest its bus");
}

/* Return whether there was one. */
static bool receive(struct keeper *keeper)
{
	char control[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
	char message[MESSAGE_BYTES];
	struct iovec iov = { message, sizeof(message) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct ucred cred = { 0 };
	int fds[MESSAGE_FDS];
	unsigned int count = 0;
	struct cmsghdr *cmsg;
	ssize_t got = recvmsg(keeper->notify, &msg, MSG_CMSG_CLOEXEC);

	if (got < 0)
		return errno == EINTR;
	message[got] = '\0';
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
		if (cmsg->cmsg_type == SCM_RIGHTS) {
			count = (unsigned int)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds, CMSG_DATA(cmsg), count * sizeof(int));
		}
	}
	if (cred.pid == keeper->child) {
		take_message(keeper, message, fds, count);
		return true;
	}
	while (count)
		close(fds[--count]);
	return true;
}

static void run_child(struct keeper *keeper)
{
	sigset_t none;

	/* Without a keeper a bus is served to its end, and that is now. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (store_pass(&keeper->store)) {
		say("cannot pass descriptors on");
		_exit(STATUS_FAILED);
	}
	execvp(keeper->command[0], keeper->command);
	fprintf(stderr, "pvpcid-keep: cannot run %s: %s\n", keeper->command[0], strerror(errno));
	_exit(STATUS_EXEC);
}

static int start(struct keeper *keeper)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (keeper->failures)
		nanosleep(&pause, NULL);
	keeper->ready = false;
	keeper->child = fork();
	if (!keeper->child)
		run_child(keeper);
	if (keeper->child > 0)
		return 0;
	say("cannot fork");
	return -1;
}

/* It has ended: -1 when it is started again, otherwise our exit status. */
static int ended(struct keeper *keeper, int wait_status)
{
	int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) :
					      128 + WTERMSIG(wait_status);
	unsigned int last;

	/* What it stored with its last breath; others may write for ever. */
	for (last = 0; last < LAST_MESSAGES && receive(keeper); last++)
		;
	if (!keeper->ready)
		keeper->failures++;
	if (!status || status == STATUS_CONFIG || keeper->stopping || !keeper->served)
		return status;
	if (keeper->failures >= TRIES) {
		say("it fails again and again: given up");
		return status;
	}
	fprintf(stderr, "pvpcid-keep: pvpcid has died (%s %d), it is started again\n",
		WIFSIGNALED(wait_status) ? "signal" : "status",
		WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : status);
	return start(keeper) ? STATUS_FAILED : -1;
}

static int take_signal(struct keeper *keeper)
{
	struct signalfd_siginfo info;
	int status;

	if (read(keeper->signals, &info, sizeof(info)) != sizeof(info))
		return -1;
	if (info.ssi_signo != SIGCHLD) {
		keeper->stopping |= info.ssi_signo != SIGHUP;
		kill(keeper->child, (int)info.ssi_signo);
		return -1;
	}
	if (waitpid(keeper->child, &status, WNOHANG) != keeper->child)
		return -1;
	return ended(keeper, status);
}

static int keep(struct keeper *keeper)
{
	struct pollfd fds[2] = {
		{ .fd = keeper->notify, .events = POLLIN },
		{ .fd = keeper->signals, .events = POLLIN },
	};
	int status = start(keeper) ? STATUS_FAILED : -1;

	while (status < 0) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents)
			receive(keeper);
		if (fds[1].revents)
			status = take_signal(keeper);
	}
	return status;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct keeper *keeper = state->input;

	(void)arg;
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "the command is missing: pvpcid and its options");
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	keeper->command = state->argv + state->next;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_option, .args_doc = "PVPCID [OPTION...]", .doc = doc,
	};
	struct keeper keeper = { .notify = -1, .signals = -1 };
	struct rlimit limit;
	int status;

	argp_err_exit_status = 2;
	/* In order: what follows the first word that is no option is pvpcid's. */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &keeper);
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (open_notify(&keeper) || open_signals(&keeper)) {
		say("cannot make its sockets");
		return STATUS_FAILED;
	}
	status = keep(&keeper);
	store_close(&keeper.store);
	return status;
}
