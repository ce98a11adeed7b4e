/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The NVMe controller: what its files share.
 *
 * model.c     operations for the bus, order of work in a poll
 * conf.c      configuration
 * regs.c      register page and doorbells in the aperture
 * ctrl.c      enable, reset, shutdown, fatal status
 * queue.c     submission queues: doorbells, commands in turn
 * cq.c        completion queues: entries, phase, full queues, interrupts
 * request.c   commands under way
 * journal.c   what the next pvpcid has to know of them
 * adopt.c     going on where a pvpcid before us was
 * prp.c       physical region pages
 * admin.c     admin commands: table, queues, abort
 * identify.c, features.c, log.c, event.c   the larger admin commands
 * ns.c        namespaces
 * share.c     several controllers with the same namespaces
 * pause.c     writes that wait for space
 * protect.c   write protection of namespaces
 * io.c, range.c   I/O commands
 * stats.c     counters
 *
 * Everything runs in the bus thread. Guest memory and the register page are
 * hostile: read once, checked, then used.
 */
#ifndef NVME_H
#define NVME_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/log.h"
#include "io/blockio.h"
#include "models/function_services.h"
#include "models/model.h"
#include "journal.h"
#include "ns.h"
#include "queue.h"
#include "spec.h"

#define NVME_MAX_QUEUES		64	/* I/O queue pairs */
#define NVME_MAX_NAMESPACES	64
#define NVME_MAX_ENTRIES	2048	/* of a queue: CAP.MQES + 1 */
#define NVME_MAX_AERS		4	/* Identify AERL + 1 */
#define NVME_MAX_ERRORS		64	/* entries of the error log, Identify ELPE + 1 */
#define NVME_MAX_REQUESTS	512	/* commands under way, about 2 KiB each */
#define NVME_ADMIN_REQUESTS	64	/* of these, kept for the admin queue */
#define NVME_MDTS		7	/* largest transfer: 2^7 pages of 4 KiB */
#define NVME_MDTS_BYTES		(4096U << NVME_MDTS)
#define NVME_MAX_IOV		((1 << NVME_MDTS) + 1)
#define NVME_MPSMAX		4	/* pages of 4 to 64 KiB */
#define NVME_TEMPERATURE	313	/* kelvin */
#define NVME_FIRMWARE		"1.0"

#define NVME_BAR_MIN_BYTES	16384
#define NVME_BAR_MSIX		8192	/* the page after the doorbells */
#define NVME_BAR_PBA		12288

/* A handler's return value: the command completes later. */
#define NVME_LATER		0xffff

struct nvme_ctrl;
struct nvme_request;

/**
 * struct nvme_request - one command under way
 * @next: in a list (idle requests, or a full completion queue's)
 * @ctrl: the controller
 * @sq: where it came from; not to be touched when @generation is old
 * @ns: namespace of an I/O command
 * @sqe: private copy of the command
 * @slot: in the journal
 * @again: it was taken by a pvpcid before us, which may have done it
 * @generation: of the controller when the command was taken
 * @cid: command identifier
 * @status: result
 * @duplicate: its identifier is in use by another command
 * @dw0: command specific result
 * @lba: start, of an I/O command
 * @blocks: length in blocks
 * @location: byte of the command at fault, for the error log; 0xffff for none
 * @step: I/O commands that work in steps: the next one
 * @finish: called with the backend's result; status or NVME_LATER
 * @buffer: private copy of data
 * @iov_count: entries of @iov
 * @iov: guest memory, as the PRPs say
 * @buffer_iov: @buffer as a vector
 */
struct nvme_request {
	struct nvme_request *next;
	struct nvme_ctrl *ctrl;
	struct nvme_sq *sq;
	struct nvme_ns *ns;
	struct nvme_sqe sqe;
	struct nvme_slot *slot;
	bool again;
	uint32_t generation;
	uint16_t cid;
	uint16_t status;
	bool duplicate;
	uint32_t dw0;
	uint64_t lba;
	uint32_t blocks;
	uint16_t location;
	uint32_t step;
	uint16_t (*finish)(struct nvme_request *rq, ssize_t result);
	void *buffer;
	int iov_count;
	struct iovec buffer_iov;
	struct iovec iov[NVME_MAX_IOV];
};

