// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: zero or give back a range, in the best way the file system knows.
 *
 * fallocate() does the same on block devices as BLKZEROOUT does, and is
 * asynchronous through io_uring, which an ioctl is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>

#include "io/blockio_engine.h"

#define ZERO_BYTES	(256 * 1024)

/* blockio_op.zero: ways to write zeroes, in the order they are tried. */
enum {
	ZERO_NONE,
	ZERO_PUNCH,		/* give the space back */
	ZERO_RANGE,		/* keep the space */
	ZERO_WRITE,
};

static uint8_t zeroes[ZERO_BYTES] __attribute__((aligned(4096)));

/* The next way to zero what is left; there is always ZERO_WRITE. */
static void zero_start(struct blockio_op *op)
{
	op->kind = BLOCKIO_ALLOCATE;
	switch (op->zero) {
	case ZERO_PUNCH:
		op->mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		break;
	case ZERO_RANGE:
		op->mode = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
		break;
	default:
		op->kind = BLOCKIO_WRITE;
		op->own->iov_base = zeroes;
		op->own->iov_len = op->bytes < ZERO_BYTES ? op->bytes : ZERO_BYTES;
		op->iov = op->own;
		op->count = 1;
		break;
	}
	blockio_op_start(op);
}

void blockio_zero_finish(struct blockio_op *op, ssize_t result)
{
	if (op->kind == BLOCKIO_ALLOCATE) {
		bool unknown = result == -EOPNOTSUPP || result == -ENOSYS ||
			       result == -EINVAL || result == -ENODEV;

		if (!unknown) {
			blockio_op_end(op, result < 0 ? result : (ssize_t)op->total);
			return;
		}
		if (op->discard) {
			blockio_op_end(op, -EOPNOTSUPP);
			return;
		}
		op->zero++;
		zero_start(op);
		return;
	}
	if (result <= 0) {
		blockio_op_end(op, result ? result : -EIO);
		return;
	}
	op->offset += (uint64_t)result;
	op->bytes -= (uint64_t)result;
	if (op->bytes)
		zero_start(op);
	else
		blockio_op_end(op, (ssize_t)op->total);
}

static int zero_range(struct blockio *io, uint64_t offset, uint64_t bytes, uint8_t way,
		      bool discard, blockio_done done, void *arg)
{
	struct blockio_op *op = blockio_op_new(io, BLOCKIO_ALLOCATE, done, arg);

	if (!op)
		return -ENOMEM;
	op->own = malloc(sizeof(*op->own));
	if (!op->own) {
		blockio_op_free(op);
		return -ENOMEM;
	}
	io->stats.zeroes++;
	op->offset = offset;
	op->bytes = bytes;
	op->total = bytes;
	op->discard = discard;
	op->zero = way;
	zero_start(op);
	return 0;
}

int blockio_zero(struct blockio *io, uint64_t offset, uint64_t bytes, bool discard,
		 blockio_done done, void *arg)
{
	return zero_range(io, offset, bytes, discard ? ZERO_PUNCH : ZERO_RANGE, false,
			  done, arg);
}

int blockio_discard(struct blockio *io, uint64_t offset, uint64_t bytes,
		    blockio_done done, void *arg)
{
	return zero_range(io, offset, bytes, ZERO_PUNCH, true, done, arg);
}
