// SPDX-License-Identifier: GPL-2.0
/*
 * Values in the configuration of models: numbers and sizes.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "base/values.h"

int value_number(json_t *conf, const char *key, uint64_t *value, struct error *err)
{
	json_t *item = json_object_get(conf, key);

	if (!item)
		return 0;
	if (!json_is_integer(item) || json_integer_value(item) < 0) {
		error_at(err, key, "\"%s\" is not a number from 0", key);
		return -1;
	}
	*value = (uint64_t)json_integer_value(item);
	return 0;
}

int value_bytes(json_t *conf, const char *key, uint64_t *value, struct error *err)
{
	json_t *item = json_object_get(conf, key);

	if (!item || !bytes_get(item, value))
		return 0;
	error_at(err, key, "\"%s\" is not a size like 4096 or \"64K\"", key);
	return -1;
}
