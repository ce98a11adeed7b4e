/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files for tests of blockio, and what becomes of their operations.
 */
#ifndef MODEL_FILES_H
#define MODEL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct blockio;

/**
 * struct done - what was heard of operations
 * @calls: how often
 * @result: of the last
 */
struct done {
	unsigned int calls;
	ssize_t result;
};

/** count - a blockio_done; @arg is a struct done */
void count(void *arg, ssize_t result);

/** open_file - make a file as host_file() does, and open it; fails the test if it cannot */
struct blockio *open_file(char *path, size_t bytes, bool readonly);

#endif /* MODEL_FILES_H */
