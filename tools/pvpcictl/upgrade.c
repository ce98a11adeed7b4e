// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcictl upgrade: another pvpcid goes on with the bus.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "command.h"
#include "simple.h"

#define ANSWER_MS	5000
#define PAUSE_MS	5
#define TAKEN_OVER_MS	60000	/* it may have to wait for the lock of a file */

static int complain(const char *program, const char *what)
{
	fprintf(stderr, "pvpcictl: %s: %s\n", program, what);
	return -1;
}

/* Something to read from it, or its end, and not for ever. */
static ssize_t read_in_time(int fd, char *text, size_t bytes)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, ANSWER_MS) > 0 ? read(fd, text, bytes) : -1;
}

/* Its status, as of waitpid(); one that does not end is ended. */
static int status_in_time(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	unsigned int tries = ANSWER_MS / PAUSE_MS;
	int status = -1;
	pid_t got;

	while (!(got = waitpid(pid, &status, WNOHANG)) && tries--)
		nanosleep(&pause, NULL);
	if (got)
		return got == pid ? status : -1;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return status;
}

/* What PROGRAM --state-version prints, without its newline. */
static int ask_program(const char *program, char *text, size_t bytes)
{
	int ends[2], status = -1;
	ssize_t got;
	pid_t pid;

	if (pipe(ends))
		return complain(program, strerror(errno));
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, "--state-version", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	got = pid > 0 ? read_in_time(ends[0], text, bytes - 1) : -1;
	close(ends[0]);
	if (pid > 0 && got <= 0)
		kill(pid, SIGKILL);
	if (pid > 0)
		status = status_in_time(pid);
	if (status || got <= 0)
		return complain(program, "does not say which state it can read");
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static json_t *ping(void)
{
	return json_pack("{s:s}", "command", "ping");
}

/* Whoever is there after the answer is not the one that gave it: it takes no connections. */
static int see_next(const struct simple *simple, long long old)
{
	json_t *answer;
	int status = client_ask(simple->globals.control, ping(), TAKEN_OVER_MS, &answer);

	if (status)
		return status;
	if (member(answer, "pid") == old) {
		fprintf(stderr, "pvpcictl: the same pvpcid is still there\n");
		status = STATUS_REFUSED;
	} else if (simple->globals.json) {
		print_json(answer);
	} else {
		printf("%s %s goes on with bus %lld, %s\n", member_text(answer, "daemon"),
		       member_text(answer, "version"), member(answer, "bus"),
		       member_text(answer, "state"));
	}
	json_decref(answer);
	return status;
}

int run_upgrade(const struct globals *globals, int argc, char **argv)
{
	struct simple simple = {
		.doc = "Let the pvpcid that is installed now go on; the guest sees a pause.",
	};
	json_t *answer, *before;
	char version[128];
	int status;

	simple_parse(&simple, globals, argc, argv);
	status = client_ask(simple.globals.control, ping(), ANSWER_MS, &before);
	if (status)
		return status;
	status = STATUS_REFUSED;
	if (!ask_program(member_text(before, "program"), version, sizeof(version)))
		status = client_ask(simple.globals.control,
				    json_pack("{s:s, s:s}", "command", "upgrade",
					      "state_version", version), ANSWER_MS, &answer);
	if (!status) {
		json_decref(answer);
		status = see_next(&simple, member(before, "pid"));
	}
	json_decref(before);
	return status;
}
