/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block I/O: asynchronous operations on one open file or block device.
 */
#ifndef PVPCID_BLOCKIO_H
#define PVPCID_BLOCKIO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct blockio;
struct error;

/* Called from the bus thread; @result: bytes, or negative errno. */
typedef void (*blockio_done)(void *arg, ssize_t result);

/**
 * struct blockio_stats - what one file was asked
 * @reads: reads
 * @reads_now: of these, answered from the page cache when they were started
 * @writes: writes
 * @flushes: flushes
 * @zeroes: blockio_zero() and blockio_discard() calls
 * @bounced: transfers over a copy: memory that "direct" cannot use, or that was lent
 */
struct blockio_stats {
	uint64_t reads;
	uint64_t reads_now;
	uint64_t writes;
	uint64_t flushes;
	uint64_t zeroes;
	uint64_t bounced;
};

/**
 * blockio_prepare - make what files need that are opened when that is not allowed any more
 * @files: for so many; more of them have threads
 *
 * Context: once, before the sandbox.
 */
void blockio_prepare(unsigned int files);

/**
 * blockio_open - open a file or block device for I/O
 * @path: regular file or block device
 * @readonly: open for reading only, and lock shared, not exclusive (OFD locks)
 * @direct: O_DIRECT
 * @err: filled on error
 *
 * Through io_uring, threads where that is not allowed; PVPCI_BLOCKIO=uring or
 * =threads in the environment forces one. Waits for the file, at most 10 s, unless
 * blockio_ready() was called until it said so.
 * Return: NULL with @err filled.
 */
struct blockio *blockio_open(const char *path, bool readonly, bool direct, struct error *err);

/**
 * blockio_open_after - open what a pvpcid that was killed had open
 * @path: as for blockio_open(), as are the others
 * @readonly: the same
 * @direct: the same
 * @lost: what blockio_lost() was there: all flushes fail, as there
 * @err: filled on failure
 *
 * Waits for its lock: once it is ours, nothing that was under way there can write to the
 * file any more. Nobody else waits so: one that is in use is refused after 20 s. What was
 * written there counts as not flushed. Two that only read do not wait for each other.
 * Return: NULL with @err filled on failure.
 */
struct blockio *blockio_open_after(const char *path, bool readonly, bool direct, int lost,
				   struct error *err);

/**
 * blockio_ready - would an open wait?
 * @path: as for blockio_open(), as are the next two
 * @readonly: the same
 * @direct: the same
 * @after: blockio_open_after() will be called, not blockio_open()
 *
 * The first call begins, in a thread; further ones look. What is open in time, or not
 * open after 10 s (30 s with @after), is for the open to tell.
 * Return: whether it is decided. Never waits.
 */
bool blockio_ready(const char *path, bool readonly, bool direct, bool after);

/** blockio_forget - no open will follow a blockio_ready(); harmless without one */
void blockio_forget(const char *path, bool readonly, bool direct);

/**
 * blockio_closed - begin to close, or look whether that has ended
 * @io: no operation follows, but blockio_close() in any case
 *
 * Return: whether blockio_close() has to wait no more. Never waits.
 */
bool blockio_closed(struct blockio *io);

/**
 * blockio_close - wait for what is under way, flush what was written, close
 * @io: may be NULL
 */
void blockio_close(struct blockio *io);

/**
 * blockio_bytes - size now; a file may have grown or shrunk since it was opened
 * @io: file
 *
 * Of a file that is a server's: as far as this host knows.
 */
uint64_t blockio_bytes(const struct blockio *io);

/**
 * struct blockio_identity - which file or device it is, whatever its name is by now
 * @device: st_dev of a file, st_rdev of a device
 * @node: st_ino of a file, 0 of a device
 */
struct blockio_identity {
	uint64_t device;
	uint64_t node;
};

/**
 * blockio_identity - of what was opened
 * @io: file
 */
struct blockio_identity blockio_identity(const struct blockio *io);

/**
 * blockio_has_name - is there still a name for it, this or another?
 * @io: file
 *
 * As far as this host knows. Without one it is gone when it is closed: it was deleted, or
 * another was renamed over it.
 */
bool blockio_has_name(const struct blockio *io);

/**
 * blockio_align - what "direct" asks of offsets and lengths, 1 without it
 * @io: file
 */
uint32_t blockio_align(const struct blockio *io);

/**
 * blockio_is_device - a block device, not a file
 * @io: file
 */
bool blockio_is_device(const struct blockio *io);

/**
 * blockio_is_at - is a path that of an open file?
 * @io: file
 * @path: as it was opened, or absolute and without symbolic links
 */
bool blockio_is_at(const struct blockio *io, const char *path);

/**
 * blockio_engine_name - "uring" or "threads"
 * @io: file
 */
const char *blockio_engine_name(const struct blockio *io);

/**
 * blockio_stats - counters since it was opened
 * @io: file
 */
const struct blockio_stats *blockio_stats(const struct blockio *io);

