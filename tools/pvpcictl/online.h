/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room made by moving controllers whose disks are in use.
 */
#ifndef PVPCICTL_ONLINE_H
#define PVPCICTL_ONLINE_H

#include <jansson.h>

struct simple;

/**
 * online_rebalance - make room, with second paths for the time that it takes
 * @simple: parsed; --timeout counts for the way there, and once more for the way back
 * @request: "rebalance", without "online"; the reference is taken
 * @print: prints the answer; not called for --json
 *
 * The helpers that it has put on the bus are taken off again, whatever happens but the end of
 * this process or of the daemon; SIGINT and SIGTERM are waited for that, too.
 * Return: exit status.
 */
int online_rebalance(const struct simple *simple, json_t *request, void (*print)(json_t *answer));

/**
 * online_place - make room for a function that found none
 * @simple: parsed; @simple->timeout_ms as for online_rebalance()
 * @function: as "add" reports it
 * @helpers: array to which those are added that were on the bus meanwhile
 *
 * Return: exit status; whatever it is, the function is to be asked for again.
 */
int online_place(const struct simple *simple, const json_t *function, json_t *helpers);

/** online_print - one line for each of @helpers */
void online_print(const json_t *helpers);

#endif /* PVPCICTL_ONLINE_H */
