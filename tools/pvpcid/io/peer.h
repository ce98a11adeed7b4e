/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The process at the other end of the ivshmem socket.
 */
#ifndef PVPCID_PEER_H
#define PVPCID_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/** peer_of_socket - process behind a connected UNIX socket, 0 when not known */
pid_t peer_of_socket(int fd);

/**
 * peer_find_ram - the file that backs the guest's RAM
 * @err: filled on failure
 * @peer: QEMU's process
 * @path: filled with a path below /proc that opens it
 * @bytes: room in @path
 *
 * It is the largest file, memfd included, that @peer maps shared and writable
 * and that is not the bus's own memory: what is done for a guest that does not tell.
 * Needs @peer's user and group.
 * Return: 0, or -1 with @err filled.
 */
int peer_find_ram(pid_t peer, char *path, size_t bytes, struct error *err);

/**
 * peer_each_ram - all files that may be the guest's RAM
 * @peer: QEMU's process
 * @call: gets @context, a descriptor that is closed afterwards, and the file's length;
 *	returns 0 to go on, anything else to stop
 * @context: passed to @call
 * @err: filled on failure
 *
 * They are those that @peer maps shared and writable, but for the bus's own memory. Needs
 * @peer's user and group.
 * Return: what @call has returned last, 0 when there is none, -1 with @err filled; also
 * when none was it, and one could not be opened.
 */
int peer_each_ram(pid_t peer, int (*call)(void *context, int fd, uint64_t bytes), void *context,
		  struct error *err);

#endif /* PVPCID_PEER_H */
