/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of a function in the guest.
 */
#ifndef PVPCID_OUTCOME_H
#define PVPCID_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct function;

/**
 * struct function_outcome - the guest's last word on a function
 * @since_ns: when it came; 0 when there was none
 * @what: PVPCI_OUTCOME_*
 * @error: errno, 0 for none
 * @missing_bytes: NO_ROOM: what all free room lacks
 * @missing_piece: NO_ROOM: what the largest free piece lacks
 * @driver: its name, printable, empty for none
 */
struct function_outcome {
	uint64_t since_ns;
	uint32_t what;
	int error;
	uint64_t missing_bytes;
	uint64_t missing_piece;
	char driver[32];
};

/**
 * outcome_is_final - need nobody wait for more?
 * @fn: the function, which the guest has been told of
 * @now_ns: clock_ns()
 *
 * A driver's module may be loaded because the function is there, so one
 * without a driver is given a moment. A guest that does not tell has said all
 * when it enables the function.
 */
bool outcome_is_final(const struct function *fn, uint64_t now_ns);

/** outcome_is_due - does the guest tell, and has it not yet? */
bool outcome_is_due(const struct function *fn);

/** outcome_report - as JSON; null when the guest has not said */
json_t *outcome_report(const struct function *fn);

#endif /* PVPCID_OUTCOME_H */
