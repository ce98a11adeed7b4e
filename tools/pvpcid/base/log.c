// SPDX-License-Identifier: GPL-2.0
/*
 * Log lines: sentences on stderr, with a priority prefix under systemd.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_BURST	5
#define LOG_PERIOD_NS	10000000000ULL

static int log_level = LOG_LEVEL_INFO;
static bool log_prefix;

void log_setup(int level)
{
	log_level = level;
	log_prefix = getenv("JOURNAL_STREAM");
}

void log_line(int level, const char *format, ...)
{
	char line[1024];
	va_list args;
	int used = 0;
	int more;

	if (level > log_level)
		return;
	if (log_prefix)
		used = snprintf(line, sizeof(line), "<%d>", level);
	else
		used = snprintf(line, sizeof(line), "pvpcid: ");
	va_start(args, format);
	more = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
	va_end(args);
	if (more < 0)
		return;
	used += more;
	if (used > (int)sizeof(line) - 2)
		used = (int)sizeof(line) - 2;
	line[used++] = '\n';
	/* One write, so that lines of several daemons do not mix. */
	if (write(STDERR_FILENO, line, (size_t)used) < 0)
		return;
}

bool log_allow(struct log_limit *limit)
{
	uint64_t now = clock_ns();

	if (!limit->count || now - limit->start_ns > LOG_PERIOD_NS) {
		limit->start_ns = now;
		limit->count = 0;
	}
	return limit->count++ < LOG_BURST;
}
