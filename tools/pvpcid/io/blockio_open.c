// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: open, lock and measure a file or block device.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "io/blockio_engine.h"

/* How long what was killed may take to finish. */
#define LOCK_PAUSE_NS		5000000L
#define LOCK_TRIES		4000U
#define LOCK_QUIET_TRIES	200U

static struct blockio *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

/* The lock would only say that somebody has it. */
static bool is_ours(const struct blockio *io)
{
	const struct blockio *other;

	pthread_mutex_lock(&all_lock);
	for (other = all; other; other = other->next)
		if (io->node_device == other->node_device && io->node == other->node)
			break;
	pthread_mutex_unlock(&all_lock);
	return other;
}

/* Requests of a process that was killed hold the file, and its lock, until they end. */
static int wait_for_lock(const struct blockio *io, struct flock *lock)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	unsigned int tries = LOCK_TRIES;

	while ((errno == EAGAIN || errno == EACCES) && tries--) {
		if (tries == LOCK_TRIES - LOCK_QUIET_TRIES)
			log_warning("%s: waits for what the pvpcid before this one had under way",
				    io->path);
		nanosleep(&pause, NULL);
		if (!fcntl(io->file, F_OFD_SETLK, lock))
			return 0;
	}
	return -1;
}

/*
 * OFD locks (fcntl(2)) belong to the open file, not to the process: they are
 * inherited over fork, freed with the last descriptor, and QEMU uses them too.
 */
static int lock_file(const struct blockio *io, bool after, struct error *err)
{
	bool readonly = io->readonly;
	struct flock lock = {
		.l_type = readonly ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(io->file, F_OFD_SETLK, &lock) || (after && !wait_for_lock(io, &lock)))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		error_set(err, "%s is locked: %s", io->path,
			  is_ours(io) ? "this pvpcid has it open already" :
			  readonly ? "it is open for writing" : "it is in use");
	else
		error_set(err, "%s cannot be locked: %s", io->path, strerror(errno));
	return -1;
}

/* What O_DIRECT asks of memory, offsets and lengths. */
static uint32_t direct_align(int file)
{
	struct statx st;
	int sector = 0;

#ifdef STATX_DIOALIGN
	if (!statx(file, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) &&
	    (st.stx_mask & STATX_DIOALIGN) && st.stx_dio_offset_align)
		return st.stx_dio_offset_align > st.stx_dio_mem_align ?
		       st.stx_dio_offset_align : st.stx_dio_mem_align;
#endif
	if (!ioctl(file, BLKSSZGET, &sector) && sector > 0)
		return (uint32_t)sector;
	/* Of a file we only know that the file system's block is enough. */
	if (!statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) && st.stx_blksize <= 4096)
		return st.stx_blksize;
	return 4096;
}

/*
 * Is it a file of this kernel's alone? Others (NFS, FUSE, 9p and what is not known) ask somebody
 * who may not answer, and some wait for him where they are told not to wait (FUSE reads ahead):
 * only a thread may call them.
 */
static bool is_local(const struct blockio *io)
{
	static const unsigned long known[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC,
		RAMFS_MAGIC, HUGETLBFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
		0xca451a4e,	/* bcachefs */
		0x2fc12fc1,	/* ZFS */
	};
	struct statfs st;
	unsigned int i;

	if (io->device)
		return true;
	if (fstatfs(io->file, &st))
		return false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((uint32_t)st.f_type == known[i])
			return true;
	}
	return false;
}

static const struct blockio_engine *choose_engine(struct blockio *io, struct error *err)
{
	const char *wanted = getenv("PVPCI_BLOCKIO");
	int rc;

	if (wanted && strcmp(wanted, "uring") && strcmp(wanted, "threads")) {
		error_set(err, "PVPCI_BLOCKIO is \"%s\", not \"uring\" or \"threads\"", wanted);
		return NULL;
	}
	if (wanted ? !strcmp(wanted, "uring") : io->local) {
		rc = blockio_uring.open(io);
		if (!rc)
			return &blockio_uring;
		if (wanted) {
			error_set(err, "io_uring is not to be had: %s", strerror(-rc));
			return NULL;
		}
	}
	rc = blockio_threads.open(io);
	if (!rc) {
		log_debug("%s: threads do its I/O", io->path);
		return &blockio_threads;
	}
	error_set(err, "no thread for block I/O: %s", strerror(-rc));
	return NULL;
}

