/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text from others: what of it may go into log lines, terminals and tables.
 */
#ifndef PVPCID_TEXT_H
#define PVPCID_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** text_is_printable - is it printable ASCII? */
bool text_is_printable(const char *text);

/**
 * text_clean - copy text, each character that is not printable ASCII as '?'
 * @to: filled and terminated
 * @bytes: room in it
 * @from: terminated, or at least @bytes - 1 long
 */
void text_clean(char *to, size_t bytes, const char *from);

/**
 * text_hash - a number that stays the same for the same text (FNV-1a)
 * @text: terminated
 * @seed: 0, or another for a number of another kind
 */
uint64_t text_hash(const char *text, uint64_t seed);

#endif /* PVPCID_TEXT_H */
