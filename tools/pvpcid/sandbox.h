/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon gives up once it is set up.
 */
#ifndef PVPCID_SANDBOX_H
#define PVPCID_SANDBOX_H

struct error;

/** sandbox_prepare - as many file descriptors as the vectors need */
void sandbox_prepare(void);

/**
 * sandbox_drop - of what root may, keep only what opening others' files takes
 * @err: filled on failure
 *
 * Before any thread is there: capabilities are a thread's. A user who has none loses
 * nothing.
 * Return: 0, or -1 with @err filled.
 */
int sandbox_drop(struct error *err);

/**
 * sandbox_enter - no new privileges, no core, a list of system calls, for all threads
 * @err: filled on failure
 *
 * Must do afterwards: serve, open backing files for `add`, map guest RAM.
 * Must not: run programs, trace processes, change identity, mount, load
 * modules, open sockets other than UNIX ones.
 * Return: 0, or -1 with @err filled.
 */
int sandbox_enter(struct error *err);

#endif /* PVPCID_SANDBOX_H */
