/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a device model is, and what the bus gives it.
 *
 * A model knows its registers and its work. It knows nothing of rings,
 * messages, ivshmem or other functions: the bus calls the operations below
 * from one thread, and the model calls the services below from that thread.
 */
#ifndef PVPCID_MODEL_H
#define PVPCID_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct function;	/* the bus's side of one PCI function */
struct error;		/* see error.h: one sentence that says what and where */

/**
 * struct model_ops - a device model
 * @name: as in "model": "NAME" of the configuration
 * @create: check @conf, take what the model needs (files, memory), describe
 *	the function through the config services below, and return the model's
 *	state; NULL and a filled @err when anything is wrong. Must not keep @conf.
 * @destroy: free everything; called detached
 * @attach: memory-enable was set and the BARs are in the aperture: put the
 *	registers in place
 * @detach: memory-enable was cleared: finish or cancel all work; when it
 *	returns no DMA is under way and function_bar() gives NULL
 * @reset: function-level reset; the state of a function that was just created
 * @poll: look at the registers, do what is to be done, never block; return
 *	whether anything was found to do
 * @busy: work was taken that completes without the guest doing anything more
 *	(I/O under way), so the bus must not sleep for long; optional
 * @stats: counters for `pvpcictl stats`; a new reference; optional
 * @read_block: at most @bytes of config block @block; return how many there
 *	are, or negative errno: -ERANGE for no such block, -EIO; optional
 * @write_block: new content; return 0 or negative errno, the same; optional
 * @keys: NULL-terminated, the keys of the configuration that are the model's
 *	own ("namespaces"); the bus refuses any other before create(). NULL: the
 *	model refuses them itself.
 *
 * All are called from the bus thread. Only @poll, @busy and @stats are hot.
 */
struct model_ops {
	const char *name;
	void *(*create)(struct function *fn, json_t *conf, struct error *err);
	void (*destroy)(void *model);
	void (*attach)(void *model);
	void (*detach)(void *model);
	void (*reset)(void *model);
	bool (*poll)(void *model);
	bool (*busy)(void *model);
	json_t *(*stats)(void *model);
	int (*read_block)(void *model, unsigned int block, uint8_t *data, unsigned int bytes);
	int (*write_block)(void *model, unsigned int block, const uint8_t *data,
			   unsigned int bytes);
	const char * const *keys;
};

extern const struct model_ops nvme_model;
extern const struct model_ops testdev_model;

/* ---- describing the function: inside create() only ------------------- */

/**
 * function_set_ids - what kind of function it is
 * @fn: function
 * @vendor: vendor ID
 * @device: device ID
 * @class_code: 24 bits: base class, sub-class, interface
 * @revision: revision ID
 * @subsystem_vendor: subsystem vendor ID
 * @subsystem: subsystem ID
 */
void function_set_ids(struct function *fn, uint16_t vendor, uint16_t device,
		      uint32_t class_code, uint8_t revision,
		      uint16_t subsystem_vendor, uint16_t subsystem);

/**
 * function_add_bar - declare BAR @bar
 * @fn: function
 * @bar: 0 to 5
 * @bytes: a power of two, 4096 at least
 * @mem64: takes @bar and @bar + 1
 * @prefetch: prefetchable
 * @err: filled on error
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_bar(struct function *fn, unsigned int bar, uint64_t bytes,
		     bool mem64, bool prefetch, struct error *err);

/**
 * function_add_sizes - declare that the guest may choose a smaller size (Resizable BAR)
 * @fn: function
 * @bar: declared before
 * @least: smallest size; it offers all powers of two up to its own
 * @err: filled on error
 *
 * MSI-X table and pending bits must lie within @least.
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_sizes(struct function *fn, unsigned int bar, uint64_t least, struct error *err);

/** function_bar_bytes - the size that a BAR has now, 0 for none */
uint64_t function_bar_bytes(const struct function *fn, unsigned int bar);

/**
 * function_add_msix - declare MSI-X vectors
 * @fn: function
 * @vectors: how many, to 2048
 * @bar: BAR that holds table and pending bits
 * @table: offset of the table in it
 * @pba: offset of the pending bits in it
 * @err: filled on error
 *
 * The bus reads the table and keeps the pending bits; the model keeps off
 * both ranges.
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_msix(struct function *fn, unsigned int vectors, unsigned int bar,
		      uint32_t table, uint32_t pba, struct error *err);

/**
 * function_add_msi - declare MSI vectors, 64-bit and maskable
 * @fn: function
 * @vectors: a power of two to 32
 * @err: filled on error
 *
 * Return: 0, or -EINVAL with @err filled
 */