/* Where the controller is between CC.EN and CSTS.RDY. */
enum nvme_state {
	NVME_OFF,	/* EN 0, RDY 0 */
	NVME_READY,	/* EN 1, RDY 1: queues are served */
	NVME_STOPPING,	/* EN 0, RDY 1: I/O under way, nothing new is taken */
	NVME_FATAL,	/* CSTS.CFS: waits for a reset */
};

enum nvme_shutdown {
	NVME_SHUT_NONE,
	NVME_SHUT_WAIT,		/* for I/O under way */
	NVME_SHUT_FLUSH,	/* for namespaces to be flushed */
	NVME_SHUT_DONE,
};

/* Asynchronous events, one bit each: several of a kind are one event (5.2). */
enum nvme_event {
	NVME_EVENT_DOORBELL_REGISTER,
	NVME_EVENT_DOORBELL_VALUE,
	NVME_EVENT_RELIABILITY,
	NVME_EVENT_TEMPERATURE,
	NVME_EVENT_NAMESPACES,
	NVME_EVENT_COUNT,
};

/**
 * struct nvme_features - values of the features, current or default (5.21.1)
 * @arbitration: 01h
 * @temperature: 04h, over and under threshold of the composite temperature
 * @write_cache: 06h
 * @coalescing: 08h
 * @vector: 09h, coalescing disabled, one bit a vector
 * @atomicity: 0Ah
 * @async_event: 0Bh
 * @error_recovery: 05h, one for each namespace
 * @timestamp_ms: 0Eh, added to the monotonic clock
 * @timestamp_set: by the host since the last reset
 * @host_id: 81h
 */
struct nvme_features {
	uint32_t arbitration;
	uint16_t temperature[2];
	bool write_cache;
	uint32_t coalescing;
	uint8_t vector[(NVME_MAX_QUEUES + 8) / 8];
	uint32_t atomicity;
	uint32_t async_event;
	uint16_t error_recovery[NVME_MAX_NAMESPACES];
	uint64_t timestamp_ms;
	bool timestamp_set;
	uint8_t host_id[16];
};

/**
 * struct nvme_totals - counters of `pvpcictl stats`
 * @polls: calls of poll()
 * @admin: admin commands completed
 * @io: I/O commands completed
 * @errors: commands completed with an error
 * @interrupts: raised
 * @resets: controller resets
 * @full: times a completion queue was full
 * @bad_doorbells: invalid doorbell writes
 * @power_on_ms: monotonic clock at creation
 * @busy_ms: time with I/O under way
 */
struct nvme_totals {
	uint64_t polls;
	uint64_t admin;
	uint64_t io;
	uint64_t errors;
	uint64_t interrupts;
	uint64_t resets;
	uint64_t full;
	uint64_t bad_doorbells;
	uint64_t power_on_ms;
	uint64_t busy_ms;
};

/**
 * struct nvme_ctrl - one controller
 *
 * All of it lies in function_keep(): what is no pointer is there after our death, too,
 * as it was at any instant. The order of stores matters where journal.c says so.
 *
 * @bytes: of this struct; 0 until there is a controller in it
 * @found: it was there before us
 * @adopting: commands of the journal have to be done
 * @taken: commands ever taken
 * @journal: those under way
 * @slots: free places in it
 * @nr_slots: number of them
 * @fn: the bus's side
 * @bar: register page while attached, otherwise NULL
 * @state: see enum nvme_state
 * @shutdown: see enum nvme_shutdown
 * @generation: goes up with each reset; requests of older ones are dropped
 * @cc: CC as last seen
 * @csts: what CSTS reads
 * @intms: what INTMS and INTMC read
 * @saved: registers and doorbells while detached
 * @page_shift: memory page size, from CC.MPS
 * @queues: I/O queue pairs
 * @top: queues above this one do not exist
 * @backend: operations of blockio under way
 * @quiescing: no command is taken until the next attach or reset
 * @last_flush: and what was written is flushed, since the function goes
 * @resuming: a namespace is
 * @flushing: flushes of a shutdown under way
 * @turn: queue that is served first in the next poll
 * @poll_bytes: transfers started in this poll
 * @slow_ms: time of the last slow look
 * @file_ms: time of the last look at the sizes of files
 * @signals: completion queues with @signal set
 * @sq: submission queues, 0 is the admin queue
 * @cq: completion queues
 * @idle: requests to be used again
 * @requests: requests in use
 * @namespaces: number of namespaces
 * @ns: they
 * @features: current values
 * @aer: outstanding Asynchronous Event Requests, oldest first
 * @aers: number of them
 * @events: bits of events to be reported
 * @masked: bits of types of events that wait for a log page to be read
 * @warning: SMART critical warning
 * @errors: error log, a ring
 * @error_count: entries ever made
 * @unsafe_shutdowns: resets or power cuts without CC.SHN
 * @totals: counters
 * @complaints: limits log lines
 * @next: in the list of all controllers
 * @shares: its subsystem may have others ("share")
 * @cntlid: its number in the subsystem
 * @serial: serial number, or the name that is shared
 * @subnqn: name of the subsystem
 * @bar_bytes: size of BAR 0
 */
