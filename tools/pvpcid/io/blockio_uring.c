// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O through io_uring: one ring for each file.
 *
 * Reads that hit the page cache finish inside io_uring_enter() without a
 * thread, so a batch of them costs one system call.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

#include "io/blockio_engine.h"

#define URING_ENTRIES	256

/**
 * struct uring - the engine's state
 * @ring: of one file
 * @registered: the ring's descriptor was registered by the thread that submits
 * @tried: to register it
 * @backlog: operations for which the submission queue had no room
 */
struct uring {
	struct io_uring ring;
	bool registered;
	bool tried;
	struct blockio_list backlog;
};

static int uring_open(struct blockio *io)
{
	struct io_uring_params params = {
		/* No interprocessor interrupt for a completion: poll() looks. */
		.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
			 IORING_SETUP_CQSIZE,
		.cq_entries = 4 * URING_ENTRIES,
	};
	struct uring *uring = calloc(1, sizeof(*uring));
	int rc;

	if (!uring)
		return -ENOMEM;
	rc = io_uring_queue_init_params(URING_ENTRIES, &uring->ring, &params);
	if (rc == -EINVAL) {
		/* Before Linux 5.19. */
		params = (struct io_uring_params){
			.flags = IORING_SETUP_CQSIZE,
			.cq_entries = 4 * URING_ENTRIES,
		};
		rc = io_uring_queue_init_params(URING_ENTRIES, &uring->ring, &params);
	}
	if (!rc && !(params.features & IORING_FEAT_NODROP)) {
		io_uring_queue_exit(&uring->ring);
		rc = -ENOSYS;
	}
	if (rc) {
		free(uring);
		return rc;
	}
	io->state = uring;
	return 0;
}

static void uring_close(struct blockio *io)
{
	struct uring *uring = io->state;

	io_uring_queue_exit(&uring->ring);
	free(uring);
}

static void uring_prepare(struct io_uring_sqe *sqe, struct blockio_op *op)
{
	int file = op->io->file;

	switch (op->kind) {
	case BLOCKIO_READ:
		if (op->count == 1)
			io_uring_prep_read(sqe, file, op->iov->iov_base,
					   (unsigned int)op->iov->iov_len, op->offset);
		else
			io_uring_prep_readv(sqe, file, op->iov,
					    (unsigned int)op->count, op->offset);
		break;
	case BLOCKIO_WRITE:
		if (op->count == 1)
			io_uring_prep_write(sqe, file, op->iov->iov_base,
					    (unsigned int)op->iov->iov_len, op->offset);
		else
			io_uring_prep_writev(sqe, file, op->iov,
					     (unsigned int)op->count, op->offset);
		if (op->durable && op->io->direct)
			sqe->rw_flags = RWF_DSYNC;
		break;
	case BLOCKIO_FLUSH:
		io_uring_prep_fsync(sqe, file, IORING_FSYNC_DATASYNC);
		break;
	case BLOCKIO_ALLOCATE:
		io_uring_prep_fallocate(sqe, file, op->mode, (off_t)op->offset,
					(off_t)op->bytes);
		break;
	case BLOCKIO_PROTECT:
	case BLOCKIO_UNPROTECT:
		break;		/* those go aside */
	}
	io_uring_sqe_set_data(sqe, op);
}

static void uring_start(struct blockio *io, struct blockio_op *op)
{
	struct uring *uring = io->state;
	struct io_uring_sqe *sqe = NULL;

	if (!uring->backlog.head)
		sqe = io_uring_get_sqe(&uring->ring);
	if (sqe)
		uring_prepare(sqe, op);
	else
		blockio_list_add(&uring->backlog, op);
}

static void uring_push(struct blockio *io)
{
	struct uring *uring = io->state;
	struct io_uring_sqe *sqe;

	if (!uring->tried) {
		/* Only for the thread that does it: here, not in open. */
		uring->tried = true;
		uring->registered = io_uring_register_ring_fd(&uring->ring) == 1;
	}
	for (;;) {
		int rc = io_uring_submit(&uring->ring);

		/* EBUSY, EAGAIN, EINTR: entries stay, the next push takes them. */
		if (rc < 0 || !uring->backlog.head)
			break;
		while (uring->backlog.head && (sqe = io_uring_get_sqe(&uring->ring)))
			uring_prepare(sqe, blockio_list_take(&uring->backlog));
	}
	io->unpushed = io_uring_sq_ready(&uring->ring) + (uring->backlog.head ? 1 : 0);
}

static bool uring_reap(struct blockio *io)
{
	struct uring *uring = io->state;
	struct io_uring_cqe *cqe;
	bool found = false;

	/* Completions that wait for this thread to enter the kernel, or that overflowed. */
	if (IO_URING_READ_ONCE(*uring->ring.sq.kflags) &
	    (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW))
		io_uring_get_events(&uring->ring);
	while (!io_uring_peek_cqe(&uring->ring, &cqe)) {
		struct blockio_op *op = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&uring->ring, cqe);
		blockio_finish(op, result);
		found = true;
	}
	return found;
}

static void uring_wait(struct blockio *io)
{
	struct uring *uring = io->state;
	struct __kernel_timespec limit = { .tv_nsec = 100 * 1000 * 1000 };
	struct io_uring_cqe *cqe;

	io_uring_wait_cqe_timeout(&uring->ring, &cqe, &limit);
}

static int uring_fd(const struct blockio *io)
{
	const struct uring *uring = io->state;

	return uring->ring.ring_fd;
}

const struct blockio_engine blockio_uring = {
	.name = "uring",
	.open = uring_open,
	.close = uring_close,
	.start = uring_start,
	.push = uring_push,
	.reap = uring_reap,
	.wait = uring_wait,
	.fd = uring_fd,
};
