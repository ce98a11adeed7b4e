/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pvpci: the wire between a guest's paravirtual PCI host bridge and its host.
 *
 * Everything here lives in BAR2 of one ivshmem-doorbell function: plain
 * memory, shared by the guest driver (pvpci.ko) and the host daemon (pvpcid).
 * Both treat the other as hostile: a field is read once, checked, then used.
 *
 * Rules of the format:
 *  - little endian, natural alignment, explicit reserved fields that are zero;
 *  - "bytes" is a length, "offset" counts from the start of BAR2 unless the
 *    comment says "aperture offset";
 *  - each state word has exactly one writer, named in its comment;
 *  - nothing is ever removed: a new field takes reserved bytes and is
 *    announced by a feature bit or a minor version.
 */
#ifndef _UAPI_LINUX_PVPCI_H
#define _UAPI_LINUX_PVPCI_H

#include <linux/types.h>

/* The ivshmem function that carries a bus. */
#define PVPCI_IVSHMEM_VENDOR		0x1af4
#define PVPCI_IVSHMEM_DEVICE		0x1110
#define PVPCI_IVSHMEM_IVPOSITION	8	/* BAR0: own peer id, read */
#define PVPCI_IVSHMEM_DOORBELL		12	/* BAR0: peer << 16 | vector, write */

/* ------------------------------------------------------------------------
 * Versions and features
 */

#define PVPCI_VERSION(major, minor)	(((major) << 16) | (minor))
#define PVPCI_VERSION_1_0		PVPCI_VERSION(1, 0)
#define PVPCI_VERSION_1_1		PVPCI_VERSION(1, 1)

/* Feature bits: the host offers, the guest takes a subset, both then obey. */
#define PVPCI_F_DMA_SHARED	(1ULL << 0)	/* host reaches guest RAM itself */
#define PVPCI_F_DMA_POOL	(1ULL << 1)	/* bounce pool in BAR2 */
#define PVPCI_F_WAKE		(1ULL << 2)	/* host sleeps, guest rings before I/O */
#define PVPCI_F_SHARED_VECTORS	(1ULL << 3)	/* pending bitmap is honoured */
/* From here on 1.1: none of them is in force with version 1.0. */
#define PVPCI_F_BLOCKS		(1ULL << 4)	/* config blocks */
#define PVPCI_F_RESET		(1ULL << 5)	/* PVPCI_MSG_RESET resets a function */
#define PVPCI_F_POWER		(1ULL << 6)	/* PVPCI_MSG_POWER: D3hot and D0 */
#define PVPCI_F_STOP		(1ULL << 7)	/* PVPCI_MSG_QUERY_STOP: the host wants room */
#define PVPCI_F_OUTCOME		(1ULL << 8)	/* PVPCI_MSG_OUTCOME: the guest tells */
#define PVPCI_F_EJECT_DEVICE	(1ULL << 9)	/* PVPCI_EJECT_DEVICE */
#define PVPCI_F_EJECT_WHY	(1ULL << 10)	/* PVPCI_MSG_EJECT_WHY: a reason */
#define PVPCI_F_RESIZE		(1ULL << 11)	/* host looks at the chosen sizes of BARs */
#define PVPCI_F_RING_VECTOR	(1ULL << 12)	/* vector 0 may carry tokens, shared */
#define PVPCI_F_APERTURE_PROBE	(1ULL << 13)	/* PVPCI_MSG_APERTURE_PROBE */
#define PVPCI_F_MEMORY		(1ULL << 14)	/* PVPCI_MSG_MEMORY: the guest tells of its RAM */

#define PVPCI_FEATURES_1_0	0xfULL		/* all that version 1.0 knows */

/* ------------------------------------------------------------------------
 * Header page: the first 4096 bytes of BAR2
 */

#define PVPCI_MAGIC		0x5355424943505650ULL	/* "PVPCIBUS" in memory */
#define PVPCI_PAGE_BYTES	4096
#define PVPCI_MAX_FUNCTIONS	256	/* one bus: 32 devices of 8 functions */
#define PVPCI_MAX_TOKENS	8192	/* device interrupt vectors of one bus */
#define PVPCI_MAX_VECTORS	2048	/* transport vectors, the MSI-X limit */
#define PVPCI_NUM_BARS		6

