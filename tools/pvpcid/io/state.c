// SPDX-License-Identifier: GPL-2.0
/*
 * What a bus knows that must outlive us: memory that the guest never sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "io/keep.h"
#include "io/state.h"

#define STATE_NAME	KEEP_PREFIX "state"
#define STATE_MAGIC	0x6574617473767076ULL	/* "vpvstate" */
#define HEADER_BYTES	4096U
#define HOMES_AT	(HEADER_BYTES + 2ULL * STATE_SNAPSHOT_BYTES)
#define ALL_BYTES	(HOMES_AT + (uint64_t)STATE_HOMES * STATE_HOME_BYTES)

/* A pvpcid that was killed may still be on its way out. */
#define LOCK_TRIES	50
#define LOCK_PAUSE_NS	100000000L

/**
 * struct snapshot - where one ends
 * @sequence: the larger one of two counts; 0 for none
 * @bytes: its length
 * @sum: of its content and the two above
 */
struct snapshot {
	uint64_t sequence;
	uint64_t bytes;
	uint64_t sum;
};

/**
 * struct state_header - the first page
 * @magic: STATE_MAGIC
 * @version: STATE_VERSION
 * @greeted: see state_greeted()
 * @bytes: of all of it
 * @snapshot: the two areas that follow
 */
struct state_header {
	uint64_t magic;
	uint32_t version;
	uint32_t greeted;
	uint64_t bytes;
	struct snapshot snapshot[2];
};

static struct state_header *header(const struct state *state)
{
	return (struct state_header *)state->base;
}

static uint8_t *area(const struct state *state, unsigned int index)
{
	return state->base + HEADER_BYTES + (size_t)index * STATE_SNAPSHOT_BYTES;
}

/* Words, each of which moves all that follow: for accidents, not for enemies. */
static uint64_t sum_of(const struct snapshot *snapshot, const uint8_t *from)
{
	uint64_t sum = snapshot->sequence ^ snapshot->bytes << 32 ^ STATE_MAGIC;
	uint64_t word, i;

	for (i = 0; i + 8 <= snapshot->bytes; i += 8) {
		memcpy(&word, from + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3ULL;
		sum ^= sum >> 29;
	}
	return sum;
}

static bool is_whole(const struct state *state, unsigned int index)
{
	const struct snapshot *snapshot = &header(state)->snapshot[index];

	return snapshot->sequence && snapshot->bytes <= STATE_SNAPSHOT_BYTES &&
	       snapshot->sum == sum_of(snapshot, area(state, index));
}

static int map(struct state *state)
{
	state->base = mmap(NULL, ALL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			   state->fd, 0);
	if (state->base != MAP_FAILED)
		return 0;
	state->base = NULL;
	return -1;
}

/* Of its own open file: the one that is kept is the same for everybody. */
static int lock(struct state *state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	unsigned int tries = LOCK_TRIES;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", state->fd);
	state->lock = open(path, O_RDWR | O_CLOEXEC);
	if (state->lock < 0)
		return -1;
	while ((ret = fcntl(state->lock, F_OFD_SETLK, &whole)) && --tries &&
	       (errno == EAGAIN || errno == EACCES))
		nanosleep(&pause, NULL);
	return ret;
}

static int make_memory(struct state *state, struct error *err)
{
	state->fd = memfd_create(STATE_NAME, MFD_CLOEXEC);
	if (state->fd < 0 || ftruncate(state->fd, (off_t)ALL_BYTES) || map(state) ||
	    lock(state)) {
		error_set(err, "cannot make memory for the state of the bus: %s",
			  strerror(errno));
		state_close(state);
		return -1;
	}
	*header(state) = (struct state_header){
		.magic = STATE_MAGIC, .version = STATE_VERSION, .bytes = ALL_BYTES,
	};
	keep_put(STATE_NAME, state->fd);
	return 0;
}

/* Why not, or NULL. */
static const char *look(struct state *state)
{
	struct stat st;

	if (fstat(state->fd, &st) || st.st_size != (off_t)ALL_BYTES || map(state))
		return "it has another size";
	if (header(state)->magic != STATE_MAGIC || header(state)->bytes != ALL_BYTES)
		return "it is no state of a bus";
	if (header(state)->version != STATE_VERSION)
		return "it is of another version of pvpcid";
	if (!is_whole(state, 0) && !is_whole(state, 1))
		return "it is damaged";
	return NULL;
}

int state_open(struct state *state, struct error *err)
{
	const char *why;

	*state = (struct state){ .fd = keep_find(STATE_NAME), .lock = -1 };
	if (state->fd < 0)
		return make_memory(state, err);
	if (lock(state)) {
		if (errno == EAGAIN || errno == EACCES)
			error_set(err, "another pvpcid serves the bus of this keeper");
		else
			error_set(err, "the state that was kept cannot be locked: %s",
				  strerror(errno));
		state_close(state);
		return -1;
	}
	why = look(state);
	if (why) {
		log_error("the state that was kept is not used, %s: the bus starts anew", why);
		return state_renew(state, err);
	}
	state->found = true;
	return 0;
}

int state_renew(struct state *state, struct error *err)
{
	state_close(state);
	return make_memory(state, err);
}

void state_close(struct state *state)
{
	if (state->base)
		munmap(state->base, ALL_BYTES);
	if (state->lock >= 0)
		close(state->lock);
	if (state->fd >= 0)
		close(state->fd);
	*state = (struct state){ .fd = -1, .lock = -1 };
}

const void *state_saved(struct state *state, size_t *bytes)
{
	const struct snapshot *snapshot = header(state)->snapshot;
	bool first = is_whole(state, 0), second = is_whole(state, 1);
	unsigned int index;

	if (!first && !second)
		return NULL;
	index = !first || (second && snapshot[1].sequence > snapshot[0].sequence);
	state->sequence = snapshot[index].sequence;
	*bytes = snapshot[index].bytes;
	return area(state, index);
}

void *state_begin(struct state *state)
{
	return area(state, (state->sequence + 1) & 1);
}

void state_commit(struct state *state, size_t bytes)
{
	unsigned int index = ++state->sequence & 1;
	struct snapshot *place = &header(state)->snapshot[index];
	struct snapshot snapshot = { .sequence = state->sequence, .bytes = bytes };

	snapshot.sum = sum_of(&snapshot, area(state, index));
	/* Until the sum is there it is none, and the other one holds. */
	place->sum = ~snapshot.sum;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	place->sequence = snapshot.sequence;
	place->bytes = snapshot.bytes;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&place->sum, snapshot.sum, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

uint32_t *state_greeted(struct state *state)
{
	return &header(state)->greeted;
}

void *state_home(const struct state *state, unsigned int home)
{
	return state->base + HOMES_AT + (size_t)home * STATE_HOME_BYTES;
}

int state_take(struct state *state)
{
	unsigned int home;

	for (home = 0; home < STATE_HOMES; home++) {
		if (state->taken[home])
			continue;
		if (fallocate(state->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      (off_t)(HOMES_AT + (uint64_t)home * STATE_HOME_BYTES),
			      STATE_HOME_BYTES))
			memset(state_home(state, home), 0, STATE_HOME_BYTES);
		state->taken[home] = true;
		return (int)home;
	}
	return -1;
}

int state_take_back(struct state *state, unsigned int home)
{
	if (home >= STATE_HOMES || state->taken[home])
		return -1;
	state->taken[home] = true;
	return 0;
}

void state_give(struct state *state, unsigned int home)
{
	state->taken[home] = false;
}
