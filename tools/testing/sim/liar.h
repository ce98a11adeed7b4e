/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pvpci-liar: the host of a bus that behaves well but for one named fault.
 *
 * The honest part is the library of the daemon on a pair of rings in private
 * memory. Every message passes between those and the rings in BAR2 through
 * wire.c, which is where it can be lost, changed, sent twice or late.
 */
#ifndef LIAR_H
#define LIAR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/pvpci.h>

#include "bus/bus.h"
#include "fault.h"
#include "bus/guest.h"
#include "io/loop.h"
#include "ring.h"

#define LIAR_ROWS		8
#define LIAR_PRESENT		4	/* rows in use when the bus starts */
#define LIAR_TOKENS		64
#define LIAR_SLOTS		64
#define LIAR_APERTURE_BYTES	(4ULL << 20)

/**
 * union slot - one message
 * @msg: start of each
 * @relations: and so on
 * @function: and so on
 * @commit: and so on
 * @bytes: all of it
 */
union slot {
	struct pvpci_msg msg;
	struct pvpci_msg_relations relations;
	struct pvpci_msg_function function;
	struct pvpci_msg_commit commit;
	uint8_t bytes[PVPCI_SLOT_BYTES];
};

/**
 * struct liar - one bus and its fault
 * @bus: memory, vectors, layout and protocol, as guest.c and the library want them;
 *	first member
 * @conf: its configuration
 * @guest: ivshmem server
 * @loop: event loop
 * @fault: what is wrong with this host
 * @row: the honest function table
 * @attached: functions whose memory-enable is set
 * @seq: relations sequence number
 * @private_to_host: private ring, the guest's requests
 * @private_to_guest: private ring, the honest replies
 * @ask: producing end of the first
 * @answer: consuming end of the second
 * @from_guest: consuming end in BAR2
 * @to_guest: producing end in BAR2
 * @sent: messages of the greeting
 * @struck: times that the fault struck: a test that struck nothing proved nothing
 * @silent: no request is answered any more
 * @frozen: the heart has stopped
 * @held: a reply that is sent late or once more
 * @held_bytes: its length, 0 for none
 * @held_until_ns: when it is sent
 * @requests: messages of the guest, by step
 * @replies: sent
 * @events: sent
 * @complaint: the guest broke the rules, and how; NULL while it has not
 * @started_ns: when this fault began
 * @beat_ns: when the heart last beat
 * @active_ns: when the guest last said something
 * @flood: messages or interrupts still to be sent by a fault's tick
 * @scribbler: thread that writes random bytes
 * @scribbling: it runs
 * @scribble_area: what it writes to
 */
struct liar {
	struct bus bus;
	struct conf conf;
	struct guest guest;
	uint32_t sent;
	struct loop loop;
	const struct fault *fault;

	struct pvpci_function row[LIAR_ROWS];
	bool attached[LIAR_ROWS];
	uint32_t seq;

	void *private_to_host;
	void *private_to_guest;
	struct pvpci_ring_end ask;
	struct pvpci_ring_end answer;
	struct pvpci_ring_end from_guest;
	struct pvpci_ring_end to_guest;

	uint64_t struck;
	bool silent;
	bool frozen;
	union slot held;
	uint32_t held_bytes;
	uint64_t held_until_ns;
	uint64_t requests[STEPS];
	uint64_t replies;
	uint64_t events;
	const char *complaint;
	uint64_t started_ns;
	uint64_t beat_ns;
	uint64_t active_ns;
	uint64_t flood;

	pthread_t scribbler;
	bool scribbling;
	unsigned int scribble_area;
};

/* start.c: BAR2 as an honest host has it, and then the fault */

/**
 * liar_open - memory as @fault needs it, vectors and private rings
 * @liar: its configuration is filled
 * @fault: the first one
 *
 * Return: 0, or -1 and a sentence on stderr.
 */
int liar_open(struct liar *liar, const struct fault *fault);
/** liar_start - begin afresh with a fault; the guest's driver is not loaded */
void liar_start(struct liar *liar, const struct fault *fault);
/** liar_stop - end what a fault may have left running */
void liar_stop(struct liar *liar);
/** liar_close - the reverse of liar_open() */
void liar_close(struct liar *liar);
/** liar_header - the header in BAR2 */
struct pvpci_header *liar_header(struct liar *liar);
/** liar_set_state - write the host's state word */
void liar_set_state(struct liar *liar, uint32_t state);
/** liar_guest_state - the guest's state word */
uint32_t liar_guest_state(struct liar *liar);
/** liar_publish_row - put a row of the function table into BAR2 */
void liar_publish_row(struct liar *liar, unsigned int row);

/* honest.c: what an honest host answers */
extern const struct pvpci_host_ops honest_ops;
/** honest_attach - @bar of @row is decoded at @offset: a testdev that does nothing */
void honest_attach(struct liar *liar, unsigned int row, unsigned int bar, uint64_t offset);

/* wire.c: messages between BAR2 and the honest host */

/** wire_poll - take what the guest has sent, answer as the fault will have it */
void wire_poll(struct liar *liar);
/** wire_tick - heartbeat, late replies, and what the fault does by itself */
void wire_tick(struct liar *liar);
/** wire_send - put a message into the ring to the guest; false when there is no room */
bool wire_send(struct liar *liar, const void *msg, uint32_t bytes);
/** wire_room - is there room for a flood, and for replies beside it? */
bool wire_room(struct liar *liar);
/** wire_interrupt - make the guest look at its ring */
void wire_interrupt(struct liar *liar);
/** wire_fire - the command "fire": a driver of the guest is bound */
void wire_fire(struct liar *liar);
/** wire_struck - the fault has struck once more */
void wire_struck(struct liar *liar);
/** wire_random - next of a sequence that is the same in each run */
uint64_t wire_random(void);

/* command.c: control socket */

/** command_open - listen on @path; 0, or -1 and a sentence on stderr */
int command_open(struct liar *liar, const char *path);
/** command_close - the reverse */
void command_close(struct liar *liar);

#endif /* LIAR_H */
