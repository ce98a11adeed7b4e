/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets of the daemon share.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/**
 * struct input - what is left of the input; zeroes behind its end
 * @data: next byte
 * @left: bytes
 */
struct input {
	const uint8_t *data;
	size_t left;
};

/** input_bytes - take up to @bytes bytes; the rest of @to stays as it is */
static inline void input_bytes(struct input *in, void *to, size_t bytes)
{
	if (bytes > in->left)
		bytes = in->left;
	memcpy(to, in->data, bytes);
	in->data += bytes;
	in->left -= bytes;
}

/** input_byte - take one byte */
static inline uint8_t input_byte(struct input *in)
{
	uint8_t byte = 0;

	input_bytes(in, &byte, 1);
	return byte;
}

#endif /* FUZZ_H */
