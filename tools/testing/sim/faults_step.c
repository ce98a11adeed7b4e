// SPDX-License-Identifier: GPL-2.0
/*
 * A host that goes away, or only says no, at each step of the conversation.
 */
#include "liar.h"
#include "shm.h"

#define STATUS	MEMBER(struct pvpci_msg, status)

#define ACT(name_, expect_, outcome_, step_, act_) {			\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.step = step_, .act = act_,					\
}

#define ERROR(name_, expect_, outcome_, step_, status_) {		\
	.name = name_, .expect = expect_, .outcome = outcome_, .step = step_,	\
	.patch = { { AT_REPLY, OP_SET, 0, STATUS, PVPCI_STATUS_##status_ } },	\
}

#define SILENT(name_, MESSAGE, outcome_, step_)				\
	ACT("silent-" name_, "Host did not answer " MESSAGE " in [0-9]+ ms",	\
	    outcome_, step_, ACT_SILENT)
#define FROZEN(name_, MESSAGE, outcome_, step_)				\
	ACT("frozen-" name_, "Host did not answer " MESSAGE " in [0-9]+ ms",	\
	    outcome_, step_, ACT_FROZEN)
#define STOPPING(name_, MESSAGE, outcome_, step_)			\
	ACT("stopping-" name_, "Host stopped before it answered " MESSAGE "|the host has stopped", \
	    outcome_, step_, ACT_STOPPING)
#define BREAKING(name_, MESSAGE, outcome_, step_)			\
	ACT("broken-" name_, "Host stopped before it answered " MESSAGE "|broke the rules", \
	    outcome_, step_, ACT_BROKEN)
#define REFUSING(name_, MESSAGE, outcome_, step_, status_)		\
	ERROR("error-" name_, "Host refused " MESSAGE ": " #status_, outcome_, step_, status_)

#define KILLED(name_, expect_, outcome_, step_)				\
	ACT("killed-" name_, expect_, outcome_, step_, ACT_KILLED)

#define ALL_STOPPED	"the host has stopped|it has stopped|Host stopped"
#define ALL_BROKEN	"guest broke the rules|it has stopped|Host stopped"

static void prompt_eject(struct liar *liar)
{
	struct pvpci_msg_function event = {
		.msg.type = htole16(PVPCI_MSG_EJECT),
		.msg.bytes = htole16(sizeof(event)),
		.row = htole32(1),
		.instance = liar->row[1].instance,
	};

	liar->events += wire_send(liar, &event, sizeof(event));
}

/* The guest asks when the heart stands still. */
static void prompt_ping(struct liar *liar)
{
	liar->frozen = true;
}

#define EJECT_STEP(name_, expect_, outcome_, act_) {			\
	.name = name_, .expect = expect_, .outcome = outcome_,		\
	.step = STEP_EJECT_COMPLETE, .act = act_, .prompt = prompt_eject,	\
}

static const struct fault faults[] = {
	SILENT("version", "VERSION", REFUSED, STEP_VERSION),
	FROZEN("version", "VERSION", REFUSED, STEP_VERSION),
	STOPPING("version", "VERSION", REFUSED, STEP_VERSION),
	BREAKING("version", "VERSION", REFUSED, STEP_VERSION),
	REFUSING("version", "VERSION", REFUSED, STEP_VERSION, NO_MEMORY),
	SILENT("d0-entry", "D0_ENTRY", REFUSED, STEP_D0_ENTRY),
	FROZEN("d0-entry", "D0_ENTRY", REFUSED, STEP_D0_ENTRY),
	STOPPING("d0-entry", "D0_ENTRY", REFUSED, STEP_D0_ENTRY),
	BREAKING("d0-entry", "D0_ENTRY", REFUSED, STEP_D0_ENTRY),
	REFUSING("d0-entry", "D0_ENTRY", REFUSED, STEP_D0_ENTRY, NO_MEMORY),
	SILENT("memory", "MEMORY", REFUSED, STEP_MEMORY),
	STOPPING("memory", "MEMORY", REFUSED, STEP_MEMORY),
	REFUSING("memory", "MEMORY", REFUSED, STEP_MEMORY, IO),
	SILENT("dma-probe", "DMA_PROBE", REFUSED, STEP_DMA_PROBE),
	FROZEN("dma-probe", "DMA_PROBE", REFUSED, STEP_DMA_PROBE),
	STOPPING("dma-probe", "DMA_PROBE", REFUSED, STEP_DMA_PROBE),
	BREAKING("dma-probe", "DMA_PROBE", REFUSED, STEP_DMA_PROBE),
	REFUSING("dma-probe", "DMA_PROBE", REFUSED, STEP_DMA_PROBE, IO),
	SILENT("aperture-probe", "APERTURE_PROBE", REFUSED, STEP_APERTURE_PROBE),
	STOPPING("aperture-probe", "APERTURE_PROBE", REFUSED, STEP_APERTURE_PROBE),
	REFUSING("aperture-probe", "APERTURE_PROBE", REFUSED, STEP_APERTURE_PROBE, IO),
	ERROR("aperture-full", NULL, WORKS, STEP_APERTURE_PROBE, STATE),
	SILENT("query-relations", "QUERY_RELATIONS", REFUSED, STEP_QUERY_RELATIONS),
	FROZEN("query-relations", "QUERY_RELATIONS", REFUSED, STEP_QUERY_RELATIONS),
	STOPPING("query-relations", "QUERY_RELATIONS", REFUSED, STEP_QUERY_RELATIONS),
	BREAKING("query-relations", "QUERY_RELATIONS", REFUSED, STEP_QUERY_RELATIONS),
	REFUSING("query-relations", "QUERY_RELATIONS", REFUSED, STEP_QUERY_RELATIONS, STATE),
	SILENT("query-resources", "QUERY_RESOURCES", REFUSED, STEP_QUERY_RESOURCES),
	FROZEN("query-resources", "QUERY_RESOURCES", REFUSED, STEP_QUERY_RESOURCES),
	STOPPING("query-resources", "QUERY_RESOURCES", REFUSED, STEP_QUERY_RESOURCES),
	BREAKING("query-resources", "QUERY_RESOURCES", REFUSED, STEP_QUERY_RESOURCES),
	REFUSING("query-resources", "QUERY_RESOURCES", REFUSED, STEP_QUERY_RESOURCES, IO),
	SILENT("assigned", "RESOURCES_ASSIGNED", REFUSED, STEP_ASSIGNED),
	FROZEN("assigned", "RESOURCES_ASSIGNED", REFUSED, STEP_ASSIGNED),
	STOPPING("assigned", "RESOURCES_ASSIGNED", REFUSED, STEP_ASSIGNED),
	BREAKING("assigned", "RESOURCES_ASSIGNED", REFUSED, STEP_ASSIGNED),
	REFUSING("assigned", "RESOURCES_ASSIGNED", REFUSED, STEP_ASSIGNED, OVERLAP),
	ERROR("error-range-memory", "Host does not take it that guest RAM at .* is gone",
	      REFUSED, STEP_MEMORY, RANGE),
	ERROR("error-range-dma-probe", "Guest RAM at .* is not shared with the host",
	      REFUSED, STEP_DMA_PROBE, RANGE),

	ACT("silent-attach", "did not attach .*no answer in time", BROKEN, STEP_ATTACH,
	    ACT_SILENT),
	ACT("frozen-attach", "did not attach .*no answer in time", BROKEN, STEP_ATTACH,
	    ACT_FROZEN),
	ACT("stopping-attach", ALL_STOPPED, BROKEN, STEP_ATTACH, ACT_STOPPING),
	ACT("broken-attach", ALL_BROKEN, BROKEN, STEP_ATTACH, ACT_BROKEN),
	ERROR("error-attach", "did not attach .*RANGE", DEGRADED, STEP_ATTACH, RANGE),
	ERROR("error-attach-function", "did not attach .*FUNCTION", DEGRADED, STEP_ATTACH,
	      FUNCTION),
	ERROR("error-attach-unknown", "did not attach .*UNKNOWN", DEGRADED, STEP_ATTACH, UNKNOWN),
	ACT("silent-detach", "did not detach .*no answer in time", LEAVES, STEP_DETACH, ACT_SILENT),
	ACT("stopping-detach", ALL_STOPPED, LEAVES, STEP_DETACH, ACT_STOPPING),
	ACT("broken-detach", ALL_BROKEN, LEAVES, STEP_DETACH, ACT_BROKEN),
	ERROR("error-detach", "did not detach .*IO", LEAVES, STEP_DETACH, IO),

	SILENT("released", "RESOURCES_RELEASED", LEAVES, STEP_RELEASED),
	STOPPING("released", "RESOURCES_RELEASED", LEAVES, STEP_RELEASED),
	BREAKING("released", "RESOURCES_RELEASED", LEAVES, STEP_RELEASED),
	REFUSING("released", "RESOURCES_RELEASED", LEAVES, STEP_RELEASED, RANGE),
	SILENT("d0-exit", "D0_EXIT", LEAVES, STEP_D0_EXIT),
	STOPPING("d0-exit", "D0_EXIT", LEAVES, STEP_D0_EXIT),
	BREAKING("d0-exit", "D0_EXIT", LEAVES, STEP_D0_EXIT),
	REFUSING("d0-exit", "D0_EXIT", LEAVES, STEP_D0_EXIT, STATE),

	EJECT_STEP("silent-eject-complete", "Host did not answer EJECT_COMPLETE in [0-9]+ ms",
		   BROKEN, ACT_SILENT),
	EJECT_STEP("stopping-eject-complete", ALL_STOPPED, BROKEN, ACT_STOPPING),
	EJECT_STEP("broken-eject-complete", ALL_BROKEN, BROKEN, ACT_BROKEN),
	{ .name = "error-eject-complete", .expect = "Host refused EJECT_COMPLETE: IO",
	  .outcome = ANY, .step = STEP_EJECT_COMPLETE, .prompt = prompt_eject,
	  .patch = { { AT_REPLY, OP_SET, 0, STATUS, PVPCI_STATUS_IO } } },

	ACT("stopping-bound", ALL_STOPPED, BROKEN, STEP_BOUND, ACT_STOPPING),
	ACT("broken-bound", ALL_BROKEN, BROKEN, STEP_BOUND, ACT_BROKEN),
	{ .name = "state-strange-bound", .expect = "the state word of the host is 77",
	  .outcome = BROKEN, .step = STEP_BOUND,
	  .patch = { { AT_HEADER, OP_SET, 0, MEMBER(struct pvpci_header, host.state), 77 } } },
	{ .name = "state-init-bound", .expect = "the state word of the host is 0",
	  .outcome = BROKEN, .step = STEP_BOUND,
	  .patch = { { AT_HEADER, OP_SET, 0, MEMBER(struct pvpci_header, host.state), 0 } } },
	/* The header was copied: what becomes of it later is nobody's concern. */
	{ .name = "header-gone-bound", .outcome = WORKS, .step = STEP_BOUND,
	  .patch = { { AT_HEADER, OP_RANDOM, 0,
		       SPAN(0, offsetof(struct pvpci_header, host)), 0 } } },
	{ .name = "silent-ping", .expect = "the host is silent, [0-9]+ ms after its last heartbeat",
	  .outcome = BROKEN, .step = STEP_PING, .act = ACT_SILENT, .prompt = prompt_ping },
	{ .name = "heart-stands", .outcome = WORKS, .step = STEP_PING, .prompt = prompt_ping,
	  .patch = { { AT_REPLY, OP_SET, 0, STATUS, PVPCI_STATUS_STATE } } },

	/* For buses of their own: a process dies but once. */
	KILLED("version", "Host did not answer VERSION in", REFUSED, STEP_VERSION),
	KILLED("d0-entry", "Host did not answer D0_ENTRY in", REFUSED, STEP_D0_ENTRY),
	KILLED("dma-probe", "Host did not answer DMA_PROBE in", REFUSED, STEP_DMA_PROBE),
	KILLED("query-relations", "Host did not answer QUERY_RELATIONS in", REFUSED,
	       STEP_QUERY_RELATIONS),
	KILLED("query-resources", "Host did not answer QUERY_RESOURCES in", REFUSED,
	       STEP_QUERY_RESOURCES),
	KILLED("assigned", "Host did not answer RESOURCES_ASSIGNED in", REFUSED, STEP_ASSIGNED),
	KILLED("attach", "did not attach .*no answer in time", BROKEN, STEP_ATTACH),
	KILLED("detach", "did not detach .*no answer in time", LEAVES, STEP_DETACH),
	{ .name = "killed-eject-complete", .expect = "Host did not answer EJECT_COMPLETE in",
	  .outcome = BROKEN, .step = STEP_EJECT_COMPLETE, .act = ACT_KILLED,
	  .prompt = prompt_eject },
	KILLED("released", "Host did not answer RESOURCES_RELEASED in", LEAVES, STEP_RELEASED),
	KILLED("d0-exit", "Host did not answer D0_EXIT in", LEAVES, STEP_D0_EXIT),
	KILLED("bound", "the host is silent, [0-9]+ ms after its last heartbeat", BROKEN,
	       STEP_BOUND),
};

const struct fault_table step_faults = FAULT_TABLE("steps", faults);