static int check_file(struct blockio *io, const char *path, bool after, struct error *err)
{
	struct stat st;

	if (fstat(io->file, &st)) {
		error_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		error_set(err, "%s is neither a file nor a block device", path);
		return -1;
	}
	io->device = S_ISBLK(st.st_mode);
	io->local = is_local(io);
	io->nowait = !io->direct && io->local;
	io->node_device = st.st_dev;
	io->node = st.st_ino;
	io->of_device = st.st_rdev;
	io->protected = blockio_ask_protected(io);
	if (!blockio_bytes(io)) {
		error_set(err, "%s is empty", path);
		return -1;
	}
	io->align = io->direct ? direct_align(io->file) : 1;
	return lock_file(io, after, err);
}

struct blockio *blockio_open_file(const char *path, bool readonly, bool direct, bool after,
				  struct error *err)
{
	/* O_NONBLOCK: a FIFO is refused below, not waited for. */
	int flags = (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct blockio *io = calloc(1, sizeof(*io));

	if (!io) {
		error_set(err, "out of memory");
		return NULL;
	}
	io->readonly = readonly;
	io->direct = direct;
	io->path = strdup(path);
	if (!io->path) {
		error_set(err, "out of memory");
		goto free_io;
	}
	io->file = open(path, flags | (direct ? O_DIRECT : 0));
	if (io->file < 0) {
		if (direct && errno == EINVAL)
			error_set(err, "%s: its file system does not know \"direct\"", path);
		else
			error_set(err, "%s cannot be opened: %s", path, strerror(errno));
		goto free_io;
	}
	if (fcntl(io->file, F_SETFL, direct ? O_DIRECT : 0) || check_file(io, path, after, err)) {
		if (err && !err->text[0])
			error_set(err, "%s: %s", path, strerror(errno));
		goto close_file;
	}
	return io;

close_file:
	close(io->file);
free_io:
	free(io->path);
	free(io);
	return NULL;
}

void blockio_close_file(struct blockio *io)
{
	close(io->file);
	free(io->path);
	free(io);
}

static struct blockio *open_file(const char *path, bool readonly, bool direct, bool after,
				 struct error *err)
{
	struct blockio *io = blockio_opened(path, readonly, direct, after, err);

	if (!io)
		return NULL;
	io->engine = choose_engine(io, err);
	if (!io->engine) {
		blockio_close_file(io);
		return NULL;
	}
	pthread_mutex_lock(&all_lock);
	io->next = all;
	all = io;
	pthread_mutex_unlock(&all_lock);
	return io;
}

struct blockio *blockio_open(const char *path, bool readonly, bool direct, struct error *err)
{
	return open_file(path, readonly, direct, false, err);
}

struct blockio *blockio_open_after(const char *path, bool readonly, bool direct, int lost,
				   struct error *err)
{
	struct blockio *io = open_file(path, readonly, direct, true, err);

	if (io) {
		io->dirty = !readonly;
		io->lost = lost;
	}
	return io;
}

void blockio_close(struct blockio *io)
{
	struct blockio **link = &all;
	struct blockio_op *op;

	if (!io)
		return;
	pthread_mutex_lock(&all_lock);
	while (*link != io)
		link = &(*link)->next;
	*link = io->next;
	pthread_mutex_unlock(&all_lock);
	blockio_drain(io);
	io->engine->close(io);
	while ((op = io->idle)) {
		io->idle = op->next;
		free(op->spare);
		free(op);
	}
	blockio_close_last(io);
	free(io->path);
	free(io);
}

uint64_t blockio_bytes(const struct blockio *io)
{
	uint64_t bytes = 0;
	struct statx st;

	if (io->device)
		return ioctl(io->file, BLKGETSIZE64, &bytes) ? 0 : bytes;
	/* What is known here: no server is asked. */
	return statx(io->file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &st) ? 0 :
	       st.stx_size;
}

bool blockio_has_name(const struct blockio *io)
{
	struct statx st;

	return io->device || statx(io->file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_NLINK,
				   &st) || st.stx_nlink;
}

struct blockio_identity blockio_identity(const struct blockio *io)
{
	/* The node of a device may be made anew, and is the same device. */
	if (io->device)
		return (struct blockio_identity){ .device = io->of_device };
	return (struct blockio_identity){ .device = io->node_device, .node = io->node };
}

uint32_t blockio_align(const struct blockio *io)
{
	return io->align;
}

bool blockio_is_device(const struct blockio *io)
{
	return io->device;
}

bool blockio_is_at(const struct blockio *io, const char *path)
{
	char link[32], real[4096];
	ssize_t used;

	if (!strcmp(io->path, path))
		return true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", io->file);
	used = readlink(link, real, sizeof(real) - 1);
	if (used < 0)
		return false;
	real[used] = '\0';
	return !strcmp(real, path);
}

const char *blockio_engine_name(const struct blockio *io)
{
	return io->engine->name;
}

const struct blockio_stats *blockio_stats(const struct blockio *io)
{
	return &io->stats;
}