/**
 * blockio_lost - errno of a flush that failed, 0 for none
 * @io: file
 *
 * Data that was written before that flush may be lost, and asking again would
 * not tell: from then on no flush and no durable write of the file succeeds.
 * Never with "direct", where the device is asked each time.
 */
int blockio_lost(const struct blockio *io);

/**
 * blockio_dirty - was it written to since the last flush, and could one still help?
 * @io: file
 */
bool blockio_dirty(const struct blockio *io);

/**
 * blockio_protected - was the file protected from writing, see blockio_protect()?
 * @io: file
 */
bool blockio_protected(const struct blockio *io);

/*
 * Each of these returns 0 and calls @done later from blockio_poll(), or
 * returns negative errno and never calls it. @iov must stay as it is until then.
 */

/**
 * blockio_readv - read
 * @io: file
 * @iov: where to
 * @count: entries of @iov
 * @offset: in the file
 * @done: result is short only at the end of the file
 * @arg: for @done
 */
int blockio_readv(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		  blockio_done done, void *arg);

/* Is memory that was lent for a read still to be filled? @arg: as for blockio_done. */
typedef bool (*blockio_lent)(void *arg);

/**
 * blockio_readv_lent - read into memory that may be somebody else's when it is done
 * @io: file
 * @iov: where to
 * @count: entries of @iov
 * @offset: in the file
 * @lent: asked before the memory is touched at any later time; when it says no nothing
 *	is touched, and the result is -ECANCELED
 * @done: as for blockio_readv()
 * @arg: for @lent and @done
 *
 * What is in the page cache is there at once. All else is read into memory of our own,
 * since nothing stops a read that the kernel has: not even the end of this process.
 */
int blockio_readv_lent(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		       blockio_lent lent, blockio_done done, void *arg);

/**
 * blockio_writev - write; blockio_flush() makes it durable
 * @io: file
 * @iov: what
 * @count: entries of @iov
 * @offset: in the file
 * @done: called later
 * @arg: for @done
 */
int blockio_writev(struct blockio *io, const struct iovec *iov, int count, uint64_t offset,
		   blockio_done done, void *arg);

/**
 * blockio_writev_durable - like blockio_writev(), and on stable storage before @done
 * @io: file
 * @iov: what
 * @count: entries of @iov
 * @offset: in the file
 * @done: called later
 * @arg: for @done
 */
int blockio_writev_durable(struct blockio *io, const struct iovec *iov, int count,
			   uint64_t offset, blockio_done done, void *arg);

/**
 * blockio_flush - what was written before is on stable storage before @done
 * @io: file
 * @done: called later
 * @arg: for @done
 *
 * When one has failed all that follow fail, see blockio_lost().
 */
int blockio_flush(struct blockio *io, blockio_done done, void *arg);

/**
 * blockio_zero - write zeroes
 * @io: file
 * @offset: in the file
 * @bytes: length
 * @discard: the space may be given back
 * @done: called later
 * @arg: for @done
 */
int blockio_zero(struct blockio *io, uint64_t offset, uint64_t bytes, bool discard,
		 blockio_done done, void *arg);

/**
 * blockio_discard - give the space back; it reads as zeroes afterwards
 * @io: file
 * @offset: in the file
 * @bytes: length
 * @done: -EOPNOTSUPP, and nothing changed, where that is not possible
 * @arg: for @done
 */
int blockio_discard(struct blockio *io, uint64_t offset, uint64_t bytes,
		    blockio_done done, void *arg);

/**
 * blockio_protect - remember with the file whether it may be written
 * @io: file, opened for writing
 * @protect: or take that back
 * @done: negative errno where the file can have no such attribute
 * @arg: for @done
 *
 * Only remembers: who opens it looks at blockio_protected(). One at a time: -EBUSY.
 * Wakes nobody who sleeps on blockio_fd().
 */
int blockio_protect(struct blockio *io, bool protect, blockio_done done, void *arg);

/**
 * blockio_grow - make a file larger; what is new reads as zeroes
 * @io: file, opened for writing
 * @bytes: its size afterwards
 * @done: negative errno where that is not possible
 * @arg: for @done
 *
 * -EINVAL for what is smaller, -EBADF for a device or a file that is only read. Else as
 * blockio_protect().
 */
int blockio_grow(struct blockio *io, uint64_t bytes, blockio_done done, void *arg);

/**
 * blockio_push - hand everything started so far to the kernel, as one batch
 * @io: file
 */
void blockio_push(struct blockio *io);

/**
 * blockio_poll - push, then reap completions, never block
 * @io: file
 *
 * Return: whether there were any.
 */
bool blockio_poll(struct blockio *io);

/**
 * blockio_idle - is nothing under way?
 * @io: file
 */
bool blockio_idle(const struct blockio *io);

/**
 * blockio_drain - push, then wait until nothing is under way
 * @io: file
 */
void blockio_drain(struct blockio *io);

/**
 * blockio_fd - becomes readable when a completion waits; for the bus to sleep on
 * @io: file
 */
int blockio_fd(const struct blockio *io);

#endif /* PVPCID_BLOCKIO_H */
