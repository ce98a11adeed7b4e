/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The process at the other end of the ivshmem socket.
 */
#ifndef PVPCID_PEER_H
#define PVPCID_PEER_H

#include <stddef.h>
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
 * and that is not the bus's own memory. Needs @peer's user and group.
 * Return: 0, or -1 with @err filled.
 */
int peer_find_ram(pid_t peer, char *path, size_t bytes, struct error *err);

#endif /* PVPCID_PEER_H */
