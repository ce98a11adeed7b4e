/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to memory that the other side changes at any time.
 *
 * Each load happens exactly once, so that what was checked is what is used.
 */
#ifndef PVPCI_SHM_H
#define PVPCI_SHM_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <linux/pvpci.h>

/** shm_load32 - read a little-endian word once; later accesses stay behind it */
static inline uint32_t shm_load32(const __le32 *p)
{
	return le32toh(__atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE));
}

/** shm_load16 - read a little-endian half word once */
static inline uint16_t shm_load16(const void *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED));
}

/** shm_load64 - read a little-endian double word once */
static inline uint64_t shm_load64(const __le64 *p)
{
	return le64toh(__atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED));
}

/** shm_store32 - write a little-endian word once; earlier accesses stay before it */
static inline void shm_store32(__le32 *p, uint32_t value)
{
	__atomic_store_n((uint32_t *)p, htole32(value), __ATOMIC_RELEASE);
}

/** shm_store64 - write a little-endian double word once */
static inline void shm_store64(__le64 *p, uint64_t value)
{
	__atomic_store_n((uint64_t *)p, htole64(value), __ATOMIC_RELEASE);
}

/** shm_barrier - nothing before it is reordered with anything after it */
static inline void shm_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/** shm_copy_out - copy @bytes from shared memory; the copy is what gets checked */
static inline void shm_copy_out(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	/* The compiler must not read @from again instead of the copy. */
	__asm__ __volatile__("" : : "r"(to) : "memory");
}

#endif /* PVPCI_SHM_H */
