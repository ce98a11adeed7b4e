/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pvpci: registers of the "testdev" model, and the PCI IDs of our models.
 *
 * A testdev has any set of BARs. The first page of the lowest-numbered BAR is
 * struct pvpci_testdev_regs; all other bytes of all BARs are plain memory,
 * except that MSI-X table and pending bits lie where the capability says. The
 * first PVPCI_TESTDEV_KEPT_BYTES of each BAR survive memory-enable going off
 * and on again; bytes after that do not.
 *
 * Registers are memory: a write takes effect when the host looks, which is
 * when the matching acknowledge register changes. All are little endian.
 */
#ifndef _UAPI_LINUX_PVPCI_TESTDEV_H
#define _UAPI_LINUX_PVPCI_TESTDEV_H

#include <linux/types.h>

/* Not registered with the PCI SIG: 1234h is what emulators use. */
#define PVPCI_VENDOR			0x1234
#define PVPCI_DEVICE_NVME		0x9e00
#define PVPCI_DEVICE_TESTDEV		0x9e01

#define PVPCI_TESTDEV_CLASS		0xff0000	/* unassigned class */
#define PVPCI_TESTDEV_MAGIC		0x44545650	/* "PVTD" in memory */
#define PVPCI_TESTDEV_VERSION		1
#define PVPCI_TESTDEV_SCRATCH		8
#define PVPCI_TESTDEV_BUFFER_BYTES	(1U << 20)	/* the device's own memory */
#define PVPCI_TESTDEV_COPY_BYTES	(1U << 30)	/* longest copy */
#define PVPCI_TESTDEV_KEPT_BYTES	65536
#define PVPCI_TESTDEV_MAX_US		10000000	/* attach_us, detach_us */

/* pvpci_testdev_regs.features */
#define PVPCI_TESTDEV_F_MSIX		(1U << 0)
#define PVPCI_TESTDEV_F_MSI		(1U << 1)

/* pvpci_testdev_regs.dma_command */
#define PVPCI_TESTDEV_DMA_READ		1	/* guest memory to the device's */
#define PVPCI_TESTDEV_DMA_WRITE		2	/* device's memory to the guest's */
#define PVPCI_TESTDEV_DMA_COPY		3	/* guest memory to guest memory */
#define PVPCI_TESTDEV_DMA_FILL		4	/* byte n of the device's memory = seed + n */

/* pvpci_testdev_regs.dma_status and .fire_status */
#define PVPCI_TESTDEV_OK		0
#define PVPCI_TESTDEV_COMMAND		1	/* no such command */
#define PVPCI_TESTDEV_LENGTH		2	/* 0 or too long, or past the device's memory */
#define PVPCI_TESTDEV_SOURCE		3	/* not guest memory, or bus mastering is off */
#define PVPCI_TESTDEV_DESTINATION	4	/* the same */
#define PVPCI_TESTDEV_OVERLAP		5	/* copy onto itself */
#define PVPCI_TESTDEV_VECTOR		6	/* no such vector */
#define PVPCI_TESTDEV_STOPPED		7	/* detached or reset before it was done */

#define PVPCI_TESTDEV_NO_VECTOR		0xffffffffU

/*
 * Config blocks. PVPCI_TESTDEV_BLOCK_IDENTITY is read-only. A write to
 * PVPCI_TESTDEV_BLOCK_INVALIDATE, a __le64 mask, adds 1 to the first byte of each
 * of these blocks and invalidates them; it reads as the last mask. All others
 * are memory, empty until written and after a reset.
 */
#define PVPCI_TESTDEV_BLOCK_IDENTITY	0
#define PVPCI_TESTDEV_BLOCK_INVALIDATE	63

/**
 * struct pvpci_testdev_identity - PVPCI_TESTDEV_BLOCK_IDENTITY
 * @serial: serial number of the function
 * @resets: times it was reset since the daemon made it
 * @reserved: zero
 */
struct pvpci_testdev_identity {
	__le64 serial;
	__le32 resets;
	__le32 reserved;
};

