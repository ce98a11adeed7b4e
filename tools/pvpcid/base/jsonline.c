// SPDX-License-Identifier: GPL-2.0
/*
 * Which line of a JSON text a JSON pointer is on.
 *
 * jansson keeps no positions, so this walks the text again. The text has
 * been accepted before: the walk needs no error handling beyond not running
 * past the end.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonline.h"

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* @p is at the opening quote; return what follows the closing one. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Skip any value: brackets are counted, not parsed. */
static const char *skip_value(const char *p)
{
	unsigned int depth = 0;

	do {
		p = skip_space(p);
		if (*p == '"') {
			p = skip_string(p);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			depth--;
			p++;
		} else if (depth && (*p == ',' || *p == ':')) {
			p++;
		} else {
			while (*p && !strchr(",:{}[] \t\r\n\"", *p))
				p++;
		}
	} while (*p && depth);
	return p;
}

static bool same_key(const char *quoted, const char *part, size_t length)
{
	return !strncmp(quoted + 1, part, length) && quoted[1 + length] == '"';
}

/* @p is behind '{'. Return the key that equals the part of the path, or NULL. */
static const char *find_member(const char *p, const char *part, size_t length)
{
	const char *key;

	for (;;) {
		key = skip_space(p);
		if (*key != '"')
			return NULL;
		if (same_key(key, part, length))
			return key;
		p = skip_space(skip_string(key));
		p = skip_space(skip_value(*p == ':' ? p + 1 : p));
		if (*p != ',')
			return NULL;
		p++;
	}
}

/* @p is behind '['. Return the element, or NULL. */
static const char *find_element(const char *p, const char *part)
{
	unsigned long index = strtoul(part, NULL, 10);

	for (p = skip_space(p); *p && *p != ']'; p = skip_space(p + 1)) {
		if (!index--)
			return p;
		p = skip_space(skip_value(p));
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

static unsigned int line_of(const char *text, const char *p)
{
	unsigned int line = 1;

	for (; text < p; text++)
		if (*text == '\n')
			line++;
	return line;
}

unsigned int jsonline_find(const char *text, const char *pointer)
{
	const char *value = skip_space(text);
	const char *at = value;

	while (*pointer) {
		size_t length = strcspn(pointer, "/");
		const char *next = NULL;

		if (*value == '{')
			next = find_member(value + 1, pointer, length);
		else if (*value == '[')
			next = find_element(value + 1, pointer);
		if (!next)
			break;
		at = next;
		if (*value == '{') {
			next = skip_space(skip_string(next));
			next = skip_space(*next == ':' ? next + 1 : next);
		}
		value = next;
		pointer += length;
		if (*pointer == '/')
			pointer++;
	}
	return line_of(text, at);
}
