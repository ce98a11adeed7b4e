// SPDX-License-Identifier: GPL-2.0
/*
 * Values in JSON: the configuration's, and those of requests.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/values.h"

static bool is_in(const char *key, const char *const *keys)
{
	for (; keys && *keys; keys++)
		if (!strcmp(*keys, key))
			return true;
	return false;
}

int value_keys(const json_t *object, const char *const *known, const char *const *also,
	       const char *what, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (is_in(key, known) || is_in(key, also))
			continue;
		error_at(err, key, "unknown key \"%.64s\"%s%s", key, what ? " in " : "",
			 what ? what : "");
		return -1;
	}
	return 0;
}

int value_flag(const json_t *object, const char *key, bool *value, struct error *err)
{
	const json_t *item = json_object_get(object, key);

	if (!item)
		return 0;
	if (!json_is_boolean(item)) {
		error_at(err, key, "\"%s\" must be true or false", key);
		return -1;
	}
	*value = json_is_true(item);
	return 0;
}

int value_number64(const json_t *object, const char *key, uint64_t least, uint64_t most,
		   uint64_t *value, struct error *err)
{
	const json_t *item = json_object_get(object, key);
	json_int_t number = json_integer_value(item);

	if (!item)
		return 0;
	if (!json_is_integer(item) || number < 0 || (uint64_t)number < least ||
	    (uint64_t)number > most) {
		error_at(err, key, "\"%s\" must be a number from %llu to %llu", key,
			 (unsigned long long)least, (unsigned long long)most);
		return -1;
	}
	*value = (uint64_t)number;
	return 0;
}

int value_number(const json_t *object, const char *key, unsigned int least, unsigned int most,
		 unsigned int *value, struct error *err)
{
	uint64_t number = *value;
	int ret = value_number64(object, key, least, most, &number, err);

	*value = (unsigned int)number;
	return ret;
}

int value_either(const json_t *object, const char *key, unsigned int one, unsigned int other,
		 unsigned int *value, struct error *err)
{
	const json_t *item = json_object_get(object, key);
	json_int_t number = json_integer_value(item);

	if (!item)
		return 0;
	if (number != one && number != other) {
		error_at(err, key, "\"%s\" must be %u or %u", key, one, other);
		return -1;
	}
	*value = (unsigned int)number;
	return 0;
}

int value_word(const json_t *object, const char *key, const char *no, const char *yes,
	       bool *value, struct error *err)
{
	const json_t *item = json_object_get(object, key);
	const char *word = json_string_value(item);

	if (!item)
		return 0;
	if (!word || (strcmp(word, no) && strcmp(word, yes))) {
		error_at(err, key, "\"%s\" must be \"%s\" or \"%s\"", key, no, yes);
		return -1;
	}
	*value = !strcmp(word, yes);
	return 0;
}

int value_bytes(const json_t *object, const char *key, uint64_t *value, struct error *err)
{
	const json_t *item = json_object_get(object, key);

	if (!item || !bytes_get(item, value))
		return 0;
	error_at(err, key, "\"%s\" must be a size like 4096 or \"64K\"", key);
	return -1;
}

static int copy_text(const json_t *object, const char *key, const char *what, char **value,
		     struct error *err)
{
	const json_t *item = json_object_get(object, key);
	const char *text = json_string_value(item);
	char *copy;

	if (!item)
		return 0;
	if (!text || !*text || strlen(text) != json_string_length(item)) {
		error_at(err, key, "\"%s\" must be %s", key, what);
		return -1;
	}
	copy = strdup(text);
	if (!copy) {
		error_set(err, "out of memory");
		return -1;
	}
	free(*value);
	*value = copy;
	return 0;
}

int value_text(const json_t *object, const char *key, char **value, struct error *err)
{
	return copy_text(object, key, "text", value, err);
}

int value_path(const json_t *object, const char *key, char **value, struct error *err)
{
	return copy_text(object, key, "a path", value, err);
}
