// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O through threads, where io_uring is not allowed. Each file has
 * threads of its own, so that calls that hang on one take nobody else's; they
 * are started when there is work for them and end with the file.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <unistd.h>

#include "io/blockio_engine.h"

#define FILE_THREADS	8	/* of one file, at most */

/**
 * struct file_state - the engine's state for one file
 * @event: counts finished operations
 * @batch: started, not pushed yet; bus thread only
 * @thread: those that were started; bus thread only
 * @threads: number of @thread; bus thread only
 * @lock: protects all that follows
 * @work: there is something in @todo, or @stop
 * @todo: pushed, and no thread has it yet
 * @waiting: operations in @todo
 * @free: threads that have none
 * @done: finished
 * @stop: the threads end
 */
struct file_state {
	int event;
	struct blockio_list batch;
	pthread_t thread[FILE_THREADS];
	unsigned int threads;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct blockio_list todo;
	unsigned int waiting;
	unsigned int free;
	struct blockio_list done;
	bool stop;
};

static void *file_thread(void *arg)
{
	struct file_state *state = arg;
	const uint64_t one = 1;

	pthread_mutex_lock(&state->lock);
	while (!state->stop) {
		struct blockio_op *op = blockio_list_take(&state->todo);
		bool first;

		if (!op) {
			pthread_cond_wait(&state->work, &state->lock);
			continue;
		}
		state->waiting--;
		state->free--;
		pthread_mutex_unlock(&state->lock);
		op->result = blockio_perform(op);
		pthread_mutex_lock(&state->lock);
		state->free++;
		first = !state->done.head;
		blockio_list_add(&state->done, op);
		if (first && write(state->event, &one, sizeof(one)) < 0)
			continue;	/* the counter is full: readable anyway */
	}
	pthread_mutex_unlock(&state->lock);
	return NULL;
}

/* One more thread. Return 0, or an errno. */
static int add_thread(struct file_state *state)
{
	int rc = blockio_thread(&state->thread[state->threads], file_thread, state);

	if (rc)
		return rc;
	state->threads++;
	pthread_mutex_lock(&state->lock);
	state->free++;
	pthread_mutex_unlock(&state->lock);
	return 0;
}

static int threads_open(struct blockio *io)
{
	struct file_state *state = calloc(1, sizeof(*state));
	int rc;

	if (!state)
		return -ENOMEM;
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->work, NULL);
	state->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (state->event < 0) {
		rc = errno;
		goto free_state;
	}
	/* With one of them everything gets done. */
	rc = add_thread(state);
	if (rc)
		goto close_event;
	io->state = state;
	return 0;

close_event:
	close(state->event);
free_state:
	pthread_cond_destroy(&state->work);
	pthread_mutex_destroy(&state->lock);
	free(state);
	return -rc;
}

static void threads_close(struct blockio *io)
{
	struct file_state *state = io->state;
	unsigned int i;

	pthread_mutex_lock(&state->lock);
	state->stop = true;
	pthread_cond_broadcast(&state->work);
	pthread_mutex_unlock(&state->lock);
	for (i = 0; i < state->threads; i++)
		pthread_join(state->thread[i], NULL);
	close(state->event);
	pthread_cond_destroy(&state->work);
	pthread_mutex_destroy(&state->lock);
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
	unsigned int more;

	pthread_mutex_lock(&state->lock);
	while ((op = blockio_list_take(&state->batch))) {
		blockio_list_add(&state->todo, op);
		state->waiting++;
		pthread_cond_signal(&state->work);
	}
	more = state->waiting > state->free ? state->waiting - state->free : 0;
	pthread_mutex_unlock(&state->lock);
	while (more-- && state->threads < FILE_THREADS && !add_thread(state))
		;
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
	pthread_mutex_lock(&state->lock);
	done = state->done;
	state->done.head = NULL;
	if (read(state->event, &count, sizeof(count)) < 0)
		count = 0;
	pthread_mutex_unlock(&state->lock);
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
