/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults: allocations and file operations of the models that fail. Linked
 * with -Wl,--wrap; the file operations are those of blockio's threads, since
 * io_uring's are the kernel's.
 */
#ifndef MODEL_FAULTS_H
#define MODEL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/** model_alloc_fail - the @nth allocation from now on fails; 0: none */
void model_alloc_fail(unsigned int nth);

/** model_alloc_failed - did it come to that? */
bool model_alloc_failed(void);

/** model_file_fail - the next @times file operations fail with @error */
void model_file_fail(int error, unsigned int times);

/** model_flush_fail - the next @times calls of fdatasync() fail with @error */
void model_flush_fail(int error, unsigned int times);

/** model_flushes - calls of fdatasync() that succeeded since the last call */
unsigned int model_flushes(void);

/** model_file_short - reads and writes transfer at most @bytes; 0: all */
void model_file_short(size_t bytes);

/**
 * model_read_hold - reads of a file hang, as do closing it and changing its attributes
 * @path: the file; NULL: they all go on
 */
void model_read_hold(const char *path);

/** model_open_hold - as model_read_hold(), of opening it */
void model_open_hold(const char *path);

/** model_fallocate_fail - fallocate() fails with @error; 0: it works */
void model_fallocate_fail(int error);

#endif /* MODEL_FAULTS_H */
