/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values in JSON: the configuration's, and those of requests.
 *
 * A key that is absent leaves the result as it is: the caller has put the
 * default there. What is wrong is said in one sentence, at the key.
 */
#ifndef PVPCID_VALUES_H
#define PVPCID_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

/**
 * value_keys - has an object no keys but these?
 * @object: JSON object
 * @known: NULL-terminated
 * @also: the same; NULL for none
 * @what: the object, for the sentence; NULL for the whole file
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_keys(const json_t *object, const char *const *known, const char *const *also,
	       const char *what, struct error *err);

/**
 * value_flag - true or false
 * @object: JSON object
 * @key: may be absent
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_flag(const json_t *object, const char *key, bool *value, struct error *err);

/**
 * value_number - a whole number
 * @object: JSON object
 * @key: may be absent
 * @least: smallest that is allowed, not below 0
 * @most: largest
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_number(const json_t *object, const char *key, unsigned int least, unsigned int most,
		 unsigned int *value, struct error *err);

/** value_number64 - the same, of 64 bits */
int value_number64(const json_t *object, const char *key, uint64_t least, uint64_t most,
		   uint64_t *value, struct error *err);

/**
 * value_either - one of two numbers
 * @object: JSON object
 * @key: may be absent
 * @one: allowed
 * @other: allowed, too
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_either(const json_t *object, const char *key, unsigned int one, unsigned int other,
		 unsigned int *value, struct error *err);

/**
 * value_word - one of two words
 * @object: JSON object
 * @key: may be absent
 * @no: false
 * @yes: true
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_word(const json_t *object, const char *key, const char *no, const char *yes,
	       bool *value, struct error *err);

/**
 * value_bytes - a size: a number, or text with K, M, G or T
 * @object: JSON object
 * @key: may be absent
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_bytes(const json_t *object, const char *key, uint64_t *value, struct error *err);

/**
 * value_text - some text
 * @object: JSON object
 * @key: may be absent
 * @value: a copy when @key is there; what it was before is freed
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_text(const json_t *object, const char *key, char **value, struct error *err);

/**
 * value_path - the path of a file
 * @object: JSON object
 * @key: may be absent
 * @value: a copy when @key is there; what it was before is freed
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_path(const json_t *object, const char *key, char **value, struct error *err);

#endif /* PVPCID_VALUES_H */
