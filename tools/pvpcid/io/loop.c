// SPDX-License-Identifier: GPL-2.0
/*
 * File descriptors that something waits for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "io/loop.h"

#define LOOP_BATCH	16

int loop_open(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -1 : 0;
}

void loop_close(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop->entries);
	memset(loop, 0, sizeof(*loop));
	loop->epoll = -1;
}

static int make_room(struct loop *loop, unsigned int fd)
{
	unsigned int room = loop->room ? loop->room : 64;
	struct loop_entry *entries;

	while (room <= fd)
		room *= 2;
	if (room == loop->room)
		return 0;
	entries = reallocarray(loop->entries, room, sizeof(*entries));
	if (!entries)
		return -1;
	memset(entries + loop->room, 0, (room - loop->room) * sizeof(*entries));
	loop->entries = entries;
	loop->room = room;
	return 0;
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_ready ready, void *context)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (make_room(loop, (unsigned int)fd) ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event))
		return -1;
	loop->entries[fd] = (struct loop_entry){ .ready = ready, .context = context };
	return 0;
}

void loop_change(struct loop *loop, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(struct loop *loop, int fd)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	if ((unsigned int)fd < loop->room)
		loop->entries[fd].ready = NULL;
}

static int wait_events(struct loop *loop, struct epoll_event *events, uint64_t wait_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(wait_ns / 1000000000ULL),
		.tv_nsec = (long)(wait_ns % 1000000000ULL),
	};
	int count;

	count = epoll_pwait2(loop->epoll, events, LOOP_BATCH,
			     wait_ns == UINT64_MAX ? NULL : &ts, NULL);
	if (count >= 0 || errno != ENOSYS)
		return count;
	/* Before Linux 5.11: milliseconds, rounded up so that a wait is a wait. */
	return epoll_wait(loop->epoll, events, LOOP_BATCH, wait_ns == UINT64_MAX ? -1 :
			  (int)((wait_ns + 999999) / 1000000));
}

int loop_wait(struct loop *loop, uint64_t wait_ns)
{
	struct epoll_event events[LOOP_BATCH];
	int count, i;

	count = wait_events(loop, events, wait_ns);
	for (i = 0; i < count; i++) {
		struct loop_entry *entry = &loop->entries[events[i].data.fd];

		/* One before it in this batch may have removed it. */
		if (entry->ready)
			entry->ready(entry->context, events[i].data.fd, events[i].events);
	}
	return count < 0 ? 0 : count;
}
