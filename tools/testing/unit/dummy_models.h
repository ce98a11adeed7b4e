/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Models for the unit tests.
 */
#ifndef UNIT_DUMMY_MODELS_H
#define UNIT_DUMMY_MODELS_H

#include "models/function_services.h"
#include "models/model.h"

/**
 * struct dummy - state of a dummy model
 * @fn: its function
 * @attached: calls of attach()
 * @detached: calls of detach()
 * @resets: calls of reset()
 * @polls: calls of poll()
 * @busy: quiesce() is not done yet
 * @quiesced: calls of quiesce()
 * @last: the last of them was for the end
 * @had_bar: detach() could still reach BAR 0
 * @trouble: something is paused until somebody resumes it
 * @block: content of config blocks 0 and 1
 */
struct dummy {
	struct function *fn;
	unsigned int attached;
	unsigned int detached;
	unsigned int resets;
	unsigned int polls;
	bool busy;
	unsigned int quiesced;
	bool last;
	bool had_bar;
	bool trouble;
	uint8_t block[8];
};

/* Configurations with "slow" are not ready while this is set. */
extern bool dummy_hangs;

/* close() is not done while this is set. */
extern bool dummy_closing;

/* Calls of forget(). */
extern unsigned int dummy_forgotten;

/** dummy_last - the dummy that was created last */
struct dummy *dummy_last(void);

#endif /* UNIT_DUMMY_MODELS_H */
