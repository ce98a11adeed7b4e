// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes, as people write them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int bytes_parse(const char *string, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;
	char *end;

	if (*string < '0' || *string > '9')
		return -1;
	errno = 0;
	*bytes = strtoull(string, &end, 0);
	if (errno || end == string)
		return -1;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || (end[1] && strcmp(end + 1, "iB") && strcmp(end + 1, "B")))
			return -1;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (*bytes > UINT64_MAX >> shift)
		return -1;
	*bytes <<= shift;
	return 0;
}

int bytes_get(const json_t *value, uint64_t *bytes)
{
	if (json_is_string(value))
		return bytes_parse(json_string_value(value), bytes);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -1;
	*bytes = (uint64_t)json_integer_value(value);
	return 0;
}
