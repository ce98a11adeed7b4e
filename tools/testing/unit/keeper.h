/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test that is the keeper (io/keep.h) of its children.
 */
#ifndef UNIT_KEEPER_H
#define UNIT_KEEPER_H

/** keeper_open - begin with nothing */
void keeper_open(void);

/** keeper_collect - take what a child has stored, and drop what it has dropped */
void keeper_collect(void);

/** keeper_look - the descriptor whose name begins with @prefix, the keeper's own; or -1 */
int keeper_look(const char *prefix);

/** keeper_close - close all that was kept */
void keeper_close(void);

#endif /* UNIT_KEEPER_H */
