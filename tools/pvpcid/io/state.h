/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a bus knows that must outlive us: memory that the guest never sees.
 *
 * Two ways into it. A snapshot is all of the bus's side at one moment, and replaces the
 * one before it at once or not at all: for what changes with the guest's requests. A
 * home is a piece that a function and its model work in directly: for what changes with
 * each command.
 */
#ifndef PVPCID_STATE_H
#define PVPCID_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define STATE_VERSION		1	/* of all that lies in it, the models' parts too */
#define STATE_HOMES		288
#define STATE_HOME_BYTES	(256U << 10)
#define STATE_SNAPSHOT_BYTES	(24U << 20)

/**
 * struct state - a memfd and its mapping
 * @fd: -1 when there is none
 * @lock: another open file of it, whose lock says that somebody uses it
 * @base: where it is mapped
 * @found: it is from a pvpcid before us
 * @sequence: of the last snapshot
 * @taken: homes in use
 */
struct state {
	int fd;
	int lock;
	uint8_t *base;
	bool found;
	uint64_t sequence;
	bool taken[STATE_HOMES];
};

/**
 * state_open - take what the keeper has for us, or make it
 * @state: filled
 * @err: filled on failure
 *
 * What cannot be used is said in a sentence and given up; @state->found is then false.
 * Return: 0, or -1 with @err filled: another pvpcid uses it, or may.
 */
int state_open(struct state *state, struct error *err);

/** state_renew - give up what was found, start from nothing; return 0 or -1 */
int state_renew(struct state *state, struct error *err);

/** state_close - the reverse of state_open(); harmless when it is not open */
void state_close(struct state *state);

/** state_saved - the last snapshot: its length in @bytes, NULL for none */
const void *state_saved(struct state *state, size_t *bytes);

/** state_begin - room for the next one, STATE_SNAPSHOT_BYTES */
void *state_begin(struct state *state);

/** state_commit - it is complete, and @bytes long */
void state_commit(struct state *state, size_t bytes);

/** state_greeted - how many messages QEMU has heard of us: lives there */
uint32_t *state_greeted(struct state *state);

/** state_take - a zeroed home; its number, or -1 when there is none */
int state_take(struct state *state);

/** state_take_back - a home that a snapshot names; -1 when it does not exist or is in use */
int state_take_back(struct state *state, unsigned int home);

/** state_give - a home is not used any more */
void state_give(struct state *state, unsigned int home);

/** state_home - its memory, STATE_HOME_BYTES */
void *state_home(const struct state *state, unsigned int home);

#endif /* PVPCID_STATE_H */
