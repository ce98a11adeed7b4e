// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: operations on one open file or block device.
 *
 * Everything but the engines' insides runs in the bus thread. A transfer that
 * comes out short is continued, an operation that the file system does not
 * know is replaced by one with the same effect, and memory that O_DIRECT
 * cannot use, or that may be taken back meanwhile, is copied.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/blockio_engine.h"

#define NOWAIT_BYTES	(64 * 1024)	/* longer reads: the copy alone is worth a batch */
#define COPY_BYTES	(32 * 1024)	/* from here on one more copy costs more than a call */
#define NOWAIT_MISSES	8		/* after so many in a row, ... */
#define NOWAIT_SKIP	64		/* ... so many reads go without trying */
#define RETRIES		100		/* of EAGAIN and EINTR */

struct blockio_op *blockio_op_new(struct blockio *io, enum blockio_kind kind,
				  blockio_done done, void *arg)
{
	struct blockio_op *op = io->idle;
	void *spare;

	if (op)
		io->idle = op->next;
	else
		op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	spare = op->spare;
	*op = (struct blockio_op){
		.io = io, .kind = kind, .spare = spare, .done = done, .arg = arg,
	};
	io->under_way++;
	return op;
}

void blockio_op_free(struct blockio_op *op)
{
	struct blockio *io = op->io;

	free(op->own);
	if (op->bounce)
		io->bounce_bytes -= op->total;
	if (op->bounce != op->spare)
		free(op->bounce);
	io->under_way--;
	op->next = io->idle;
	io->idle = op;
}

void blockio_op_start(struct blockio_op *op)
{
	op->io->unpushed++;
	op->io->engine->start(op->io, op);
}

void blockio_op_end(struct blockio_op *op, ssize_t result)
{
	blockio_done done = op->done;
	void *arg = op->arg;

	if (op->kind == BLOCKIO_WRITE || op->kind == BLOCKIO_ALLOCATE)
		op->io->dirty = true;
	if (op->bounce && op->kind == BLOCKIO_READ && result > 0) {
		if (!op->lent || op->lent(arg))
			blockio_bounce_back(op, (size_t)result);
		else
			result = -ECANCELED;
	}
	blockio_op_free(op);
	done(arg, result);
}

/* Continue a short transfer with what is left of the vector. */
static int op_advance(struct blockio_op *op, size_t done)
{
	struct iovec *iov;

	if (!op->own) {
		op->own = malloc((size_t)op->count * sizeof(*op->own));
		if (!op->own)
			return -ENOMEM;
		memcpy(op->own, op->iov, (size_t)op->count * sizeof(*op->own));
		op->iov = op->own;
	}
	op->offset += done;
	op->bytes -= done;
	iov = (struct iovec *)op->iov;
	while (done >= iov->iov_len) {
		done -= iov->iov_len;
		iov++;
		op->count--;
	}
	iov->iov_base = (uint8_t *)iov->iov_base + done;
	iov->iov_len -= done;
	op->iov = iov;
	return 0;
}

void blockio_finish(struct blockio_op *op, ssize_t result)
{
	if ((result == -EAGAIN || result == -EINTR) && op->retries < RETRIES) {
		op->retries++;
		blockio_op_start(op);
		return;
	}
	if (op->zero) {
		blockio_zero_finish(op, result);
		return;
	}
	if (op->kind == BLOCKIO_FLUSH) {
		blockio_flush_finish(op, result);
		return;
	}
	if (result < 0) {
		blockio_op_end(op, result);
	} else if ((uint64_t)result >= op->bytes && op->durable && !op->io->direct) {
		/* A step of its own: a write that was refused is not a flush that failed. */
		blockio_flush_start(op);
	} else if (!result || (uint64_t)result >= op->bytes) {
		/* All, or the end of the file: as much as there was. */
		blockio_op_end(op, (ssize_t)(op->total - op->bytes + (uint64_t)result));
	} else if (op_advance(op, (size_t)result)) {
		blockio_op_end(op, -ENOMEM);
	} else {
		blockio_op_start(op);
	}
}

ssize_t blockio_perform(const struct blockio_op *op)
{
	int file = op->io->file;
	ssize_t result;

	switch (op->kind) {
	case BLOCKIO_READ:
		result = preadv(file, op->iov, op->count, (off_t)op->offset);
		break;
	case BLOCKIO_WRITE:
		result = pwritev2(file, op->iov, op->count, (off_t)op->offset,
				  op->durable && op->io->direct ? RWF_DSYNC : 0);
		break;
	case BLOCKIO_FLUSH:
		result = fdatasync(file);
		break;
	case BLOCKIO_PROTECT:
	case BLOCKIO_UNPROTECT:
		result = blockio_set_protected(op->io, op->kind == BLOCKIO_PROTECT);
		break;
	case BLOCKIO_RESIZE:
		/* Not smaller, whatever happened since that was looked at. */
		result = blockio_bytes(op->io) > op->bytes ? 0 : ftruncate(file, (off_t)op->bytes);
		result = result ? result : fsync(file);
		break;
	default:
		result = fallocate(file, op->mode, (off_t)op->offset, (off_t)op->bytes);
		break;
	}
	return result < 0 ? -errno : result;
}

