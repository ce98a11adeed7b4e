/* SPDX-License-Identifier: GPL-2.0 */
/* Little-endian fields of data structures that are given by byte offset. */
#ifndef PVPCID_NVME_PUT_H
#define PVPCID_NVME_PUT_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put16(uint8_t *data, unsigned int at, uint16_t value)
{
	value = htole16(value);
	memcpy(data + at, &value, sizeof(value));
}

static inline void put32(uint8_t *data, unsigned int at, uint32_t value)
{
	value = htole32(value);
	memcpy(data + at, &value, sizeof(value));
}

static inline void put64(uint8_t *data, unsigned int at, uint64_t value)
{
	value = htole64(value);
	memcpy(data + at, &value, sizeof(value));
}

#endif /* PVPCID_NVME_PUT_H */
