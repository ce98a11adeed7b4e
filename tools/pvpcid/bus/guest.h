/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ivshmem server, for one QEMU at a time.
 */
#ifndef PVPCID_GUEST_H
#define PVPCID_GUEST_H

#include <stdint.h>
#include <sys/types.h>

#include "io/keep.h"

#define GUEST_KEEP_NAME	KEEP_PREFIX "qemu"	/* its connection, while we are dead */

struct bus;
struct error;
struct loop;

/**
 * struct guest - the ivshmem socket and who is connected to it
 * @loop: event loop
 * @bus: what it serves
 * @gone: called when QEMU has gone, after the descriptor was closed
 * @doorbell: called when the guest rang
 * @context: passed to both
 * @path: of the socket, to remove it
 * @listener: -1 when closed
 * @client: -1 when none
 * @sent: messages of the greeting that are sent; in the state of the bus
 */
struct guest {
	struct loop *loop;
	struct bus *bus;
	void (*gone)(void *context);
	void (*doorbell)(void *context);
	void *context;
	const char *path;
	int listener;
	int client;
	uint32_t *sent;
};

/**
 * guest_open - listen
 * @err: filled on failure
 * @guest: @loop, @bus, callbacks and @context are set by the caller
 * @path: of the UNIX socket
 * @group: whose members may connect, see socket_listen()
 *
 * Return: 0, or -1 with @err filled.
 */
int guest_open(struct guest *guest, const char *path, const char *group, struct error *err);

/** guest_admit - whether a QEMU may connect; who comes meanwhile waits in the socket */
void guest_admit(struct guest *guest, bool admit);

/** guest_close - the reverse */
void guest_close(struct guest *guest);

#endif /* PVPCID_GUEST_H */