/**
 * struct pvpci_area - where one part of BAR2 lies
 * @offset: start, counted from the start of BAR2; a multiple of 4096
 * @bytes: length; a multiple of 4096; 0 for a part that is absent
 */
struct pvpci_area {
	__le64 offset;
	__le64 bytes;
};

/* Index into pvpci_header.area. Areas do not overlap. */
#define PVPCI_AREA_RING_TO_HOST		0	/* struct pvpci_ring, guest produces */
#define PVPCI_AREA_RING_TO_GUEST	1	/* struct pvpci_ring, host produces */
#define PVPCI_AREA_FUNCTIONS		2	/* struct pvpci_function[], host writes */
#define PVPCI_AREA_CONFIG		3	/* 4096 bytes a row: values, host writes */
#define PVPCI_AREA_CONFIG_MASK		4	/* 4096 a row: bits the guest owns, host writes */
#define PVPCI_AREA_CONFIG_GUEST		5	/* 4096 a row: guest-owned bits, guest writes */
#define PVPCI_AREA_ASSIGNED		6	/* struct pvpci_assigned[], guest writes */
#define PVPCI_AREA_VECTOR_MAP		7	/* __le32[], one a token, guest writes */
#define PVPCI_AREA_VECTOR_PENDING	8	/* a bit for each token: host sets, guest clears */
#define PVPCI_AREA_DMA_POOL		9	/* optional */
#define PVPCI_AREA_APERTURE		10	/* CPU side of the windows; naturally aligned */
#define PVPCI_AREA_COUNT		11
#define PVPCI_AREA_MAX			16

/* pvpci_host_words.state: written by the host, only forward within one generation. */
#define PVPCI_HOST_INIT		0	/* header not complete yet: try again later */
#define PVPCI_HOST_READY	1	/* serving */
#define PVPCI_HOST_STOPPING	2	/* clean stop: everything will read all-ones */
#define PVPCI_HOST_BROKEN	3	/* the guest broke the rules; nothing more is served */

/**
 * struct pvpci_host_words - state words written by the host only
 * @state: PVPCI_HOST_*
 * @beat: goes up at least every PVPCI_BEAT_MS while the host lives, and whenever
 *	the BARs of a function have been attached or detached
 * @sleeping: 1 when the host no longer polls: ring the doorbell before I/O
 * @reserved: zero
 */
struct pvpci_host_words {
	__le32 state;
	__le32 beat;
	__le32 sleeping;
	__le32 reserved[13];
};

#define PVPCI_BEAT_MS		1000

/* pvpci_guest_words.state: written by the guest. */
#define PVPCI_GUEST_ABSENT	0
#define PVPCI_GUEST_D0		1	/* between D0 entry and D0 exit */
#define PVPCI_GUEST_GONE	2	/* driver unloaded or shut down */
#define PVPCI_GUEST_BROKEN	3	/* the host broke the rules; the guest has stopped */

/**
 * struct pvpci_guest_words - state words written by the guest only
 * @state: PVPCI_GUEST_*
 * @reserved: zero
 */
struct pvpci_guest_words {
	__le32 state;
	__le32 reserved[15];
};

/**
 * struct pvpci_header - first page of BAR2
 * @magic: PVPCI_MAGIC; written last
 * @header_bytes: sizeof(struct pvpci_header) on the host, at least 1024
 * @version_min: lowest PVPCI_VERSION() served
 * @version_max: highest PVPCI_VERSION() served
 * @generation: changes with each start of the daemon, never 0
 * @features: PVPCI_F_* offered
 * @bus_id: stable id given by the host's owner; the PCI domain follows from it
 * @bar2_bytes: length of the shared memory, must equal the BAR's
 * @peer_id: ivshmem peer id of the daemon
 * @peer_vector: doorbell vector that wakes the daemon
 * @nr_functions: rows in the tables, 1 to PVPCI_MAX_FUNCTIONS
 * @nr_tokens: entries of the vector map, 1 to PVPCI_MAX_TOKENS
 * @nr_vectors: transport vectors that the host may ring, vector 0 is the ring's
 * @ring_slots: slots of each ring, a power of two, 8 to 1024
 * @reserved0: zero
 * @spare32_bytes: room the host asks to keep free for hot-add, 32-bit window
 * @spare64_bytes: the same for the 64-bit window
 * @reserved1: zero
 * @area: layout of BAR2, see PVPCI_AREA_*
 * @reserved2: zero
 * @host: words the host writes, a cache line of their own
 * @guest: words the guest writes, a cache line of their own
 * @reserved3: zero
 *
 * Written by the host before the guest starts, constant afterwards except for
 * @host and @guest. The guest copies it once and checks the copy.
 */
