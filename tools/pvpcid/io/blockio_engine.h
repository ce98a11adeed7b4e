/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block I/O: what the two engines (io_uring and threads) share.
 */
#ifndef PVPCID_BLOCKIO_ENGINE_H
#define PVPCID_BLOCKIO_ENGINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "io/blockio.h"

enum blockio_kind {
	BLOCKIO_READ,
	BLOCKIO_WRITE,
	BLOCKIO_FLUSH,		/* fdatasync */
	BLOCKIO_ALLOCATE,	/* fallocate with op->mode */
	BLOCKIO_PROTECT,	/* see blockio_protect(): not for engines */
	BLOCKIO_UNPROTECT,
	BLOCKIO_RESIZE,		/* as these two */
};

/**
 * struct blockio_op - one operation under way
 * @next: in the list that holds it
 * @io: its file
 * @kind: what the engine has to do now
 * @discard: blockio_discard(): end when the first way is not known
 * @zero: blockio_zero(): which way is being tried, 0 for other operations
 * @durable: the data must be on stable storage before @done
 * @retries: times the kernel said EAGAIN or EINTR
 * @mode: of fallocate
 * @iov: what is left to transfer
 * @count: entries of @iov
 * @own: copy of the vector, made when a transfer came out short
 * @bounce: aligned copy of the data, for O_DIRECT with unaligned memory and for @lent
 * @spare: memory for a small copy, kept while the operation is idle
 * @one: a vector of one, of the copy
 * @user: the caller's vector, filled from @bounce after a read
 * @user_count: its entries
 * @offset: in the file, of what is left
 * @bytes: what is left
 * @total: what was asked for
 * @result: of the operation as the kernel gave it
 * @lent: the caller's, NULL when its memory stays
 * @done: the caller's
 * @arg: the caller's
 */
struct blockio_op {
	struct blockio_op *next;
	struct blockio *io;
	enum blockio_kind kind;
	bool discard;
	uint8_t zero;
	bool durable;
	uint8_t retries;
	int mode;
	const struct iovec *iov;
	int count;
	struct iovec *own;
	void *bounce;
	void *spare;
	struct iovec one;
	const struct iovec *user;
	int user_count;
	uint64_t offset;
	uint64_t bytes;
	uint64_t total;
	ssize_t result;
	blockio_lent lent;
	blockio_done done;
	void *arg;
};

/**
 * struct blockio_list - operations in order
 * @head: first, or NULL
 * @tail: last
 */
struct blockio_list {
	struct blockio_op *head;
	struct blockio_op *tail;
};

/**
 * struct blockio_engine - a way to do operations
 * @name: "uring" or "threads"
 * @open: get ready for @io->file; 0 or negative errno
 * @close: nothing is under way any more
 * @start: take @op; it comes back through blockio_finish() from @reap
 * @push: hand everything started to the kernel or to the threads
 * @reap: give finished operations to blockio_finish(); whether there were any
 * @wait: sleep until something is finished
 * @fd: becomes readable when something is finished
 */
struct blockio_engine {
	const char *name;
	int (*open)(struct blockio *io);
	void (*close)(struct blockio *io);
	void (*start)(struct blockio *io, struct blockio_op *op);
	void (*push)(struct blockio *io);
	bool (*reap)(struct blockio *io);
	void (*wait)(struct blockio *io);
	int (*fd)(const struct blockio *io);
};

/**
 * struct blockio - one open file or block device
 * @engine: does the work
 * @state: the engine's
 * @file: descriptor
 * @path: what it was opened as, for log lines; owned
 * @readonly: opened for reading only
 * @direct: O_DIRECT
 * @device: a block device
 * @local: what it is on asks nobody outside of this kernel
 * @node_device: st_dev, to know it again
 * @node: st_ino
 * @of_device: st_rdev
 * @protected: see blockio_protected()
 * @nowait: preadv2(RWF_NOWAIT) works here
 * @nowait_misses: reads in a row that were not in the page cache
 * @nowait_skip: reads to go before it is tried again
 * @align: memory, offsets and lengths must be multiples of this (O_DIRECT)
 * @under_way: operations whose done was not called yet
 * @unpushed: operations started since the last push
 * @bounce_bytes: in aligned copies
 * @bounce_wait: transfers for which there was no room
 * @dirty: written to since the last flush began
 * @lost: errno of a flush that failed, see blockio_lost()
 * @flushing: a flush is under way
 * @flush_share: those that end with it
 * @flush_wait: those that wait for the next
 * @aside: blockio_protect() under way, or NULL
 * @aside_thread: what it is done by, or the closing
 * @aside_done: it has done so; not the bus thread's alone
 * @closing: see blockio_closed()
 * @closes: @aside_thread does
 * @ready: operations that finished when they were started
 * @idle: operations to be used again
 * @next: in the list of all files of the daemon
 * @stats: counters
 */
struct blockio {
	const struct blockio_engine *engine;
	void *state;
	int file;
	char *path;
	bool readonly;
	bool direct;
	bool device;
	bool local;
	dev_t node_device;
	ino_t node;
	dev_t of_device;
	bool protected;
	bool nowait;
	unsigned int nowait_misses;
	unsigned int nowait_skip;
	uint32_t align;
	unsigned int under_way;
	unsigned int unpushed;
	uint64_t bounce_bytes;
	struct blockio_list bounce_wait;
	bool dirty;
	int lost;
	bool flushing;
	struct blockio_list flush_share;
	struct blockio_list flush_wait;
	struct blockio_op *aside;
	pthread_t aside_thread;
	bool aside_done;
	bool closing;
	bool closes;
	struct blockio_list ready;
	struct blockio_op *idle;
	struct blockio *next;
	struct blockio_stats stats;
};

