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

#endif /* PVPCICTL_ONLINE_H */