int function_add_msi(struct function *fn, unsigned int vectors, struct error *err);

/**
 * function_set_soft_reset - going from D3hot to D0 resets the function
 * @fn: function
 *
 * Its No_Soft_Reset bit is then clear.
 */
void function_set_soft_reset(struct function *fn);

/**
 * function_name - how log lines call the function ("bus 1 03.0 nvme")
 * @fn: function
 */
const char *function_name(const struct function *fn);

/**
 * function_serial - "serial" of the configuration, or a stable one made from bus and slot
 * @fn: function
 */
uint64_t function_serial(const struct function *fn);

/* ---- at work ----------------------------------------------------------- */

/**
 * function_bar - the bytes of a BAR in the aperture
 * @fn: function
 * @bar: BAR
 * @offset: in it
 * @bytes: length
 *
 * The guest can change them at any time: copy once, check, use.
 * Return: NULL while detached or out of range. Valid until the next detach().
 */
void *function_bar(struct function *fn, unsigned int bar, uint64_t offset, uint64_t bytes);

/**
 * function_interrupt - raise an interrupt (MSI-X or MSI, whichever is on)
 * @fn: function
 * @vector: of those declared
 *
 * Masked vectors become pending and are raised when unmasked. Nothing happens
 * while neither is enabled or bus mastering is off.
 */
void function_interrupt(struct function *fn, unsigned int vector);

/**
 * function_dma - the choke point for guest memory
 * @fn: function
 * @address: guest-physical
 * @bytes: length
 *
 * Hostile memory: copy once, check, use.
 * Return: host address; NULL unless all of them are guest RAM, contiguous
 * here, and bus mastering is on. Valid until the next detach().
 */
void *function_dma(struct function *fn, uint64_t address, uint64_t bytes);

/**
 * function_watch - the bus sleeps on @fd too
 * @fn: function
 * @fd: becomes readable when poll() has something to do (blockio_fd()); poll()
 *	makes it unreadable again. Watch it from create() or attach() on, and
 *	call function_unwatch() before closing it.
 *
 * Return: 0, or negative errno
 */
int function_watch(struct function *fn, int fd);

/**
 * function_unwatch - the bus does not sleep on @fd any more
 * @fn: function
 * @fd: watched
 */
void function_unwatch(struct function *fn, int fd);

/**
 * function_invalidate_blocks - config blocks have other content now
 * @fn: function
 * @blocks: a bit for each; the driver is told
 */
void function_invalidate_blocks(struct function *fn, uint64_t blocks);

/* ---- block I/O ----------------------------------------------------------- */

struct blockio;		/* one open file or block device, asynchronous */

/* Called from the bus thread; @result: bytes, or negative errno. */
typedef void (*blockio_done)(void *arg, ssize_t result);

/**
 * struct blockio_stats - what one file was asked
 * @reads: reads
 * @reads_now: of these, answered from the page cache when they were started
 * @writes: writes
 * @flushes: flushes
 * @zeroes: blockio_zero() and blockio_discard() calls
 * @bounced: transfers copied because "direct" could not use the memory
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
 * blockio_open - open a file or block device for I/O
 * @path: regular file or block device
 * @readonly: open for reading only, and lock shared, not exclusive (OFD locks)
 * @direct: O_DIRECT
 * @err: filled on error
 *
 * Through io_uring, threads where that is not allowed; PVPCI_BLOCKIO=uring or
 * =threads in the environment forces one.
 * Return: NULL with @err filled.
 */
struct blockio *blockio_open(const char *path, bool readonly, bool direct, struct error *err);

/**
 * blockio_close - wait for what is under way, then close
 * @io: may be NULL
 */
void blockio_close(struct blockio *io);

/**
 * blockio_bytes - size now; a file may have grown or shrunk since it was opened
 * @io: file
 */
uint64_t blockio_bytes(const struct blockio *io);

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
 * blockio_engine_name - "uring" or "threads"
 * @io: file
 */
const char *blockio_engine_name(const struct blockio *io);

/**
 * blockio_stats - counters since it was opened
 * @io: file
 */
const struct blockio_stats *blockio_stats(const struct blockio *io);

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
 * blockio_drain - push, then wait until nothing is under way
 * @io: file
 */
void blockio_drain(struct blockio *io);

/**
 * blockio_fd - becomes readable when a completion waits; for the bus to sleep on
 * @io: file
 */
int blockio_fd(const struct blockio *io);

#endif /* PVPCID_MODEL_H */
