/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File descriptors that something waits for.
 */
#ifndef PVPCID_LOOP_H
#define PVPCID_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/** loop_ready - @fd is ready; @events as epoll gives them */
typedef void (*loop_ready)(void *context, int fd, uint32_t events);

/**
 * struct loop_entry - one file descriptor
 * @ready: what to call; NULL when the place is free
 * @context: passed to it
 */
struct loop_entry {
	loop_ready ready;
	void *context;
};

/**
 * struct loop - an epoll set
 * @epoll: its descriptor
 * @entries: by file descriptor
 * @room: of @entries
 */
struct loop {
	int epoll;
	struct loop_entry *entries;
	unsigned int room;
};

/** loop_open - return 0 or -1 with errno */
int loop_open(struct loop *loop);
/** loop_close - the reverse */
void loop_close(struct loop *loop);
/** loop_add - call @ready when one of @events is there; return 0 or -1 with errno */
int loop_add(struct loop *loop, int fd, uint32_t events, loop_ready ready, void *context);
/** loop_change - other @events for a file descriptor that is in the set */
void loop_change(struct loop *loop, int fd, uint32_t events);
/** loop_remove - no more; before it is closed */
void loop_remove(struct loop *loop, int fd);

/**
 * loop_wait - wait at most @wait_ns (UINT64_MAX: for ever) and call what is ready
 * @loop: event loop
 * @wait_ns: longest wait
 *
 * Return: number of calls.
 */
int loop_wait(struct loop *loop, uint64_t wait_ns);

#endif /* PVPCID_LOOP_H */
