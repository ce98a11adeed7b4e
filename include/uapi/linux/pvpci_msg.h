/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pvpci: the messages of a bus, as they lie in the slots of its rings.
 *
 * Part of <linux/pvpci.h>, which includes it: the rules of the format are there.
 */
#ifndef _UAPI_LINUX_PVPCI_MSG_H
#define _UAPI_LINUX_PVPCI_MSG_H

#include <linux/types.h>

/**
 * struct pvpci_msg - start of every message
 * @type: PVPCI_MSG_*
 * @bytes: whole message, this header included, at most PVPCI_SLOT_BYTES
 * @id: of a request, never 0; its reply carries the same; 0 for an event
 * @status: PVPCI_STATUS_*, of a reply; 0 otherwise
 * @flags: PVPCI_MSG_REPLY
 * @reserved: zero
 */
struct pvpci_msg {
	__le16 type;
	__le16 bytes;
	__le32 id;
	__le32 status;
	__le16 flags;
	__le16 reserved;
};

#define PVPCI_MSG_REPLY		(1U << 0)

/* One meaning for each status. */
#define PVPCI_STATUS_OK		0
#define PVPCI_STATUS_UNKNOWN	1	/* message type not known */
#define PVPCI_STATUS_LENGTH	2	/* too short or too long for its type */
#define PVPCI_STATUS_VERSION	3	/* version not served: ask for a lower one */
#define PVPCI_STATUS_STATE	4	/* not now: wrong bus state */
#define PVPCI_STATUS_FUNCTION	5	/* no such row or another instance */
#define PVPCI_STATUS_RANGE	6	/* a value outside its range */
#define PVPCI_STATUS_OVERLAP	7	/* two BARs at one place */
#define PVPCI_STATUS_NO_MEMORY	8	/* host is out of memory */
#define PVPCI_STATUS_IO		9	/* host's backend failed */
#define PVPCI_STATUS_STALE	10	/* relations changed meanwhile: query again */
#define PVPCI_STATUS_COUNT	11

/* Requests of the guest: the host replies to each. */
#define PVPCI_MSG_VERSION		0x0001
#define PVPCI_MSG_D0_ENTRY		0x0002
#define PVPCI_MSG_D0_EXIT		0x0003
#define PVPCI_MSG_QUERY_RELATIONS	0x0004
#define PVPCI_MSG_QUERY_RESOURCES	0x0005
#define PVPCI_MSG_RESOURCES_ASSIGNED	0x0006
#define PVPCI_MSG_RESOURCES_RELEASED	0x0007
#define PVPCI_MSG_COMMIT		0x0008
#define PVPCI_MSG_DMA_PROBE		0x0009
#define PVPCI_MSG_PING			0x000a
#define PVPCI_MSG_EJECT_COMPLETE	0x000b
#define PVPCI_MSG_READ_BLOCK		0x000c	/* PVPCI_F_BLOCKS */
#define PVPCI_MSG_WRITE_BLOCK		0x000d	/* PVPCI_F_BLOCKS */
#define PVPCI_MSG_RESET			0x000e	/* PVPCI_F_RESET */
#define PVPCI_MSG_POWER			0x000f	/* PVPCI_F_POWER */
#define PVPCI_MSG_STOP_PLAN		0x0010	/* PVPCI_F_STOP, as all of its names */
#define PVPCI_MSG_QUERY_STOP_COMPLETE	0x0011
#define PVPCI_MSG_RESTART		0x0012
#define PVPCI_MSG_STOP_COMPLETE		0x0013
#define PVPCI_MSG_OUTCOME		0x0018	/* PVPCI_F_OUTCOME */
#define PVPCI_MSG_EJECT_WHY		0x0019	/* PVPCI_F_EJECT_WHY */
#define PVPCI_MSG_APERTURE_PROBE	0x001a	/* PVPCI_F_APERTURE_PROBE */
#define PVPCI_MSG_MEMORY		0x001b	/* PVPCI_F_MEMORY */
/* Events of the host: no reply. */
#define PVPCI_MSG_RELATIONS		0x0101
#define PVPCI_MSG_EJECT			0x0102
#define PVPCI_MSG_INVALIDATE_BLOCKS	0x0103	/* PVPCI_F_BLOCKS */
#define PVPCI_MSG_QUERY_STOP		0x0104	/* PVPCI_F_STOP, as all of its names */
#define PVPCI_MSG_STOP			0x0105
#define PVPCI_MSG_CANCEL_STOP		0x0106

