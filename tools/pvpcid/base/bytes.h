/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sizes, as people write them.
 */
#ifndef PVPCID_BYTES_H
#define PVPCID_BYTES_H

#include <jansson.h>
#include <stdint.h>

/**
 * bytes_parse - a size from text: a number, perhaps with K, M, G or T
 * @string: text
 * @bytes: result
 *
 * Return: 0, or -1.
 */
int bytes_parse(const char *string, uint64_t *bytes);

/**
 * bytes_get - the same from JSON: an integer, or a string
 * @value: may be NULL: -1
 * @bytes: result
 *
 * Return: 0, or -1.
 */
int bytes_get(const json_t *value, uint64_t *bytes);

#endif /* PVPCID_BYTES_H */
