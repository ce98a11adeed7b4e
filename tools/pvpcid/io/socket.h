/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Listening UNIX sockets.
 */
#ifndef PVPCID_SOCKET_H
#define PVPCID_SOCKET_H

#include <sys/types.h>

struct error;

/**
 * socket_listen - make a listening UNIX socket
 * @path: a stale one is replaced, one in use is not
 * @mode: of the file
 * @err: filled on failure
 *
 * Return: its descriptor, or -1 with @err filled.
 */
int socket_listen(const char *path, mode_t mode, struct error *err);

#endif /* PVPCID_SOCKET_H */
