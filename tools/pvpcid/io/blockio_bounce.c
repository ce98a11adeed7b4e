// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: aligned copies, of memory that O_DIRECT cannot use and of memory that
 * was lent.
 *
 * A guest's first PRP entry is aligned to 4 bytes only. What all copies of one
 * file take is limited; a transfer that finds no room waits until another is
 * done, and the guest sees that it takes longer, not an error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/blockio_engine.h"

#define BOUNCE_BYTES	(32ULL << 20)	/* of one file, at most */
#define SPARE_BYTES	4096U

bool blockio_bounce_needed(const struct blockio *io, const struct iovec *iov, int count)
{
	int i;

	if (!io->direct)
		return false;
	for (i = 0; i < count; i++)
		if (((uintptr_t)iov[i].iov_base | iov[i].iov_len) & (io->align - 1))
			return true;
	return false;
}

/* A small one stays with the operation: allocating costs more than copying. */
static void *memory_for(struct blockio_op *op)
{
	void *memory;

	if (op->bytes > SPARE_BYTES)
		return posix_memalign(&memory, 4096, (size_t)op->bytes) ? NULL : memory;
	if (!op->spare && posix_memalign(&op->spare, 4096, SPARE_BYTES))
		op->spare = NULL;
	return op->spare;
}

/* 0; -EAGAIN when others hold what it needs, -ENOMEM when nobody does. */
static int take_copy(struct blockio_op *op)
{
	struct blockio *io = op->io;
	uint8_t *to;
	int i;

	if (io->bounce_bytes && io->bounce_bytes + op->bytes > BOUNCE_BYTES)
		return -EAGAIN;
	op->bounce = memory_for(op);
	if (!op->bounce)
		return io->bounce_bytes ? -EAGAIN : -ENOMEM;
	io->bounce_bytes += op->bytes;
	to = op->bounce;
	for (i = 0; op->kind == BLOCKIO_WRITE && i < op->count; i++) {
		memcpy(to, op->iov[i].iov_base, op->iov[i].iov_len);
		to += op->iov[i].iov_len;
	}
	op->one.iov_base = op->bounce;
	op->one.iov_len = (size_t)op->bytes;
	op->user = op->iov;
	op->user_count = op->count;
	op->iov = &op->one;
	op->count = 1;
	return 0;
}

int blockio_bounce_start(struct blockio_op *op)
{
	struct blockio *io = op->io;
	int rc = io->bounce_wait.head ? -EAGAIN : take_copy(op);

	io->stats.bounced++;
	if (rc == -EAGAIN)
		blockio_list_add(&io->bounce_wait, op);
	else if (!rc)
		blockio_op_start(op);
	return rc == -EAGAIN ? 0 : rc;
}

void blockio_bounce_more(struct blockio *io)
{
	struct blockio_op *op;
	int rc;

	while ((op = io->bounce_wait.head)) {
		rc = take_copy(op);
		if (rc == -EAGAIN)
			return;
		blockio_list_take(&io->bounce_wait);
		if (rc)
			blockio_op_end(op, rc);
		else
			blockio_op_start(op);
	}
}

void blockio_bounce_back(const struct blockio_op *op, size_t bytes)
{
	const uint8_t *from = op->bounce;
	int i;

	for (i = 0; i < op->user_count && bytes; i++) {
		size_t part = op->user[i].iov_len;

		if (part > bytes)
			part = bytes;
		memcpy(op->user[i].iov_base, from, part);
		from += part;
		bytes -= part;
	}
}
