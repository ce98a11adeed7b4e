// SPDX-License-Identifier: GPL-2.0
/*
 * Log lines: sentences on stderr, with a priority prefix under systemd.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_BURST	5
#define LOG_PERIOD_NS	10000000000ULL
#define LINE_BYTES	1024

static int log_level = LOG_LEVEL_INFO;
static bool log_prefix;
static unsigned int log_lost;	/* lines since the last that was taken */

void log_setup(int level)
{
	log_level = level;
	log_prefix = getenv("JOURNAL_STREAM");
}

/* Could a write of one line block? A pipe that is writable has room for it. */
static bool has_room(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1;
}

/* One write for each line, so that lines of several daemons do not mix. */
static void put_line(int level, const char *text)
{
	char line[LINE_BYTES + 16];
	int used;

	used = log_prefix ? snprintf(line, sizeof(line), "<%d>%s\n", level, text) :
			    snprintf(line, sizeof(line), "pvpcid: %s\n", text);
	if (used < 0 || !has_room() || write(STDERR_FILENO, line, (size_t)used) < 0)
		log_lost++;
}

static void put(int level, const char *text)
{
	char sentence[64];
	unsigned int lost = log_lost;

	if (lost && has_room()) {
		log_lost = 0;
		snprintf(sentence, sizeof(sentence), "%u lines were lost, nobody took them", lost);
		put_line(LOG_LEVEL_WARNING, sentence);
	}
	put_line(level, text);
}

void log_line(int level, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list args;

	if (level > log_level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(level, text);
}

void log_some(struct log_limit *limit, int level, const char *format, ...)
{
	uint64_t now = clock_ns();
	unsigned int left_out = 0;
	char text[LINE_BYTES];
	va_list args;
	size_t used;

	if (level > log_level)
		return;
	if (!limit->count || now - limit->start_ns > LOG_PERIOD_NS) {
		left_out = limit->count > LOG_BURST ? limit->count - LOG_BURST : 0;
		limit->start_ns = now;
		limit->count = 0;
	}
	if (limit->count++ >= LOG_BURST)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	used = strlen(text);
	if (left_out)
		snprintf(text + used, sizeof(text) - used,
			 " (%u lines like this were left out before it)", left_out);
	put(level, text);
}
