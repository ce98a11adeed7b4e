// SPDX-License-Identifier: GPL-2.0
/*
 * How answers look.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

void print_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}

const char *print_bytes(unsigned long long bytes, char *text)
{
	static const char units[] = { '\0', 'K', 'M', 'G', 'T' };
	unsigned int unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, 16, "%llu%.1s", bytes, &units[unit]);
	return text;
}

const char *print_value(const json_t *value, char *text)
{
	if (json_is_string(value))
		snprintf(text, 96, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, 96, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text, 96, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(text, 96, "%s", json_is_true(value) ? "yes" : "no");
	else
		snprintf(text, 96, "-");
	return text;
}

static void print_member(const char *key, const json_t *value, unsigned int depth)
{
	char text[96];
	size_t i;

	if (!json_is_object(value) && !json_is_array(value)) {
		printf("%*s%s: %s\n", (int)(2 * depth), "", key, print_value(value, text));
		return;
	}
	printf("%*s%s:\n", (int)(2 * depth), "", key);
	if (json_is_object(value)) {
		print_tree(value, depth + 1);
		return;
	}
	for (i = 0; i < json_array_size(value); i++) {
		char index[24];

		snprintf(index, sizeof(index), "%zu", i);
		print_member(index, json_array_get(value, i), depth + 1);
	}
}

void print_tree(const json_t *object, unsigned int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		print_member(key, value, depth);
}

long long member(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *member_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
