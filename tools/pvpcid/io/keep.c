// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that outlive us: somebody keeps them, and gives them to the next pvpcid.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/keep.h"
#include "io/socket.h"

#define NAME_BYTES	64

/**
 * struct kept - a descriptor that the keeper has
 * @name: as it was stored
 * @fd: as it was given to us, -1 once somebody has taken it or when we stored it
 */
struct kept {
	char name[NAME_BYTES];
	int fd;
};

static struct {
	struct kept *entries;
	unsigned int count;
} all;

static struct kept *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < all.count; i++)
		if (!strcmp(all.entries[i].name, name))
			return &all.entries[i];
	return NULL;
}

static void remember(const char *name, int fd)
{
	struct kept *entry = find(name);
	struct kept *entries;

	if (!entry) {
		entries = reallocarray(all.entries, all.count + 1, sizeof(*entries));
		if (!entries)
			return;
		all.entries = entries;
		entry = &entries[all.count++];
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
	entry->fd = fd;
}

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

static int tell(const char *what, const char *name, const int *fd)
{
	char message[NAME_BYTES + 64];

	/* FDPOLL: one that hung up is for us to find out about. */
	snprintf(message, sizeof(message), "%s=1\nFDNAME=%s%s", what, name,
		 fd ? "\nFDPOLL=0" : "");
	return sd_pid_notify_with_fds(0, 0, message, fd, fd ? 1 : 0);
}

void keep_open(void)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(0, &names);
	int i;

	for (i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		/* What we have stored has our names; the rest was opened for us. */
		if (strncmp(names[i], KEEP_PREFIX, strlen(KEEP_PREFIX)))
			socket_pass(fd);
		else
			remember(names[i], fd);
		free(names[i]);
	}
	free(names);
}

bool keep_there(void)
{
	return getenv("NOTIFY_SOCKET");
}
#else
static int tell(const char *what, const char *name, const int *fd)
{
	(void)what;
	(void)name;
	(void)fd;
	return 0;
}

void keep_open(void)
{
}

bool keep_there(void)
{
	return false;
}
#endif

int keep_find(const char *name)
{
	struct kept *entry = find(name);
	int fd = entry ? entry->fd : -1;

	if (fd >= 0)
		entry->fd = -1;
	return fd;
}

void keep_put(const char *name, int fd)
{
	if (!keep_there() || tell("FDSTORE", name, &fd) <= 0)
		return;
	remember(name, -1);
}

static void forget(struct kept *entry)
{
	tell("FDSTOREREMOVE", entry->name, NULL);
	if (entry->fd >= 0)
		close(entry->fd);
	*entry = all.entries[--all.count];
}

void keep_drop(const char *name)
{
	struct kept *entry = find(name);

	if (entry)
		forget(entry);
}

void keep_drop_all(const char *but)
{
	unsigned int i = all.count;

	while (i--)
		if (!but || strncmp(all.entries[i].name, but, strlen(but)))
			forget(&all.entries[i]);
	if (all.count)
		return;
	free(all.entries);
	all.entries = NULL;
}
