// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: what io_uring cannot do for us and a server may not answer: protecting a
 * file, making it larger, and closing it. A thread of its own does each, and it is looked
 * for its end.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/blockio_engine.h"

int blockio_thread(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, old;
	int rc;

	/* Signals are for the bus thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static void *aside_thread(void *arg)
{
	struct blockio_op *op = arg;

	op->result = blockio_perform(op);
	__atomic_store_n(&op->io->aside_done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int start(struct blockio *io, enum blockio_kind kind, uint64_t bytes, blockio_done done,
		 void *arg)
{
	struct blockio_op *op;
	int rc;

	if (io->aside)
		return -EBUSY;
	op = blockio_op_new(io, kind, done, arg);
	if (!op)
		return -ENOMEM;
	op->bytes = bytes;
	io->aside_done = false;
	rc = blockio_thread(&io->aside_thread, aside_thread, op);
	if (rc) {
		blockio_op_free(op);
		return -rc;
	}
	io->aside = op;
	return 0;
}

int blockio_protect(struct blockio *io, bool protect, blockio_done done, void *arg)
{
	return start(io, protect ? BLOCKIO_PROTECT : BLOCKIO_UNPROTECT, 0, done, arg);
}

int blockio_grow(struct blockio *io, uint64_t bytes, blockio_done done, void *arg)
{
	if (io->device || io->readonly)
		return -EBADF;
	return bytes < blockio_bytes(io) || bytes > INT64_MAX ? -EINVAL :
	       start(io, BLOCKIO_RESIZE, bytes, done, arg);
}

bool blockio_aside_reap(struct blockio *io)
{
	struct blockio_op *op = io->aside;

	if (!op || !__atomic_load_n(&io->aside_done, __ATOMIC_ACQUIRE))
		return false;
	/* It has nothing left to do but to end. */
	pthread_join(io->aside_thread, NULL);
	io->aside = NULL;
	blockio_op_end(op, op->result);
	return true;
}

/* What the last flush could not write, and nobody was told of. */
static void close_file(struct blockio *io)
{
	if (blockio_dirty(io) && fdatasync(io->file))
		log_error("%s: the last flush failed: %s", io->path, strerror(errno));
	close(io->file);
}

static void *close_thread(void *arg)
{
	struct blockio *io = arg;

	close_file(io);
	__atomic_store_n(&io->aside_done, true, __ATOMIC_RELEASE);
	return NULL;
}

bool blockio_closed(struct blockio *io)
{
	if (io->under_way)
		return false;
	if (!io->closing) {
		io->aside_done = false;
		io->closing = true;
		/* Without a thread blockio_close() does it. */
		io->closes = !blockio_thread(&io->aside_thread, close_thread, io);
	}
	return !io->closes || __atomic_load_n(&io->aside_done, __ATOMIC_ACQUIRE);
}

void blockio_close_last(struct blockio *io)
{
	if (io->closes)
		pthread_join(io->aside_thread, NULL);
	else
		close_file(io);
}
