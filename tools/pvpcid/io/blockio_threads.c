// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O through threads, where io_uring is not allowed: one pool for all
 * files of the daemon, started with the first file and stopped with the last.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <unistd.h>

#include "io/blockio_engine.h"

#define POOL_THREADS	8

/**
 * struct file_state - the engine's state for one file
 * @event: counts finished operations
 * @done: finished, under pool.lock
 * @batch: started, not pushed yet; bus thread only
 */
struct file_state {
	int event;
	struct blockio_list done;
	struct blockio_list batch;
};

static struct {
	pthread_mutex_t lock;		/* protects everything here and file_state.done */
	pthread_cond_t work;
	struct blockio_list todo;
	pthread_t thread[POOL_THREADS];
	unsigned int threads;
	unsigned int files;
	bool stop;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
};

static void *pool_main(void *arg)
{
	const uint64_t one = 1;

	(void)arg;
	pthread_mutex_lock(&pool.lock);
	while (!pool.stop) {
		struct blockio_op *op = blockio_list_take(&pool.todo);
		struct file_state *state;
		bool first;

		if (!op) {
			pthread_cond_wait(&pool.work, &pool.lock);
			continue;
		}
		pthread_mutex_unlock(&pool.lock);
		op->result = blockio_perform(op);
		pthread_mutex_lock(&pool.lock);
		state = op->io->state;
		first = !state->done.head;
		blockio_list_add(&state->done, op);
		if (first && write(state->event, &one, sizeof(one)) < 0)
			continue;	/* the counter is full: readable anyway */
	}
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

static void pool_stop(void)
{
	unsigned int i;

	pthread_mutex_lock(&pool.lock);
	pool.stop = true;
	pthread_cond_broadcast(&pool.work);
	pthread_mutex_unlock(&pool.lock);
	for (i = 0; i < pool.threads; i++)
		pthread_join(pool.thread[i], NULL);
	pool.threads = 0;
	pool.stop = false;
}

static int pool_start(void)
{
	sigset_t all, old;
	int rc = 0;

	/* Signals are for the bus thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (pool.threads < POOL_THREADS && !rc) {
		rc = pthread_create(&pool.thread[pool.threads], NULL, pool_main, NULL);
		if (!rc)
			pool.threads++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pool.threads ? 0 : -rc;
}

static int threads_open(struct blockio *io)
{
	struct file_state *state = calloc(1, sizeof(*state));
	int rc;

	if (!state)
		return -ENOMEM;
	state->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (state->event < 0) {
		rc = -errno;
		goto free_state;
	}
	if (!pool.files) {
		rc = pool_start();
		if (rc)
			goto close_event;
	}
	pool.files++;
	io->state = state;
	return 0;

close_event:
	close(state->event);
free_state:
	free(state);
	return rc;
}

static void threads_close(struct blockio *io)
{
	struct file_state *state = io->state;

	if (!--pool.files)
		pool_stop();
	close(state->event);
	free(state);
}

static void threads_start(struct blockio *io, struct blockio_op *op)
{
	struct file_state *state = io->state;

	blockio_list_add(&state->batch, op);
}

static void threads_push(struct blockio *io)
{
	struct file_state *state = io->state;
	struct blockio_op *op;

	pthread_mutex_lock(&pool.lock);
	while ((op = blockio_list_take(&state->batch))) {
		blockio_list_add(&pool.todo, op);
		pthread_cond_signal(&pool.work);
	}
	pthread_mutex_unlock(&pool.lock);
	io->unpushed = 0;
}

static bool threads_reap(struct blockio *io)
{
	struct file_state *state = io->state;
	struct blockio_list done;
	struct blockio_op *op;
	uint64_t count;
	bool found = false;

	/* Without the lock: a stale NULL only means "next time". */
	if (!__atomic_load_n(&state->done.head, __ATOMIC_RELAXED))
		return false;
	pthread_mutex_lock(&pool.lock);
	done = state->done;
	state->done.head = NULL;
	if (read(state->event, &count, sizeof(count)) < 0)
		count = 0;
	pthread_mutex_unlock(&pool.lock);
	while ((op = blockio_list_take(&done))) {
		blockio_finish(op, op->result);
		found = true;
	}
	return found;
}

static void threads_wait(struct blockio *io)
{
	struct file_state *state = io->state;
	struct pollfd event = { .fd = state->event, .events = POLLIN };

	poll(&event, 1, 100);
}

static int threads_fd(const struct blockio *io)
{
	const struct file_state *state = io->state;

	return state->event;
}

const struct blockio_engine blockio_threads = {
	.name = "threads",
	.open = threads_open,
	.close = threads_close,
	.start = threads_start,
	.push = threads_push,
	.reap = threads_reap,
	.wait = threads_wait,
	.fd = threads_fd,
};