struct nvme_ctrl {
	uint32_t bytes;
	bool found;
	bool adopting;
	uint64_t taken;
	struct nvme_slot journal[NVME_MAX_REQUESTS];
	uint16_t slots[NVME_MAX_REQUESTS];
	unsigned int nr_slots;
	struct function *fn;
	uint8_t *bar;
	enum nvme_state state;
	enum nvme_shutdown shutdown;
	uint32_t generation;
	uint32_t cc;
	uint32_t csts;
	uint32_t intms;
	uint8_t saved[NVME_BAR_MSIX];
	unsigned int page_shift;
	unsigned int queues;
	unsigned int top;
	unsigned int backend;
	bool quiescing;
	bool last_flush;
	bool resuming;
	unsigned int flushing;
	unsigned int turn;
	uint64_t poll_bytes;
	uint64_t slow_ms;
	uint64_t file_ms;
	unsigned int signals;
	struct nvme_sq sq[NVME_MAX_QUEUES + 1];
	struct nvme_cq cq[NVME_MAX_QUEUES + 1];
	struct nvme_request *idle;
	unsigned int requests;
	unsigned int namespaces;
	struct nvme_ns ns[NVME_MAX_NAMESPACES];
	struct nvme_features features;
	struct nvme_request *aer[NVME_MAX_AERS];
	unsigned int aers;
	uint32_t events;
	uint32_t masked;
	uint8_t warning;
	struct nvme_error_entry errors[NVME_MAX_ERRORS];
	uint64_t error_count;
	uint64_t unsafe_shutdowns;
	struct nvme_totals totals;
	struct log_limit complaints;
	struct nvme_ctrl *next;
	bool shares;
	uint16_t cntlid;
	char serial[21];
	char subnqn[224];
	uint64_t bar_bytes;
};

/* conf.c */
int nvme_configure(struct nvme_ctrl *ctrl, json_t *conf, struct error *err);
bool nvme_ready(json_t *conf, bool found);
void nvme_forget(json_t *conf);

/* regs.c */
void nvme_regs_reset(struct nvme_ctrl *ctrl);
void nvme_regs_attach(struct nvme_ctrl *ctrl);
void nvme_regs_detach(struct nvme_ctrl *ctrl);
bool nvme_regs_poll(struct nvme_ctrl *ctrl);
void nvme_regs_slow(struct nvme_ctrl *ctrl);
void nvme_regs_csts(struct nvme_ctrl *ctrl, uint32_t csts);
void nvme_regs_queues(struct nvme_ctrl *ctrl, uint32_t *aqa, uint64_t *asq, uint64_t *acq);
uint32_t nvme_doorbell(struct nvme_ctrl *ctrl, unsigned int qid, bool cq);
void nvme_doorbell_clear(struct nvme_ctrl *ctrl, unsigned int qid, bool cq);
void nvme_doorbells_clear(struct nvme_ctrl *ctrl);
uint64_t nvme_cap(void);

