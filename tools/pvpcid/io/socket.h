/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Listening UNIX sockets.
 */
#ifndef PVPCID_SOCKET_H
#define PVPCID_SOCKET_H

struct error;

/**
 * socket_listen - make a listening UNIX socket
 * @path: a stale one is replaced, one in use is not; its last directory is made
 *	where it is missing
 * @group: whose members may connect, too; NULL: only the daemon's user
 * @err: filled on failure
 *
 * Return: its descriptor, or -1 with @err filled.
 */
int socket_listen(const char *path, const char *group, struct error *err);

#endif /* PVPCID_SOCKET_H */
