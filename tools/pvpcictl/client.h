/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection to pvpcid.
 */
#ifndef PVPCICTL_CLIENT_H
#define PVPCICTL_CLIENT_H

#include <jansson.h>

/* Exit statuses. */
#define STATUS_OK	0
#define STATUS_REFUSED	1
#define STATUS_USAGE	2
#define STATUS_NO_DAEMON 3

/**
 * client_ask - one request, one answer
 * @path: control socket
 * @request: the reference is taken
 * @timeout_ms: for the answer
 * @answer: result, a new reference, set when the daemon answered with "ok"
 *
 * Says on stderr what is wrong.
 * Return: STATUS_OK, STATUS_REFUSED or STATUS_NO_DAEMON.
 */
int client_ask(const char *path, json_t *request, int timeout_ms, json_t **answer);

#endif /* PVPCICTL_CLIENT_H */
