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
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "io/blockio_engine.h"

#define URING_ENTRIES	256	/* and as many operations in flight: the others wait here */
#define URING_FILES	256U	/* a bus has no more functions */

/**
 * struct uring - the engine's state
 * @ring: of one file
 * @next: in the list of those that no file uses
 * @registered: the ring's descriptor was registered by the thread that submits
 * @tried: to register it
 * @flying: operations that the kernel has, or will have with the next push
 * @backlog: operations beyond those, or for which the submission queue had no room
 */
struct uring {
	struct io_uring ring;
	struct uring *next;
	bool registered;
	bool tried;
	unsigned int flying;
	struct blockio_list backlog;
};

static struct uring *spare;	/* bus thread only */

/* liburing 2.3 declares functions for these, and has none. Return 0 or negative errno. */
static int tell(const struct io_uring *ring, unsigned int what, void *arg, unsigned int count)
{
	return syscall(SYS_io_uring_register, ring->ring_fd, what, arg, count) < 0 ? -errno : 0;
}

/*
 * The filter for system calls does not see what a ring is told to do. So this is all that
 * ours can be told, whoever writes into them; no flags, no other files than it has.
 */
static int restrict_ring(struct io_uring *ring)
{
	struct io_uring_restriction may[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READ },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READV },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITE },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITEV },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FSYNC },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FALLOCATE },
		/* Last: not known before Linux 5.18. */
		{ .opcode = IORING_RESTRICTION_REGISTER_OP,
		  .register_op = IORING_REGISTER_RING_FDS },
	};
	unsigned int count = sizeof(may) / sizeof(may[0]);
	int rc = tell(ring, IORING_REGISTER_RESTRICTIONS, may, count);

	return rc == -EINVAL ? tell(ring, IORING_REGISTER_RESTRICTIONS, may, count - 1) : rc;
}

/*
 * Threads of the kernel do what would block, a few for each processor for all rings of a
 * process: one file that hangs would take them up, and no other could be flushed. With as
 * many as can be in flight each finds one; they are made when they are needed. Linux before
 * 5.15 cannot be told.
 */
static void allow_workers(const struct io_uring *ring)
{
	/* Bounded: regular files and block devices. */
	unsigned int limits[2] = { URING_ENTRIES * URING_FILES, 0 };

	tell(ring, IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2);
}

static void say_once(const char *why)
{
	static bool said;

	if (!said)
		log_warning("what io_uring does cannot be restricted: %s", why);
	said = true;
}

/* Made disabled, so that it is restricted before it can do anything. */
static int set_up(struct io_uring *ring, const struct io_uring_params *params)
{
	int rc;

	if (!(params->features & IORING_FEAT_NODROP))
		return -ENOSYS;
	allow_workers(ring);
	/* Without EXT_ARG liburing waits with operations of its own. */
	rc = params->flags & IORING_SETUP_R_DISABLED && params->features & IORING_FEAT_EXT_ARG ?
	     restrict_ring(ring) : -EOPNOTSUPP;
	if (rc)
		say_once(strerror(-rc));
	return params->flags & IORING_SETUP_R_DISABLED ?
	       tell(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0) : 0;
}

static int make_ring(struct uring **made)
{
	/* No interprocessor interrupt for a completion: poll() looks. Since 5.19; since 5.10. */
	static const unsigned int flags[] = {
		IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		IORING_SETUP_R_DISABLED, 0,
	};
	struct uring *uring = calloc(1, sizeof(*uring));
	struct io_uring_params params;
	unsigned int i;
	int rc = -EINVAL;

	if (!uring)
		return -ENOMEM;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && rc == -EINVAL; i++) {
		params = (struct io_uring_params){
			.flags = flags[i] | IORING_SETUP_CQSIZE,
			.cq_entries = 4 * URING_ENTRIES,
		};
		rc = io_uring_queue_init_params(URING_ENTRIES, &uring->ring, &params);
	}
	if (!rc) {
		rc = set_up(&uring->ring, &params);
		if (rc)
			io_uring_queue_exit(&uring->ring);
	}
	if (rc)
		free(uring);
	else
		*made = uring;
	return rc;
}

static void put_back(struct uring *uring)
{
	uring->next = spare;
	spare = uring;
}

void blockio_prepare(unsigned int files)
{
	struct uring *uring;

	while (files-- && !make_ring(&uring))
		put_back(uring);
}

static int uring_open(struct blockio *io)
{
	struct uring *uring = spare;
	int rc = uring ? 0 : make_ring(&uring);

	if (rc)
		return rc;
	if (uring == spare)
		spare = uring->next;
	io->state = uring;
	return 0;
}

static void uring_close(struct blockio *io)
{
	/* Another file may get no other: see blockio_prepare(). */
	put_back(io->state);
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
	case BLOCKIO_RESIZE:
		break;		/* those go aside */
	}
	io_uring_sqe_set_data(sqe, op);
}

/* Room for one more operation, or NULL */
static struct io_uring_sqe *next_sqe(struct uring *uring)
{
	struct io_uring_sqe *sqe = NULL;

	if (uring->flying < URING_ENTRIES)
		sqe = io_uring_get_sqe(&uring->ring);
	if (sqe)
		uring->flying++;
	return sqe;
}

/* Is there something to push? What waits for a completion is not. */
static unsigned int to_push(struct uring *uring)
{
	return io_uring_sq_ready(&uring->ring) +
	       (uring->backlog.head && uring->flying < URING_ENTRIES ? 1 : 0);
}

static void uring_start(struct blockio *io, struct blockio_op *op)
{
	struct uring *uring = io->state;
	struct io_uring_sqe *sqe = NULL;

	if (!uring->backlog.head)
		sqe = next_sqe(uring);
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
		sqe = next_sqe(uring);
		if (!sqe)
			break;
		for (; sqe; sqe = uring->backlog.head ? next_sqe(uring) : NULL)
			uring_prepare(sqe, blockio_list_take(&uring->backlog));
	}
	io->unpushed = to_push(uring);
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
		uring->flying--;
		blockio_finish(op, result);
		found = true;
	}
	if (found && uring->backlog.head)
		io->unpushed = to_push(uring);
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