/* Is a system call for this read alone cheaper than a share in the engine's? */
static bool is_worth_trying(const struct blockio_op *op)
{
	const struct blockio *io = op->io;

	if (op->lent && op->bytes >= COPY_BYTES)
		return true;
	return !io->unpushed && !io->ready.head && op->bytes <= NOWAIT_BYTES;
}

/*
 * A read that is in the page cache and not part of a batch needs no engine, nor does one
 * that the engine would have to copy once more. Whether it finished (completely: anything
 * else goes to the engine).
 */
static bool read_now(struct blockio_op *op)
{
	struct blockio *io = op->io;
	ssize_t result;

	if (!io->nowait || !is_worth_trying(op))
		return false;
	if (io->nowait_skip) {
		io->nowait_skip--;
		return false;
	}
	result = preadv2(io->file, op->iov, op->count, (off_t)op->offset, RWF_NOWAIT);
	if (result == (ssize_t)op->bytes) {
		io->nowait_misses = 0;
		io->stats.reads_now++;
		op->result = result;
		blockio_list_add(&io->ready, op);
		return true;
	}
	if (result < 0 && errno == EOPNOTSUPP)
		io->nowait = false;
	if (++io->nowait_misses >= NOWAIT_MISSES)
		io->nowait_skip = NOWAIT_SKIP;
	return false;
}

static struct blockio_op *new_transfer(struct blockio *io, enum blockio_kind kind,
				       const struct iovec *iov, int count, uint64_t offset,
				       blockio_done done, void *arg)
{
	struct blockio_op *op = blockio_op_new(io, kind, done, arg);
	int i;

	if (!op)
		return NULL;
	op->iov = iov;
	op->count = count;
	op->offset = offset;
	for (i = 0; i < count; i++)
		op->bytes += iov[i].iov_len;
	op->total = op->bytes;
	return op;
}

static int start_transfer(struct blockio_op *op)
{
	int rc;

	if (op->kind == BLOCKIO_READ && read_now(op))
		return 0;
	if (op->lent || blockio_bounce_needed(op->io, op->iov, op->count)) {
		rc = blockio_bounce_start(op);
		if (rc)
			blockio_op_free(op);
		return rc;
	}
	blockio_op_start(op);
	return 0;
}

int blockio_readv_lent(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		       blockio_lent lent, blockio_done done, void *arg)
{
	struct blockio_op *op = new_transfer(io, BLOCKIO_READ, iov, count, offset, done, arg);

	if (!op)
		return -ENOMEM;
	op->lent = lent;
	io->stats.reads++;
	return start_transfer(op);
}

int blockio_readv(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		  blockio_done done, void *arg)
{
	return blockio_readv_lent(io, iov, count, offset, NULL, done, arg);
}

static int write_from(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		      bool durable, blockio_done done, void *arg)
{
	struct blockio_op *op = new_transfer(io, BLOCKIO_WRITE, iov, count, offset, done, arg);

	if (!op)
		return -ENOMEM;
	op->durable = durable;
	io->stats.writes++;
	return start_transfer(op);
}

int blockio_writev(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		   blockio_done done, void *arg)
{
	return write_from(io, iov, count, offset, false, done, arg);
}

int blockio_writev_durable(struct blockio *io, const struct iovec *iov, int count,
			   uint64_t offset, blockio_done done, void *arg)
{
	if (io->lost)
		return -io->lost;
	return write_from(io, iov, count, offset, true, done, arg);
}

void blockio_push(struct blockio *io)
{
	if (io->unpushed)
		io->engine->push(io);
}

bool blockio_poll(struct blockio *io)
{
	struct blockio_list ready = io->ready;
	struct blockio_op *op;
	bool found = ready.head;

	if (!io->under_way)
		return false;
	blockio_push(io);
	/* What finishes from here on is for the next poll: the bus's turn must end. */
	io->ready.head = NULL;
	while ((op = blockio_list_take(&ready)))
		blockio_op_end(op, op->result);
	found |= io->engine->reap(io);
	found |= blockio_aside_reap(io);
	blockio_bounce_more(io);
	blockio_push(io);
	/*
	 * The bus spins, and what it waits for may be a thread that the kernel
	 * woke on this processor: it must not wait for the end of our time slice.
	 */
	if (!found)
		sched_yield();
	return found;
}

bool blockio_idle(const struct blockio *io)
{
	return !io->under_way;
}

void blockio_drain(struct blockio *io)
{
	while (io->under_way) {
		if (!blockio_poll(io) && io->under_way)
			io->engine->wait(io);
	}
}

int blockio_fd(const struct blockio *io)
{
	return io->engine->fd(io);
}