/**
 * struct pvpci_msg_version - negotiation, highest version first
 * @msg: PVPCI_MSG_VERSION; reply OK, or PVPCI_STATUS_VERSION: ask lower
 * @version: PVPCI_VERSION() asked for; in the reply the one agreed
 * @reserved: zero
 * @features: PVPCI_F_* the guest takes; in the reply those in force
 */
struct pvpci_msg_version {
	struct pvpci_msg msg;
	__le32 version;
	__le32 reserved;
	__le64 features;
};

/**
 * struct pvpci_msg_d0_entry - power the bus up
 * @msg: PVPCI_MSG_D0_ENTRY; a bus already in D0 (left by another kernel) is
 *	started over: all functions detached, all resources released
 * @nr_vectors: transport vectors the guest has enabled, 1 at least
 * @reserved: zero
 */
struct pvpci_msg_d0_entry {
	struct pvpci_msg msg;
	__le32 nr_vectors;
	__le32 reserved;
};

/**
 * struct pvpci_msg_relations - the functions on the bus
 * @msg: PVPCI_MSG_RELATIONS (event) or the reply to PVPCI_MSG_QUERY_RELATIONS,
 *	whose request is a bare struct pvpci_msg
 * @seq: relations sequence number that the table now shows
 * @count: rows with PVPCI_FN_PRESENT
 *
 * The table is a full snapshot; a function that is missing was removed.
 */
struct pvpci_msg_relations {
	struct pvpci_msg msg;
	__le32 seq;
	__le32 count;
};

/**
 * struct pvpci_msg_query_resources - what the bus needs, all functions at once
 * @msg: PVPCI_MSG_QUERY_RESOURCES; the host fills pvpci_function.bar of all
 *	present rows before it replies; PVPCI_STATUS_STALE when @seq is old
 * @seq: relations sequence number the guest works on; echoed
 * @reserved: zero
 * @need32_bytes: reply: sum of all BARs without PVPCI_BAR_MEM64
 * @need64_bytes: reply: sum of all others
 */
struct pvpci_msg_query_resources {
	struct pvpci_msg msg;
	__le32 seq;
	__le32 reserved;
	__le64 need32_bytes;
	__le64 need64_bytes;
};

/**
 * struct pvpci_window - one bridge window
 * @offset: aperture offset
 * @bytes: length, 0 for none
 * @bus_start: PCI bus address of its first byte
 */
struct pvpci_window {
	__le64 offset;
	__le64 bytes;
	__le64 bus_start;
};

/**
 * struct pvpci_msg_resources - resources assigned or released, many at once
 * @msg: PVPCI_MSG_RESOURCES_ASSIGNED or PVPCI_MSG_RESOURCES_RELEASED; on an
 *	error nothing changed
 * @first: first row; for the reply the row at fault
 * @count: rows, from @first; rows whose pvpci_assigned.instance is 0 are skipped
 * @window: 32-bit and 64-bit window (assigned only; the host shows them)
 */
struct pvpci_msg_resources {
	struct pvpci_msg msg;
	__le32 first;
	__le32 count;
	struct pvpci_window window[2];
};

/* Why memory-enable changes: for the accounts of both sides. */
#define PVPCI_REASON_ENABLE	0	/* the driver's pci_enable_device() or alike */
#define PVPCI_REASON_REMOVE	1	/* function or bus goes away */
#define PVPCI_REASON_RESET	2
#define PVPCI_REASON_POWER	3	/* suspend or resume */
#define PVPCI_REASON_MOVE	4	/* rebalance */
#define PVPCI_REASON_SIZING	5	/* around the sizing of a BAR; no guest of ours sends it */
#define PVPCI_REASON_USER	6	/* setpci and alike */
#define PVPCI_REASON_COUNT	7

/**
 * struct pvpci_msg_commit - an edge of memory-enable of one function
 * @msg: PVPCI_MSG_COMMIT; the reply comes after the BARs are attached or
 *	detached; on an error they are as before
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @command: new value of the command register
 * @reason: PVPCI_REASON_*
 * @reserved: zero
 * @offset: aperture offset of each BAR, or PVPCI_BAR_UNASSIGNED
 * @host_ns: reply: how long the host took
 */
struct pvpci_msg_commit {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le16 command;
	__le16 reason;
	__le32 reserved;
	__le64 offset[PVPCI_NUM_BARS];
	__le64 host_ns;
};

/**
 * struct pvpci_msg_dma_probe - does the host see the guest's RAM where the guest says?
 * @msg: PVPCI_MSG_DMA_PROBE; PVPCI_STATUS_RANGE when the address is not RAM
 * @address: guest-physical, 8-byte aligned
 * @value: reply: the 8 bytes the host read there
 */
struct pvpci_msg_dma_probe {
	struct pvpci_msg msg;
	__le64 address;
	__le64 value;
};