struct pvpci_header {
	__le64 magic;
	__le32 header_bytes;
	__le32 version_min;
	__le32 version_max;
	__le32 generation;
	__le64 features;
	__le64 bus_id;
	__le64 bar2_bytes;
	__le16 peer_id;
	__le16 peer_vector;
	__le32 nr_functions;
	__le32 nr_tokens;
	__le32 nr_vectors;
	__le32 ring_slots;
	__le32 reserved0;
	__le64 spare32_bytes;
	__le64 spare64_bytes;
	__le64 reserved1[5];
	struct pvpci_area area[PVPCI_AREA_MAX];
	__le64 reserved2[16];
	struct pvpci_host_words host;
	struct pvpci_guest_words guest;
	__le64 reserved3[48];
};

/* ------------------------------------------------------------------------
 * Function table: one row a function, row number is not the devfn
 */

/**
 * struct pvpci_bar - what one BAR needs
 * @bytes: a power of two from 4096; 0 when the BAR is not implemented or is
 *	the upper half of a 64-bit one
 * @offset: aperture offset where the host decodes it at hand-off
 *	(PVPCI_FN_DECODING only), otherwise 0
 * @flags: PVPCI_BAR_*
 * @reserved: zero
 */
struct pvpci_bar {
	__le64 bytes;
	__le64 offset;
	__le32 flags;
	__le32 reserved;
};

#define PVPCI_BAR_MEM64		(1U << 0)	/* takes this BAR and the next */
#define PVPCI_BAR_PREFETCH	(1U << 1)

/* pvpci_function.flags */
#define PVPCI_FN_PRESENT	(1U << 0)	/* part of the current relations */
#define PVPCI_FN_DECODING	(1U << 1)	/* handed off with memory-enable set */
#define PVPCI_FN_HOTPLUG	(1U << 2)	/* may be ejected */
#define PVPCI_FN_BOOT_CRITICAL	(1U << 3)	/* never dropped for lack of aperture */

#define PVPCI_NUMA_NONE		0xffffffffU

/**
 * struct pvpci_function - one row of the function table, written by the host
 * @flags: PVPCI_FN_*
 * @instance: changes whenever another function takes this row, never 0
 * @devfn: device << 3 | function, 0 to 255
 * @slot: physical slot number
 * @priority: higher keeps its place longer when the aperture is too small
 * @reserved0: zero
 * @numa_node: proximity domain as firmware's tables number it, or PVPCI_NUMA_NONE
 * @nr_tokens: interrupt vectors the function can use
 * @serial: device serial number, 0 for none
 * @label: slot label, NUL terminated
 * @model: name of the device model, NUL terminated
 * @bar: what the six BARs need
 * @reserved1: zero
 *
 * Rows change only between two values of the relations sequence; the guest
 * copies every row after a relations message and checks the copy.
 */
struct pvpci_function {
	__le32 flags;
	__le32 instance;
	__le16 devfn;
	__le16 slot;
	__le16 priority;
	__le16 reserved0;
	__le32 numa_node;
	__le32 nr_tokens;
	__le64 serial;
	__u8 label[32];
	__u8 model[16];
	struct pvpci_bar bar[PVPCI_NUM_BARS];
	__le64 reserved1[36];
};

#define PVPCI_BAR_UNASSIGNED	0xffffffffffffffffULL

/**
 * struct pvpci_assigned - where the guest put a function's BARs
 * @instance: instance of the function this row is for; 0 for an unused row
 * @flags: zero
 * @offset: aperture offset of each BAR, or PVPCI_BAR_UNASSIGNED
 * @reserved: zero
 */
struct pvpci_assigned {
	__le32 instance;
	__le32 flags;
	__le64 offset[PVPCI_NUM_BARS];
	__le64 reserved;
};

