// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: flushes, and what is done when one fails.
 *
 * The kernel tells of a failed writeback once for each open file, and drops
 * the dirty pages: a second fdatasync() succeeds although the data is lost
 * (fsync(2); "PostgreSQL vs. fsync", FOSDEM 2019). So the first error is kept
 * with the file and every later flush gets it, too. Of two flushes at one time
 * only one would hear of it: there is one call at a time, and all flushes that
 * come meanwhile share the next.
 *
 * With O_DIRECT there are no pages to drop: each flush asks the device.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "io/blockio_engine.h"

/* All that wait now share one call: what they cover was written before it begins. */
static void start_next(struct blockio *io)
{
	struct blockio_op *first = blockio_list_take(&io->flush_wait);

	io->flush_share = io->flush_wait;
	io->flush_wait.head = NULL;
	io->flushing = true;
	io->dirty = false;
	blockio_op_start(first);
}

void blockio_flush_start(struct blockio_op *op)
{
	struct blockio *io = op->io;

	op->kind = BLOCKIO_FLUSH;
	blockio_list_add(&io->flush_wait, op);
	if (!io->flushing)
		start_next(io);
}

/* Was it a failure that may have cost data? */
static bool is_loss(const struct blockio *io, ssize_t result)
{
	return result < 0 && result != -EAGAIN && result != -EINTR && !io->direct;
}

void blockio_flush_finish(struct blockio_op *op, ssize_t result)
{
	struct blockio *io = op->io;
	struct blockio_list share = io->flush_share;

	if (!result && io->lost)
		result = -io->lost;
	io->dirty |= result < 0;
	if (is_loss(io, result) && !io->lost) {
		io->lost = (int)-result;
		log_error("%s: a flush failed: %s; data may be lost, so all that follow fail, too, until the function is made anew",
			  io->path, strerror(io->lost));
	}
	io->flushing = false;
	if (io->flush_wait.head)
		start_next(io);
	do
		blockio_op_end(op, result < 0 ? result : (ssize_t)op->total);
	while ((op = blockio_list_take(&share)));
}

int blockio_flush(struct blockio *io, blockio_done done, void *arg)
{
	struct blockio_op *op;

	if (io->lost)
		return -io->lost;
	op = blockio_op_new(io, BLOCKIO_FLUSH, done, arg);
	if (!op)
		return -ENOMEM;
	io->stats.flushes++;
	blockio_flush_start(op);
	return 0;
}

bool blockio_dirty(const struct blockio *io)
{
	return io->dirty && !io->lost && !io->readonly;
}

int blockio_lost(const struct blockio *io)
{
	return io->lost;
}
