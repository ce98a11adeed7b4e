// SPDX-License-Identifier: GPL-2.0
/*
 * A test that is the keeper of its children: they find what it had when they were
 * forked, and what they store comes through a socket that outlives them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/keep.h"
#include "keeper.h"
#include "unit.h"

#define ENTRIES		64
#define NAME_BYTES	64

static struct {
	char name[NAME_BYTES];
	int fd;
} kept[ENTRIES];

static unsigned int count;
static int ends[2];

void keeper_open(void)
{
	count = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
}

static unsigned int find(const char *name)
{
	unsigned int i;

	for (i = 0; i < count && strcmp(kept[i].name, name); i++)
		;
	return i;
}

/* With a descriptor it is stored, without one it is dropped. */
static void take(const char *name, int fd)
{
	unsigned int i = find(name);

	if (i < count)
		close(kept[i].fd);
	if (fd < 0 && i < count)
		kept[i] = kept[--count];
	if (fd < 0)
		return;
	assert_true(i < ENTRIES);
	count += i == count;
	snprintf(kept[i].name, sizeof(kept[i].name), "%s", name);
	kept[i].fd = fd;
}

void keeper_collect(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char name[NAME_BYTES];

	for (;;) {
		struct iovec iov = { name, sizeof(name) };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = &control, .msg_controllen = sizeof(control) };
		int fd = -1;

		if (recvmsg(ends[0], &msg, MSG_DONTWAIT) <= 0)
			return;
		if (CMSG_FIRSTHDR(&msg))
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
		take(name, fd);
	}
}

int keeper_look(const char *prefix)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strncmp(kept[i].name, prefix, strlen(prefix)))
			return kept[i].fd;
	return -1;
}

void keeper_close(void)
{
	while (count)
		take(kept[0].name, -1);
	close(ends[0]);
	close(ends[1]);
}

/* ---- what a child calls ------------------------------------------------------- */
static void tell(const char *name, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	char text[NAME_BYTES] = { 0 };
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	snprintf(text, sizeof(text), "%s", name);
	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.align = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
	}
	if (sendmsg(ends[1], &msg, 0) != sizeof(text))
		_exit(4);
}

bool keep_there(void)
{
	return true;
}

int keep_find(const char *name)
{
	unsigned int i = find(name);
	int fd = -1;

	if (i < count) {
		fd = kept[i].fd;
		kept[i].fd = -1;
	}
	return fd;
}

void keep_put(const char *name, int fd)
{
	tell(name, fd);
}

void keep_drop(const char *name)
{
	tell(name, -1);
}

void keep_drop_all(const char *but)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!but || strncmp(kept[i].name, but, strlen(but)))
			tell(kept[i].name, -1);
}
