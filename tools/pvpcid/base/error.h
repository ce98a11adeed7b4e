/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One sentence that says what is wrong, and where in the configuration.
 */
#ifndef PVPCID_ERROR_H
#define PVPCID_ERROR_H

/**
 * struct error - why something was refused
 * @text: the sentence, without a full stop and without a newline
 * @where: what it is about, below the JSON object that was being read, as a
 *	JSON pointer without the first slash ("namespaces/0/file"); empty for
 *	the object itself
 */
struct error {
	char text[512];
	char where[128];
};

/**
 * error_set - say what is wrong
 * @err: filled; may be NULL
 * @format: as printf()
 *
 * Clears @err->where.
 */
void error_set(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * error_at - say what is wrong with one key
 * @err: filled; may be NULL
 * @where: JSON pointer below the object being read ("bars/0/bytes")
 * @format: as printf()
 */
void error_at(struct error *err, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * error_below - an error of an inner object becomes one of the outer object
 * @err: changed; may be NULL
 * @prefix: JSON pointer of the inner object in the outer ("functions/3")
 */
void error_below(struct error *err, const char *prefix);

#endif /* PVPCID_ERROR_H */
