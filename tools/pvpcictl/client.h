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
 * client_exchange - one request, one answer, whatever it says
 * @path: control socket
 * @request: the reference is taken
 * @timeout_ms: for the answer
 * @answer: result, a new reference, NULL with STATUS_NO_DAEMON
 *
 * Says on stderr when there is no answer, not when it is a refusal.
 * Return: STATUS_OK, STATUS_REFUSED or STATUS_NO_DAEMON.
 */
int client_exchange(const char *path, json_t *request, int timeout_ms, json_t **answer);

/**
 * client_error - say on stderr why a request was refused
 * @answer: with STATUS_REFUSED
 */
void client_error(const json_t *answer);

/**
 * client_ask - one request, and the answer if it is not a refusal
 * @path: control socket
 * @request: the reference is taken
 * @timeout_ms: for the answer
 * @answer: result, a new reference, set when the daemon answered with "ok"
 *
 * Says on stderr what is wrong.
 * Return: STATUS_OK, STATUS_REFUSED or STATUS_NO_DAEMON.
 */
int client_ask(const char *path, json_t *request, int timeout_ms, json_t **answer);

/**
 * client_absolute - paths start where the user is, not where the daemon is
 * @object: JSON, changed
 * @key: of a path in it; harmless if it is none
 */
void client_absolute(json_t *object, const char *key);

#endif /* PVPCICTL_CLIENT_H */