/**
 * struct pvpci_msg_aperture_probe - do both ends see the same bytes in the aperture?
 * @msg: PVPCI_MSG_APERTURE_PROBE; PVPCI_STATUS_RANGE when the place is not in the
 *	aperture, PVPCI_STATUS_STATE when a function decodes there, or everywhere
 * @offset: aperture offset, 8-byte aligned; PVPCI_BAR_UNASSIGNED: where does nothing
 *	decode? The reply has the offset of such a page, and nothing is written
 * @value: reply: the 8 bytes the host read there; it has written their complement
 *	in their place before it replied
 *
 * A guest asks for a place, since functions may decode from the start; it writes there
 * through a mapping as drivers use for BARs, asks, and reads what the host has written.
 * That is done twice, as the first answer may come from memory that the host had not
 * looked at before. A host that dies before it replies is followed by one that does it
 * again: both see the complement of what they should, which proves as much.
 */
struct pvpci_msg_aperture_probe {
	struct pvpci_msg msg;
	__le64 offset;
	__le64 value;
};

/* pvpci_msg_memory.what */
#define PVPCI_MEMORY_MARKED	0	/* find it by a mark */
#define PVPCI_MEMORY_ALIKE	1	/* it lies beside what is known already */
#define PVPCI_MEMORY_GONE	2	/* is none any more; not an error if it was none */
#define PVPCI_MEMORY_COUNT	3

#define PVPCI_MARK_BYTES	32

/**
 * struct pvpci_msg_memory - where a range of the guest's RAM is
 * @msg: PVPCI_MSG_MEMORY; PVPCI_STATUS_RANGE when no memory that the host may look at
 *	has the mark, or nothing is known that reaches as far
 * @what: PVPCI_MEMORY_*
 * @reserved: zero
 * @address: guest-physical start of the range; reply: of the part that the host reaches
 * @bytes: length; reply: of that part, which holds @at (MARKED) or begins where the
 *	range does (ALIKE)
 * @at: MARKED: guest-physical, a multiple of 4096 in the range, where the mark is
 * @mark: MARKED: what the guest has written there for the time of the request, and
 *	nobody can guess
 *
 * The host knows files that the guest's machine may have for memory. The one with the mark
 * at a place that is @at modulo 1 MiB is the one, and the range is in it as far as it goes.
 * What a guest has told holds until it says otherwise, over D0_EXIT and D0_ENTRY, too, as
 * long as its machine is the same.
 */
struct pvpci_msg_memory {
	struct pvpci_msg msg;
	__le32 what;
	__le32 reserved;
	__le64 address;
	__le64 bytes;
	__le64 at;
	__u8 mark[PVPCI_MARK_BYTES];
};

/**
 * struct pvpci_msg_ping - is anybody there?
 * @msg: PVPCI_MSG_PING
 * @cookie: any value; echoed
 */
struct pvpci_msg_ping {
	struct pvpci_msg msg;
	__le64 cookie;
};

/**
 * struct pvpci_msg_function - names one function
 * @msg: PVPCI_MSG_EJECT (event): please let go of it;
 *	PVPCI_MSG_EJECT_COMPLETE (request): done, or refused
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @result: EJECT_COMPLETE: 0 done, otherwise the guest's errno
 * @flags: EJECT: PVPCI_EJECT_*; EJECT_COMPLETE: zero
 */
struct pvpci_msg_function {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le32 result;
	__le32 flags;
};

/* With PVPCI_F_EJECT_DEVICE: refuse when any function of its device is in use. */
#define PVPCI_EJECT_DEVICE	(1U << 0)

/**
 * struct pvpci_msg_why - why the guest keeps a function
 * @msg: PVPCI_MSG_EJECT_WHY, before the EJECT_COMPLETE that refuses;
 *	PVPCI_STATUS_STATE when the host has not asked for it
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @why: one sentence, without a full stop, NUL terminated, may be cut
 */
struct pvpci_msg_why {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__u8 why[96];
};

/* What became of a function in the guest. */
#define PVPCI_OUTCOME_NO_DRIVER	0	/* no driver takes it, or its driver let go */
#define PVPCI_OUTCOME_BOUND	1
#define PVPCI_OUTCOME_FAILED	2	/* its probe failed, or PCI core does not find it */
#define PVPCI_OUTCOME_NO_ROOM	3	/* lost its place: the aperture is too small */
#define PVPCI_OUTCOME_OFF	4	/* the guest's user has switched its slot off */
#define PVPCI_OUTCOME_COUNT	5

