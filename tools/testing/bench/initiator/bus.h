/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's end of a bus, without a guest: brought up as pvpci.ko does it.
 */
#ifndef INITIATOR_BUS_H
#define INITIATOR_BUS_H

#include <linux/pvpci.h>

#include "client.h"
#include "ring.h"

/**
 * struct native_bus - one bus
 * @client: the way to the daemon
 * @header: first page of the shared memory
 * @to_host: producer end
 * @from_host: consumer end
 * @next_id: of the next request
 * @count: functions
 * @aperture_used: aperture bytes that BARs have been given
 */
struct native_bus {
	struct client client;
	struct pvpci_header *header;
	struct pvpci_ring_end to_host;
	struct pvpci_ring_end from_host;
	uint32_t next_id;
	uint32_t count;
	uint64_t aperture_used;
};

/**
 * bus_up - connect, agree on a version, enter D0
 * @bus: zeroed
 * @path: of the server's socket
 *
 * This and what follows end the program with a sentence when the daemon refuses.
 */
void bus_up(struct native_bus *bus, const char *path);

/**
 * bus_attach - give BAR 0 of a function a place, and let it decode and master the bus
 * @bus: in D0
 * @row: of the function table
 *
 * Return: its BAR 0.
 */
uint8_t *bus_attach(struct native_bus *bus, uint32_t row);

/**
 * bus_msix - MSI-X vector @entry of a function rings transport vector @vector
 * @bus: in D0
 * @row: attached
 * @bar: its BAR 0, where the table is
 * @entry: in the table
 * @token: of the vector map, used by nobody else
 * @vector: below the bus's number of vectors, not 0
 */
void bus_msix(struct native_bus *bus, uint32_t row, uint8_t *bar, unsigned int entry,
	      uint32_t token, uint32_t vector);

/** bus_wake - after a store that the daemon polls for: ring if it sleeps */
void bus_wake(struct native_bus *bus);

#endif /* INITIATOR_BUS_H */
