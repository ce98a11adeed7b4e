/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all functions have in common in the configuration.
 */
#ifndef PVPCID_FUNCTION_CONF_H
#define PVPCID_FUNCTION_CONF_H

#include <stdint.h>

struct error;
struct function;

/**
 * function_parse - fill a function from fn->conf, all but what its model declares
 * @fn: the function
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled.
 */
int function_parse(struct function *fn, struct error *err);

/**
 * function_parse_slot - "1f.7", device in hexadecimal as lspci prints it
 * @string: text
 * @devfn: result
 *
 * Return: 0, or -1.
 */
int function_parse_slot(const char *string, uint8_t *devfn);

/** function_text_serial - the number that a serial number of this text has in the table */
uint64_t function_text_serial(const char *text);

#endif /* PVPCID_FUNCTION_CONF_H */
