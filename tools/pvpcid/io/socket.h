/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Listening UNIX sockets.
 */
#ifndef PVPCID_SOCKET_H
#define PVPCID_SOCKET_H

#define SOCKET_PASSED	8

struct error;

/**
 * socket_listen - make a listening UNIX socket, or take the one that was passed
 * @path: a stale one is replaced, one in use is not; its last directory is made
 *	where it is missing
 * @group: whose members may connect, too; NULL: only the daemon's user
 * @err: filled on failure
 *
 * It is left to the keeper, and the one that a pvpcid before us had left is taken.
 * Return: its descriptor, or -1 with @err filled.
 */
int socket_listen(const char *path, const char *group, struct error *err);

/**
 * socket_unlisten - close what socket_listen() returned
 * @fd: the descriptor
 * @path: as it was given; a socket that was passed keeps its name, since the service
 *	manager listens on
 */
void socket_unlisten(int fd, const char *path);

/**
 * socket_pass - tell of a descriptor that a service manager has opened
 * @fd: before the first socket_listen(); of those that came to more than
 *	SOCKET_PASSED, and of those at other addresses, nobody takes notice
 *
 * Source: sd_listen_fds(3).
 */
void socket_pass(int fd);

#endif /* PVPCID_SOCKET_H */