/* ------------------------------------------------------------------------
 * Config space
 *
 * A config read costs no exit. The value is
 *	(CONFIG & ~CONFIG_MASK) | (guest's own copy & CONFIG_MASK)
 * except for the registers the guest answers from the function table:
 * command (04h), BARs (10h to 27h), expansion ROM (30h, reads 0), interrupt
 * line and pin (3Ch, read 0). A config write changes the guest's own copy
 * where CONFIG_MASK has ones and is mirrored to CONFIG_GUEST with one store;
 * nobody is told, the host looks when it needs the value (bus master, MSI,
 * MSI-X control). The command register is mirrored to CONFIG_GUEST too, but
 * its memory-enable bit has effect only through PVPCI_MSG_COMMIT.
 * With PVPCI_F_RESET, "initiate function level reset" (device control, bit 15)
 * reads 0, is never mirrored and is a PVPCI_MSG_RESET; with PVPCI_F_POWER a
 * change of the power state (PMCSR, bits 0 and 1) is a PVPCI_MSG_POWER first.
 * With PVPCI_F_RESIZE the size field of Resizable BAR control is such a register:
 * the host looks at it in RESOURCES_ASSIGNED and COMMIT, while nothing decodes.
 * The guest copies CONFIG_MASK once, when the function arrives, and starts
 * its own copy from CONFIG & CONFIG_MASK.
 */

/* ------------------------------------------------------------------------
 * Interrupts
 *
 * The message a guest writes into a function's MSI or MSI-X registers is
 *	address PVPCI_MSI_ADDRESS, data = token
 * (multi-MSI: the function adds the vector number to the data, so tokens of
 * one function are contiguous and aligned). VECTOR_MAP[token] names the
 * transport vector to ring. When PVPCI_VECTOR_SHARED is set the host first
 * sets the token's bit in VECTOR_PENDING (atomic or), then rings. Vector 0 is the
 * ring's; with PVPCI_F_RING_VECTOR a guest that has no other may name it, shared.
 */
#define PVPCI_MSI_ADDRESS	0xfee00000U
#define PVPCI_VECTOR_MASK	0x0000ffffU	/* transport vector below nr_vectors */
#define PVPCI_VECTOR_SHARED	(1U << 16)
#define PVPCI_VECTOR_VALID	(1U << 31)

/* ------------------------------------------------------------------------
 * Rings: fixed-size slots, one producer, one consumer
 */

#define PVPCI_SLOT_BYTES	256
#define PVPCI_MIN_SLOTS		8
#define PVPCI_MAX_SLOTS		1024

/**
 * struct pvpci_ring - indices of one ring; the slots follow at byte 4096
 * @producer: free-running count of slots filled, written by the producer
 * @reserved0: fills the cache line
 * @consumer: free-running count of slots emptied, written by the consumer
 * @reserved1: fills the page
 *
 * Slot of index i is i modulo ring_slots. Each side keeps its own index in
 * private memory and never reads it back. producer - consumer (modulo 2^32)
 * above ring_slots means that the other side is broken.
 */
struct pvpci_ring {
	__le32 producer;
	__le32 reserved0[15];
	__le32 consumer;
	__le32 reserved1[1007];
};

/* ------------------------------------------------------------------------
 * The sizes above are the wire.
 */
#ifndef __cplusplus
#define PVPCI_ASSERT(cond)	_Static_assert(cond, #cond)
PVPCI_ASSERT(sizeof(struct pvpci_area) == 16);
PVPCI_ASSERT(sizeof(struct pvpci_host_words) == 64);
PVPCI_ASSERT(sizeof(struct pvpci_guest_words) == 64);
PVPCI_ASSERT(sizeof(struct pvpci_header) == 1024);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_header, area) == 128);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_header, host) == 512);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_header, guest) == 576);
PVPCI_ASSERT(sizeof(struct pvpci_bar) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_function) == 512);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_function, bar) == 80);
PVPCI_ASSERT(sizeof(struct pvpci_assigned) == 64);
PVPCI_ASSERT(sizeof(struct pvpci_ring) == PVPCI_PAGE_BYTES);
PVPCI_ASSERT(__builtin_offsetof(struct pvpci_ring, consumer) == 64);
#undef PVPCI_ASSERT
#endif

#include <linux/pvpci_msg.h>

#endif /* _UAPI_LINUX_PVPCI_H */
