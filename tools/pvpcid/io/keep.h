/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors that outlive us: somebody keeps them, and gives them to the next pvpcid.
 *
 * The keeper is systemd or pvpcid-keep(8): the same protocol, see
 * sd_pid_notify_with_fds(3) and sd_listen_fds(3).
 */
#ifndef PVPCID_KEEP_H
#define PVPCID_KEEP_H

#include <stdbool.h>

#define KEEP_PREFIX	"pvpci-"	/* of all names */

/**
 * keep_open - take what was kept for us and what was opened for us
 *
 * Once, before any other of these; tells socket_pass() of what is not ours.
 */
void keep_open(void);

/** keep_there - is there somebody who keeps? */
bool keep_there(void);

/**
 * keep_find - a descriptor that the one before us had stored
 * @name: KEEP_PREFIX and more
 *
 * Return: the descriptor, ours from now on, or -1. A second call finds nothing.
 */
int keep_find(const char *name);

/**
 * keep_put - store a descriptor, in the place of one of the same name
 * @name: KEEP_PREFIX and more, up to 63 bytes of ASCII, without colons
 * @fd: stays ours, too
 *
 * Nothing happens without a keeper.
 */
void keep_put(const char *name, int fd);

/** keep_drop - have the keeper close what has that name */
void keep_drop(const char *name);

/**
 * keep_drop_all - all that was stored, by us or before
 * @but: what begins so stays; NULL for nothing
 */
void keep_drop_all(const char *but);

#endif /* PVPCID_KEEP_H */
