/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A control socket over a bus whose guest is simulated, for the tests of both.
 */
#ifndef UNIT_DESK_H
#define UNIT_DESK_H

#include <jansson.h>

#include "control/control.h"
#include "io/loop.h"
#include "bus/pace.h"
#include "sim.h"

extern struct sim sim;
extern struct loop loop;
extern struct control control;
extern struct pace pace;

/* Where the socket is. */
extern char path[64];

/** desk_open - a bus with these functions and its socket; 0 or -1 */
int desk_open(const char *functions);

/** desk_close - the end of all of it; a teardown of cmocka's */
int desk_close(void **state);

/** connect_client - one more client */
int connect_client(void);

/** turn - let the daemon do what there is to do */
void turn(void);

/** send_line - a client's line, and the daemon's turn; @line needs no end */
void send_line(int fd, const char *line);

/** ask - send_line(), and the answer; NULL when there is none */
json_t *ask(int fd, const char *line);

/** expect_answer - ask(), with an answer that is well (@error is NULL) or an error that has it */
void expect_answer(int fd, const char *line, const char *error);

/** expect_text - an answer is there by now, and @wanted is in it; NULL: there is none */
void expect_text(int fd, const char *wanted);

#endif /* UNIT_DESK_H */