/**
 * struct pvpci_testdev_regs - first page of the first BAR
 * @magic: PVPCI_TESTDEV_MAGIC; host
 * @version: PVPCI_TESTDEV_VERSION; host
 * @features: PVPCI_TESTDEV_F_*; host
 * @vectors: interrupt vectors that can be fired; host
 * @serial: serial number of the function; host
 * @bars: bit for each BAR that is implemented; host
 * @attaches: times memory-enable was set since power-on or reset; host
 * @bar_bytes: size of each BAR; host
 * @attach_us: time an attach takes; host
 * @detach_us: time a detach takes; host
 * @reserved0: zero; host
 * @scratch: any value; guest
 * @mirror: complement of @scratch as the host last saw it; host
 * @reserved1: plain memory
 * @fire_vector: vector to raise; guest
 * @fire_count: how often, 0 counts as 1, at most 65536; guest
 * @fire_seq: written last: a new value fires; guest
 * @fire_ack: @fire_seq when it was fired; host, written after @fire_status
 * @fire_status: PVPCI_TESTDEV_*; host
 * @fire_total: interrupts fired so far; host
 * @reserved2: plain memory
 * @dma_source: guest-physical address, or offset in the device's memory; guest
 * @dma_destination: the same; guest
 * @dma_bytes: length; guest
 * @dma_command: PVPCI_TESTDEV_DMA_*; guest
 * @dma_seed: of PVPCI_TESTDEV_DMA_FILL; guest
 * @dma_vector: to raise when done, or PVPCI_TESTDEV_NO_VECTOR; guest
 * @dma_seq: written last: a new value starts; guest. Not while one is under way
 * @dma_ack: @dma_seq when it was done; host, written last
 * @dma_status: PVPCI_TESTDEV_*; host
 * @dma_crc32: of the data moved (IEEE 802.3, as zlib's crc32()); host
 * @reserved3: plain memory
 * @dma_done: bytes moved; host
 * @reserved4: plain memory
 *
 * The writer of each register is named at its end; what the other side writes
 * there is put back by the host when it looks.
 */
struct pvpci_testdev_regs {
	__le32 magic;
	__le32 version;
	__le32 features;
	__le32 vectors;
	__le64 serial;
	__le32 bars;
	__le32 attaches;
	__le64 bar_bytes[6];
	__le32 attach_us;
	__le32 detach_us;
	__le32 reserved0[10];
	__le32 scratch[PVPCI_TESTDEV_SCRATCH];		/* 080h */
	__le32 mirror[PVPCI_TESTDEV_SCRATCH];		/* 0A0h */
	__le32 reserved1[16];
	__le32 fire_vector;				/* 100h */
	__le32 fire_count;
	__le32 fire_seq;
	__le32 fire_ack;
	__le32 fire_status;
	__le32 fire_total;
	__le32 reserved2[10];
	__le64 dma_source;				/* 140h */
	__le64 dma_destination;
	__le64 dma_bytes;
	__le32 dma_command;
	__le32 dma_seed;
	__le32 dma_vector;
	__le32 dma_seq;
	__le32 dma_ack;					/* 168h */
	__le32 dma_status;
	__le32 dma_crc32;
	__le32 reserved3;
	__le64 dma_done;				/* 178h */
	__le32 reserved4[928];
};

#ifndef __cplusplus
#define PVPCI_ASSERT(cond)	_Static_assert(cond, #cond)
PVPCI_ASSERT(sizeof(struct pvpci_testdev_regs) == 4096);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_testdev_regs, scratch) == 0x80);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_testdev_regs, fire_vector) == 0x100);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_testdev_regs, dma_source) == 0x140);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_testdev_regs, dma_ack) == 0x168);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_testdev_regs, dma_done) == 0x178);
PVPCI_ASSERT(sizeof(struct pvpci_testdev_identity) == 16);
#undef PVPCI_ASSERT
#endif

#endif /* _UAPI_LINUX_PVPCI_TESTDEV_H */
