/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pvpci: the messages by which a host has functions stopped and moved to make room.
 *
 * Part of <linux/pvpci_msg.h>, which includes it, and has struct pvpci_msg.
 */
#ifndef _UAPI_LINUX_PVPCI_MSG_STOP_H
#define _UAPI_LINUX_PVPCI_MSG_STOP_H

#include <linux/types.h>

/* pvpci_msg_query_stop.flags */
#define PVPCI_STOP_LOW		(1U << 0)	/* below 4 GiB of bus addresses, for a 32-bit BAR */
#define PVPCI_STOP_ONLINE	(1U << 1)	/* only a plan: NVMe will have more paths */

/**
 * struct pvpci_msg_query_stop - may functions be stopped and moved to make room?
 * @msg: PVPCI_MSG_QUERY_STOP (event)
 * @wish: number of the wish, never 0; all that follows carries it, a newer one
 *	takes the place of an older one
 * @flags: PVPCI_STOP_*
 * @bytes: a power of two, of the hole that is wanted, aligned to it; 0: as large as can be
 *
 * Nothing is stopped yet. The guest plans, asks whoever owns what would move,
 * sends PVPCI_MSG_STOP_PLAN for each BAR, then PVPCI_MSG_QUERY_STOP_COMPLETE.
 */
struct pvpci_msg_query_stop {
	struct pvpci_msg msg;
	__le32 wish;
	__le32 flags;
	__le64 bytes;
};

/**
 * struct pvpci_msg_stop - what the host makes of the answer
 * @msg: PVPCI_MSG_STOP (event): carry the plan out, wholly or not at all;
 *	PVPCI_MSG_CANCEL_STOP (event): forget it, nobody waits for more
 * @wish: the same
 * @reserved: zero
 */
struct pvpci_msg_stop {
	struct pvpci_msg msg;
	__le32 wish;
	__le32 reserved;
};

#define PVPCI_DOWN_UNKNOWN	0xffffffffffffffffULL	/* never measured */

/**
 * struct pvpci_msg_stop_plan - a BAR that would move, or a function that cannot
 * @msg: PVPCI_MSG_STOP_PLAN; PVPCI_STATUS_STALE when nobody waits for it any more
 * @wish: of the query
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @bar: its number
 * @step: those of one step are stopped together, steps from 1; 0: the function cannot
 *	be moved, and only @words counts
 * @from: aperture offset now
 * @to: aperture offset then
 * @cost: price of the move, in the guest's unit
 * @down_us: for how long the function is expected to stop, or PVPCI_DOWN_UNKNOWN
 * @words: how it is moved, or why it cannot be; NUL terminated, may be cut
 */
struct pvpci_msg_stop_plan {
	struct pvpci_msg msg;
	__le32 wish;
	__le32 row;
	__le32 instance;
	__le16 bar;
	__le16 step;
	__le64 from;
	__le64 to;
	__le64 cost;
	__le64 down_us;
	__u8 words[56];
};

/**
 * struct pvpci_msg_restart - a function that was stopped is at work again
 * @msg: PVPCI_MSG_RESTART; PVPCI_STATUS_STALE when nobody waits for it any more
 * @wish: of the stop
 * @row: row in the function table
 * @instance: its pvpci_function.instance
 * @reserved: zero
 * @down_us: for how long it was stopped
 */
struct pvpci_msg_restart {
	struct pvpci_msg msg;
	__le32 wish;
	__le32 row;
	__le32 instance;
	__le32 reserved;
	__le64 down_us;
};

/**
 * struct pvpci_msg_stop_complete - the end of a query, or of a stop
 * @msg: PVPCI_MSG_QUERY_STOP_COMPLETE or PVPCI_MSG_STOP_COMPLETE;
 *	PVPCI_STATUS_STALE when nobody waits for it any more
 * @wish: of the query
 * @result: 0, or the guest's errno: it refuses, or all is as it was before
 * @bytes: of the hole
 * @offset: aperture offset of the hole, or PVPCI_BAR_UNASSIGNED
 * @cost: of the whole plan
 * @time_us: that planning took, or the whole move
 * @steps: of the plan
 * @reserved: zero
 * @why: one line about it, NUL terminated, may be cut
 */
struct pvpci_msg_stop_complete {
	struct pvpci_msg msg;
	__le32 wish;
	__le32 result;
	__le64 bytes;
	__le64 offset;
	__le64 cost;
	__le64 time_us;
	__le32 steps;
	__le32 reserved;
	__u8 why[160];
};

/* The sizes above are the wire. */
#ifndef __cplusplus
#define PVPCI_ASSERT(cond)	_Static_assert(cond, #cond)
PVPCI_ASSERT(sizeof(struct pvpci_msg_query_stop) == 32);
PVPCI_ASSERT(sizeof(struct pvpci_msg_stop) == 24);
PVPCI_ASSERT(sizeof(struct pvpci_msg_stop_plan) == 120);
PVPCI_ASSERT(sizeof(struct pvpci_msg_restart) == 40);
PVPCI_ASSERT(sizeof(struct pvpci_msg_stop_complete) == 224);
#undef PVPCI_ASSERT
#endif

#endif /* _UAPI_LINUX_PVPCI_MSG_STOP_H */
