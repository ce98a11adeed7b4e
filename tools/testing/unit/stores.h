/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process that counts its stores to shared memory, and dies before one of them.
 */
#ifndef UNIT_STORES_H
#define UNIT_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** stores_possible - does this test know how to, on this machine? */
bool stores_possible(void);

/**
 * stores_watch - count from now on, in this process, of whose threads one stores to such memory
 * @last: SIGKILL comes before this one; 0 for never
 * @count: counts them, in memory that outlives the process
 *
 * All shared mappings of files that the process has made, or makes later, count; of many
 * stores to one page in a row the first ones do. The program is linked with --wrap=mmap64.
 */
void stores_watch(unsigned int last, unsigned int *count);

/**
 * stores_stride - try one store in how many: 1 with PVPCI_DEATHS=all, else @usual
 * @usual: what "make check" has the time for
 * @first: the one to begin with, from 1; another one in each run
 */
unsigned int stores_stride(unsigned int usual, unsigned int *first);

/** stores_add - memory that the process has not mapped itself counts, too */
void stores_add(void *at, size_t bytes);

/** stores_map - mmap() of a whole file of which no store counts */
void *stores_map(int fd, size_t bytes);

#endif /* UNIT_STORES_H */