extern const struct blockio_engine blockio_uring;
extern const struct blockio_engine blockio_threads;

/**
 * blockio_open_file - open, lock and measure, without an engine
 * @path: as for blockio_open(), as are the next two
 * @readonly: the same
 * @direct: the same
 * @after: wait for the lock
 * @err: filled on failure
 *
 * Context: any thread. It may wait for as long as a server does not answer.
 * Return: NULL with @err filled on failure.
 */
struct blockio *blockio_open_file(const char *path, bool readonly, bool direct, bool after,
				  struct error *err);

/** blockio_close_file - the reverse */
void blockio_close_file(struct blockio *io);

/** blockio_opened - blockio_open_file() by a thread, begun before or now, waited for a while */
struct blockio *blockio_opened(const char *path, bool readonly, bool direct, bool after,
			       struct error *err);

/**
 * blockio_thread - a thread that gets no signals
 * @thread: filled
 * @run: what it does
 * @arg: for @run
 *
 * Return: 0, or an errno.
 */
int blockio_thread(pthread_t *thread, void *(*run)(void *arg), void *arg);

/**
 * blockio_aside_reap - has a blockio_protect() ended? Its done is called then
 * @io: file
 *
 * Return: whether it has.
 */
bool blockio_aside_reap(struct blockio *io);

/**
 * blockio_close_last - close the file and nothing else; waits
 * @io: nothing is under way
 */
void blockio_close_last(struct blockio *io);

/**
 * blockio_set_protected - write down what blockio_protect() is to remember; may wait
 * @io: file
 * @protect: or not
 *
 * Return: 0, or -1 with errno. Context: any thread.
 */
int blockio_set_protected(const struct blockio *io, bool protect);

/** blockio_ask_protected - what blockio_protected() says once it is open; may wait */
bool blockio_ask_protected(const struct blockio *io);

/**
 * blockio_list_add - append
 * @list: changed
 * @op: in no other list
 */
static inline void blockio_list_add(struct blockio_list *list, struct blockio_op *op)
{
	op->next = NULL;
	if (list->head)
		list->tail->next = op;
	else
		list->head = op;
	list->tail = op;
}

/**
 * blockio_list_take - take the first
 * @list: changed
 *
 * Return: NULL when empty.
 */
static inline struct blockio_op *blockio_list_take(struct blockio_list *list)
{
	struct blockio_op *op = list->head;

	if (op)
		list->head = op->next;
	return op;
}

/**
 * blockio_op_new - an operation to be filled and started
 * @io: file
 * @kind: what to do
 * @done: called at its end
 * @arg: for @done
 *
 * Return: NULL without memory.
 */
struct blockio_op *blockio_op_new(struct blockio *io, enum blockio_kind kind,
				  blockio_done done, void *arg);

/**
 * blockio_op_free - an operation that was never started
 * @op: gone afterwards
 */
void blockio_op_free(struct blockio_op *op);

/**
 * blockio_op_start - give an operation to the engine
 * @op: filled
 */
void blockio_op_start(struct blockio_op *op);

/**
 * blockio_op_end - an operation is over: free it, call its done
 * @op: gone afterwards
 * @result: bytes, or negative errno
 */
void blockio_op_end(struct blockio_op *op, ssize_t result);

/**
 * blockio_zero_finish - the kernel is done with a step of blockio_zero()
 * @op: started again, or gone
 * @result: of the step
 */
void blockio_zero_finish(struct blockio_op *op, ssize_t result);

/** blockio_bounce_needed - can "direct" not use this memory? */
bool blockio_bounce_needed(const struct blockio *io, const struct iovec *iov, int count);

/**
 * blockio_bounce_start - start a transfer over an aligned copy, now or when there is room
 * @op: filled, not started
 *
 * Return: 0, or -ENOMEM and @op is as it was.
 */
int blockio_bounce_start(struct blockio_op *op);

/** blockio_bounce_more - start what waited for room */
void blockio_bounce_more(struct blockio *io);

/**
 * blockio_bounce_back - what was read, for the caller
 * @op: a read over a copy
 * @bytes: that were read
 */
void blockio_bounce_back(const struct blockio_op *op, size_t bytes);

/**
 * blockio_flush_start - flush, or let the next flush do it
 * @op: a flush, or a durable write that is written
 */
void blockio_flush_start(struct blockio_op *op);

/**
 * blockio_flush_finish - the kernel is done with a flush
 * @op: gone afterwards, like all that shared it
 * @result: 0, or negative errno
 */
void blockio_flush_finish(struct blockio_op *op, ssize_t result);

/**
 * blockio_finish - the kernel is done with an operation
 * @op: may be started again (short transfer, another way to zero) or freed
 * @result: bytes, or negative errno
 *
 * Context: bus thread.
 */
void blockio_finish(struct blockio_op *op, ssize_t result);

/**
 * blockio_perform - do an operation now, sleeping
 * @op: not changed
 *
 * Return: bytes, or negative errno. Context: any thread.
 */
ssize_t blockio_perform(const struct blockio_op *op);

#endif /* PVPCID_BLOCKIO_ENGINE_H */
