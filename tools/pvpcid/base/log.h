/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log lines: sentences on stderr, with a priority prefix under systemd.
 */
#ifndef PVPCID_LOG_H
#define PVPCID_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_LEVEL_ERROR		3
#define LOG_LEVEL_WARNING	4
#define LOG_LEVEL_INFO		6
#define LOG_LEVEL_DEBUG		7

/**
 * struct log_limit - at most @burst lines in each period, for what a guest can provoke
 * @start_ns: start of the period, monotonic
 * @count: lines in it, those held back included
 */
struct log_limit {
	uint64_t start_ns;
	unsigned int count;
};

/**
 * log_setup - choose form and detail
 * @level: most detailed LOG_LEVEL_* written
 *
 * Under systemd (JOURNAL_STREAM is set) each line starts with its <priority>.
 */
void log_setup(int level);

/**
 * log_line - write one sentence; never waits: lines that nobody takes are counted
 * @level: LOG_LEVEL_*
 * @format: as printf(), without a newline
 */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * log_some - the same for what somebody can provoke: five lines in ten seconds
 * @limit: zero at first; one for each who can, and for each kind of line
 * @level: LOG_LEVEL_*
 * @format: as printf(), without a newline
 *
 * The first line of the next period says how many were left out.
 */
void log_some(struct log_limit *limit, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)		log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)		log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)		log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* PVPCID_LOG_H */