/* With NO_ROOM, besides 0. */
#define PVPCI_NO_ROOM_SEEKING	11	/* the guest looks for some, another outcome follows */
#define PVPCI_NO_ROOM_PATHS	31	/* there would be some if disks in use had second paths */

/**
 * struct pvpci_msg_outcome - tells what became of a function, each time it changes
 * @msg: PVPCI_MSG_OUTCOME
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @outcome: PVPCI_OUTCOME_*
 * @error: FAILED: the guest's errno, 0 when it does not know;
 *	NO_ROOM: PVPCI_NO_ROOM_*, or 0
 * @missing_bytes: NO_ROOM: what free room lacks for its BARs in total
 * @missing_piece: NO_ROOM: what the largest free piece lacks for one of its BARs
 * @driver: BOUND, FAILED: name of the driver, NUL terminated, may be cut
 */
struct pvpci_msg_outcome {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le32 outcome;
	__le32 error;
	__le64 missing_bytes;
	__le64 missing_piece;
	__u8 driver[32];
};

/* A back channel between a function's driver and its model. */
#define PVPCI_NUM_BLOCKS	64
#define PVPCI_BLOCK_BYTES	128

/**
 * struct pvpci_msg_block - one config block
 * @msg: PVPCI_MSG_READ_BLOCK or PVPCI_MSG_WRITE_BLOCK; PVPCI_STATUS_RANGE for
 *	a block that the function does not have, or cannot take
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @block: below PVPCI_NUM_BLOCKS
 * @bytes: of @data that count, to PVPCI_BLOCK_BYTES: of a read the most that are
 *	wanted, in its reply those that there are
 * @reserved: zero
 * @data: content; zero after @bytes
 */
struct pvpci_msg_block {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le16 block;
	__le16 bytes;
	__le32 reserved;
	__u8 data[PVPCI_BLOCK_BYTES];
};

/**
 * struct pvpci_msg_invalidate_blocks - config blocks have other content now
 * @msg: PVPCI_MSG_INVALIDATE_BLOCKS (event)
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @blocks: a bit for each block
 */
struct pvpci_msg_invalidate_blocks {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le64 blocks;
};

/* pvpci_msg_change.value of PVPCI_MSG_RESET */
#define PVPCI_RESET_FUNCTION	0	/* function level reset */
#define PVPCI_RESET_SLOT	1	/* the reset of its slot */
/* pvpci_msg_change.value of PVPCI_MSG_POWER, as in PMCSR */
#define PVPCI_POWER_D0		0
#define PVPCI_POWER_D3HOT	3

/**
 * struct pvpci_msg_change - reset or power state of one function
 * @msg: PVPCI_MSG_RESET or PVPCI_MSG_POWER; the reply comes when it is done
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @value: PVPCI_RESET_* or PVPCI_POWER_*
 * @reserved: zero
 * @host_ns: reply: how long the host took
 *
 * After a reset the function is in D0, detached, without interrupts, and its
 * guest-owned config bits are the guest's to put back to their reset values.
 * In D3hot it is detached; back in D0 it is as after a reset unless its
 * No_Soft_Reset bit is set. Edges of memory-enable that come with it are
 * accounted to PVPCI_REASON_RESET or PVPCI_REASON_POWER by both sides.
 */
struct pvpci_msg_change {
	struct pvpci_msg msg;
	__le32 row;
	__le32 instance;
	__le32 value;
	__le32 reserved;
	__le64 host_ns;
};

#include <linux/pvpci_msg_stop.h>

/* The sizes above are the wire. */
#ifndef __cplusplus
#define PVPCI_ASSERT(cond)	_Static_assert(cond, #cond)
PVPCI_ASSERT(sizeof(struct pvpci_msg) == 16);
PVPCI_ASSERT(sizeof(struct pvpci_msg_version) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_d0_entry) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_msg_relations) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_msg_query_resources) == 40);
PVPCI_ASSERT(sizeof(struct pvpci_window) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_msg_resources) == 72);
PVPCI_ASSERT(sizeof(struct pvpci_msg_commit) == 88);
PVPCI_ASSERT(sizeof(struct pvpci_msg_dma_probe) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_aperture_probe) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_memory) == 80);
PVPCI_ASSERT(sizeof(struct pvpci_msg_ping) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_msg_function) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_why) == 120);
PVPCI_ASSERT(sizeof(struct pvpci_msg_outcome) == 80);
PVPCI_ASSERT(sizeof(struct pvpci_msg_block) == 160);
PVPCI_ASSERT(sizeof(struct pvpci_msg_invalidate_blocks) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_change) == 40);
#undef PVPCI_ASSERT
#endif

#endif /* _UAPI_LINUX_PVPCI_MSG_H */
