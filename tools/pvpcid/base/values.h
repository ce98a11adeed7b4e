/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values in the configuration of models: numbers and sizes.
 */
#ifndef PVPCID_MODELS_VALUES_H
#define PVPCID_MODELS_VALUES_H

#include <jansson.h>
#include <stdint.h>

struct error;

/**
 * value_number - a number that is not negative
 * @conf: object
 * @key: may be absent
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_number(json_t *conf, const char *key, uint64_t *value, struct error *err);

/**
 * value_bytes - a size: a number, or a string with K, M, G or T
 * @conf: object
 * @key: may be absent
 * @value: changed when @key is there
 * @err: filled on error
 *
 * Return: 0 or -1.
 */
int value_bytes(json_t *conf, const char *key, uint64_t *value, struct error *err);

#endif /* PVPCID_MODELS_VALUES_H */
