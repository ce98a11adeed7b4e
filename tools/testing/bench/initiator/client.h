/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An ivshmem client, as QEMU is one.
 */
#ifndef INITIATOR_CLIENT_H
#define INITIATOR_CLIENT_H

#include <stdint.h>

#define CLIENT_VECTORS	256	/* at most */

/**
 * struct client - what an ivshmem server hands out
 * @socket: connection; the daemon takes its end for the guest's
 * @memory: the shared memory, which a guest has as BAR2
 * @bytes: length of it
 * @doorbell: eventfd that wakes the daemon
 * @vector: eventfds that the daemon rings
 * @nr_vectors: number of them
 */
struct client {
	int socket;
	uint8_t *memory;
	uint64_t bytes;
	int doorbell;
	int vector[CLIENT_VECTORS];
	unsigned int nr_vectors;
};

/**
 * client_open - connect, and take everything that the server hands out
 * @client: filled
 * @path: of the server's socket
 *
 * Ends the program with a sentence when it does not work out.
 */
void client_open(struct client *client, const char *path);

/** client_ring - the doorbell of the daemon */
void client_ring(const struct client *client);

#endif /* INITIATOR_CLIENT_H */