/* ctrl.c */
void nvme_ctrl_cc(struct nvme_ctrl *ctrl, uint32_t cc);
void nvme_ctrl_reset(struct nvme_ctrl *ctrl);
void nvme_ctrl_fatal(struct nvme_ctrl *ctrl);
bool nvme_ctrl_progress(struct nvme_ctrl *ctrl);
void nvme_ctrl_drain(struct nvme_ctrl *ctrl);
bool nvme_ctrl_reap(struct nvme_ctrl *ctrl);
bool nvme_ctrl_quiesce(struct nvme_ctrl *ctrl, bool last);
uint64_t nvme_now_ms(void);

/* request.c */
struct nvme_request *nvme_request_get(struct nvme_ctrl *ctrl, bool admin);
void nvme_request_put(struct nvme_request *rq);
void nvme_request_begin(struct nvme_request *rq);
void nvme_request_start(struct nvme_request *rq);
void nvme_complete(struct nvme_request *rq, uint16_t status);
void nvme_backend_done(void *arg, ssize_t result);
void nvme_requests_free(struct nvme_ctrl *ctrl);

/* prp.c */
uint16_t nvme_prp_map(struct nvme_ctrl *ctrl, uint64_t prp1, uint64_t prp2, uint32_t bytes,
		      struct iovec *iov, int *count);
uint16_t nvme_to_guest(struct nvme_request *rq, const void *data, uint32_t bytes);
uint16_t nvme_from_guest(struct nvme_request *rq, void *data, uint32_t bytes);

/* admin.c, identify.c, features.c, log.c */
uint16_t nvme_admin(struct nvme_request *rq);
uint16_t nvme_identify(struct nvme_request *rq);
uint16_t nvme_get_features(struct nvme_request *rq);
uint16_t nvme_set_features(struct nvme_request *rq);
void nvme_features_reset(struct nvme_ctrl *ctrl);
uint16_t nvme_get_log(struct nvme_request *rq);
void nvme_log_error(struct nvme_ctrl *ctrl, uint16_t sqid, uint16_t cid, uint16_t status,
		    uint16_t location, uint64_t lba, uint32_t nsid);
bool nvme_admin_known(uint8_t opcode);
bool nvme_io_known(uint8_t opcode);
uint32_t nvme_io_effects(uint8_t opcode);

/* event.c */
uint16_t nvme_aer(struct nvme_request *rq);
bool nvme_aer_abort(struct nvme_ctrl *ctrl, uint16_t cid);
void nvme_event(struct nvme_ctrl *ctrl, enum nvme_event event);
void nvme_event_log_read(struct nvme_ctrl *ctrl, uint8_t page);
void nvme_events_reset(struct nvme_ctrl *ctrl);
void nvme_temperature_check(struct nvme_ctrl *ctrl);

/* io.c, range.c */
uint16_t nvme_io(struct nvme_request *rq);
uint16_t nvme_flush_next(struct nvme_request *rq);
bool nvme_is_durable(const struct nvme_request *rq);
uint16_t nvme_io_error(struct nvme_request *rq, ssize_t result);
uint16_t nvme_io_range(struct nvme_request *rq, uint64_t lba, uint64_t blocks);
uint16_t nvme_write_zeroes(struct nvme_request *rq);
uint16_t nvme_dsm(struct nvme_request *rq);
uint16_t nvme_compare(struct nvme_request *rq);
uint16_t nvme_verify(struct nvme_request *rq);

/* stats.c */
json_t *nvme_stats(void *model);

/**
 * nvme_cdw - command dword
 * @rq: the command
 * @dword: 10 to 15
 */
static inline uint32_t nvme_cdw(const struct nvme_request *rq, unsigned int dword)
{
	return le32toh(rq->sqe.cdw[dword - 10]);
}

/**
 * nvme_invalid_field - "Invalid Field in Command"
 * @rq: the command
 * @byte: of the submission queue entry at fault, for the error log
 */
static inline uint16_t nvme_invalid_field(struct nvme_request *rq, uint16_t byte)
{
	rq->location = byte;
	return NVME_SC_INVALID_FIELD | NVME_SC_DNR;
}

#endif /* NVME_H */
