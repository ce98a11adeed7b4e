// SPDX-License-Identifier: GPL-2.0
/*
 * File descriptors that outlive the process that uses them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

#define STORE_MAX	4096U
#define PASS_FIRST	3

static struct stored *find(const struct store *store, const char *name)
{
	unsigned int i;

	for (i = 0; i < store->count; i++)
		if (!strncmp(store->entries[i].name, name, STORE_NAME_BYTES - 1))
			return &store->entries[i];
	return NULL;
}

static struct stored *add(struct store *store)
{
	unsigned int room = store->room ? store->room * 2 : 64;
	struct stored *entries;

	if (store->count == STORE_MAX)
		return NULL;
	if (store->count == store->room) {
		entries = reallocarray(store->entries, room, sizeof(*entries));
		if (!entries)
			return NULL;
		store->entries = entries;
		store->room = room;
	}
	return &store->entries[store->count++];
}

int store_put(struct store *store, const char *name, int fd)
{
	struct stored *entry = find(store, name);

	if (entry) {
		close(entry->fd);
	} else {
		entry = add(store);
		if (!entry) {
			close(fd);
			return -1;
		}
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
	entry->fd = fd;
	return 0;
}

void store_drop(struct store *store, const char *name)
{
	struct stored *entry = find(store, name);

	if (!entry)
		return;
	close(entry->fd);
	store->count--;
	memmove(entry, entry + 1,
		(size_t)(store->entries + store->count - entry) * sizeof(*entry));
}

static int pass_names(const struct store *store)
{
	char *names = malloc(store->count * STORE_NAME_BYTES + 1);
	char number[16];
	char *end = names;
	unsigned int i;
	int ret;

	if (!names)
		return -1;
	*end = '\0';
	for (i = 0; i < store->count; i++)
		end += sprintf(end, "%s%s", i ? ":" : "", store->entries[i].name);
	ret = setenv("LISTEN_FDNAMES", names, 1);
	free(names);
	snprintf(number, sizeof(number), "%u", store->count);
	if (ret || setenv("LISTEN_FDS", number, 1))
		return -1;
	snprintf(number, sizeof(number), "%d", (int)getpid());
	return setenv("LISTEN_PID", number, 1);
}

int store_pass(const struct store *store)
{
	int last = PASS_FIRST + (int)store->count;
	unsigned int i;

	if (!store->count)
		return 0;
	/* Out of the way first: one's place may be another's number. */
	for (i = 0; i < store->count; i++) {
		store->entries[i].fd = fcntl(store->entries[i].fd, F_DUPFD_CLOEXEC, last);
		if (store->entries[i].fd < 0)
			return -1;
	}
	for (i = 0; i < store->count; i++)
		if (dup2(store->entries[i].fd, PASS_FIRST + (int)i) < 0)
			return -1;
	return pass_names(store);
}

void store_close(struct store *store)
{
	unsigned int i;

	for (i = 0; i < store->count; i++)
		close(store->entries[i].fd);
	free(store->entries);
	memset(store, 0, sizeof(*store));
}
