// SPDX-License-Identifier: GPL-2.0
/*
 * Text from others: what of it may go into log lines, terminals and tables.
 */
#include "base/text.h"

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

bool text_is_printable(const char *text)
{
	while (is_printable(*text))
		text++;
	return !*text;
}

void text_clean(char *to, size_t bytes, const char *from)
{
	size_t i;

	for (i = 0; i < bytes - 1 && from[i]; i++)
		to[i] = is_printable(from[i]) ? from[i] : '?';
	to[i] = '\0';
}

uint64_t text_hash(const char *text, uint64_t seed)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ seed;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
	return hash;
}
