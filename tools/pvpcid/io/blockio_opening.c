// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: opening a file without waiting for it.
 *
 * Each call of an opening may hang for as long as a server does not answer. So they are
 * a thread's, and who wants the file looks now and then whether it is there; when that
 * takes too long the thread is left to itself, and closes what it gets in the end.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/blockio_engine.h"

#ifndef OPEN_S
#define OPEN_S		10U	/* until then a file has to be open */
#endif
#define AFTER_S		30U	/* one that has to wait for its lock, see blockio_open_after() */
#define THREADS_MAX	512U	/* that have not ended */

/**
 * struct opening - a file on its way
 * @next: in the list
 * @path: as for blockio_open(), as are the next three; owned
 * @readonly: the same
 * @direct: the same
 * @after: the same
 * @deadline_ns: until then
 * @io: the file, NULL if it cannot be opened
 * @err: why not
 * @done: the thread has ended, and @io and @err are there; under the lock
 * @given_up: the thread frees it; under the lock
 */
struct opening {
	struct opening *next;
	char *path;
	bool readonly;
	bool direct;
	bool after;
	uint64_t deadline_ns;
	struct blockio *io;
	struct error err;
	bool done;
	bool given_up;
};

static struct opening *openings;	/* bus thread only */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static unsigned int threads;		/* under the lock */

static void free_opening(struct opening *opening)
{
	if (opening->io)
		blockio_close_file(opening->io);
	free(opening->path);
	free(opening);
}

static void *open_thread(void *arg)
{
	struct opening *opening = arg;
	struct blockio *io = blockio_open_file(opening->path, opening->readonly, opening->direct,
					       opening->after, &opening->err);
	bool given_up;

	pthread_mutex_lock(&lock);
	opening->io = io;
	opening->done = true;
	given_up = opening->given_up;
	threads--;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
	if (given_up)
		free_opening(opening);
	return NULL;
}

/* Return 0, or an errno. */
static int start_thread(struct opening *opening)
{
	pthread_t thread;
	bool room;
	int rc;

	pthread_mutex_lock(&lock);
	room = threads < THREADS_MAX;
	threads += room;
	pthread_mutex_unlock(&lock);
	if (!room)
		return EAGAIN;
	rc = blockio_thread(&thread, open_thread, opening);
	if (!rc)
		return pthread_detach(thread);
	pthread_mutex_lock(&lock);
	threads--;
	pthread_mutex_unlock(&lock);
	return rc;
}

static struct opening **find(const char *path, bool readonly, bool direct)
{
	struct opening **link = &openings;

	while (*link && ((*link)->readonly != readonly || (*link)->direct != direct ||
			 strcmp((*link)->path, path)))
		link = &(*link)->next;
	return link;
}

/* NULL with @err filled when it cannot even be begun. */
static struct opening *begin(const char *path, bool readonly, bool direct, bool after,
			     struct error *err)
{
	struct opening *opening = calloc(1, sizeof(*opening));
	int rc;

	if (opening)
		opening->path = strdup(path);
	if (!opening || !opening->path) {
		free(opening);
		error_set(err, "out of memory");
		return NULL;
	}
	opening->readonly = readonly;
	opening->direct = direct;
	opening->after = after;
	opening->deadline_ns = clock_ns() + (after ? AFTER_S : OPEN_S) * 1000000000ULL;
	rc = start_thread(opening);
	if (rc) {
		error_set(err, "no thread to open %s: %s", path, strerror(rc));
		free_opening(opening);
		return NULL;
	}
	opening->next = openings;
	openings = opening;
	return opening;
}

static bool is_done(const struct opening *opening)
{
	bool done;

	pthread_mutex_lock(&lock);
	done = opening->done;
	pthread_mutex_unlock(&lock);
	return done;
}

bool blockio_ready(const char *path, bool readonly, bool direct, bool after)
{
	const struct opening *opening = *find(path, readonly, direct);

	if (!opening)
		opening = begin(path, readonly, direct, after, NULL);
	/* What cannot be begun is said by who opens it. */
	return !opening || is_done(opening) || clock_ns() >= opening->deadline_ns;
}

static bool wait_for(struct opening *opening)
{
	struct timespec until = {
		.tv_sec = (time_t)(opening->deadline_ns / 1000000000),
		.tv_nsec = (long)(opening->deadline_ns % 1000000000),
	};
	int rc = 0;

	pthread_mutex_lock(&lock);
	while (!opening->done && !rc)
		rc = pthread_cond_clockwait(&ended, &lock, CLOCK_MONOTONIC, &until);
	opening->given_up = !opening->done;
	pthread_mutex_unlock(&lock);
	return !opening->given_up;
}

struct blockio *blockio_opened(const char *path, bool readonly, bool direct, bool after,
			       struct error *err)
{
	struct opening *opening = *find(path, readonly, direct);
	struct blockio *io;

	if (!opening)
		opening = begin(path, readonly, direct, after, err);
	if (!opening)
		return NULL;
	*find(path, readonly, direct) = opening->next;
	if (!wait_for(opening)) {
		error_set(err, "%s cannot be opened: it does not answer for %u s", path,
			  after ? AFTER_S : OPEN_S);
		return NULL;
	}
	io = opening->io;
	if (!io)
		error_set(err, "%s", opening->err.text);
	opening->io = NULL;
	free_opening(opening);
	return io;
}

void blockio_forget(const char *path, bool readonly, bool direct)
{
	struct opening **link = find(path, readonly, direct);
	struct opening *opening = *link;
	bool done;

	if (!opening)
		return;
	*link = opening->next;
	pthread_mutex_lock(&lock);
	done = opening->done;
	opening->given_up = !done;
	pthread_mutex_unlock(&lock);
	if (done)
		free_opening(opening);
}
