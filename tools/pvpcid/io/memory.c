// SPDX-License-Identifier: GPL-2.0
/*
 * The shared memory that becomes BAR2.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/memory.h"

/* Below this a memset() is cheaper than taking pages out of two page tables. */
#define CLEAR_BY_WRITE_BYTES	(256 * 1024)

static int map(struct memory *memory)
{
	memory->base = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_NORESERVE, memory->fd, 0);
	if (memory->base != MAP_FAILED)
		return 0;
	memory->base = NULL;
	return -1;
}

int memory_adopt(struct memory *memory, int fd, uint64_t bytes)
{
	struct stat st;

	*memory = (struct memory){ .fd = fd, .bytes = bytes };
	if (!fstat(fd, &st) && (uint64_t)st.st_size == bytes && !map(memory))
		return 0;
	memory_close(memory);
	return -1;
}

int memory_open(struct memory *memory, uint64_t bytes, struct error *err)
{
	memory->bytes = bytes;
	memory->base = NULL;
	memory->fd = memfd_create(MEMORY_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory->fd < 0 || ftruncate(memory->fd, (off_t)bytes) ||
	    fcntl(memory->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ||
	    map(memory)) {
		error_set(err, "cannot make %llu bytes of shared memory: %s",
			  (unsigned long long)bytes, strerror(errno));
		memory_close(memory);
		return -1;
	}
	return 0;
}

void memory_close(struct memory *memory)
{
	if (memory->base)
		munmap(memory->base, memory->bytes);
	if (memory->fd >= 0)
		close(memory->fd);
	memory->base = NULL;
	memory->fd = -1;
}

uint64_t memory_held(const struct memory *memory)
{
	struct stat st;

	return fstat(memory->fd, &st) ? 0 : (uint64_t)st.st_blocks * 512;
}

void memory_clear(struct memory *memory, uint64_t offset, uint64_t bytes)
{
	if (bytes > CLEAR_BY_WRITE_BYTES &&
	    !fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		       (off_t)bytes))
		return;
	memset(memory->base + offset, 0, bytes);
}
