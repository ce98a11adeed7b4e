// SPDX-License-Identifier: GPL-2.0
/*
 * One sentence that says what is wrong, and where in the configuration.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

void error_set(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	err->where[0] = '\0';
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
}

void error_at(struct error *err, const char *where, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	snprintf(err->where, sizeof(err->where), "%s", where);
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
}

void error_below(struct error *err, const char *prefix)
{
	char inner[sizeof(err->where)];
	size_t room = sizeof(err->where);
	size_t head = strlen(prefix);
	size_t tail;

	if (!err)
		return;
	memcpy(inner, err->where, sizeof(inner));
	tail = strlen(inner);
	/* What does not fit is left out: the line of the outer object is near enough. */
	if (head >= room)
		head = room - 1;
	memcpy(err->where, prefix, head);
	if (tail && head + 1 + tail < room) {
		err->where[head++] = '/';
		memcpy(err->where + head, inner, tail);
		head += tail;
	}
	err->where[head] = '\0';
}
