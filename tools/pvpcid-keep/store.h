/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File descriptors that outlive the process that uses them.
 */
#ifndef KEEP_STORE_H
#define KEEP_STORE_H

#define STORE_NAME_BYTES	64

/**
 * struct stored - one descriptor
 * @name: as FDNAME= said
 * @fd: ours
 */
struct stored {
	char name[STORE_NAME_BYTES];
	int fd;
};

/**
 * struct store - all of them
 * @entries: in the order in which they came
 * @count: of them
 * @room: of @entries
 */
struct store {
	struct stored *entries;
	unsigned int count;
	unsigned int room;
};

/**
 * store_put - keep a descriptor, in the place of one of the same name
 * @store: the store
 * @name: ASCII without colons; longer ones are cut
 * @fd: ours from now on, whatever becomes of it
 *
 * Return: 0, or -1 when there is no memory or there are STORE_MAX already.
 */
int store_put(struct store *store, const char *name, int fd);

/** store_drop - close what has that name */
void store_drop(struct store *store, const char *name);

/**
 * store_pass - in a child: descriptors from 3 on, and the environment that names them
 * @store: the store
 *
 * Return: 0, or -1 with errno. Source: sd_listen_fds(3).
 */
int store_pass(const struct store *store);

/** store_close - close all */
void store_close(struct store *store);

#endif /* KEEP_STORE_H */
