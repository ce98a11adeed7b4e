// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the host, run in the guest.
 *
 * Frames on the serial port, both ways: a line "KIND ID VALUE\n", followed by
 * VALUE bytes when the kind carries data. ID is chosen by the host.
 *
 *	host to guest	r ID BYTES	run these bytes with /bin/sh -c
 *			i ID BYTES	standard input; 0 bytes is its end
 *			k ID 0		kill the command and its children
 *			p ID 0		ping
 *			s BOOT 0	from here on the frames are for this boot
 *	guest to host	o ID BYTES	standard output
 *			e ID BYTES	standard error
 *			x ID STATUS	it ended, 128 + signal when killed
 *			a ID BYTES	that much input was taken, send more
 *			p ID 0		answer to a ping
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define MAX_COMMANDS	16
#define MAX_BYTES	4096	/* of one frame; the host keeps to it */

/* One command of the host. A free one has no id. */
struct command {
	unsigned int id;
	pid_t pid;
	int in, out, err;	/* our ends of its pipes, -1 when closed */
	int status;		/* of waitpid(), once pid is 0 */
};

static struct command commands[MAX_COMMANDS];

static void write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		data += done;
		length -= done;
	}
}

static bool read_all(int fd, char *data, size_t length)
{
	while (length) {
		ssize_t done = read(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		length -= done;
	}
	return true;
}

static void send_frame(int fd, char kind, unsigned int id, unsigned int value,
		       const char *data)
{
	char head[48];
	int length = snprintf(head, sizeof(head), "%c %u %u\n", kind, id, value);

	write_all(fd, head, length);
	if (data)
		write_all(fd, data, value);
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct command *find(unsigned int id)
{
	for (int i = 0; i < MAX_COMMANDS; i++)
		if (commands[i].id == id)
			return &commands[i];
	return NULL;
}

/* In the child: become the command, in a process group of its own. */
static void become(char *text, int in, int out, int err)
{
	setpgid(0, 0);
	sigset_t none;

	/* A shell's "wait" needs the SIGCHLD that we keep for ppoll(). */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	execl("/bin/sh", "sh", "-c", text, NULL);
	_exit(127);
}

static void start(int port, unsigned int id, char *text)
{
	struct command *command = find(0);
	int in[2], out[2], err[2];

	if (!command || pipe(in) || pipe(out) || pipe(err)) {
		send_frame(port, 'x', id, 126, NULL);
		return;
	}
	command->pid = fork();
	if (!command->pid)
		become(text, in[0], out[1], err[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	command->id = id;
	command->in = in[1];
	command->out = out[0];
	command->err = err[0];
}

static void take_input(int port, struct command *command, const char *data,
		       unsigned int length)
{
	if (length) {
		write_all(command->in, data, length);
		send_frame(port, 'a', command->id, length, NULL);
	} else {
		close_end(&command->in);
	}
}

/*
 * Drop what the host sent to the guest's last life: a reboot loses the bytes that
 * the port held, so the rest of a frame would be taken for the head of one.
 */
static bool synchronize(int port, const char *boot)
{
	char wanted[32], seen[32] = "";
	int length = snprintf(wanted, sizeof(wanted), "s %.16s 0\n", boot);

	do {
		memmove(seen, seen + 1, length - 1);
		if (!read_all(port, seen + length - 1, 1))
			return false;
	} while (memcmp(seen, wanted, length));
	return true;
}

/* Frames of the host. A frame that makes no sense ends the agent. */
static bool take_frame(int port)
{
	unsigned int id, value;
	struct command *command;
	char head[48], data[MAX_BYTES + 1];
	size_t used = 0;
	char kind;

	do {
		if (used == sizeof(head) - 1 || !read_all(port, head + used, 1))
			return false;
	} while (head[used++] != '\n');
	head[used] = '\0';
	if (sscanf(head, "%c %u %u", &kind, &id, &value) != 3 || !id)
		return false;
	if (kind == 'r' || kind == 'i') {
		if (value > MAX_BYTES || !read_all(port, data, value))
			return false;
		data[value] = '\0';
	}
	command = find(id);
	if (kind == 'r')
		start(port, id, data);
	else if (kind == 'p')
		send_frame(port, 'p', id, 0, NULL);
	else if (kind == 'k' && command && command->pid)
		kill(-command->pid, SIGKILL);
	else if (kind == 'i' && command)
		take_input(port, command, data, value);
	return true;
}

static void pass_on(int port, struct command *command, int *fd, char kind)
{
	char data[MAX_BYTES];
	ssize_t length = read(*fd, data, sizeof(data));

	if (length > 0)
		send_frame(port, kind, command->id, length, data);
	else
		close_end(fd);
}

/*
 * A command has ended when its process has: something it left behind in the
 * background may keep the pipes open for ever. What is in them is still sent.
 */
static void finish(int port, struct command *command)
{
	struct pollfd ready[2] = {
		{ .fd = command->out, .events = POLLIN },
		{ .fd = command->err, .events = POLLIN },
	};
	int status = command->status;

	while (poll(ready, 2, 0) > 0) {
		if (ready[0].revents)
			pass_on(port, command, &command->out, 'o');
		if (ready[1].revents)
			pass_on(port, command, &command->err, 'e');
		ready[0].fd = command->out;
		ready[1].fd = command->err;
	}
	send_frame(port, 'x', command->id, WIFEXITED(status) ?
		   WEXITSTATUS(status) : 128 + WTERMSIG(status), NULL);
	close_end(&command->in);
	close_end(&command->out);
	close_end(&command->err);
	command->id = 0;
}

static void reap(int port)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < MAX_COMMANDS; i++) {
			if (!commands[i].id || commands[i].pid != pid)
				continue;
			commands[i].pid = 0;
			commands[i].status = status;
			finish(port, &commands[i]);
		}
	}
}

static void child_ended(int signal)
{
	(void)signal;
}

/**
 * agent_serve() - run the host's commands until the port fails
 * @fd: serial port, raw
 * @boot: how often this guest has started, as the host says it
 *
 * Any number up to MAX_COMMANDS runs at a time.
 */
void agent_serve(int fd, const char *boot)
{
	struct pollfd ready[1 + 2 * MAX_COMMANDS];
	struct sigaction action = { .sa_handler = child_ended };
	sigset_t blocked, during;

	/* SIGCHLD arrives only while ppoll() waits, so none is missed. */
	sigaction(SIGCHLD, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &during);
	sigdelset(&during, SIGCHLD);

	if (!synchronize(fd, boot))
		return;
	for (;;) {
		ready[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		for (int i = 0; i < MAX_COMMANDS; i++) {
			struct command *command = &commands[i];

			ready[1 + 2 * i] = (struct pollfd){
				.fd = command->id ? command->out : -1,
				.events = POLLIN,
			};
			ready[2 + 2 * i] = (struct pollfd){
				.fd = command->id ? command->err : -1,
				.events = POLLIN,
			};
		}
		if (ppoll(ready, 1 + 2 * MAX_COMMANDS, NULL, &during) < 0 &&
		    errno != EINTR)
			return;
		for (int i = 0; i < MAX_COMMANDS; i++) {
			if (!commands[i].id)
				continue;
			if (ready[1 + 2 * i].revents)
				pass_on(fd, &commands[i], &commands[i].out, 'o');
			if (ready[2 + 2 * i].revents)
				pass_on(fd, &commands[i], &commands[i].err, 'e');
		}
		if (ready[0].revents && !take_frame(fd))
			return;
		reap(fd);
	}
}
