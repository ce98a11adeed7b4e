// SPDX-License-Identifier: GPL-2.0
/*
 * Faults: allocations and file operations that fail. The names with 64 are
 * what _FILE_OFFSET_BITS makes of those without.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "model_faults.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
char *__real_strdup(const char *text);
int __real_posix_memalign(void **memory, size_t align, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
char *__wrap_strdup(const char *text);
int __wrap_posix_memalign(void **memory, size_t align, size_t bytes);
ssize_t __real_preadv64(int file, const struct iovec *iov, int count, off_t offset);
ssize_t __real_preadv64v2(int file, const struct iovec *iov, int count, off_t offset,
			  int flags);
ssize_t __real_pwritev64v2(int file, const struct iovec *iov, int count, off_t offset,
			   int flags);
int __real_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode);
int __real_close(int file);
int __wrap_close(int file);
int __real_fsetxattr(int file, const char *name, const void *value, size_t bytes, int flags);
int __wrap_fsetxattr(int file, const char *name, const void *value, size_t bytes, int flags);
int __real_fdatasync(int file);
int __real_fallocate64(int file, int mode, off_t offset, off_t bytes);
ssize_t __wrap_preadv64(int file, const struct iovec *iov, int count, off_t offset);
ssize_t __wrap_preadv64v2(int file, const struct iovec *iov, int count, off_t offset,
			  int flags);
ssize_t __wrap_pwritev64v2(int file, const struct iovec *iov, int count, off_t offset,
			   int flags);
int __wrap_fdatasync(int file);
int __wrap_fallocate64(int file, int mode, off_t offset, off_t bytes);

static unsigned int countdown;
static bool failed;
static pthread_t owner;

void model_alloc_fail(unsigned int nth)
{
	countdown = nth;
	failed = false;
	owner = pthread_self();
}

bool model_alloc_failed(void)
{
	return failed;
}

/* Only in the thread that asked for it. */
static bool fail_now(void)
{
	if (!countdown || !pthread_equal(owner, pthread_self()) || --countdown)
		return false;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t bytes)
{
	return fail_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fail_now() ? NULL : __real_calloc(count, bytes);
}

char *__wrap_strdup(const char *text)
{
	return fail_now() ? NULL : __real_strdup(text);
}

int __wrap_posix_memalign(void **memory, size_t align, size_t bytes)
{
	return fail_now() ? ENOMEM : __real_posix_memalign(memory, align, bytes);
}

static int file_error;
static unsigned int file_times;
static size_t file_short;
static int fallocate_error;

void model_file_fail(int error, unsigned int times)
{
	file_error = error;
	__atomic_store_n(&file_times, times, __ATOMIC_RELEASE);
}

void model_file_short(size_t bytes)
{
	__atomic_store_n(&file_short, bytes, __ATOMIC_RELEASE);
}

void model_fallocate_fail(int error)
{
	__atomic_store_n(&fallocate_error, error, __ATOMIC_RELEASE);
}

/* The threads of all files share the count. */
static bool fails(unsigned int *times, const int *error)
{
	unsigned int left = __atomic_load_n(times, __ATOMIC_ACQUIRE);

	while (left)
		if (__atomic_compare_exchange_n(times, &left, left - 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			errno = *error;
			return true;
		}
	return false;
}

static bool file_fails(void)
{
	return fails(&file_times, &file_error);
}

static const struct iovec *shorten(const struct iovec *iov, int *count, struct iovec *one)
{
	size_t most = __atomic_load_n(&file_short, __ATOMIC_ACQUIRE);

	if (!most)
		return iov;
	*one = iov[0];
	if (one->iov_len > most)
		one->iov_len = most;
	*count = 1;
	return one;
}

static pthread_mutex_t hold_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t hold_end = PTHREAD_COND_INITIALIZER;
static ino_t held_file;		/* 0 for none; under hold_lock */

void model_read_hold(const char *path)
{
	struct stat st = { 0 };

	if (path && stat(path, &st))
		st.st_ino = 0;
	pthread_mutex_lock(&hold_lock);
	held_file = st.st_ino;
	pthread_cond_broadcast(&hold_end);
	pthread_mutex_unlock(&hold_lock);
}

static bool is_held(int file)
{
	struct stat st;

	return held_file && !fstat(file, &st) && st.st_ino == held_file;
}

static void wait_held(int file)
{
	pthread_mutex_lock(&hold_lock);
	while (is_held(file))
		pthread_cond_wait(&hold_end, &hold_lock);
	pthread_mutex_unlock(&hold_lock);
}

ssize_t __wrap_preadv64(int file, const struct iovec *iov, int count, off_t offset)
{
	struct iovec one;

	wait_held(file);
	iov = shorten(iov, &count, &one);
	return file_fails() ? -1 : __real_preadv64(file, iov, count, offset);
}

int __wrap_close(int file)
{
	wait_held(file);
	return __real_close(file);
}

int __wrap_fsetxattr(int file, const char *name, const void *value, size_t bytes, int flags)
{
	wait_held(file);
	return __real_fsetxattr(file, name, value, bytes, flags);
}

static const char *held_path;	/* under hold_lock */

void model_open_hold(const char *path)
{
	pthread_mutex_lock(&hold_lock);
	held_path = path;
	pthread_cond_broadcast(&hold_end);
	pthread_mutex_unlock(&hold_lock);
}

int __wrap_open64(const char *path, int flags, mode_t mode)
{
	pthread_mutex_lock(&hold_lock);
	while (held_path && !strcmp(held_path, path))
		pthread_cond_wait(&hold_end, &hold_lock);
	pthread_mutex_unlock(&hold_lock);
	return __real_open64(path, flags, mode);
}

/* The page cache is "cold" while there are faults: what matters comes after. */
ssize_t __wrap_preadv64v2(int file, const struct iovec *iov, int count, off_t offset, int flags)
{
	bool held;

	pthread_mutex_lock(&hold_lock);
	held = is_held(file);
	pthread_mutex_unlock(&hold_lock);
	if (held || __atomic_load_n(&file_times, __ATOMIC_ACQUIRE) ||
	    __atomic_load_n(&file_short, __ATOMIC_ACQUIRE)) {
		errno = EAGAIN;
		return -1;
	}
	return __real_preadv64v2(file, iov, count, offset, flags);
}

ssize_t __wrap_pwritev64v2(int file, const struct iovec *iov, int count, off_t offset, int flags)
{
	struct iovec one;

	iov = shorten(iov, &count, &one);
	return file_fails() ? -1 : __real_pwritev64v2(file, iov, count, offset, flags);
}

static int flush_error;
static unsigned int flush_times;
static unsigned int flushes;

void model_flush_fail(int error, unsigned int times)
{
	flush_error = error;
	__atomic_store_n(&flush_times, times, __ATOMIC_RELEASE);
}

unsigned int model_flushes(void)
{
	return __atomic_exchange_n(&flushes, 0, __ATOMIC_ACQ_REL);
}

/* As the kernel does: the error of a writeback is told once, then all is well. */
int __wrap_fdatasync(int file)
{
	int ret = fails(&flush_times, &flush_error) || file_fails() ? -1 :
		  __real_fdatasync(file);

	if (!ret)
		__atomic_fetch_add(&flushes, 1, __ATOMIC_ACQ_REL);
	return ret;
}

int __wrap_fallocate64(int file, int mode, off_t offset, off_t bytes)
{
	int error = __atomic_load_n(&fallocate_error, __ATOMIC_ACQUIRE);

	if (error) {
		errno = error;
		return -1;
	}
	return file_fails() ? -1 : __real_fallocate64(file, mode, offset, bytes);
}
