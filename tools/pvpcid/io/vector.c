// SPDX-License-Identifier: GPL-2.0
/*
 * Transport vectors: eventfds that interrupt the guest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "io/keep.h"
#include "io/vector.h"

int vectors_open(struct vectors *vectors, unsigned int count, struct error *err)
{
	unsigned int i;

	memset(vectors, 0, sizeof(*vectors));
	vectors->fd = calloc(count, sizeof(*vectors->fd));
	vectors->rung = calloc(count, sizeof(*vectors->rung));
	vectors->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!vectors->fd || !vectors->rung || vectors->doorbell < 0) {
		error_set(err, "cannot make the doorbell: %s", strerror(errno));
		vectors_close(vectors);
		return -1;
	}
	for (i = 0; i < count; i++) {
		vectors->fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (vectors->fd[i] < 0) {
			error_set(err, "cannot make transport vector %u of %u: %s", i, count,
				  strerror(errno));
			vectors_close(vectors);
			return -1;
		}
		vectors->count++;
	}
	return 0;
}

/* The doorbell comes after the vectors. */
static const char *keep_name(char *name, size_t bytes, uint32_t generation, unsigned int vector)
{
	snprintf(name, bytes, KEEP_PREFIX "vector-%08x-%u", generation, vector);
	return name;
}

void vectors_store(const struct vectors *vectors, uint32_t generation)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < vectors->count; i++)
		keep_put(keep_name(name, sizeof(name), generation, i), vectors->fd[i]);
	keep_put(keep_name(name, sizeof(name), generation, i), vectors->doorbell);
}

void vectors_drop(unsigned int count, uint32_t generation)
{
	char name[64];
	unsigned int i;

	for (i = 0; i <= count; i++)
		keep_drop(keep_name(name, sizeof(name), generation, i));
}

int vectors_adopt(struct vectors *vectors, unsigned int count, uint32_t generation)
{
	char name[64];

	memset(vectors, 0, sizeof(*vectors));
	vectors->fd = calloc(count, sizeof(*vectors->fd));
	vectors->rung = calloc(count, sizeof(*vectors->rung));
	vectors->doorbell = keep_find(keep_name(name, sizeof(name), generation, count));
	while (vectors->fd && vectors->rung && vectors->count < count) {
		int fd = keep_find(keep_name(name, sizeof(name), generation, vectors->count));

		if (fd < 0)
			break;
		vectors->fd[vectors->count++] = fd;
	}
	if (vectors->doorbell >= 0 && vectors->count == count)
		return 0;
	vectors_close(vectors);
	return -1;
}

void vectors_close(struct vectors *vectors)
{
	unsigned int i;

	if (!vectors->fd)
		return;
	for (i = 0; i < vectors->count; i++)
		close(vectors->fd[i]);
	if (vectors->doorbell >= 0)
		close(vectors->doorbell);
	free(vectors->fd);
	free(vectors->rung);
	memset(vectors, 0, sizeof(*vectors));
	vectors->doorbell = -1;
}

void vectors_ring(struct vectors *vectors, unsigned int vector)
{
	uint64_t one = 1;

	/* A full counter (nobody reads it) is a vector that is pending already. */
	if (write(vectors->fd[vector], &one, sizeof(one)) < 0 && errno != EAGAIN)
		return;
	vectors->rung[vector]++;
	vectors->rings++;
}
